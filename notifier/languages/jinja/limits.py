"""What one template may cost: sizes at compile time, and a budget for every rendering.

Everything is charged before it is built, so a bomb ends after little time and memory
(spec/security.md S2, 4.1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from jinja2 import TemplateRuntimeError

SOURCE: Final = 64 * 1024
"""Characters of one text."""
TOKENS: Final = 12_000
"""Words of the language in one text."""
NODES: Final = 4_000
"""Syntax-tree nodes of one text, partials included."""
DEPTH: Final = 60
"""Nesting of the syntax tree: keeps every recursion below Python's own limit."""
BLOCKS: Final = 12
"""Nesting of loops and conditions: Python refuses twenty loops in each other."""

OUTPUT: Final = 1024 * 1024
"""Characters one rendering may print."""
TEXT: Final = 64 * 1024
"""Characters of a text that an operation builds."""
ITEMS: Final = 1_000
"""Items of a list that an operation builds, and numbers of a range."""
STEPS: Final = 100_000
"""Nodes evaluated in loops, calls, items and comparisons of one rendering."""
CHARACTERS: Final = 4 * 1024 * 1024
"""Characters that all operations of one rendering build together."""
BITS: Final = 256
"""Bits of a whole number that an operation builds."""

BUDGET: Final = "\N{MIDDLE DOT}budget"
"""Where the context keeps the budget: no name a template can spell."""


class Exceeded(TemplateRuntimeError):
    """A rendering went past a limit."""


class Budget:
    """What is left for one rendering, and how its output is defused."""

    __slots__ = ("characters", "escape", "steps")

    def __init__(self, escape: Callable[[str], str] | None) -> None:
        self.escape = escape
        self.steps = STEPS
        self.characters = CHARACTERS

    def step(self, count: int = 1) -> None:
        """Take steps. Raises `Exceeded`."""
        self.steps -= count
        if self.steps < 0:
            raise Exceeded(f"takes more than {STEPS} steps")

    def built(self, value: Any) -> Any:
        """Charge a value that an operation built, and return it. Raises `Exceeded`."""
        if type(value) is str:
            text(len(value))
            self.characters -= len(value)
            if self.characters < 0:
                raise Exceeded(f"builds more than {CHARACTERS} characters")
        elif type(value) is list:
            items(len(value))
            self.step(len(value))
        elif type(value) is int:
            bits(value.bit_length())
        return value


def text(length: int) -> None:
    """Refuse to build a text of this length. Raises `Exceeded`."""
    if length > TEXT:
        raise Exceeded(f"builds a text of more than {TEXT} characters")


def items(count: int) -> None:
    """Refuse to build a list of this length. Raises `Exceeded`."""
    if count > ITEMS:
        raise Exceeded(f"builds a list of more than {ITEMS} items")


def bits(count: int) -> None:
    """Refuse to build a number of this size. Raises `Exceeded`."""
    if count > BITS:
        raise Exceeded(f"builds a number of more than {BITS} bits")


def weigh(value: Any, limit: int = STEPS) -> int:
    """Count the nodes of plain data as expanded, and its characters by the hundred.

    Stops at the limit. Raises `Exceeded`.
    """
    count = 0
    waiting = [value]
    while waiting:
        node = waiting.pop()
        count += 1 + (len(node) // 100 if isinstance(node, str) else 0)
        if isinstance(node, dict):
            waiting.extend(node.values())
        elif isinstance(node, (list, tuple)):
            waiting.extend(node)
        if count + len(waiting) > limit:
            raise Exceeded(f"takes more than {STEPS} steps")
    return count
