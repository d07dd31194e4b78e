"""Time as the engine sees it, fakeable."""

from __future__ import annotations

from typing import Protocol


class Clock(Protocol):
    """Time as the engine sees it: fakeable."""

    def now(self) -> float:
        """Wall clock, Unix seconds: stored due times and ages only."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump: deadlines, leases, circuits."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
