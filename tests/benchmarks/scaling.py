"""The sizes of spec/reliability.md F26 to F28: over a minute by default, F26 as long as wished.

Delays are what the daemon's own histograms say, over a window after it was ready.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import postgres
from tests.acceptance import gap
from tests.acceptance.harness import Harness
from tests.benchmarks.full_size import NAMESPACES, ROLLOUTS, TELLING, UPDATES, Teams, running
from tests.benchmarks.prometheus import Buckets, between, quantile
from tests.benchmarks.replicating import durable_server
from tests.benchmarks.report import Figure
from tests.benchmarks.sampling import Sample, drift

CHANGED = 2_000

WINDOW_S = 60.0

SAMPLE_S = 2.0

SENT_MS = 2_000
"""Bar of observe to sent with a receiver that is well."""

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Sizes:
    """What one run measured: seconds until ready, what the second half of the window showed, and
    messages and histograms of the window."""

    ready_s: float
    samples: Sequence[Sample]
    messages: int
    window: Buckets


def one_run(count: int, seconds: float, *, teams: Teams = "", **sections: Any) -> Sizes:
    """Run at the full rate of updates for so long."""
    with running(count, teams=teams, **sections) as one:
        early, before = one.received(), one.counted()
        samples = []
        ends = time.monotonic() + seconds
        while (left := ends - time.monotonic()) > 0:
            time.sleep(min(left, SAMPLE_S))
            if left < seconds / 2:
                samples.append(one.sample())
        after = one.counted()
        return Sizes(one.ready_s, samples, one.received() - early, between(before, after))


def after_a_gap(scale: float) -> gap.Outcome:
    """Start again after a gap in which a fifth of the Rollouts came to an end."""

    async def run() -> gap.Outcome:
        with tempfile.TemporaryDirectory(prefix="bench") as place:
            async with Harness(Path(place)) as harness:
                return await gap.relisted(
                    harness,
                    rollouts=int(ROLLOUTS * scale),
                    namespaces=NAMESPACES,
                    changed=int(CHANGED * scale),
                )

    return asyncio.run(run())


def measure(*, scale: float = 1.0) -> Iterator[Figure]:
    """Yield delays, memory and start at full size; the same with teams, and on PostgreSQL; and a
    relist."""
    count, seconds = int(ROLLOUTS * scale), WINDOW_S * scale
    told = int(seconds * UPDATES / TELLING)
    plain = one_run(count, seconds)
    yield from delays(plain)
    yield from sizes(plain, f"{count} Rollouts in {NAMESPACES} namespaces", told)
    strict = one_run(count, seconds, teams="strict")
    yield from sizes(strict, f"the same, {NAMESPACES} ConfigMaps of teams", told * 2)
    simple = one_run(count, seconds, teams="simple")
    yield from sizes(simple, "the same, read in simple mode", told * 2)
    yield from _on_postgres(count, seconds, told)
    outcome = after_a_gap(scale)
    due, wrong = outcome.due.total(), outcome.arrived - outcome.due
    found = (outcome.arrived & outcome.due).total()
    yield Figure(name=f"after a gap: results of {due} due", value=found, unit="", bar=due)
    yield Figure(name="  others", value=wrong.total(), unit="", bar=0, most=True)
    yield Figure(name="  of the cold start before", value=outcome.first, unit="", bar=0, most=True)
    yield Figure(name="  start until the last one arrived", value=outcome.told_s, unit="s")


def _on_postgres(count: int, seconds: float, told: int) -> Iterator[Figure]:
    if postgres.missing():
        print(f"  skipped: {postgres.missing()}")
        return
    with durable_server() as server:
        store = {"type": "postgres", "url": server.database()}
        found = one_run(count, seconds, store=store)
    yield from delays(found, "PostgreSQL: ")
    yield from sizes(found, "the same on PostgreSQL", told)


def measure_long(*, seconds: float) -> Iterator[Figure]:
    """Yield delays, memory and its drift at full size over so many seconds (F26: one hour)."""
    found = one_run(ROLLOUTS, seconds)
    yield from delays(found)
    told = int(seconds * UPDATES / TELLING)
    yield from sizes(found, f"{ROLLOUTS} Rollouts in {NAMESPACES} namespaces", told)
    yield drift(found.samples)


def delays(sizes: Sizes, prefix: str = "") -> Iterator[Figure]:
    """Yield the quantiles that have a goal."""
    goals = (
        ("observe to commit, p50", "observe_to_commit_seconds", 0.5, 50),
        ("observe to commit, p99", "observe_to_commit_seconds", 0.99, 500),
        ("observe to sent, p99", "observe_to_delivered_seconds", 0.99, SENT_MS),
        ("lateness of the loop, p99", "loop_lag_seconds", 0.99, 50),
    )
    for name, histogram, share, bar in goals:
        value = quantile(sizes.window[histogram], share) * 1000
        yield Figure(name=prefix + name, value=value, unit="ms", bar=bar, most=True)


def sizes(found: Sizes, name: str, told: int) -> Iterator[Figure]:
    """Yield messages, memory and the cold start."""
    last = found.samples[-1]
    few = told * 0.95  # the last are on their way when the window ends
    yield Figure(name=f"  messages, {told} due", value=found.messages, unit="", bar=few)
    yield Figure(
        name=f"resident, {name}", value=last.resident / MEGABYTE, unit="MB", bar=400, most=True
    )
    yield Figure(
        name="  peak of a cold start", value=last.peak / MEGABYTE, unit="MB", bar=500, most=True
    )
    yield Figure(name="  cold start until ready", value=found.ready_s, unit="s", bar=20, most=True)
