"""When what the API server refused is asked for again: soon at first, then ever less often."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from notifier.ports import Clock

SOON_S: Final = 1.0
"""Seconds until the first try. Soon, because an API server refuses (403) whoever has just been
given a right, and everybody while it starts, until it has read the roles."""


class Patience:
    """Waits one second, twice as long each time, `longest_s` at most.

    `spread` changes a wait, that many who were refused together do not ask together.
    """

    def __init__(
        self, clock: Clock, *, longest_s: float, spread: Callable[[float], float] = lambda s: s
    ) -> None:
        self._clock = clock
        self._longest_s = longest_s
        self._spread = spread
        self._next_s = SOON_S

    def succeeded(self) -> None:
        """Wait only shortly after the next refusal."""
        self._next_s = SOON_S

    async def wait(self) -> None:
        """Wait for one more refusal."""
        seconds = self._next_s
        self._next_s = min(seconds * 2, self._longest_s)
        await self._clock.sleep(self._spread(seconds))
