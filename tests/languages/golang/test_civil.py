"""The calendar agrees with Python's where that reaches, and goes on beyond."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import civil

EPOCH = dt.date(1970, 1, 1)
DAYS = st.integers(-(10**12), 10**12)


@given(st.dates())
def test_agrees_with_python(day: dt.date) -> None:
    """Days, weekdays, ISO weeks, lengths of months: all as `datetime` has them."""
    number = (day - EPOCH).days
    assert civil.days(day.year, day.month, day.day) == number
    assert civil.date(number) == (day.year, day.month, day.day)
    assert civil.weekday(number) == day.isoweekday() % 7
    assert civil.iso_week(number) == tuple(day.isocalendar())[:2]
    assert civil.days_before(day.year, day.month) + day.day == day.timetuple().tm_yday


@given(DAYS)
def test_days_and_dates_are_inverse(number: int) -> None:
    """In any year, also those long gone or far ahead."""
    year, month, day = civil.date(number)
    assert 1 <= month <= 12
    assert 1 <= day <= civil.days_in(year, month)
    assert civil.days(year, month, day) == number


@given(DAYS)
def test_the_calendar_repeats_every_400_years(number: int) -> None:
    """An era has 146,097 days, which are whole weeks."""
    year, month, day = civil.date(number)
    assert civil.date(number + 146_097) == (year + 400, month, day)
    assert civil.weekday(number + 146_097) == civil.weekday(number)


@pytest.mark.parametrize(
    ("year", "leap"), [(2024, True), (2023, False), (1900, False), (2000, True), (0, True)]
)
def test_leap_years(year: int, leap: bool) -> None:
    """Every fourth year, but for centuries not divisible by 400."""
    assert civil.is_leap(year) is leap
    assert civil.days_in(year, 2) == 28 + leap
