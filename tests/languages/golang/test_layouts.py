"""Times are written in Go's layouts; the expected texts are Go's own."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import layouts, times, zones

MOMENT = times.date((2024, 3, 9), (15, 4, 5, 120_000_000), zones.load("Europe/Zurich"))


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("2006-01-02 15:04:05 MST", "2024-03-09 15:04:05 CET"),
        ("Mon Jan _2 15:04:05 2006", "Sat Mar  9 15:04:05 2024"),
        ("Monday, 02-Jan-06 15:04:05 MST", "Saturday, 09-Mar-24 15:04:05 CET"),
        ("January 2 3:04PM 3:4pm 03", "March 9 3:04PM 3:4pm 03"),
        ("1/2/06 5", "3/9/24 5"),
        ("002 __2", "069  69"),
        ("_2006 __2006", "_2024  69024"),
        (".000 .999 ,000000 .0000000000 .9999999999", ".120 .12 ,120000 .120000000 .12"),
        ("05.99999", "05.12"),
        (".0001 .00x", ".0003 .12x"),
        ("-0700 -07:00 -07 -070000 -07:00:00", "+0100 +01:00 +01 +010000 +01:00:00"),
        ("Z0700 Z07:00 Z07 Z070000 Z07:00:00", "+0100 +01:00 +01 +010000 +01:00:00"),
        ("Janx Monx Jan Mon", "Janx Monx Mar Sat"),
        ("20 P p M é", "90 P p M é"),
        ("", ""),
        ("no layout", "no layout"),
        (layouts.RFC3339_NANO, "2024-03-09T15:04:05.12+01:00"),
    ],
)
def test_write(layout: str, text: str) -> None:
    """Each chunk stands for its part of the time, everything else for itself."""
    assert MOMENT.format(layout) == text


@pytest.mark.parametrize(
    ("hour", "text"),
    [(0, "12 12AM am"), (11, "11 11AM am"), (12, "12 12PM pm"), (13, "1 01PM pm")],
)
def test_twelve_hours(hour: int, text: str) -> None:
    """Midnight is 12AM, noon is 12PM."""
    moment = times.date((2024, 3, 9), (hour, 0, 0, 0), zones.UTC)
    assert moment.format("3 03PM pm") == text


@pytest.mark.parametrize(
    ("name", "offset", "text"),
    [
        ("UTC", 0, "Z Z +0000 +00:00:00 UTC"),
        ("", 19_800, "+0530 +05:30 +0530 +05:30:00 +0530"),
        ("ABC", -12_600, "-0330 -03:30 -0330 -03:30:00 ABC"),
        ("", -12_630, "-0330 -03:30 -0330 -03:30:30 -0330"),
        ("", -30, "+0000 +00:00 +0000 +00:00:-30 +0000"),
    ],
)
def test_offsets(name: str, offset: int, text: str) -> None:
    """`Z` forms write Z for UTC; an unnamed zone shows as its offset."""
    moment = times.from_unix(0, 0, zones.fixed(name, offset))
    assert moment.format("Z0700 Z07:00 -0700 -07:00:00 MST") == text


@pytest.mark.parametrize(
    ("year", "text"), [(5, "0005 05"), (-5, "-0005 05"), (12_345, "12345 45"), (0, "0000 00")]
)
def test_years(year: int, text: str) -> None:
    """Four digits at least, a sign before them, and all that are needed."""
    assert times.date((year, 1, 1), (0, 0, 0, 0), zones.UTC).format("2006 06") == text


@given(st.datetimes(min_value=dt.datetime(1000, 1, 1), timezones=st.just(dt.UTC)))  # noqa: DTZ001  # the strategy wants it naive
def test_agrees_with_python(moment: dt.datetime) -> None:
    """What both can write is the same."""
    day = (moment.year, moment.month, moment.day)
    clock = (moment.hour, moment.minute, moment.second, moment.microsecond * 1000)
    written = times.date(day, clock, zones.UTC).format(
        "Monday Mon January Jan 2006-01-02 002 15:04:05.000000"
    )
    assert written == moment.strftime("%A %a %B %b %Y-%m-%d %j %H:%M:%S.%f")
