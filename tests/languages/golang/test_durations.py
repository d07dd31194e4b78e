"""Durations print, parse and count as Go's do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import durations, numbers
from notifier.languages.golang.durations import HOUR, MINUTE, SECOND, Duration
from notifier.languages.golang.values import GoError, Int64, kind, type_name

INT64 = st.integers(numbers.MIN_INT64, numbers.MAX_INT64)


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1_100, "1.1µs"),
        (2_200_000, "2.2ms"),
        (3_000_000, "3ms"),
        (SECOND, "1s"),
        (90 * SECOND, "1m30s"),
        (HOUR + 500_000_000, "1h0m0.5s"),
        (-3 * MINUTE, "-3m0s"),
        (numbers.MAX_INT64, "2562047h47m16.854775807s"),
        (numbers.MIN_INT64, "-2562047h47m16.854775808s"),
    ],
)
def test_text(nanoseconds: int, text: str) -> None:
    """Units from nanoseconds to hours, without trailing zeros."""
    assert Duration(nanoseconds).text() == text


@given(INT64)
def test_what_is_printed_reads_back(nanoseconds: int) -> None:
    """Parsing is the inverse of printing, up to the fractions that floats can hold."""
    parsed = durations.parse(Duration(nanoseconds).text()).value
    assert abs(parsed - nanoseconds) <= 1


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("1h15m30.5s", 4_530_500_000_000),
        ("-1.5h", -5_400_000_000_000),
        ("+5s", 5 * SECOND),
        (".5s", 500_000_000),
        ("1.s", SECOND),
        ("1us1µs1μs", 3_000),
        ("9223372036854775807ns", numbers.MAX_INT64),
        ("-9223372036854775808ns", numbers.MIN_INT64),
        ("0.100000000000000000001h", 6 * MINUTE),
        ("0.9999999999999999999999h", HOUR),
    ],
)
def test_parse(text: str, nanoseconds: int) -> None:
    """Signs, fractions, several units, both spellings of micro."""
    assert durations.parse(text).value == nanoseconds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'invalid duration ""'),
        ("-", 'invalid duration "-"'),
        ("3", 'missing unit in duration "3"'),
        ("3x", 'unknown unit "x" in duration "3x"'),
        (".s", 'invalid duration ".s"'),
        ("1h ", 'unknown unit "h " in duration "1h "'),
        ("h", 'invalid duration "h"'),
        ("1d\u00e9\udcff", 'unknown unit "d\\xc3\\xa9\\xff" in duration "1d\\xc3\\xa9\\xff"'),
        ('1"\\', 'unknown unit "\\"\\\\" in duration "1\\"\\\\"'),
        ("9223372036854775808ns", 'invalid duration "9223372036854775808ns"'),
        ("9223372036854775809ns", 'invalid duration "9223372036854775809ns"'),
        ("9223372036854775808.9us", 'invalid duration "9223372036854775808.9us"'),
        ("2562047h2562047h", 'invalid duration "2562047h2562047h"'),
        ("9223372036854775.999us", 'invalid duration "9223372036854775.999us"'),
        ("0s" * 3000, "invalid duration: longer than 4096 characters"),
    ],
)
def test_parse_refuses(text: str, message: str) -> None:
    """Errors are worded as Go's; what is not printable ASCII shows as bytes."""
    with pytest.raises(GoError) as caught:
        durations.parse(text)
    assert str(caught.value) == f"time: {message}"


@pytest.mark.parametrize(
    ("value", "unit", "rounded", "truncated"),
    [
        (90 * SECOND, MINUTE, 120 * SECOND, MINUTE),
        (-90 * SECOND, MINUTE, -120 * SECOND, -MINUTE),
        (89 * SECOND, MINUTE, MINUTE, MINUTE),
        (90 * SECOND, 0, 90 * SECOND, 90 * SECOND),
        (90 * SECOND, -5, 90 * SECOND, 90 * SECOND),
        (numbers.MAX_INT64, HOUR, numbers.MAX_INT64, 2562047 * HOUR),
        (numbers.MIN_INT64, HOUR, numbers.MIN_INT64, -2562047 * HOUR),
    ],
)
def test_round_and_truncate(value: int, unit: int, rounded: int, truncated: int) -> None:
    """Halfway goes away from zero; past the largest is the largest."""
    assert Duration(value).round(Duration(unit)) == Duration(rounded)
    assert Duration(value).truncate(Duration(unit)) == Duration(truncated)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Abs", Duration(5_400_000_000_000)),
        ("Hours", -1.5),
        ("Minutes", -90.0),
        ("Seconds", -5400.0),
        ("Milliseconds", Int64(-5_400_000)),
        ("Microseconds", Int64(-5_400_000_000)),
        ("Nanoseconds", Int64(-5_400_000_000_000)),
        ("String", "-1h30m0s"),
    ],
)
def test_methods(name: str, value: object) -> None:
    """Each method of the table gives a value of the type it has in Go."""
    result = Duration.METHODS[name].call(Duration(-90 * MINUTE))
    assert (type(result), result) == (type(value), value)


def test_methods_with_units() -> None:
    """A constant counts nanoseconds."""
    value = Duration(1500)
    assert Duration.METHODS["Round"].call(value, 1000) == Duration(2000)
    assert Duration.METHODS["Truncate"].call(value, Duration(1000)) == Duration(1000)


def test_a_duration_is_an_integer_of_its_own_kind() -> None:
    """It is equal to its like only, and known as what it is."""
    value = Duration(5)
    assert value != 5
    assert value.identical(Duration(5))
    assert {value, Duration(5)} == {Duration(5)}
    assert (kind(value), type_name(value), value.plain()) == ("int64", "time.Duration", 5)
    assert repr(value) == "Duration(5)"
    assert Duration(numbers.MIN_INT64).abs() == Duration(numbers.MAX_INT64)
