"""The syntax tree of an expression: one class per kind of node, none of which can change.

`at` is the character offset that errors about the node point to. Nodes are told apart by
identity, so types found by the checker live in a table beside the tree (`natures.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Node:
    """Any node."""

    at: int = 0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Nil(Node):
    """The word `nil`."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Identifier(Node):
    """A name: a variable of `let`, `$env`, or a name of the data."""

    name: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Integer(Node):
    """An integer literal."""

    value: int


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Float(Node):
    """A floating-point literal."""

    value: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Bool(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class String(Node):
    """A string literal, the name after a dot, or a plain key of a map literal."""

    value: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Bytes(Node):
    """A byte string literal, `b'…'`."""

    value: bytes


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Constant(Node):
    """A value that the optimiser put together from literals: a list, or a set to look up in."""

    value: Any


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Unary(Node):
    """An operator before its operand."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Binary(Node):
    """An operator between its operands."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Chain(Node):
    """The reach of `?.`: where a base in it is nil, all of it is nil."""

    node: Node


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Member(Node):
    """`base.name` or `base[index]`; `optional` of `?.`, `called` where arguments follow."""

    base: Node
    name: Node
    optional: bool = False
    called: bool = False


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Slice(Node):
    """`base[from:to]`."""

    base: Node
    start: Node | None = None
    stop: Node | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Call(Node):
    """A call of a function of the data or of a method."""

    callee: Node
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Builtin(Node):
    """A call of a builtin. The optimiser sets the rest: `throws` where nothing found is an
    error, `mapped` for what to return of a find, `threshold` where counting may stop."""

    name: str
    arguments: tuple[Node, ...]
    throws: bool = False
    mapped: Node | None = None
    threshold: int | None = None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Predicate(Node):
    """An expression to be evaluated for each item of a list."""

    body: Node


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pointer(Node):
    """`#` (an empty name), `#index` or `#acc`."""

    name: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Conditional(Node):
    """`test ? then : otherwise` and `if test {then} else {otherwise}`."""

    test: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Let(Node):
    """`let name = value; body`."""

    name: str
    value: Node
    body: Node


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Sequence(Node):
    """Expressions separated by semicolons; the last one is the value."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Array(Node):
    """A list literal."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Pair(Node):
    """A key and its value in a map literal."""

    key: Node
    value: Node


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Map(Node):
    """A map literal."""

    pairs: tuple[Pair, ...]


_CHILDREN: dict[type[Node], tuple[str, ...]] = {
    kind: tuple(
        field.name
        for field in fields(kind)
        if field.name != "mapped" and ("Node" in str(field.type) or "Pair" in str(field.type))
    )
    for kind in Node.__subclasses__()
}
"""The fields of each class that hold nodes, in order of evaluation; what the optimiser put into
`mapped` is looked at by nobody but the compiler."""


def child_fields(node: Node) -> tuple[str, ...]:
    """Return the names of the fields that hold nodes, or tuples of nodes."""
    return _CHILDREN[type(node)]


def children(node: Node) -> Iterator[Node]:
    """Give the nodes directly below a node."""
    for name in _CHILDREN[type(node)]:
        held = getattr(node, name)
        if isinstance(held, tuple):
            yield from held
        elif held is not None:
            yield held


def walk(node: Node) -> Iterator[Node]:
    """Give a node and everything below it, without recursion."""
    waiting = [node]
    while waiting:
        found = waiting.pop()
        yield found
        waiting.extend(children(found))
