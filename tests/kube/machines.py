"""Machines that compete for a Lease in fake time: clocks of different rates, lines that fail.

The API server is the emulator's storage without its HTTP: fake time jumps while a socket waits.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from typing import Final, Literal

import orjson
from typing_extensions import override

from notifier.core.secrets import Secret
from notifier.kube import faults
from notifier.kube.client import Client
from notifier.kube.credentials import Access
from notifier.kube.lease import LeaseElection, Times
from notifier.ports import Clock
from tests.emulator import ApiError, Storage
from tests.emulator.resources import RESOURCES

NAMESPACE, NAME = "ops", "notifier"
TIMES: Final = Times()
"""The defaults: 15, 10 and 2 seconds."""


class SkewedClock(Clock):
    """Runs at its own rate, from its own time of day; 1.1 is a clock that runs fast."""

    def __init__(self, rate: float, offset_s: float = 0.0) -> None:
        self.rate = rate
        self._offset_s = offset_s

    @override
    def now(self) -> float:
        return 1.7e9 + self._offset_s + self.monotonic()

    @override
    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() * self.rate

    @override
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self.rate)


class Line(Client):
    """The way of one machine to the API server: each way takes up to `latency_s`.

    While it `hangs`, no call gets an answer, and whether one arrived is left to the dice; while
    the machine is frozen, `awake` is not set and no call leaves. `written_at` is when the last
    write that got its answer was sent.
    """

    def __init__(self, storage: Storage, dice: random.Random, *, latency_s: float) -> None:
        super().__init__(self._nobody, clock=SkewedClock(1.0))
        self._storage = storage
        self._dice = dice
        self._latency_s = latency_s
        self.hangs = False
        self.awake = asyncio.Event()
        self.awake.set()
        self.written_at = 0.0

    @staticmethod
    async def _nobody() -> Access:
        return Access(server="http://127.0.0.1:9", authorization=Secret(""))

    @override
    async def get(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        await self._there()
        try:
            raw = self._storage.get("leases", NAMESPACE, NAME).raw
        except ApiError as err:
            raise _refused(err) from err
        await self._back()
        return raw

    @override
    async def write(self, method: Literal["POST", "PUT"], path: str, body: bytes) -> bytes:
        sent_at = asyncio.get_running_loop().time()
        await self._there()
        kind, given = RESOURCES["leases"], orjson.loads(body)
        try:
            if method == "POST":
                raw = self._storage.create(kind, NAMESPACE, given).raw
            else:
                raw = self._storage.replace(kind, NAMESPACE, NAME, given).raw
        except ApiError as err:
            raise _refused(err) from err
        await self._back()
        self.written_at = sent_at
        return raw

    async def _there(self) -> None:
        await self.awake.wait()
        await asyncio.sleep(self._dice.uniform(0, self._latency_s))
        if self.hangs and self._dice.random() < 0.5:
            await asyncio.Event().wait()

    async def _back(self) -> None:
        await asyncio.sleep(self._dice.uniform(0, self._latency_s))
        if self.hangs:
            await asyncio.Event().wait()
        await self.awake.wait()


class Machine:
    """One candidate with a clock and a line of its own."""

    def __init__(
        self, storage: Storage, identity: str, *, rate: float, seed: int, latency_s: float = 0.02
    ) -> None:
        dice = random.Random(seed)  # noqa: S311 - reproducible, guards nothing
        self.clock = SkewedClock(rate, offset_s=dice.uniform(-3600, 3600))
        self.line = Line(storage, dice, latency_s=latency_s)
        self.election = LeaseElection(
            self.line,
            clock=self.clock,
            jitter=dice.random,
            namespace=NAMESPACE,
            name=NAME,
            identity=identity,
            times=TIMES,
        )


def _refused(err: ApiError) -> Exception:
    """Return what the client raises for an answer."""
    headers = {"Content-Type": "application/json"}
    return faults.refused("Lease", err.code, headers, orjson.dumps(err.status))
