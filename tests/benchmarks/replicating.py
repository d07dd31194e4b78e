"""Deliveries per second of wall time by 1, 2 and 4 processes on one PostgreSQL, fsync on.

The rows are there when the processes begin, so only claiming, sending and settling are measured.
Server, receiver and processes share the machine: on few cores the ratios show what coordination
costs rather than what more machines would bring.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import uvloop

from notifier.app import daemon, running
from notifier.core.model import State
from notifier.core.settings import DeliverySettings, Settings, StoreSettings
from notifier.observability import logs
from notifier.observability.logs import Redactor
from notifier.ports import Store
from notifier.stores import STORES
from tests import postgres
from tests.benchmarks.delivering import RECEIVERS, Prepared, sink
from tests.benchmarks.report import Figure

EVENTS = 4_000
PROCESSES = (1, 2, 4)
START_S = 60.0


class Outbox:
    """A database with so many deliveries that wait, and how to deliver them."""

    def __init__(self, url: str, receiver: str, events: int) -> None:
        self._settings = Settings(
            store=StoreSettings(type="postgres", url=url),
            delivery=DeliverySettings(allow_addresses=("127.0.0.1",)),
        )
        self._receiver = receiver
        self._events = events
        self.wanted = events * len(RECEIVERS)

    async def fill(self) -> None:
        """Observe and commit, without delivering."""
        store = self._store()
        async with self._daemon(self._events, store) as one:
            await one.engine.open()
            await one.engine.observe(may_end=True)
            while (await store.counts())[State.PENDING] < self.wanted:
                await asyncio.sleep(0.1)
            await one.engine.drain()
            await one.engine.close()

    async def work(self, begin: Barrier) -> None:
        """Deliver until nothing waits, beginning together with the others."""
        store = self._store()
        async with self._daemon(0, store) as one:
            await one.engine.open()
            gc.freeze()
            gc.set_threshold(*running.GC_THRESHOLD)
            await asyncio.to_thread(begin.wait, START_S)
            one.engine.deliver()
            while (await store.counts())[State.DELIVERED] < self.wanted:
                await asyncio.sleep(0.2)
            await one.engine.drain()
            await one.engine.close()

    async def wait(self, begin: Barrier) -> float:
        """Begin, and return the seconds until everything is delivered."""
        store = self._store()
        await store.open()
        await asyncio.to_thread(begin.wait, START_S)
        started = time.monotonic()
        while (await store.counts())[State.DELIVERED] < self.wanted:
            await asyncio.sleep(0.05)
        seconds = time.monotonic() - started
        await store.close()
        return seconds

    def _store(self) -> Store:
        return STORES["postgres"](self._settings.store)

    def _daemon(self, events: int, store: Store) -> Any:
        cluster: Any = Prepared(events, self._receiver)
        edges = daemon.Edges(cluster=cluster, store=store)
        return daemon.daemon(self._settings, edges, Redactor())


def _process(outbox: Outbox, begin: Barrier) -> None:
    logs.configure("json", "error", Redactor())
    uvloop.run(outbox.work(begin))


def one_run(server: postgres.Server, receiver: str, count: int, events: int) -> float:
    """Return deliveries per second of so many processes."""
    outbox = Outbox(server.database(), receiver, events)
    uvloop.run(outbox.fill())
    spawn = multiprocessing.get_context("spawn")
    begin = spawn.Barrier(count + 1)
    processes = [spawn.Process(target=_process, args=(outbox, begin)) for _ in range(count)]
    for process in processes:
        process.start()
    seconds = uvloop.run(outbox.wait(begin))
    for process in processes:
        process.join(START_S)
    return outbox.wanted / seconds


@contextmanager
def durable_server() -> Iterator[postgres.Server]:
    """Run a server that keeps what it says it has."""
    with tempfile.TemporaryDirectory(prefix="bench-postgres-") as place:
        folder = Path(place)
        folder.chmod(0o755)
        durable: Mapping[str, str] = {"fsync": "on", "full_page_writes": "on"}
        server = postgres.Server(folder / "cluster", **durable)
        with server.running():
            yield server


def measure(*, scale: float = 1.0) -> Iterator[Figure]:
    """Yield deliveries per second by number of processes, and what the first one's are times.

    Nothing but a word where no PostgreSQL server is installed.
    """
    if postgres.missing():
        print(f"  skipped: {postgres.missing()}")
        return
    logs.configure("json", "error", Redactor())
    with durable_server() as server, sink(None) as receiver:
        first = 0.0
        for count in PROCESSES:
            rate = one_run(server, receiver, count, int(EVENTS * scale))
            first = first or rate
            name = f"PostgreSQL, {count} process{'es' if count > 1 else ''}"
            yield Figure(name=name, value=rate, unit="deliveries/s")
            if count > 1:
                yield Figure(name="  to one process", value=rate / first, unit="x")
