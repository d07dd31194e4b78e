"""How much of the loop a namespace may take in a second."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter

import pytest
from typing_extensions import override

from notifier.engine.slices import SLICE_S, TURN_S, Slices, Turns
from tests.engine import fakes

pytestmark = pytest.mark.looptime(start=0)


async def test_a_slice_is_for_a_second() -> None:
    """Beyond it a namespace waits until the next one begins; others do not; and who shares the
    interpreter is told once when it gets crowded, and once when it is not any more."""
    told: list[tuple[float, bool]] = []
    clock = fakes.LoopClock()
    slices = Slices(clock, lambda crowded: told.append((clock.monotonic(), crowded)))
    running = asyncio.create_task(slices.run())
    for _ in range(3):
        slices.take("noisy", SLICE_S)
        assert not slices.spent("noisy")
        slices.take("noisy", 0.001)
        slices.take("quiet", SLICE_S)
        assert slices.spent("noisy")
        assert not slices.spent("quiet")
        await asyncio.sleep(1.01)
        assert not slices.spent("noisy")
    await asyncio.sleep(3)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert told == [(1.0, True), (4.0, False)]


class Rounds:
    """Counts the rounds of the loop."""

    def __init__(self) -> None:
        self.number = 0

    async def run(self) -> None:
        """Count for ever."""
        while True:
            self.number += 1
            await asyncio.sleep(0)


async def starts(cost_s: float, count: int) -> list[int]:
    """Let so many changes of one namespace take turns; return the rounds in which they began."""
    spent = 0.0

    class Clock(fakes.LoopClock):
        """A clock that work moves on."""

        @override
        def monotonic(self) -> float:
            return spent

    turns, rounds, begun = Turns(Clock()), Rounds(), []
    counting = asyncio.create_task(rounds.run())

    async def one(number: int) -> None:
        nonlocal spent
        await turns.take("noisy")
        begun.append((number, rounds.number))
        spent += cost_s

    await asyncio.gather(*(one(number) for number in range(count)))
    counting.cancel()
    assert [number for number, _ in begun] == list(range(count))
    return [at for _, at in begun]


async def test_costly_changes_begin_one_in_a_round() -> None:
    """What takes longer than a turn lets everything else on the loop go between."""
    at = await starts(2 * TURN_S, 20)
    assert len(set(at)) == 20


async def test_cheap_changes_go_together() -> None:
    """As many as a turn has time for, and no more than are woken at once."""
    at = Counter(await starts(TURN_S / 5, 100))
    assert max(at.values()) <= 6
    assert len(at) <= 100 / 4
    assert max(Counter(await starts(0.0, 100)).values()) == 100
    at = Counter(await starts(TURN_S / 1000, 100))
    assert len(at) == 1


async def test_turns_are_of_a_namespace() -> None:
    """Who has had none lately waits for nobody; nothing is remembered of who is forgotten."""
    turns = Turns(fakes.LoopClock())
    await turns.take("noisy")
    await asyncio.sleep(1)
    waiting = asyncio.create_task(turns.take("noisy"))
    await turns.take("quiet")
    assert not waiting.done()
    await waiting
    for name in ("noisy", "quiet"):
        turns.forget(name)
    assert not turns._rounds
