"""What README and docs tell people to do is done, on a real server, and does what they say."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import yaml

from tests import postgres
from tests.acceptance.harness import until
from tests.cluster import api, manifests, processes, stage
from tests.cluster.control_plane import CONTROLLER_NAMESPACE, ControlPlane, namespace
from tests.cluster.documented import Documented, Page, listeners
from tests.cluster.manifests import PAUSE, weight
from tests.cluster.test_rights import CONFIG_MAP, SECRET
from tests.receivers.slack_api import SlackReceiver
from tests.stores import places

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(300)]

PAGES = ("README.md", "charts/notifier/README.md", "docs/operating.md")
INSTALLING = ("create secret", "helm install", "rollout status")
"""What is typed to install."""

FORWARD = "port-forward"
"""What needs a kubelet; the admin port is reached as it is."""

WHERE, NAME = "shop", "checkout"
"""The Rollout of the pages."""

PLACEHOLDER, TOKEN = "xoxb-…", "xoxb-1"
SOME_DELIVERY = "dlv_0123456789abcdef"


def installs(command: str) -> bool:
    """Say whether a command is one of those that install."""
    return any(words in command for words in INSTALLING)


class Reader:
    """Somebody who does what a page says, with a Slack of our own behind it."""

    def __init__(self, page: Page, more: str, release: Documented, slack: SlackReceiver) -> None:
        self.page = page
        self.values = page.values() | (page.block(more) if more else {})
        self.release = release
        self.slack = slack
        self.plane = release.plane
        self._overlay = release.folder / "overlay.yaml"

    async def install(self) -> None:
        """Type the commands of the page up to the installation."""
        self.release.prepare(self.values)
        ours: dict[str, Any] = {
            "services": {"slack": {"apiURL": self.slack.url}},
            "config": {"delivery": {"allow_addresses": ["127.0.0.1"]}},
        }
        if self.values.get("store"):
            await self._provide_database()
            ours["store"] = {"postgres": {"url": self.release.database}}
        for name in self.values.get("selfService", {}).get("namespaces", ()):
            await self.plane.api.apply(namespace(name))
        self._overlay.write_text(yaml.safe_dump(ours))
        for command in self.page.commands():
            if installs(command):
                await self.type(command)
        await self.release.mount()
        await self.release.start()

    async def _provide_database(self) -> None:
        """Make the database and the Secret that the page takes for granted."""
        self.release.database = postgres.shared().database()
        self.release.servers = [self.plane.url] * self.values["replicaCount"]
        name = self.values["store"]["postgres"]["existingSecret"]
        await self.plane.api.apply(stage.secret(name, CONTROLLER_NAMESPACE, password="x"))

    async def type(self, command: str, **how: str) -> str:
        """Type a command: with a token in place of its placeholder, to our Slack, and to the admin
        port, which no kubelet forwards here."""
        line = command.partition("  #")[0].replace(PLACEHOLDER, TOKEN)
        more: list[str] = []
        if line.startswith("helm"):
            more = ["-f", str(self._overlay)]
        elif line.startswith("notifier"):
            assert self.release.daemon is not None
            more = ["--server", self.release.daemon.admin]
        return await self.release.type(line, *more, **how)

    async def uninstall(self) -> None:
        """Leave nothing."""
        await self.release.kill()
        with contextlib.suppress(AssertionError):
            await self.release.type(f"helm uninstall notifier -n {CONTROLLER_NAMESPACE}")
        for kind, name, where in (
            ("Secret", SECRET, CONTROLLER_NAMESPACE),
            ("Rollout", NAME, WHERE),
        ):
            with contextlib.suppress(api.RefusedError):
                await self.plane.api.delete(kind, name, where)

    # --- a Rollout ----------------------------------------------------------------------------

    async def deploy(self) -> None:
        """Deploy the Rollout with the annotations of the page."""
        await self.plane.api.apply(namespace(WHERE))
        rollout = manifests.canary([weight(50), PAUSE])
        annotations = self.page.annotations()
        rollout["metadata"] |= {"name": NAME, "namespace": WHERE, "annotations": annotations}
        await self.plane.api.apply(rollout)
        await self.reaches("completed", lambda s: s.get("stableRS") and s["phase"] == "Healthy")

    async def change(self, version: str) -> None:
        """Change its version, and wait at the gate."""
        body = {"spec": {"template": manifests.pods(f"demo:{version}")}}
        await self.plane.api.patch("Rollout", NAME, WHERE, body)
        await self.reaches("paused", lambda s: s.get("pauseConditions"))

    async def abort(self) -> None:
        """Abort it with the plugin."""
        await self.plane.plugin("-n", WHERE, "abort", NAME)
        await self.reaches("aborted", lambda s: s.get("abort") and s["phase"] == "Degraded")

    async def reaches(self, what: str, holds: Any) -> None:
        """Wait until its status is as wished."""
        await self.plane.api.until(
            "Rollout", NAME, WHERE, lambda rollout: holds(rollout.get("status", {})), what
        )

    async def delivery(self, trigger: str, state: str) -> str:
        """Wait for a delivery of a trigger in a state; return its id."""
        found: list[str] = []

        async def is_there() -> bool:
            assert self.release.daemon is not None
            rows = await self.release.daemon.deliveries(state)
            found[:] = [row["id"] for row in rows if row["trigger"] == trigger]
            return bool(found)

        await until(is_there, f"{trigger} is {state}", 60)
        return found[0]


@pytest_asyncio.fixture(loop_scope="session")
async def reader(
    request: pytest.FixtureRequest, plane: ControlPlane, session: aiohttp.ClientSession
) -> AsyncIterator[Reader]:
    """A reader of the page that the test is for, who has installed it; with the values behind `#`,
    too."""
    name, _, more = request.param.partition("#")
    page = Page(name)
    folder = f"reader-{Path(page.name).parent.name or 'root'}-{request.node.originalname}"
    async with SlackReceiver(token=TOKEN) as slack:
        one = Reader(page, more, Documented(plane, folder, session, ""), slack)
        try:
            await one.install()
            yield one
        finally:
            await one.uninstall()


@pytest.mark.parametrize("reader", PAGES, indirect=True)
async def test_installed_as_the_page_says(reader: Reader) -> None:
    """Installed with the page's commands and values: whoever the page names is told in Slack of a
    Rollout that is annotated by hand, and nobody else is."""
    await reader.deploy()
    await reader.change("v2")
    await reader.abort()
    asked = listeners(reader.values, reader.page.annotations())
    for trigger, _ in asked:
        await reader.delivery(trigger, "delivered")
    daemon = reader.release.daemon
    assert daemon is not None
    await daemon.settled()
    rows = await daemon.deliveries()
    assert {(row["trigger"], row["recipient"].lstrip("#")) for row in rows} == asked
    posts = [given for method, given in reader.slack.calls if method == "chat.postMessage"]
    assert {post["channel"].lstrip("#") for post in posts} == {channel for _, channel in asked}
    assert all(f"{WHERE}/{NAME}" in str(post) or NAME in str(post) for post in posts)


@pytest.mark.parametrize("reader", ["docs/operating.md"], indirect=True)
async def test_commands_of_an_operator(reader: Reader) -> None:
    """Every command that README and the page of operators show against a daemon does its work:
    with one message that is refused for good, and later one that is tried again."""
    assert not await _left_over(reader)
    reader.slack.errors["chat.postMessage"] = ["channel_not_found"]
    await reader.deploy()
    dead = await reader.delivery("on-rollout-completed", "dead")
    said = {}
    for command in [*Page("README.md").commands("notifier"), *reader.page.commands("notifier")]:
        if command.startswith("notifier run"):
            continue  # the next test's
        if " drop " in command:
            reader.slack.errors["chat.postMessage"] = ["service_unavailable"] * 50
            await reader.change("v2")
            await reader.abort()
            await reader.delivery("on-rollout-aborted", "retry")
        said[command] = await reader.type(command.replace(SOME_DELIVERY, dead), answer="y\n")
        if " redeliver " in command:
            await reader.delivery("on-rollout-completed", "delivered")
    assert NAME in said["notifier explain rollout shop/checkout"]
    assert "channel_not_found" in said[f"notifier explain delivery {SOME_DELIVERY}"]
    assert dead in said["notifier deliveries list --state dead"]
    assert await reader.delivery("on-rollout-aborted", "dropped")
    for command in reader.page.commands("helm")[1:]:
        await reader.type(command)


@pytest.mark.parametrize("reader", ["docs/operating.md#selfService"], indirect=True)
async def test_team_takes_part(reader: Reader) -> None:
    """With the values for teams, a namespace with the label whose owner applies the RoleBinding of
    the page configures itself; without the RoleBinding it is shown as not readable."""
    binding = reader.page.block("roleRef")
    team = binding["metadata"]["namespace"]
    key, _, value = reader.values["selfService"]["namespaceSelector"].partition("=")
    daemon = reader.release.daemon
    assert daemon is not None
    await reader.plane.api.apply(namespace(team, **{key: value}))
    metadata = {"name": CONFIG_MAP, "namespace": team}
    subscribed = {"subscriptions": "- recipients: [slack:ours]\n  triggers: [on-rollout-updated]\n"}
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": subscribed}
    await reader.plane.api.apply(config_map)

    async def is_refused() -> bool:
        detail = json.loads((await daemon.get("/readyz?verbose"))[1])
        return any(team in part for part in detail["degraded"])

    await until(is_refused, "it may not be read", 90)
    await reader.plane.api.apply(binding)
    await until(lambda: bool(daemon.logged("configuration in force", scope=team)), "read", 150)


@pytest.mark.skipif(not places.available(), reason=postgres.missing() or "there is a server")
@pytest.mark.parametrize("reader", ["docs/operating.md#replicaCount"], indirect=True)
async def test_replicas(reader: Reader) -> None:
    """With the values for several replicas one observes and the other takes over when that one is
    stopped; both say so."""

    async def roles() -> dict[str, bool]:
        return {one.name: await one.leads() for one in reader.release.replicas if one.runs}

    async def one_leads() -> bool:
        return sum((await roles()).values()) == 1

    await until(one_leads, "one of two observes", 60)
    assert len(await roles()) == 2
    (leader,) = [one for one in reader.release.replicas if await one.leads()]
    assert await leader.end(signal.SIGTERM) == 0
    await until(one_leads, "the other one observes", 60)
    await reader.deploy()
    await reader.delivery("on-rollout-completed", "delivered")


@pytest.mark.parametrize("name", PAGES)
async def test_no_command_is_left_out(name: str) -> None:
    """Each command of the pages is typed by a test of this module, or forwards a port."""
    typed = ("notifier ", "helm ")
    left = [one for one in Page(name).commands() if not (installs(one) or one.startswith(typed))]
    assert all(FORWARD in one for one in left), left


async def _left_over(reader: Reader) -> list[Any]:
    assert reader.release.daemon is not None
    return await reader.release.daemon.deliveries()


@pytest.mark.parametrize("reader", ["README.md"], indirect=True)
async def test_shadow_from_a_machine(reader: Reader) -> None:
    """The daemon runs with somebody's kubeconfig, sees what happens, and sends nothing."""
    await reader.release.kill()
    (command,) = [c for c in reader.page.commands("notifier") if c.startswith("notifier run")]
    log = reader.release.folder / "shadow.log"
    line = f"cd {reader.release.folder} && exec {command} --set web.port=0 --set web.admin_port=0"
    running = await processes.start(
        "shadow", ["bash", "-c", line], log, reader.release.environment()
    )
    await until(lambda: b'"ready"' in log.read_bytes() or running.ended, "ready", 60)
    await reader.deploy()
    await reader.change("v2")
    await until(lambda: b"on-rollout-paused" in log.read_bytes(), "it sees the pause", 60)
    await asyncio.sleep(1)  # what is sent all the same would come now
    assert not running.ended, running.tail()
    await running.end()
    assert not reader.slack.calls
