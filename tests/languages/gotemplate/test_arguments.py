"""What a parameter of a Go type accepts: its values, constants that fit, nil where it has one."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.languages.golang import times, values
from notifier.languages.golang.values import MISSING, GoError
from notifier.languages.gotemplate import arguments, constants, lexer, nodes

NUMBER = constants.number(lexer.NUMBER, "3", 0)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a", "string"),
        (1, "int"),
        (values.Int64(1), "int64"),
        (1.0, "float64"),
        (True, "bool"),
        ({}, arguments.DICT),
        ([], arguments.LIST),
        (values.NilList(), arguments.LIST),
        ((), arguments.LIST),
        (b"", "[]uint8"),
        (times.zero(), "time.Time"),
        (None, arguments.ANY),
    ],
)
def test_accepted(value: Any, expected: str) -> None:
    """A value of the type goes in as it is."""
    assert arguments.check(value, expected) is value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "int"),
        (1, "int64"),
        (values.Int64(1), "int"),
        (1, "float64"),
        (1.0, "int"),
        (values.Strings(), arguments.LIST),
        (values.StringMap(), arguments.DICT),
        (b"", "string"),
        (None, "string"),
        (None, arguments.DICT),
        (MISSING, "string"),
        (MISSING, "time.Time"),
    ],
)
def test_refused(value: Any, expected: str) -> None:
    """A value of another type is refused, however near."""
    with pytest.raises(GoError):
        arguments.check(value, expected)


def test_missing() -> None:
    """A missing value is the nil of a type that has one."""
    assert arguments.check(MISSING, arguments.ANY) is None
    assert type(arguments.check(MISSING, arguments.DICT)) is values.NilDict
    assert type(arguments.check(MISSING, arguments.LIST)) is values.NilList
    assert arguments.check(MISSING, "[]uint8") == b""


@pytest.mark.parametrize(
    ("node", "expected", "value"),
    [
        (NUMBER, "int", 3),
        (NUMBER, "int64", values.Int64(3)),
        (NUMBER, "float64", 3.0),
        (NUMBER, arguments.ANY, 3),
        (nodes.Bool(0, True), "bool", True),
        (nodes.String(0, "`a`", "a"), "string", "a"),
        (nodes.Nil(0), arguments.ANY, None),
        (nodes.Nil(0), arguments.DICT, {}),
    ],
)
def test_constants(node: nodes.Literal, expected: str, value: Any) -> None:
    """A constant takes the type that is wanted."""
    made = arguments.convert(node, expected)
    assert (made, type(made)) in ((value, type(value)), ({}, values.NilDict))


@pytest.mark.parametrize(
    "expected", ["string", "bool", arguments.DICT, arguments.LIST, "time.Time"]
)
def test_constants_that_do_not_fit(expected: str) -> None:
    """A constant that cannot be of the type is refused."""
    with pytest.raises(GoError):
        arguments.convert(NUMBER, expected)
