"""What types operators take and what they give (checker/checker.go: unaryNode, binaryNode)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from notifier.languages.expr import natures, nodes
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.natures import (
    BOOL,
    DURATION,
    FLOAT,
    INT,
    STRING,
    TIME,
    UNKNOWN,
    Nature,
)
from notifier.languages.golang import patterns
from notifier.languages.golang.values import GoError

Test = Callable[[Nature], bool]
_Rule = Callable[[Nature, Nature], Nature | None]


def _number(nature: Nature) -> bool:
    return nature.number


def _integer(nature: Nature) -> bool:
    return nature.integer


def _is(*kinds: str) -> Test:
    return lambda nature: nature.kind in kinds


def _of(wanted: Nature) -> Test:
    return lambda nature: nature.type == wanted.type


_BOOL, _STRING = _is("bool"), _is("string")
_TIME, _DURATION = _of(TIME), _of(DURATION)


def unary(node: nodes.Unary, operand: Nature) -> Nature:
    """Return the nature of an operator before its operand. Raises `Fault`."""
    operand = natures.dereferenced(operand)
    if node.operator in ("!", "not"):
        if operand.kind == "bool" or operand.unknown:
            return BOOL
    elif operand.number:
        return operand
    elif operand.unknown:
        return UNKNOWN
    raise Fault(f"invalid operation: {node.operator} (mismatched type {operand})", node.at)


def binary(node: nodes.Binary, left: Nature, right: Nature) -> Nature:
    """Return the nature of an operator between its operands. Raises `Fault`."""
    left, right = natures.dereferenced(left), natures.dereferenced(right)
    if node.operator == "in":
        found = _membership(node, left, right)
    else:
        if node.operator == "matches":
            _pattern(node)
        found = _RULES[node.operator](left, right)
    if found is None:
        raise Fault(
            f"invalid operation: {node.operator} (mismatched types {left} and {right})", node.at
        )
    return found


def _open(left: Nature, right: Nature, *tests: Test) -> bool:
    """Tell whether one side is unknown and the other unknown too or of an allowed type."""
    if left.unknown:
        return right.unknown or any(test(right) for test in tests)
    return right.unknown and any(test(left) for test in tests)


def _rule(result: Nature, open_result: Nature, *tests: Test) -> _Rule:
    """Both sides of the same allowed type, or unknown."""

    def rule(left: Nature, right: Nature) -> Nature | None:
        if any(test(left) and test(right) for test in tests):
            return result
        return open_result if _open(left, right, *tests) else None

    return rule


def _arithmetic(known: Callable[[Nature, Nature], Nature | None], *tests: Test) -> _Rule:
    def rule(left: Nature, right: Nature) -> Nature | None:
        if left.number and right.number:
            return natures.promoted(left, right)
        found = known(left, right)
        if found is None and _open(left, right, *tests):
            return UNKNOWN
        return found

    return rule


def _sum(left: Nature, right: Nature) -> Nature | None:
    if _STRING(left) and _STRING(right):
        return STRING
    pair = (left.type, right.type)
    if pair in ((TIME.type, DURATION.type), (DURATION.type, TIME.type)):
        return TIME
    return DURATION if pair == (DURATION.type, DURATION.type) else None


def _difference(left: Nature, right: Nature) -> Nature | None:
    pair = (left.type, right.type)
    if pair in ((TIME.type, TIME.type), (DURATION.type, DURATION.type)):
        return DURATION
    return TIME if pair == (TIME.type, DURATION.type) else None


def _product(left: Nature, right: Nature) -> Nature | None:
    if _DURATION(left):
        return DURATION if right.number or _DURATION(right) else None
    return DURATION if left.number and _DURATION(right) else None


def _equality(left: Nature, right: Nature) -> Nature | None:
    return BOOL if left.comparable_to(right) else None


def _coalescing(left: Nature, right: Nature) -> Nature:
    if left.nil or right.nil:
        return right if left.nil else left
    return left if right.assignable_to(left) else UNKNOWN


def _matching(left: Nature, right: Nature) -> Nature | None:
    if (_STRING(left) or left.type == natures.BYTES.type) and _STRING(right):
        return BOOL
    return BOOL if _open(left, right, _STRING) else None


def _range(left: Nature, right: Nature) -> Nature | None:
    if (left.integer and right.integer) or _open(left, right, _integer):
        return natures.list_of(INT)
    return None


def _membership(node: nodes.Binary, left: Nature, right: Nature) -> Nature | None:
    if (left.kind == "string" or left.unknown) and right.kind == "struct":
        return BOOL
    if right.kind == "map" and right.key is not None:
        if not left.unknown and not left.assignable_to(right.key):
            raise Fault(f"cannot use {left} as type {right.key} in map key", node.at)
        return BOOL
    if right.array:
        if not left.comparable_to(right.element()):
            raise Fault(f"cannot use {left} as type {right.element()} in array", node.at)
        return BOOL
    return BOOL if right.unknown or (left.unknown and _STRING(right)) else None


def _pattern(node: nodes.Binary) -> None:
    if isinstance(node.right, nodes.String):
        try:
            patterns.compiled(node.right.value)
        except GoError as error:
            raise Fault(str(error), node.at) from error


_ORDER = _rule(BOOL, BOOL, _number, _STRING, _TIME, _DURATION)
_LOGIC = _rule(BOOL, BOOL, _BOOL)
_TEXTS = _rule(BOOL, BOOL, _STRING)
_FLOATS = _rule(FLOAT, FLOAT, _number)

_RULES: Final[dict[str, _Rule]] = {
    **dict.fromkeys(("==", "!="), _equality),
    **dict.fromkeys(("or", "||", "and", "&&"), _LOGIC),
    **dict.fromkeys(("<", ">", "<=", ">="), _ORDER),
    **dict.fromkeys(("contains", "startsWith", "endsWith"), _TEXTS),
    **dict.fromkeys(("/", "**", "^"), _FLOATS),
    "%": _rule(INT, INT, _integer),
    "+": _arithmetic(_sum, _number, _STRING, _TIME, _DURATION),
    "-": _arithmetic(_difference, _number, _TIME, _DURATION),
    "*": _arithmetic(_product, _number, _DURATION),
    "..": _range,
    "??": _coalescing,
    "matches": _matching,
}
