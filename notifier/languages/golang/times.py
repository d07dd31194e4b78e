"""time.Time and its relatives: immutable values with Go's text, arithmetic and methods.

A time is a Unix second, a nanosecond and a zone. Calendar years reach as far as Go's int64 of
seconds does; arithmetic past that wraps (templates.md 3.4 traps 28 and 29, 3.5).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from typing_extensions import override

from notifier.languages.golang import (
    bytetexts,
    civil,
    durations,
    layouts,
    numbers,
    timeparsing,
    zones,
)
from notifier.languages.golang.durations import Duration, quoted
from notifier.languages.golang.values import (
    Func,
    GoError,
    GoInteger,
    GoObject,
    Int64,
    Method,
    Uint64,
)

DAY_S: Final = 86_400
_INTERNAL: Final = 62_135_596_800
"""Seconds from the year 1, where Go's count starts, to the Unix epoch."""
_ABSOLUTE_DAYS: Final = 106_751_990_354_238 + 719_162
"""Days from the start of Go's calendar (March of the year -292,277,022,400) to the Unix epoch."""
_NANO: Final = 1_000_000_000


class Month(GoInteger):
    """A time.Month; January is 1."""

    __slots__ = ()
    KIND = "int"
    TYPE = "time.Month"

    @override
    def text(self) -> str:
        if 1 <= self.value <= len(layouts.MONTHS):
            return layouts.MONTHS[self.value - 1]
        return f"%!Month({numbers.wrap_uint64(self.value)})"

    METHODS: ClassVar[Mapping[str, Method]] = {"String": Method(text)}


class Weekday(GoInteger):
    """A time.Weekday; Sunday is 0."""

    __slots__ = ()
    KIND = "int"
    TYPE = "time.Weekday"

    @override
    def text(self) -> str:
        if 0 <= self.value < len(layouts.WEEKDAYS):
            return layouts.WEEKDAYS[self.value]
        return f"%!Weekday({numbers.wrap_uint64(self.value)})"

    METHODS: ClassVar[Mapping[str, Method]] = {"String": Method(text)}


