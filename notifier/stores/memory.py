"""The store of tests and throw-away runs: everything in dictionaries, gone with the process.

It promises what the others promise (one conformance suite runs over all), except that `close` and
`open` keep the rows of this object: that is what a restart of the process looks like to its caller.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec.structs import replace
from typing_extensions import override

from notifier.core.deliveries import (
    ENDED,
    HORIZON_S,
    check_end,
    check_settlement,
    check_start,
)
from notifier.core.errors import StaleLeader
from notifier.core.model import Attempt, Delivery, Event, State, StoredSnapshot, Verdict
from notifier.core.overload import Load, Sheddable, sheddable, weight
from notifier.ports import DeliveryQuery, Intake, Settlement, Store
from notifier.stores.lanes import Lanes, Live


class MemoryStore(Store):
    """Outbox and ledger in memory."""

    def __init__(self) -> None:
        self._lanes = Lanes()
        self._snapshots: dict[str, StoredSnapshot] = {}
        self._tombstones: dict[str, float | None] = {}
        self._events: dict[str, tuple[Event, Sequence[Verdict]]] = {}
        self._deliveries: dict[str, Delivery] = {}
        self._numbers: dict[str, int] = {}
        self._attempts: dict[str, list[Attempt]] = {}
        self._kept_ids: dict[str, tuple[str, float]] = {}
        self._remembered: dict[str, tuple[str, float]] = {}
        self._epoch = 0
        self._counter = itertools.count(1)
        self._tokens = (f"memory-{number}" for number in itertools.count(1))

    @override
    async def open(self) -> str:
        self._lose([row for row in self._lanes.rows.values() if row.state is State.SENDING])
        return f"memory (nothing survives the process), {len(self._lanes.rows)} deliveries waiting"

    @override
    async def close(self) -> None:
        """Keep everything, for `open`."""

    @override
    async def snapshots(self, *, uid: str = "") -> Sequence[StoredSnapshot]:
        alive = [s for s in self._snapshots.values() if s.uid not in self._tombstones]
        return [s for s in alive if uid in ("", s.uid)]

    @override
    async def commit(
        self, intakes: Sequence[Intake], *, epoch: int | None = None
    ) -> frozenset[str]:
        for intake in intakes:
            for delivery in intake.deliveries:
                check_start(delivery.state)
        if epoch is not None:
            if epoch < self._epoch:
                raise StaleLeader(epoch, self._epoch)
            self._epoch = epoch
        new: set[str] = set()
        for intake in intakes:
            new |= self._take_in(intake)
        return frozenset(new)

    @override
    async def epoch(self) -> int:
        return self._epoch

    def _take_in(self, intake: Intake) -> set[str]:
        if intake.snapshot is not None:
            self._snapshots[intake.snapshot.uid] = intake.snapshot
            self._tombstones.pop(intake.snapshot.uid, None)
        if intake.forget in self._snapshots:
            self._tombstones.setdefault(intake.forget, None)
        new = {
            event.id: event
            for event in intake.events
            if event.id not in self._events and event.id not in self._kept_ids
        }
        for event in new.values():
            said = [verdict for verdict in intake.verdicts if verdict.event_id == event.id]
            self._events[event.id] = event, said
        for verdict in intake.amendments:
            self._amend(verdict)
        for delivery in intake.deliveries:
            if delivery.id not in self._deliveries and delivery.id not in self._kept_ids:
                self._begin(delivery)
        return set(new)

    def _amend(self, verdict: Verdict) -> None:
        event, said = self._events.get(verdict.event_id, (None, ()))
        if event is not None and verdict not in said:
            self._events[event.id] = event, [*said, verdict]

    def _begin(self, delivery: Delivery) -> None:
        number = self._numbers[delivery.id] = next(self._counter)
        if delivery.state not in ENDED:
            self._lanes.add(Live.of(number, delivery))
        elif delivery.ended_at is None:
            delivery = replace(delivery, ended_at=delivery.created_at)
        self._deliveries[delivery.id] = delivery

    @override
    async def claim(
        self,
        *,
        now: float,
        limit: int,
        lease_s: float,
        blocked: frozenset[str] = frozenset(),
        per_namespace: int | None = None,
        per_service: int | None = None,
    ) -> Sequence[Delivery]:
        self._lose(self._lanes.overdue(now))
        taken = self._lanes.take(
            now=now,
            limit=limit,
            blocked=blocked,
            per_namespace=per_namespace,
            per_service=per_service,
        )
        token = next(self._tokens)
        for row in taken:
            row.state, row.token, row.until = State.SENDING, token, now + lease_s
            row.attempt += 1
            self._change(row.id, state=row.state, token=token, attempt=row.attempt)
        return [self._deliveries[row.id] for row in taken]

    def _lose(self, rows: Iterable[Live]) -> None:
        for row in rows:
            self._lanes.land(row, State.AMBIGUOUS, row.due_at)
            self._change(row.id, state=State.AMBIGUOUS, token="", reason="lease_lost")

    def _change(self, delivery_id: str, **fields: object) -> None:
        self._deliveries[delivery_id] = replace(self._deliveries[delivery_id], **fields)

    @override
    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[str]:
        for settlement in settlements:
            check_settlement(settlement.state, attempted=settlement.attempt is not None)
        held = [settlement for settlement in settlements if self._settle(settlement, now)]
        return [settlement.delivery_id for settlement in held]

    def _settle(self, settlement: Settlement, now: float) -> bool:
        id_ = settlement.delivery_id
        if settlement.attempt is not None and id_ in self._deliveries:
            self._attempts.setdefault(id_, []).append(settlement.attempt)
        row = self._lanes.held(id_, settlement.number, settlement.token)
        if row is None:
            return False
        row.attempt -= settlement.attempt is None
        if settlement.payload is not None:
            row.size = len(settlement.payload)
        self._lanes.land(row, settlement.state, settlement.due_at)
        self._remembered |= {key: (value, now) for key, value in settlement.remember.items()}
        self._change(
            id_,
            state=settlement.state,
            attempt=row.attempt,
            token="",
            due_at=settlement.due_at,
            ended_at=now if settlement.state in ENDED else None,
            reason=settlement.reason,
            reference=settlement.reference,
        )
        if settlement.payload is not None:
            self._change(id_, payload=settlement.payload, shortened=True)
        return True

    @override
    async def end(
        self, ids: Iterable[str], state: State, reason: str, *, now: float
    ) -> Sequence[str]:
        check_end(state)
        ended = self._lanes.endable(ids, state)
        for row in ended:
            self._lanes.end(row)
            self._change(row.id, state=state, reason=reason, ended_at=now)
        return [row.id for row in ended]

    @override
    async def redeliver(
        self, ids: Iterable[str], *, now: float, expires_at: float
    ) -> Sequence[str]:
        known = [id_ for id_ in dict.fromkeys(ids) if id_ in self._deliveries]
        ended = [id_ for id_ in known if id_ not in self._lanes.rows]
        for id_ in ended:
            self._change(
                id_,
                state=State.PENDING,
                due_at=now,
                expires_at=expires_at,
                ended_at=None,
                reason="",
            )
            self._lanes.add(Live.of(self._numbers[id_], self._deliveries[id_]))
        return ended

    @override
    async def rearm(self, *, scope: str, services: Collection[str], now: float) -> int:
        parked = self._lanes.parked({f"{scope}/{service}" for service in services})
        for row in parked:
            self._lanes.postpone(row, min(row.due_at, now))
            self._change(row.id, due_at=row.due_at)
        return len(parked)

    @override
    async def next_due(self) -> float | None:
        return self._lanes.next_due()

    @override
    async def loads(self) -> Mapping[str, Load]:
        return self._lanes.loads()

    @override
    async def sheddable(self, namespace: str, *, now: float, limit: int) -> Sequence[Sheddable]:
        rows = {row.id: row for row in self._lanes.waiting(namespace)}
        found = [replace(self._deliveries[id_], payload=b"") for id_ in rows]
        found = [each for each in found if sheddable(each, now=now)]
        found.sort(key=lambda each: (weight(each, now=now), rows[each.id].number))
        return [Sheddable(each, rows[each.id].size) for each in found[:limit]]

    @override
    async def references(self, keys: Iterable[str]) -> Mapping[str, str]:
        return {key: self._remembered[key][0] for key in keys if key in self._remembered}

    @override
    async def deliveries(self, query: DeliveryQuery) -> Sequence[Delivery]:
        found = [d for d in self._deliveries.values() if _matches(query, d)]
        return sorted(found, key=_age, reverse=True)[: query.limit]

    @override
    async def delivery(self, delivery_id: str) -> tuple[Delivery, Sequence[Attempt]] | None:
        found = self._deliveries.get(delivery_id)
        return None if found is None else (found, list(self._attempts.get(delivery_id, ())))

    @override
    async def events(
        self, *, namespace: str = "", name: str = "", limit: int = 100
    ) -> Sequence[tuple[Event, Sequence[Verdict]]]:
        found = [
            (event, verdicts)
            for event, verdicts in reversed(self._events.values())
            if namespace in ("", event.transition.rollout.namespace)
            and name in ("", event.transition.rollout.name)
        ]
        return found[:limit]

    @override
    async def counts(self) -> Mapping[State, int]:
        found = Counter(delivery.state for delivery in self._deliveries.values())
        return {state: found[state] for state in State}

    @override
    async def collect(self, *, before: float, keep: int) -> int:
        deleted = self._collect_deliveries(before, keep) + self._collect_events(before, keep)
        for uid, until in list(self._tombstones.items()):
            if until is None:
                self._tombstones[uid] = before + HORIZON_S
            elif until <= before:
                del self._tombstones[uid], self._snapshots[uid]
        self._kept_ids = {
            id_: (uid, at)
            for id_, (uid, at) in self._kept_ids.items()
            if at >= before or uid in self._snapshots
        }
        self._remembered = {
            key: (value, at) for key, (value, at) in self._remembered.items() if at >= before
        }
        return deleted

    def _collect_deliveries(self, before: float, keep: int) -> int:
        ended = [
            (delivery, delivery.ended_at)
            for delivery in sorted(self._deliveries.values(), key=_age)
            if delivery.ended_at is not None
        ]
        excess = len(ended) - keep
        old = [row for place, row in enumerate(ended) if place < excess or row[1] < before]
        for delivery, ended_at in old:
            self._kept_ids[delivery.id] = delivery.rollout.uid, ended_at
            del self._deliveries[delivery.id], self._numbers[delivery.id]
            self._attempts.pop(delivery.id, None)
        return len(old)

    def _collect_events(self, before: float, keep: int) -> int:
        excess = len(self._events) - keep
        used = {delivery.event_id for delivery in self._deliveries.values()}
        old = [
            event
            for place, (event, _) in enumerate(self._events.values())
            if (place < excess or event.observed_at < before) and event.id not in used
        ]
        for event in old:
            self._kept_ids[event.id] = event.transition.rollout.uid, event.observed_at
            del self._events[event.id]
        return len(old)


def _age(delivery: Delivery) -> tuple[float, str]:
    return delivery.created_at, delivery.id


def _matches(query: DeliveryQuery, delivery: Delivery) -> bool:
    return (
        query.rollout in ("", delivery.rollout.path)
        and query.service in ("", delivery.destination.service)
        and query.recipient in ("", delivery.destination.recipient)
        and query.trigger in ("", delivery.trigger)
        and (not query.states or delivery.state in query.states)
        and delivery.created_at >= query.since
        and (query.before is None or _age(delivery) < query.before)
    )
