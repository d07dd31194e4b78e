"""Bad input of every kind: one clear line says so, and everything beside it goes on."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.controlling import UPDATED, Load
from tests.acceptance.harness import Daemon, Harness, subscriptions, until, webhook
from tests.emulator import Answer, Inject, Reset, refusal
from tests.emulator.faults import EXPIRED, event
from tests.receivers.behaviour import OK, Behaviour, Script
from tests.receivers.slack_api import SlackReceiver
from tests.receivers.webhooks import WebhookReceiver

PREFIX = "notifications.argoproj.io"


def good(hook: WebhookReceiver) -> dict[str, str]:
    """Return a configuration without a fault: every update goes to the webhook `audit`."""
    return {
        "service.webhook.audit": webhook(hook.url),
        "subscriptions": subscriptions("audit:", triggers=[UPDATED]),
    }


async def still_works(harness: Harness, hook: WebhookReceiver, name: str = "good") -> None:
    """A Rollout that is created now gets its messages; the first one may fall into a relist."""
    canary = Load(harness.emulator, name=name).canaries[0]

    async def arrives() -> bool:
        canary.new_revision()
        await asyncio.sleep(0.3)
        bodies = [json.loads(entry.body) for entry in hook.ledger.entries]
        return f"{name}-0" in {body["rollout"]["name"] for body in bodies}

    await until(arrives, "the good Rollout's message")


BOMB = (
    "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"
)
"""YAML of a hundred bytes and thousands of nodes."""


# --- the ConfigMap ----------------------------------------------------------------------------

BROKEN: Mapping[str, tuple[str, str, str]] = {
    # key: (value, part of its line, level)
    "servce.slack": ("token: x", "servce.slack", "warning"),
    "service.webhook.types": ("url: [1, 2]", "service.webhook.types", "error"),
    "service.webhook.no": ("url: $not-there", "not-there", "error"),
    "service.fax": ("number: 1", "service.fax", "error"),
    "service.slack.a.b": ("token: x", "service.slack.a.b", "error"),
    "template.yaml": ("message: '{{", "template.yaml", "error"),
    "template.jinja": ("message: '{{ rollout. }}'", "template.jinja", "error"),
    "trigger.on-purple": ("- when: ((\n  send: [rollout-updated]", "trigger.on-purple", "error"),
    "trigger.on-list": ("send: []", "trigger.on-list", "error"),
    "defaultTriggers": ("{a: 1", "defaultTriggers", "error"),
    "context": ("[1]", "context", "error"),
    "template.bomb": (f"{BOMB}message: [*c,*c,*c,*c]", "template.bomb", "error"),
}


async def test_a_broken_key_harms_only_itself(tmp_path: Path) -> None:
    """Each of a dozen broken keys has one line that names it; the good service still sends."""
    async with WebhookReceiver() as hook, Harness(tmp_path) as harness:
        broken = {key: value for key, (value, _, _) in BROKEN.items()}
        harness.configure(broken | good(hook))
        daemon = await (await harness.start()).ready()
        await still_works(harness, hook)
        for key, (_, part, level) in BROKEN.items():
            lines = daemon.logged("configuration fault", problem=part, level=level)
            assert len(lines) == 1, key
        scope = (await daemon.ask("/api/v1/config"))["items"][0]
        assert {problem["key"] for problem in scope["problems"]} >= set(BROKEN)
        _, metrics = await daemon.get("/metrics")
        assert 'notifier_config_errors{kind="error",scope="central"} 11.0' in metrics
        await reconfigured(harness, hook, daemon)


async def reconfigured(harness: Harness, hook: WebhookReceiver, daemon: Daemon) -> None:
    """A good service that is broken later keeps its last good version."""
    harness.configure(good(hook) | {"service.webhook.audit": "url: ["})
    await until(
        lambda: len(daemon.logged("configuration fault", problem="service.webhook.audit")) == 1,
        "the fault is told",
    )
    await still_works(harness, hook, "later")


@pytest.mark.parametrize(
    ("kind", "data"),
    [("ConfigMap", "a text"), ("ConfigMap", {"a": 1, "b": None}), ("Secret", {"a": "no base64!"})],
    ids=["text", "numbers", "not base64"],
)
async def test_an_object_that_is_no_configuration(tmp_path: Path, kind: str, data: Any) -> None:
    """The daemon is ready all the same, and takes the good one that follows."""
    async with WebhookReceiver() as hook, Harness(tmp_path) as harness:
        harness.configure({})
        harness.replace(kind, data)
        daemon = await (await harness.start()).ready()
        harness.configure(good(hook))
        await until(lambda: bool(daemon.logged("configuration in force", services=1)), "in force")
        await still_works(harness, hook)


# --- Rollouts ---------------------------------------------------------------------------------

HOSTILE_ANNOTATIONS: Mapping[str, Mapping[str, str]] = {
    "huge": {f"{PREFIX}/subscribe.{UPDATED}.audit": "x" * 250_000},
    "unicode": {
        f"{PREFIX}/subscribe.{UPDATED}.audit": "\u202e\U0001f680\u0000\ud83d;\u2028;ä" * 50
    },
    "controls": {f"{PREFIX}/subscribe.{UPDATED}.audit": "a\r\nBcc: b@c;\x1b[2J\x07"},
    "many": {f"{PREFIX}/subscribe.{UPDATED}.audit": ";".join(f"r{n}" for n in range(200))},
    "keys": {f"{PREFIX}/subscribe.{'.' * n}": "x" for n in range(40)},
    "bomb": {f"{PREFIX}/subscriptions": f"{BOMB}d: [*c,*c,*c,*c,*c,*c,*c,*c]"},
    "deep": {f"{PREFIX}/subscriptions": "[" * 5000},
    "types": {f"{PREFIX}/subscriptions": "- {trigger: {a: 1}, destinations: [3, {service: []}]}"},
    "mute": {f"{PREFIX}/mute-until": "9" * 400},
}

QUOTA = 50
"""Destinations of one Rollout that are served (spec/configuration.md 5.2)."""


async def test_hostile_annotations(tmp_path: Path) -> None:
    """Huge, odd, many, bombs: the good Rollout gets its message in between, nothing ends."""
    async with WebhookReceiver() as hook, Harness(tmp_path) as harness:
        harness.configure(good(hook))
        daemon = await (await harness.start()).ready()
        for name, annotations in HOSTILE_ANNOTATIONS.items():
            told = {
                key: text.encode("utf-8", "replace").decode() for key, text in annotations.items()
            }
            Load(harness.emulator, name=name, annotations=told).canaries[0].new_revision()
        await still_works(harness, hook)
        await daemon.settled()
        rows = await daemon.deliveries()
        for name in HOSTILE_ANNOTATIONS:
            own = [row for row in rows if row["rollout"] == f"team-0/{name}-0"]
            assert 1 <= len(own) <= QUOTA, name
            assert {row["state"] for row in own} == {"delivered"}, name
        shown = await harness.command(
            "explain", "rollout", "team-0/many-0", "--server", daemon.admin
        )
        assert "quota" in shown.out
        shown = await harness.command(
            "explain", "rollout", "team-0/controls-0", "--server", daemon.admin
        )
        assert shown.code == 0
        assert not set(shown.out) & {"\x1b", "\x07", "\r"}
    assert b"\x1b" not in harness.raw_log()


ODD_FIELDS: Mapping[str, Mapping[str, Any]] = {
    "spec": {"spec": 5},
    "status": {"status": "Healthy"},
    "steps": {"spec": {"strategy": {"canary": {"steps": {"a": 1}}}}},
    "pauses": {"status": {"pauseConditions": [7]}},
    "conditions": {"status": {"conditions": {"type": "Progressing"}}},
    "index": {"status": {"currentStepIndex": "three"}},
    "generation": {"status": {"observedGeneration": 3}},
    "analysis": {"status": {"canary": {"currentStepAnalysisRunStatus": ["x"]}}},
    "metadata": {"metadata": {"annotations": ["x"], "labels": 3}},
    "managers": {"metadata": {"managedFields": [{"fieldsV1": 7}, 7]}},
}


async def test_rollouts_with_fields_of_other_types(tmp_path: Path) -> None:
    """Listed and watched: none stops the others, the daemon stays ready."""
    async with WebhookReceiver() as hook, Harness(tmp_path) as harness:
        harness.configure(good(hook))
        odd(harness, "listed")
        daemon = await (await harness.start()).ready()
        odd(harness, "watched")
        odd(harness, "watched")
        await still_works(harness, hook)
        assert (await daemon.get("/healthz"))[0] == 200
        assert not [line for line in daemon.log() if "exception" in line]


def odd(harness: Harness, prefix: str) -> None:
    """Apply the odd Rollouts, again if they exist."""
    for name, fields in ODD_FIELDS.items():
        metadata = {"namespace": "odd", "name": f"{prefix}-{name}", **fields.get("metadata", {})}
        harness.emulator.apply(
            {
                "apiVersion": "argoproj.io/v1alpha1",
                "kind": "Rollout",
                "spec": {},
                **fields,
                "metadata": metadata,
            }
        )


# --- the API server ---------------------------------------------------------------------------

HTML = Answer(200, b"<html>log in first</html>", content_type="text/html")
GONE = Inject(event("ERROR", EXPIRED))


@pytest.mark.parametrize(
    ("verb", "fault", "times", "reason", "lists"),
    [
        pytest.param("list", HTML, 2, "this the API server", 3, id="html"),
        pytest.param("watch", HTML, 2, "this the API server", 1, id="html-watch"),
        pytest.param("watch", GONE, 2, "too old resource version", 3, id="gone"),
        pytest.param("watch", refusal(410, "Expired"), 2, "scripted 410", 3, id="gone-status"),
        pytest.param("watch", refusal(429, retry_after="1"), 2, "scripted 429", 1, id="busy"),
        pytest.param("list", refusal(429, retry_after="1"), 2, "scripted 429", 3, id="busy-list"),
        pytest.param("watch", Inject(b'{"type":"ODD"}\n'), 2, "unknown type", 3, id="odd"),
        pytest.param("list", Reset(), 2, "GET /apis/argoproj.io", 3, id="reset"),
    ],
)
async def test_an_api_server_that_misbehaves(
    tmp_path: Path, verb: str, fault: Any, times: int, reason: str, lists: int
) -> None:
    """Told once, not hammered, and the next transition is told."""
    async with WebhookReceiver() as hook, Harness(tmp_path) as harness:
        harness.configure(good(hook))
        harness.emulator.script(verb, fault, resource="rollouts", times=times)
        daemon = await (await harness.start()).ready()
        wanted = lists if verb == "list" else times + 1
        await until(
            lambda: len(harness.emulator.asked(verb, "rollouts")) >= wanted, "it asks again"
        )
        await still_works(harness, hook)
        told = daemon.logged("watch failed", error=reason, stream="rollouts")
        assert len(told) == 1
        assert len(harness.emulator.asked("list", "rollouts")) == lists


async def test_one_resource_without_rights(tmp_path: Path) -> None:
    """403 on AnalysisRuns: ready, listed as degraded, the Rollouts go on."""
    async with WebhookReceiver() as hook, Harness(tmp_path) as harness:
        harness.configure(good(hook))
        harness.emulator.forbid("analysisruns")
        daemon = await (await harness.start()).ready()
        await still_works(harness, hook)
        detail = json.loads((await daemon.get("/readyz?verbose"))[1])
        assert "analysisruns is forbidden" in " ".join(detail["degraded"])
        assert len(daemon.logged("cannot watch", resource="analysisruns")) == 1


# --- receivers --------------------------------------------------------------------------------

LIARS: Mapping[str, Behaviour] = {
    "hangs": Behaviour(act="stall", stall_s=60),
    "closes": Behaviour(act="hang"),
    "floods": Behaviour(act="flood"),
    "drips": Behaviour(act="drip"),
    "bombs": Behaviour(act="bomb"),
    "headers": Behaviour(act="headers"),
    "garbage": Behaviour(act="garbage"),
}

OTHERS_S = 5.0
"""Seconds in which the good receiver has everything although the others misbehave."""


async def test_receivers_that_misbehave_harm_no_other(tmp_path: Path) -> None:
    """Hang, close, flood, lie: the good receiver gets all its messages soon."""
    async with AsyncExitStack() as stack, Harness(tmp_path) as harness:
        hook = await stack.enter_async_context(WebhookReceiver())
        liars = {
            name: await stack.enter_async_context(WebhookReceiver(script=Script(behaviour)))
            for name, behaviour in LIARS.items()
        }
        slack = await stack.enter_async_context(SlackReceiver())
        lie = (200, {"Content-Type": "application/json"}, b'["no", {"ok"')
        slack.replies["chat.postMessage"] = [lie] * 100
        harness.configure(
            {
                **{
                    f"service.webhook.{name}": webhook(liar.url, timeout="3s")
                    for name, liar in liars.items()
                },
                "service.slack": json.dumps({"token": "xoxb-1", "apiURL": slack.url}),
                **good(hook),
                "subscriptions": subscriptions(
                    *(f"{name}:" for name in liars), "slack:releases", "audit:", triggers=[UPDATED]
                ),
            }
        )
        load = Load(harness.emulator, rollouts=8, namespaces=4)
        daemon = await (await harness.start()).ready()
        started = time.monotonic()
        for canary in load.canaries:
            canary.new_revision()
        await until(
            lambda: len(hook.ledger.entries) == len(load.canaries), "the good ones", OTHERS_S
        )
        waited = time.monotonic() - started

        async def all_answered() -> bool:
            rows = await daemon.deliveries()
            return {row["service"] for row in rows if _known(row)} == {"slack", "audit", *liars}

        await until(all_answered, "something is known of each", 15)
        reasons = {
            row["service"]: row["reason"] for row in await daemon.deliveries() if _known(row)
        }
        assert reasons["slack"] == "unknown_answer"
        assert reasons["hangs"] == "timeout"
        assert {reasons[name] for name in ("closes", "garbage", "headers")} == {"network"}
        assert (await daemon.get("/healthz"))[0] == 200
        assert liars["floods"].sent_bytes < 50_000_000
        assert waited < OTHERS_S


def _known(row: Mapping[str, Any]) -> bool:
    """Say whether an attempt has come to an end."""
    return row["state"] not in {"pending", "sending"}


async def test_a_deaf_receiver_of_a_busy_namespace(tmp_path: Path) -> None:
    """All Rollouts of one namespace tell a receiver that never answers: the other one hears of
    each all the same."""
    deaf = WebhookReceiver(script=Script(Behaviour(act="stall", stall_s=60)))
    async with WebhookReceiver(script=Script(OK)) as hook, deaf, Harness(tmp_path) as harness:
        harness.configure(
            good(hook)
            | {
                "service.webhook.deaf": webhook(deaf.url),
                "subscriptions": subscriptions("deaf:", "audit:", triggers=[UPDATED]),
            }
        )
        load = Load(harness.emulator, rollouts=20)
        await (await harness.start()).ready()
        for canary in load.canaries:
            canary.new_revision()
        await until(
            lambda: len(hook.ledger.entries) == len(load.canaries), "the good ones", OTHERS_S
        )
