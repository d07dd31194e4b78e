"""Constants that are computed at compile time (optimizer/fold.go, in_array.go, in_range.go)."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from notifier.languages.expr import grammar, natures, nodes, operators, powers
from notifier.languages.expr.errors import Fault
from notifier.languages.golang import numbers

if TYPE_CHECKING:
    from notifier.languages.expr.optimizer import Table

_Number = int | float
_LOGIC: Final = grammar.CONJUNCTIONS | grammar.DISJUNCTIONS
_SCALARS: Final = (nodes.Integer, nodes.Float, nodes.String, nodes.Bool)


def fold(table: Table, node: nodes.Node) -> nodes.Node:
    """Return a constant for an operator between constants, and a list of constants."""
    if isinstance(node, nodes.Binary):
        if node.operator in _LOGIC:
            return _logic(table, node)
        return _binary(table, node)
    if isinstance(node, nodes.Unary):
        return _unary(table, node)
    if isinstance(node, nodes.Array):
        return _array(table, node)
    if isinstance(node, nodes.Builtin) and node.name == "filter":
        return _filter(table, node)
    return node


def _number(table: Table, old: nodes.Node, value: _Number) -> nodes.Node:
    if isinstance(value, float):
        return table.put(old, nodes.Float(value=value), natures.FLOAT)
    return table.put(old, nodes.Integer(value=numbers.wrap_int64(value)), natures.INT)


def _bool(table: Table, old: nodes.Node, value: bool) -> nodes.Node:
    return table.put(old, nodes.Bool(value=value), natures.BOOL)


def _unary(table: Table, node: nodes.Unary) -> nodes.Node:
    operand = node.operand
    if isinstance(operand, nodes.Integer | nodes.Float) and node.operator in ("-", "+"):
        return _number(table, node, -operand.value if node.operator == "-" else operand.value)
    if isinstance(operand, nodes.Bool) and node.operator in ("!", "not"):
        return _bool(table, node, not operand.value)
    return node


def _power(left: _Number, right: _Number) -> float:
    return powers.power(float(left), float(right))


def _quotient(left: _Number, right: _Number) -> float:
    return operators.quotient(float(left), float(right))


_ARITHMETIC: Final[dict[str, Callable[[_Number, _Number], _Number]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _quotient,
    "**": _power,
    "^": _power,
}


def _binary(table: Table, node: nodes.Binary) -> nodes.Node:
    left, right = node.left, node.right
    if isinstance(left, nodes.Integer | nodes.Float) and isinstance(
        right, nodes.Integer | nodes.Float
    ):
        return _numbers(table, node, left, right)
    if isinstance(left, nodes.String) and isinstance(right, nodes.String):
        if node.operator == "+":
            made = nodes.String(value=left.value + right.value)
            return table.put(node, made, natures.STRING)
        if node.operator == "==":
            return _bool(table, node, left.value == right.value)
    if isinstance(left, nodes.Bool) and isinstance(right, nodes.Bool) and node.operator == "==":
        return _bool(table, node, left.value == right.value)
    return node


def _numbers(
    table: Table,
    node: nodes.Binary,
    left: nodes.Integer | nodes.Float,
    right: nodes.Integer | nodes.Float,
) -> nodes.Node:
    compute = _ARITHMETIC.get(node.operator)
    if compute is not None:
        return _number(table, node, compute(left.value, right.value))
    if isinstance(left, nodes.Integer) and isinstance(right, nodes.Integer):
        if node.operator == "==":
            return _bool(table, node, left.value == right.value)
        if node.operator == "%":
            if right.value == 0:
                raise Fault("integer divide by zero", node.at)
            return _number(table, node, numbers.modulo(left.value, right.value))
    return node


def _logic(table: Table, node: nodes.Binary) -> nodes.Node:
    """`true and x` is x, `x and true` is x, `x and false` is false; the other way round of `or`."""
    neutral = node.operator in grammar.CONJUNCTIONS
    left = node.left.value if isinstance(node.left, nodes.Bool) else None
    right = node.right.value if isinstance(node.right, nodes.Bool) else None
    if left is neutral:
        return table.put(node, node.right)
    if right is neutral:
        return table.put(node, node.left)
    if left is None and right is None:
        return node
    return _bool(table, node, not neutral)


def _array(table: Table, node: nodes.Array) -> nodes.Node:
    found = [item.value for item in node.items if isinstance(item, _SCALARS)]
    if not found or len(found) < len(node.items):
        return node
    return table.put(node, nodes.Constant(value=found), natures.ARRAY)


def _filter(table: Table, node: nodes.Builtin) -> nodes.Node:
    """A filter of a filter is one filter."""
    base, test = node.arguments
    if not isinstance(base, nodes.Builtin) or base.name != "filter":
        return node
    source, first = base.arguments
    both = joined("&&", first, test)
    return table.put(node, nodes.Builtin(name="filter", arguments=(source, both)))


def joined(word: str, first: nodes.Node, second: nodes.Node) -> nodes.Predicate:
    """Return one predicate for two, with an operator between them."""
    left = first.body if isinstance(first, nodes.Predicate) else first
    right = second.body if isinstance(second, nodes.Predicate) else second
    return nodes.Predicate(body=nodes.Binary(operator=word, left=left, right=right))


def in_list(table: Table, node: nodes.Node) -> nodes.Node:
    """Return `in` with a set to look up where all items are strings, or all ints and the left
    side is known to be one."""
    if not isinstance(node, nodes.Binary) or node.operator != "in":
        return node
    if not isinstance(node.right, nodes.Array) or not node.right.items:
        return node
    found = _literals(node.right.items, nodes.String)
    if not found and table.nature(node.left).kind == "int":
        found = _literals(node.right.items, nodes.Integer)
    if not found:
        return node
    held = nodes.Constant(value=frozenset(found), at=node.right.at)
    return table.put(node, nodes.Binary(operator="in", left=node.left, right=held))


def _literals(
    items: tuple[nodes.Node, ...], kind: type[nodes.String | nodes.Integer]
) -> list[str | int]:
    found = [item.value for item in items if isinstance(item, kind)]
    return found if len(found) == len(items) else []


def in_range(table: Table, node: nodes.Node) -> nodes.Node:
    """Return two comparisons for `in` between an int and a range of constants."""
    if not isinstance(node, nodes.Binary) or node.operator != "in":
        return node
    limits = bounds(node.right)
    if limits is None or table.nature(node.left).kind != "int":
        return node
    first = nodes.Binary(operator=">=", left=node.left, right=limits[0])
    last = nodes.Binary(operator="<=", left=node.left, right=limits[1])
    return table.put(node, nodes.Binary(operator="and", left=first, right=last))


def bounds(node: nodes.Node) -> tuple[nodes.Integer, nodes.Integer] | None:
    """Return the ends of a range of constants."""
    if isinstance(node, nodes.Binary) and node.operator == "..":
        first, last = node.left, node.right
        if isinstance(first, nodes.Integer) and isinstance(last, nodes.Integer):
            return first, last
    return None
