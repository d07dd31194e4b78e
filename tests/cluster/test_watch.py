"""What a real server does to a watch, and that nothing comes of it but the right events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from notifier.app.daemon import SystemClock
from notifier.core.settings import ClusterSettings
from notifier.kube import credentials, listing
from notifier.kube.client import Client
from tests.acceptance.harness import until
from tests.cluster import api, events, manifests, stage
from tests.cluster.control_plane import ControlPlane, namespace
from tests.cluster.manifests import PAUSE, weight
from tests.cluster.release import Release
from tests.cluster.stage import MetricServer, Stage

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

GATED = [weight(50), PAUSE]
CRD = "rollouts.argoproj.io"
RELISTS = "notifier_watch_relists_total"

UPDATED = "on-rollout-updated"
STEP = "on-rollout-step-completed"
PAUSED = "on-rollout-paused"
COMPLETED = "on-rollout-completed"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def watching(
    plane: ControlPlane, session: aiohttp.ClientSession, receiver: tuple[str, Path]
) -> AsyncIterator[Release]:
    """A release of its own, to be put to the test."""
    one = Release(plane, "watching", session, receiver[0])
    await one.install()
    await one.start()
    yield one
    await one.kill()


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
        items = await release.events((where, manifests.NAME))
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
    before = await _relists(watching)
    crd = await plane.api.get("CustomResourceDefinition", CRD)
    versions = crd["spec"]["versions"]
    versions[0]["additionalPrinterColumns"].append(
        {"name": "Note", "type": "string", "jsonPath": ".metadata.annotations.note"}
    )
    await plane.api.patch("CustomResourceDefinition", CRD, "", {"spec": {"versions": versions}})

    async def listed_again() -> bool:
        return await _relists(watching) > before

    await until(listed_again, "listed again", 60)
    await _told(watching, "crd-changed", *BEFORE)
    await _promote(actor)
    await _told(watching, "crd-changed", *BEFORE, STEP, COMPLETED)


async def test_restart_of_the_server(watching: Release, plane: ControlPlane) -> None:
    """The server is killed and comes back: nothing is told of it, and everything after it is."""
    actor = await _at_gate(plane, "server-restarted")
    await _told(watching, "server-restarted", *BEFORE)
    await plane.stop_server()
    await asyncio.sleep(3)
    await plane.start_server()
    await _promote(actor)
    await _told(watching, "server-restarted", *BEFORE, STEP, COMPLETED)
    assert watching.daemon is not None
    assert (await watching.daemon.get("/readyz"))[0] == 200


async def test_rotated_token(watching: Release, plane: ControlPlane) -> None:
    """A token that the server no longer knows is replaced by the one in the file, without a
    restart of the daemon."""
    actor = await _at_gate(plane, "token-rotated")
    await _told(watching, "token-rotated", *BEFORE)
    await _with_bound_token(watching)
    await watching.kill()
    await watching.start()
    await plane.api.delete("Secret", "bound", watching.namespace)
    await watching.renew_token()
    await asyncio.sleep(11)  # the server remembers a token it has accepted for ten seconds
    await plane.stop_server()
    await plane.start_server()
    await _promote(actor)
    await _told(watching, "token-rotated", *BEFORE, STEP, COMPLETED)


async def test_revoked_right(watching: Release, plane: ControlPlane) -> None:
    """Without the right to experiments they are shown as not observed; Rollouts go on."""
    name = f"{watching.account}-{watching.namespace}"
    role = await plane.api.get("ClusterRole", name)
    rules = json.loads(json.dumps(role["rules"]))
    rules[0]["resources"].remove("experiments")
    await plane.api.patch("ClusterRole", name, "", {"rules": rules})
    await asyncio.sleep(1)
    await plane.stop_server()
    await plane.start_server()

    async def shown() -> bool:
        assert watching.daemon is not None
        status, text = await watching.daemon.get("/readyz?verbose")
        return status == 200 and any("experiments" in one for one in json.loads(text)["degraded"])

    await until(shown, "experiments are shown as not observed", 60)
    actor = await _at_gate(plane, "right-revoked")
    await _promote(actor)
    await _told(watching, "right-revoked", *BEFORE, STEP, COMPLETED)
    await plane.api.patch("ClusterRole", name, "", {"rules": role["rules"]})


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
    assert len(_names(rest[0].items)) == listing.PAGE + 52, "kube-root-ca.crt is one of them"


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


async def _relists(release: Release) -> int:
    """Return how often Rollouts were listed because their versions had expired."""
    assert release.daemon is not None
    _, text = await release.daemon.get("/metrics")
    wanted = (
        f'{RELISTS}{{reason="expired",resource="rollouts"}}',
        f'{RELISTS}{{resource="rollouts",reason="expired"}}',
    )
    lines = [line for line in text.splitlines() if line.startswith(wanted)]
    return int(float(lines[0].rsplit(" ", 1)[1]))
