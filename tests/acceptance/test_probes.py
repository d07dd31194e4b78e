"""Health, readiness and metrics through the life of a daemon (spec/operations.md 3 and 4)."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

from tests.acceptance.controlling import UPDATED, Load
from tests.acceptance.harness import Daemon, Harness, subscriptions, until, webhook
from tests.emulator import Freeze
from tests.receivers.behaviour import Behaviour, Script
from tests.receivers.webhooks import WebhookReceiver

METRICS = {
    "transitions_total", "transition_missed_total", "triggers_total", "deliveries_total",
    "attempts_total", "attempt_duration_seconds", "observe_to_commit_seconds",
    "commit_to_first_attempt_seconds", "observe_to_delivered_seconds", "outbox_rows",
    "outbox_oldest_pending_seconds", "outbox_dead", "outbox_shed_total",
    "destination_circuit_state", "rate_limited_total", "render_failures_total",
    "render_kills_total", "condition_errors_total", "duplicates_dropped_total", "config_errors",
    "config_last_reload_timestamp_seconds", "watch_relists_total", "watch_errors_total",
    "watch_last_event_timestamp_seconds", "cache_objects", "leader", "lease_epoch",
    "store_commit_seconds", "store_batch_rows", "loop_lag_seconds",
    "tasks_ended_unexpectedly_total", "build_info",
}  # fmt: skip
"""Every documented name."""


async def ready(daemon: Daemon) -> tuple[int, str]:
    """Return status and text of `/readyz`."""
    status, text = await daemon.get("/readyz")
    return status, text.strip()


async def test_from_start_to_drain(tmp_path: Path) -> None:
    """Syncing, ready, away, back, draining; always alive."""
    deaf = WebhookReceiver(script=Script(Behaviour(act="stall", stall_s=60)))
    async with deaf as hook, Harness(tmp_path) as harness:
        harness.configure(
            {
                "service.webhook.audit": webhook(hook.url),
                "subscriptions": subscriptions("audit:", triggers=[UPDATED]),
            }
        )
        harness.emulator.script("list", Freeze(), resource="analysisruns")
        load = Load(harness.emulator)
        daemon = await harness.start(delivery={"drain_s": 3})
        await daemon.listening()

        async def says(text: str) -> bool:
            return (await ready(daemon))[1] == text

        await until(lambda: says("not ready: syncing 2/3"), "two of three are listed")
        assert (await ready(daemon))[0] == 503
        assert (await daemon.get("/healthz"))[0] == 200
        harness.emulator.cut_watches()
        await until(lambda: says("ready"), "ready")

        await harness.emulator.stop()
        await until(lambda: bool(daemon.logged("watch failed")), "it is missed")
        assert await ready(daemon) == (200, "ready")  # for two minutes
        await harness.emulator.start()
        load.canaries[0].new_revision()
        await until(lambda: bool(hook.requests), "the watch works again", 30)
        detail = json.loads((await daemon.get("/readyz?verbose"))[1])
        assert (detail["ready"], detail["degraded"]) == (True, [])
        assert ("SQLite" in detail["store"], detail["store_faults"]) == (True, {})

        daemon.process.send_signal(signal.SIGTERM)
        await until(lambda: says("not ready: draining"), "draining")
        assert (await ready(daemon))[0] == 503
        assert (await daemon.get("/healthz"))[0] == 200
        assert await daemon.process.wait() == 0


async def test_every_documented_metric(tmp_path: Path) -> None:
    """All names are there from the start, each with its type and text, none twice."""
    async with WebhookReceiver() as hook, Harness(tmp_path) as harness:
        harness.configure(
            {
                "service.webhook.audit": webhook(hook.url),
                "subscriptions": subscriptions("audit:", triggers=[UPDATED]),
            }
        )
        load = Load(harness.emulator)
        daemon = await (await harness.start()).ready()
        at_start = await metrics(daemon)
        load.canaries[0].new_revision()
        await until(lambda: bool(hook.requests), "the message")
        await daemon.settled()
        _, text = await daemon.get("/metrics")
    assert METRICS - at_start == set()
    for line in (
        'notifier_transitions_total{recovered="false",trigger="on-rollout-updated"} 1.0',
        'ambiguous="false",reason="",result="delivered",service="audit"} 1.0',
        "notifier_leader 1.0",
    ):
        assert line in text
    assert "app-0" not in text  # never an object's name


async def metrics(daemon: Daemon) -> set[str]:
    """Return the names of the metrics, without the prefix."""
    _, text = await daemon.get("/metrics")
    helped = re.findall(r"^# HELP notifier_(\S+) \S", text, re.MULTILINE)
    typed = re.findall(r"^# TYPE notifier_(\S+) (?:counter|gauge|histogram)$", text, re.MULTILINE)
    assert helped == typed
    assert len(helped) == len(set(helped))
    return set(helped)
