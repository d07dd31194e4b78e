"""Times have Go's arithmetic, text and methods."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import civil, numbers, times, zones
from notifier.languages.golang.durations import HOUR, MINUTE, SECOND, Duration
from notifier.languages.golang.times import Month, Time, Weekday
from notifier.languages.golang.values import GoError, Int64, kind, type_name

ZURICH = zones.load("Europe/Zurich")
MOMENT = times.date((2024, 2, 29), (15, 4, 5, 123_456_789), ZURICH)
SECONDS = st.integers(-(10**12), 10**12)
NANOS = st.integers(0, 10**9 - 1)
MOMENTS = st.builds(times.from_unix, SECONDS, NANOS)


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (times.from_unix(0), "1970-01-01 00:00:00 +0000 UTC"),
        (times.from_unix(1, -1), "1970-01-01 00:00:00.999999999 +0000 UTC"),
        (times.from_unix(0, 1_500_000_000), "1970-01-01 00:00:01.5 +0000 UTC"),
        (times.zero(), "0001-01-01 00:00:00 +0000 UTC"),
        (MOMENT, "2024-02-29 15:04:05.123456789 +0100 CET"),
        (times.from_unix(0, 0, zones.fixed("", 7200)), "1970-01-01 02:00:00 +0200 +0200"),
        (times.from_unix(2**62), "146138514283-06-19 07:45:04 +0000 UTC"),
        (times.from_unix(2**63 - 1), "292277026596-12-04 15:30:07 +0000 UTC"),
    ],
)
def test_text(time: Time, text: str) -> None:
    """Date, clock, offset and zone, in every year that Go has."""
    assert time.text() == text


@given(
    st.datetimes(
        min_value=dt.datetime(2, 1, 1),  # noqa: DTZ001  # the strategy wants it naive
        max_value=dt.datetime(9998, 1, 1),  # noqa: DTZ001  # the same
        timezones=st.timezones(),
    )
)
def test_agrees_with_python(moment: dt.datetime) -> None:
    """The same instant in the same zone has the same calendar and clock."""
    moment = moment.astimezone(dt.UTC).astimezone(moment.tzinfo)
    time = times.from_unix(0, 0, zones.load(str(moment.tzinfo)))
    passed = moment - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    at = Time(passed.days * 86_400 + passed.seconds, 0, time.location).moment()
    assert (at.year, at.month, at.day) == (moment.year, moment.month, moment.day)
    assert (at.hour, at.minute, at.second) == (moment.hour, moment.minute, moment.second)
    assert at.weekday == moment.isoweekday() % 7
    assert at.day_of_year == moment.timetuple().tm_yday


@given(MOMENTS, st.integers(-(10**18), 10**18).map(Duration))
def test_add_and_sub_are_inverse(time: Time, duration: Duration) -> None:
    """A time so much later is so much later."""
    later = time.add(duration)
    assert later.sub(time) == duration
    assert later.compare(time) == (duration.value > 0) - (duration.value < 0)


@given(MOMENTS, st.integers(1, 10**15).map(Duration))
def test_round_and_truncate(time: Time, unit: Duration) -> None:
    """Both give multiples of the unit since the year 1: the last one, or the nearest."""
    truncated, rounded = time.truncate(unit), time.round(unit)
    assert 0 <= time.sub(truncated).value < unit.value
    assert rounded in (truncated, truncated.add(unit))
    assert time.sub(rounded).abs().value * 2 <= unit.value
    since = (truncated.second + 62_135_596_800) * SECOND + truncated.nanosecond
    assert since % unit.value == 0


def test_a_unit_that_is_not_positive_changes_nothing() -> None:
    """As in Go."""
    assert MOMENT.truncate(Duration(0)) == MOMENT.round(Duration(-5)) == MOMENT


def test_arithmetic_at_the_ends_of_time() -> None:
    """Differences past the largest duration are the largest; additions stop at the last second."""
    first, last = times.zero(), times.from_unix(2**63 - 1 - 62_135_596_800)
    assert last.sub(first) == Duration(numbers.MAX_INT64)
    assert first.sub(last) == Duration(numbers.MIN_INT64)
    assert last.add(Duration(HOUR)).compare(last) == 0


@pytest.mark.parametrize(
    ("steps", "text"),
    [
        ((0, 1, 0), "2024-03-29 15:04:05.123456789 +0100 CET"),
        ((0, 1, 2), "2024-03-31 15:04:05.123456789 +0200 CEST"),
        ((1, 0, 0), "2025-03-01 15:04:05.123456789 +0100 CET"),
        ((0, -14, -29), "2022-11-30 15:04:05.123456789 +0100 CET"),
    ],
)
def test_add_date(steps: tuple[int, int, int], text: str) -> None:
    """Days past the end of a month go on into the next; the clock stays."""
    assert MOMENT.add_date(*steps).text() == text


@pytest.mark.parametrize(
    ("day", "clock", "text"),
    [
        ((2024, 3, 31), (2, 30, 0, 0), "2024-03-31 03:30:00 +0200 CEST"),
        ((2024, 10, 27), (2, 30, 0, 0), "2024-10-27 02:30:00 +0100 CET"),
        ((2023, 14, 30), (25, -1, 61, -1), "2024-03-02 01:00:00.999999999 +0100 CET"),
    ],
)
def test_date(day: tuple[int, int, int], clock: tuple[int, int, int, int], text: str) -> None:
    """Numbers out of range carry over; a local time that never was is moved ahead."""
    assert times.date(day, clock, ZURICH).text() == text


OTHER = times.from_unix(1_700_000_000)
RESULTS: list[tuple[str, tuple[Any, ...], Any]] = [
    ("Add", (HOUR,), MOMENT.add(Duration(HOUR))),
    ("AddDate", (0, 0, 1), MOMENT.add_date(0, 0, 1)),
    ("After", (OTHER,), True),
    ("AppendBinary", (b"x",), b"x" + MOMENT.binary()),
    ("AppendFormat", (None, "2006"), b"2024"),
    ("AppendText", (b"x",), b"x2024-02-29T15:04:05.123456789+01:00"),
    ("Before", (OTHER,), False),
    ("Clock", (), 15),
    ("Compare", (OTHER,), 1),
    ("Date", (), 2024),
    ("Day", (), 29),
    ("Equal", (MOMENT.at(zones.UTC),), True),
    ("Format", ("Jan",), "Feb"),
    (
        "GoString",
        (),
        'time.Date(2024, time.February, 29, 15, 4, 5, 123456789, time.Location("Europe/Zurich"))',
    ),
    ("GobEncode", (), MOMENT.binary()),
    ("Hour", (), 15),
    ("ISOWeek", (), 2024),
    ("In", (zones.UTC,), MOMENT.at(zones.UTC)),
    ("IsDST", (), False),
    ("IsZero", (), False),
    ("Local", (), MOMENT.at(zones.UTC)),
    ("Location", (), ZURICH),
    ("MarshalBinary", (), bytes.fromhex("010000000edd7285d5075bcd15003c")),
    ("MarshalJSON", (), b'"2024-02-29T15:04:05.123456789+01:00"'),
    ("MarshalText", (), b"2024-02-29T15:04:05.123456789+01:00"),
    ("Minute", (), 4),
    ("Month", (), Month(2)),
    ("Nanosecond", (), 123_456_789),
    ("Round", (SECOND,), MOMENT.round(Duration(SECOND))),
    ("Second", (), 5),
    ("String", (), "2024-02-29 15:04:05.123456789 +0100 CET"),
    ("Sub", (MOMENT.add(Duration(-MINUTE)),), Duration(MINUTE)),
    ("Truncate", (SECOND,), MOMENT.truncate(Duration(SECOND))),
    ("UTC", (), MOMENT.at(zones.UTC)),
    ("Unix", (), Int64(1_709_215_445)),
    ("UnixMicro", (), Int64(1_709_215_445_123_456)),
    ("UnixMilli", (), Int64(1_709_215_445_123)),
    ("UnixNano", (), Int64(1_709_215_445_123_456_789)),
    ("Weekday", (), Weekday(4)),
    ("Year", (), 2024),
    ("YearDay", (), 60),
    ("Zone", (), "CET"),
    ("ZoneBounds", (), times.zero()),
]


@pytest.mark.parametrize(
    ("name", "arguments", "result"), RESULTS, ids=[name for name, *_ in RESULTS]
)
def test_methods(name: str, arguments: tuple[Any, ...], result: Any) -> None:
    """Each method gives what it gives in Go, of the type it has there."""
    method = Time.METHODS[name]
    assert len(arguments) == len(method.parameters)
    found = method.call(MOMENT, *arguments)
    assert (type(found), found) == (type(result), result)


def test_a_duration_is_an_argument_too() -> None:
    """Beside constants, which count nanoseconds."""
    add = Time.METHODS["Add"].call
    assert add(MOMENT, Duration(HOUR)) == add(MOMENT, HOUR)


def test_every_method_is_tested() -> None:
    """The table holds nothing that the tests do not know."""
    assert set(Time.METHODS) == {name for name, *_ in RESULTS}


def test_methods_with_several_results() -> None:
    """Templates refuse them: the table says which they are."""
    several = {name: method.results for name, method in Time.METHODS.items() if method.results > 1}
    assert several == {"Clock": 3, "Date": 3, "ISOWeek": 2, "Zone": 2, "ZoneBounds": 2}


def test_in_no_location() -> None:
    """Nil is no zone."""
    with pytest.raises(GoError, match="missing Location"):
        Time.METHODS["In"].call(MOMENT, None)


@pytest.mark.parametrize(
    ("time", "message"),
    [
        (times.date((10_000, 1, 1), (0, 0, 0, 0), zones.UTC), "year outside of range"),
        (times.date((-1, 1, 1), (0, 0, 0, 0), zones.UTC), "year outside of range"),
        (times.from_unix(0, 0, zones.fixed("", 86_400)), "timezone hour outside of range"),
    ],
)
def test_what_rfc3339_cannot_say(time: Time, message: str) -> None:
    """JSON fails, in Go's words."""
    with pytest.raises(GoError, match=f"Time.MarshalJSON: {message}"):
        time.plain()


