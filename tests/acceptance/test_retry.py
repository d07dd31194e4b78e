"""Receivers that fail first: delivered by a later attempt of the same id, and the story is told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance.controlling import COMPLETED, STEP, UPDATED, Load
from tests.acceptance.harness import Harness, subscriptions, until, webhook
from tests.receivers.behaviour import OK, Behaviour, Script
from tests.receivers.relay import MailRelay
from tests.receivers.slack_api import SlackReceiver
from tests.receivers.webhooks import WebhookReceiver

FIRST_FAILURES = {
    "busy": Behaviour(status=503, record=False),
    "limited": Behaviour(status=429, headers={"Retry-After": "1"}, record=False),
    "reset": Behaviour(act="reset"),
    "deaf": Behaviour(act="stall", stall_s=30),
}
"""By webhook; the last two have taken the message when they fail."""

REASONS = {
    "busy": "server",
    "limited": "rate_limited",
    "reset": "network",
    "deaf": "timeout",
}


def advance(life: Iterator[None], writes: int) -> None:
    """Let a Rollout live for so many versions."""
    for _ in range(writes):
        next(life)


async def test_delivered_by_a_later_attempt(tmp_path: Path) -> None:
    """503, 429, reset and no answer, Slack and a relay that fail: the second attempt succeeds."""
    async with AsyncExitStack() as stack, Harness(tmp_path) as harness:
        hooks = {
            name: await stack.enter_async_context(WebhookReceiver(script=Script(failure, OK)))
            for name, failure in FIRST_FAILURES.items()
        }
        slack = await stack.enter_async_context(SlackReceiver())
        slack.replies["chat.postMessage"] = [(503, {}, b"<html>down</html>")]
        relay = await stack.enter_async_context(MailRelay())
        relay.replies["MAIL"] = ["451 too busy"]
        mail = {"host": "127.0.0.1", "port": relay.port, "tls": "none", "from": "us@example.com"}
        options = {"retryWaitMin": "0.3s", "timeout": "1s"}
        harness.configure(
            {
                **{
                    f"service.webhook.{name}": webhook(hook.url, **options)
                    for name, hook in hooks.items()
                },
                "service.slack": json.dumps({"token": "xoxb-1", "apiURL": slack.url}),
                "service.email": json.dumps(mail),
                "subscriptions": subscriptions(
                    *(f"{name}:" for name in hooks),
                    "slack:releases",
                    "email:team@example.com",
                    triggers=[UPDATED],
                ),
            }
        )
        load = Load(harness.emulator)
        daemon = await (await harness.start()).ready()
        load.canaries[0].new_revision()

        async def all_delivered() -> bool:
            return len(await daemon.deliveries("delivered")) == len(hooks) + 2

        await until(all_delivered, "everything is delivered")
        rows = {row["service"]: row for row in await daemon.deliveries()}
        assert {row["attempts"] for row in rows.values()} == {2}
        for name, hook in hooks.items():
            sent = [dict(request["headers"])["webhook-id"] for request in hook.requests]
            assert sent == [rows[name]["id"]] * 2
            assert len({request["body"] for request in hook.requests}) == 1
            detail = await daemon.ask(f"/api/v1/deliveries/{rows[name]['id']}")
            first, second = detail["attemptLog"]
            assert (first["reason"], second["result"]) == (REASONS[name], "delivered")
            assert first["ambiguous"] == (name in {"reset", "deaf"})
            waited = datetime.fromisoformat(second["started"]) - datetime.fromisoformat(
                first["started"]
            )
            assert waited >= timedelta(seconds=1) or name not in {"limited", "deaf"}
        assert slack.ledger.ids == [rows["slack"]["id"]]
        assert len(relay.ledger.ids) == 1


async def test_dead_explained_and_redelivered(tmp_path: Path) -> None:
    """What a receiver refuses for good is dead, says why, and a command brings it back."""
    refusing = WebhookReceiver(script=Script(Behaviour(status=400)))
    async with refusing as hook, Harness(tmp_path) as harness:
        harness.configure(
            {
                "service.webhook.audit": webhook(hook.url),
                "subscriptions": subscriptions("audit:", "adit:", triggers=[UPDATED]),
            }
        )
        load = Load(harness.emulator)
        daemon = await (await harness.start()).ready()
        load.canaries[0].new_revision()

        async def is_dead() -> bool:
            return len(await daemon.deliveries("dead")) == 1

        await until(is_dead, "it is dead")
        server = ("--server", daemon.admin)
        listed = await harness.command(
            "deliveries", "list", "--state", "dead", "-o", "json", *server
        )
        (row,) = listed.rows()
        assert (row["reason"], row["attempts"]) == ("payload", 1)
        rollout = await harness.command("explain", "rollout", "team-0/app-0", *server)
        for part in (
            "on-rollout-updated", "revision 1", "audit", "dead (payload)", "unknown_service",
            "did you mean audit?", row["id"],
        ):  # fmt: skip
            assert part in rollout.out
        delivery = await harness.command("explain", "delivery", row["id"], *server)
        for part in ("on-rollout-updated of team-0/app-0", "subscriptions", "400", "payload"):
            assert part in delivery.out
        hook.script.then(OK)
        again = await harness.command("deliveries", "redeliver", row["id"], *server)
        assert again.code == 0, again.err
        await daemon.settled()
        shown = await harness.command("deliveries", "show", row["id"], "-o", "json", *server)
        detail = json.loads(shown.out)
    assert [detail["state"], detail["attempts"]] == ["delivered", 2]
    assert hook.ledger.ids == [row["id"], row["id"]]
    assert len({entry.body for entry in hook.ledger.entries}) == 1


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
async def test_the_thread_outlives_the_process(tmp_path: Path, killed: bool) -> None:
    """The second message of a revision goes into the thread of the first, across a restart."""
    async with SlackReceiver() as slack, Harness(tmp_path) as harness:
        harness.configure(
            {
                "service.slack": json.dumps({"token": "xoxb-1", "apiURL": slack.url}),
                "subscriptions": subscriptions(
                    "slack:releases", triggers=[UPDATED, STEP, COMPLETED]
                ),
            }
        )
        load = Load(harness.emulator)
        life = load.canaries[0].live()
        advance(life, 3)
        daemon = await (await harness.start()).ready()
        advance(life, 2)
        await until(lambda: len(slack.messages) == 1, "the first message")
        await daemon.settled()
        await (daemon.kill() if killed else daemon.stop())
        again = await (await harness.start()).ready()
        advance(life, 1)
        await until(lambda: len(slack.messages) == 2, "the second message")
        await again.settled()
    first, second = slack.messages
    assert first["metadata"]["event_payload"]["trigger"] == UPDATED
    assert second["metadata"]["event_payload"]["trigger"] == STEP
    assert "thread_ts" not in first
    assert second["thread_ts"] == first["ts"]
