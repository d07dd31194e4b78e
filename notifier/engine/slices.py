"""How much of the loop the changes of each namespace take as they come.

What comes from a namespace that has had its slice of the second is held (`engine/holding.py`), and
what is held takes turns with everything else on the loop: so the changes of a namespace delay each
other, and not everybody's.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from notifier.ports import Clock

SLICE_S: Final = 0.02
"""Seconds of each second."""

TURN_S: Final = 0.005
"""Seconds of a round of the loop."""

WOKEN: Final = 16
"""Changes that begin in a round at most."""


class Slices:
    """The slices of this second; `on_crowded` learns when one was used up in the last, and when
    none was any more."""

    def __init__(self, clock: Clock, on_crowded: Callable[[bool], None]) -> None:
        self._clock = clock
        self._on_crowded = on_crowded
        self._crowded = False
        self._taken: defaultdict[str, float] = defaultdict(float)

    def spent(self, namespace: str) -> bool:
        """Say whether a namespace has had its slice."""
        return self._taken.get(namespace, 0.0) > SLICE_S

    def take(self, namespace: str, seconds: float) -> None:
        """Take note of what a change took."""
        self._taken[namespace] += seconds

    async def run(self) -> None:
        """Begin another second, again and again."""
        while True:
            await self._clock.sleep(1.0)
            crowded = any(taken > SLICE_S for taken in self._taken.values())
            self._taken.clear()
            if crowded != self._crowded:
                self._crowded = crowded
                self._on_crowded(crowded)


@dataclass(slots=True)
class _Round:
    """Who waits for the next round of a namespace, and who was woken too late in this one; `until`
    is its end, and `begins` says that nobody has had a turn in it."""

    waiting: deque[asyncio.Future[None]] = field(default_factory=deque)
    again: list[asyncio.Future[None]] = field(default_factory=list)
    until: float = 0.0
    begins: bool = True


class Turns:
    """Turns of a few milliseconds in each round of the loop, for each namespace."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rounds: dict[str, _Round] = {}

    async def take(self, namespace: str) -> None:
        """Wait for a turn of the namespace; whoever has it goes on without a break."""
        now = self._clock.monotonic()
        found = self._rounds.get(namespace)
        if found is None:
            self._rounds[namespace] = _Round(until=now + TURN_S, begins=False)
            return
        queue: deque[asyncio.Future[None]] | list[asyncio.Future[None]] = found.waiting
        while not found.begins and now >= found.until:
            loop = asyncio.get_running_loop()
            if not (found.waiting or found.again):
                loop.call_soon(self._open, found)
            queue.append(turn := loop.create_future())
            queue = found.again
            await turn
            now = self._clock.monotonic()
        if found.begins:
            found.begins, found.until = False, now + TURN_S

    def forget(self, namespace: str) -> None:
        """Forget a namespace of which nothing is held."""
        self._rounds.pop(namespace, None)

    def _open(self, found: _Round) -> None:
        """Begin a round."""
        found.begins = True
        found.waiting.extendleft(reversed(found.again))
        found.again.clear()
        for _ in range(min(len(found.waiting), WOKEN)):
            turn = found.waiting.popleft()
            if not turn.done():
                turn.set_result(None)
        if found.waiting:
            asyncio.get_running_loop().call_soon(self._open, found)
