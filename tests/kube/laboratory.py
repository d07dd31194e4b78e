"""A reflector before an emulated API server, under a clock that only sleeping moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

from notifier.core.model import Observation, Resource
from notifier.core.secrets import Secret
from notifier.kube.client import Client, Deadlines
from notifier.kube.credentials import Access
from notifier.kube.reflector import Reflector
from tests.emulator import Emulator


@dataclass
class FakeClock:
    """Sleeping moves the time at once; past `stop_at` it never returns."""

    time: float = 1000.0
    stop_at: float = float("inf")
    sleeps: list[float] = field(default_factory=list)

    def now(self) -> float:
        """Give the wall clock."""
        return self.time + 1.7e9

    def monotonic(self) -> float:
        """Give the same time, shifted."""
        return self.time

    async def sleep(self, seconds: float) -> None:
        """Move the time."""
        self.sleeps.append(seconds)
        self.time += seconds
        if self.time >= self.stop_at:
            await asyncio.Event().wait()
        await asyncio.sleep(0)


class Watcher:
    """Consumes one `observe` in a task and keeps what it saw."""

    def __init__(self, reflector: Reflector, resource: Resource = "rollouts") -> None:
        self.reflector = reflector
        self.seen: list[Observation] = []
        self.error: Exception | None = None
        self.task = asyncio.create_task(self._consume(resource))

    async def _consume(self, resource: Resource) -> None:
        try:
            async with aclosing(self.reflector.observe(resource)) as batches:
                async for batch in batches:
                    assert batch, "a batch is never empty"
                    self.seen += batch
        except Exception as err:  # noqa: BLE001 - kept for the test to look at
            self.error = err

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for a condition of the test."""
        await until(condition)

    async def synced(self, times: int = 1) -> None:
        """Wait for the end of a list."""
        await self.until(lambda: self.types().count("SYNCED") >= times)

    async def watching(self, emulator: Emulator, number: int = 1) -> None:
        """Wait until so many watches were asked for and one is open."""
        await self.until(lambda: len(emulator.asked("watch")) >= number and emulator.hub.open)

    def types(self) -> list[str]:
        """Return the types seen."""
        return [observation.type for observation in self.seen]

    def events(self) -> list[tuple[str, str, bool]]:
        """Return type, name and contiguity of what was watched."""
        live = {"ADDED", "MODIFIED", "DELETED"}
        return [(o.type, name(o), o.contiguous) for o in self.seen if o.type in live]

    def objects(self) -> dict[str, Any]:
        """Return the state a consumer has now, by name."""
        state: dict[str, Any] = {}
        for observation in self.seen:
            if observation.type in {"LISTED", "ADDED", "MODIFIED"}:
                state[name(observation)] = orjson.loads(observation.raw)
            elif observation.type in {"DELETED", "ABSENT"}:
                state.pop(name(observation), None)
        return state


def name(observation: Observation) -> str:
    """Return the name of the observed object."""
    text = observation.raw.decode(errors="replace")
    return str(orjson.loads(text)["metadata"]["name"])


async def until(condition: Callable[[], object]) -> None:
    """Wait for a condition, looking every millisecond."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - the condition may be the emulator's state
            await asyncio.sleep(0.001)


@dataclass
class Bench:
    """What a test of the watch rules needs."""

    emulator: Emulator
    clock: FakeClock
    client: Client
    reflector: Reflector
    watchers: list[Watcher] = field(default_factory=list)

    def watch(self, resource: Resource = "rollouts") -> Watcher:
        """Start observing."""
        watcher = Watcher(self.reflector, resource)
        self.watchers.append(watcher)
        return watcher


@asynccontextmanager
async def bench(
    emulator: Emulator,
    *,
    jitter: float | Callable[[], float] = 0.0,
    namespaces: tuple[str, ...] = (),
    **deadlines: float,
) -> AsyncIterator[Bench]:
    """Give a reflector before the emulator; ends its tasks. `jitter` is a number or gives them."""
    clock = FakeClock()

    async def load() -> Access:
        token = f"Bearer {emulator.token}" if emulator.token else ""
        return Access(server=emulator.url, authorization=Secret(token))

    client = Client(load, clock=clock, deadlines=Deadlines(**deadlines))
    dice = jitter if callable(jitter) else lambda: jitter
    reflector = Reflector(client, clock=clock, jitter=dice, namespaces=namespaces)
    made = Bench(emulator, clock, client, reflector)
    try:
        yield made
    finally:
        for watcher in made.watchers:
            watcher.task.cancel()
        await asyncio.gather(*(w.task for w in made.watchers), return_exceptions=True)
        await client.close()
