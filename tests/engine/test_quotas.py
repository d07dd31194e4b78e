"""Quotas of namespaces: who floods waits, nobody else does."""

from __future__ import annotations

import asyncio

import pytest

from notifier.core.circuits import Rate
from notifier.core.errors import Reason, Retryable
from notifier.core.model import State
from notifier.engine.quotas import Quotas
from tests.engine.conftest import Bench
from tests.engine.fakes import delivery

RATE = Rate(per_s=1.0, burst=3)


def quotas(*namespaces: str) -> Quotas:
    """Return quotas that apply to these namespaces."""
    return Quotas(rate=RATE, applies=lambda namespace: namespace in namespaces)


def test_a_burst_goes_then_one_after_the_other() -> None:
    """Three at once, then each waits for a place of its own."""
    of = quotas("shop")
    for _ in range(3):
        assert of.refusal("shop", 100.0) is None
        of.entered("shop", 100.0)
    waits = [of.refusal("shop", 100.0) for _ in range(3)]
    assert [each.wait_s for each in waits if each] == [1.0, 2.0, 3.0]
    assert of.refusal("shop", 101.0) is None


def test_other_namespaces_do_not_notice() -> None:
    """Each has a bucket of its own; one without a quota has none."""
    of = quotas("shop", "pay")
    for _ in range(10):
        of.entered("shop", 0.0)
        of.entered("free", 0.0)
    assert of.refusal("shop", 0.0) is not None
    assert of.refusal("pay", 0.0) is None
    assert of.refusal("free", 0.0) is None


def test_full_buckets_are_forgotten() -> None:
    """The memory is that of the busy namespaces."""
    of = quotas("shop")
    for _ in range(5):
        of.entered("shop", 0.0)
    of.refusal("shop", 0.0)
    of.forget_idle(1.0)
    assert of.refusal("shop", 1.0) is not None
    of.forget_idle(60.0)
    assert (of._buckets, of._queues) == ({}, {})


@pytest.mark.looptime(start=0)
async def test_a_flood_is_sent_at_the_rate_and_nothing_is_lost(bench: Bench) -> None:
    """Twenty messages of one namespace: a burst, then one a second; retries cost no place."""
    bench.quotas = quotas("shop")
    rows = [delivery(1, recipient=f"r{number}") for number in range(20)]
    await bench.commit(*rows)
    async with bench.running():
        await bench.until(State.DELIVERED, [row.id for row in rows])
    times = sorted(at for at, _ in bench.receiver.arrived)
    assert times[2] < 0.1
    assert 16 < times[-1] < 30
    for second in range(1, 17):
        assert sum(1 for at in times if at <= second) <= RATE.burst + second


@pytest.mark.looptime(start=0)
async def test_a_retry_waits_for_the_receiver_only(bench: Bench) -> None:
    """A message that was let in once is not held back again."""
    bench.quotas = quotas("shop")
    failures = iter([Retryable(Reason.NETWORK), None])
    bench.receiver.answer = lambda _: next(failures, None)
    first = delivery(1)
    await bench.commit(first)
    async with bench.running():
        await bench.until(State.RETRY, [first.id])
        for _ in range(50):
            bench.quotas.entered("shop", bench.clock.monotonic())
        await bench.until(State.DELIVERED, [first.id])
        assert bench.clock.monotonic() < 20
        await asyncio.sleep(0)
