"""The engine in one piece: start, drain, outage, and cancellation at any moment."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, cast

import orjson
import pytest

from notifier.core import deliveries, lanes
from notifier.core.configuration import Configuration
from notifier.core.errors import ClusterError, NotifierError, Reason, Retryable, StoreError
from notifier.core.model import Delivery, Observation, State, event_id
from notifier.core.observer import Change
from notifier.core.service import Outgoing
from notifier.core.settings import DeliverySettings, Settings
from notifier.engine.assembling import Engine, Parts
from notifier.engine.configuring import Place
from notifier.ports import Settlement, Store
from notifier.stores.memory import MemoryStore
from tests.engine import fakes
from tests.engine.fakes import ABORTED, COMPLETED, EVERYTHING, STEP, UPDATED, transition

pytestmark = pytest.mark.looptime(start=0)

PLACE = Place(namespace="notifier", config_map="cm", secret="secret")
KINDS = (UPDATED, STEP, ABORTED, UPDATED, COMPLETED)


class Connection:
    """A process's way to the store; once `cut` nothing comes through, as after kill -9."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.cut = False

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        async def call(*arguments: Any, **named: Any) -> Any:
            await asyncio.sleep(0)  # a real store answers in another turn of the loop
            if self.cut:
                await asyncio.Event().wait()
            result = await getattr(self.store, name)(*arguments, **named)
            await asyncio.sleep(0)
            if self.cut:
                await asyncio.Event().wait()
            return result

        return call


class World:
    """What outlives a process: the cluster's history, the store's disk, the receiver."""

    def __init__(self, seed: int = 0) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.store = MemoryStore()
        self.connection = Connection(self.store)
        self.receiver = fakes.Receiver()
        self.recorder = fakes.Counting()
        self.history: list[tuple[float, str, int, str]] = []

    def compiled(
        self, config_map: Mapping[str, str], secret: Mapping[str, bytes], previous: object
    ) -> Configuration:
        """Return the one configuration there is."""
        del config_map, secret, previous
        return fakes.configuration(triggers=EVERYTHING, recipients=[("post", "a"), ("post", "b")])

    def process(self, **delivery: object) -> tuple[Engine, fakes.FakeCluster]:
        """Build the engine of a new process; its watch shows the whole history again."""
        cluster, observer = fakes.FakeCluster(), fakes.Scripted()
        self.connection = Connection(self.store)
        for at, name, number, kind in self.history:
            token = f"{name}/{number}".encode()
            raw = orjson.dumps(fakes.rollout(name))
            observer.changes[token] = [
                Change(
                    rollout=fakes.reference(name),
                    transitions=[transition(kind, name=name, number=number)],
                    snapshot=fakes.snapshot(name, token),
                    raw=raw,
                )
            ]
            seen = [Observation("rollouts", "MODIFIED", token)]
            loop = asyncio.get_running_loop()
            if at <= loop.time():
                cluster.streams["rollouts"].put_nowait(seen)
            else:
                loop.call_at(at, cluster.streams["rollouts"].put_nowait, seen)
        cluster.config_maps.put_nowait(None)
        parts = Parts(
            cluster=cluster,
            store=cast("Store", self.connection),
            services={"post": self.receiver},
            observer=observer,
            compile_with=self.compiled,
            clock=fakes.LoopClock(),
            recorder=self.recorder,
            jitter=self.random.random,
            place=PLACE,
        )
        settings = Settings(delivery=DeliverySettings(**{"workers": 8, **delivery}))
        return Engine(parts, settings), cluster

    async def deliveries(self) -> Sequence[Delivery]:
        """Return every delivery, oldest first."""
        return sorted(await self.store.deliveries(fakes.ALL), key=lambda each: each.created_at)


async def started(engine: Engine) -> None:
    """Start a process whole."""
    await engine.open()
    engine.deliver()
    await engine.observe()


async def test_from_the_watch_to_the_receiver() -> None:
    """An observed transition reaches its recipients without any wait."""
    world = World()
    world.history = [(1.0, "checkout", 1, STEP)]
    engine, _ = world.process()
    await started(engine)
    await asyncio.sleep(2)
    assert [at for at, _ in world.receiver.arrived] == [1.0, 1.0]
    await engine.drain()
    await engine.close()
    assert not [each for each in world.recorder.counts if each[0] == "task_ended"]


async def test_drain_keeps_the_promised_order() -> None:
    """Not ready at once, attempts end, what they cannot is ambiguous, and nothing is left."""
    world = World()
    world.history = [(0.0, "checkout", 1, STEP), (0.0, "slow", 1, STEP)]
    world.receiver.answer = lambda outgoing: asyncio.sleep(
        3 if outgoing.delivery.rollout.name == "checkout" else 14
    )
    engine, _ = world.process(drain_s=10.0)
    await started(engine)
    await asyncio.sleep(1)
    await asyncio.gather(engine.drain(), expect_draining(engine))
    states = Counter((each.rollout.name, each.state) for each in await world.deliveries())
    assert states == {("checkout", State.DELIVERED): 2, ("slow", State.AMBIGUOUS): 2}
    assert asyncio.get_running_loop().time() == pytest.approx(11, abs=0.5)
    await engine.close()
    assert world.receiver.in_flight == 0


async def expect_draining(engine: Engine) -> None:
    """Readiness says it before anything else happens."""
    await asyncio.sleep(0)
    assert engine.status.reason(0.0) == "draining"


