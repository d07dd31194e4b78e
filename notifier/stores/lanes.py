"""Which live row may go next: the in-memory order of the stores that a single process owns.

Pure: no I/O, no clock. A lane (one rollout to one recipient) is first in, first out by insertion,
with one row in flight; its head waits for its due time and blocks its own lane only
(spec/reliability.md 5.1). Namespaces take turns, so a noisy one cannot starve the rest (5.2).

This mirrors rows, it does not keep them: a store rebuilds it from its rows when it opens and after
anything went wrong.
"""

from __future__ import annotations

import bisect
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from notifier.core import deliveries
from notifier.core.model import Delivery, State
from notifier.core.overload import Load
from notifier.stores.heads import Heads


@dataclass(slots=True, eq=False, kw_only=True)
class Live:
    """One row that has not ended. `number` is its place in the order of insertion.

    `ticket` is its current entry in the queue of heads, 0 without one; `until` is the end of its
    lease while in flight; `size` the bytes of its payload.
    """

    number: int
    id: str
    lane: str
    namespace: str
    service: str
    state: State
    due_at: float
    size: int
    attempt: int = 0
    token: str = ""
    until: float = 0.0
    ticket: int = 0

    @classmethod
    def of(cls, number: int, delivery: Delivery) -> Live:
        """Return the row of a delivery; `service` is `scope/service`, as `claim` blocks it."""
        return cls(
            number=number,
            id=delivery.id,
            lane=delivery.lane,
            namespace=delivery.rollout.namespace,
            service=f"{delivery.destination.scope}/{delivery.destination.service}",
            state=delivery.state,
            due_at=delivery.due_at,
            size=len(delivery.payload),
            attempt=delivery.attempt,
        )


@dataclass(slots=True)
class _Lane:
    waiting: list[Live] = field(default_factory=list)
    flying: Live | None = None


