"""Conformance: what a leader's epoch is worth (spec/reliability.md 4.3)."""

from __future__ import annotations

import pytest

from notifier.core.errors import StaleLeader
from notifier.ports import Intake, Store
from tests.stores import examples


async def test_nobody_has_written(store: Store) -> None:
    """Before the first leader the epoch is 0, and commits without one leave it there."""
    await store.commit([Intake(snapshot=examples.snapshot())])
    assert await store.epoch() == 0


async def test_an_older_epoch_changes_nothing(store: Store) -> None:
    """Its commit is refused whole, and the error names both epochs."""
    await store.commit([], epoch=7)
    seen = Intake(
        snapshot=examples.snapshot(), events=[examples.event()], deliveries=[examples.delivery()]
    )
    with pytest.raises(StaleLeader, match="epoch 6 is over, epoch 7 has written") as caught:
        await store.commit([seen], epoch=6)
    assert (caught.value.epoch, caught.value.newest) == (6, 7)
    assert await store.snapshots() == []
    assert await store.events() == []
    assert await examples.all_rows(store) == []
    assert await store.epoch() == 7


async def test_the_same_and_newer_epochs_write(store: Store) -> None:
    """A leader goes on under its epoch until a newer one has written anything, even nothing."""
    for number, epoch in enumerate([3, 3, 5], 1):
        cause = examples.event(str(number))
        assert await store.commit([Intake(events=[cause])], epoch=epoch) == {cause.id}
    await store.commit([], epoch=9)
    with pytest.raises(StaleLeader):
        await store.commit([], epoch=5)


async def test_a_writer_without_epoch_is_never_stale(store: Store) -> None:
    """Whoever delivers folds messages without leading."""
    await store.commit([], epoch=7)
    await examples.put(store, examples.delivery())
    assert await store.epoch() == 7
    assert len(await examples.take(store)) == 1


async def test_the_fence_survives_a_restart(store: Store) -> None:
    """It is part of what is stored."""
    await store.commit([], epoch=7)
    await store.close()
    await store.open()
    assert await store.epoch() == 7


async def test_one_snapshot_is_found_by_uid(store: Store) -> None:
    """Asking for one object gives its snapshot alone, and nothing once it is gone."""
    await store.commit([Intake(snapshot=examples.snapshot(uid)) for uid in ("a", "b")])
    assert await store.snapshots(uid="a") == [examples.snapshot("a")]
    await store.commit([Intake(forget="a")])
    assert await store.snapshots(uid="a") == await store.snapshots(uid="c") == []
