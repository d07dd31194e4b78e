"""A function that is off works once a setting of the daemon allows it."""

from __future__ import annotations

from pathlib import Path

import bcrypt

from tests.acceptance.controlling import UPDATED, Load
from tests.acceptance.harness import Harness, subscriptions, until, webhook
from tests.receivers.webhooks import WebhookReceiver

TEMPLATE = """
message: line
webhook:
  hook:
    body: '{{htpasswd "ann" "secret"}}'
"""


async def test_the_setting_reaches_the_template(tmp_path: Path) -> None:
    """The message holds a hash that verifies."""
    async with Harness(tmp_path) as harness, WebhookReceiver() as hook:
        harness.configure(
            {
                "service.webhook.hook": webhook(hook.url),
                "subscriptions": subscriptions("hook:", triggers=[UPDATED]),
                "template.rollout-updated": TEMPLATE,
            },
            {},
        )
        load = Load(harness.emulator)
        daemon = await harness.start(templates={"allow_functions": ["htpasswd"]})
        await daemon.ready()
        load.canaries[0].new_revision()

        async def sent() -> bool:
            return bool(hook.requests)

        await until(sent, "the message arrived")
        await daemon.stop()
    body = hook.requests[0]["body"].decode()
    assert body.startswith("ann:")
    assert bcrypt.checkpw(b"secret", body.removeprefix("ann:").encode())
