"""Slack's limits: what is longer is cut before it is sent (spec/services.md 2.3). Pure.

Only texts and counts are touched; a structure we do not know passes as it is.
"""

from __future__ import annotations

from typing import Any, Final

from notifier.services import texts

TEXT: Final = 40_000
SHORT_TEXT: Final = 3_000
BLOCKS: Final = 50
ATTACHMENTS: Final = 100
SECTION: Final = 3_000
SECTION_FIELD: Final = 2_000
SECTION_FIELDS: Final = 10
HEADER: Final = 150
CONTEXT_ELEMENTS: Final = 10


def blocks(items: list[Any]) -> list[Any]:
    """Return at most 50 blocks with their texts cut; the last one says how many are missing."""
    if len(items) > BLOCKS:
        left = len(items) - BLOCKS + 1
        items = [*items[: BLOCKS - 1], context(f"…{left} more")]
    return [_block(item) if isinstance(item, dict) else item for item in items]


def attachments(items: list[Any]) -> list[Any]:
    """Return at most 100 attachments, their blocks within the limits."""
    if len(items) > ATTACHMENTS:
        left = len(items) - ATTACHMENTS + 1
        items = [*items[: ATTACHMENTS - 1], {"text": f"…{left} more"}]
    return [_attachment(item) if isinstance(item, dict) else item for item in items]


def context(text: str) -> dict[str, Any]:
    """Return a block with one small line."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": text}]}


def _attachment(item: dict[str, Any]) -> dict[str, Any]:
    inner = item.get("blocks")
    return {**item, "blocks": blocks(inner)} if isinstance(inner, list) else item


def _block(item: dict[str, Any]) -> dict[str, Any]:
    match item.get("type"):
        case "section":
            item = _with_text(item, SECTION)
            fields = item.get("fields")
            if isinstance(fields, list):
                cut = [_text(each, SECTION_FIELD) for each in fields[:SECTION_FIELDS]]
                item = {**item, "fields": cut}
            return item
        case "header":
            return _with_text(item, HEADER)
        case "context":
            elements = item.get("elements")
            if isinstance(elements, list) and len(elements) > CONTEXT_ELEMENTS:
                item = {**item, "elements": elements[:CONTEXT_ELEMENTS]}
            return item
        case _:
            return item


def _with_text(item: dict[str, Any], limit: int) -> dict[str, Any]:
    return {**item, "text": _text(item["text"], limit)} if "text" in item else item


def _text(value: Any, limit: int) -> Any:
    """Cut a text object."""
    if isinstance(value, dict) and isinstance(value.get("text"), str):
        return {**value, "text": texts.cut(value["text"], limit)}
    return value


def first_text(value: Any) -> str:
    """Return the first text found in blocks or attachments, "" if there is none."""
    if isinstance(value, dict):
        for name in ("fallback", "pretext", "title", "text"):
            found = value.get(name)
            if isinstance(found, str) and found.strip():
                return found
    children = value.values() if isinstance(value, dict) else value
    if isinstance(value, (dict, list)):
        for child in children:
            if isinstance(child, (dict, list)) and (found := first_text(child)):
                return found
    return ""
