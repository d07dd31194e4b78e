"""SIGTERM under load: ends with 0 in time, nothing is lost or sent twice (spec 5.4, F5)."""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

import pytest

from tests.acceptance.controlling import COMPLETED, UPDATED, Load
from tests.acceptance.harness import Harness, report, subscriptions, until, webhook
from tests.acceptance.trial import Trial

STOPS = 3


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_stopped_again_and_again(tmp_path: Path) -> None:
    """Each stop ends with 0 in less than 25 s; the next start goes on; no copy of anything."""
    async with Harness(tmp_path) as harness:
        trial = Trial(harness, seed=5)
        await trial.begin()
        drains = []
        async with trial.load.running(per_second=90.0):
            for _ in range(STOPS):
                await asyncio.sleep(0.7)
                drains.append(await trial.stop())
                await (await trial.start()).ready()
        figures = await trial.finish()
    assert figures.duplicates == 0
    report(f"\ndrained in {', '.join(f'{drain:.2f} s' for drain in drains)}")
    report(figures)


async def test_an_attempt_that_hangs_is_cut_short_and_made_again(tmp_path: Path) -> None:
    """What is not answered within the drain is ambiguous; the next start sends it, same id."""
    async with Harness(tmp_path) as harness:
        deaf = await harness.receiver("deaf", "--stall", "30")
        harness.configure(
            {
                "service.webhook.audit": webhook(deaf.where),
                "subscriptions": subscriptions("audit:", triggers=[UPDATED]),
            }
        )
        load = Load(harness.emulator, rollouts=1, namespaces=1, seed=1)
        daemon = await (await harness.start(delivery={"drain_s": 0.5})).ready()
        load.canaries[0].new_revision()
        await until(lambda: len(deaf.entries()) == 1, "it arrived")
        assert await daemon.stop() < 5
        assert daemon.logged("attempts were cut short", attempts=1)
        again = await (await harness.start()).ready()
        (row,) = await again.deliveries()
        assert (row["state"], row["reason"]) in {
            ("ambiguous", "cancelled"),
            ("sending", "cancelled"),
        }
        await until(lambda: len(deaf.entries()) == 2, "it arrived again")
    first, second = deaf.entries()
    assert (first["id"], first["body"]) == (second["id"], second["body"])


async def test_a_second_signal_ends_it_at_once(tmp_path: Path) -> None:
    """While an attempt that will not be answered holds the drain."""
    async with Harness(tmp_path) as harness:
        deaf = await harness.receiver("deaf", "--stall", "30")
        harness.configure(
            {
                "service.webhook.audit": webhook(deaf.where),
                "subscriptions": subscriptions("audit:", triggers=[UPDATED, COMPLETED]),
            }
        )
        load = Load(harness.emulator, rollouts=1, namespaces=1, seed=1)
        daemon = await (await harness.start()).ready()
        load.canaries[0].new_revision()
        await until(lambda: len(deaf.entries()) == 1, "it arrived")
        daemon.process.send_signal(signal.SIGTERM)
        await until(lambda: bool(daemon.logged("draining")), "it drains")
        assert (await daemon.get("/readyz"))[0] == 503
        started = time.monotonic()
        daemon.process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(daemon.process.wait(), 5) == 128 + signal.SIGTERM
        assert time.monotonic() - started < 2
