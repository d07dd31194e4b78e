"""Canary secrets in every credential field: found where they belong, and nowhere else (S11, I6)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import quote

from tests.acceptance.controlling import UPDATED, Load
from tests.acceptance.harness import Daemon, Harness, files, subscriptions, until, webhook
from tests.emulator import Emulator
from tests.receivers.behaviour import OK, Behaviour, Script
from tests.receivers.relay import MailRelay
from tests.receivers.slack_api import SlackReceiver
from tests.receivers.webhooks import WebhookReceiver

CANARIES: Mapping[str, str] = {
    name: f"canary-{name}-{number:04}/+x"
    for number, name in enumerate(
        ("slack", "basic", "header", "path", "signing", "smtp", "unused", "refused"), start=4711
    )
}
LITERAL = "canary-literal-0815"
"""A token that stands in the ConfigMap itself, as part of a URL."""

API_TOKEN = "canary-kube-0816"

EVERYTHING = (*CANARIES.values(), LITERAL, API_TOKEN)

ECHO = " ".join(EVERYTHING).encode()
"""What a receiver says that wants our secrets in our logs."""

ANSWERS: Mapping[str, Behaviour] = {
    "accepts": Behaviour(body=ECHO),
    "refuses": Behaviour(status=400, body=ECHO),
    "denies": Behaviour(status=401, body=ECHO, headers={"WWW-Authenticate": ECHO.decode()}),
    "redirects": Behaviour(status=302, headers={"Location": f"http://other.example/{LITERAL}"}),
    "fails": Behaviour(status=503, body=ECHO, headers={"Retry-After": LITERAL}),
    "resets": Behaviour(act="reset"),
    "babbles": Behaviour(act="garbage"),
    "stalls": Behaviour(act="stall"),
}


def forms(secret: str) -> Iterable[str]:
    """Yield how a secret may show: plain, in a URL, as JSON, in base64 alone or after a name."""
    yield secret
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1].replace("/", "\\/")
    yield base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]
    yield base64.b64encode(f"bot:{secret}".encode()).decode().rstrip("=")[:-1]


def hits(text: bytes, secrets: Iterable[str] = EVERYTHING) -> list[str]:
    """Return the secrets that show in a text in any form."""
    return [each for each in secrets if any(form.encode() in text for form in forms(each))]


def services(
    hooks: Mapping[str, WebhookReceiver], slack: SlackReceiver, relay: MailRelay
) -> dict[str, str]:
    """Return services that use every credential field, in order and broken."""
    mail = {"host": "127.0.0.1", "port": relay.port, "tls": "none", "from": "us@example.com"}
    return {
        **{
            f"service.webhook.{name}": webhook(
                f"{hook.url}/{LITERAL}/$path?key=$path",
                headers=[{"name": "X-Token", "value": "Key $header"}],
                basicAuth={"username": "bot", "password": "$basic"},
                signing={"secretRef": "$signing"},
                timeout="1s",
            )
            for name, hook in hooks.items()
        },
        "service.webhook.nowhere": webhook(f"http://127.0.0.1:9/{LITERAL}/$path"),
        "service.webhook.broken": webhook("ht tp://$path:x/$basic"),
        "service.webhook.odd": webhook("http://h/", headers=[{"name": "$header", "value": "x"}]),
        "service.slack": json.dumps({"token": "$slack", "apiURL": slack.url}),
        "service.slack.no": json.dumps({"token": "$refused", "apiURL": slack.url}),
        "service.slack.url": json.dumps({"token": "x", "apiURL": "http://$path@h/$slack"}),
        "service.email": json.dumps(mail | {"username": "bot", "password": "$smtp"}),
        "service.email.no": json.dumps(mail | {"username": "bot", "password": "$refused"}),
        "service.email.broken": json.dumps(mail | {"port": "$smtp", "html": "$basic"}),
    }


async def test_no_secret_gets_anywhere(tmp_path: Path) -> None:
    """Successes and failures of all kinds at debug level; every output and file is searched."""
    emulator = Emulator(token=API_TOKEN)
    async with AsyncExitStack() as stack, Harness(tmp_path, emulator=emulator) as harness:
        hooks = {
            name: await stack.enter_async_context(WebhookReceiver(script=Script(answer)))
            for name, answer in ANSWERS.items()
        }
        slack = await stack.enter_async_context(SlackReceiver(token=CANARIES["slack"]))
        slack.replies["chat.postMessage"] = [
            (200, {}, json.dumps({"ok": False, "error": CANARIES["slack"]}).encode()),
            (500, {"Retry-After": "1"}, ECHO),
        ]
        relay = await stack.enter_async_context(MailRelay(login=("bot", CANARIES["smtp"])))
        relay.replies["MAIL"] = [f"451 no {ECHO.decode()}"]
        configured = services(hooks, slack, relay)
        recipients = [*(f"{name}:" for name in (*hooks, "nowhere", "broken", "odd"))]
        recipients += ["slack:a", "no:b", "email:a@example.com", "url:c", "broken:d@example.com"]
        listed = subscriptions(*recipients, triggers=[UPDATED])
        harness.configure(configured | {"subscriptions": listed}, CANARIES)
        load = Load(harness.emulator)
        daemon = await (await harness.start(log={"level": "debug"})).ready()
        load.canaries[0].new_revision()

        async def all_answered() -> bool:
            rows = await daemon.deliveries()
            waits = [row for row in rows if row["state"] in {"pending", "sending"}]
            arrived = bool(relay.logins) and any(row["service"] == "email" for row in rows)
            return arrived and not waits

        await until(all_answered, "each was tried")
        shown = await everything_shown(daemon, harness)
        hooks["accepts"].script.then(OK)
        rows = {row["service"]: row for row in await daemon.deliveries()}
        await daemon.stop()
    stored = {file.name: file.read_bytes() for file in files(tmp_path)}
    assert "notifier.db" in stored
    assert {name: found for name, text in stored.items() if (found := hits(text))} == {}
    assert {name: found for name, text in shown.items() if (found := hits(text))} == {}
    assert rows["accepts"]["state"] == "delivered"
    assert rows["refuses"]["state"] == "dead"
    assert rows["denies"]["state"] == "parked"
    check_positions(hooks, slack, relay)


async def everything_shown(daemon: Daemon, harness: Harness) -> dict[str, bytes]:
    """Return every answer of the ports and of the commands."""
    shown: dict[str, bytes] = {}
    for path in ("/healthz", "/readyz?verbose", "/metrics"):
        shown[path] = (await daemon.get(path))[1].encode()
    rows = await daemon.deliveries()
    paths = [f"/api/v1/deliveries/{row['id']}" for row in rows]
    paths += [f"/api/v1/{name}" for name in ("deliveries", "destinations", "config", "transitions")]
    for path in (*paths, "/api/v1/rollouts/team-0/app-0/explanation", "/api/v1/deliveries/none"):
        shown[path] = json.dumps(await daemon.ask(path)).encode()
    failed = next(row["id"] for row in rows if row["state"] == "dead")
    for command in (
        ("deliveries", "list", "-o", "wide"),
        ("deliveries", "show", failed),
        ("explain", "delivery", failed),
        ("explain", "rollout", "team-0/app-0"),
    ):
        done = await harness.command(*command, "--server", daemon.admin)
        assert done.code == 0, done.err
        shown[" ".join(command)] = (done.out + done.err).encode()
    return shown


def check_positions(
    hooks: Mapping[str, WebhookReceiver], slack: SlackReceiver, relay: MailRelay
) -> None:
    """Receivers got each credential in its place, and in no body."""
    for hook in hooks.values():
        assert hook.requests
        for request in hook.requests:
            headers = {name.lower(): value for name, value in request["headers"]}
            pair = base64.b64encode(f"bot:{CANARIES['basic']}".encode()).decode()
            assert headers.pop("authorization") == f"Basic {pair}"
            assert headers.pop("x-token") == f"Key {CANARIES['header']}"
            assert request["path"].startswith(f"/{LITERAL}/canary-path")
            assert hits(json.dumps(headers).encode() + request["body"]) == []
    assert all(hits(json.dumps(arguments).encode()) == [] for _, arguments in slack.calls)
    assert slack.calls
    assert relay.logins
    assert all(hits(entry.body) == [] for entry in relay.ledger.entries)
