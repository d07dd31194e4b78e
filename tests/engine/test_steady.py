"""Wall-clock jumps: no mass expiry, no stuck retries (F25)."""

from __future__ import annotations

import asyncio

import pytest

from notifier.core.errors import Reason, Retryable
from notifier.core.model import State
from notifier.engine.steady import Steady
from tests.engine import fakes
from tests.engine.conftest import Bench
from tests.engine.fakes import EPOCH, delivery

pytestmark = pytest.mark.looptime(start=0)

HOUR = 3600.0


async def test_small_corrections_are_followed() -> None:
    """A clock that is slewed by a second at a time is right in the end."""
    clock = fakes.LoopClock()
    steady = Steady(clock)
    for _ in range(100):
        clock.jump -= 1.0
        steady.now()
    assert steady.now() == clock.now() == EPOCH - 100


@pytest.mark.parametrize("jump", [6 * HOUR, -6 * HOUR, 10 * 365 * 24 * HOUR, -5.1, 5.1])
async def test_a_jump_is_not(jump: float, caplog: pytest.LogCaptureFixture) -> None:
    """Time goes on as before, and the log says so once."""
    clock = fakes.LoopClock()
    steady = Steady(clock)
    before = steady.now()
    clock.jump = jump
    await steady.sleep(10)
    assert steady.now() == before + 10 == EPOCH + steady.monotonic()
    assert steady.now() == before + 10
    assert [each.message for each in caplog.records] == [
        "wall clock jumped, its former time is kept"
    ]


async def test_a_clock_set_back_again_is_followed() -> None:
    """Once the wall clock is where it was, it counts again, and a new jump is logged anew."""
    clock = fakes.LoopClock()
    steady = Steady(clock)
    steady.now()
    clock.jump = HOUR
    steady.now()
    clock.jump = 1.0
    assert steady.now() == EPOCH + 1.0


@pytest.mark.parametrize("jump", [6 * HOUR, -6 * HOUR])
async def test_waiting_messages_survive_a_jump(bench: Bench, jump: float) -> None:
    """A retry waits its 30 s, and nothing expires, whatever the wall clock does meanwhile."""
    inner = bench.clock
    bench.clock = Steady(inner)  # type: ignore[assignment]
    bench.clock.now()
    bench.receiver.answer = lambda outgoing: (
        Retryable(Reason.SERVER) if outgoing.delivery.attempt < 3 else None
    )
    await bench.commit(delivery())
    async with bench.running():
        await asyncio.sleep(10)
        inner.jump = jump
        await asyncio.sleep(60)
    assert (await bench.states())[delivery().id][0] is State.DELIVERED
    assert bench.receiver.arrived[0][0] == 35.0
