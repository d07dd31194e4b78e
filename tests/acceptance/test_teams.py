"""The whole daemon with configurations of teams: a good one, a broken one, a hostile one; teams
that come and go; rights that are lost and regained."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.controlling import UPDATED, Load
from tests.acceptance.harness import (
    CONFIG_MAP,
    SECRET,
    Daemon,
    Harness,
    subscriptions,
    until,
    webhook,
)
from tests.receivers import certificates
from tests.receivers.webhooks import WebhookReceiver

GOOD, BROKEN, HOSTILE = "team-0", "team-1", "team-2"

LABEL = "notify"

SHARED: Mapping[str, Any] = {"namespaces": ["team-*"], "recipients": ["room-*"]}
"""The export of the operator's webhook `shared`."""

MINE = {
    "template.mine": "engine: jinja\nmessage: 'mine {{ rollout.metadata.name }} {{ trigger }}'",
    f"trigger.{UPDATED}": "- send: [mine]",
}
"""A trigger and a template of a team's own."""


@dataclass
class Town:
    """A cluster of teams, the operator's receiver, and the team's own one behind TLS."""

    harness: Harness
    shared: WebhookReceiver
    own: WebhookReceiver
    ca: str
    load: Load

    def team(self, namespace: str, data: Mapping[str, str], **secret: str) -> None:
        """Write the ConfigMap and the Secret of a team."""
        encoded = {
            name: base64.b64encode(value.encode()).decode()
            for name, value in {"ca": self.ca, **secret}.items()
        }
        for kind, name, content in (
            ("Secret", SECRET, encoded),
            ("ConfigMap", CONFIG_MAP, dict(data)),
        ):
            metadata = {"namespace": namespace, "name": name}
            self.harness.emulator.apply(
                {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": content}
            )

    def namespace(self, name: str, *, takes_part: bool = True) -> None:
        """Write a namespace, with the label or without."""
        metadata = {"name": name, "labels": {LABEL: "yes"} if takes_part else {}}
        self.harness.emulator.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})

    def service(self) -> str:
        """Return the options of a team's own webhook."""
        tls = {"caRef": "$ca", "serverName": "localhost"}
        headers = [{"name": "Authorization", "value": "Bearer $token"}]
        return webhook(self.own.url, tls=tls, headers=headers)

    async def updated(self, number: int) -> None:
        """Let the Rollout of a team begin a new revision."""
        self.load.canaries[number].new_revision()
        await asyncio.sleep(0.1)

    def texts(self, receiver: WebhookReceiver) -> list[str]:
        """Return what arrived as text."""
        bodies = [entry.body for entry in receiver.ledger.entries]
        return [each if isinstance(each, str) else each.decode() for each in bodies]

    async def arrives(self, receiver: WebhookReceiver, number: int, text: str) -> None:
        """Update a team's Rollout until a message with this text arrives."""

        async def tried() -> bool:
            await self.updated(number)
            await asyncio.sleep(0.3)
            return any(text in each for each in self.texts(receiver))

        await until(tried, f"a message with {text!r}")


@asynccontextmanager
async def town(folder: Path, **self_service: Any) -> AsyncIterator[Town]:
    """Give a town without a daemon. The API server listens on 127.0.0.1, the team's receiver on
    127.0.0.2: what is denied must not be what is allowed."""
    certificate = certificates.make(folder)
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        shared = await enter(WebhookReceiver())
        own = await enter(WebhookReceiver(host="127.0.0.2", tls=certificate.server))
        settings = {
            "enabled": True,
            "allow_addresses": ["127.0.0.0/8"],
            "allow_ports": [str(own.port)],
            **self_service,
        }
        harness = await enter(Harness(folder, settings={"self_service": settings}))
        text = certificate.file.read_text()
        ca = text[: text.index("-----END CERTIFICATE-----")] + "-----END CERTIFICATE-----"
        load = Load(harness.emulator, rollouts=3, namespaces=3)
        made = Town(harness, shared, own, ca, load)
        harness.configure(
            {
                "service.webhook.audit": webhook(f"{shared.url}/audit"),
                "service.webhook.shared": webhook(f"{shared.url}/shared", exportTo=[SHARED]),
                "subscriptions": subscriptions("audit:", triggers=[UPDATED]),
            }
        )
        yield made


async def scope(daemon: Daemon, name: str) -> dict[str, Any]:
    """Return what the API says of a scope."""
    items = (await daemon.ask("/api/v1/config"))["items"]
    found: dict[str, Any] = next(each for each in items if each["scope"] == name)
    return found


