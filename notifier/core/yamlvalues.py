"""The resolver table: what a plain YAML scalar means, as upstream's YAML 1.1 decoder has it.

Timestamps and base-60 forms stay text (spec/configuration.md 3).
"""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from notifier.core import scalars

TRUE: Final = ("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON")
FALSE: Final = ("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF")
NULL: Final = ("", "~", "null", "Null", "NULL")

STARTS_WITH_BRACE: Final = re.compile(r"(?:^|:|-)\s*\{[{%]")
"""A value that begins like a template: YAML takes the brace for a mapping."""

_WORDS: Final[dict[str, bool | None]] = (
    dict.fromkeys(TRUE, True) | dict.fromkeys(FALSE, False) | dict.fromkeys(NULL)
)
_INTEGER: Final = re.compile(
    r"[-+]?(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]{0,19})"
)
_FLOAT: Final = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]{1,3})?")
_NUMERIC: Final = frozenset("0123456789+-.")
_TAGGED: Final[dict[str, tuple[type, ...]]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (bool,),
    "null": (type(None),),
}
_INT64: Final = range(-(2**63), 2**64)


def plain(text: str) -> str | int | float | bool | None:
    """Return what an untagged plain scalar means: null, boolean, number or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC:
        return text
    number = text.replace("_", "")
    if _INTEGER.fullmatch(number) and (value := _integer(number)) in _INT64:
        return value
    return float(number) if _FLOAT.fullmatch(number) and len(number) < 400 else text


def _integer(number: str) -> int:
    digits = number.lstrip("+-")
    sign = -1 if number.startswith("-") else 1
    if digits[:2].lower() in ("0x", "0o", "0b"):
        return sign * int(digits, 0)
    return sign * int(digits, 8 if digits.startswith("0") else 10)


def scalar(event: yaml.ScalarEvent) -> Any:
    """Return the value of a scalar event. Raises `ValueError` if it does not fit its tag."""
    text: str = event.value
    tag = event.tag and event.tag.rpartition(":")[2]
    if tag is None:
        return plain(text) if event.implicit[0] else text
    if tag in ("!", "str"):
        return text
    value = plain(text)
    if not isinstance(value, _TAGGED.get(tag, ())) or (isinstance(value, bool) and tag != "bool"):
        raise ValueError(f"{text[:40]!r} is no {tag}")
    return float(value) if isinstance(value, int) and tag == "float" else value


def key_text(value: Any) -> str:
    """Return a scalar mapping key as JSON's text."""
    return scalars.text(value)


def merges(event: yaml.Event) -> bool:
    """Say whether a key is the merge key."""
    return (
        isinstance(event, yaml.ScalarEvent)
        and event.value == "<<"
        and event.tag is None
        and event.implicit[0]
    )


def merged(value: Any) -> dict[str, Any] | None:
    """Return what a merge key brings in, the first mapping first; None if it is no mapping."""
    if isinstance(value, dict):
        return value
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        return None
    result: dict[str, Any] = {}
    for item in value:
        result = {**item, **result}
    return result
