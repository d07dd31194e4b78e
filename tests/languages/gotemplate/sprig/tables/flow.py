"""Defaults, emptiness and conditions."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param(
        (
            '{{default "d" ""}} {{default "d" 0}} {{default "d" .nope}} {{default "d" '
            'nil}} {{default "d" false}} {{default "d" "x"}} {{default "d"}} {{default "d" '
            '.map}} {{default "d" .empty}}'
        ),
        "d d d d d x d map[a:1 b:map[c:2]] d",
        id="default",
    ),
    pytest.param(
        (
            '{{empty 0.0}} {{empty "0"}} {{empty (list)}} {{empty (dict)}} {{empty .none}} '
            '{{empty .nope}} {{empty (semver "1.0")}} {{empty .secrets.text}}'
        ),
        "true false true true true true false false",
        id="empty",
    ),
    pytest.param(
        (
            '{{empty (toDate "2006" "2026").Month}} {{empty (toDate "2006" '
            '"2026").Weekday}} {{empty (toDate "2006" "2023").Weekday}} {{empty (toDate '
            '"2006" "x")}} {{empty .clock.Now}}'
        ),
        "false false true false false",
        id="objects",
    ),
    pytest.param(
        '{{coalesce 0 nil "" "a" "b"}} {{coalesce}} {{coalesce 0}}',
        "a <no value> <no value>",
        id="coalesce",
    ),
    pytest.param(
        '{{all}} {{all 1 "a"}} {{all 1 0}} {{any}} {{any 0 ""}} {{any 0 1}}',
        "true true false false false true",
        id="all",
    ),
    pytest.param('{{ternary "a" "b" true}} {{false | ternary "a" "b"}}', "a b", id="ternary-0"),
]

FAILING = [
    pytest.param('{{ternary "a" "b" 1}}', id="ternary-1"),
    pytest.param('{{ternary "a" "b" .nope}}', id="ternary-2"),
    pytest.param('{{fail "no"}}', id="fail"),
]