class Lanes:
    """Every live row, by id and in its lane; heads by namespace, service and due time."""

    def __init__(self, rows: Iterable[Live] = ()) -> None:
        self.rows: dict[str, Live] = {}
        self._lanes: dict[str, _Lane] = {}
        self._heads: dict[str, Heads[Live]] = {}  # in turn: whoever was served goes last
        self._flying: dict[str, Live] = {}
        self._flying_in: Counter[str] = Counter()
        self._flying_through: Counter[tuple[str, str]] = Counter()
        self._loads: dict[str, list[int]] = {}  # rows and bytes that wait
        self._tickets = 0
        for row in rows:
            self.add(row)

    def add(self, row: Live) -> None:
        """Let a row join its lane at its place in the order of insertion, or in flight."""
        self.rows[row.id] = row
        if row.state is State.SENDING:
            self._fly(row)
        else:
            self._wait(row)

    def take(
        self,
        *,
        now: float,
        limit: int,
        blocked: frozenset[str],
        per_namespace: int | None,
        per_service: int | None = None,
    ) -> list[Live]:
        """Put up to `limit` due heads in flight, oldest due first within each namespace.

        Namespaces take turns of one row; none gets more than `per_namespace` in flight, none of its
        services more than `per_service`, so that a deaf receiver leaves room for the others.
        `blocked` are `scope/service` names not to take.
        """

        def rests(namespace: str) -> Callable[[str], bool]:
            flying = self._flying_through
            return lambda service: (
                service in blocked
                or (per_service is not None and flying[namespace, service] >= per_service)
            )

        taken: list[Live] = []
        turn = deque(self._heads)
        while turn and len(taken) < limit:
            namespace = turn.popleft()
            if per_namespace is not None and self._flying_in[namespace] >= per_namespace:
                continue
            row = self._heads[namespace].pop(now, rests(namespace))
            if row is None:
                if self._heads[namespace].first() is None:
                    del self._heads[namespace]
                continue
            taken.append(self._launch(row))
            self._heads[namespace] = self._heads.pop(namespace)
            turn.append(namespace)
        return sorted(taken, key=lambda row: (row.due_at, row.number))

    def overdue(self, now: float) -> list[Live]:
        """Return the rows in flight whose lease has run out."""
        return [row for row in self._flying.values() if row.until <= now]

    def held(self, delivery_id: str, number: int, token: str) -> Live | None:
        """Return the row if that claim still holds it: the compare of every compare-and-set."""
        row = self._flying.get(delivery_id)
        return row if row is not None and (row.attempt, row.token) == (number, token) else None

    def land(self, row: Live, state: State, due_at: float) -> None:
        """Take a row out of flight: to its place in the lane, or out of it if it ended."""
        del self._flying[row.id]
        self._flying_in[row.namespace] -= 1
        self._flying_through[row.namespace, row.service] -= 1
        self._lanes[row.lane].flying = None
        row.state, row.due_at, row.token = state, due_at, ""
        if state in deliveries.ENDED:
            self._forget(row)
        else:
            self._wait(row)

    def endable(self, ids: Iterable[str], state: State) -> list[Live]:
        """Return those of the rows, each once, that wait and may end as that state.

        A row in flight is left to its outcome, whatever the table would allow it.
        """
        known = (self.rows.get(id_) for id_ in dict.fromkeys(ids))
        return [
            row
            for row in known
            if row and row.state in deliveries.WAITING and deliveries.follows(row.state, state)
        ]

    def end(self, row: Live) -> None:
        """Take a waiting row out of its lane."""
        self._leave(row)
        row.ticket = 0
        self._forget(row)

    def loads(self) -> dict[str, Load]:
        """Return how much waits, by namespace."""
        return {name: Load(*load) for name, load in self._loads.items()}

    def waiting(self, namespace: str) -> list[Live]:
        """Return the rows of a namespace that wait."""
        return [
            row
            for row in self.rows.values()
            if row.namespace == namespace and row.state is not State.SENDING
        ]

    def parked(self, services: Collection[str]) -> list[Live]:
        """Return the parked rows of services (`scope/service`)."""
        return [
            row
            for row in self.rows.values()
            if row.state is State.PARKED and row.service in services
        ]

    def postpone(self, row: Live, due_at: float) -> None:
        """Give a waiting row another due time, earlier or later."""
        row.due_at, row.ticket = due_at, 0
        self._queue(row.lane)

    def next_due(self) -> float | None:
        """Return when the next head that is not in flight is due."""
        firsts = [first[0] for heads in self._heads.values() if (first := heads.first())]
        return min(firsts, default=None)

    def _wait(self, row: Live) -> None:
        lane = self._lanes.setdefault(row.lane, _Lane())
        bisect.insort(lane.waiting, row, key=lambda other: other.number)
        load = self._loads.setdefault(row.namespace, [0, 0])
        load[0] += 1
        load[1] += row.size
        self._queue(row.lane)

    def _leave(self, row: Live) -> None:
        """Take a row out of those that wait in its lane."""
        self._lanes[row.lane].waiting.remove(row)
        load = self._loads[row.namespace]
        load[0] -= 1
        load[1] -= row.size
        if not load[0]:
            del self._loads[row.namespace]

    def _launch(self, row: Live) -> Live:
        self._leave(row)
        self._fly(row)
        return row

    def _fly(self, row: Live) -> None:
        row.ticket = 0
        self._lanes.setdefault(row.lane, _Lane()).flying = row
        self._flying[row.id] = row
        self._flying_in[row.namespace] += 1
        self._flying_through[row.namespace, row.service] += 1

    def _forget(self, row: Live) -> None:
        del self.rows[row.id]
        lane = self._lanes[row.lane]
        if lane.waiting or lane.flying:
            self._queue(row.lane)
        else:
            del self._lanes[row.lane]

    def _queue(self, name: str) -> None:
        """Enter the head of a lane among the heads, once."""
        lane = self._lanes[name]
        if lane.flying or not lane.waiting or lane.waiting[0].ticket:
            return
        head = lane.waiting[0]
        self._tickets += 1
        head.ticket = self._tickets
        heads = self._heads.setdefault(head.namespace, Heads(self._is_head))
        heads.enter(head.service, (head.due_at, head.number), head.ticket, head)

    def _is_head(self, row: Live, ticket: int) -> bool:
        """Say whether the entry of a ticket among the heads is still true."""
        if row.ticket != ticket:
            return False
        lane = self._lanes[row.lane]
        if not lane.flying and lane.waiting[0] is row:
            return True
        row.ticket = 0  # it will be entered again when it is the head again
        return False
