"""Durable deliveries per CPU second: every event a transition, three webhooks each, SQLite, fsync.

The whole daemon runs in this process on prepared observations; the receiver is another process.
The baseline is the same daemon with the store in memory.
"""

from __future__ import annotations

import asyncio
import base64
import gc
import json
import multiprocessing
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import orjson
import uvloop

from notifier.app import daemon, running
from notifier.core.model import Observation, Resource, State
from notifier.core.settings import DeliverySettings, Settings, StoreSettings
from notifier.observability import logs
from notifier.observability.logs import Redactor
from notifier.stores import STORES
from tests.benchmarks.objects import rollouts
from tests.benchmarks.report import Figure

EVENTS = 8_000
ROLLOUTS = 500
RECEIVERS = ("first", "second", "third")
GOALS = {"plain": 5_000.0, "tls": 3_500.0}
REVISION = "rollout.argoproj.io/revision"
TEMPLATE = """
engine: jinja
message: "{{ rollout.metadata.name }} is now at revision {{ progress.revision }}"
"""


class Prepared:
    """A cluster whose Rollouts are listed once and then get one revision after the other."""

    def __init__(self, events: int, url: str) -> None:
        self._objects = list(rollouts(ROLLOUTS))
        self._events = events
        self._configuration = self._config_map(url)
        self._listed = [orjson.dumps(one) for one in self._objects]
        self._raw = list(self._updates())
        self.started = 0.0

    def _config_map(self, url: str) -> bytes:
        service = json.dumps({"url": url, "insecureSkipVerify": True})
        data = {f"service.webhook.{name}": service for name in RECEIVERS}
        data["subscriptions"] = json.dumps(
            [{"recipients": list(RECEIVERS), "triggers": ["on-rollout-updated"]}]
        )
        data["template.rollout-updated"] = TEMPLATE
        return orjson.dumps({"kind": "ConfigMap", "metadata": {"name": "cm"}, "data": data})

    def _updates(self) -> Iterator[bytes]:
        for number in range(self._events):
            one = self._objects[number % ROLLOUTS]
            metadata = one["metadata"]
            revision = 10 + number // ROLLOUTS
            metadata["annotations"][REVISION] = str(revision)
            metadata["resourceVersion"] = str(100_000 + number)
            yield orjson.dumps(one)

    async def observe(self, resource: Resource) -> AsyncIterator[Sequence[Observation]]:
        """Yield the list, then every update, in batches of a read's size; then nothing more."""
        if resource != "rollouts":
            yield [Observation(resource, "SYNCED", b"")]
            return
        yield [Observation(resource, "LISTED", raw) for raw in self._listed]
        yield [Observation(resource, "SYNCED", b"")]
        await asyncio.sleep(0.5)  # the baseline is committed
        self.started = time.process_time()
        for at in range(0, len(self._raw), 16):
            yield [Observation(resource, "MODIFIED", raw) for raw in self._raw[at : at + 16]]

    async def fetch(self, kind: str, namespace: str, name: str) -> bytes | None:
        """Return the configuration; a Secret without entries."""
        if kind == "ConfigMap":
            return self._configuration
        if kind == "Secret":
            return orjson.dumps({"kind": "Secret", "data": {"t": base64.b64encode(b"x").decode()}})
        return None

    async def list_owned(self, kind: str, namespace: str, selector: str) -> Sequence[bytes]:
        """Return no object."""
        return []

    async def watch_objects(
        self, kind: str, selector: str
    ) -> AsyncIterator[tuple[bool, Mapping[tuple[str, str], bytes | None]]]:
        """Yield nothing: there are no teams."""
        yield True, {}
        await asyncio.Event().wait()

    async def watch_object(
        self, kind: str, namespace: str, name: str
    ) -> AsyncIterator[bytes | None]:
        """Yield the configuration once."""
        yield await self.fetch(kind, namespace, name)
        await asyncio.Event().wait()


async def deliver(
    url: str, store: Literal["sqlite", "memory"], directory: Path, events: int
) -> float:
    """Return deliveries per CPU second of the whole daemon."""
    settings = Settings(
        store=StoreSettings(type=store, path=str(directory / "bench.db")),
        delivery=DeliverySettings(allow_addresses=("127.0.0.1",)),
    )
    cluster: Any = Prepared(events, url)
    outbox = STORES[store](settings.store)
    wanted = events * len(RECEIVERS)
    before = received(url)
    async with daemon.daemon(
        settings, daemon.Edges(cluster=cluster, store=outbox), Redactor()
    ) as one:
        await one.start(may_end=True)
        gc.collect()
        gc.freeze()  # as `notifier run` does once it is ready
        gc.set_threshold(*running.GC_THRESHOLD)
        while await asyncio.to_thread(received, url) < before + wanted:
            await asyncio.sleep(1.0)
        while (await outbox.counts()).get(State.DELIVERED, 0) < wanted:
            await asyncio.sleep(0.05)
        spent = time.process_time() - cluster.started
        await one.engine.drain()
        await one.engine.close()
    return wanted / spent


def received(url: str) -> int:
    """Ask the receiver how many it got; cheaper for us than any look into the daemon."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # no default roots: loading them costs
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with urllib.request.urlopen(url, context=context) as answer:  # noqa: S310 - our own sink
        return int(answer.read())


@contextmanager
def sink(certificate: Path | None) -> Iterator[str]:
    """Run a receiver; give its URL."""
    command = [sys.executable, "-m", "tests.benchmarks.sink"]
    if certificate:
        command += ["--certificate", str(certificate)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        port = json.loads(process.stdout.readline())["port"]
        try:
            yield f"{'https' if certificate else 'http'}://127.0.0.1:{port}/hook"
        finally:
            process.terminate()


def one_run(url: str, store: Literal["sqlite", "memory"], events: int) -> float:
    """Run once in a process of its own: what earlier runs left would be walked by the collector."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_in_fresh_directory, url, store, events).result()


def _in_fresh_directory(url: str, store: Literal["sqlite", "memory"], events: int) -> float:
    logs.configure("json", "error", Redactor())
    directory = Path(tempfile.mkdtemp(prefix="bench"))
    try:
        return uvloop.run(deliver(url, store, directory, events))
    finally:
        shutil.rmtree(directory)


def measure(certificate: Path, *, rounds: int = 3, scale: float = 1.0) -> Iterator[Figure]:
    """Yield the medians of interleaved rounds, durable beside in-memory, plain and over TLS."""
    events = int(EVENTS * scale)
    for name, with_certificate in (("plain", None), ("tls", certificate)):
        with sink(with_certificate) as url:
            pairs = [
                (one_run(url, "sqlite", events), one_run(url, "memory", events))
                for _ in range(rounds)
            ]
        durable, volatile = (sorted(column)[rounds // 2] for column in zip(*pairs, strict=True))
        yield Figure(
            name=f"durable deliveries, {name}",
            value=durable,
            unit="deliveries/CPU-s",
            bar=GOALS[name],
        )
        yield Figure(name="  the same without store", value=volatile, unit="deliveries/CPU-s")
        yield Figure(name="  ratio", value=durable / volatile, unit="x", bar=0.6)
