"""What a template left empty does not appear in a Slack message."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.services import slack_blocks


def mrkdwn(text: str) -> dict[str, Any]:
    """Return a text object."""
    return {"type": "mrkdwn", "text": text}


IMAGE = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"}


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        pytest.param(
            {"type": "section", "text": mrkdwn(" a\n")},
            {"type": "section", "text": mrkdwn("a")},
            id="white space around a text",
        ),
        pytest.param({"type": "section", "text": mrkdwn(" \n")}, None, id="blank section"),
        pytest.param({"type": "section"}, None, id="section without anything"),
        pytest.param(
            {"type": "section", "text": mrkdwn(""), "fields": [mrkdwn("a"), mrkdwn("")]},
            {"type": "section", "fields": [mrkdwn("a")]},
            id="fields only",
        ),
        pytest.param(
            {"type": "section", "text": mrkdwn("a"), "fields": [mrkdwn("")], "accessory": IMAGE},
            {"type": "section", "text": mrkdwn("a"), "accessory": IMAGE},
            id="empty fields",
        ),
        pytest.param({"type": "header", "text": mrkdwn("")}, None, id="blank header"),
        pytest.param(
            {"type": "header", "text": mrkdwn("a ")},
            {"type": "header", "text": mrkdwn("a")},
            id="header",
        ),
        pytest.param(
            {"type": "context", "elements": [mrkdwn(""), IMAGE]},
            {"type": "context", "elements": [IMAGE]},
            id="context keeps its image",
        ),
        pytest.param({"type": "context", "elements": [mrkdwn("")]}, None, id="blank context"),
        pytest.param({"type": "divider"}, {"type": "divider"}, id="another kind"),
        pytest.param("no block", "no block", id="no block"),
    ],
)
def test_filled(block: Any, expected: Any) -> None:
    """A block goes if nothing in it has text."""
    assert slack_blocks.filled([block]) == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("attachment", "kept"),
    [
        pytest.param({"color": "#fff", "blocks": [{"type": "section"}]}, False, id="empty"),
        pytest.param({"color": "#fff", "blocks": [{"type": "divider"}]}, True, id="a block"),
        pytest.param({"text": "a", "blocks": []}, True, id="its own text"),
        pytest.param({"title": "a"}, True, id="no blocks"),
        pytest.param("no attachment", True, id="no attachment"),
    ],
)
def test_filled_attachments(attachment: Any, kept: bool) -> None:
    """An attachment goes if nothing is left in it; its colour alone says nothing."""
    assert bool(slack_blocks.filled_attachments([attachment])) is kept
