"""What a watch has to bear from a server that is changed on purpose: bookmarks, a new authority,
priority and fairness (W6, W22, W13 and W14 of spec/reliability.md)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from notifier.app.daemon import SystemClock
from notifier.core.errors import ClusterError
from notifier.core.model import Observation
from notifier.core.settings import ClusterSettings
from notifier.kube import credentials, faults, listing
from notifier.kube.client import Client, Deadlines
from notifier.kube.framing import Lines
from notifier.kube.reflector import Reflector
from notifier.kube.replica import Replica
from notifier.kube.resources import OBSERVED
from tests.cluster import api, manifests, second
from tests.cluster.control_plane import ControlPlane, namespace
from tests.cluster.second import SecondServer
from tests.cluster.stage import eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

ROLLOUTS = OBSERVED["rollouts"]
QUIET_S = 8
"""Seconds of a watch; a server sends a bookmark shortly before the end of each."""
THROTTLED_S = 12.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(plane: ControlPlane, folder: Path) -> AsyncIterator[SecondServer]:
    """A server of its own."""
    async with second.running(plane, folder) as one:
        yield one


@asynccontextmanager
async def connected(server: SecondServer, **deadlines: float) -> AsyncIterator[Client]:
    """Give the daemon's client of that server."""
    load = credentials.loader(ClusterSettings(kubeconfig=str(server.kubeconfig)))
    client = Client(load, clock=SystemClock(), deadlines=Deadlines(**deadlines))
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def observing(client: Client) -> AsyncIterator[tuple[Reflector, list[Observation]]]:
    """Observe Rollouts; what was seen is in the list."""
    reflector = Reflector(client, clock=SystemClock(), jitter=random.Random(1).random)  # noqa: S311 - spreads retries, guards nothing
    seen: list[Observation] = []

    async def observe() -> None:
        async with aclosing(reflector.observe("rollouts")) as batches:
            async for batch in batches:
                seen.extend(batch)

    task = asyncio.create_task(observe())
    try:
        yield reflector, seen
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_w6_a_bookmark_moves_a_quiet_watch(server: SecondServer, plane: ControlPlane) -> None:
    """Nothing happens to Rollouts while others write: the next watch begins after all of that,
    and not at the list, whose version is the first that the server forgets."""
    where = "quiet"
    await plane.api.apply(namespace(where))
    replica = Replica("rollouts", ROLLOUTS, where)
    async with connected(server) as client:
        path = ROLLOUTS.path(where)
        async with aclosing(listing.pages(client, path, {}, "")) as pages:
            async for page in pages:
                replica.begin(page.version, verify=False)
                replica.complete(page.version)
        listed = replica.version
        made = [await plane.api.create(_config_map(where, f"other-{n}")) for n in range(5)]
        assert await _watch(client, path, replica) == []
        moved = replica.version
        assert int(moved) >= int(made[-1]["metadata"]["resourceVersion"]) > int(listed)
        rollout = manifests.canary(replicas=0)
        rollout["metadata"] |= {"name": "late", "namespace": where}
        await plane.api.apply(rollout)
        seen = await _watch(client, path, replica)
        assert [each.type for each in seen][:1] == ["ADDED"]
        assert all(each.contiguous for each in seen)
        assert int(replica.version) > int(moved)


async def test_w22_the_authority_of_the_server_is_replaced(
    server: SecondServer, plane: ControlPlane
) -> None:
    """A certificate that nobody vouches for is not talked to; once the file names the new authority
    requests work again, without a new client."""
    async with connected(server, token_s=0.5, tls_s=1.0) as client:
        query = {"watch": "true", "timeoutSeconds": "120"}
        held = client.stream(ROLLOUTS.path(""), query)  # requests beside it connect anew
        await anext(held)
        server.rotate()

        async def refused() -> bool:
            async with connected(server) as another:
                try:
                    await another.get("/version")
                except ClusterError as err:
                    return "certificate" in str(err).lower()
                return False

        await eventually(refused, "the server shows its new certificate")

        async def answers() -> bool:
            with suppress(ClusterError):
                await client.get("/version")
                return True
            return False

        assert not await answers()
        server.trust()
        await eventually(answers, "the client trusts the new authority")
        await held.aclose()


