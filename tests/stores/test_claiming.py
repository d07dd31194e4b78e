"""Conformance: what claim (T2) takes, in which order, and what a lease is worth."""

from __future__ import annotations

import itertools

from notifier.core.model import Delivery, State
from notifier.ports import Store
from tests.stores import examples
from tests.stores.examples import LEASE_S, NOW


def lane_of(count: int, **where: str) -> list[Delivery]:
    """Return deliveries of one lane in order."""
    return [examples.delivery(str(number), **where) for number in range(count)]


def names(rows: object) -> list[str]:
    """Return the ids of deliveries."""
    return [row.id for row in rows]  # type: ignore[attr-defined]


async def test_a_claim_is_marked(store: Store) -> None:
    """The claimed row is `sending`, has its attempt counted and a token, and keeps its bytes."""
    row = examples.delivery()
    await examples.put(store, row)
    claimed = await examples.take_one(store)
    assert (claimed.state, claimed.attempt) == (State.SENDING, 1)
    assert claimed.token
    assert claimed.payload == row.payload
    assert await examples.row(store, row.id) == claimed


async def test_nothing_is_claimed_twice(store: Store) -> None:
    """A row in flight is not taken again within its lease."""
    await examples.put(store, examples.delivery())
    await examples.take_one(store)
    assert await examples.take(store, NOW + LEASE_S - 1) == []


async def test_what_is_not_due_waits(store: Store) -> None:
    """A row is taken at its due time, not before."""
    await examples.put(store, examples.delivery(at=NOW + 5))
    assert await examples.take(store, NOW + 4.9) == []
    assert len(await examples.take(store, NOW + 5)) == 1


async def test_one_in_flight_per_lane(store: Store) -> None:
    """The second row of a lane is taken once the first has ended, in order of insertion."""
    rows = lane_of(3)
    await examples.put(store, *rows)
    for row in rows:
        claimed = await examples.take_one(store)
        assert claimed.id == row.id
        await store.settle([examples.outcome(claimed)], now=NOW)
    assert await examples.take(store) == []


async def test_order_is_of_insertion_not_of_time(store: Store) -> None:
    """A row that is due earlier does not overtake the head of its lane."""
    late, early = examples.delivery("1", at=NOW), examples.delivery("2", at=NOW - 50)
    await examples.put(store, late, early)
    assert (await examples.take_one(store)).id == late.id


async def test_a_waiting_head_blocks_its_own_lane_only(store: Store) -> None:
    """While a head waits for its retry, its lane stands still and the others go on."""
    head, behind = lane_of(2)
    other = examples.delivery(recipient="#other")
    await examples.put(store, head, behind)
    claimed = await examples.take_one(store)
    await store.settle([examples.outcome(claimed, State.RETRY, due_at=NOW + 30)], now=NOW)
    await examples.put(store, other)
    assert names(await examples.take(store, NOW + 29)) == [other.id]
    assert names(await examples.take(store, NOW + 30)) == [head.id]


async def test_an_end_releases_the_lane_at_once(store: Store) -> None:
    """A permanent failure of the head lets the next row go."""
    head, behind = lane_of(2)
    await examples.put(store, head, behind)
    claimed = await examples.take_one(store)
    await store.settle([examples.outcome(claimed, State.DEAD, reason="gone")], now=NOW)
    assert (await examples.take_one(store)).id == behind.id


async def test_the_oldest_due_goes_first(store: Store) -> None:
    """Heads of different lanes are taken by due time, and returned so."""
    rows = [
        examples.delivery(recipient=f"#{number}", at=NOW - wait)
        for number, wait in enumerate([1, 3, 2])
    ]
    await examples.put(store, *rows)
    ordered = [rows[1].id, rows[2].id, rows[0].id]
    assert names(await examples.take(store, limit=2)) == ordered[:2]
    assert names(await examples.take(store)) == ordered[2:]


async def test_blocked_services_are_left(store: Store) -> None:
    """A blocked service of a scope is skipped, however old its rows are."""
    slack = examples.delivery(service="slack", at=NOW - 9)
    mail = examples.delivery(service="mail")
    await examples.put(store, slack, mail)
    claimed = await store.claim(
        now=NOW, limit=9, lease_s=LEASE_S, blocked=frozenset({"central/slack", "team-a/mail"})
    )
    assert names(claimed) == [mail.id]
    assert names(await examples.take(store)) == [slack.id]


async def test_namespaces_take_turns(store: Store) -> None:
    """A namespace with many old rows gets its share of one claim and no more."""
    noisy = [examples.delivery(recipient=f"#{n}", at=NOW - 100) for n in range(20)]
    quiet = examples.delivery(ref=examples.rollout(namespace="team-b"))
    await examples.put(store, *noisy, quiet)
    assert quiet.id in names(await examples.take(store, limit=2))


async def test_turns_hold_across_claims(store: Store) -> None:
    """Claims of a single row go round the namespaces too."""
    rows = [
        examples.delivery(recipient=f"#{n}", ref=examples.rollout(namespace=space), at=NOW - age)
        for space, age in [("team-a", 100), ("team-b", 50), ("team-c", 0)]
        for n in range(4)
    ]
    await examples.put(store, *rows)
    served = [(await examples.take(store, limit=1))[0].rollout.namespace for _ in range(6)]
    assert sorted(served[:3]) == sorted(served[3:]) == ["team-a", "team-b", "team-c"]


