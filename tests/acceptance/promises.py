"""What has to be true afterwards: the oracle, and the invariants of spec/reliability.md 6.

The oracle is made of what was written (`controlling`), of what each list showed, and of the state
that each run of the daemon had committed when it ended: nothing of it is the daemon's own word on
what happened.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from notifier.core.lanes import DIGEST
from notifier.core.model import Delivery, Event, State
from notifier.ports import DeliveryQuery, Store
from tests.acceptance.controlling import (
    ABORTED,
    COMPLETED,
    FAILED,
    ORDER,
    PAUSED,
    RUNNING,
    STEP,
    UPDATED,
    Canary,
    Stage,
    Written,
)
from tests.acceptance.harness import Receiver

EVERYTHING = 10_000_000

MAY_BE_SUPERSEDED = {STEP, PAUSED}
"""Messages that a newer state makes pointless while they wait (spec/services.md 6.4)."""


@dataclass(frozen=True, slots=True)
class Run:
    """One life of the daemon: when it listed the Rollouts (monotonic; None if it never did), and
    the version of each that it had committed when it ended."""

    listed_at: float | None
    committed: Mapping[str, int]


@dataclass(slots=True)
class Expected:
    """Transitions by (version, trigger): those that must be told, and those that may be."""

    required: set[tuple[int, str]] = field(default_factory=set)
    allowed: set[tuple[int, str]] = field(default_factory=set)


async def committed(store: Store) -> dict[str, int]:
    """Return the version of each Rollout that a store remembers."""
    return {
        row.uid: int(msgspec.json.decode(row.data)["resource_version"])
        for row in await store.snapshots()
        if row.kind == "Rollout"
    }


# --- the oracle -------------------------------------------------------------------------------


def expected(canary: Canary, runs: Iterable[Run]) -> Expected:
    """Return what the runs together had to tell of one Rollout."""
    found = Expected()
    seen: Written | None = None
    announced = False
    for run in runs:
        last = run.committed.get(canary.uid)
        if run.listed_at is None or last is None:
            continue
        listed = [each for each in canary.history if each.at <= run.listed_at][-1]
        if seen is None:
            seen = listed  # the first sight is a baseline
        if last >= listed.version > seen.version:
            hidden = [each for each in canary.history if seen.version < each.version]
            hidden = [each for each in hidden if each.version <= listed.version]
            told = _recovered(seen.stage, listed.stage, announced=announced)
            found.required |= {(listed.version, trigger) for trigger in told}
            acts = {trigger for each in hidden for trigger in each.told}
            acts -= {ABORTED} if announced and listed.stage.abort else set()
            found.allowed |= {(listed.version, trigger) for trigger in acts}
            announced = _announced(listed.stage, told, announced=announced)
            seen = listed
        for each in canary.history:
            if seen.version < each.version <= last:
                told = each.told - ({ABORTED} if announced else set())
                found.required |= {(each.version, trigger) for trigger in told}
                announced = _announced(each.stage, told, announced=announced)
        seen = next(each for each in canary.history if each.version == last)
    found.allowed |= found.required
    return found


def _recovered(before: Stage, after: Stage, *, announced: bool) -> frozenset[str]:
    """Return what is left to tell after a gap (spec/transitions.md 2)."""
    same = (before.pod_hash, before.stable) == (after.pod_hash, after.stable)
    moving = after.pod_hash != after.stable
    new_run = after.run != before.run and not (before.abort and after.abort)
    told = {
        UPDATED: before.revision != after.revision,
        COMPLETED: before.stable != after.stable,
        ABORTED: after.aborted not in {"", before.aborted} and not announced,
        PAUSED: after.pause not in {"", before.pause},
        STEP: same and moving and after.index > before.index,
        RUNNING: new_run and after.run.endswith(":Running"),
        FAILED: new_run and after.run.endswith(":Failed"),
    }
    return frozenset(trigger for trigger, holds in told.items() if holds)


def _announced(stage: Stage, told: Iterable[str], *, announced: bool) -> bool:
    """An abort is announced once per unbroken stretch of `abort: true` (section 9)."""
    return stage.abort and (announced or ABORTED in told)


# --- the invariants ---------------------------------------------------------------------------


@dataclass(slots=True)
class Figures:
    """What a run of a test adds up to."""

    events: int = 0
    recovered: int = 0
    deliveries: int = 0
    superseded: int = 0
    digests: int = 0
    arrived: int = 0
    duplicates: int = 0


async def check(
    store: Store,
    canaries: Sequence[Canary],
    runs: Sequence[Run],
    receivers: Mapping[str, Receiver],
    subscribed: Mapping[str, Sequence[str]],
) -> Figures:
    """Check I1 to I4 on a store that was closed cleanly and on the ledgers.

    `receivers` are by service, `subscribed` gives the triggers each service hears of.
    """
    events = [event for event, _ in await store.events(limit=EVERYTHING)]
    events = [event for event in events if event.transition.trigger in ORDER]
    rows = list(await store.deliveries(DeliveryQuery(limit=EVERYTHING)))
    _transitions(events, canaries, runs)
    figures = Figures(
        events=len(events),
        recovered=sum(event.transition.recovered for event in events),
        deliveries=len(rows),
        superseded=sum(row.state is State.SUPERSEDED for row in rows),
        digests=sum(row.template == DIGEST for row in rows),
    )
    _ends(rows, events, subscribed)
    by_id = {event.id: event for event in events}
    for service, receiver in receivers.items():
        own = {_id_on_the_wire(row): row for row in rows if row.destination.service == service}
        arrived, duplicates = _ledger(receiver, own, by_id, kills=len(runs) - 1)
        figures.arrived += arrived
        figures.duplicates += duplicates
    return figures


def _id_on_the_wire(row: Delivery) -> str:
    """Return the id by which a receiver knows a delivered row; mails to several addresses share
    one."""
    mail = row.destination.service_type == "email"
    return row.reference.strip("<>").partition("@")[0] if mail else row.id


def _transitions(events: Sequence[Event], canaries: Sequence[Canary], runs: Sequence[Run]) -> None:
    """I2, first half: what was committed is what the oracle expects, neither less nor more."""
    told: defaultdict[str, set[tuple[int, str]]] = defaultdict(set)
    for event in events:
        transition = event.transition
        key = int(transition.resource_version), transition.trigger
        assert key not in told[transition.rollout.uid], f"told twice: {transition.key}"
        told[transition.rollout.uid].add(key)
    for canary in canaries:
        oracle = expected(canary, runs)
        assert oracle.required - told[canary.uid] == set(), f"lost, of {canary.uid}"
        assert told[canary.uid] - oracle.allowed == set(), f"invented, of {canary.uid}"


def _ends(
    rows: Sequence[Delivery], events: Sequence[Event], subscribed: Mapping[str, Sequence[str]]
) -> None:
    """I1: each subscription of each event has one row, and it has ended well."""
    digests = {f"digest {row.id}" for row in rows if row.template == DIGEST}
    planned = Counter(
        (row.event_id, row.destination.service) for row in rows if row.template != DIGEST
    )
    wanted = Counter(
        (event.id, service)
        for event in events
        for service, triggers in subscribed.items()
        if event.transition.trigger in triggers
    )
    assert planned == wanted
    bad = [
        row
        for row in rows
        if row.state is not State.DELIVERED
        and not (
            row.state is State.SUPERSEDED
            and (row.trigger in MAY_BE_SUPERSEDED or row.reason in digests)
        )
    ]
    assert bad == []


def _ledger(
    receiver: Receiver, rows: Mapping[str, Delivery], events: Mapping[str, Event], *, kills: int
) -> tuple[int, int]:
    """I2, second half, I3 and I4 for one receiver; return arrivals and duplicates."""
    entries = receiver.entries()
    bodies: defaultdict[str, set[bytes]] = defaultdict(set)
    for entry in entries:
        bodies[entry["id"]].add(entry["body"])
    counts = Counter(entry["id"] for entry in entries)
    delivered = {id_ for id_, row in rows.items() if row.state is State.DELIVERED}
    assert delivered - set(counts) == set(), "delivered, but the receiver knows nothing of it"
    assert set(counts) - set(rows) == set(), "the receiver has what was never committed"
    for id_, count in counts.items():
        attempts = rows[id_].attempt
        assert count <= attempts <= 1 + kills, "more copies than attempts that a kill explains"
        assert len(bodies[id_]) == 1, f"{id_} arrived with different bytes"
    _in_order(dict.fromkeys(entry["id"] for entry in entries), rows, events)
    return len(entries), len(entries) - len(counts)


def _in_order(
    arrived: Iterable[str], rows: Mapping[str, Delivery], events: Mapping[str, Event]
) -> None:
    """I4: in each lane the first copies arrived in the order of the transitions."""
    lanes: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for id_ in arrived:
        row = rows[id_]
        if row.template == DIGEST:
            continue  # it stands for several, and waits behind all that were there before it
        transition = events[row.event_id].transition
        place = int(transition.resource_version), ORDER.index(transition.trigger)
        lanes[row.lane].append(place)
    for lane, places in lanes.items():
        assert places == sorted(places), f"out of order in lane {lane}"