async def test_w13_w14_who_is_throttled_waits_and_asks_little(
    server: SecondServer, plane: ControlPlane
) -> None:
    """Priority and fairness refuses whatever a user asks (429, Retry-After): few requests, none of
    them a second list, and all is there once it lets the user in."""
    await plane.api.apply(namespace("throttled"))
    rollout = manifests.canary(replicas=0)
    rollout["metadata"] |= {"name": "throttled", "namespace": "throttled"}
    await plane.api.apply(rollout)
    await plane.api.apply(_one_at_a_time())
    await plane.api.apply(_flow(second.USER))
    async with connected(server) as client, _busy(server):
        await eventually(lambda: _throttled(client), "the user is throttled")
        before = await _refusals(server)
        async with observing(client) as (reflector, seen):
            await asyncio.sleep(THROTTLED_S)
            assert seen == []
            assert 2 <= await _refusals(server) - before <= 6
            assert reflector.statistics.errors["rollouts", "refused"] >= 2
            await plane.api.delete("FlowSchema", "throttled")
            await eventually(lambda: _synced(seen), "observing begins")
            assert dict(reflector.statistics.relists) == {("rollouts", "start"): 1}
            assert any(b'"throttled"' in each.raw for each in seen if each.type == "LISTED")


@asynccontextmanager
async def _busy(server: SecondServer) -> AsyncIterator[None]:
    """Keep one request of the user waiting: it does not send all of its body."""
    over = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await over.wait()

    async def ask() -> None:
        async with api.connect(server.kubeconfig) as client:
            while not over.is_set():  # the server ends it after a minute
                await client.send("POST", "api/v1/namespaces/throttled/configmaps", body())

    task = asyncio.create_task(ask())
    try:
        yield
    finally:
        over.set()
        task.cancel()
        with suppress(asyncio.CancelledError, api.RefusedError):
            await task


async def _synced(seen: list[Observation]) -> bool:
    return any(each.type == "SYNCED" for each in seen)


async def _watch(client: Client, path: str, replica: Replica) -> list[Observation]:
    """Watch for a while from where the replica stands; return what was seen."""
    lines, seen = Lines(), list[Observation]()
    query = {
        "watch": "true",
        "allowWatchBookmarks": "true",
        "resourceVersion": replica.version,
        "timeoutSeconds": str(QUIET_S),
    }
    async with aclosing(client.stream(path, query)) as chunks:
        async for chunk in chunks:
            found, fault = replica.watched(lines.feed(chunk))
            if fault is not None:
                raise fault
            seen += found
    return seen


async def _throttled(client: Client) -> bool:
    """Whether priority and fairness refuses the user, and asks to wait for a second."""
    try:
        await client.get("/version")
    except faults.Busy as err:
        return bool(err.after_s)
    return False


async def _refusals(server: SecondServer) -> int:
    """Return how many requests of the flow the server has refused."""
    async with api.connect(server.everything()) as one:
        text: str = await one.request("GET", "metrics")
    counts = [
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith("apiserver_flowcontrol_rejected_requests_total{")
        and 'flow_schema="throttled"' in line
    ]
    return int(sum(counts))


def _one_at_a_time() -> api.Object:
    """Return a priority level that lets one request in if there is no other, and queues nobody."""
    limited: dict[str, Any] = {
        "nominalConcurrencyShares": 0,
        "lendablePercent": 0,
        "borrowingLimitPercent": 0,
        "limitResponse": {"type": "Reject"},
    }
    return {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
        "kind": "PriorityLevelConfiguration",
        "metadata": {"name": "throttled"},
        "spec": {"type": "Limited", "limited": limited},
    }


def _flow(user: str) -> api.Object:
    """Return what puts all of a user's requests there."""
    everything = {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "namespaces": ["*"]}
    rules = {
        "subjects": [{"kind": "User", "user": {"name": user}}],
        "resourceRules": [{**everything, "clusterScope": True}],
        "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
    }
    return {
        "apiVersion": "flowcontrol.apiserver.k8s.io/v1",
        "kind": "FlowSchema",
        "metadata": {"name": "throttled"},
        "spec": {
            "matchingPrecedence": 10,
            "priorityLevelConfiguration": {"name": "throttled"},
            "rules": [rules],
        },
    }


def _config_map(where: str, name: str) -> api.Object:
    metadata = {"name": name, "namespace": where}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}
