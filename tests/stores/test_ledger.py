"""Conformance: what people can ask, and what collect (T4) deletes and keeps."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from notifier.core.deliveries import HORIZON_S
from notifier.core.model import Delivery, State
from notifier.ports import DeliveryQuery, Intake, Store
from tests.stores import examples
from tests.stores.examples import NOW

LONG_AGO = NOW - 100 * 86_400


async def deliver(store: Store, *rows: Delivery, at: float = NOW) -> None:
    """Commit rows with their events and end them as delivered."""
    for row in rows:
        cause = examples.event("x", row.rollout, at=row.created_at)
        cause = replace(cause, id=row.event_id)
        await store.commit([Intake(events=[cause], deliveries=[row])])
    claimed = await examples.take(store, max(row.due_at for row in rows), limit=len(rows))
    await store.settle([examples.outcome(one) for one in claimed], now=at)


QUERIES = {
    "everything": (DeliveryQuery(), [3, 2, 1, 0]),
    "limit": (DeliveryQuery(limit=2), [3, 2]),
    "rollout": (DeliveryQuery(rollout="team-b/shop"), [2]),
    "rollout unknown": (DeliveryQuery(rollout="shop"), []),
    "service": (DeliveryQuery(service="mail"), [1]),
    "recipient": (DeliveryQuery(recipient="#other"), [3]),
    "trigger": (DeliveryQuery(trigger="on-rollout-aborted"), [3, 2, 1, 0]),
    "trigger unknown": (DeliveryQuery(trigger="on-rollout"), []),
    "state": (DeliveryQuery(states=frozenset({State.DROPPED})), [0]),
    "states": (DeliveryQuery(states=frozenset({State.DROPPED, State.PENDING})), [3, 2, 1, 0]),
    "since": (DeliveryQuery(since=NOW + 2), [3, 2]),
    "both": (DeliveryQuery(rollout="team-a/shop", since=NOW + 1), [3, 1]),
}


@pytest.mark.parametrize(("query", "expected"), QUERIES.values(), ids=QUERIES)
async def test_queries(store: Store, query: DeliveryQuery, expected: list[int]) -> None:
    """Each filter finds its rows, newest first."""
    rows = [
        examples.delivery("0", at=NOW),
        examples.delivery("1", at=NOW + 1, service="mail"),
        examples.delivery("2", examples.rollout(namespace="team-b"), at=NOW + 2),
        examples.delivery("3", at=NOW + 3, recipient="#other"),
    ]
    await examples.put(store, *rows)
    await store.end([rows[0].id], State.DROPPED, "", now=NOW)
    found = await store.deliveries(query)
    assert [row.id for row in found] == [rows[place].id for place in expected]


async def test_pages_meet_without_gap(store: Store) -> None:
    """Paging by (created_at, id) shows every row once, also among equal times."""
    rows = [examples.delivery(str(number), at=NOW + number // 4) for number in range(10)]
    await examples.put(store, *rows)
    seen: list[Delivery] = []
    while page := await store.deliveries(
        DeliveryQuery(limit=3, before=(seen[-1].created_at, seen[-1].id) if seen else None)
    ):
        seen.extend(page)
    assert seen == sorted(rows, key=lambda row: (row.created_at, row.id), reverse=True)


async def test_events_of_a_rollout(store: Store) -> None:
    """Events are found by namespace, by name and by both, newest first."""
    places = [("shop", "team-a"), ("cart", "team-a"), ("shop", "team-b"), ("shop", "team-a")]
    causes = [
        examples.event(str(number), examples.rollout(*place)) for number, place in enumerate(places)
    ]
    for cause in causes:
        await store.commit([Intake(events=[cause], verdicts=[examples.verdict(cause)])])

    async def found(**query: object) -> list[int]:
        return [causes.index(cause) for cause, _ in await store.events(**query)]  # type: ignore[arg-type]

    assert await found() == [3, 2, 1, 0]
    assert await found(namespace="team-a") == [3, 1, 0]
    assert await found(name="shop") == [3, 2, 0]
    assert await found(namespace="team-a", name="shop") == [3, 0]
    assert await found(namespace="team-a", name="shop", limit=1) == [3]


async def test_counts_name_every_state(store: Store) -> None:
    """Every state has its number, zero included."""
    assert await store.counts() == dict.fromkeys(State, 0)
    await examples.put(store, *[examples.delivery(recipient=f"#{n}") for n in range(3)])
    await examples.take(store, limit=1)
    expected = dict.fromkeys(State, 0) | {State.PENDING: 2, State.SENDING: 1}
    assert await store.counts() == expected


async def test_an_unknown_delivery_is_none(store: Store) -> None:
    """Asking for an id that does not exist is no error."""
    assert await store.delivery("dlv_unknown") is None


async def test_collect_deletes_what_ended_before(store: Store) -> None:
    """Ended deliveries go by the time of their end, with attempts and event; others stay."""
    old, new = examples.delivery("1", at=LONG_AGO), examples.delivery("2", at=LONG_AGO + 1)
    waiting = examples.delivery("3", at=LONG_AGO + 2)
    await deliver(store, old, at=NOW - 10)
    await deliver(store, new, at=NOW)
    await store.commit([Intake(deliveries=[waiting])])
    assert await store.collect(before=NOW, keep=100) == 2
    assert await store.delivery(old.id) is None
    assert {row.id for row in await examples.all_rows(store)} == {new.id, waiting.id}
    assert [cause.id for cause, _ in await store.events()] == [new.event_id]


async def test_collect_keeps_the_newest(store: Store) -> None:
    """Beyond `keep` the oldest ended deliveries and events go, whatever their age."""
    rows = [examples.delivery(str(number), at=NOW + number) for number in range(5)]
    for row in rows:
        await deliver(store, row, at=NOW + 50)
    assert await store.collect(before=LONG_AGO, keep=2) == 6
    assert [row.id for row in await examples.all_rows(store)] == [rows[4].id, rows[3].id]
    assert len(await store.events()) == 2


async def test_collect_never_touches_live_rows(store: Store) -> None:
    """Rows that wait or are in flight stay with their events, however old and many they are."""
    rows = [examples.delivery(str(number), at=LONG_AGO) for number in range(3)]
    for row in rows:
        cause = replace(examples.event("x", at=LONG_AGO), id=row.event_id)
        await store.commit([Intake(events=[cause], deliveries=[row])])
    await examples.take_one(store)
    assert await store.collect(before=NOW, keep=0) == 0
    assert len(await examples.all_rows(store)) == len(await store.events()) == 3


async def test_collect_many(store: Store) -> None:
    """More rows than one transaction deletes are all deleted."""
    rows = [
        examples.delivery(str(number), recipient=f"#{number}", at=LONG_AGO)
        for number in range(1100)
    ]
    await examples.put(store, *rows)
    await store.end([row.id for row in rows], State.EXPIRED, "", now=LONG_AGO)
    assert await store.collect(before=NOW, keep=5000) == 1100
    assert await examples.all_rows(store) == []


async def test_a_collected_id_of_a_living_object_is_still_known(store: Store) -> None:
    """As long as the object is remembered, a replay of a collected event sends nothing."""
    row = examples.delivery(at=LONG_AGO)
    await store.commit([Intake(snapshot=examples.snapshot(row.rollout.uid))])
    await deliver(store, row, at=LONG_AGO)
    for _ in range(2):
        await store.collect(before=NOW, keep=100)
    assert await store.events() == []
    cause = replace(examples.event(at=NOW), id=row.event_id)
    assert await store.commit([Intake(events=[cause], deliveries=[row])]) == frozenset()
    assert await examples.all_rows(store) == []


async def test_a_tombstone_keeps_ids_for_the_horizon(store: Store) -> None:
    """Ids outlive their object by the horizon, counted from the collection that saw it gone."""
    row = examples.delivery(at=LONG_AGO)
    await store.commit([Intake(snapshot=examples.snapshot(row.rollout.uid))])
    await deliver(store, row, at=LONG_AGO)
    await store.commit([Intake(forget=row.rollout.uid)])
    again = Intake(deliveries=[row])
    for before in (NOW, NOW + HORIZON_S - 1):
        await store.collect(before=before, keep=100)
        await store.commit([again])
        assert await examples.all_rows(store) == []
    await store.collect(before=NOW + HORIZON_S, keep=100)
    await store.commit([again])
    assert await examples.all_rows(store) == [row]


async def test_an_object_that_returns_is_no_tombstone(store: Store) -> None:
    """A snapshot after the burial ends the count-down."""
    seen = examples.snapshot()
    await store.commit([Intake(snapshot=seen)])
    await store.commit([Intake(forget=seen.uid)])
    await store.collect(before=NOW, keep=1)
    await store.commit([Intake(snapshot=seen)])
    await store.collect(before=NOW + 2 * HORIZON_S, keep=1)
    assert await store.snapshots() == [seen]


async def test_an_id_collected_by_number_is_known_until_its_time(store: Store) -> None:
    """A row that went beyond `keep` is not sent again while it is younger than `before`."""
    row = examples.delivery(at=NOW)
    await deliver(store, row, at=NOW)
    assert await store.collect(before=NOW - 1, keep=0) == 2
    await examples.put(store, row)
    assert await examples.all_rows(store) == []
    await store.collect(before=NOW + 1, keep=0)
    await examples.put(store, row)
    assert await examples.all_rows(store) == [row]


async def test_references_age_out(store: Store) -> None:
    """What was remembered goes when it was last written before the horizon."""
    await examples.put(store, examples.delivery("1"), examples.delivery("2"))
    for key, at in (("old", NOW), ("new", NOW + 10)):
        claimed = await examples.take_one(store)
        await store.settle([examples.outcome(claimed, remember={key: "x"})], now=at)
    await store.collect(before=NOW + 5, keep=100)
    assert await store.references(["old", "new"]) == {"new": "x"}
