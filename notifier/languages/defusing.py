"""Data without meaning to Slack, for languages that print byte-exactly (security.md 4.5, S14).

What the template itself says is untouched: only strings of the data that hold a control sequence
(`<!…>`, `<@…>`, `<#…>`, `<…|…>`) have their `<` replaced.
"""

from __future__ import annotations

import re
from typing import Any, Final

_MENTION: Final = re.compile(r"<(?=[!@#])")


def slack(value: Any) -> Any:
    """Return the value with every string in it defused; what needs no change is shared, not
    copied."""
    kind = type(value)
    if kind is str:
        return _text(value) if "<" in value else value
    if kind is dict:
        return _mapping(value)
    if kind is list:
        made = [slack(item) for item in value]
        same = all(new is old for new, old in zip(made, value, strict=True))
        return value if same else made
    return value


def _text(text: str) -> str:
    """Defuse one string; linear, whatever it holds."""
    parts = text.split(">")
    for at, part in enumerate(parts):
        bar = part.rfind("|")
        if bar > 0:
            parts[at] = part[:bar].replace("<", "&lt;") + part[bar:]
    return _MENTION.sub("&lt;", ">".join(parts))


def _mapping(value: dict[Any, Any]) -> dict[Any, Any]:
    changed = {}
    renamed = False
    for key, item in value.items():
        kind = type(item)
        if kind is str:
            if "<" in item:
                changed[key] = _text(item)
        elif kind is dict or kind is list:
            made = slack(item)
            if made is not item:
                changed[key] = made
        renamed = renamed or (type(key) is str and "<" in key)
    if renamed:
        return {slack(key): changed.get(key, item) for key, item in value.items()}
    return {**value, **changed} if changed else value
