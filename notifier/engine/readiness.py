"""Claimed rows between the store and the workers, and how many workers one service may fill.

A receiver that never answers must not hold up the others: a service fills half of the workers at
most, and is not claimed for while slow attempts of its fill a quarter.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from typing import Final

from notifier.core.model import Delivery

SLOW_S: Final = 1.0
"""Age from which an attempt in flight counts as slow."""


class Ready:
    """Rows that are claimed and not yet settled. Times are monotonic seconds."""

    def __init__(self, workers: int) -> None:
        self._half = max(workers // 2, 1)
        self._quarter = max(workers // 4, 1)
        self._waiting: deque[tuple[Delivery, float]] = deque()
        self._aside: dict[str, deque[tuple[Delivery, float]]] = {}
        self._flying: dict[str, tuple[str, float]] = {}
        self._flying_in: Counter[str] = Counter()

    def __len__(self) -> int:
        """Return how many rows wait for a worker, those put aside not counted."""
        return len(self._waiting)

    @property
    def in_flight(self) -> int:
        """How many rows a worker has."""
        return len(self._flying)

    def add(self, deliveries: Iterable[Delivery], now: float) -> None:
        """Queue claimed rows."""
        self._waiting.extend((delivery, now) for delivery in deliveries)

    def begin(self, now: float) -> tuple[Delivery, float] | None:
        """Return the next row to attempt and when it was claimed, None if there is none."""
        while self._waiting:
            delivery, claimed_at = self._waiting.popleft()
            service = _service(delivery)
            if self._flying_in[service] >= self._half:
                self._aside.setdefault(service, deque()).append((delivery, claimed_at))
                continue
            self._flying[delivery.id] = (service, now)
            self._flying_in[service] += 1
            return delivery, claimed_at
        return None

    def done(self, delivery: Delivery) -> None:
        """Take a row off; one of its service that was put aside may go."""
        service, _ = self._flying.pop(delivery.id)
        self._flying_in[service] -= 1
        aside = self._aside.get(service)
        if aside:
            self._waiting.appendleft(aside.popleft())
        if not aside:
            self._aside.pop(service, None)

    def unwelcome(self, now: float) -> frozenset[str]:
        """Name the services (`scope/service`) that have enough rows here already."""
        full = set(self._aside)
        full.update(name for name, count in self._flying_in.items() if count >= self._half)
        if len(self._flying) >= self._quarter:
            slow = Counter(name for name, since in self._flying.values() if now - since > SLOW_S)
            full.update(name for name, count in slow.items() if count >= self._quarter)
        return frozenset(full)

    def overdue(self, before: float) -> Sequence[Delivery]:
        """Take out the rows put aside that were claimed before a time."""
        found: list[Delivery] = []
        for service, aside in list(self._aside.items()):
            while aside and aside[0][1] < before:
                found.append(aside.popleft()[0])
            if not aside:
                del self._aside[service]
        return found

    def clear(self) -> Sequence[Delivery]:
        """Take out every row that no worker has."""
        rows = [*self._waiting, *(row for aside in self._aside.values() for row in aside)]
        self._waiting.clear()
        self._aside.clear()
        return [delivery for delivery, _ in rows]


def _service(delivery: Delivery) -> str:
    return f"{delivery.destination.scope}/{delivery.destination.service}"
