"""What an expression reads of its data: for those who check configuration without running it."""

from __future__ import annotations

from notifier.languages.expr import nodes


def read(tree: nodes.Node) -> frozenset[tuple[str, ...]]:
    """Return the chains of names that a tree reads, such as `("rollout", "status", "phase")`; a
    chain ends where it is indexed, called, or part of something else."""
    found: set[tuple[str, ...]] = set()
    waiting: list[tuple[nodes.Node, frozenset[str]]] = [(tree, frozenset())]
    while waiting:
        node, bound = waiting.pop()
        chain = _chain(node)
        if chain:
            if chain[0] not in bound:
                found.add(chain)
        elif isinstance(node, nodes.Let):
            waiting += [(node.value, bound), (node.body, bound | {node.name})]
        else:
            waiting += [(child, bound) for child in nodes.children(node)]
    return frozenset(found)


def _chain(node: nodes.Node) -> tuple[str, ...]:
    """Return the names of `a.b.c`, `a?.b` and `a["b"]`; nothing for any other node."""
    names: list[str] = []
    while isinstance(node, nodes.Member | nodes.Chain):
        if isinstance(node, nodes.Chain):
            node = node.node
            continue
        if not isinstance(node.name, nodes.String):
            return ()
        if node.called:
            names.clear()
        else:
            names.append(node.name.value)
        node = node.base
    if not isinstance(node, nodes.Identifier):
        return ()
    found = (node.name, *reversed(names))
    return found[1:] if found[0] == "$env" else found
