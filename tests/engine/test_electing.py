"""Who observes: under which epoch, from when to when, and what the others do meanwhile."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest
from typing_extensions import override

from notifier.core.errors import StaleLeader, StoreError
from notifier.engine.committing import Committing
from notifier.engine.electing import Electing
from notifier.engine.queueing import Seen
from notifier.engine.status import Status
from notifier.ports import Election, Intake
from notifier.stores.memory import MemoryStore
from tests.engine import fakes

pytestmark = pytest.mark.looptime(start=0)


@dataclass
class Lot(Election):
    """An election that a test decides."""

    given: asyncio.Future[int] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    over: asyncio.Future[str] = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )
    above: int = -1

    @override
    async def acquire(self, *, above: int) -> int:
        self.above = above
        return await self.given

    @override
    async def lost(self) -> str:
        return await asyncio.shield(self.over)

    @override
    async def release(self) -> None:
        """Nothing is held."""


class World:
    """One candidate on a store in memory."""

    def __init__(self, store: MemoryStore | None = None) -> None:
        self.store = store or MemoryStore()
        self.lot = Lot()
        self.recorder = fakes.Counting()
        self.status = Status()
        self.acts: list[str] = []
        self.electing = Electing(
            election=self.lot,
            store=self.store,
            clock=fakes.LoopClock(),
            recorder=self.recorder,
            status=self.status,
            begin=self.begin,
            stop=lambda: self.acts.append("stop"),
        )

    async def begin(self, epoch: int) -> None:
        """Note that observing begins, and what the fence is by then."""
        self.acts.append(f"begin {epoch}, fence {await self.store.epoch()}")


async def settle() -> None:
    """Let everything that can run do so."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_candidate_delivers_only() -> None:
    """Until it leads, nothing is observed, and readiness and metrics say so."""
    world = World()
    await world.store.commit([], epoch=6)
    task = asyncio.create_task(world.electing.run())
    await settle()
    assert (world.acts, world.status.role, world.lot.above) == ([], "delivering", 6)
    assert world.recorder.counts["leading", False, 0] == 1
    task.cancel()


async def test_the_fence_goes_up_before_anything_is_read() -> None:
    """Observing begins under the epoch once no older leader can write any more."""
    world = World()
    task = asyncio.create_task(world.electing.run())
    world.lot.given.set_result(7)
    await settle()
    assert world.acts == ["begin 7, fence 7"]
    assert (world.electing.leading, world.status.role) == (True, "leader")
    assert world.recorder.counts["leading", True, 7] == 1
    task.cancel()


async def test_lost_leadership_stops_observing_and_ends_the_task() -> None:
    """The task's end is what ends the process; the role is given up first."""
    world = World()
    task = asyncio.create_task(world.electing.run())
    world.lot.given.set_result(7)
    await settle()
    world.lot.over.set_result("no renewal for 10 s")
    await asyncio.wait_for(task, 1)
    assert world.acts[-1] == "stop"
    assert (world.electing.leading, world.status.role) == (False, "delivering")


class Away(MemoryStore):
    """A store that takes no writes."""

    @override
    async def commit(self, intakes: object, *, epoch: int | None = None) -> frozenset[str]:
        raise StoreError("away")


async def test_leadership_can_be_lost_while_the_store_is_away() -> None:
    """A leader that never came to observe stops all the same."""
    world = World(Away())
    task = asyncio.create_task(world.electing.run())
    world.lot.given.set_result(7)
    await asyncio.sleep(30)
    assert not task.done()
    world.lot.over.set_result("no renewal for 10 s")
    await asyncio.wait_for(task, 1)
    assert world.acts == ["stop"]


async def test_a_store_that_knows_a_newer_leader_ends_the_task() -> None:
    """An epoch that has passed is no reason to try again."""
    world = World()
    await world.store.commit([], epoch=9)
    task = asyncio.create_task(world.electing.run())
    world.lot.given.set_result(8)
    with pytest.raises(StaleLeader, match="epoch 8 is over, epoch 9 has written"):
        await asyncio.wait_for(task, 1)
    assert world.acts == []


async def test_a_stale_commit_ends_committing() -> None:
    """It is not tried again like an outage: whoever commits learns that another leads."""
    store = MemoryStore()
    committing = Committing(
        store=store,
        clock=fakes.LoopClock(),
        recorder=fakes.Counting(),
        status=Status(),
        on_deliveries=lambda _: None,
    )
    committing.epoch = 3
    await store.commit([], epoch=4)
    committing.put(Intake(snapshot=fakes.snapshot()), Seen(0.0, 0.0), "shop")
    with pytest.raises(StaleLeader):
        await asyncio.wait_for(committing.run(), 1)
    assert await store.snapshots() == []