async def test_a_defect_is_heard_of() -> None:
    """The death of an eternal task is reported by its name."""
    world = World()
    engine, cluster = world.process()
    await started(engine)
    cluster.streams["rollouts"].put_nowait(RuntimeError("unforeseen"))
    assert await asyncio.wait_for(engine.failure(), 5) == "observing"
    await engine.drain()
    await engine.close()


async def test_opening_ends_with_the_task_it_waits_for() -> None:
    """A defect while the configuration is read first is an error at once, not a wait for ever."""

    def defect(kind: str, name: str) -> ClusterError | None:
        raise RuntimeError(f"unforeseen: {kind}/{name}")

    engine, cluster = World().process()
    cluster.fault = defect
    with pytest.raises(NotifierError, match="the task 'configuring' ended unexpectedly"):
        await asyncio.wait_for(engine.open(), 5)
    await engine.close()


class Faulty(MemoryStore):
    """A store that is away for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.away = (0.0, 0.0)

    def _check(self) -> None:
        first, last = self.away
        if first <= asyncio.get_running_loop().time() < last:
            raise StoreError("connection refused")

    async def commit(
        self, intakes: Sequence[object], *, epoch: int | None = None
    ) -> frozenset[str]:
        """Refuse while away."""
        self._check()
        return await super().commit(intakes, epoch=epoch)  # type: ignore[arg-type]

    async def claim(self, **arguments: object) -> Sequence[Delivery]:
        """Refuse while away."""
        self._check()
        return await super().claim(**arguments)  # type: ignore[arg-type]

    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[str]:
        """Refuse while away."""
        self._check()
        return await super().settle(settlements, now=now)


async def test_a_store_outage_loses_nothing_and_repeats_nothing() -> None:
    """For a minute the store refuses everything: attempts in flight are settled afterwards, new
    transitions committed afterwards, readiness says so meanwhile."""
    world = World()
    world.store = store = Faulty()
    store.away = (10.0, 70.0)
    world.receiver.latency_s = 2.0
    world.history = [(float(at), f"r{at}", 1, UPDATED) for at in range(4, 60, 5)]
    engine, _ = world.process(lease_s=120.0)
    await started(engine)
    await asyncio.sleep(30)
    assert engine.status.store_faults
    await asyncio.sleep(60)
    assert engine.status.store_faults == {}
    assert {each.state for each in await world.deliveries()} == {State.DELIVERED}
    assert max(Counter(world.receiver.ids).values()) == 1
    assert len(world.receiver.ids) == 2 * len(world.history)
    await engine.drain()
    await engine.close()


def messages(rows: Sequence[Delivery]) -> Sequence[Delivery]:
    """Return the rows that were planned: all but the digests."""
    return [each for each in rows if each.template != lanes.DIGEST]


async def settled(world: World) -> None:
    """Wait until everything is planned and no message waits any more, a day at most."""
    for _ in range(24 * 60):
        rows = await world.deliveries()
        waits = any(each.state in (*deliveries.WAITING, State.SENDING) for each in rows)
        if len(messages(rows)) == 2 * len(world.history) and not waits:
            return
        await asyncio.sleep(60)


@pytest.mark.parametrize("seed", range(40))
async def test_cancelled_at_any_moment_nothing_is_lost(seed: int) -> None:
    """Processes are cut off at random moments, mid-commit, mid-claim, mid-attempt, and cannot write
    a last word; afterwards every event has its messages, every message its end, what was folded its
    digest, lanes kept their order, and only attempts that were ambiguous were repeated."""
    world = World(seed)
    rng = world.random
    world.history = sorted(
        (rng.uniform(0, 30), f"r{rng.randrange(4)}", number, rng.choice(KINDS))
        for number in range(40)
    )

    def answer(_: Outgoing) -> object:
        if rng.random() < 0.2:
            return Retryable(Reason.SERVER)
        return slowly()

    async def slowly() -> None:
        await asyncio.sleep(rng.choice([0.0, 0.1, 1.0]))

    world.receiver.answer = answer
    engine, _ = world.process()
    await started(engine)
    for _ in range(6):
        await asyncio.sleep(rng.uniform(0.0, 6.0))
        for _ in range(rng.randrange(12)):
            await asyncio.sleep(0)
        world.connection.cut = True
        await engine._supervisor.stop()
        engine, _ = world.process()
        await started(engine)
    await settled(world)
    await engine.drain()
    await engine.close()

    every = await world.deliveries()
    rows = messages(every)
    assert len(rows) == 2 * len(world.history)
    folded = {each.reason for each in rows if each.reason.startswith("digest")}
    assert folded <= {f"digest {each.id}" for each in every}
    assert {each.state for each in rows} <= {State.DELIVERED, State.EXPIRED, State.SUPERSEDED}
    arrived = Counter(world.receiver.ids)
    for row in every:
        found = await world.store.delivery(row.id)
        assert found is not None
        ambiguous = sum(attempt.ambiguous for attempt in found[1])
        lost = row.attempt - len({attempt.number for attempt in found[1]})
        assert arrived[row.id] <= 1 + ambiguous + lost
        if row.state is State.DELIVERED:
            assert arrived[row.id] >= 1
    when = {
        event_id("", transition(kind, name=name, number=number).key): at
        for at, name, number, kind in world.history
    }
    ordered = sorted(rows, key=lambda each: when[each.event_id])
    for lane in {each.lane for each in rows}:
        mine = {each.id for each in rows if each.lane == lane}
        firsts = list(dict.fromkeys(id_ for id_ in world.receiver.ids if id_ in mine))
        planned = [each.id for each in ordered if each.id in firsts]
        assert firsts == planned
