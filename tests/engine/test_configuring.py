"""Configuring: reload, last good, re-arming, secrets, missing objects and rights."""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest

from notifier.core.configuration import Configuration
from notifier.core.errors import Forbidden, Misconfigured, Problem, Reason, StoreError
from notifier.core.model import State
from notifier.engine.configuring import Configuring, Place
from tests.engine import fakes
from tests.engine.conftest import Bench
from tests.engine.fakes import delivery

pytestmark = pytest.mark.looptime(start=0)

PLACE = Place(namespace="notifier", config_map="cm", secret="secret")


def compiled(
    config_map: Mapping[str, str], secret: Mapping[str, bytes], previous: Configuration | None
) -> Configuration:
    """Compile as the real one does: a service per line, its token from the Secret; `bad` is a
    fault."""
    del previous
    names = config_map.get("services", "").split()
    token = secret.get("token", b"none").decode()
    problems = [Problem(document="cm", key="services", message="bad")] if "bad" in names else []
    return Configuration(
        services={name: fakes.service(name, token=token) for name in names if name != "bad"},
        problems=problems,
    )


class Rig:
    """A configuring with its surroundings, on the dispatch bench."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.cluster = fakes.FakeCluster()
        self.changes = 0
        self.secrets: list[Any] = []
        bench.dispatch()
        self.configuring = Configuring(
            cluster=self.cluster,
            store=bench.store,
            gates=bench.gates,
            compile_with=compiled,
            place=PLACE,
            clock=bench.clock,
            recorder=bench.recorder,
            status=bench.status,
            on_change=self.changed,
            on_secrets=lambda scope, values: self.secrets.append((scope, list(values))),
        )

    def changed(self) -> None:
        """Count the changes announced."""
        self.changes += 1

    def config_map(self, services: str | None) -> None:
        """Let the watch yield a ConfigMap, None if it is deleted."""
        raw = None if services is None else orjson.dumps({"data": {"services": services}})
        self.cluster.config_maps.put_nowait(raw)

    def secret(self, token: str) -> None:
        """Make the Secret exist."""
        data = {"token": base64.b64encode(token.encode()).decode(), "broken": "&&"}
        metadata = {"namespace": "notifier", "name": "secret"}
        self.cluster.put("Secret", {"metadata": metadata, "data": data})

    @property
    def tokens(self) -> dict[str, str]:
        """Return the token of each service in force."""
        found = self.configuring.of_scope("central")
        assert found is not None
        return {name: spec.options.token for name, spec in found.services.items()}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run until the end of the block."""
        task = asyncio.create_task(self.configuring.run())
        try:
            await asyncio.wait_for(self.configuring.loaded(), 5)
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})


@pytest.fixture
def rig(bench: Bench) -> Rig:
    """A rig on the bench."""
    return Rig(bench)


async def test_missing_objects_count_as_empty(rig: Rig) -> None:
    """Neither ConfigMap nor Secret: loaded, without services and without a fault."""
    rig.config_map(None)
    async with rig.running():
        assert rig.tokens == {}
        assert rig.bench.status.faults() == ()


async def test_a_changed_config_map_is_in_force_at_once(rig: Rig) -> None:
    """Each version of the ConfigMap is compiled with the Secret as it is then."""
    rig.secret("one")
    rig.config_map("post")
    async with rig.running():
        assert rig.tokens == {"post": "one"}
        rig.secret("two")
        rig.config_map("post other")
        await asyncio.sleep(1)
        assert rig.tokens == {"post": "two", "other": "two"}
        assert rig.secrets[-1] == ("central", ["two"])


async def test_the_secret_is_read_again_every_five_minutes(rig: Rig) -> None:
    """A rotated Secret is found without a change of the ConfigMap; nothing changed is no change."""
    rig.secret("one")
    rig.config_map("post")
    async with rig.running():
        await asyncio.sleep(320)
        assert rig.changes == 1
        rig.secret("two")
        await asyncio.sleep(320)
        assert rig.tokens == {"post": "two"}
        assert rig.changes == 2


async def test_a_refused_credential_makes_the_secret_be_read_soon(rig: Rig) -> None:
    """After a refusal the Secret is read at once, but not for every refusal."""
    rig.secret("one")
    rig.config_map("post")
    async with rig.running():
        await asyncio.sleep(1)
        before = len(rig.cluster.reads)
        rig.secret("two")
        for _ in range(50):
            rig.configuring.doubt_credentials("central")
            await asyncio.sleep(0.1)
        assert rig.tokens == {"post": "two"}
        assert len(rig.cluster.reads) - before <= 2


async def test_a_change_re_arms_what_was_parked(rig: Rig, bench: Bench) -> None:
    """A new token lets the parked rows of that service go at once; the whole way, from refusal to
    delivery, without waiting for the hourly probe."""
    rig.secret("wrong")
    rig.config_map("post")
    bench.receiver.answer = lambda _: (
        Misconfigured(Reason.CREDENTIAL) if bench.receiver.options[-1].token == "wrong" else None
    )
    await bench.commit(*(delivery(1, recipient=f"r{n}") for n in range(5)))
    async with rig.running():
        bench.configuration = rig.configuring.for_namespace("")[0]
        async with bench.running(workers=1) as dispatch:
            rig.configuring._around.gates = bench.gates
            ids = [delivery(1, recipient=f"r{n}").id for n in range(5)]
            await bench.until(State.PARKED, ids)
            rig.secret("right")
            rig.config_map("post")
            await asyncio.sleep(0.1)
            bench.configuration = rig.configuring.for_namespace("")[0]
            dispatch.wake()
            await bench.until(State.DELIVERED, ids)
    assert bench.clock.monotonic() < 10


