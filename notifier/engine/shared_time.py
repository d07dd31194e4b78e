"""One wall clock for all replicas of a shared store: that of its server (spec/reliability.md 3.3).

Leases and due times are written by one replica and judged by another; clocks that differ would
take claims away from replicas that still hold them.
"""

from __future__ import annotations

from typing_extensions import override

from notifier.ports import Clock, Store, Timekeeping


class SharedTime(Clock):
    """The store's wall clock once it is known, until then this machine's."""

    def __init__(self, clock: Clock, store: Timekeeping) -> None:
        self._clock = clock
        self._store = store

    @override
    def now(self) -> float:
        """Return the store's wall clock."""
        shared = self._store.now()
        return self._clock.now() if shared is None else shared

    @override
    def monotonic(self) -> float:
        """Return the inner clock's monotonic time."""
        return self._clock.monotonic()

    @override
    async def sleep(self, seconds: float) -> None:
        """Wait on the inner clock."""
        await self._clock.sleep(seconds)


def shared(clock: Clock, store: Store) -> Clock:
    """Return the clock to go by with that store."""
    return SharedTime(clock, store) if isinstance(store, Timekeeping) else clock
