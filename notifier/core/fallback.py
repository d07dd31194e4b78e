"""The plain text that is sent when a template fails: people are told all the same. Pure."""

from __future__ import annotations

import html
from typing import Final, Literal

from notifier.core.model import Event
from notifier.core.service import Message

_FACTS: Final = 12
_LONGEST: Final = 120


def message(event: Event, error: str, escape: Literal["none", "slack", "html"]) -> Message:
    """Return what happened, to which rollout, the facts, and why the template is missing
    (spec/configuration.md 7.1). Everything is data here, so all of it is defused."""
    transition = event.transition
    lines = [f"{transition.rollout.name}: {transition.trigger}"]
    lines.append(f"namespace: {transition.rollout.namespace}")
    scalars = {
        name: fact
        for name, fact in transition.facts.items()
        if isinstance(fact, str | int | float | bool) and fact != ""
    }
    lines += [f"{name}: {str(fact)[:_LONGEST]}" for name, fact in list(scalars.items())[:_FACTS]]
    if transition.time:
        lines.append(f"time: {transition.time}")
    lines.append(f"(the template of this message failed: {error})")
    return Message(text=defuse("\n".join(lines), escape))


def defuse(text: str, escape: Literal["none", "slack", "html"]) -> str:
    """Return the text without meaning to where it goes (spec/security.md S14, S15)."""
    match escape:
        case "slack":
            return html.escape(text, quote=False)  # exactly Slack's three control characters
        case "html":
            return html.escape(text)
        case "none":
            return text
