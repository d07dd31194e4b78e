"""What compiles and then fails on every object: told where the configuration is checked."""

from __future__ import annotations

from typing import Final

from notifier.languages.expr import errors, nodes
from notifier.languages.expr.natures import UNKNOWN, Nature
from notifier.languages.seam import Suspicion

_OF_DATA: Final = (nodes.Member, nodes.Identifier, nodes.Chain)


def find(tree: nodes.Node, known: dict[nodes.Node, Nature], text: str) -> tuple[Suspicion, ...]:
    """Return the suspicions about a checked tree: `%` takes ints, and a number of an object is a
    float (templates.md 1.3)."""
    found = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        waiting += nodes.children(node)
        if isinstance(node, nodes.Binary) and node.operator == "%":
            sides = [each for each in (node.left, node.right) if known.get(each) == UNKNOWN]
            if any(isinstance(each, _OF_DATA) for each in sides):
                line, column, _ = errors.locate(text, node.at)
                found.append(
                    Suspicion(
                        message="% takes whole numbers only, and a number of an object is a float",
                        hint="write int(…) around it",
                        line=line,
                        column=column,
                    )
                )
    return tuple(found)
