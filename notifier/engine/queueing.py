"""What is planned and waits to be committed: namespaces take turns, each first in, first out.

So what a namespace does much of waits behind its own, and the changes of one object are committed
in the order they were observed (spec/reliability.md 3.2, 5.2).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from notifier.ports import Intake

GROUP_INTAKES: Final = 500
"""Intakes of one transaction: most hold a snapshot only."""

GROUP_EVENTS: Final = 50

GROUP_DELIVERIES: Final = 150
"""A transaction that ends sooner lets the next one, of others, begin."""


@dataclass(frozen=True, slots=True)
class Seen:
    """When an observation came: Unix seconds, and monotonic ones."""

    wall: float
    monotonic: float


@dataclass(frozen=True, slots=True)
class Planned:
    """An intake, when its observation came, and its place among all."""

    intake: Intake
    seen: Seen
    number: int


class PlannedQueue:
    """The queues of the namespaces, and what waits for all of them."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[Planned]] = {}  # in turn: whoever was served goes last
        self._behind_all: deque[Planned] = deque()
        self._put = 0
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def put(self, intake: Intake, seen: Seen, namespace: str) -> None:
        """Let an intake wait behind the others of its namespace."""
        self._queues.setdefault(namespace, deque()).append(self._planned(intake, seen))

    def put_behind_all(self, intake: Intake, seen: Seen) -> None:
        """Let an intake wait behind everything that waits now: it speaks of all of it."""
        self._behind_all.append(self._planned(intake, seen))

    def group(self) -> Sequence[Planned]:
        """Take what one transaction holds."""
        group: list[Planned] = []
        events = deliveries = 0
        while self._queues and len(group) < GROUP_INTAKES:
            namespace, queue = next(iter(self._queues.items()))
            intake = queue[0].intake
            events += len(intake.events)
            deliveries += len(intake.deliveries)
            if group and (events > GROUP_EVENTS or deliveries > GROUP_DELIVERIES):
                break
            group.append(queue.popleft())
            del self._queues[namespace]
            if queue:
                self._queues[namespace] = queue
        oldest = min((queue[0].number for queue in self._queues.values()), default=self._put + 1)
        while self._behind_all and self._behind_all[0].number < oldest:
            group.append(self._behind_all.popleft())
        self._length -= len(group)
        return group

    def _planned(self, intake: Intake, seen: Seen) -> Planned:
        self._length += 1
        self._put += 1
        return Planned(intake, seen, self._put)
