"""Reading fields out of parsed YAML as the upstream decoder does (spec/configuration.md 3).

Names match case-insensitively; a scalar in a text field is converted; what is not understood is
named, with the nearest known name.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from notifier.core import scalars

MISTAKEN: Final = {
    "condition": "when",
    "if": "when",
    "template": "send",
    "templates": "send",
    "once": "oncePer",
    "text": "message",
    "body": "message",
    "recipient": "recipients",
    "channel": "recipients",
    "to": "recipients",
}
"""Words people write for another one that no spelling distance would find."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """A mapping's known fields under their own names, where each was written, and the rest."""

    values: Mapping[str, Any]
    written: Mapping[str, str]
    unknown: Sequence[str]


class Unfit(ValueError):
    """A value has another form than its field takes; the text says which, and what to write."""


def fields(mapping: Mapping[str, Any], known: Iterable[str]) -> Fields:
    """Sort a mapping's entries into known fields and unknown names; the last spelling wins."""
    by_fold = {name.casefold(): name for name in known}
    values: dict[str, Any] = {}
    written: dict[str, str] = {}
    unknown = []
    for key, value in mapping.items():
        name = by_fold.get(key.casefold())
        if name is None:
            unknown.append(key)
        else:
            values[name] = value
            written[name] = key
    return Fields(values=values, written=written, unknown=unknown)


def text(value: Any) -> str:
    """Return the text of a string field; null is empty. Raises `Unfit` for a list or mapping."""
    if value is None:
        return ""
    if isinstance(value, (dict, list)):
        raise Unfit(f"is {kind(value)}, but a text is expected")
    return scalars.text(value)


def text_list(value: Any) -> list[str]:
    """Return the texts of a list field; null is empty. Raises `Unfit` for anything but a list."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise Unfit(f"is {kind(value)}, but a list is expected: write [{_sample(value)}]")
    return [text(item) for item in value]


def kind(value: Any) -> str:
    """Name the form of a value as people call it."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "a true/false value"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "a mapping"


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known name most like this one, or nothing if none is alike."""
    names = list(known)
    by_fold = {candidate.casefold(): candidate for candidate in names}
    mistaken = MISTAKEN.get(name.casefold())
    if mistaken in names:
        return mistaken
    found = difflib.get_close_matches(name.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else ""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the fix that names the nearest known name, or nothing."""
    found = nearest(name, known)
    return f"did you mean {found}?" if found else ""


def _sample(value: Any) -> str:
    """Show a scalar as the only item of a list; something neutral else."""
    return "…" if isinstance(value, dict) else scalars.text(value)[:40]
