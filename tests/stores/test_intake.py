"""Conformance: what commit (T1) writes, and that a replay changes nothing."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from notifier.core.errors import StoreError
from notifier.core.model import Decision, State
from notifier.ports import Intake, Store
from tests.stores import examples
from tests.stores.examples import NOW


async def test_a_commit_returns_and_keeps_everything(store: Store) -> None:
    """Snapshot, event, verdicts and delivery come back exactly as they went in."""
    cause, row, seen = examples.event(), examples.delivery(), examples.snapshot()
    verdicts = [examples.verdict(cause), examples.verdict(cause, Decision.SENT)]
    intake = Intake(snapshot=seen, events=[cause], verdicts=verdicts, deliveries=[row])
    assert await store.commit([intake]) == {cause.id}
    assert await store.snapshots() == [seen]
    assert await store.events() == [(cause, verdicts)]
    assert await store.delivery(row.id) == (row, [])


async def test_an_empty_commit_is_nothing(store: Store) -> None:
    """No intakes, no events."""
    assert await store.commit([]) == frozenset()
    assert await store.commit([Intake()]) == frozenset()


async def test_a_replay_changes_nothing(store: Store) -> None:
    """A known event or delivery keeps its first form, whatever the replay says."""
    cause, row = examples.event(), examples.delivery()
    await store.commit(
        [Intake(events=[cause], verdicts=[examples.verdict(cause)], deliveries=[row])]
    )
    again = Intake(
        events=[replace(cause, observed_at=NOW + 9)],
        verdicts=[examples.verdict(cause, Decision.DUPLICATE)],
        deliveries=[replace(row, payload=b"other", due_at=NOW + 9)],
    )
    assert await store.commit([again]) == frozenset()
    assert await store.events() == [(cause, [examples.verdict(cause)])]
    assert await examples.all_rows(store) == [row]


async def test_a_replay_of_a_delivered_row_is_not_sent_again(store: Store) -> None:
    """The id of an ended delivery still counts as known."""
    row = examples.delivery()
    await examples.put(store, row)
    claimed = await examples.take_one(store)
    await store.settle([examples.outcome(claimed)], now=NOW)
    await examples.put(store, row)
    assert await examples.take(store) == []
    assert (await examples.row(store, row.id)).state is State.DELIVERED


async def test_the_same_id_twice_in_one_commit_counts_once(store: Store) -> None:
    """The first of two equal ids in one batch wins."""
    cause, row = examples.event(), examples.delivery()
    first = Intake(events=[cause], verdicts=[examples.verdict(cause)], deliveries=[row])
    second = Intake(
        events=[replace(cause, observed_at=NOW + 1)],
        verdicts=[examples.verdict(cause, Decision.DUPLICATE)],
        deliveries=[replace(row, payload=b"2"), replace(row, payload=b"3")],
    )
    assert await store.commit([first, second]) == {cause.id}
    assert await store.events() == [(cause, [examples.verdict(cause)])]
    assert await examples.all_rows(store) == [row]


async def test_new_ids_are_told_from_known_ones(store: Store) -> None:
    """Only the new events of a mixed batch are returned."""
    old, new = examples.event("1"), examples.event("2")
    await store.commit([Intake(events=[old])])
    assert await store.commit([Intake(events=[old]), Intake(events=[new])]) == {new.id}


async def test_a_large_batch_keeps_its_order(store: Store) -> None:
    """A batch longer than any statement of the store is written whole and in order."""
    rows = [examples.delivery(str(number), at=NOW + number) for number in range(333)]
    await examples.put(store, *rows)
    assert await examples.all_rows(store) == rows[::-1]


async def test_snapshots_are_replaced(store: Store) -> None:
    """A newer snapshot of a uid takes the place of the older, also within one commit."""
    await store.commit([Intake(snapshot=examples.snapshot("a", b"1"))])
    batch = [Intake(snapshot=examples.snapshot("a", data)) for data in (b"2", b"3")]
    await store.commit([*batch, Intake(snapshot=examples.snapshot("b"))])
    found = sorted(await store.snapshots(), key=lambda snapshot: snapshot.uid)
    assert found == [examples.snapshot("a", b"3"), examples.snapshot("b")]


async def test_a_forgotten_object_is_not_returned(store: Store) -> None:
    """A tombstone hides the snapshot; an unknown uid is no error."""
    await store.commit([Intake(snapshot=examples.snapshot("a"))])
    await store.commit([Intake(forget="a"), Intake(forget="never-seen")])
    assert await store.snapshots() == []


async def test_recreated_in_one_commit(store: Store) -> None:
    """Of a snapshot and a burial of one uid in one commit, the later one holds."""
    seen = examples.snapshot("a")
    await store.commit([Intake(snapshot=seen), Intake(forget="a"), Intake(snapshot=seen)])
    assert await store.snapshots() == [seen]
    await store.commit([Intake(snapshot=seen), Intake(forget="a")])
    assert await store.snapshots() == []
    await store.commit([Intake(snapshot=seen)])
    assert await store.snapshots() == [seen]


@pytest.mark.parametrize("state", [State.MUTED, State.SHADOW])
async def test_a_recorded_only_row_has_ended(store: Store, state: State) -> None:
    """A muted or shadow delivery is kept, has ended when it was made and is never claimed."""
    row = replace(examples.delivery(), state=state)
    await examples.put(store, row)
    assert await examples.row(store, row.id) == replace(row, ended_at=row.created_at)
    assert await examples.take(store) == []
    assert await store.next_due() is None


async def test_a_refused_commit_writes_nothing(store: Store) -> None:
    """One row in an impossible state refuses the whole batch, snapshot and event included."""
    wrong = replace(examples.delivery(), state=State.DELIVERED)
    intakes = [
        Intake(snapshot=examples.snapshot(), events=[examples.event()]),
        Intake(deliveries=[wrong]),
    ]
    with pytest.raises(StoreError, match="begin as delivered"):
        await store.commit(intakes)
    assert await store.snapshots() == []
    assert await store.events() == []
    assert await examples.all_rows(store) == []


# --- later verdicts ------------------------------------------------------------------------------


async def test_later_verdicts_join_their_event(store: Store) -> None:
    """What is decided later stands behind what was decided first, with its delivery."""
    cause, row = examples.event(), examples.delivery()
    first, later = examples.verdict(cause), examples.verdict(cause, Decision.SENT)
    await store.commit([Intake(events=[cause], verdicts=[first])])
    assert await store.commit([Intake(amendments=[later], deliveries=[row])]) == frozenset()
    assert await store.events() == [(cause, [first, later])]
    assert await examples.all_rows(store) == [row]


async def test_a_later_verdict_counts_once(store: Store) -> None:
    """Said twice, in one commit or in two, it is there once; others keep their order."""
    cause = examples.event()
    first, second, third = (
        examples.verdict(cause, decision)
        for decision in (Decision.OPEN_OCCURRENCE, Decision.CONDITION_ERROR, Decision.EXPIRED)
    )
    await store.commit([Intake(events=[cause], verdicts=[first])])
    await store.commit([Intake(amendments=[second, second]), Intake(amendments=[second, third])])
    await store.commit([Intake(amendments=[third, first])])
    assert await store.events() == [(cause, [first, second, third])]


async def test_a_later_verdict_in_the_commit_of_its_event(store: Store) -> None:
    """A group may hold the event and what came of it."""
    cause = examples.event()
    first, later = examples.verdict(cause), examples.verdict(cause, Decision.SUPERSEDED)
    intakes = [Intake(events=[cause], verdicts=[first]), Intake(amendments=[later])]
    assert await store.commit(intakes) == {cause.id}
    assert await store.events() == [(cause, [first, later])]


async def test_later_verdicts_about_nothing_are_dropped(store: Store) -> None:
    """Of an event that was collected, or never was; those of others in the commit are kept."""
    gone, here = examples.event("1"), examples.event("2")
    later = examples.verdict(here, Decision.SENT)
    await store.commit([Intake(events=[here])])
    await store.commit([Intake(amendments=[examples.verdict(gone), later])])
    assert await store.events() == [(here, [later])]
