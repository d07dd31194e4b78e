"""What one evaluation of foreign code may cost: charged before anything is built (security.md 4.3).

`Limits` are set per scope, `Fuel` is what is left for one render or one condition.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from notifier.languages.golang.values import GoError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one evaluation may take. Sizes are characters; `built` is the sum of all texts and
    list items that operations build."""

    source: int = 64 * 1024
    nesting: int = 200
    steps: int = 100_000
    depth: int = 100
    output: int = 1024 * 1024
    text: int = 1024 * 1024
    items: int = 100_000
    built: int = 4 * 1024 * 1024


CENTRAL: Final = Limits()
TENANT: Final = Limits(source=32 * 1024, output=64 * 1024, text=64 * 1024, items=10_000)


class Exceeded(GoError):
    """An evaluation went past a limit."""


class Fuel:
    """What is left for one evaluation. Code on the hot path may subtract from `steps` itself."""

    __slots__ = ("built", "limits", "steps")

    def __init__(self, limits: Limits = CENTRAL) -> None:
        self.limits = limits
        self.steps = limits.steps
        self.built = limits.built

    def step(self, count: int = 1) -> None:
        """Take steps. Raises `Exceeded`."""
        self.steps -= count
        if self.steps < 0:
            raise Exceeded(f"takes more than {self.limits.steps} steps")

    def text(self, length: int) -> None:
        """Charge a text that is about to be built. Raises `Exceeded`."""
        if length > self.limits.text:
            raise Exceeded(f"builds a text of more than {self.limits.text} characters")
        self._build(length)

    def items(self, count: int) -> None:
        """Charge a list or map that is about to be built. Raises `Exceeded`."""
        if count > self.limits.items:
            raise Exceeded(f"builds a list of more than {self.limits.items} items")
        self._build(count)
        self.step(count)

    def _build(self, size: int) -> None:
        self.built -= size
        if self.built < 0:
            raise Exceeded(f"builds more than {self.limits.built} characters and items")
