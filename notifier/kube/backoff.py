"""How long to wait after a failure (W11, W14)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from notifier.ports import Clock

FIRST_S: Final = 0.8
LONGEST_S: Final = 30.0
HEALTHY_S: Final = 120.0
"""Seconds without a failure after which the next one counts as the first again."""


class Backoff:
    """0.8 s, doubled to 30 s, up to twice that by jitter; starts anew after 2 minutes of health.

    `jitter` gives numbers in [0, 1).
    """

    def __init__(self, clock: Clock, jitter: Callable[[], float]) -> None:
        self._clock = clock
        self._jitter = jitter
        self._next_s = FIRST_S
        self._until = float("-inf")

    async def wait(self, at_least_s: float | None = None) -> None:
        """Wait for one more failure, and at least as long as the server asked."""
        if self._clock.monotonic() - self._until > HEALTHY_S:
            self._next_s = FIRST_S
        delay = self._next_s * (1 + self._jitter())
        self._next_s = min(self._next_s * 2, LONGEST_S)
        await self._clock.sleep(max(delay, at_least_s or 0.0))
        self._until = self._clock.monotonic()
