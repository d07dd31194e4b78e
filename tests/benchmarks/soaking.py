"""One daemon under load while its API server misbehaves at random (spec/reliability.md F30).

What has to hold afterwards: the daemon knows the last version of each Rollout, every delivery has
ended and is in the receiver's ledger, no task ended by itself, descriptors and memory are flat.
"""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from notifier.core.model import State
from notifier.ports import DeliveryQuery
from tests.acceptance import promises
from tests.acceptance.controlling import ORDER, Canary, Load
from tests.acceptance.harness import Daemon, Harness, Receiver, subscriptions, until, webhook
from tests.benchmarks.report import Figure
from tests.benchmarks.sampling import Sample, drift, more_descriptors, sample
from tests.emulator import Emulator, faults

ROLLOUTS, NAMESPACES = 200, 50
VERSIONS = 50.0
"""Versions written a second."""

SECONDS = 240.0
SEED = 20261127

PAUSE_S = 12.0
"""Mean time between two faults: the watches are mostly there, and their backoff stays long."""

BACK_S = 120.0
"""Time in which every watch must be back after the last fault; the longest backoff is 30 s."""

CALM_S = 3.0
"""Time in which a watch that is back has delivered what waited for it."""

SLACK = 8
"""Descriptors that come and go: connections to the receiver and to the API server."""

ENDED_WELL = {State.DELIVERED, State.SUPERSEDED}

UNHANDLED = ("never retrieved", "ended unexpectedly", "Unhandled exception")
"""What asyncio and the supervisor say of a task that nobody looks after."""


@dataclass(frozen=True, slots=True)
class Soaked:
    """What a soak left: the samples of its second half, the faults by name, the number of
    deliveries, and how much is wrong, by what."""

    samples: Sequence[Sample]
    faults: Counter[str]
    deliveries: int
    wrong: Mapping[str, int]


class Misbehaviour:
    """Faults of an API server, one after the other, at random moments."""

    def __init__(self, emulator: Emulator, dice: random.Random) -> None:
        self.done: Counter[str] = Counter()
        self._emulator = emulator
        self._dice = dice

    async def run(self) -> None:
        """Go on until cancelled: every kind once, in another order each time."""
        kinds = [self._restart, self._compact, self._refuse, self._cut, self._expire, self._reset]
        while True:
            self._dice.shuffle(kinds)
            for kind in kinds:
                await asyncio.sleep(min(self._dice.expovariate(1 / PAUSE_S), 4 * PAUSE_S))
                await kind()
                self.done[kind.__name__.strip("_")] += 1

    async def _restart(self) -> None:
        await self._emulator.stop()
        try:
            await asyncio.sleep(self._dice.uniform(0.1, 1.5))
        finally:
            await self._emulator.start()

    async def _compact(self) -> None:
        self._emulator.compact()

    async def _refuse(self) -> None:
        code = self._dice.choice((429, 500, 503))
        wait = "1" if code == 429 else ""
        self._emulator.script("watch", faults.refusal(code, retry_after=wait))
        self._emulator.end_watches()

    async def _cut(self) -> None:
        self._emulator.script("watch", faults.Cut(self._dice.randrange(20_000)))
        self._emulator.cut_watches()

    async def _expire(self) -> None:
        self._emulator.script("watch", faults.Inject(faults.event("ERROR", faults.EXPIRED)))
        self._emulator.end_watches()

    async def _reset(self) -> None:
        self._emulator.script("*", faults.Reset())
        self._emulator.cut_watches()


