"""Loops that are put together, or replaced by a formula (the other files of optimizer/)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from notifier.languages.expr import folding, grammar, natures, nodes
from notifier.languages.golang import numbers

if TYPE_CHECKING:
    from notifier.languages.expr.optimizer import Table


def _builtin(node: nodes.Node, name: str, count: int) -> nodes.Builtin | None:
    """Return the node if it is a call of a builtin with so many arguments."""
    if isinstance(node, nodes.Builtin) and node.name == name and len(node.arguments) == count:
        return node
    return None


def filter_map(table: Table, node: nodes.Node) -> nodes.Node:
    """`map(filter(…), f)` filters and maps in one loop, unless f asks for the index."""
    mapping = _builtin(node, "map", 2)
    if mapping is None:
        return node
    base = _builtin(mapping.arguments[0], "filter", 2)
    change = mapping.arguments[1]
    if base is None or base.mapped is not None or not isinstance(change, nodes.Predicate):
        return node
    if any(isinstance(each, nodes.Pointer) and each.name == "index" for each in nodes.walk(change)):
        return node
    return table.put(
        node, nodes.Builtin(name="filter", arguments=base.arguments, mapped=change.body)
    )


def filter_len(table: Table, node: nodes.Node) -> nodes.Node:
    """`len(filter(…))` counts."""
    length = _builtin(node, "len", 1)
    base = _builtin(length.arguments[0], "filter", 2) if length else None
    if base is None:
        return node
    return table.put(node, nodes.Builtin(name="count", arguments=base.arguments))


def _picked(place: int, name: str, finder: str) -> Callable[[Table, nodes.Node], nodes.Node]:
    """Return the change of `filter(…)[place]` and `name(filter(…))` to a search."""

    def change(table: Table, node: nodes.Node) -> nodes.Node:
        base: nodes.Builtin | None = None
        throws = isinstance(node, nodes.Member)
        if isinstance(node, nodes.Member) and not node.optional:
            if isinstance(node.name, nodes.Integer) and node.name.value == place:
                base = _builtin(node.base, "filter", 2)
        elif _builtin(node, name, 1):
            base = _builtin(node.arguments[0], "filter", 2)  # type: ignore[attr-defined]
        if base is None:
            return node
        found = nodes.Builtin(
            name=finder, arguments=base.arguments, throws=throws, mapped=base.mapped
        )
        return table.put(node, found)

    return change


def predicate_combination(table: Table, node: nodes.Node) -> nodes.Node:
    """`all(x, p) && all(x, q)` is `all(x, p && q)`; the same of `any` with or, `none` with and."""
    if not isinstance(node, nodes.Binary):
        return node
    left, right = node.left, node.right
    if not isinstance(left, nodes.Builtin) or not isinstance(right, nodes.Builtin):
        return node
    word = _combined(left.name, node.operator)
    if not word or right.name != left.name:
        return node
    first, second = left.arguments[0], right.arguments[0]
    if table.nature(first).type != table.nature(second).type or _key(first) != _key(second):
        return node
    both = folding.joined(word, left.arguments[1], right.arguments[1])
    both = replace(both, body=predicate_combination(table, both.body))
    return table.put(node, nodes.Builtin(name=left.name, arguments=(first, both)))


def _combined(name: str, word: str) -> str:
    if name == "all" and word in grammar.CONJUNCTIONS:
        return word
    if name == "any" and word in grammar.DISJUNCTIONS:
        return word
    if name == "none" and word in grammar.CONJUNCTIONS:
        return "or" if word == "and" else "||"
    return ""


def _key(node: nodes.Node) -> Any:
    """Return what two nodes have in common that the original would print alike."""
    if isinstance(node, nodes.Chain):
        return _key(node.node)
    if isinstance(node, nodes.Integer | nodes.Float):
        return numbers.plain(node.value) if isinstance(node, nodes.Float) else str(node.value)
    inner = set(nodes.child_fields(node))
    plain = [
        repr(getattr(node, name)) for name in node.__dataclass_fields__ if name not in inner | _OFF
    ]
    return (type(node).__name__, *plain, *map(_key, nodes.children(node)))


_OFF: Final = {"at", "mapped"}


# Sums


def _series(first: int, last: int) -> int:
    """Return the sum of a range by the formula, which overflows like the original's."""
    product = numbers.wrap_int64((last - first + 1) * (first + last))
    return numbers.divide(product, 2)


