"""One evaluation of foreign code: what it may cost, and the little it may know of the world.

`Limits` are set per scope; everything is charged before it is built (security.md 4.3). Clock and
chance are arguments: an evaluation with equal arguments gives equal bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from notifier.languages.golang.values import Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one evaluation may take. Sizes are characters; `built` is the sum of all texts and
    list items that operations build."""

    source: int = 64 * 1024
    tokens: int = 10_000
    nesting: int = 200
    steps: int = 100_000
    depth: int = 100
    output: int = 1024 * 1024
    text: int = 1024 * 1024
    items: int = 100_000
    built: int = 4 * 1024 * 1024


CENTRAL: Final = Limits()
TENANT: Final = Limits(
    source=32 * 1024, output=64 * 1024, text=64 * 1024, items=10_000, built=512 * 1024
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the world is to an evaluation: `now` in Unix nanoseconds, the local time zone, the seed
    of all chance, and who gives the addresses of a host name (none where it has none)."""

    now: int = 0
    zone: str = "UTC"
    seed: str = ""
    resolve: Callable[[str], Sequence[str]] | None = None


class Exceeded(Refused):
    """An evaluation went past a limit."""


class Run:
    """What is left for one evaluation. Code on the hot path may subtract from `steps` itself."""

    __slots__ = ("built", "drawn", "limits", "steps", "surroundings")

    def __init__(
        self, limits: Limits = CENTRAL, surroundings: Surroundings = Surroundings()
    ) -> None:
        self.limits = limits
        self.surroundings = surroundings
        self.steps = limits.steps
        self.built = limits.built
        self.drawn = 0

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

    def chance(self, count: int) -> bytes:
        """Return the next bytes of chance: the same for the same seed. Raises `Exceeded`."""
        self.text(count)
        blocks = []
        for _ in range(-(-count // 64)):
            self.drawn += 1
            text = f"{self.surroundings.seed}\0{self.drawn}"
            blocks.append(hashlib.sha512(text.encode(errors="replace")).digest())
        return b"".join(blocks)[:count]

    def _build(self, size: int) -> None:
        self.built -= size
        if self.built < 0:
            raise Exceeded(f"builds more than {self.limits.built} characters and items")
