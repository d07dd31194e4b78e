"""The checkpoint goes into the store behind the rows that it speaks of."""

from __future__ import annotations

import asyncio

import pytest
from typing_extensions import override

from notifier.core import snapshots
from notifier.core.model import StoredSnapshot
from tests.engine import fakes
from tests.engine.fakes import ABORTED, EVERYTHING, STEP, transition
from tests.engine.test_intake import House

pytestmark = pytest.mark.looptime(start=0)


class Marking(fakes.Scripted):
    """Has a checkpoint once each of two Rollouts is on its way into the store."""

    def __init__(self) -> None:
        super().__init__()
        self.missing = {"uid-checkout", "uid-cart"}

    @override
    def queued(self, rollout_uid: str) -> None:
        self.missing.discard(rollout_uid)

    @override
    def checkpoint(self) -> StoredSnapshot | None:
        return None if self.missing else snapshots.checkpoint("2026-01-01T10:00:00Z")


async def test_it_waits_for_held_changes() -> None:
    """While one Rollout waits for evidence there is none, whatever is committed meanwhile."""
    configuration = fakes.configuration(triggers=EVERYTHING, recipients=[("post", "ops")])
    house = House(configuration, observer=Marking())
    house.cluster.delay_s = lambda kind, _: 7.0 if kind == "ReplicaSet" else 0.0
    house.observe(
        house.change(transition(ABORTED)),
        house.change(transition(STEP, name="cart"), name="cart"),
    )
    async with house.running():
        await asyncio.sleep(1)
        assert {each.uid for each in await house.store.snapshots()} == {"uid-cart"}
        await asyncio.sleep(7)
    stored = {each.uid for each in await house.store.snapshots()}
    assert stored == {"uid-cart", "uid-checkout", "checkpoint"}
