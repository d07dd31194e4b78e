"""Conformance: what settle (T3), end and redeliver do, and what they refuse."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from notifier.core.deliveries import ENDED, NEXT, PUT_ASIDE, WAITING, follows
from notifier.core.errors import StoreError
from notifier.core.model import Delivery, State
from notifier.ports import Settlement, Store
from tests.stores import examples
from tests.stores.examples import LEASE_S, NOW


async def test_an_outcome_is_written(store: Store) -> None:
    """State, end, reason, reference and the attempt are kept; the claim is over."""
    await examples.put(store, examples.delivery())
    claimed = await examples.take_one(store)
    settled = examples.outcome(claimed, State.DEAD, due_at=5.0, reason="gone", reference="1.2")
    assert await store.settle([settled], now=NOW + 3) == [claimed.id]
    assert await store.delivery(claimed.id) == (
        replace(
            claimed,
            state=State.DEAD,
            token="",
            due_at=5.0,
            reason="gone",
            reference="1.2",
            ended_at=NOW + 3,
        ),
        [settled.attempt],
    )


async def test_attempts_add_up(store: Store) -> None:
    """Every attempt of a delivery is in its log, in order, under its number."""
    await examples.put(store, examples.delivery())
    for state in (State.RETRY, State.AMBIGUOUS, State.PARKED, State.DELIVERED):
        claimed = await examples.take_one(store)
        await store.settle([examples.outcome(claimed, state, due_at=NOW)], now=NOW)
    found = await store.delivery(claimed.id)
    assert found is not None
    assert [(one.number, one.result) for one in found[1]] == [
        (1, "retry"),
        (2, "ambiguous"),
        (3, "parked"),
        (4, "delivered"),
    ]


@pytest.mark.parametrize(
    "state", sorted(NEXT[State.SENDING] - {State.DELIVERED, State.DEAD} - {State.SHADOW})
)
async def test_a_claim_handed_back_was_no_attempt(store: Store, state: State) -> None:
    """Without an attempt the number is as it was before the claim and nothing is logged."""
    await examples.put(store, examples.delivery())
    first = await examples.take_one(store)
    await store.settle([examples.outcome(first, State.RETRY, due_at=NOW)], now=NOW)
    second = await examples.take_one(store)
    assert second.attempt == 2
    assert await store.settle([examples.unused(second, state)], now=NOW) == [second.id]
    found = await store.delivery(second.id)
    assert found is not None
    assert (found[0].attempt, found[0].state, found[0].token) == (1, state, "")
    assert len(found[1]) == 1
    if state in WAITING:
        again = await examples.take_one(store)
        assert again.attempt == 2
        assert await store.settle([examples.outcome(again)], now=NOW) == [again.id]


async def test_a_lost_claim_changes_nothing(store: Store) -> None:
    """A result after the lease was lost is an extra attempt; the newer claim keeps the row."""
    await examples.put(store, examples.delivery())
    first = await examples.take_one(store)
    second = await examples.take_one(store, NOW + LEASE_S)
    late = examples.outcome(first, payload=b"short", remember={"thread": "late"})
    assert await store.settle([late], now=NOW + LEASE_S) == []
    assert await store.delivery(first.id) == (second, [late.attempt])
    assert await store.references(["thread"]) == {}


async def test_a_late_result_never_overwrites_an_end(store: Store) -> None:
    """The end that the newer claim wrote stays; the late attempt is logged after it."""
    await examples.put(store, examples.delivery())
    first = await examples.take_one(store)
    second = await examples.take_one(store, NOW + LEASE_S)
    end, late = examples.outcome(second), examples.outcome(first, State.RETRY)
    assert await store.settle([end], now=NOW + 90) == [second.id]
    assert await store.settle([late], now=NOW + 91) == []
    found = await store.delivery(first.id)
    assert found is not None
    assert (found[0].state, found[0].ended_at) == (State.DELIVERED, NOW + 90)
    assert found[1] == [end.attempt, late.attempt]


@pytest.mark.parametrize("change", [{"token": "other"}, {"number": 2}], ids=["token", "number"])
async def test_a_claim_is_its_token_and_number(store: Store, change: dict[str, object]) -> None:
    """A settlement with another token or attempt number does not hold the claim."""
    await examples.put(store, examples.delivery())
    claimed = await examples.take_one(store)
    wrong = replace(examples.outcome(claimed), **change)
    assert await store.settle([wrong], now=NOW) == []
    assert (await examples.row(store, claimed.id)).state is State.SENDING


async def test_a_claim_is_settled_once(store: Store) -> None:
    """Of two outcomes of one claim the first counts, in one call or in two."""
    await examples.put(store, examples.delivery())
    claimed = await examples.take_one(store)
    first, second = examples.outcome(claimed), examples.outcome(claimed, State.DEAD)
    assert await store.settle([first, second], now=NOW) == [claimed.id]
    assert await store.settle([second], now=NOW) == []
    found = await store.delivery(claimed.id)
    assert found is not None
    assert found[0].state is State.DELIVERED
    assert len(found[1]) == 3


async def test_an_expired_lease_that_nobody_took_still_holds(store: Store) -> None:
    """A result that comes late, but before anyone noticed, is the outcome."""
    await examples.put(store, examples.delivery())
    claimed = await examples.take_one(store)
    assert await store.settle([examples.outcome(claimed)], now=NOW + 9 * LEASE_S) == [claimed.id]


async def test_an_unknown_delivery_is_not_held(store: Store) -> None:
    """A settlement of a row that is gone changes nothing and harms no other."""
    await examples.put(store, examples.delivery())
    claimed = await examples.take_one(store)
    unknown = examples.outcome(replace(claimed, id="dlv_unknown"))
    assert await store.settle([unknown, examples.outcome(claimed)], now=NOW) == [claimed.id]
    assert await store.delivery("dlv_unknown") is None


async def test_a_shortened_payload_replaces_the_refused_one(store: Store) -> None:
    """The next attempt sends the shorter bytes and knows that they are."""
    await examples.put(store, examples.delivery())
    claimed = await examples.take_one(store)
    settled = examples.outcome(claimed, State.RETRY, due_at=NOW, payload=b"short")
    await store.settle([settled], now=NOW)
    again = await examples.take_one(store)
    assert (again.payload, again.shortened) == (b"short", True)
    await store.settle([examples.outcome(again)], now=NOW)
    ended = await examples.row(store, claimed.id)
    assert (ended.payload, ended.shortened) == (b"short", True)


async def test_references_are_remembered_with_the_outcome(store: Store) -> None:
    """What a receiver called the message is found by key; the newest value wins."""
    await examples.put(store, examples.delivery("1"), examples.delivery("2"))
    for value in ("1.0", "2.0"):
        claimed = await examples.take_one(store)
        settled = examples.outcome(claimed, remember={"thread": value, value: "x"})
        await store.settle([settled], now=NOW)
    found = await store.references(["thread", "1.0", "unknown"])
    assert found == {"thread": "2.0", "1.0": "x"}


async def test_many_outcomes_in_one_call(store: Store) -> None:
    """A batch longer than any statement settles each row with its own outcome."""
    rows = [examples.delivery(recipient=f"#{n}") for n in range(150)]
    await examples.put(store, *rows)
    claimed = await examples.take(store, limit=150)
    settled = [examples.outcome(one, reference=str(place)) for place, one in enumerate(claimed)]
    assert await store.settle(settled, now=NOW) == [one.id for one in claimed]
    found = {row.id: row.reference for row in await examples.all_rows(store)}
    assert found == {one.id: str(place) for place, one in enumerate(claimed)}


async def test_an_illegal_outcome_refuses_the_batch(store: Store) -> None:
    """Nothing of a batch with an impossible state is written."""
    await examples.put(store, *[examples.delivery(recipient=f"#{n}") for n in range(2)])
    good, bad = await examples.take(store)
    with pytest.raises(StoreError, match="cannot become shed"):
        await store.settle([examples.outcome(good), examples.outcome(bad, State.SHED)], now=NOW)
    assert (await examples.row(store, good.id)).state is State.SENDING


# --- end and redeliver ------------------------------------------------------------------------


async def test_end_takes_waiting_rows_only(store: Store) -> None:
    """Rows in flight, ended or unknown are left and not returned; a repeated id counts once."""
    flying, ended, waiting = (examples.delivery(recipient=f"#{n}") for n in range(3))
    await examples.put(store, flying, ended)
    for claimed in await examples.take(store):
        if claimed.id == ended.id:
            await store.settle([examples.outcome(claimed)], now=NOW)
    await examples.put(store, waiting)
    ids = [flying.id, ended.id, waiting.id, waiting.id, "dlv_unknown"]
    assert await store.end(ids, State.DROPPED, "operator", now=NOW + 1) == [waiting.id]
    found = await examples.row(store, waiting.id)
    assert (found.state, found.reason, found.ended_at) == (State.DROPPED, "operator", NOW + 1)


@pytest.mark.parametrize("state", sorted(PUT_ASIDE))
async def test_end_leaves_a_row_in_flight(store: Store, state: State) -> None:
    """Whoever holds the claim writes the outcome, though a claim may be settled as that state."""
    await examples.put(store, examples.delivery())
    claimed = await examples.take_one(store)
    assert await store.end([claimed.id], state, "", now=NOW) == []
    assert await store.settle([examples.outcome(claimed)], now=NOW) == [claimed.id]


async def test_ending_a_row_in_the_middle_keeps_the_order(store: Store) -> None:
    """Folding the middle of a lane leaves its head and its tail in order."""
    rows = [examples.delivery(str(number)) for number in range(4)]
    await examples.put(store, *rows)
    ended = await store.end([row.id for row in rows[1:3]], State.SUPERSEDED, "", now=NOW)
    assert ended == [row.id for row in rows[1:3]]
    for row in (rows[0], rows[3]):
        claimed = await examples.take_one(store)
        assert claimed.id == row.id
        await store.settle([examples.outcome(claimed)], now=NOW)


async def test_a_redelivered_row_is_sent_again(store: Store) -> None:
    """Same id and bytes, next attempt number, new age; the log goes on."""
    row = examples.delivery()
    await examples.put(store, row)
    await store.settle([examples.outcome(await examples.take_one(store), reason="x")], now=NOW)
    ids = [row.id, row.id, "dlv_unknown"]
    assert await store.redeliver(ids, now=NOW + 50, expires_at=NOW + 99) == [row.id]
    found = await examples.row(store, row.id)
    assert found == replace(
        row, state=State.PENDING, attempt=1, due_at=NOW + 50, expires_at=NOW + 99
    )
    assert await examples.take(store, NOW + 49) == []
    assert (await examples.take_one(store, NOW + 50)).attempt == 2


async def test_redeliver_leaves_live_rows(store: Store) -> None:
    """A row that waits or is in flight is not returned."""
    flying, waiting = examples.delivery("1"), examples.delivery("2")
    await examples.put(store, flying, waiting)
    await examples.take_one(store)
    assert await store.redeliver([flying.id, waiting.id], now=NOW, expires_at=NOW) == []


async def test_a_redelivered_row_takes_its_old_place(store: Store) -> None:
    """It goes before the rows that came after it, but never past the one in flight."""
    rows = [examples.delivery(str(number)) for number in range(3)]
    await examples.put(store, *rows)
    await store.settle([examples.outcome(await examples.take_one(store))], now=NOW)
    flying = await examples.take_one(store)
    assert flying.id == rows[1].id
    await store.redeliver([rows[0].id], now=NOW, expires_at=NOW + 99)
    assert await examples.take(store) == []
    await store.settle([examples.outcome(flying, State.RETRY, due_at=NOW)], now=NOW)
    for row in rows:
        claimed = await examples.take_one(store)
        assert claimed.id == row.id
        await store.settle([examples.outcome(claimed)], now=NOW)


# --- the table, walked ------------------------------------------------------------------------


async def bring(store: Store, state: State) -> Delivery:
    """Return a delivery in that state; one in flight with its claim."""
    row = examples.delivery()
    if state in (State.PENDING, State.MUTED, State.SHADOW):
        await examples.put(store, replace(row, state=state))
    elif follows(State.PENDING, state) and state is not State.SENDING:
        await examples.put(store, row)
        assert await store.end([row.id], state, "", now=NOW) == [row.id]
    else:
        await examples.put(store, row)
        claimed = await examples.take_one(store)
        if state is State.SENDING:
            return claimed
        settled = examples.outcome(claimed, state, due_at=NOW)
        assert await store.settle([settled], now=NOW) == [row.id]
    found = await examples.row(store, row.id)
    assert found.state is state
    return found


async def try_change(store: Store, row: Delivery, following: State) -> bool:
    """Ask for the change by the method that makes it; say whether it was accepted."""
    try:
        if following is State.SENDING:
            return bool(await examples.take(store))
        if following in (State.EXPIRED, State.SUPERSEDED, State.SHED, State.DROPPED) and (
            row.state is not State.SENDING
        ):
            return bool(await store.end([row.id], following, "", now=NOW))
        if following is State.PENDING and row.state is not State.SENDING:
            return bool(await store.redeliver([row.id], now=NOW, expires_at=NOW))
        settlement = examples.unused(row, following)
        return bool(await store.settle([settlement], now=NOW))
    except StoreError:
        return False


@pytest.mark.parametrize("following", State)
@pytest.mark.parametrize("current", State)
async def test_the_table_is_what_the_store_does(
    store: Store, current: State, following: State
) -> None:
    """Every legal change is accepted and seen; every other is refused and changes nothing."""
    row = await bring(store, current)
    accepted = await try_change(store, row, following)
    assert accepted == follows(current, following)
    found = await examples.row(store, row.id)
    assert found.state is (following if accepted else current)
    assert (found.ended_at is not None) == (found.state in ENDED)


async def test_settlements_default_to_no_attempt() -> None:
    """A settlement without an attempt is a claim handed back, by default."""
    settlement = Settlement(delivery_id="d", token="t", number=1, state=State.PENDING, due_at=NOW)
    assert settlement.attempt is None
