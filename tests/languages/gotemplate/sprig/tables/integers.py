"""Whole numbers: casts, arithmetic, counting."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param(
        (
            '{{atoi "42"}} {{atoi "-007"}} {{atoi "+1"}} {{atoi "x"}} {{atoi ""}} {{atoi '
            '"99999999999999999999"}} {{atoi "-99999999999999999999"}} {{atoi "1_0"}}'
        ),
        "42 -7 1 0 0 9223372036854775807 -9223372036854775808 0",
        id="atoi",
    ),
    pytest.param(
        (
            '{{int "abc"}} {{int "0x10"}} {{int "010"}} {{int "3.9"}} {{int "3.00"}} {{int '
            'true}} {{int nil}} {{int .nope}} {{int .items}} {{int -2.9}} {{int "1_000"}} '
            "{{int (add 1 2)}}"
        ),
        "0 16 8 0 3 1 0 0 0 -2 1000 3",
        id="int-0",
    ),
    pytest.param(
        '{{int 1e30}} {{int "99999999999999999999"}}', "-9223372036854775808 0", id="int-1"
    ),
    pytest.param(
        '{{int64 "12"}} {{typeOf (int64 1)}} {{typeOf (int 1)}} {{typeOf (int false)}}',
        "12 int64 int int",
        id="int64",
    ),
    pytest.param(
        (
            '{{toDecimal "777"}} {{toDecimal 12}} {{toDecimal "8"}} {{toDecimal nil}} '
            '{{toDecimal "-17"}}'
        ),
        "511 10 0 0 -15",
        id="toDecimal",
    ),
    pytest.param(
        '{{add}} {{add 1 "2" 3.9 nil true}} {{add1 "2"}} {{add 9223372036854775807 1}}',
        "0 7 3 -9223372036854775808",
        id="add",
    ),
    pytest.param("{{sub 5 2}}", "3", id="sub-0"),
    pytest.param("{{div -7 2}} {{div 7 -2}} {{div 7 2}}", "-3 -3 3", id="div-0"),
    pytest.param("{{mod -7 3}} {{mod 7 -3}}", "-1 1", id="mod-0"),
    pytest.param(
        '{{mul 2 3 "4"}} {{mul 4611686018427387904 2}}', "24 -9223372036854775808", id="mul"
    ),
    pytest.param(
        '{{max 1 2.7 -1}} {{min 1 2.7 -1}} {{biggest 1 2}} {{max "x"}}', "2 -1 2 0", id="extremes"
    ),
    pytest.param(
        "{{until 3}} {{until -3}} {{until 0}} {{typeOf (until 1)}}",
        "[0 1 2] [0 -1 -2] [] []int",
        id="until",
    ),
    pytest.param(
        (
            "{{untilStep 3 9 2}} {{untilStep 9 3 -2}} {{untilStep 1 5 0}} {{untilStep 5 1 "
            "1}} {{untilStep 1 5 -1}} {{untilStep 2 2 1}}"
        ),
        "[3 5 7] [9 7 5] [] [] [] []",
        id="untilStep",
    ),
    pytest.param(
        (
            "{{seq 3}}|{{seq -2}}|{{seq 2 4}}|{{seq 4 2}}|{{seq 0 5 10}}|{{seq 10 -5 "
            "0}}|{{seq 10 5 0}}|{{seq 0 -1 5}}|{{seq}}|{{seq 1 2 3 4}}|{{seq 2 2}}|{{seq 2 "
            "1 2}}"
        ),
        "1 2 3|1 0 -1 -2|2 3 4|4 3 2|0 5 10|10 5 0|||||2|2",
        id="seq",
    ),
]

FAILING = [
    pytest.param("{{sub 5 2 1}}", id="sub-1"),
    pytest.param("{{div 1 0}}", id="div-1"),
    pytest.param("{{mod 1 0}}", id="mod-1"),
]
