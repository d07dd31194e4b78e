"""Passing values to parameters: what Go's reflection accepts for a declared type.

Values have the type they have and are never converted; constants written in the template have
none yet and take the parameter's, if they can (`evalArg` and `validateType` of
`text/template/exec.go`; templates.md 3.3 and 3.4, traps 24 and 30).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeGuard

from notifier.languages.golang import durations, values
from notifier.languages.golang.values import MISSING, GoError
from notifier.languages.gotemplate import constants, nodes

ANY: Final = "interface {}"
LIST: Final = "[]interface {}"
DICT: Final = "map[string]interface {}"

_GO_TYPES: Final[Mapping[str, str]] = {
    "any": ANY,
    "list": LIST,
    "dict": DICT,
    "time": "time.Time",
}
"""Kinds of registered functions that Go names differently."""

_EXACT: Final[Mapping[str, type]] = {
    "string": str,
    "int": int,
    "int64": values.Int64,
    "float64": float,
    "bool": bool,
    DICT: dict,
}
"""Types that are one class of ours."""

_INTEGERS: Final[Mapping[str, Callable[[int], Any]]] = {
    "int": int,
    "int64": values.Int64,
    "time.Duration": durations.Duration,
}
"""What an integer constant becomes where such a type is expected."""

_NILS: Final[Mapping[str, Callable[[], Any]]] = {
    LIST: values.NilList,
    DICT: values.NilDict,
    "[]uint8": bytes,
}
"""What nil is where such a type is expected; other types have none."""

_LITERALS: Final = (nodes.Bool, nodes.Nil, nodes.Number, nodes.String)


def go_type(kind: str) -> str:
    """Return the Go type of a parameter; methods name theirs so already."""
    return _GO_TYPES.get(kind, kind)


def is_literal(node: nodes.Shown) -> TypeGuard[nodes.Literal]:
    """Say whether an operand is a constant."""
    return isinstance(node, _LITERALS)


def convert(node: nodes.Literal, expected: str) -> Any:
    """Return a constant as a value of the expected Go type. Raises `GoError`."""
    if isinstance(node, nodes.Nil):
        return _nil(expected)
    if expected == ANY:
        return literal(node)
    if expected == "string":
        return node.text if isinstance(node, nodes.String) else _refuse(node, "string")
    if expected == "bool":
        return node.value if isinstance(node, nodes.Bool) else _refuse(node, "bool")
    if expected == "float64":
        found = node.real if isinstance(node, nodes.Number) else None
        return _refuse(node, "float") if found is None else found
    if expected in _INTEGERS:
        whole = node.integer if isinstance(node, nodes.Number) else None
        return _refuse(node, "integer") if whole is None else _INTEGERS[expected](whole)
    raise GoError(f"can't handle {nodes.show(node)} for arg of type {expected}")


def literal(node: nodes.Constant) -> Any:
    """Return a constant where any type will do. Raises `GoError`."""
    match node:
        case nodes.Bool():
            return node.value
        case nodes.String():
            return node.text
        case _:
            return constants.ideal(node)


def check(value: Any, expected: str) -> Any:
    """Return a value for a parameter of the expected Go type. Raises `GoError` if it has another.

    A missing value is a nil where the type has one; null is an `interface {}` and goes only there.
    """
    if expected == ANY:
        return None if value is MISSING else value
    exact = _EXACT.get(expected)
    if exact is not None and type(value) is exact:
        return value
    if value is MISSING:
        if expected in _NILS:
            return _NILS[expected]()
        raise GoError(f"invalid value; expected {expected}")
    found = ANY if value is None else values.type_name(value)
    if found == expected:
        return value
    raise GoError(f"wrong type for value; expected {expected}; got {found}")


def _nil(expected: str) -> Any:
    if expected == ANY:
        return None
    if expected in _NILS:
        return _NILS[expected]()
    raise GoError(f"cannot assign nil to {expected}")


def _refuse(node: nodes.Shown, wanted: str) -> Any:
    raise GoError(f"expected {wanted}; found {nodes.show(node)}")
