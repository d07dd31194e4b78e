"""`eq ne lt le gt ge` as `text/template/funcs.go` defines them (templates.md 3.4, traps 7 and 8).

Only values of one basic kind compare: no int with a float, and so no number of JSON with `1`. Kinds
are not types: an int compares with an int64, a byte or a duration.
"""

from __future__ import annotations

from typing import Any, Final

from notifier.languages.golang import bytetexts, values
from notifier.languages.golang.values import GoError, GoInteger
from notifier.languages.gotemplate import nodes
from notifier.languages.gotemplate.execution import Expression, Frame, Source
from notifier.languages.gotemplate.registry import register

_BASIC: Final = {
    bool: "bool",
    str: "string",
    float: "float",
    complex: "complex",
    int: "int",
    values.Int64: "int",
    values.Int32: "int",
    values.Uint8: "int",
    values.Uint64: "int",
}
"""The basic kind of each type; signed and unsigned integers compare by value, so they are one."""


def _basic(value: Any) -> str:
    found = _BASIC.get(type(value), "")
    return "int" if not found and isinstance(value, GoInteger) else found


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, GoInteger) else value


def equal(left: Any, right: Any) -> bool:
    """Compare two values. Raises `GoError` if they do not compare."""
    if type(left) is str and type(right) is str:
        return left == right
    kind, other = _basic(left), _basic(right)
    if kind != other:
        if left is None or right is None:
            return False
        raise GoError(
            "incompatible types for comparison: "
            f"{values.type_name(left)} and {values.type_name(right)}"
        )
    if kind:
        return bool(_plain(left) == _plain(right))
    return _equal_objects(left, right)


def _equal_objects(left: Any, right: Any) -> bool:
    """Compare what has no basic kind: anything against nil, and structs."""
    absent, other_absent = _is_nil(left), _is_nil(right)
    kind, other = values.kind(left), values.kind(right)
    if (absent or other_absent) and (left is None or right is None or kind == other):
        return absent == other_absent
    if kind != other or not isinstance(left, values.GoObject):
        raise GoError(f"non-comparable type {values.type_name(right)}")
    return left.identical(right)


def _is_nil(value: Any) -> bool:
    return value is None or values.is_nil(value)


def equality(source: Source, node: nodes.Shown, left: Expression, right: Expression) -> Expression:
    """Compile `eq` of two operands, the call that templates make most."""

    def compare(frame: Frame, dot: Any) -> bool:
        one, other = left(frame, dot), right(frame, dot)
        if type(one) is str and type(other) is str:
            return one == other
        try:
            return equal(one, other)
        except GoError as error:
            raise source.error(node, f"error calling eq: {error}") from error

    return compare


@register("any, ...any -> bool", '{{eq "a" "b" "a"}}', "true")
def eq(value: Any, *others: Any) -> bool:
    """Tell whether the first value equals one of the others, which are tried in turn."""
    if not others:
        raise GoError("missing argument for comparison")
    return any(equal(value, other) for other in others)


@register("any, any -> bool", '{{ne "a" "b"}}', "true")
def ne(left: Any, right: Any) -> bool:
    """Tell whether two values differ."""
    return not equal(left, right)


@register("any, any -> bool", "{{lt 1 2}}", "true")
def lt(left: Any, right: Any) -> bool:
    """Tell whether the first value is less: of two numbers of a kind or two texts, bytewise."""
    kind, other = _basic(left), _basic(right)
    if not kind or not other:
        raise GoError("invalid type for comparison")
    if kind != other:
        raise GoError(
            "incompatible types for comparison: "
            f"{values.type_name(left)} and {values.type_name(right)}"
        )
    if kind in ("bool", "complex"):
        raise GoError("invalid type for comparison")
    if kind == "string" and not (left.isascii() and right.isascii()):
        return bytetexts.encode(left) < bytetexts.encode(right)
    return bool(_plain(left) < _plain(right))


@register("any, any -> bool", "{{le 2 2}}", "true")
def le(left: Any, right: Any) -> bool:
    """Tell whether the first value is less or equal."""
    return lt(left, right) or equal(left, right)


@register("any, any -> bool", "{{gt 3 2}}", "true")
def gt(left: Any, right: Any) -> bool:
    """Tell whether the first value is greater."""
    return not le(left, right)


@register("any, any -> bool", "{{ge 3 2}}", "true")
def ge(left: Any, right: Any) -> bool:
    """Tell whether the first value is greater or equal."""
    return not lt(left, right)
