"""The Lease between machines whose clocks differ by up to 10 % of their rate and by an hour (F13,
F14 of spec/reliability.md), with the default times."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from tests.emulator import Storage
from tests.kube.machines import Machine

pytestmark = pytest.mark.looptime(start=0)

RATES = list(itertools.product((0.9, 1.0, 1.1), repeat=2))
TAKEOVER_S, HANDOVER_S = 20.0, 3.0

rates = pytest.mark.parametrize(
    ("holder_rate", "other_rate"), RATES, ids=["{}-{}".format(*each) for each in RATES]
)


def now() -> float:
    """Return the time that no machine knows."""
    return asyncio.get_running_loop().time()


async def led(holder_rate: float, other_rate: float, latency_s: float) -> tuple[Machine, Machine]:
    """Return a machine that leads and one that waits."""
    storage = Storage()
    holder = Machine(storage, "holder", rate=holder_rate, seed=1, latency_s=latency_s)
    other = Machine(storage, "other", rate=other_rate, seed=2, latency_s=latency_s)
    assert await holder.election.acquire(above=0) == 1
    return holder, other


@rates
async def test_nobody_takes_a_lease_that_is_renewed(holder_rate: float, other_rate: float) -> None:
    """Ten minutes with calls of up to two seconds: a slow holder is not overtaken by a fast
    candidate, and goes on leading."""
    holder, other = await led(holder_rate, other_rate, latency_s=0.95)
    waiting = asyncio.create_task(other.election.acquire(above=0))
    losing = asyncio.create_task(holder.election.lost())
    await asyncio.sleep(600)
    assert not waiting.done()
    assert not losing.done()
    for task in (waiting, losing):
        task.cancel()
    await holder.election.release()


@rates
@pytest.mark.parametrize(("latency_s", "led_s"), [(0.02, 60.0), (0.95, 60.0), (0.95, 0.0)])
async def test_the_holder_stops_before_another_leads(
    holder_rate: float, other_rate: float, latency_s: float, led_s: float
) -> None:
    """The server never answers the holder again: by its own clock it stops at the deadline, and
    only then another leads, although every other call of the former holder still arrives."""
    holder, other = await led(holder_rate, other_rate, latency_s)
    waiting = asyncio.create_task(other.election.acquire(above=0))
    await asyncio.sleep(led_s)
    holder.line.hangs, cut = True, now()
    assert "no renewal for 10 s" in await holder.election.lost()
    stopped = now()
    assert holder.line.written_at <= cut
    assert (stopped - holder.line.written_at) * holder_rate == pytest.approx(10.0)
    assert not waiting.done()
    assert await waiting == 2
    assert now() > stopped
    await other.election.release()


@rates
async def test_a_holder_that_was_killed_is_followed_in_time(
    holder_rate: float, other_rate: float
) -> None:
    """No call leaves it any more: another leads in 20 seconds of its own clock, and not before the
    former one would have stopped, had it lived on."""
    holder, other = await led(holder_rate, other_rate, latency_s=0.02)
    waiting = asyncio.create_task(other.election.acquire(above=0))
    stopping = asyncio.create_task(holder.election.lost())
    await asyncio.sleep(60)
    holder.line.awake.clear()
    killed = now()
    assert await waiting == 2
    assert stopping.done()
    assert (now() - killed) * other_rate <= TAKEOVER_S
    await other.election.release()


@rates
async def test_a_release_hands_over_at_once(holder_rate: float, other_rate: float) -> None:
    """A clean exit: the other leads in three seconds."""
    holder, other = await led(holder_rate, other_rate, latency_s=0.02)
    waiting = asyncio.create_task(other.election.acquire(above=0))
    await asyncio.sleep(30)
    await holder.election.release()
    released = now()
    assert await waiting == 2
    assert now() - released <= HANDOVER_S
    await other.election.release()
