"""Secrets that templates print: at the receiver, and nowhere before it (spec/security.md S10)."""

from __future__ import annotations

import json
from pathlib import Path

from tests.acceptance.controlling import UPDATED, Load
from tests.acceptance.harness import Harness, files, subscriptions, until, webhook
from tests.acceptance.test_secrets import everything_shown
from tests.receivers.behaviour import Behaviour, Script
from tests.receivers.slack_api import SlackReceiver
from tests.receivers.webhooks import WebhookReceiver

VALUE = 'canary-printed-"4720'
UNLISTED = "canary-unlisted-4721"

TEMPLATES = {
    "template.go": """
message: go {{printf "%s" .secrets.printed}} {{.secrets.unlisted}}
webhook:
  hook:
    body: '{"key": "{{toString .secrets.printed}}", "more": "{{.secrets.unlisted}}"}'
""",
    "template.jinja": """
engine: jinja
message: jinja {{ secrets.printed }} {{ secrets.unlisted }}
""",
    "template.twisted": """
message: twisted {{.secrets.printed | toString | b64enc}}
""",
    f"trigger.{UPDATED}": """
- send: [go]
- send: [jinja]
- send: [twisted]
""",
}


async def test_a_printed_secret_is_joined_in_when_sending(tmp_path: Path) -> None:
    """Listed keys only, through both languages; store, log, ports and commands hold a mark; a
    template that does more with it sends the plain text with its error."""
    async with (
        Harness(tmp_path) as harness,
        WebhookReceiver(script=Script(Behaviour(status=400))) as refusing,
        WebhookReceiver() as hook,
        SlackReceiver(token="xoxb-0") as slack,
    ):
        recipients = subscriptions("hook:", "refusing:", "slack:a", triggers=[UPDATED])
        services = {
            "service.webhook.hook": webhook(hook.url),
            "service.webhook.refusing": webhook(refusing.url),
            "service.slack": json.dumps({"token": "$token", "apiURL": slack.url}),
        }
        harness.configure(
            {**TEMPLATES, **services, "subscriptions": recipients},
            {"printed": VALUE, "unlisted": UNLISTED, "token": "xoxb-0"},
        )
        load = Load(harness.emulator)
        daemon = await harness.start(
            log={"level": "debug"}, templates={"secret_keys": ["printed", "absent"]}
        )
        await daemon.ready()
        load.canaries[0].new_revision()

        async def all_sent() -> bool:
            return len(slack.calls) >= 3 and len(hook.requests) >= 3 and bool(refusing.requests)

        await until(all_sent, "each was tried")
        await daemon.settled()
        shown = await everything_shown(daemon, harness)
        await daemon.stop()
    texts = [arguments["text"] for name, arguments in slack.calls if name == "chat.postMessage"]
    by_first = {text.split(" ", 1)[0]: text for text in texts}
    assert by_first["go"] == f"go {VALUE} <no value>"
    assert by_first["jinja"] == f"jinja {VALUE} "
    assert "template of this message failed" in next(t for t in texts if "twisted" in t)
    bodies = [request["body"].decode() for request in hook.requests]
    assert f'{{"key": "{VALUE}", "more": "<no value>"}}' in bodies
    stored = {file.name: file.read_bytes() for file in files(tmp_path)}
    for name, text in {**stored, **shown}.items():
        assert b"canary-" not in text, name
