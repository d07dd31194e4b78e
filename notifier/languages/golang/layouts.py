"""Go's layouts: what "2006-01-02 15:04:05 MST" asks for, and times written that way.

A layout shows how the reference time would look; the pieces of it that stand for something
(chunks) are in the table below, everything else is copied (templates.md 3.4 trap 28).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS: Final = (
    "Sunday",
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
)
RFC3339: Final = "2006-01-02T15:04:05Z07:00"
RFC3339_NANO: Final = "2006-01-02T15:04:05.999999999Z07:00"
STRING: Final = "2006-01-02 15:04:05.999999999 -0700 MST"
"""How a time prints."""

_CHUNK: Final = re.compile(
    r"January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|0[1-6]|002|15|1|2006|2|__2|_2(?!006)|[345]|PM|pm"
    r"|-070000|-07:00:00|-0700|-07:00|-07|Z070000|Z07:00:00|Z0700|Z07:00|Z07"
    r"|[.,](?:0+|9+)(?![0-9])"
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A time as a calendar and a clock show it in its zone."""

    year: int
    month: int
    day: int
    weekday: int
    day_of_year: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    zone: str
    offset: int


@functools.lru_cache(maxsize=512)
def chunks(layout: str) -> tuple[tuple[tuple[str, str], ...], str]:
    """Return the chunks of a layout, each after the text in front of it, and the text behind."""
    found = []
    place = 0
    for chunk in _CHUNK.finditer(layout):
        found.append((layout[place : chunk.start()], chunk[0]))
        place = chunk.end()
    return tuple(found), layout[place:]


def is_fraction(chunk: str) -> bool:
    """Say whether a chunk stands for a fraction of a second."""
    return chunk[0] in ".,"


def write(moment: Moment, layout: str) -> str:
    """Return a time in a layout."""
    found, rest = chunks(layout)
    parts = []
    for prefix, chunk in found:
        parts.append(prefix)
        writer = _WRITERS.get(chunk)
        if writer is not None:
            parts.append(writer(moment))
        elif is_fraction(chunk):
            parts.append(_fraction(moment.nanosecond, chunk))
        else:
            parts.append(_offset(moment, chunk))
    parts.append(rest)
    return "".join(parts)


def _fraction(nanosecond: int, chunk: str) -> str:
    written = f"{nanosecond:09}"[: len(chunk) - 1]
    if chunk[1] == "0":
        return chunk[0] + written
    written = written.rstrip("0")
    return chunk[0] + written if written else ""


def _year(year: int) -> str:
    return f"{year:04}" if year >= 0 else f"-{-year:04}"


def _hour12(hour: int) -> int:
    return hour % 12 or 12


def numeric_offset(offset: int, form: str = "0700") -> str:
    """Return seconds east of UTC in one of the forms `07`, `0700`, `07:00`, `070000`, `07:00:00`.

    The sign is that of the whole minutes; where there are none, the seconds bear it.
    """
    minutes, seconds = divmod(abs(offset), 60)
    negative = offset < 0 and minutes > 0
    colon = ":" if ":" in form else ""
    written = f"{'-' if negative else '+'}{minutes // 60:02}"
    if len(form) > 2:
        written += f"{colon}{minutes % 60:02}"
    if len(form) > 5:
        mark = "-" if offset < 0 and seconds and not minutes else ""
        written += f"{colon}{mark}{seconds:02}"
    return written


def _zone(moment: Moment) -> str:
    return moment.zone or numeric_offset(moment.offset)


def _offset(moment: Moment, chunk: str) -> str:
    """Return an offset: `-07:00` always in digits, `Z07:00` as Z for UTC."""
    if chunk[0] == "Z" and not moment.offset:
        return "Z"
    return numeric_offset(moment.offset, chunk[1:])


_WRITERS: Final[Mapping[str, Callable[[Moment], str]]] = {
    "January": lambda moment: MONTHS[moment.month - 1],
    "Jan": lambda moment: MONTHS[moment.month - 1][:3],
    "1": lambda moment: str(moment.month),
    "01": lambda moment: f"{moment.month:02}",
    "Monday": lambda moment: WEEKDAYS[moment.weekday],
    "Mon": lambda moment: WEEKDAYS[moment.weekday][:3],
    "2": lambda moment: str(moment.day),
    "_2": lambda moment: f"{moment.day:2}",
    "02": lambda moment: f"{moment.day:02}",
    "__2": lambda moment: f"{moment.day_of_year:3}",
    "002": lambda moment: f"{moment.day_of_year:03}",
    "15": lambda moment: f"{moment.hour:02}",
    "3": lambda moment: str(_hour12(moment.hour)),
    "03": lambda moment: f"{_hour12(moment.hour):02}",
    "4": lambda moment: str(moment.minute),
    "04": lambda moment: f"{moment.minute:02}",
    "5": lambda moment: str(moment.second),
    "05": lambda moment: f"{moment.second:02}",
    "2006": lambda moment: _year(moment.year),
    "06": lambda moment: f"{abs(moment.year) % 100:02}",
    "PM": lambda moment: "PM" if moment.hour >= 12 else "AM",
    "pm": lambda moment: "pm" if moment.hour >= 12 else "am",
    "MST": _zone,
}
"""How each chunk is written; fractions and offsets are written by their form."""
