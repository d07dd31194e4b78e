"""Filters on texts and numbers."""

from __future__ import annotations

import math
import urllib.parse
from typing import Any

from jinja2 import TemplateRuntimeError, Undefined

from notifier.languages.jinja import limits
from notifier.languages.jinja.registry import register
from notifier.languages.jinja.texts import text, to_json


@register("filter", "{{ 'v1.9.0' | upper }}", "V1.9.0")
def upper(value: Any) -> str:
    """Return the text in capitals."""
    return text(value).upper()


@register("filter", "{{ 'Failed' | lower }}", "failed")
def lower(value: Any) -> str:
    """Return the text in small letters."""
    return text(value).lower()


@register("filter", "{{ 'canary' | capitalize }}", "Canary")
def capitalize(value: Any) -> str:
    """Return the text with a capital first and the rest small."""
    return text(value).capitalize()


@register("filter", "{{ 'blue green' | title }}", "Blue Green")
def title(value: Any) -> str:
    """Return the text with each word beginning with a capital."""
    return text(value).title()


@register("filter", "[{{ ' v1 ' | trim }}]", "[v1]")
def trim(value: Any, characters: str | None = None) -> str:
    """Return the text without white space (or the given characters) around it."""
    return text(value).strip(characters)


@register("filter", "{{ 'shop/checkout' | replace('/', ' · ') }}", "shop · checkout")
def replace(value: Any, old: str, new: str, count: int = -1) -> str:
    """Return the text with one part replaced by another, everywhere or `count` times."""
    whole, old, new = text(value), text(old), text(new)
    limits.text(len(whole) + whole.count(old) * max(0, len(new) - len(old)))
    return whole.replace(old, new, count)


@register("filter", "{{ 'a long reason' | truncate(6) }}", "a long…")
def truncate(value: Any, length: int = 255, end: str = "…") -> str:
    """Cut a text after `length` characters and mark the cut."""
    whole = text(value)
    return whole if len(whole) <= length else whole[: max(0, length)].rstrip() + text(end)


@register("filter", "{{ missing | default('none yet') }}", "none yet", "default", "d", walks=False)
def default(value: Any, other: Any = "", empty: bool = False) -> Any:  # noqa: FBT001, FBT002, RUF100 - Jinja's signature
    """Return the value, or another one if it is missing or null (with `true` also if empty)."""
    missing = value is None or isinstance(value, Undefined)
    return other if missing or (empty and not value) else value


@register("filter", "{{ 3.0 | string }}", "3")
def string(value: Any) -> str:
    """Return the value as it prints."""
    return text(value)


@register("filter", "?q={{ 'a b&c' | urlencode }}", "?q=a%20b%26c")
def urlencode(value: Any) -> str:
    """Return the text fit for a part of a URL."""
    whole = text(value)
    limits.text(16 * len(whole))
    return urllib.parse.quote(whole, safe="", errors="replace")


@register("filter", "{{ {'step': 3} | tojson }}", '{"step": 3}')
def tojson(value: Any, indent: int | None = None) -> str:
    """Return the value as JSON, missing parts as null."""
    if indent is not None and not 0 <= indent <= 8:
        raise TemplateRuntimeError("tojson: indent is 0 to 8")
    return to_json(value, indent)


@register(
    "filter",
    "{{ 3 | plural('step') }}, {{ 1 | plural('analysis', 'analyses') }}",
    "3 steps, 1 analysis",
)
def plural(count: Any, one: str, many: str = "") -> str:
    """Return a count with its noun; `many` for nouns that do not just take an s."""
    noun = text(one) if number(count) == 1 else (text(many) or f"{text(one)}s")
    return f"{text(count)} {noun}"


@register("filter", "{{ 2.5 | round }} {{ 0.98765 | round(2) }}", "3 0.99", "round")
def round_(value: Any, digits: int = 0) -> int | float:
    """Return the number rounded half away from zero; whole without `digits`."""
    if not 0 <= digits <= 15:
        raise TemplateRuntimeError("round: digits are 0 to 15")
    scaled = number(value) * 10**digits
    if not math.isfinite(scaled):
        return float(scaled)
    whole = int(math.copysign(math.floor(abs(scaled) + 0.5), scaled))
    return float(whole / 10**digits) if digits else whole


@register("filter", "{{ '3' | int }} {{ 'x' | int(1) }}", "3 1", "int")
def int_(value: Any, other: int = 0) -> int:
    """Return the whole number in a text or number, or another one (0) if there is none."""
    try:
        return int(number(value))
    except (TemplateRuntimeError, OverflowError, ValueError):
        return other


@register("filter", "{{ '0.5' | float }}", "0.5", "float")
def float_(value: Any, other: float = 0.0) -> float:
    """Return the number in a text, or another one (0) if there is none."""
    try:
        return float(number(value))
    except (TemplateRuntimeError, OverflowError):
        return other


@register("filter", "{{ -3 | abs }}", "3", "abs")
def abs_(value: Any) -> int | float:
    """Return the number without its sign."""
    return abs(number(value))


@register("filter", "{{ 3 | bar(6) }}", "▰▰▰▱▱▱")
def bar(done: Any, total: Any, width: int = 0) -> str:
    """Return a bar of `total` steps (at most 20 wide) with the done ones filled."""
    whole = max(1, number(total))
    if not math.isfinite(whole):
        raise TemplateRuntimeError("bar: total is a finite number")
    length = min(20, int(width or whole))
    share = min(1.0, max(0.0, number(done) / whole))
    filled = int(share * length + 0.5)
    return "▰" * filled + "▱" * (length - filled)


def number(value: Any) -> int | float:
    """Return a number, also from a text that holds one. Raises `TemplateRuntimeError`."""
    if isinstance(value, (int, float)):
        return value
    if not isinstance(value, str):
        raise TemplateRuntimeError("a number is expected")
    try:
        return int(value) if value.strip().lstrip("+-").isdecimal() else float(value)
    except ValueError as error:
        raise TemplateRuntimeError("a number is expected") from error
