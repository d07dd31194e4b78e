"""Reading a time by a Go layout: `time.Parse` up to the point where a zone is needed.

`times.parse` makes a time of what was `Parsed`. Errors are worded as Go's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from notifier.languages.golang import civil, layouts
from notifier.languages.golang.durations import quoted
from notifier.languages.golang.values import GoError

_SIGNED: Final = re.compile(r"[+-]?[0-9]*")
_FRACTION: Final = re.compile(r"[.,][0-9]+")
_ZONE_NAME: Final = re.compile(
    r"ChST|MeST|GMT(?P<gmt>[+-].*)?|(?P<signed>[+-].*)"
    r"|(?:[A-Z]{4}T|[A-Z]{3}T|WITA|[A-Z]{3})(?![A-Z])",
    re.DOTALL,
)
_ZONE_OFFSET: Final = re.compile(r"[+-]0*(?:2[0-3]|1[0-9]|[0-9])(?![0-9])")
_OFFSET_PARTS: Final[Mapping[str, tuple[int, ...]]] = {
    "07": (1,),
    "0700": (1, 3),
    "070000": (1, 3, 5),
    "07:00": (1, 4),
    "07:00:00": (1, 4, 7),
}
"""Where the two digits of hour, minute and second stand in each form of offset."""
_OFFSET_LIMITS: Final = ((24, "hour"), (60, "minute"), (60, "second"))


_RFC3339: Final = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})"
    r"(?:\.([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
)


class _Unfit(Exception):  # never leaves this module
    """The text does not have what the chunk wants."""


class _OutOfRange(Exception):  # never leaves this module
    """The text has a number that its field cannot take."""


@dataclass(slots=True)
class Parsed:
    """What a text says about a time. Without a zone `utc` is false, `offset` (seconds east of UTC)
    None and `zone` (an abbreviation) empty."""

    year: int = 0
    month: int | None = None
    day: int | None = None
    day_of_year: int | None = None
    hour: int = 0
    minute: int = 0
    second: int = 0
    nanosecond: int = 0
    afternoon: bool | None = None
    utc: bool = False
    offset: int | None = None
    zone: str = ""


def parse(layout: str, text: str) -> Parsed:
    """Read a time. Raises `GoError` if the text does not fit the layout or is no time."""
    found, suffix = layouts.chunks(layout)
    reader = _Reader(text)
    for place, (prefix, chunk) in enumerate(found):
        _skip(reader, prefix, layout)
        held = reader.rest
        following = found[place + 1][1] if place + 1 < len(found) else ""
        try:
            reader.chunk(chunk, following)
        except _OutOfRange as err:
            raise GoError(f"parsing time {quoted(text)}: {err} out of range") from None
        except _Unfit:
            raise _mismatch(text, layout, held, chunk) from None
    _skip(reader, suffix, layout)
    if reader.rest:
        raise GoError(f"parsing time {quoted(text)}: extra text: {quoted(reader.rest)}")
    return _completed(reader.parsed, text)


def parse_rfc3339(text: str) -> Parsed | None:
    """Read a time in its most usual form, fast; None where only `parse` can say what is wrong."""
    found = _RFC3339.fullmatch(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = map(int, found.groups()[:6])
    east, ahead = int(found[9] or 0), int(found[10] or 0)
    if not (1 <= month <= 12 and 1 <= day <= civil.days_in(year, month)):
        return None
    if hour > 23 or minute > 59 or second > 59 or east > 23 or ahead > 59:
        return None
    offset = (east * 60 + ahead) * 60
    return Parsed(
        year=year,
        month=month,
        day=day,
        hour=hour,
        minute=minute,
        second=second,
        nanosecond=int((found[7] or "")[:9].ljust(9, "0")),
        utc=found[8] is None,
        offset=None if found[8] is None else -offset if found[8] == "-" else offset,
    )


def _mismatch(text: str, layout: str, rest: str, wanted: str) -> GoError:
    return GoError(
        f"parsing time {quoted(text)} as {quoted(layout)}: "
        f"cannot parse {quoted(rest)} as {quoted(wanted)}"
    )


def _skip(reader: _Reader, prefix: str, layout: str) -> None:
    """Pass over literal text; a run of spaces fits any run of spaces, and the end."""
    rest, place = reader.rest, 0
    while place < len(prefix):
        if prefix[place] == " ":
            if rest and rest[0] != " ":
                raise _mismatch(reader.text, layout, rest, prefix)
            rest = rest.lstrip(" ")
            while place < len(prefix) and prefix[place] == " ":
                place += 1
        elif rest[:1] == prefix[place]:
            rest = rest[1:]
            place += 1
        else:
            raise _mismatch(reader.text, layout, rest, prefix)
    reader.rest = rest


def _completed(parsed: Parsed, text: str) -> Parsed:
    """Settle noon, midnight and the day of the year, and check the day. Raises `GoError`."""
    if parsed.afternoon and parsed.hour < 12:
        parsed.hour += 12
    elif parsed.afternoon is False and parsed.hour == 12:
        parsed.hour = 0
    if parsed.day_of_year is not None:
        _place_day_of_year(parsed, parsed.day_of_year, text)
    parsed.month = 1 if parsed.month is None else parsed.month
    parsed.day = 1 if parsed.day is None else parsed.day
    if not 1 <= parsed.day <= civil.days_in(parsed.year, parsed.month):
        raise GoError(f"parsing time {quoted(text)}: day out of range")
    return parsed


def _place_day_of_year(parsed: Parsed, day_of_year: int, text: str) -> None:
    if not 1 <= day_of_year <= 365 + civil.is_leap(parsed.year):
        raise GoError(f"parsing time {quoted(text)}: day-of-year out of range")
    _, month, day = civil.date(civil.days(parsed.year, 1, day_of_year))
    if parsed.month not in (None, month):
        raise GoError(f"parsing time {quoted(text)}: day-of-year does not match month")
    if parsed.day not in (None, day):
        raise GoError(f"parsing time {quoted(text)}: day-of-year does not match day")
    parsed.month, parsed.day = month, day


class _Reader:
    """Reads a text chunk by chunk: `rest` is what is left of it."""

    __slots__ = ("parsed", "rest", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.rest = text
        self.parsed = Parsed()

    def chunk(self, chunk: str, following: str) -> None:
        """Read what a chunk stands for; a second may be followed by a fraction that the layout
        does not have. Raises `_Unfit` and `_OutOfRange`."""
        reader = _READERS.get(chunk)
        if reader is not None:
            reader(self)
        elif layouts.is_fraction(chunk):
            self._fraction(chunk)
        else:
            self._offset(chunk)
        if chunk in ("5", "05") and not (following and layouts.is_fraction(following)):
            self._some_fraction()

    def _take(self, length: int) -> str:
        if len(self.rest) < length:
            raise _Unfit
        taken, self.rest = self.rest[:length], self.rest[length:]
        return taken

    def _number(self, most: int, *, fixed: bool) -> int:
        """Read one to `most` digits, exactly so many if they are `fixed`."""
        length = 0
        while length < most and "0" <= self.rest[length : length + 1] <= "9":
            length += 1
        if length == 0 or (fixed and length < most):
            raise _Unfit
        return int(self._take(length))

    def _limited(self, name: str, least: int, most: int, *, fixed: bool) -> int:
        number = self._number(2, fixed=fixed)
        if not least <= number <= most:
            raise _OutOfRange(name)
        return number

    def _name(self, names: Sequence[str]) -> int:
        """Read one of some names, in capitals or not."""
        for place, name in enumerate(names):
            if self.rest[: len(name)].lower() == name.lower():
                self.rest = self.rest[len(name) :]
                return place
        raise _Unfit

    def short_month(self) -> None:
        self.parsed.month = self._name(_SHORT_MONTHS) + 1

    def long_month(self) -> None:
        self.parsed.month = self._name(layouts.MONTHS) + 1

    def month(self, *, fixed: bool = False) -> None:
        self.parsed.month = self._limited("month", 1, 12, fixed=fixed)

    def short_weekday(self) -> None:
        self._name(_SHORT_WEEKDAYS)

    def long_weekday(self) -> None:
        self._name(layouts.WEEKDAYS)

    def day(self, *, spaces: int = 0, fixed: bool = False) -> None:
        self._spaces(spaces)
        self.parsed.day = self._number(2, fixed=fixed)

    def day_of_year(self, *, spaces: int = 0, fixed: bool = False) -> None:
        self._spaces(spaces)
        self.parsed.day_of_year = self._number(3, fixed=fixed)

    def _spaces(self, most: int) -> None:
        for _ in range(most):
            self.rest = self.rest.removeprefix(" ")

    def hour(self) -> None:
        self.parsed.hour = self._limited("hour", 0, 23, fixed=False)

    def hour12(self, *, fixed: bool = False) -> None:
        self.parsed.hour = self._limited("hour", 0, 12, fixed=fixed)

    def minute(self, *, fixed: bool = False) -> None:
        self.parsed.minute = self._limited("minute", 0, 59, fixed=fixed)

    def second(self, *, fixed: bool = False) -> None:
        self.parsed.second = self._limited("second", 0, 59, fixed=fixed)

    def year(self) -> None:
        if not "0" <= self.rest[:1] <= "9":
            raise _Unfit
        self.parsed.year = _signed(self._take(4))

    def short_year(self) -> None:
        year = _signed(self._take(2))
        self.parsed.year = year + (1900 if year >= 69 else 2000)

    def half(self, morning: str, afternoon: str) -> None:
        taken = self._take(2)
        if taken not in (morning, afternoon):
            raise _Unfit
        self.parsed.afternoon = taken == afternoon

    def zone(self) -> None:
        """Read the abbreviation of a zone: three to five capitals, or an offset."""
        if self.rest.startswith("UTC"):
            self.rest = self.rest[3:]
            self.parsed.utc = True
            return
        found = _ZONE_NAME.match(self.rest)
        if found is None or len(self.rest) < 3:
            raise _Unfit
        length = found.end()
        signed = found["gmt"] or found["signed"]
        if signed is not None:
            offset = _ZONE_OFFSET.match(signed)
            if offset is None and found["signed"]:
                raise _Unfit
            length += (offset.end() if offset else 0) - len(signed)
        self.parsed.zone = self._take(length)

    def _offset(self, chunk: str) -> None:
        if chunk[0] == "Z" and self.rest.startswith("Z"):
            self.rest = self.rest[1:]
            self.parsed.utc = True
            return
        taken = self._take(len(chunk))
        if any(taken[place] != ":" for place, char in enumerate(chunk) if char == ":"):
            raise _Unfit
        total, beyond = 0, ""
        for scale, place, (limit, name) in zip(
            (3600, 60, 1), _OFFSET_PARTS[chunk[1:]], _OFFSET_LIMITS, strict=False
        ):
            digits = taken[place : place + 2]
            if not (digits.isascii() and digits.isdigit()):
                raise _OutOfRange(beyond) if beyond else _Unfit
            beyond = f"time zone offset {name}" if int(digits) > limit else beyond
            total += int(digits) * scale
        if beyond:
            raise _OutOfRange(beyond)
        if taken[0] not in "+-":
            raise _Unfit
        self.parsed.offset = -total if taken[0] == "-" else total

    def _fraction(self, chunk: str) -> None:
        """Read exactly the digits of `.000`, or any number of them (none, even) for `.999`."""
        if chunk[1] == "0":
            self._nanosecond(self._take(len(chunk)))
        else:
            self._some_fraction()

    def _some_fraction(self) -> None:
        found = _FRACTION.match(self.rest)
        if found:
            self._nanosecond(self._take(found.end()))

    def _nanosecond(self, taken: str) -> None:
        if taken[0] not in ".,":
            raise _Unfit
        digits = taken[1:10]
        number = _signed(digits)
        if number < 0:
            raise _OutOfRange("fractional second")
        self.parsed.nanosecond = number * 10 ** (9 - len(digits))


def _signed(text: str) -> int:
    """Return a whole number as package time reads it: a sign is fine, and digits may lack."""
    if not _SIGNED.fullmatch(text):
        raise _Unfit
    return int(text) if text.strip("+-") else 0


_SHORT_MONTHS: Final = tuple(name[:3] for name in layouts.MONTHS)
_SHORT_WEEKDAYS: Final = tuple(name[:3] for name in layouts.WEEKDAYS)
_READERS: Final[Mapping[str, Callable[[_Reader], None]]] = {
    "January": _Reader.long_month,
    "Jan": _Reader.short_month,
    "1": _Reader.month,
    "01": lambda reader: reader.month(fixed=True),
    "Monday": _Reader.long_weekday,
    "Mon": _Reader.short_weekday,
    "2": _Reader.day,
    "_2": lambda reader: reader.day(spaces=1),
    "02": lambda reader: reader.day(fixed=True),
    "__2": lambda reader: reader.day_of_year(spaces=2),
    "002": lambda reader: reader.day_of_year(fixed=True),
    "15": _Reader.hour,
    "3": _Reader.hour12,
    "03": lambda reader: reader.hour12(fixed=True),
    "4": _Reader.minute,
    "04": lambda reader: reader.minute(fixed=True),
    "5": _Reader.second,
    "05": lambda reader: reader.second(fixed=True),
    "2006": _Reader.year,
    "06": _Reader.short_year,
    "PM": lambda reader: reader.half("AM", "PM"),
    "pm": lambda reader: reader.half("am", "pm"),
    "MST": _Reader.zone,
}
"""What reads each chunk; fractions of a second and offsets are read by their form."""