class Time(GoObject):
    """A time.Time: `second` counts from the Unix epoch."""

    __slots__ = ("location", "nanosecond", "second")
    KIND = "struct"
    TYPE = "time.Time"

    def __init__(self, second: int, nanosecond: int, location: zones.Location) -> None:
        self.second = numbers.wrap_int64(second + _INTERNAL) - _INTERNAL
        self.nanosecond = nanosecond
        self.location = location

    @override
    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Time) and self.compare(other) == 0 and self.location == other.location
        )

    @override
    def __hash__(self) -> int:
        return hash((self.second, self.nanosecond))

    @override
    def identical(self, other: object) -> bool:
        return self == other and isinstance(other, Time) and self.location is other.location

    @override
    def __repr__(self) -> str:
        return f"Time({self.text()})"

    @override
    def text(self) -> str:
        return self.format(layouts.STRING)

    @override
    def go_text(self) -> str:
        at = self.moment()
        zone = "UTC" if self.location is zones.UTC else f"Location({quoted(self.location.name)})"
        return (
            f"time.Date({at.year}, time.{layouts.MONTHS[at.month - 1]}, {at.day}, {at.hour}, "
            f"{at.minute}, {at.second}, {at.nanosecond}, time.{zone})"
        )

    @override
    def inside(self) -> tuple[tuple[str, Any], ...]:
        return (
            ("wall", Uint64(self.nanosecond)),
            ("ext", Int64(self.second + _INTERNAL)),
            ("loc", zones.LocationPointer(0 if self.location is zones.UTC else 1)),
        )

    def day_number(self) -> int:
        """Return the days from 1970-01-01 to the date in its zone."""
        return self._local()[0]

    def _local(self) -> tuple[int, int, zones.Period]:
        """Return the days since the epoch, the second of the day, and what holds in the zone."""
        period = self.location.lookup(self.second)
        absolute = self.second + period.offset + _ABSOLUTE_DAYS * DAY_S
        days, second = divmod(absolute & numbers.MAX_UINT64, DAY_S)
        return days - _ABSOLUTE_DAYS, second, period

    def moment(self) -> layouts.Moment:
        """Return the time as calendar and clock show it."""
        days, second, period = self._local()
        year, month, day = civil.date(days)
        return layouts.Moment(
            year=year,
            month=month,
            day=day,
            weekday=civil.weekday(days),
            day_of_year=civil.days_before(year, month) + day,
            hour=second // 3600,
            minute=second // 60 % 60,
            second=second % 60,
            nanosecond=self.nanosecond,
            zone=period.name,
            offset=period.offset,
        )

    def format(self, layout: str) -> str:
        """Return the time in a layout of Go's."""
        return layouts.write(self.moment(), layout)

    @override
    def plain(self) -> str:
        """Return the time as JSON has it. Raises `GoError` for years that RFC 3339 lacks."""
        return self._strict("Time.MarshalJSON")

    def _strict(self, method: str) -> str:
        at = self.moment()
        if not 0 <= at.year <= 9999:
            raise GoError(f"{method}: year outside of range [0,9999]")
        if abs(at.offset) >= DAY_S:
            raise GoError(f"{method}: timezone hour outside of range [0,23]")
        return layouts.write(at, layouts.RFC3339_NANO)

    def at(self, location: zones.Location) -> Time:
        """Return the same instant in another zone."""
        return Time(self.second, self.nanosecond, location)

    def compare(self, other: Time) -> int:
        """Return -1, 0 or 1 for before, equal and after."""
        mine = (self.second, self.nanosecond)
        theirs = (other.second, other.nanosecond)
        return (mine > theirs) - (mine < theirs)

    def add(self, duration: Duration) -> Time:
        """Return the time so much later."""
        seconds, nanosecond = divmod(self.nanosecond + duration.value, _NANO)
        internal = self.second + _INTERNAL + seconds
        internal = min(max(internal, -numbers.MAX_INT64), numbers.MAX_INT64)
        return Time(internal - _INTERNAL, nanosecond, self.location)

    def sub(self, other: Time) -> Duration:
        """Return the duration from another time; past the largest, the largest."""
        nanoseconds = (self.second - other.second) * _NANO + self.nanosecond - other.nanosecond
        return Duration(min(max(nanoseconds, numbers.MIN_INT64), numbers.MAX_INT64))

    def add_date(self, years: int, months: int, days: int) -> Time:
        """Return the time on another date; a day past the end of its month goes on into the
        next."""
        at = self.moment()
        return date(
            (at.year + years, at.month + months, at.day + days),
            (at.hour, at.minute, at.second, at.nanosecond),
            self.location,
        )

    def truncate(self, unit: Duration) -> Time:
        """Return the multiple of a unit since the year 1 at or before the time."""
        return self.add(Duration(-self._past(unit)))

    def round(self, unit: Duration) -> Time:
        """Return the nearest multiple of a unit since the year 1; halfway goes up."""
        past = self._past(unit)
        if past * 2 < max(unit.value, 1):
            return self.add(Duration(-past))
        return self.add(Duration(unit.value - past))

    def _past(self, unit: Duration) -> int:
        """Return the nanoseconds since the last multiple of a unit."""
        if unit.value <= 0:
            return 0
        return ((self.second + _INTERNAL) * _NANO + self.nanosecond) % unit.value

    def is_zero(self) -> bool:
        """Say whether it is the first moment of the year 1."""
        return self.second == -_INTERNAL and self.nanosecond == 0

    def binary(self) -> bytes:
        """Return the time in Go's binary form. Raises `GoError` for an offset of one minute west,
        which there means UTC."""
        offset = self.location.lookup(self.second).offset
        minutes = numbers.divide(offset, 60)
        odd = offset - minutes * 60
        if self.location is zones.UTC:
            minutes = -1
        elif minutes == -1:
            raise GoError("Time.MarshalBinary: unexpected zone offset")
        return (
            bytes((2 if odd else 1,))
            + (self.second + _INTERNAL).to_bytes(8, "big", signed=True)
            + self.nanosecond.to_bytes(4, "big")
            + minutes.to_bytes(2, "big", signed=True)
            + (odd.to_bytes(1, "big", signed=True) if odd else b"")
        )

    METHODS: ClassVar[Mapping[str, Method]] = {
        "Add": Method(lambda self, duration: self.add(durations.of(duration)), ("time.Duration",)),
        "AddDate": Method(add_date, ("int", "int", "int")),
        "After": Method(lambda self, other: self.compare(other) > 0, ("time.Time",)),
        "AppendBinary": Method(lambda self, data: (data or b"") + self.binary(), ("[]uint8",)),
        "AppendFormat": Method(
            lambda self, data, layout: (data or b"") + bytetexts.encode(self.format(layout)),
            ("[]uint8", "string"),
        ),
        "AppendText": Method(
            lambda self, data: (data or b"") + self._strict("Time.AppendText").encode(),
            ("[]uint8",),
        ),
        "Before": Method(lambda self, other: self.compare(other) < 0, ("time.Time",)),
        "Clock": Method(lambda self: self.moment().hour, results=3),
        "Compare": Method(compare, ("time.Time",)),
        "Date": Method(lambda self: self.moment().year, results=3),
        "Day": Method(lambda self: self.moment().day),
        "Equal": Method(lambda self, other: self.compare(other) == 0, ("time.Time",)),
        "Format": Method(lambda self, layout: self.format(layout), ("string",)),
        "GoString": Method(go_text),
        "GobEncode": Method(binary),
        "Hour": Method(lambda self: self.moment().hour),
        "ISOWeek": Method(lambda self: civil.iso_week(self.day_number())[0], results=2),
        "In": Method(lambda self, location: self.at(_given(location)), ("*time.Location",)),
        "IsDST": Method(lambda self: self.location.lookup(self.second).is_dst),
        "IsZero": Method(is_zero),
        "Local": Method(lambda self: self.at(zones.UTC)),
        "Location": Method(lambda self: self.location),
        "MarshalBinary": Method(binary),
        "MarshalJSON": Method(lambda self: f'"{self.plain()}"'.encode()),
        "MarshalText": Method(lambda self: self._strict("Time.MarshalText").encode()),
        "Minute": Method(lambda self: self.moment().minute),
        "Month": Method(lambda self: Month(self.moment().month)),
        "Nanosecond": Method(lambda self: self.nanosecond),
        "Round": Method(lambda self, unit: self.round(durations.of(unit)), ("time.Duration",)),
        "Second": Method(lambda self: self.moment().second),
        "String": Method(text),
        "Sub": Method(sub, ("time.Time",)),
        "Truncate": Method(
            lambda self, unit: self.truncate(durations.of(unit)), ("time.Duration",)
        ),
        "UTC": Method(lambda self: self.at(zones.UTC)),
        "Unix": Method(lambda self: Int64(self.second)),
        "UnixMicro": Method(lambda self: _unix(self, 1_000_000)),
        "UnixMilli": Method(lambda self: _unix(self, 1_000)),
        "UnixNano": Method(lambda self: _unix(self, _NANO)),
        "Weekday": Method(lambda self: Weekday(civil.weekday(self.day_number()))),
        "Year": Method(lambda self: self.moment().year),
        "YearDay": Method(lambda self: self.moment().day_of_year),
        "Zone": Method(lambda self: self.location.lookup(self.second).name, results=2),
        "ZoneBounds": Method(lambda _: zero(), results=2),
    }
    """`Local` knows no other zone than UTC, and `ZoneBounds` of none where it begins."""


