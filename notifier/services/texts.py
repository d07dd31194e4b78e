"""Texts on their way out: encodable, on one line, cut where a limit lies. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

from notifier.core import durations

_SURROGATES: Final = re.compile(r"[\ud800-\udfff]")
_CONTROLS: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"
)


def encodable(value: Any) -> Any:
    """Return the value with every text in it fit for UTF-8: half a surrogate pair becomes �."""
    match value:
        case str():
            return value if value.isascii() else _SURROGATES.sub("�", value)
        case dict():
            return {encodable(str(key)): encodable(item) for key, item in value.items()}
        case list():
            return [encodable(item) for item in value]
        case _:
            return value


def escaped(text: str) -> str:
    """Return the text with control and direction characters shown as escapes."""
    return _CONTROLS.sub(
        lambda match: match[0].encode("unicode_escape").decode(), _SURROGATES.sub("�", text)
    )


def one_line(text: str, limit: int) -> str:
    """Return the text on one line, without control characters, at most `limit` long."""
    line = " ".join(_CONTROLS.sub(" ", encodable(text)).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters, the last of which say how many are missing."""
    if len(text) <= limit:
        return text
    room = limit - len(f"…{len(text)} more")
    return f"{text[: max(room, 0)]}…{len(text) - max(room, 0)} more"[:limit]


def late(late_s: float) -> str:
    """Return the mark of a message whose first attempt starts late (spec/services.md 1.3)."""
    return f"delivered {durations.human(late_s)} late: receiver was unavailable"
