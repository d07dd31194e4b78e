"""How values print, and how data is defused for the place it is printed to."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

import markupsafe
from jinja2 import Undefined
from jinja2.exceptions import SecurityError

from notifier.languages.jinja import limits
from notifier.languages.seam import Escape

PLAIN: Final = (str, int, float, bool, type(None), list, dict, tuple, Undefined)
"""Everything a template may hold and print."""

_HIDDEN: Final[dict[int, str | None]] = dict.fromkeys(
    (
        *(code for code in range(32) if code not in (9, 10, 13)),
        *range(0x7F, 0xA0),
        0x061C,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2066, 0x206A),
    )
)
"""Control and bidirectional characters: they make a text look like another one."""
_SLACK: Final = _HIDDEN | {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}


def _slack(text: str) -> str:
    return text.translate(_SLACK)


def _html(text: str) -> str:
    return str(markupsafe.escape(text.translate(_HIDDEN)))


ESCAPES: Final[Mapping[Escape, Callable[[str], str] | None]] = {
    "none": None,
    "slack": _slack,
    "html": _html,
}
"""How each kind of place wants data (spec/security.md 4.5, S15)."""


def text(value: Any) -> str:
    """Return a value as it prints: nothing for a missing one, JSON for lists and mappings.

    Raises `SecurityError` for anything that is no data.
    """
    match value:
        case str():
            return value
        case None | Undefined():
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        case list() | tuple() | dict():
            return to_json(value)
        case _:
            raise SecurityError("prints only texts, numbers, lists and mappings")


def to_json(value: Any, indent: int | None = None) -> str:
    """Return a value as JSON, missing parts as null. Raises `SecurityError` for what is no data."""
    limits.weigh(value)
    separators = (",", ": ") if indent else (", ", ": ")
    return json.dumps(
        value, ensure_ascii=False, indent=indent, separators=separators, default=_missing
    )


def _missing(value: Any) -> None:
    """Print what JSON does not know: nothing for the missing, no for the rest."""
    if not isinstance(value, Undefined):
        raise SecurityError("prints only texts, numbers, lists and mappings")
