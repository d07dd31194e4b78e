"""Types, kinds and deep equality."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param(
        (
            '{{typeOf 1}} {{typeOf 1.0}} {{typeOf .number}} {{typeOf "a"}} {{typeOf true}} '
            "{{typeOf nil}} {{typeOf .nope}} {{typeOf .items}} {{typeOf .map}} {{typeOf "
            '.secrets.text}} {{typeOf .secrets}} {{typeOf (split "," "a")}}'
        ),
        (
            "int float64 float64 string bool <nil> <nil> []interface {} "
            "map[string]interface {} []uint8 map[string][]uint8 map[string]string"
        ),
        id="typeOf",
    ),
    pytest.param(
        (
            "{{kindOf 1}} {{kindOf .number}} {{kindOf nil}} {{kindOf .items}} {{kindOf "
            '.map}} {{kindOf .secrets.text}} {{kindOf (add 1)}} {{kindOf (semver "1")}}'
        ),
        "int float64 invalid slice map slice int64 ptr",
        id="kindOf",
    ),
    pytest.param(
        (
            '{{typeIs "int" 1}} {{typeIs "int" 1.5}} {{typeIsLike "semver.Version" (semver '
            '"1")}} {{typeIs "semver.Version" (semver "1")}} {{kindIs "slice" .items}} '
            '{{kindIs "map" .items}}'
        ),
        "true false true false true false",
        id="tests",
    ),
    pytest.param(
        (
            "{{deepEqual 1 1}} {{deepEqual 1 1.0}} {{deepEqual 1 (add 1)}} {{deepEqual "
            '.items (list 1.0 2.0 3.0)}} {{deepEqual .map .map}} {{deepEqual (dict "a" 1) '
            '(dict "a" 1.0)}}'
        ),
        "true false false true true false",
        id="deepEqual-0",
    ),
    pytest.param(
        (
            '{{deepEqual nil .nope}} {{deepEqual (list "a") (splitList "," "a")}} '
            '{{deepEqual (rest (list)) (list)}} {{deepEqual (float64 "nan") (float64 '
            '"nan")}} {{deepEqual "a" "a"}} {{deepEqual (semver "1.2.3") (semver '
            '"1.2.3")}} {{deepEqual (semver "1.2.3") (semver "v1.2.3")}}'
        ),
        "true false false false true true false",
        id="deepEqual-1",
    ),
]