async def test_a_namespace_has_its_cap_in_flight(store: Store) -> None:
    """`per_namespace` counts what is in flight from former claims, and is freed by outcomes."""
    here = [examples.delivery(recipient=f"#{n}") for n in range(4)]
    there = examples.delivery(ref=examples.rollout(namespace="team-b"))
    await examples.put(store, *here, there)

    async def claim() -> list[Delivery]:
        return list(await store.claim(now=NOW, limit=9, lease_s=LEASE_S, per_namespace=2))

    first = await claim()
    assert sorted(names(first)) == sorted([*names(here[:2]), there.id])
    assert await claim() == []
    held = next(row for row in first if row.rollout.namespace == "team-a")
    await store.settle([examples.outcome(held)], now=NOW)
    assert names(await claim()) == [here[2].id]


async def test_a_service_has_its_cap_in_a_namespace(store: Store) -> None:
    """`per_service` leaves room for other services, and counts in each namespace alone."""
    deaf = [examples.delivery(recipient=f"#{n}") for n in range(4)]
    other = examples.delivery(recipient="a@b", service="mail")
    there = examples.delivery(ref=examples.rollout(namespace="team-b"))
    await examples.put(store, *deaf, other, there)

    async def claim() -> list[Delivery]:
        limits = {"per_namespace": 4, "per_service": 2}
        return list(await store.claim(now=NOW, limit=9, lease_s=LEASE_S, **limits))

    first = await claim()
    assert sorted(names(first)) == sorted([*names(deaf[:2]), other.id, there.id])
    assert await claim() == []
    await store.settle(
        [examples.outcome(next(row for row in first if row.id == deaf[0].id))], now=NOW
    )
    assert names(await claim()) == [deaf[2].id]


async def test_a_lost_lease_is_ambiguous(store: Store) -> None:
    """A claim whose lease ran out may be taken at once, as another attempt with another token."""
    await examples.put(store, examples.delivery())
    first = await examples.take_one(store)
    second = await examples.take_one(store, NOW + LEASE_S)
    assert (second.state, second.attempt) == (State.SENDING, 2)
    assert second.token != first.token
    assert second.reason == "lease_lost"


async def test_a_lost_lease_shows_even_if_not_taken(store: Store) -> None:
    """A claim of nothing still marks leases that ran out."""
    row = examples.delivery()
    await examples.put(store, row)
    await examples.take_one(store)
    assert await store.claim(now=NOW + LEASE_S, limit=0, lease_s=LEASE_S) == []
    found = await examples.row(store, row.id)
    assert (found.state, found.reason, found.token) == (State.AMBIGUOUS, "lease_lost", "")


async def test_a_restart_makes_claims_ambiguous(store: Store) -> None:
    """What a former process was sending may have arrived: ambiguous, due now, same order."""
    head, behind = lane_of(2)
    await examples.put(store, head, behind)
    first = await examples.take_one(store)
    await store.close()
    await store.open()
    found = await examples.row(store, head.id)
    assert (found.state, found.attempt, found.token) == (State.AMBIGUOUS, 1, "")
    again = await examples.take_one(store)
    assert (again.id, again.attempt) == (head.id, 2)
    assert again.token != first.token


async def test_order_survives_a_restart(store: Store) -> None:
    """Lanes are rebuilt in order of insertion, whatever state their rows were in."""
    rows = lane_of(4)
    await examples.put(store, *rows)
    claimed = await examples.take_one(store)
    await store.settle([examples.outcome(claimed, State.RETRY, due_at=NOW + 5)], now=NOW)
    await store.close()
    await store.open()
    assert await examples.take(store) == []
    for row in rows:
        claimed = await examples.take_one(store, NOW + 5)
        assert claimed.id == row.id
        await store.settle([examples.outcome(claimed)], now=NOW + 5)


async def test_next_due_is_of_waiting_heads(store: Store) -> None:
    """Rows in flight and rows behind a head do not count; nothing waiting is None."""
    assert await store.next_due() is None
    head, behind = examples.delivery("1", at=NOW + 7), examples.delivery("2", at=NOW)
    other = examples.delivery(recipient="#other", at=NOW + 9)
    await examples.put(store, head, behind, other)
    assert await store.next_due() == NOW + 7
    (claimed,) = await examples.take(store, NOW + 8)
    assert await store.next_due() == NOW + 9
    await store.settle([examples.outcome(claimed)], now=NOW)
    assert await store.next_due() == NOW


async def test_rearm_makes_parked_rows_due(store: Store) -> None:
    """Only the parked rows of that service become due; the others keep their time."""
    rows = [
        examples.delivery("1", recipient=f"#{service}-{state}", service=service)
        for service, state in itertools.product(("slack", "mail"), (State.PARKED, State.RETRY))
    ]
    await examples.put(store, *rows)
    settled = [
        examples.outcome(
            claimed, State(claimed.destination.recipient.split("-")[1]), due_at=NOW + 3600
        )
        for claimed in await examples.take(store)
    ]
    await store.settle(settled, now=NOW)
    assert await store.rearm(scope="central", services=["slack"], now=NOW + 1) == 1
    assert await store.rearm(scope="team-a", services=["mail", "slack"], now=NOW + 1) == 0
    assert await store.next_due() == NOW + 1
    claimed = await examples.take_one(store, NOW + 1)
    assert claimed.id == rows[0].id
    assert (claimed.state, claimed.attempt) == (State.SENDING, 2)


async def test_rearm_never_delays(store: Store) -> None:
    """A parked row that is already due keeps its earlier time."""
    await examples.put(store, examples.delivery())
    claimed = await examples.take_one(store)
    await store.settle([examples.outcome(claimed, State.PARKED, due_at=NOW + 5)], now=NOW)
    assert await store.rearm(scope="central", services=["slack"], now=NOW + 50) == 1
    assert await store.next_due() == NOW + 5
