"""A noisy tenant beside quiet ones (spec/reliability.md F29, spec/security.md S16).

The quiet ones deploy now and then. The noisy one changes its Rollouts a thousand times a second;
its message is a template without an end, and of its 5,000 receivers half refuse and half never
answer.
Delays are from the write of a version to the receiver's answer, as the store has it.
"""

from __future__ import annotations

import asyncio
import random
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from notifier.core.model import State
from notifier.ports import DeliveryQuery, Store
from tests.acceptance.harness import CONFIG_MAP, Harness, webhook
from tests.benchmarks.report import Figure
from tests.benchmarks.residing import free_port
from tests.benchmarks.scaling import SENT_MS
from tests.emulator import Emulator
from tests.emulator.filling import REVISION, rollout

NAMESPACES, EACH, UPDATES = 20, 50, 100.0
"""Quiet namespaces, Rollouts of each, and updates a second of all."""

NOISY, NOISE = 1_000, 1_000.0
DEAD = 5_000

SIZE = 6_000
"""Bytes of a Rollout."""

WINDOW_S = 60.0
CALM_S = 5.0

TRIGGER = "on-rollout-updated"
SUBSCRIBE = "notifications.argoproj.io/subscribe"

LOOPS = "{% for i in range(99999) %}{% for j in range(99999) %}{{ i }}{% endfor %}{% endfor %}"

BOMB = {
    "template.bomb": f"engine: jinja\nmessage: '{LOOPS}'",
    f"trigger.{TRIGGER}": "- send: [bomb]",
}


@dataclass(frozen=True, slots=True)
class Shared:
    """What the quiet ones had: seconds from write to answer of each message, and how many never
    came; and what became of the noisy one's messages."""

    delays: Sequence[float]
    lost: int
    noisy: Mapping[State, int]

    @property
    def p99_ms(self) -> float:
        """The delay that one of a hundred exceeds."""
        return sorted(self.delays)[int(len(self.delays) * 0.99)] * 1000


class Tenants:
    """Rollouts that are written on and on; `written` is when each version was, by its number."""

    def __init__(self, emulator: Emulator, rollouts: list[dict[str, Any]]) -> None:
        self.written: dict[str, float] = {}
        self._emulator = emulator
        self._rollouts = rollouts
        for each in rollouts:
            emulator.apply(each)

    async def deploy(self, per_second: float) -> None:
        """Write a new revision of one after the other, for ever."""
        number, started = 0, time.monotonic()
        while True:
            while number < (time.monotonic() - started) * per_second:
                self._write(self._rollouts[number % len(self._rollouts)], number)
                number += 1
            await asyncio.sleep(0.005)

    def _write(self, given: dict[str, Any], number: int) -> None:
        annotations = given["metadata"]["annotations"] | {REVISION: str(2 + number)}
        changed = {**given, "metadata": {**given["metadata"], "annotations": annotations}}
        at = time.time()  # noqa: TID251 - compared with the daemon's own
        self.written[str(self._emulator.apply(changed))] = at


def _made(namespace: str, count: int, annotate: Any) -> list[dict[str, Any]]:
    made = []
    for number in range(count):
        one = rollout(f"app-{number:04}", namespace, size=SIZE)
        one["metadata"]["annotations"] = {REVISION: "1", **annotate(number)}
        made.append(one)
    return made


async def share(folder: Path, seconds: float, *, noise: float) -> Shared:
    """Run for so long, with so many updates a second by the noisy one."""
    async with Harness(folder) as harness:
        receiver = await harness.receiver("quiet", "--no-sync")
        async with _dead_ports() as ports:
            names = [f"dead{number:04}" for number in range(DEAD)]
            services = {
                f"service.webhook.{name}": webhook(
                    f"http://127.0.0.1:{ports[place % 2]}/{name}",
                    exportTo=[{"namespaces": ["noisy"], "recipients": ["*"]}],
                )
                for place, name in enumerate(names)
            }
            services["service.webhook.quiet"] = webhook(receiver.where)
            harness.configure(services)
            metadata = {"name": CONFIG_MAP, "namespace": "noisy"}
            bomb = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": BOMB}
            harness.emulator.apply(bomb)
            quiet = Tenants(harness.emulator, _quiet())
            noisy = Tenants(harness.emulator, _noisy(names))
            own = {"enabled": True, "namespaces": ["noisy"]}
            daemon = await (await harness.start(self_service=own)).ready()
            working = [
                asyncio.create_task(quiet.deploy(UPDATES)),
                asyncio.create_task(noisy.deploy(noise)),
            ]
            await asyncio.sleep(seconds)
            assert not any(task.done() for task in working)
            for task in working:
                task.cancel()
            await asyncio.sleep(CALM_S)
            await daemon.stop()
        store = await harness.opened()
        try:
            return await _shared(store, quiet)
        finally:
            await store.close()


def _quiet() -> list[dict[str, Any]]:
    names = [f"quiet-{number:02}" for number in range(NAMESPACES)]
    made = [
        each
        for name in names
        for each in _made(name, EACH, lambda _: {f"{SUBSCRIBE}.{TRIGGER}.quiet": ""})
    ]
    random.Random(1).shuffle(made)  # noqa: S311 - reproducible, guards nothing
    return made


def _noisy(names: Sequence[str]) -> list[dict[str, Any]]:
    each = len(names) // NOISY
    return _made(
        "noisy",
        NOISY,
        lambda number: {
            f"{SUBSCRIBE}.{TRIGGER}.{name}": ""
            for name in names[number * each : (number + 1) * each]
        },
    )


@asynccontextmanager
async def _dead_ports() -> AsyncIterator[tuple[int, int]]:
    """Give a port that refuses and one that takes connections and never answers."""
    with closing(socket.create_server(("127.0.0.1", 0), backlog=4096)) as deaf:
        yield free_port(), deaf.getsockname()[1]


async def _shared(store: Store, quiet: Tenants) -> Shared:
    rows = await store.deliveries(DeliveryQuery(service="quiet", limit=1_000_000))
    versions = {}
    for number in range(NAMESPACES):
        for event, _ in await store.events(namespace=f"quiet-{number:02}", limit=1_000_000):
            versions[event.id] = event.transition.resource_version
    delays = [
        row.ended_at - quiet.written[versions[row.event_id]]
        for row in rows
        if row.state is State.DELIVERED and row.ended_at is not None
    ]
    counts = dict(await store.counts())
    counts[State.DELIVERED] -= len(delays)
    return Shared(delays, len(quiet.written) - len(delays), counts)


def measure(*, scale: float = 1.0) -> Iterator[Figure]:
    """Yield the delays of the quiet without and with the noisy one, and what became of its
    messages."""
    found = []
    for noise in (0.0, NOISE):
        with tempfile.TemporaryDirectory(prefix="bench") as place:
            found.append(asyncio.run(share(Path(place), WINDOW_S * scale, noise=noise)))
    alone, beside = found
    yield Figure(name="quiet tenants alone: write to answer, p99", value=alone.p99_ms, unit="ms")
    name = f"beside {NOISE:.0f} updates/s, p99"
    yield Figure(name=f"  {name}", value=beside.p99_ms, unit="ms", bar=SENT_MS, most=True)
    yield Figure(name="  to alone", value=beside.p99_ms / alone.p99_ms, unit="x")
    yield Figure(name="  messages lost", value=beside.lost, unit="", bar=0, most=True)
    for state, count in beside.noisy.items():
        if count:
            yield Figure(name=f"  noisy one: {state}", value=count, unit="")