async def soak(folder: Path, seconds: float, seed: int = SEED) -> Soaked:
    """Soak for so long, then let everything end."""
    dice = random.Random(seed)  # noqa: S311 - reproducible, guards nothing
    async with Harness(folder) as harness:
        receiver = await harness.receiver("audit", "--no-sync")
        harness.configure(
            {
                "service.webhook.audit": webhook(receiver.where),
                "subscriptions": subscriptions("audit:", triggers=ORDER),
            }
        )
        load = Load(harness.emulator, rollouts=ROLLOUTS, namespaces=NAMESPACES, seed=seed)
        daemon = await (await harness.start()).ready()
        watches = harness.emulator.hub.open
        misbehaviour = Misbehaviour(harness.emulator, dice)
        samples = await _under_faults(daemon, load, misbehaviour, seconds)
        harness.emulator.clear_script()
        await until(lambda: harness.emulator.hub.open >= watches, "every watch is back", BACK_S)
        deliveries, wrong = await _afterwards(harness, daemon, load, receiver)
    return Soaked(samples, misbehaviour.done, deliveries, wrong)


async def _under_faults(
    daemon: Daemon, load: Load, misbehaviour: Misbehaviour, seconds: float
) -> Sequence[Sample]:
    """Write and misbehave for so long; return what the second half showed."""
    samples = []
    ends = time.monotonic() + seconds
    async with load.running(per_second=VERSIONS):
        faulting = asyncio.create_task(misbehaviour.run())
        while (left := ends - time.monotonic()) > 0:
            assert not daemon.ended, f"the daemon ended with {daemon.process.returncode}"
            assert not faulting.done(), "no more faults"
            await asyncio.sleep(1.0)
            if left < seconds / 2:
                samples.append(sample(daemon.process.pid))
        faulting.cancel()
        await asyncio.wait({faulting})
    return samples


async def _afterwards(
    harness: Harness, daemon: Daemon, load: Load, receiver: Receiver
) -> tuple[int, Mapping[str, int]]:
    """Let everything end and stop the daemon; return its deliveries and what is wrong."""
    await asyncio.sleep(CALM_S)
    await daemon.settled(120)
    await daemon.stop()
    store = await harness.opened()
    known = await promises.committed(store)
    rows = await store.deliveries(DeliveryQuery(limit=promises.EVERYTHING))
    await store.close()
    copies = Counter(entry["id"] for entry in receiver.entries())
    attempts = {row.id: row.attempt for row in rows}
    delivered = {row.id for row in rows if row.state is State.DELIVERED}
    surplus = [id_ for id_, count in copies.items() if count > attempts.get(id_, 0)]
    stale = [each for each in load.canaries if not _known(each, known.get(each.uid))]
    with daemon.log_file.open() as log:
        unhandled = sum(any(word in line for word in UNHANDLED) for line in log)
    return len(rows), {
        "Rollouts whose last version is not known": len(stale),
        "deliveries without an end": sum(row.state not in ENDED_WELL for row in rows),
        "delivered, not in the ledger": len(delivered - copies.keys()),
        "copies without an attempt": len(surplus),
        "unhandled exceptions of tasks": unhandled,
    }


def _known(canary: Canary, version: int | None) -> bool:
    """Whether a version shows what the last one does; some change nothing that matters."""
    last = canary.history[-1].stage
    return any(each.version == version and each.stage == last for each in canary.history)


def measure(*, seconds: float = SECONDS) -> Iterator[Figure]:
    """Yield what a soak left."""
    with tempfile.TemporaryDirectory(prefix="soak") as place:
        soaked = asyncio.run(soak(Path(place), seconds))
    yield Figure(name="deliveries", value=soaked.deliveries, unit="", bar=1)
    for name, count in sorted(soaked.faults.items()):
        yield Figure(name=f"  faults: {name}", value=count, unit="")
    for name, count in soaked.wrong.items():
        yield Figure(name=name, value=count, unit="", bar=0, most=True)
    more, samples = more_descriptors(soaked.samples), soaked.samples
    yield Figure(name="more descriptors at the end", value=more, unit="", bar=SLACK, most=True)
    yield Figure(name="resident at the end", value=samples[-1].resident / 1024**2, unit="MB")
    yield drift(samples)
