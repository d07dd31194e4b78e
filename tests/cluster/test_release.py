"""The chart on a real server: admitted under the strictest level, upgraded and rolled back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import yaml

from tests.acceptance.harness import until
from tests.cluster import api, manifests
from tests.cluster.control_plane import ControlPlane, namespace
from tests.cluster.release import CHART, RESTRICTED, Release
from tests.cluster.stage import eventually
from tests.receivers import ledger

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

VARIANTS: dict[str, dict[str, Any]] = {
    "defaults": {},
    **{file.stem: yaml.safe_load(file.read_text()) for file in (CHART / "ci").glob("*.yaml")},
    "no-volume": {"store": {"sqlite": {"persistence": {"enabled": False}}}},
    "scheduled": {
        "nodeSelector": {"kubernetes.io/os": "linux"},
        "tolerations": [{"operator": "Exists"}],
        "resources": {"limits": {"memory": "1Gi"}},
    },
}


@pytest.mark.parametrize("variant", VARIANTS)
async def test_pods_are_admitted_as_restricted(
    variant: str, plane: ControlPlane, steady: Release, tmp_path: Path
) -> None:
    """The pod that the chart renders passes Pod Security `restricted`; without its safeguards it
    would not."""
    where = f"restricted-{variant}"
    await plane.api.apply(namespace(where, **RESTRICTED))
    file = tmp_path / "values.json"
    file.write_text(json.dumps(VARIANTS[variant]))
    rendered = await steady.helm("template", "x", str(CHART), "--values", str(file))
    deployment = next(o for o in yaml.safe_load_all(rendered) if o and o["kind"] == "Deployment")
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "daemon", "namespace": where},
        "spec": deployment["spec"]["template"]["spec"],
    }
    await plane.api.request("POST", f"{api.path('Pod', where)}?dryRun=All", pod)
    del pod["spec"]["containers"][0]["securityContext"]
    with pytest.raises(api.RefusedError, match="violates PodSecurity"):
        await plane.api.request("POST", f"{api.path('Pod', where)}?dryRun=All", pod)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def upgraded(
    plane: ControlPlane, session: aiohttp.ClientSession, receiver: tuple[str, Path]
) -> AsyncIterator[Release]:
    """A release of its own, to be upgraded."""
    one = Release(plane, "upgraded", session, receiver[0])
    await one.install()
    await one.start()
    yield one
    await one.kill()


async def test_upgrade_and_rollback(
    upgraded: Release, plane: ControlPlane, receiver: tuple[str, Path]
) -> None:
    """An upgrade of the notifications reaches the running daemon; a rollback takes it back; other
    settings make another pod."""
    rollout = manifests.canary()
    rollout["metadata"]["namespace"] = where = "upgrade"
    await plane.api.apply(namespace(where))
    await plane.api.apply(rollout)
    await _arrives(receiver[1], "/upgraded", where, 1)

    values = json.loads((upgraded.folder / "values.json").read_text())
    values["notifications"]["service.webhook.audit"]["url"] = f"{receiver[0]}/moved"
    values["clusterName"] = "renamed"
    file = upgraded.folder / "second.json"
    file.write_text(json.dumps(values))
    pods = await _pods(upgraded)
    await upgraded.helm("upgrade", upgraded.name, str(CHART), "--values", str(file))
    await _reloaded(upgraded, 2)
    await _change(plane, where, "v2")
    await _arrives(receiver[1], "/moved", where, 2)
    await eventually(lambda: _replaced(upgraded, pods), "another pod for other settings")

    await upgraded.helm("rollback", upgraded.name, "1")
    await _reloaded(upgraded, 3)
    await _change(plane, where, "v3")
    await _arrives(receiver[1], "/upgraded", where, 3)
    history = json.loads(await upgraded.helm("history", upgraded.name, "--output", "json"))
    assert [one["status"] for one in history] == ["superseded", "superseded", "deployed"]


async def test_nothing_is_left(plane: ControlPlane, session: aiohttp.ClientSession) -> None:
    """After an uninstall nothing of the release is there, cluster-wide objects included."""
    one = Release(plane, "gone", session, "http://127.0.0.1:1")
    await one.install()
    before = await _names(plane, one)
    await one.helm("uninstall", one.name, "--wait")
    assert before
    assert not await _names(plane, one)


async def _names(plane: ControlPlane, release: Release) -> list[str]:
    kinds = ("ClusterRole", "ClusterRoleBinding", "Role", "ServiceAccount", "Deployment")
    query = f"labelSelector=app.kubernetes.io/instance%3D{release.name}"
    return [
        one["metadata"]["name"] for kind in kinds for one in await plane.api.list(kind, query=query)
    ]


async def _change(plane: ControlPlane, where: str, version: str) -> None:
    body = {"spec": {"template": manifests.pods(f"demo:{version}")}}
    await plane.api.patch("Rollout", manifests.NAME, where, body)


async def _reloaded(release: Release, times: int) -> None:
    daemon = release.daemon
    assert daemon is not None
    await until(lambda: len(daemon.logged("configuration in force")) >= times, "configuration read")


async def _arrives(file: Path, path: str, where: str, revision: int) -> None:
    """Wait for the message about a revision on a path of the receiver."""

    def arrived() -> bool:
        bodies = [json.loads(one["body"]) for one in ledger.read(file) if one["path"] == path]
        return any(
            body["rollout"]["namespace"] == where
            and body["trigger"] == "on-rollout-updated"
            and body["rollout"]["revision"] == revision
            for body in bodies
        )

    await until(arrived, f"revision {revision} arrives at {path}")


async def _pods(release: Release) -> set[str]:
    listed = await release.plane.api.list("Pod", release.namespace)
    return {one["metadata"]["name"] for one in listed}


async def _replaced(release: Release, before: set[str]) -> bool:
    after = await _pods(release)
    return bool(after) and not after & before
