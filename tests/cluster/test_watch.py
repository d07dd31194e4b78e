"""What a real server does to a watch, and that nothing comes of it but the right events."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from notifier.app.daemon import SystemClock
from notifier.core.settings import ClusterSettings
from notifier.kube import credentials, listing, streaming
from notifier.kube.client import Client
from tests.acceptance.harness import until
from tests.cluster import api, events, manifests, stage
from tests.cluster.control_plane import ControlPlane, namespace
from tests.cluster.manifests import PAUSE, weight
from tests.cluster.release import Release
from tests.cluster.stage import MetricServer, Stage, eventually

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

GATED = [weight(50), PAUSE]

UPDATED = "on-rollout-updated"
STEP = "on-rollout-step-completed"
PAUSED = "on-rollout-paused"
COMPLETED = "on-rollout-completed"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def installed(
    plane: ControlPlane, session: aiohttp.ClientSession, receiver: tuple[str, Path]
) -> Release:
    """A release of its own, to be put to the test."""
    one = Release(plane, "watching", session, receiver[0])
    await one.install()
    return one


@pytest_asyncio.fixture(loop_scope="session")
async def watching(installed: Release) -> AsyncIterator[Release]:
    """Its daemon, started anew: patient with nothing yet."""
    await installed.start()
    yield installed
    await installed.kill()


async def _at_gate(plane: ControlPlane, where: str) -> Stage:
    """Bring a canary to its gate."""
    actor = Stage(plane, where, MetricServer())
    await actor.open()
    await actor.apply(manifests.canary(GATED))
    await actor.completed()
    await actor.update()
    await actor.paused()
    return actor


async def _told(release: Release, where: str, *triggers: str) -> None:
    """The events of the Rollout's own status become these, none of them recovered."""

    async def found() -> list[dict[str, Any]]:
        items = await release.recorded((where, manifests.NAME))
        return [item for item in reversed(items) if item["trigger"] != events.SCALING]

    async def all_there() -> bool:
        return len(await found()) >= len(triggers)

    await until(all_there, f"{where}: {len(triggers)} events", 40)
    await asyncio.sleep(1)  # what is told too much would come now
    assert [item["trigger"] for item in await found()] == list(triggers)
    assert not [item for item in await found() if item["recovered"]]


BEFORE = (UPDATED, COMPLETED, UPDATED, STEP, PAUSED)


async def test_change_of_the_crd(watching: Release, plane: ControlPlane) -> None:
    """A changed CRD ends every watch and expires its versions (429, then 410): the daemon lists
    again, tells nothing twice, and the next change is none after a gap (row 68)."""
    actor = await _at_gate(plane, "crd-changed")
    await _told(watching, "crd-changed", *BEFORE)
    await plane.change_crd("rollouts")
    await _watches_again(watching, "crd-changed")
    await _told(watching, "crd-changed", *BEFORE)
    await _promote(actor)
    await _told(watching, "crd-changed", *BEFORE, STEP, COMPLETED)


async def test_restart_of_the_server(watching: Release, plane: ControlPlane) -> None:
    """The server is killed and comes back: nothing is told of it, and everything after it is.

    A server that starts refuses everybody (403) until it has read the roles: no reason to give up.
    """
    actor = await _at_gate(plane, "server-restarted")
    await _told(watching, "server-restarted", *BEFORE)
    await plane.stop_server()
    await asyncio.sleep(3)
    await plane.start_server()
    await _watches_again(watching, "server-restarted")
    await _promote(actor)
    await _told(watching, "server-restarted", *BEFORE, STEP, COMPLETED)
    assert watching.daemon is not None
    assert (await watching.daemon.get("/readyz"))[0] == 200


async def test_rotated_token(installed: Release, plane: ControlPlane) -> None:
    """A token that the server no longer knows is replaced by the one in the file, without a
    restart of the daemon."""
    await _with_bound_token(installed)
    await installed.start()
    actor = await _at_gate(plane, "token-rotated")
    await _told(installed, "token-rotated", *BEFORE)
    async with api.connect(installed.kubeconfig()) as former:
        await plane.api.delete("Secret", "bound", installed.namespace)
        # The server remembers a token that it has accepted for ten seconds.
        await eventually(lambda: _refused(former), "the former token is refused")
    await installed.renew_token()
    await plane.change_crd("rollouts")
    await _watches_again(installed, "token-rotated")
    await _promote(actor)
    await _told(installed, "token-rotated", *BEFORE, STEP, COMPLETED)
    await installed.kill()


async def test_revoked_right(watching: Release, plane: ControlPlane) -> None:
    """Without the right to experiments they are shown as not observed, Rollouts go on; with it
    they are observed again."""
    name = f"{watching.account}-{watching.namespace}"
    role = await plane.api.get("ClusterRole", name)
    rules = copy.deepcopy(role["rules"])
    rules[0]["resources"].remove("experiments")
    await plane.api.patch("ClusterRole", name, "", {"rules": rules})
    await plane.change_crd("experiments")
    await eventually(lambda: _degraded(watching), "experiments are shown as not observed")
    actor = await _at_gate(plane, "right-revoked")
    await _promote(actor)
    await _told(watching, "right-revoked", *BEFORE, STEP, COMPLETED)
    await plane.api.patch("ClusterRole", name, "", {"rules": role["rules"]})
    await eventually(lambda: _whole(watching), "experiments are observed again", 120)


