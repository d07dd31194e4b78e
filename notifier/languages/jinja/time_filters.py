"""Filters on times and durations. There is no clock here: relative times come as seconds."""

from __future__ import annotations

import datetime as dt
from typing import Any

from notifier.languages.jinja.registry import register
from notifier.languages.jinja.text_filters import number
from notifier.languages.jinja.texts import text

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@register(
    "filter",
    "{{ 720 | duration }}, {{ 95 | duration }}, {{ 3900 | duration }}",
    "12 min, 1 min 35 s, 1 h 5 min",
)
def duration(seconds: Any) -> str:
    """Return seconds as people say them: two units at most, no seconds from ten minutes on."""
    whole = int(abs(number(seconds)) + 0.5)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < 10 * _MINUTE:
        return _two(whole, _MINUTE, "min", 1, "s")
    whole += _MINUTE // 2
    if whole < _HOUR:
        return f"{whole // _MINUTE} min"
    if whole < _DAY:
        return _two(whole, _HOUR, "h", _MINUTE, "min")
    return _two(whole, _DAY, "d", _HOUR, "h")


@register("filter", "{{ 720 | ago }}, {{ -600 | ago }}", "12 min ago, in 10 min")
def ago(seconds: Any) -> str:
    """Return how long ago something was, given its age in seconds; "in …" for a negative age."""
    return f"in {duration(seconds)}" if number(seconds) < 0 else f"{duration(seconds)} ago"


@register("filter", "{{ '2026-01-02T14:12:00Z' | clock }}", "14:12 UTC")
def clock(value: Any) -> str:
    """Return the time of day of an RFC 3339 time, with its zone; another text as it is."""
    return _formatted(value, "%H:%M")


@register("filter", "{{ '2026-01-02T14:12:00+02:00' | date }}", "2026-01-02 14:12 +02:00")
def date(value: Any) -> str:
    """Return day and time of an RFC 3339 time, with its zone; another text as it is."""
    return _formatted(value, "%Y-%m-%d %H:%M")


def _two(whole: int, unit: int, name: str, smaller: int, smaller_name: str) -> str:
    rest = whole % unit // smaller
    return f"{whole // unit} {name}" + (f" {rest} {smaller_name}" if rest else "")


def _formatted(value: Any, form: str) -> str:
    whole = text(value)
    try:
        moment = dt.datetime.fromisoformat(whole)
    except ValueError:
        return whole
    if moment.tzinfo is None:
        return whole
    zone = moment.isoformat()[-6:] if moment.utcoffset() else "UTC"
    return f"{moment.strftime(form)} {zone}"
