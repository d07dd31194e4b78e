"""Whether a pause still holds, asked on a replica that observes and on one that does not."""

from __future__ import annotations

import dataclasses

import pytest
from msgspec import Raw
from msgspec.structs import replace

from notifier.core.model import StoredSnapshot
from notifier.core.objects import Rollout, RolloutMetadata
from notifier.core.observer import Observer
from notifier.core.remembered import Known
from notifier.core.snapshots import Snapshot, encode, encode_rollout
from notifier.engine.pauses import Pauses
from notifier.ports import Intake
from notifier.stores.memory import MemoryStore
from tests.engine import fakes

CAUSE = fakes.event()
KEY = CAUSE.transition.key
ABOUT = replace(fakes.delivery(kind="paused"), event_id=CAUSE.id)


def paused(key: str) -> StoredSnapshot:
    """Return the row of the Rollout in a pause of that key."""
    of = fakes.reference()
    rollout = Rollout(metadata=RolloutMetadata(namespace=of.namespace, name=of.name, uid=of.uid))
    snapshot = Snapshot(
        resource_version="1", rollout=Raw(encode_rollout(rollout)), known=Known(pause_key=key)
    )
    return encode(snapshot, of)


STORED = {
    "this pause lasts": (paused(KEY), True),
    "another pause": (paused(KEY + "x"), False),
    "no pause": (paused(""), False),
    "gone": (None, False),
    "unreadable, so better told than not": (dataclasses.replace(paused(""), data=b"?"), True),
}


@pytest.mark.parametrize(("stored", "holds"), STORED.values(), ids=STORED)
async def test_who_does_not_observe_goes_by_what_was_committed(
    stored: StoredSnapshot | None, holds: bool
) -> None:
    """Its own memory is empty: what the leader committed last decides."""
    store = MemoryStore()
    await store.commit([Intake(snapshot=stored, events=[CAUSE])])
    pauses = Pauses(store, Observer().still_paused)
    assert await pauses.holds(ABOUT) is holds


async def test_who_observes_goes_by_what_it_sees() -> None:
    """What it saw last may not be committed yet, and counts all the same."""
    store = MemoryStore()
    await store.commit([Intake(snapshot=paused(KEY), events=[CAUSE])])
    pauses = Pauses(store, lambda _uid, _key: False)
    pauses.observing = True
    assert not await pauses.holds(ABOUT)
