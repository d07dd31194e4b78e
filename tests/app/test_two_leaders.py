"""Two leaders forced, two hundred times, in fake time (F13 of spec/reliability.md): the default
Lease, clocks of different rates, the election of the engine, and the fence of the store."""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field

import pytest

from notifier.core.errors import StaleLeader
from notifier.engine.electing import Electing
from notifier.engine.status import Status
from notifier.ports import Intake, Store
from notifier.stores.memory import MemoryStore
from tests.emulator import Storage
from tests.engine import fakes
from tests.kube.machines import TIMES, Machine

pytestmark = [pytest.mark.slow, pytest.mark.looptime(start=0), pytest.mark.timeout(120)]

ROUNDS = 200
FAULT_S = (10.0, 30.0)
"""Seconds that a leader is frozen or without answers: some wake while another begins to lead."""


@dataclass
class World:
    """What happens in the cluster, the store, and the log of all attempts to write."""

    api: Storage = field(default_factory=Storage)
    store: Store = field(default_factory=MemoryStore)
    happened: int = 0
    accepted: list[tuple[float, int]] = field(default_factory=list)
    refused: list[tuple[float, int]] = field(default_factory=list)
    fences: list[tuple[float, int]] = field(default_factory=list)

    async def go_on(self) -> None:
        """Let something happen somewhat more often than once a second."""
        while True:
            await asyncio.sleep(0.7)
            self.happened += 1

    async def stored(self) -> list[int]:
        """Return the numbers of the events in the store, oldest first."""
        found = await self.store.events(limit=100_000)
        return sorted(int(event.transition.resource_version) for event, _ in found)


def now() -> float:
    """Return the time that no machine knows."""
    return asyncio.get_running_loop().time()


class Replica:
    """One process: an election, and the intake of whoever leads. Ends when leading is over.

    While the machine is frozen nothing of it runs: what was about to be written is written once it
    wakes, before the process learns that it does not lead any more.
    """

    def __init__(self, world: World, name: str, *, rate: float, seed: int) -> None:
        self.world = world
        self.machine = Machine(world.api, name, rate=rate, seed=seed)
        self.epoch = 0
        self._observing: asyncio.Task[None] | None = None
        self.electing = Electing(
            election=self.machine.election,
            store=world.store,
            clock=self.machine.clock,
            recorder=fakes.Counting(),
            status=Status(),
            begin=self._begin,
            stop=self._stop,
        )
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        with suppress(StaleLeader):
            await self.electing.run()
        await self.machine.line.awake.wait()
        await asyncio.sleep(0.1)  # what woke together with this writes first
        await self.end()

    async def end(self) -> None:
        """Kill the process."""
        self._stop()
        tasks = [each for each in (self._observing, self.task) if each and each is not _current()]
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.machine.line.hangs = True
        await self.machine.election.release()

    async def _begin(self, epoch: int) -> None:
        self.epoch = epoch
        self.world.fences.append((now(), epoch))
        known = max(await self.world.stored(), default=0)
        self._observing = asyncio.create_task(self._observe(known))

    def _stop(self) -> None:
        if self._observing is not None and self.machine.line.awake.is_set():
            self._observing.cancel()

    async def _observe(self, known: int) -> None:
        """Commit what happened since, in order, once a second of the machine's clock."""
        while True:
            news = range(known + 1, self.world.happened + 1)
            await self.machine.clock.sleep(1.0)
            await self.machine.line.awake.wait()
            for number in news:
                await self._commit(number)
                known = number

    async def _commit(self, number: int) -> None:
        event = fakes.event(fakes.transition(number=number))
        try:
            await self.world.store.commit([Intake(events=[event])], epoch=self.epoch)
        except StaleLeader:
            self.world.refused.append((now(), self.epoch))
            raise
        self.world.accepted.append((now(), self.epoch))


def _current() -> asyncio.Task[None] | None:
    return asyncio.current_task()


async def test_two_leaders_at_a_time_lose_and_double_nothing() -> None:
    """Frozen or without answers for up to twice the Lease, clocks up to 10 % fast or slow: from the
    first moment of an epoch every write of an older one is refused, each event is stored once."""
    dice = random.Random(13)  # noqa: S311 - reproducible, guards nothing
    world = World()
    going_on = asyncio.create_task(world.go_on())
    made = 0

    def start() -> Replica:
        nonlocal made
        made += 1
        return Replica(world, f"replica-{made}", rate=dice.uniform(0.9, 1.1), seed=made)

    replicas = [start(), start()]
    doubled = 0
    for _ in range(ROUNDS):
        while not (leaders := [each for each in replicas if each.electing.leading]):  # noqa: ASYNC110 - the state of a process
            await asyncio.sleep(0.5)  # fake time
        leader = leaders[-1]
        await asyncio.sleep(dice.uniform(2.0, 6.0))
        freezes = dice.random() < 0.5
        if freezes:
            leader.machine.line.awake.clear()
        else:
            leader.machine.line.hangs = True
        await asyncio.sleep(dice.uniform(*FAULT_S))
        doubled += freezes and world.fences[-1][1] > leader.epoch
        leader.machine.line.hangs = False
        leader.machine.line.awake.set()
        await asyncio.wait_for(leader.task, TIMES.renew_s + TIMES.retry_s)
        replicas.remove(leader)
        replicas.append(start())
    await asyncio.sleep(FAULT_S[1])
    going_on.cancel()
    last = world.happened
    await asyncio.sleep(5.0)
    assert await world.stored() == list(range(1, last + 1))
    assert [epoch for _, epoch in world.fences] == list(range(1, ROUNDS + 2))
    for when, epoch in world.accepted:
        assert epoch == max(number for since, number in world.fences if since <= when)
    assert doubled > ROUNDS / 5
    assert len(world.refused) >= doubled * 0.8, "the older leaders hardly tried to write"
    for each in replicas:
        await each.end()
