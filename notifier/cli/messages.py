"""A message as a person reads it: the stored body opened, and a link to look at it in Slack."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email import message_from_string, policy
from typing import Any, Final
from urllib.parse import quote

_BUILDER: Final = "https://app.slack.com/block-kit-builder/#"
_HEADERS: Final = ("From", "To", "Subject")


def readable(body: Any) -> Any:
    """Return a body with what it carries as text opened: JSON of a webhook, parts of a mail."""
    if not isinstance(body, Mapping):
        return body
    opened = dict(body)
    if isinstance(opened.get("mail"), str):
        opened["mail"] = _mail(opened["mail"])
    if isinstance(opened.get("body"), str):
        opened["body"] = _json(opened["body"])
    return opened


def preview(service_type: str, body: Any) -> str | None:
    """Return a link that shows a Slack message in the Block Kit Builder; None for the others.

    The message is in the link itself: nothing is sent before somebody opens it.
    """
    if service_type != "slack" or not isinstance(body, Mapping):
        return None
    arguments = body.get("arguments") or {}
    shown = {name: arguments[name] for name in ("blocks", "attachments") if arguments.get(name)}
    if not shown:
        text = {"type": "mrkdwn", "text": arguments.get("text", "")}
        shown = {"blocks": [{"type": "section", "text": text}]}
    compact = json.dumps(shown, ensure_ascii=False, separators=(",", ":"))
    return _BUILDER + quote(compact, safe="")


def _mail(text: str) -> Any:
    mail = message_from_string(text, policy=policy.default)
    opened: dict[str, Any] = {name: str(mail[name]) for name in _HEADERS if mail[name]}
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        if part is not None:
            opened[kind] = part.get_content().replace("\r\n", "\n")
    return opened


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text
