"""Which replica observes."""

from __future__ import annotations

from typing import Protocol


class Election(Protocol):
    """Which replica observes (spec/reliability.md 4.3). It saves work; fencing keeps it right."""

    async def acquire(self, *, above: int) -> int:
        """Wait until this process leads and return its epoch, which is greater than `above`.

        From then on leadership is kept up in the background until `lost` or `release`.
        """
        ...

    async def lost(self) -> str:
        """Wait until leadership can no longer be proven and return why, whatever is pending."""
        ...

    async def release(self) -> None:
        """Let go, so that another replica can lead at once. Never raises; nothing if not held."""
        ...
