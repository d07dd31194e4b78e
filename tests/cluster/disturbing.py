"""Three ways to disturb daemons again and again: killed, cut off from the API server, and failed
over from one replica to the next. Each notes what it did, and when nobody observed.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator, Sequence

from typing_extensions import override

from tests.acceptance.harness import until
from tests.cluster.gateway import Gateway
from tests.cluster.recovery import SLACK_S, Outages, Recovery, seconds
from tests.cluster.release import Release
from tests.cluster.replica import Replica

AWAKE_S = (1.0, 3.0)
"""Seconds between a recovery and the next fault."""

AWAY_S = (0.0, 1.5)
"""Seconds until the next start of a daemon that was killed."""

CUT_S = (1.0, 3.5)
"""Seconds without the API server."""

TIMES = {"duration_s": 12.0, "renew_s": 9.0, "retry_s": 1.2}
"""Of the election: shorter than the defaults, so that more failovers fit, and long enough for a
busy machine: nobody may give the Lease up who was not disturbed."""

SETTINGS = {"delivery": {"allow_addresses": ["127.0.0.1"], "lease_s": 6, "timeout_s": 2}}
"""Of replicas: what one of them claimed and took with it is soon sent by another."""

TAKEOVER_S = 45.0
"""A generous limit; how long it may take is another test's figure."""


CAUGHT_UP_S = 150.0
"""A generous limit, too."""


def now() -> float:
    """Return the wall clock, which the daemon's own stamps are compared with."""
    return time.time()  # noqa: TID251 - as it says


class Disturbing(ABC):
    """One way. `kinds` are the faults that it has, in turn."""

    mode: str
    kinds: Sequence[str]

    def __init__(self, release: Release, seed: int) -> None:
        self.release = release
        self.outages = Outages()
        self.faults: Counter[str] = Counter()
        self.dice = random.Random(seed)  # noqa: S311 - reproducible, guards nothing

    async def run(self, stop: asyncio.Event) -> None:
        """Disturb until told to stop; afterwards everything runs and everything is open."""
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self.dice.uniform(*AWAKE_S))
                return
            kind = self.kinds[self.faults.total() % len(self.kinds)]
            await self.strike(kind)
            self.faults[kind] += 1

    @property
    def thorough(self) -> bool:
        """Whether every kind of fault has come."""
        return set(self.faults) == set(self.kinds)

    @abstractmethod
    async def strike(self, kind: str) -> None:
        """Do it, wait until it is over, and note the outage."""

    async def pause(self, between: tuple[float, float]) -> None:
        """Wait for a time in between."""
        await asyncio.sleep(self.dice.uniform(*between))


class Killing(Disturbing):
    """Kill -9, and another start."""

    mode = "killed"
    kinds = ("killed",)

    @override
    async def strike(self, kind: str) -> None:
        begin = now() - SLACK_S
        await self.release.kill()
        await self.pause(AWAY_S)
        await self.release.start()
        self.outages.spans.append((begin, now()))


class CuttingOff(Disturbing):
    """Its connections to the API server end, or carry nothing. A watch goes on where it was, so
    there is a gap only if the daemon was killed meanwhile, too.

    `peer` is not disturbed: what it saw tells when the other one has caught up.
    """

    mode = "cut off"
    kinds = ("refused", "silent", "silent, then refused", "refused and killed")

    def __init__(self, release: Release, seed: int, gateway: Gateway, peer: Release) -> None:
        super().__init__(release, seed)
        self.gateway = gateway
        self.peer = peer

    @override
    async def strike(self, kind: str) -> None:
        begin = now() - SLACK_S
        if kind.startswith("silent"):
            self.gateway.silence()
            await self.pause(CUT_S)
        if "refused" in kind:
            await self.gateway.cut()
        if kind.endswith("killed"):
            await self._start_without_server()
            self.outages.spans.append((begin, now()))
            return
        await self.pause(CUT_S)
        self.gateway.open()
        await self._caught_up(begin, now())

    async def _start_without_server(self) -> None:
        """It starts while it reaches nothing, and is ready once it does."""
        await self.release.kill()
        starting = asyncio.create_task(self.release.start())
        await until(lambda: self.gateway.refused > 0, "it asks the server", TAKEOVER_S)
        await self.pause(CUT_S)
        self.gateway.open()
        await starting

    async def _caught_up(self, begin: float, end: float) -> None:
        """Wait until it has told what the other one saw in between: after many failures in a row
        it tries again later and later (spec/reliability.md W11)."""

        async def has_told() -> bool:
            seen = [one for one in await self.peer.latest() if begin <= seconds(one) <= end]
            return not Recovery(seen, await self.release.latest()).lost(self.outages)

        await until(has_told, "what came while it was cut off is told", CAUGHT_UP_S)


class FailingOver(Disturbing):
    """The replica that observes is killed, stopped, or cut off; another takes over."""

    mode = "failed over"
    kinds = ("killed", "stopped", "refused", "silent")

    def __init__(self, release: Release, seed: int, gateways: Sequence[Gateway]) -> None:
        super().__init__(release, seed)
        self.gateways = gateways

    @override
    async def strike(self, kind: str) -> None:
        leader = await self.led()
        gateway = self.gateways[self.release.replicas.index(leader)]
        begin = now() - SLACK_S
        match kind:
            case "killed":
                await leader.end()
            case "stopped":
                assert await leader.end(signal.SIGTERM) == 0, "a clean exit"
            case "refused":
                await gateway.cut()
            case _:
                gateway.silence()
        await self.led(other_than=leader)
        self.outages.spans.append((begin, now()))
        await until(lambda: not leader.runs, "who cannot renew the Lease ends", TAKEOVER_S)
        gateway.open()
        await leader.launch(await self.release.settings())
        assert leader.daemon is not None
        await leader.daemon.ready()

    async def led(self, *, other_than: Replica | None = None) -> Replica:
        """Wait until a replica observes, and return it."""
        candidates = [one for one in self.release.replicas if one is not other_than]
        found: Replica | None = None

        async def is_led() -> bool:
            nonlocal found
            leading = [one for one in candidates if await one.leads()]
            found = next(iter(leading), None)
            return found is not None

        await until(is_led, "a replica leads", TAKEOVER_S)
        assert found is not None
        return found

    @property
    def terms(self) -> int:
        """How often a replica began to observe, by their logs."""
        logs = [replica.log.read_bytes() for replica in self.release.replicas]
        return sum(log.count(b'"event":"leading"') for log in logs)


@contextlib.asynccontextmanager
async def meanwhile(*ways: Disturbing) -> AsyncIterator[None]:
    """Disturb in each of these ways until the end of the block."""
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for way in ways:
            group.create_task(way.run(stop), name=way.mode)
        try:
            yield
        finally:
            stop.set()