def sum_range(table: Table, node: nodes.Node) -> nodes.Node:
    """`sum(1..n)`, `sum(1..n, # * 2)` and `reduce(1..n, # + #acc)` of constants are computed."""
    if not isinstance(node, nodes.Builtin) or node.name not in ("sum", "reduce"):
        return node
    limits = folding.bounds(node.arguments[0])
    if limits is None or limits[1].value < limits[0].value:
        return node
    first, last = limits[0].value, limits[1].value
    total = _summed(node, first, last) if node.name == "sum" else _reduced(node, first, last)
    if total is None:
        return node
    return table.put(node, nodes.Integer(value=numbers.wrap_int64(total)), natures.INT)


def _summed(node: nodes.Builtin, first: int, last: int) -> int | None:
    total = _series(first, last)
    if len(node.arguments) == 1:
        return total
    body = _body(node)
    if _is_pointer(body, ""):
        return total
    if not isinstance(body, nodes.Binary):
        return None
    leading = _is_pointer(body.left, "")
    other = body.right if leading else body.left
    if not isinstance(other, nodes.Integer) or not (leading or _is_pointer(body.right, "")):
        return None
    spread = (last - first + 1) * other.value
    if body.operator == "*":
        return other.value * total
    if body.operator == "+":
        return total + spread
    if body.operator == "-":
        return total - spread if leading else spread - total
    return None


def _reduced(node: nodes.Builtin, first: int, last: int) -> int | None:
    body = _body(node)
    if not isinstance(body, nodes.Binary) or body.operator != "+":
        return None
    straight = _is_pointer(body.left, "") and _is_pointer(body.right, "acc")
    if not straight and not (_is_pointer(body.left, "acc") and _is_pointer(body.right, "")):
        return None
    total = _series(first, last)
    if len(node.arguments) == 2:
        return total
    start = node.arguments[2]
    return start.value + total if isinstance(start, nodes.Integer) else None


def _body(node: nodes.Builtin) -> nodes.Node:
    predicate = node.arguments[1]
    return predicate.body if isinstance(predicate, nodes.Predicate) else predicate


def _is_pointer(node: nodes.Node, name: str) -> bool:
    return isinstance(node, nodes.Pointer) and node.name == name


def sum_list(table: Table, node: nodes.Node) -> nodes.Node:
    """`sum([a, b, c])` is `a + (b + c)`."""
    total = _builtin(node, "sum", 1)
    items = total.arguments[0] if total else None
    if not isinstance(items, nodes.Array) or len(items.items) < 2:
        return node
    found = items.items[-1]
    for item in reversed(items.items[:-1]):
        found = nodes.Binary(operator="+", left=item, right=found)
    return table.put(node, found)


def sum_map(table: Table, node: nodes.Node) -> nodes.Node:
    """`sum(map(…))` adds up in the loop."""
    total = _builtin(node, "sum", 1)
    base = _builtin(total.arguments[0], "map", 2) if total else None
    if base is None:
        return node
    return table.put(node, nodes.Builtin(name="sum", arguments=base.arguments))


# Counts


def count_any(table: Table, node: nodes.Node) -> nodes.Node:
    """`count(…) > 0` and `count(…) >= 1` stop at the first that passes."""
    counted = _count(node)
    if counted is None:
        return node
    count, word, limit = counted
    if (word, limit) not in ((">", 0), (">=", 1)):
        return node
    return table.put(node, nodes.Builtin(name="any", arguments=count.arguments))


def count_threshold(table: Table, node: nodes.Node) -> nodes.Node:
    """A count that is compared with a constant stops once the answer is known."""
    counted = _count(node)
    if counted is None:
        return node
    count, word, limit = counted
    threshold = {">": limit + 1, ">=": limit, "<": limit, "<=": limit + 1}.get(word, 0)
    if limit < 0 or threshold <= 1:
        return node
    made = table.put(count, replace(count, threshold=threshold), table.nature(count))
    return table.put(node, replace(node, left=made), table.nature(node))  # type: ignore[call-arg]


def _count(node: nodes.Node) -> tuple[nodes.Builtin, str, int] | None:
    if not isinstance(node, nodes.Binary) or not isinstance(node.right, nodes.Integer):
        return None
    count = _builtin(node.left, "count", 2)
    return None if count is None else (count, node.operator, node.right.value)


CHANGES: Final = (
    filter_map,
    filter_len,
    _picked(-1, "last", "findLast"),
    _picked(0, "first", "find"),
    predicate_combination,
    sum_range,
    sum_list,
    sum_map,
    count_any,
    count_threshold,
)
"""The changes of loops, in the order they are made."""