async def test_faults_are_logged_once_per_change(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """A fault that stays is not repeated with every reload."""
    caplog.set_level(logging.INFO, "notifier")
    rig.config_map("bad")
    async with rig.running():
        rig.config_map("bad post")
        await asyncio.sleep(1)
        rig.config_map("bad post other")
        await asyncio.sleep(1)
    faults = [each for each in caplog.records if each.message == "configuration fault"]
    assert len(faults) == 1
    assert rig.bench.recorder.counts["configured", "central"] == 3


async def test_without_the_right_the_rest_goes_on(rig: Rig) -> None:
    """A forbidden Secret is shown as degraded, the ConfigMap still counts, and it recovers."""
    rig.secret("one")
    rig.cluster.fault = lambda kind, _: (
        Forbidden("secrets: forbidden") if kind == "Secret" else None
    )
    rig.config_map("post")
    async with rig.running():
        assert rig.tokens == {"post": "none"}
        assert rig.bench.status.faults() == ("secret: secrets: forbidden",)
        await asyncio.sleep(3600)
        assert rig.bench.status.faults() == ("secret: secrets: forbidden",)
        rig.cluster.fault = lambda _kind, _name: None
        await asyncio.sleep(320)
        assert rig.tokens == {"post": "one"}
        assert rig.bench.status.faults() == ()


async def test_a_right_that_was_just_given_counts_in_seconds(rig: Rig) -> None:
    """The API server refuses until it has read a new role: neither the ConfigMap nor the Secret is
    then left alone for long."""
    watch, may_read = rig.cluster.watch_object, rig.bench.clock.monotonic() + 2.5

    def fault(kind: str, _: str) -> Forbidden | None:
        too_early = rig.bench.clock.monotonic() < may_read + 2.5
        return Forbidden("secrets: forbidden") if kind == "Secret" and too_early else None

    async def refusing(kind: str, namespace: str, name: str) -> AsyncIterator[bytes | None]:
        if rig.bench.clock.monotonic() < may_read:
            raise Forbidden("configmaps: forbidden")
        async for raw in watch(kind, namespace, name):
            yield raw

    rig.cluster.watch_object = refusing  # type: ignore[method-assign]
    rig.cluster.fault = fault
    rig.secret("one")
    rig.config_map("post")
    async with rig.running():
        await asyncio.sleep(5)
        assert rig.tokens == {"post": "none"}
        await asyncio.sleep(5)
        assert rig.tokens == {"post": "one"}
        assert rig.bench.status.faults() == ()


async def test_a_secret_that_cannot_be_read_leaves_the_last_one_in_force(rig: Rig) -> None:
    """An unreachable API server is no reason to forget credentials."""
    rig.secret("one")
    rig.config_map("post")
    async with rig.running():
        rig.cluster.fault = lambda _kind, _name: Forbidden("gone")
        rig.config_map("post other")
        await asyncio.sleep(1)
        assert rig.tokens == {"post": "one", "other": "one"}


async def test_an_unreadable_config_map_is_degraded_not_fatal(rig: Rig) -> None:
    """Without the right to watch the ConfigMap the catalogue serves, and it is tried again."""
    watch = rig.cluster.watch_object

    async def refusing(kind: str, namespace: str, name: str) -> AsyncIterator[bytes | None]:
        if rig.bench.clock.monotonic() < 60:
            raise Forbidden("configmaps: forbidden")
        async for raw in watch(kind, namespace, name):
            yield raw

    rig.cluster.watch_object = refusing  # type: ignore[method-assign]
    rig.config_map("post")
    async with rig.running():
        assert rig.bench.status.faults() == ("configuration: configmaps: forbidden",)
        assert rig.tokens == {}
        await asyncio.sleep(70)
        assert rig.tokens == {"post": "none"}
        assert rig.bench.status.faults() == ()


async def test_re_arming_outlives_a_store_outage(rig: Rig, bench: Bench) -> None:
    """Rows of a changed service are re-armed once the store is back."""
    rearmed = []

    async def rearm(*, scope: str, services: Collection[str], now: float) -> int:
        if bench.clock.monotonic() < 100:
            raise StoreError("locked")
        rearmed.append((scope, set(services), now))
        return 3

    bench.store.rearm = rearm  # type: ignore[method-assign]
    rig.config_map("post")
    async with rig.running():
        await asyncio.sleep(600)
    assert [each[:2] for each in rearmed] == [("central", {"post"})]


async def test_no_other_scope_is_known(rig: Rig) -> None:
    """A scope without a configuration has none."""
    assert rig.configuring.of_scope("shop") is None
