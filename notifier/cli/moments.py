"""Times as people write and read them on the command line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import click
from typing_extensions import override

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Since(click.ParamType[float]):
    """A duration back from now (`90m`, `2h`, `1d`) or an RFC 3339 time; gives Unix seconds."""

    name = "since"

    @override
    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the moment."""
        if isinstance(value, float):
            return value
        if match := re.fullmatch(r"(\d+)([smhd])", value):
            back = timedelta(seconds=int(match[1]) * _UNITS[match[2]])
            return (now() - back).timestamp()
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is neither a duration (90m, 2h, 1d) nor a time", param, ctx)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def now() -> datetime:
    """Return the time; the command line is an edge, no Clock is passed here."""
    return datetime.now(UTC)  # noqa: TID251 - see above


def ago(text: str | None) -> str:
    """Return an RFC 3339 time as the time that passed since or is left, `3m` or `in 2h`."""
    if not text:
        return "-"
    seconds = (now() - datetime.fromisoformat(text)).total_seconds()
    size = span(abs(seconds))
    return size if seconds >= 0 else f"in {size}"


def next_attempt(text: str) -> str:
    """Return when a waiting delivery is tried: one that is due waits for those before it."""
    when = ago(text)
    return f"next attempt {when}" if when.startswith("in ") else "due, waits for its turn"


def span(seconds: float) -> str:
    """Return a duration in its largest unit."""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= length:
            return f"{int(seconds // length)}{unit}"
    return f"{int(seconds)}s"
