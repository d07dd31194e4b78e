"""The heads of the lanes of one namespace: which is due first, whatever services rest. Pure.

A heap for each service, so that the many heads of one that rests are not looked at; and, where
there are several, one of the services by their first head, so that many cost little, too. Entries
are left behind when they stop being true, and dropped when they come to the top.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

R = TypeVar("R")

Place = tuple[float, int]
"""Due time, and place in the order of insertion."""


@dataclass(slots=True)
class Heads(Generic[R]):
    """Rows by service and place; `current` says whether the entry of a ticket is still a head."""

    current: Callable[[R, int], bool]
    _of: dict[str, list[tuple[Place, int, R]]] = field(default_factory=dict)
    _services: list[tuple[Place, str]] = field(default_factory=list)
    _shown: set[tuple[Place, str]] = field(default_factory=set)

    def enter(self, service: str, place: Place, ticket: int, row: R) -> None:
        """Add a head; a row that is entered again has another ticket."""
        heap = self._of.get(service)
        if heap is None:
            if len(self._of) == 1:
                self._show_first(next(iter(self._of)))
            heap = self._of[service] = []
        heapq.heappush(heap, (place, ticket, row))
        if heap[0][1] == ticket and len(self._of) > 1:
            self._show(place, service)

    def first(self) -> Place | None:
        """Return the place of the first head, None if there is none."""
        if len(self._of) == 1:
            (heap,) = self._of.values()
            return heap[0][0] if self._clean(heap) else None
        self._settle()
        return self._services[0][0] if self._services else None

    def pop(self, now: float, rests: Callable[[str], bool]) -> R | None:
        """Take the first head that is due and whose service does not rest; None if there is
        none."""
        if len(self._of) == 1:
            ((service, heap),) = self._of.items()
            due = self._clean(heap) and heap[0][0][0] <= now and not rests(service)
            return heapq.heappop(heap)[2] if due else None
        resting: list[tuple[Place, str]] = []
        taken: R | None = None
        while taken is None:
            self._settle()
            if not self._services or self._services[0][0][0] > now:
                break
            place, service = self._hide()
            if rests(service):
                resting.append((place, service))
                continue
            taken = heapq.heappop(self._of[service])[2]
            self._show_first(service)
        for entry in resting:
            self._show(*entry)
        return taken

    def _settle(self) -> None:
        """Drop entries that are no longer true from the top of the services."""
        while self._services:
            place, service = self._services[0]
            heap = self._of.get(service)
            if heap is not None and self._clean(heap) and heap[0][0] == place:
                return
            self._hide()
            if heap is not None:
                self._show_first(service)

    def _show_first(self, service: str) -> None:
        """Enter a service by its first head; forget one that has none."""
        heap = self._of[service]
        if self._clean(heap):
            self._show(heap[0][0], service)
        else:
            del self._of[service]

    def _show(self, place: Place, service: str) -> None:
        if (place, service) not in self._shown:
            self._shown.add((place, service))
            heapq.heappush(self._services, (place, service))

    def _hide(self) -> tuple[Place, str]:
        entry = heapq.heappop(self._services)
        self._shown.discard(entry)
        return entry

    def _clean(self, heap: list[tuple[Place, int, R]]) -> bool:
        """Drop rows that are no heads any more from the top; say whether any is left."""
        while heap:
            _, ticket, row = heap[0]
            if self.current(row, ticket):
                return True
            heapq.heappop(heap)
        return False
