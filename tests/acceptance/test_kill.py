"""Kill -9 at random moments under load: nothing lost, copies only with equal id and bytes.

`ACCEPTANCE_KILLS` is how often (15), in rounds of at most 25 on one store; `ACCEPTANCE_SEED` is the
seed of everything random. `make crash-test` is the long form.
"""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.harness import Harness, report
from tests.acceptance.trial import Trial

KILLS = int(os.environ.get("ACCEPTANCE_KILLS", "15"))
SEED = int(os.environ.get("ACCEPTANCE_SEED", "20261123"))
ROUND = 25


def rounds() -> Iterator[object]:
    """Yield the number of kills and the seed of each round."""
    for number, start in enumerate(range(0, KILLS, ROUND)):
        kills = min(ROUND, KILLS - start)
        yield pytest.param(kills, SEED + number, id=f"round-{number}")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("kills", "seed"), list(rounds()))
async def test_nothing_is_lost(tmp_path: Path, kills: int, seed: int) -> None:
    """I1 to I4 after kills at random moments, also while it starts, lists and sends."""
    dice = random.Random(seed)  # noqa: S311 - reproducible, guards nothing
    async with Harness(tmp_path) as harness:
        trial = Trial(harness, seed)
        await trial.begin()
        started = time.monotonic()
        async with trial.load.running(per_second=90.0):
            for _ in range(kills):
                if dice.random() < 0.75:
                    await trial.daemon.ready()
                    await asyncio.sleep(dice.uniform(0.0, 0.8))
                else:
                    await asyncio.sleep(dice.uniform(0.0, 1.5))
                await trial.kill()
                await trial.start()
        seconds = time.monotonic() - started
        figures = await trial.finish()
    assert figures.events > 10 * kills
    report(f"\nseed {seed}: {kills} kills in {seconds:.0f} s, {trial.load.versions} versions")
    report(figures)
