"""The chart's narrower and wider rights on a real server: what the daemon needs, and no more."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests import postgres
from tests.acceptance.harness import until
from tests.cluster import api, manifests
from tests.cluster.control_plane import ControlPlane, namespace
from tests.cluster.release import Release
from tests.cluster.test_rights import CONFIG_MAP, EVERYWHERE, READ, SECRET, rules
from tests.receivers import ledger
from tests.stores import places

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

LOOPBACK = {"delivery": {"allow_addresses": ["127.0.0.1"]}}
OWN = {("", "configmaps", CONFIG_MAP): READ, ("", "secrets", SECRET): ("get",)}
"""One ConfigMap and one Secret, by name."""

MODES: Mapping[str, Mapping[str, Any]] = {
    "narrow": {
        "clusterWide": False,
        "config": {**LOOPBACK, "cluster": {"namespaces": ["near", "close"]}},
    },
    "strict": {"config": LOOPBACK, "selfService": {"enabled": True, "namespaces": ["near"]}},
    "simple": {"config": LOOPBACK, "selfService": {"enabled": True, "mode": "simple"}},
    "replicated": {"config": LOOPBACK},
}

GOLDEN: Mapping[str, Mapping[str, Mapping[tuple[str, str, str], tuple[str, ...]]]] = {
    "narrow": {"near": EVERYWHERE, "close": EVERYWHERE, "far": {}},
    "strict": {"near": {**EVERYWHERE, **OWN}, "far": EVERYWHERE},
    "simple": {
        "far": {
            **EVERYWHERE,
            ("", "configmaps", ""): ("list", "watch"),
            ("", "secrets", SECRET): ("get",),
        }
    },
    "replicated": {
        "notifier-replicated": {
            **EVERYWHERE,
            **OWN,
            ("coordination.k8s.io", "leases", ""): ("create",),
            ("coordination.k8s.io", "leases", "replicated-notifier"): ("get", "update"),
        },
        "far": EVERYWHERE,
    },
}
"""What the daemon may do, by mode and namespace."""


@pytest_asyncio.fixture(scope="module", loop_scope="session", params=MODES)
async def installed(
    request: pytest.FixtureRequest,
    plane: ControlPlane,
    session: aiohttp.ClientSession,
    receiver: tuple[str, Path],
) -> AsyncIterator[Release]:
    """A release of one mode, whose daemon is ready."""
    for name in ("near", "close", "far"):
        await plane.api.apply(namespace(name))
    one = Release(plane, request.param, session, receiver[0], MODES[request.param])
    if request.param == "replicated":
        if not places.available():
            pytest.skip(postgres.missing())
        one.servers, one.database = [plane.url] * 2, postgres.shared().database()
    await one.install()
    await one.start()
    yield one
    await one.kill()


async def test_rules_are_the_golden_ones(installed: Release) -> None:
    """The server lists these rules in each kind of namespace, and no other."""
    async with api.connect(installed.kubeconfig()) as client:
        for where, golden in GOLDEN[installed.name].items():
            assert await rules(client, where) == {key: set(verbs) for key, verbs in golden.items()}


async def test_daemon_lacks_nothing(
    installed: Release, plane: ControlPlane, receiver: tuple[str, Path]
) -> None:
    """It is ready without a fault, and tells of a Rollout where it may look."""
    daemon = installed.daemon
    assert daemon is not None
    status, text = await daemon.get("/readyz?verbose")
    assert (status, json.loads(text)["degraded"]) == (200, [])
    rollout = manifests.canary()
    rollout["metadata"] = {**rollout["metadata"], "namespace": "near", "name": installed.name}
    await plane.api.apply(rollout)

    def told() -> bool:
        bodies = [
            json.loads(one["body"])
            for one in ledger.read(receiver[1])
            if one["path"] == f"/{installed.name}"
        ]
        return any(body["rollout"]["name"] == installed.name for body in bodies)

    await until(told, f"{installed.name} is told of its Rollout")


async def test_team_is_read_where_it_takes_part(installed: Release, plane: ControlPlane) -> None:
    """Where teams take part, the ConfigMap of one of them comes into force."""
    daemon = installed.daemon
    assert daemon is not None
    labels = {"notifications.argoproj.io/self-service": "true"}
    metadata = {"name": CONFIG_MAP, "namespace": "near", "labels": labels}
    config_map = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": metadata, "data": {}}
    await plane.api.apply(config_map)
    if installed.name in {"narrow", "replicated"}:
        assert not daemon.logged("configuration in force", scope="near")
        return
    await until(
        lambda: bool(daemon.logged("configuration in force", scope="near")), "the team's is read"
    )