@pytest.mark.parametrize(
    ("location", "binary"),
    [
        (zones.UTC, "010000000e7791f70000000000ffff"),
        (zones.fixed("", 3661), "020000000e7791f70000000000003d01"),
        (zones.fixed("", -3661), "020000000e7791f70000000000ffc3ff"),
        (zones.fixed("", -30), "020000000e7791f700000000000000e2"),
    ],
)
def test_binary(location: zones.Location, binary: str) -> None:
    """UTC has a mark of its own, an offset with seconds takes a byte more."""
    assert times.from_unix(0, 0, location).binary().hex() == binary


def test_binary_of_the_offset_that_marks_utc() -> None:
    """One minute west cannot be told from it."""
    with pytest.raises(GoError, match="unexpected zone offset"):
        times.from_unix(0, 0, zones.fixed("", -60)).binary()


def test_months_and_weekdays() -> None:
    """Named integers of kind int."""
    assert Month.METHODS["String"].call(Month(12)) == "December"
    assert Weekday.METHODS["String"].call(Weekday(0)) == "Sunday"
    assert (kind(Month(1)), type_name(Month(1))) == ("int", "time.Month")
    assert (kind(Weekday(1)), type_name(Weekday(1))) == ("int", "time.Weekday")
    assert Month(1) != Weekday(1)
    assert (Month(13).text(), Weekday(7).text()) == ("%!Month(13)", "%!Weekday(7)")
    assert Month(-1).text() == "%!Month(18446744073709551615)"
    assert Weekday(1)
    assert not Weekday(0)