def hostile(emulator_url: str) -> dict[str, str]:
    """Return the configuration of an attacker."""
    inner = emulator_url.replace("http:", "https:")
    return {
        "service.webhook.meta": webhook("https://169.254.169.254/"),
        "service.webhook.plain": webhook("http://127.0.0.1/"),
        "service.webhook.api": webhook(f"{inner}/"),
        "template.bomb": json.dumps(
            {
                "engine": "jinja",
                "message": "{% for i in range(1000) %}{% for k in range(99) %}"
                "{{ rollout | string | upper | lower | length }}{% endfor %}{% endfor %}",
            }
        ),
        "template.escape": json.dumps(
            {"engine": "jinja", "message": "{{ ''.__class__.__mro__[1].__subclasses__() }} out"}
        ),
        "template.go": json.dumps({"engine": "go", "message": '{{ repeat 1000000000 "a" }}'}),
        "template.yaml": "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a]\nmessage: [*b,*b,*b,*b,*b]",
        f"trigger.{UPDATED}": "- send: [bomb]\n- send: [escape]\n- send: [go]",
        "subscriptions": subscriptions(
            "shared:room-x", "shared:exec", "meta:", "api:", triggers=[UPDATED]
        ),
    }


async def test_a_broken_and_a_hostile_team_harm_nobody(tmp_path: Path) -> None:
    """The good team gets its messages over its own connection with its own credential, the operator
    gets all of his; faults are shown to their owners; nothing inner is reached."""
    async with town(tmp_path, namespace_selector=f"{LABEL}=yes") as place:
        for name in (GOOD, BROKEN, HOSTILE):
            place.namespace(name)
        mine = {**MINE, "service.webhook.own": place.service()}
        place.team(
            GOOD,
            {**mine, "subscriptions": subscriptions("own:", "shared:room-0", triggers=[UPDATED])},
            token="canary-of-team-0",
        )
        place.team(
            BROKEN,
            {"service.webhook.own": "url: [", "template.mine": "message: '{{'", "trigger.x": "{"},
        )
        place.team(HOSTILE, hostile(place.harness.emulator.url))
        daemon = await (await place.harness.start()).ready()
        await place.arrives(place.own, 0, "mine app-0")
        await place.arrives(place.shared, 0, "mine app-0")
        for number in (1, 2):
            await place.arrives(place.shared, number, f'"app-{number}"')
        headers = dict(place.own.requests[0]["headers"])
        assert headers["Authorization"] == "Bearer canary-of-team-0"
        await _faults_are_shown(daemon)
        await _the_hostile_team_reached_nothing(place, daemon)
        assert b"canary-of-team-0" not in place.harness.raw_log()


async def _faults_are_shown(daemon: Daemon) -> None:
    """To the owner: API, log, metric by scope, explanation."""
    keys = {each["key"] for each in (await scope(daemon, BROKEN))["problems"]}
    assert keys >= {"service.webhook.own", "template.mine", "trigger.x"}
    assert (await scope(daemon, GOOD))["problems"] == []
    assert (await scope(daemon, "central"))["problems"] == []
    assert len(daemon.logged("configuration fault", scope=BROKEN, problem="trigger.x")) == 1
    _, metrics = await daemon.get("/metrics")
    assert f'notifier_config_errors{{kind="error",scope="{BROKEN}"}} 3.0' in metrics
    found = await daemon.ask(f"/api/v1/rollouts/{BROKEN}/app-1/explanation")
    assert BROKEN in {each["scope"] for each in found["problems"]}
    assert HOSTILE not in {each["scope"] for each in found["problems"]}


async def _the_hostile_team_reached_nothing(place: Town, daemon: Daemon) -> None:
    """No inner address, no recipient that was not granted; bombs became plain words."""
    configured = await scope(daemon, HOSTILE)
    assert "https" in configured["brokenServices"]["plain"]
    assert "port" in configured["brokenServices"]["api"]
    assert set(configured["services"]) == {"meta", "shared"}

    async def refused() -> bool:
        found = await daemon.ask("/api/v1/deliveries?service=meta")
        return any(each["reason"] == "blocked" for each in found["items"])

    await until(refused, "the metadata service is blocked")
    found = await daemon.ask(f"/api/v1/rollouts/{HOSTILE}/app-2/explanation")
    decisions = {(each["decision"], each["recipient"]) for each in found["decisions"]}
    assert ("recipient_not_allowed", "exec") in decisions
    details = " ".join(each["detail"] for each in found["decisions"] if each["scope"] == HOSTILE)
    assert "template failed" in details
    shown = " ".join(place.texts(place.shared))
    assert "class '" not in shown
    assert "aaaaaaaaaa" not in shown
    inner = [each for each in place.harness.emulator.requests if not each.resource]
    assert inner == []


