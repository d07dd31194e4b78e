"""Fractions: decimal arithmetic, extremes and rounding."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param(
        (
            '{{float64 "1.5"}} {{float64 "x"}} {{float64 true}} {{float64 nil}} {{float64 '
            '"1e400"}} {{float64 .items}} {{float64 (int .number)}}'
        ),
        "1.5 0 1 0 0 0 7",
        id="float64",
    ),
    pytest.param(
        (
            '{{addf 0.1 0.2}} {{addf}} {{addf "1.5" 1}} {{add1f 0.1}} {{addf 1e308 1e308}} '
            "{{addf -1e308 -1e308}}"
        ),
        "0.3 0 2.5 1.1 +Inf -Inf",
        id="addf",
    ),
    pytest.param("{{subf 0.3 0.1}} {{subf 1}} {{subf 1 1}}", "0.2 1 0", id="subf"),
    pytest.param("{{mulf 1.1 3}} {{mulf 0.1 0.1}} {{mulf 0 -1}}", "3.3 0.01 0", id="mulf"),
    pytest.param(
        "{{divf 1 3}} {{divf 2 3}} {{divf -2 3}} {{divf 10 4 2}} {{divf 1e-20 3}}",
        "0.3333333333333333 0.6666666666666667 -0.6666666666666667 1.25 0",
        id="divf-0",
    ),
    pytest.param(
        ('{{maxf 1 2.7 -1}} {{maxf "nan" 1}} {{maxf "nan" "inf"}} {{maxf "-inf" 1}} {{maxf 1}}'),
        "2.7 NaN +Inf 1 1",
        id="maxf",
    ),
    pytest.param(
        '{{minf 1 2.7 -1}} {{minf 1 "nan"}} {{minf "nan" "-inf"}} {{minf "inf" 1}}',
        "-1 NaN -Inf 1",
        id="minf",
    ),
    pytest.param(
        (
            '{{ceil 1.2}} {{ceil -1.2}} {{ceil "inf"}} {{ceil -0.5}} {{floor 1.8}} {{floor '
            '-1.2}} {{floor "x"}}'
        ),
        "2 -1 +Inf -0 1 -2 0",
        id="ceil",
    ),
    pytest.param(
        (
            "{{round 2.5 0}} {{round 2.345 2}} {{round -2.5 0}} {{round -2.1 0}} {{round "
            '123.456 -2}} {{round 1.25 1 0.6}} {{round "3.14159" 3}}'
        ),
        "3 2.35 -3 -3 100 1.2 3.142",
        id="round-0",
    ),
    pytest.param(
        (
            "{{round 1 500}} {{round 1 -500}} {{round 1 400}} {{round 0 400}} {{round 1 "
            '-400}} {{round 1e300 300}} {{round -1 -400}} {{round 1 308}} {{round "inf" '
            "1}} {{round 5e-324 323}}"
        ),
        "NaN NaN NaN NaN NaN +Inf NaN 1 +Inf NaN",
        id="round-1",
    ),
    pytest.param(
        "{{typeOf (addf 1)}} {{typeOf (round 1 1)}} {{typeOf (floor 1)}}",
        "float64 float64 float64",
        id="kinds",
    ),
]

FAILING = [
    pytest.param("{{divf 1 0}}", id="divf-1"),
    pytest.param('{{addf "nan" 1}}', id="notANumber-0"),
    pytest.param('{{addf "inf" 1}}', id="notANumber-1"),
]