def test_equality() -> None:
    """Deep equality looks at the zones, identity at where they are."""
    odd = times.from_unix(0, 0, zones.fixed("", 19_800))
    same = times.from_unix(0, 0, zones.fixed("", 19_800))
    assert odd == same
    assert hash(odd) == hash(same)
    assert not odd.identical(same)
    assert odd.identical(odd)
    assert odd != odd.at(zones.UTC)
    assert odd.compare(odd.at(zones.UTC)) == 0
    assert odd != "time"
    assert repr(odd) == "Time(1970-01-01 05:30:00 +0530 +0530)"
    assert (kind(odd), type_name(odd)) == ("struct", "time.Time")


def test_library() -> None:
    """`Now` is the moment given; `Parse` takes RFC 3339 and fails on anything else."""
    library = times.library(MOMENT)
    assert library["Now"].function() is MOMENT
    parse = library["Parse"]
    assert parse.function("2024-07-01T00:00:00+02:00").location is ZURICH
    assert parse.parameters == ("string",)
    with pytest.raises(GoError, match="cannot parse"):
        parse.function("2024-07-01")
    assert {type_name(each) for each in library.values()} == {
        "func() time.Time",
        "func(string) time.Time",
    }


@given(MOMENTS)
def test_years_follow_the_calendar(time: Time) -> None:
    """The date is that of the day number."""
    at = time.moment()
    assert civil.days(at.year, at.month, at.day) == time.day_number()