async def test_teams_come_and_go(tmp_path: Path) -> None:
    """A namespace that is labelled takes part within moments; without the label it does no more,
    and what waits for its service waits."""
    async with town(tmp_path, namespace_selector=f"{LABEL}=yes") as place:
        place.namespace(GOOD, takes_part=False)
        mine = {**MINE, "service.webhook.own": place.service()}
        listed = subscriptions("own:", triggers=[UPDATED])
        place.team(GOOD, {**mine, "subscriptions": listed}, token="t")
        daemon = await (await place.harness.start()).ready()
        await place.arrives(place.shared, 0, '"app-0"')
        assert place.texts(place.own) == []
        place.namespace(GOOD)
        await place.arrives(place.own, 0, "mine app-0")
        place.namespace(GOOD, takes_part=False)
        await until(lambda: bool(daemon.logged("takes part no more", scope=GOOD)), "it left")
        before = len(place.texts(place.own))
        await place.updated(0)
        await daemon.settled()
        assert len(place.texts(place.own)) == before
        items = (await daemon.ask("/api/v1/config"))["items"]
        assert [each["scope"] for each in items] == ["central"]


@pytest.mark.slow
@pytest.mark.timeout(150)
async def test_rights_lost_and_regained(tmp_path: Path) -> None:
    """One namespace without rights degrades alone and visibly, keeps what was in force, and takes
    its new configuration once it may be read again."""
    async with town(tmp_path, namespaces=[GOOD, BROKEN]) as place:
        mine = {**MINE, "service.webhook.own": place.service()}
        listed = subscriptions("own:", triggers=[UPDATED])
        for name in (GOOD, BROKEN):
            place.team(name, {**mine, "subscriptions": listed}, token="t")
        daemon = await (await place.harness.start()).ready()
        await place.arrives(place.own, 0, "mine app-0")
        for verb in ("*",):
            place.harness.emulator.forbid("configmaps", BROKEN, verb)
        place.harness.emulator.end_watches()

        async def degraded() -> bool:
            _, text = await daemon.get("/readyz?verbose")
            return f"configuration/{BROKEN}" in text

        await until(degraded, "it is shown")
        assert (await daemon.get("/readyz"))[0] == 200
        await place.arrives(place.own, 1, "mine app-1")
        changed = {**mine, "template.mine": "message: changed", "subscriptions": listed}
        for name in (GOOD, BROKEN):
            place.team(name, changed, token="t")
        await place.arrives(place.own, 0, "changed")
        place.harness.emulator.allow("configmaps", BROKEN)

        async def mended() -> bool:
            return not await degraded()

        await until(mended, "it is read again", 60)
        place.own.ledger.entries.clear()
        await place.arrives(place.own, 1, "changed")


async def test_simple_mode_needs_no_list_of_namespaces(tmp_path: Path) -> None:
    """Whoever labels a ConfigMap takes part; Secrets are read by name only."""
    async with town(tmp_path, mode="simple", label_selector=f"{LABEL}=yes") as place:
        mine = {**MINE, "service.webhook.own": place.service()}
        listed = subscriptions("own:", triggers=[UPDATED])
        place.team(GOOD, {**mine, "subscriptions": listed}, token="t")
        daemon = await (await place.harness.start()).ready()
        metadata = {"namespace": GOOD, "name": CONFIG_MAP, "labels": {LABEL: "yes"}}
        data = {**mine, "subscriptions": listed}
        place.harness.emulator.apply(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        )
        await place.arrives(place.own, 0, "mine app-0")
        assert (await scope(daemon, GOOD))["services"] == ["own", "shared"]
        assert place.harness.emulator.asked("list", "secrets") == []
        assert place.harness.emulator.asked("watch", "secrets") == []


async def test_with_rights_in_namespaces_only(tmp_path: Path) -> None:
    """Nothing of the cluster is listed or watched: every request names a namespace that is served,
    and the named objects alone are read of ConfigMaps and Secrets."""
    async with town(tmp_path, namespaces=[GOOD]) as place:
        emulator = place.harness.emulator
        for resource in ("rollouts", "analysisruns", "experiments", "replicasets", "namespaces"):
            emulator.forbid(resource, "")
        emulator.restrict("configmaps", CONFIG_MAP)
        emulator.restrict("secrets", SECRET)
        mine = {**MINE, "service.webhook.own": place.service()}
        listed = subscriptions("own:", triggers=[UPDATED])
        place.team(GOOD, {**mine, "subscriptions": listed}, token="t")
        daemon = await (await place.harness.start(cluster={"namespaces": [GOOD, BROKEN]})).ready()
        await place.arrives(place.own, 0, "mine app-0")
        await place.arrives(place.shared, 1, '"app-1"')
        await place.updated(2)
        assert not any("app-2" in each for each in place.texts(place.shared))
        asked = {(each.namespace, each.status) for each in emulator.requests}
        assert {namespace for namespace, _ in asked} == {GOOD, BROKEN, "argo-rollouts"}
        assert 403 not in {status for _, status in asked}
        _, text = await daemon.get("/readyz?verbose")
        assert json.loads(text)["degraded"] == []
