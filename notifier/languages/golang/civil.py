"""The calendar: days since the Unix epoch and the dates they are, for all years Go's times reach.

Python's own dates end with the year 9999. The proleptic Gregorian calendar repeats every 400 years
(an era, 146,097 days); years count from March so that the leap day comes last.
"""

from __future__ import annotations

from typing import Final

_ERA: Final = 146_097
_EPOCH: Final = 719_468
"""Days from 0000-03-01 to 1970-01-01."""
_BEFORE: Final = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
"""Days before each month of a common year."""


def is_leap(year: int) -> bool:
    """Say whether a year has 366 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in(year: int, month: int) -> int:
    """Return the number of days of a month."""
    if month == 2:
        return 29 if is_leap(year) else 28
    return 30 + (month in (1, 3, 5, 7, 8, 10, 12))


def days_before(year: int, month: int) -> int:
    """Return the number of days of a year before a month."""
    return _BEFORE[month - 1] + (month > 2 and is_leap(year))


def days(year: int, month: int, day: int) -> int:
    """Return the days from 1970-01-01 to a date; the day may lie outside its month."""
    years = year - (month <= 2)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return years * 365 + years // 4 - years // 100 + years // 400 + day_of_year - _EPOCH


def date(day: int) -> tuple[int, int, int]:
    """Return year, month and day of a number of days since 1970-01-01."""
    era, rest = divmod(day + _EPOCH, _ERA)
    years = (rest - rest // 1460 + rest // 36_524 - rest // 146_096) // 365
    day_of_year = rest - (365 * years + years // 4 - years // 100)
    index = (5 * day_of_year + 2) // 153
    month = index + 3 if index < 10 else index - 9
    year = years + era * 400 + (month <= 2)
    return year, month, day_of_year - (153 * index + 2) // 5 + 1


def weekday(day: int) -> int:
    """Return the day of the week of a number of days since 1970-01-01; Sunday is 0."""
    return (day + 4) % 7


def iso_week(day: int) -> tuple[int, int]:
    """Return year and number of the ISO 8601 week of a number of days since 1970-01-01."""
    thursday = day + 4 - ((weekday(day) + 6) % 7 + 1)
    year = date(thursday)[0]
    return year, (thursday - days(year, 1, 1)) // 7 + 1