async def test_expired_page(plane: ControlPlane) -> None:
    """The token of the next page expires (etcd compacts): the list is made once more, whole."""
    where = "paging"
    await plane.api.apply(namespace(where))
    for number in range(listing.PAGE + 50):
        await plane.api.create(_config_map(where, f"entry-{number}"))
    client = Client(
        credentials.loader(ClusterSettings(kubeconfig=str(plane.kubeconfig))), clock=SystemClock()
    )
    pages = listing.pages(client, f"/{api.path('ConfigMap', where)}", {}, "")
    first = await anext(pages)
    await plane.api.create(_config_map(where, "afterwards"))
    await plane.compact()
    rest = [page async for page in pages]
    await client.close()
    assert first.first
    assert not first.last
    assert [page.first for page in rest] == [True], "the token had not expired"
    assert len(_names(rest[0].items)) == listing.PAGE + 51


async def test_streamed_list(installed: Release, plane: ControlPlane) -> None:
    """The lists of a daemon that starts are streams on this server, and a stream shows the set that
    pages show, of a built-in kind and of a custom one."""
    observed = ("rollouts", "analysisruns", "experiments")
    before = {plural: await _streamed(plane, plural) for plural in observed}

    async def daemon_streams() -> bool:
        return all([await _streamed(plane, plural) > before[plural] for plural in observed])

    await installed.start()
    await eventually(daemon_streams, "the daemon's lists are streams")
    await installed.kill()
    where = "streaming"
    await plane.api.apply(namespace(where))
    for number in range(listing.PAGE + 50):
        await plane.api.create(_config_map(where, f"entry-{number}"))
    for number in range(5):
        rollout = manifests.canary(GATED, replicas=0)
        rollout["metadata"] |= {"name": f"entry-{number}", "namespace": where}
        await plane.api.create(rollout)
    client = Client(
        credentials.loader(ClusterSettings(kubeconfig=str(plane.kubeconfig))), clock=SystemClock()
    )
    for kind, count in (("ConfigMap", listing.PAGE + 50), ("Rollout", 5)):
        path = f"/{api.path(kind, where)}"
        plural = path.rpartition("/")[2]
        so_far = await _streamed(plane, plural)
        lists = streaming.Lists(client, path, {})
        streamed = [page async for page in lists.pages("", verify=False)]
        paged = [page async for page in listing.pages(client, path, {}, "")]
        assert await _streamed(plane, plural) == so_far + 1
        assert [page.last for page in streamed] == [page.last for page in paged]
        names = {name for page in streamed for name in _names(page.items)}
        assert names == {name for page in paged for name in _names(page.items)}
        assert len(names) >= count
        assert int(streamed[0].version) <= int(paged[0].version)
    await client.close()


async def _streamed(plane: ControlPlane, plural: str) -> int:
    """Return how many lists of a resource the server has streamed."""
    text: str = await plane.api.request("GET", "metrics")
    counts = [
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith("apiserver_watch_list_duration_seconds_count{")
        and f'resource="{plural}"' in line
    ]
    return int(sum(counts))


def _config_map(where: str, name: str) -> api.Object:
    metadata = {"name": name, "namespace": where}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def _names(items: Sequence[Any]) -> set[str]:
    return {json.loads(bytes(item))["metadata"]["name"] for item in items}


async def _with_bound_token(release: Release) -> None:
    """Put a token in the file that ends with a Secret."""
    bound = stage.secret("bound", release.namespace)
    made = await release.plane.api.apply(bound)
    reference = {
        "apiVersion": "v1",
        "kind": "Secret",
        "name": "bound",
        "uid": made["metadata"]["uid"],
    }
    await release.renew_token(boundObjectRef=reference)


async def _promote(actor: Stage) -> None:
    await actor.plugin("promote", manifests.NAME)
    await actor.completed(2)


async def _watches_again(release: Release, where: str) -> None:
    """Wait until the daemon tells of a Rollout that is made now."""
    probe = Stage(release.plane, f"{where}-probe", MetricServer())
    await probe.open()
    await probe.apply(manifests.canary())

    async def told() -> bool:
        return bool(await release.recorded((probe.namespace, manifests.NAME)))

    await eventually(told, "Rollouts are watched again", 120)


async def _refused(client: api.Api) -> bool:
    try:
        await client.list("Rollout")
    except api.RefusedError as refusal:
        return refusal.status == 401
    return False


async def _degraded(release: Release) -> bool:
    """Say whether experiments, and they alone, are shown as not observed by a ready daemon."""
    assert release.daemon is not None
    status, text = await release.daemon.get("/readyz?verbose")
    parts = json.loads(text)["degraded"]
    return status == 200 and bool(parts) and all("experiments" in part for part in parts)


async def _whole(release: Release) -> bool:
    assert release.daemon is not None
    status, text = await release.daemon.get("/readyz?verbose")
    return status == 200 and not json.loads(text)["degraded"]
