"""What a template left empty does not appear: Slack refuses a block without text. Pure.

A structure of blocks is fixed, its texts are rendered. A text that came out blank removes its text
object, a section, header or context without any text removes itself, and so does an attachment in
which nothing is left. Other kinds of blocks, and what is no block, pass as they are.
"""

from __future__ import annotations

from typing import Any


def filled(blocks: list[Any]) -> list[Any]:
    """Return the blocks that have something to show, texts without white space around them."""
    kept = (_block(block) if isinstance(block, dict) else block for block in blocks)
    return [block for block in kept if block is not None]


def filled_attachments(attachments: list[Any]) -> list[Any]:
    """Return the attachments that have something to show."""
    kept = (_attachment(one) if isinstance(one, dict) else one for one in attachments)
    return [one for one in kept if one is not None]


def _attachment(attachment: dict[str, Any]) -> dict[str, Any] | None:
    """Drop empty blocks; None if the attachment had nothing else."""
    inner = attachment.get("blocks")
    if not isinstance(inner, list):
        return attachment
    kept = filled(inner)
    others = any(attachment.get(name) for name in ("text", "pretext", "title", "fields"))
    return {**attachment, "blocks": kept} if kept or others else None


def _block(block: dict[str, Any]) -> dict[str, Any] | None:
    """Drop empty texts; None if that leaves nothing."""
    match block.get("type"):
        case "section":
            return _section(block)
        case "header":
            text = _text(block.get("text"))
            return None if text is None else {**block, "text": text}
        case "context" if isinstance(block.get("elements"), list):
            kept = [_text(one) for one in block["elements"]]
            elements = [one for one in kept if one is not None]
            return {**block, "elements": elements} if elements else None
        case _:
            return block


def _section(block: dict[str, Any]) -> dict[str, Any] | None:
    """Drop an empty text and empty fields; a section needs one of the two."""
    rest = {name: value for name, value in block.items() if name not in ("text", "fields")}
    text = _text(block.get("text"))
    fields = block.get("fields")
    if isinstance(fields, list):
        fields = [one for one in map(_text, fields) if one is not None]
    if text is None and not fields:
        return None
    return rest | ({} if text is None else {"text": text}) | ({"fields": fields} if fields else {})


def _text(item: Any) -> Any:
    """Return a text object without white space around its text; None if it is blank."""
    if not isinstance(item, dict) or not isinstance(item.get("text"), str):
        return item
    text = item["text"].strip()
    return {**item, "text": text} if text else None
