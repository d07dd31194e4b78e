"""What waits beyond the caps of the outbox goes, least important first, told and counted."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections import Counter
from collections.abc import AsyncIterator, Sequence

import pytest
from msgspec.structs import replace
from typing_extensions import override

from notifier.core import lanes
from notifier.core.errors import StoreError
from notifier.core.model import Delivery, Event, State
from notifier.core.overload import Caps, Load
from notifier.core.service import Block
from notifier.engine.crowding import Crowding
from notifier.engine.digests import Digests
from notifier.engine.shedding import CALM_S, LOOK_S, Shedding
from notifier.ports import Intake
from notifier.stores.memory import MemoryStore
from tests.engine import fakes
from tests.engine.conftest import Bench
from tests.engine.fakes import ABORTED, EPOCH, STEP, UPDATED

pytestmark = pytest.mark.looptime(start=0)

CAPS = Caps(namespace=10, rows=25)


def row(number: int, trigger: str = UPDATED, namespace: str = "shop", to: str = "ops") -> Delivery:
    """Return a waiting delivery of a Rollout of its own."""
    name = f"{namespace}-{trigger}-{number}"
    rollout = fakes.reference(name, namespace)
    made = fakes.delivery(number, trigger=trigger, recipient=to, at=EPOCH + number / 100)
    id_, kind = f"{name}-{to}", lanes.kind(trigger)
    return replace(made, id=id_, event_id=f"e-{name}", rollout=rollout, lane=id_, kind=kind)


async def commit(bench: Bench, rows: Sequence[Delivery]) -> None:
    """Commit rows and the events they belong to."""
    events = [
        Event(
            id=each.event_id,
            transition=dataclasses.replace(fakes.transition(each.trigger), rollout=each.rollout),
            observed_at=EPOCH,
        )
        for each in rows
    ]
    await bench.store.commit([Intake(events=events, deliveries=rows)])


def shedding(bench: Bench, caps: Caps = CAPS) -> Shedding:
    """Return what watches over the outbox of the bench."""
    return Shedding(
        store=bench.store,
        digests=Digests(bench.store),
        configuration_of=lambda scope: bench.configuration if scope == "central" else None,
        clock=bench.clock,
        recorder=bench.recorder,
        caps=caps,
        crowding=Crowding(caps),
    )


@contextlib.asynccontextmanager
async def looking(one: Shedding) -> AsyncIterator[None]:
    """Let it look for ever."""
    task = asyncio.create_task(one.run())
    try:
        yield
        assert not task.done()
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def shed(bench: Bench) -> list[str]:
    """Return the ids of what was shed."""
    return sorted(
        id_ for id_, state in (await bench.states()).items() if state == (State.SHED, "overload")
    )


async def summaries(bench: Bench) -> dict[str, str]:
    """Return the texts of digests by recipient."""
    found = await bench.store.deliveries(fakes.ALL)
    return {
        each.destination.recipient: each.payload.decode()
        for each in found
        if each.template == "(digest)"
    }


async def test_within_the_caps_all_stay(bench: Bench) -> None:
    """Nothing is touched, whatever it is."""
    await commit(bench, [row(number, STEP) for number in range(10)])
    await shedding(bench).look()
    assert await shed(bench) == []
    assert await bench.store.loads() == {"shop": Load(10, 10 * 9)}


async def test_a_namespace_beyond_its_quota_is_shed(bench: Bench) -> None:
    """Progress first, oldest first; others are not touched; each is counted, the destination that
    misses something is told once, by a message that itself stays."""
    mine = [row(number, ABORTED) for number in range(6)] + [row(n, STEP) for n in range(7)]
    theirs = [row(number, STEP, "pay") for number in range(9)]
    await commit(bench, [*mine, *theirs])
    one = shedding(bench)
    await one.look()
    lost = [f"shop-{STEP}-{number}-ops" for number in range(3)]
    assert await shed(bench) == lost
    texts = await summaries(bench)
    assert list(texts) == ["ops"]
    assert texts["ops"].startswith("shop: too many messages wait (limit: 10 of one namespace")
    assert "3 to here so far: 3 x on-rollout-step-completed." in texts["ops"]
    assert Counter((state, why) for _, state, why in bench.recorder.ends) == {
        (State.SHED, "overload"): 3
    }
    await one.look()
    assert len(await shed(bench)) == 4  # the summary took a place
    assert await summaries(bench) == texts
    await one.look()
    assert len(await shed(bench)) == 4


async def test_a_burst_is_told_once(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """However long it lasts; the next one, after a time of calm, is told again."""
    async with looking(shedding(bench)):
        for start in range(0, 60, 20):
            await commit(bench, [row(number) for number in range(start, start + 20)])
            await asyncio.sleep(3 * LOOK_S)
        first = await bench.store.deliveries(fakes.ALL)
        await asyncio.sleep(CALM_S + 2 * LOOK_S)
        assert len(await summaries(bench)) == 1
        await commit(bench, [row(number) for number in range(60, 80)])
        await asyncio.sleep(3 * LOOK_S)
    digests = [each for each in await bench.store.deliveries(fakes.ALL) if each not in first]
    assert sum(each.template == "(digest)" for each in digests) == 1
    said = [record.message for record in caplog.records if "shed" in record.message]
    assert said == [
        "too many messages wait: the least important are shed",
        "no more messages are shed",
        "too many messages wait: the least important are shed",
    ]


async def test_all_together_give_what_is_too_much(bench: Bench) -> None:
    """Nobody is beyond its quota: the largest give progress and news, and never a failure."""
    for name in ("a", "b", "c"):
        await commit(bench, [row(number, ABORTED, name) for number in range(9)])
    await shedding(bench).look()
    assert await shed(bench) == []
    await commit(bench, [row(9, UPDATED, "a")])
    await shedding(bench).look()
    assert await shed(bench) == [f"a-{UPDATED}-9-ops"]


async def test_what_is_pointless_goes_first(bench: Bench) -> None:
    """Rows past their age end as expired, whatever they are; so nothing need be shed."""
    old = [replace(row(number, ABORTED), expires_at=EPOCH) for number in range(4)]
    await commit(bench, [*old, *(row(number, STEP) for number in range(8))])
    await shedding(bench).look()
    assert await shed(bench) == []
    states = Counter((await bench.states()).values())
    assert states == {(State.EXPIRED, "max_age"): 2, (State.PENDING, ""): 10}


async def test_those_who_miss_most_are_told(bench: Bench) -> None:
    """Of very many destinations only ten: the summaries must not fill the outbox in turn."""
    rows = [row(number, STEP, to=f"room-{number % 12:02}") for number in range(60)]
    await commit(bench, [*rows, *(row(100 + n, STEP, to="loud") for n in range(9))])
    await shedding(bench, Caps(namespace=0)).look()
    texts = await summaries(bench)
    assert len(texts) == 10
    assert "9 to here so far" in texts["loud"]


async def test_programs_are_not_told(bench: Bench) -> None:
    """They can do nothing with a line of text; the ledger and the counter say it."""
    bench.configuration.services["post"].type.block = Block(name="post", for_programs=True)
    await commit(bench, [row(number, STEP) for number in range(12)])
    await shedding(bench).look()
    assert len(await shed(bench)) == 2
    assert await summaries(bench) == {}


@pytest.mark.parametrize("scope", ["central", "team-a"])
async def test_who_cannot_be_told_is_shed_all_the_same(bench: Bench, scope: str) -> None:
    """Without the event of the message, or without the configuration of its scope."""
    rows = [row(number, STEP) for number in range(12)]
    for_scope = replace(rows[0].destination, scope=scope)
    rows = [replace(each, destination=for_scope) for each in rows]
    if scope == "central":
        await bench.commit(*rows)
    else:
        await commit(bench, rows)
    await shedding(bench).look()
    assert len(await shed(bench)) == 2
    assert await summaries(bench) == {}


async def test_a_store_that_fails_is_asked_again(bench: Bench) -> None:
    """The next look finds what this one could not."""
    store = bench.store = Failing()
    await commit(bench, [row(number, STEP) for number in range(12)])
    async with looking(shedding(bench)):
        await asyncio.sleep(3 * LOOK_S)
        assert store.asked >= 2
        store.fails = False
        await asyncio.sleep(2 * LOOK_S)
    assert len(await shed(bench)) == 3  # the second look sheds one for the summary of the first


class Failing(MemoryStore):
    """A store that is away."""

    fails = True
    asked = 0

    @override
    async def loads(self) -> dict[str, Load]:
        self.asked += 1
        if self.fails:
            raise StoreError("away")
        return dict(await super().loads())