def zero() -> Time:
    """Return the first moment of the year 1, Go's zero value."""
    return Time(-_INTERNAL, 0, zones.UTC)


def _given(location: zones.Location | None) -> zones.Location:
    """Return a location that is an argument. Raises `GoError` of nil."""
    if location is None:
        raise GoError("time: missing Location in call to Time.In")
    return location


def _unix(time: Time, scale: int) -> Int64:
    """Return the time in parts of a second since the Unix epoch; wraps."""
    return Int64(numbers.wrap_int64(time.second * scale + time.nanosecond // (_NANO // scale)))


def from_unix(seconds: int, nanoseconds: int = 0, location: zones.Location = zones.UTC) -> Time:
    """Return the time so long after the Unix epoch; the nanoseconds may be any number."""
    more, nanosecond = divmod(nanoseconds, _NANO)
    return Time(seconds + more, nanosecond, location)


def date(
    day: tuple[int, int, int], clock: tuple[int, int, int, int], location: zones.Location
) -> Time:
    """Return the time with this year, month, day and hour, minute, second, nanosecond in a zone.

    Each may lie outside its usual range. A local time that occurs twice or never is read with the
    offset that holds before the change.
    """
    years, month = divmod(day[1] - 1, 12)
    days = civil.days(day[0] + years, month + 1, 1) + day[2] - 1
    more, nanosecond = divmod(clock[3], _NANO)
    local = days * DAY_S + clock[0] * 3600 + clock[1] * 60 + clock[2] + more
    offset = location.lookup(local).offset
    if offset:
        offset = location.lookup(local - offset).offset
    return Time(local - offset, nanosecond, location)


def parse(
    layout: str,
    text: str,
    default: zones.Location = zones.UTC,
    local: zones.Location = zones.UTC,
) -> Time:
    """Return the time that a text names in a layout: `time.Parse`, or `time.ParseInLocation` with
    the same zone twice. A text without a zone is in `default`; an offset or abbreviation that
    `local` has then is `local`. Raises `GoError`."""
    parsed = None
    if layout in (layouts.RFC3339, layouts.RFC3339_NANO):
        parsed = timeparsing.parse_rfc3339(text)
    if parsed is None:
        parsed = timeparsing.parse(layout, text)
    day = (parsed.year, parsed.month or 1, parsed.day or 1)
    clock = (parsed.hour, parsed.minute, parsed.second, parsed.nanosecond)
    if parsed.utc:
        return date(day, clock, zones.UTC)
    if parsed.offset is not None and parsed.offset != -1:  # as Go has it, -1 is no offset
        time = date(day, clock, zones.UTC)
        return _with_offset(time, parsed.offset, parsed.zone, local)
    if parsed.zone:
        return _with_zone(date(day, clock, zones.UTC), parsed.zone, local)
    return date(day, clock, default)


def _with_offset(time: Time, offset: int, name: str, local: zones.Location) -> Time:
    """Return a local time with an offset: in the local zone if it has the same one then."""
    second = time.second - offset
    period = local.lookup(second)
    if period.offset == offset and name in ("", period.name):
        return Time(second, time.nanosecond, local)
    return Time(second, time.nanosecond, zones.fixed(name, offset))


def _with_zone(time: Time, name: str, local: zones.Location) -> Time:
    """Return a local time with an abbreviation; one that `local` does not have counts as UTC, but
    for `GMT+3`."""
    offset = local.offset_named(name, time.second)
    if offset is not None:
        return Time(time.second - offset, time.nanosecond, local)
    offset = int(name[3:]) * 3600 if name[:3] == "GMT" and len(name) > 3 else 0
    # The clock is not moved by an offset made up of a name.
    return Time(time.second, time.nanosecond, zones.fixed(name, offset))


def library(now: Time) -> dict[str, Any]:
    """Return the `time` of templates and conditions: `Now` and `Parse`, which takes RFC 3339 and
    fails on anything else (templates.md 2)."""
    return {
        "Now": Func(lambda: now, (), "func() time.Time"),
        "Parse": Func(
            lambda text: parse(layouts.RFC3339, text, local=now.location),
            ("string",),
            "func(string) time.Time",
        ),
    }
