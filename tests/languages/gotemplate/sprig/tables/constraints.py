"""Versions against constraints."""

from __future__ import annotations

import pytest

PRINTED = [
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "1.2.3" .}} {{end}}'
        ),
        "true false false false false false ",
        id="1.2.3",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "=1.2" .}} {{end}}'
        ),
        "true false false false false false ",
        id="=1.2",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare ">=1.2.0" .}} {{end}}'
        ),
        "true true false false true false ",
        id=">=1.2.0",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "=>1.2" .}} {{end}}'
        ),
        "true true false false true false ",
        id="=>1.2",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare ">1" .}} {{end}}'
        ),
        "false false false false true false ",
        id=">1",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "> 1.2" .}} {{end}}'
        ),
        "false true false false true false ",
        id="> 1.2",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "<1.2" .}} {{end}}'
        ),
        "false false true true false false ",
        id="<1.2",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "<=1.2" .}} {{end}}'
        ),
        "true false true true false false ",
        id="<=1.2",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "=<1.2.3" .}} {{end}}'
        ),
        "true false true true false false ",
        id="=<1.2.3",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "<=1" .}} {{end}}'
        ),
        "true true true true false false ",
        id="<=1",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "~1.2.3" .}} {{end}}'
        ),
        "true false false false false false ",
        id="~1.2.3",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "~>1.2" .}} {{end}}'
        ),
        "true false false false false false ",
        id="~>1.2",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "~1" .}} {{end}}'
        ),
        "true true false false false false ",
        id="~1",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "^1.2" .}} {{end}}'
        ),
        "true true false false false false ",
        id="^1.2",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "^0.2.3" .}} {{end}}'
        ),
        "false false true false false false ",
        id="^0.2.3",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "^0.2" .}} {{end}}'
        ),
        "false false true false false false ",
        id="^0.2",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "^0.0.3" .}} {{end}}'
        ),
        "false false false true false false ",
        id="^0.0.3",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "^0.0" .}} {{end}}'
        ),
        "false false false true false false ",
        id="^0.0",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "^0" .}} {{end}}'
        ),
        "false false true true false false ",
        id="^0",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "*" .}} {{end}}'
        ),
        "true true true true true false ",
        id="*",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "1.x" .}} {{end}}'
        ),
        "true true false false false false ",
        id="1.x",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "1.2.X" .}} {{end}}'
        ),
        "true false false false false false ",
        id="1.2.X",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "!=1.2.3" .}} {{end}}'
        ),
        "false true true true true true ",
        id="!=1.2.3",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "!=1.x" .}} {{end}}'
        ),
        "false false true true true false ",
        id="!=1.x",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "!=1.2.x" .}} {{end}}'
        ),
        "false true true true true false ",
        id="!=1.2.x",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "1.2 - 1.4" .}} {{end}}'
        ),
        "true true false false false false ",
        id="1.2 - 1.4",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare ">1, <2" .}} {{end}}'
        ),
        "false false false false false false ",
        id=">1, <2",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare ">1 <2" .}} {{end}}'
        ),
        "false false false false false false ",
        id=">1 <2",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "<1 || >1.2" .}} {{end}}'
        ),
        "false true true true true false ",
        id="<1 || >1.2",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "~0.0.0" .}} {{end}}'
        ),
        "true true true true true false ",
        id="~0.0.0",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "^*" .}} {{end}}'
        ),
        "false false false false false false ",
        id="^*",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare ">*" .}} {{end}}'
        ),
        "true true true true true false ",
        id=">*",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "^1.2.3-beta" .}} {{end}}'
        ),
        "true true false false false true ",
        id="^1.2.3-beta",
    ),
    pytest.param(
        (
            '{{range list "1.2.3" "1.3.0" "0.2.5" "0.0.3" "2.0.0" '
            '"1.2.3-beta.2"}}{{semverCompare "!=1.2.x-b" .}} {{end}}'
        ),
        "true true true true true true ",
        id="!=1.2.x-b",
    ),
]

FAILING = [
    pytest.param('{{semverCompare "" "1"}}', id="bad-0"),
    pytest.param('{{semverCompare "a" "1"}}', id="bad-1"),
    pytest.param('{{semverCompare ">=1" "x"}}', id="bad-2"),
    pytest.param('{{semverCompare "1.2.3 ," "1"}}', id="bad-3"),
    pytest.param('{{semverCompare "1|2" "1"}}', id="bad-4"),
    pytest.param('{{semverCompare "1.xx" "1"}}', id="bad-5"),
    pytest.param('{{semverCompare "||" "1"}}', id="bad-6"),
    pytest.param('{{semverCompare "1.2!" "1"}}', id="bad-7"),
]
