"""Changes of the tree that users can see (optimizer/optimizer.go), in the original's order.

Constants are computed, and then loops are put together. What is visible: `5 % 0` is a compile
error, a list of string literals after `in` looks up by type, `first(filter(…))` stops early (and
so does not fail at a later item), `all(…) && all(…)` becomes one loop.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from notifier.languages.expr import folding, fusing, natures, nodes
from notifier.languages.expr.checker import Natures
from notifier.languages.expr.natures import UNKNOWN, Nature

Change = Callable[["Table", nodes.Node], nodes.Node]

_ROUNDS: Final = 1000


class Table:
    """The natures of nodes, and how a node takes over the place of another."""

    def __init__(self, known: Natures) -> None:
        self.known = known

    def nature(self, node: nodes.Node) -> Nature:
        """Return the nature of a node; unknown if the check did not look at it."""
        return self.known.get(node, UNKNOWN)

    def put(self, old: nodes.Node, new: nodes.Node, nature: Nature | None = None) -> nodes.Node:
        """Return a new node with the place of the old one, and its type unless one is given."""
        new = replace(new, at=old.at)
        self.known[new] = natures.plain(self.nature(old)) if nature is None else nature
        return new


def optimize(tree: nodes.Node, known: Natures) -> nodes.Node:
    """Return the tree as it will be evaluated; `known` gains the natures of its new nodes.
    Raises `Fault`."""
    table = Table(known)
    tree = rewrite(table, tree, folding.in_list)
    for _ in range(_ROUNDS):
        folded = rewrite(table, tree, folding.fold)
        if folded is tree:
            break
        tree = folded
    tree = rewrite(table, tree, folding.in_range)
    if any(isinstance(node, nodes.Builtin) for node in nodes.walk(tree)):
        for change in fusing.CHANGES:
            tree = rewrite(table, tree, change)
    return tree


def rewrite(table: Table, tree: nodes.Node, change: Change) -> nodes.Node:
    """Return the tree with every node changed, from the leaves up; without recursion."""
    done: dict[nodes.Node, nodes.Node] = {}
    for node in reversed(list(nodes.walk(tree))):
        if node not in done:
            done[node] = change(table, _rebuilt(table, node, done))
    return done[tree]


def _rebuilt(table: Table, node: nodes.Node, done: dict[nodes.Node, nodes.Node]) -> nodes.Node:
    changed: dict[str, Any] = {}
    for name in nodes.child_fields(node):
        held = getattr(node, name)
        if isinstance(held, tuple):
            new = tuple(done[child] for child in held)
            if any(first is not second for first, second in zip(held, new, strict=True)):
                changed[name] = new
        elif held is not None and done[held] is not held:
            changed[name] = done[held]
    if not changed:
        return node
    made = replace(node, **changed)
    table.known[made] = table.nature(node)
    return made
