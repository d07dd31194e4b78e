"""Changes that wait for the cluster or for a text that is rendered elsewhere, in order per rollout.

They take turns with everything else on the loop (`engine/slices.py`). All together are bounded, by
not reading the watch further. So that one namespace cannot stop it for the others, what its watch
brings beyond a share is hurried, and beyond a multiple of that refused. A list is finite and waits
instead.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from dataclasses import dataclass
from typing import Final

from notifier.engine.preparing import Held, Pace
from notifier.engine.queueing import Seen
from notifier.engine.slices import Turns

HELD_LIMIT: Final = 4000
"""Waiting changes above which the watch is not read further: some 50 MB of Rollouts."""

SHARE: Final = 100
"""Waiting changes of one namespace above which they are hurried."""

FLOOD: Final = 1000
"""The same, above which nothing is sent about them."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A change, when it was observed, and how long it may wait."""

    held: Held
    seen: Seen
    pace: Pace


class Holding:
    """The queues, by the uid of the rollout."""

    def __init__(self, turns: Turns) -> None:
        self._queues: dict[str, deque[Waiting]] = {}
        self._count: Counter[str] = Counter()
        self._turns = turns
        self._worked_off = asyncio.Event()

    def __contains__(self, uid: str) -> bool:
        return uid in self._queues

    def put(self, uid: str, held: Held, seen: Seen, *, listed: bool) -> None:
        """Let a change wait behind the others of its rollout; `listed` says that a list brought
        it."""
        namespace = held.change.rollout.namespace
        self._count[namespace] += 1
        pace: Pace = "patient" if listed else _pace(self._count[namespace])
        self._queues.setdefault(uid, deque()).append(Waiting(held, seen, pace))

    async def turn(self, uid: str) -> Waiting | None:
        """Return the change of a rollout that is next, None if there is none, once its namespace
        has its turn."""
        queue = self._queues.get(uid)
        if not queue:
            return None
        await self._turns.take(_namespace(queue[0]))
        return queue[0]

    def done(self, uid: str) -> None:
        """Take the head away."""
        queue = self._queues[uid]
        namespace = _namespace(queue.popleft())
        if not queue:
            del self._queues[uid]
        self._count[namespace] -= 1
        if not self._count[namespace]:
            del self._count[namespace]
            self._turns.forget(namespace)
        self._worked_off.set()

    async def room(self) -> None:
        """Wait until there is room for more (spec/reliability.md 5.2)."""
        while self._count.total() > HELD_LIMIT:
            self._worked_off.clear()
            await self._worked_off.wait()


def _namespace(waiting: Waiting) -> str:
    return waiting.held.change.rollout.namespace


def _pace(count: int) -> Pace:
    """Return how long the last of so many changes of a namespace may wait."""
    if count > FLOOD:
        return "refused"
    return "hurried" if count > SHARE else "patient"
