"""Numbers print, parse, overflow and divide as Go's do."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import numbers
from notifier.languages.golang.values import GoError

INT64 = st.integers(numbers.MIN_INT64, numbers.MAX_INT64)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (7.0, "7"),
        (1.5, "1.5"),
        (999999.0, "999999"),
        (1000000.0, "1e+06"),
        (1234567.0, "1.234567e+06"),
        (-1234567.0, "-1.234567e+06"),
        (123456.7, "123456.7"),
        (0.0001, "0.0001"),
        (0.00001, "1e-05"),
        (1e21, "1e+21"),
        (5e-324, "5e-324"),
        (math.inf, "+Inf"),
        (-math.inf, "-Inf"),
        (math.nan, "NaN"),
    ],
)
def test_plain(number: float, text: str) -> None:
    """`%v` takes an exponent below 1e-4 and from 1e6 on."""
    assert numbers.plain(number) == text


@pytest.mark.parametrize(
    ("number", "verb", "precision", "text"),
    [
        (1234567.0, "f", -1, "1234567"),
        (0.001, "f", -1, "0.001"),
        (12.5, "f", -1, "12.5"),
        (0.0, "f", -1, "0"),
        (0.0, "e", -1, "0e+00"),
        (12.5, "E", -1, "1.25E+01"),
        (12.0, "e", -1, "1.2e+01"),
        (1e7, "G", -1, "1E+07"),
        (2.5, "f", 0, "2"),
        (1.5, "e", 3, "1.500e+00"),
        (100000.0, "g", 3, "1e+05"),
        (1.5, "b", -1, "6755399441055744p-52"),
        (0.0, "b", -1, "0p-1074"),
        (-5e-324, "b", -1, "-1p-1074"),
        (1.5, "x", -1, "0x1.8p+00"),
        (1.5, "X", 3, "0X1.800P+00"),
        (-1.0, "x", -1, "-0x1p+00"),
        (0.0, "x", -1, "0x0p+00"),
        (1.96875, "x", 1, "0x1.0p+01"),
        (1.53125, "x", 1, "0x1.8p+00"),
        (5e-324, "x", -1, "0x1p-1074"),
        (1.5, "x", 15, "0x1.800000000000000p+00"),
    ],
)
def test_format_float(number: float, verb: str, precision: int, text: str) -> None:
    """Each verb has its own form; a fixed precision rounds half to even."""
    assert numbers.format_float(number, verb, precision) == text


@given(st.floats(allow_nan=False, allow_infinity=False), st.sampled_from("egEG"))
def test_shortest_digits_read_back(number: float, verb: str) -> None:
    """The shortest form names the same float and has the digits of `repr`."""
    text = numbers.format_float(number, verb)
    assert numbers.parse_float(text) == number
    assert numbers.digits(float(text)) == numbers.digits(number)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_hexadecimal_reads_back(number: float) -> None:
    """`%x` is exact."""
    assert numbers.parse_float(numbers.format_float(number, "x")) == number


@pytest.mark.parametrize(
    ("text", "base", "number"),
    [
        ("0", 0, 0),
        ("-17", 10, -17),
        ("+17", 10, 17),
        ("0x1F", 0, 31),
        ("0b101", 0, 5),
        ("0o17", 0, 15),
        ("017", 0, 15),
        ("1_000", 0, 1000),
        ("0x_ff", 0, 255),
        ("ff", 16, 255),
        ("9223372036854775807", 10, numbers.MAX_INT64),
        ("-9223372036854775808", 10, numbers.MIN_INT64),
        ("0" * 5000 + "7", 10, 7),
    ],
)
def test_parse_int(text: str, base: int, number: int) -> None:
    """Base 0 takes the base from a prefix and allows underscores between digits."""
    assert numbers.parse_int(text, base) == number


@pytest.mark.parametrize("text", ["", "-", "0x", "1_", "_1", "1__0", "08", "1.0", "１", "a", "--1"])
def test_parse_int_refuses(text: str) -> None:
    """What is no integer is named in the error."""
    with pytest.raises(GoError, match=r"^strconv\.ParseInt: parsing .*: invalid syntax$"):
        numbers.parse_int(text, 0)


@pytest.mark.parametrize(
    ("text", "bits", "nearest"),
    [
        ("9223372036854775808", 64, numbers.MAX_INT64),
        ("-9223372036854775809", 64, numbers.MIN_INT64),
        ("1" * 5000, 64, numbers.MAX_INT64),
        ("128", 8, 127),
    ],
)
def test_parse_int_out_of_range(text: str, bits: int, nearest: int) -> None:
    """The error knows the nearest number that fits, which some callers go on with."""
    with pytest.raises(numbers.OutOfRange, match="value out of range") as caught:
        numbers.parse_int(text, 10, bits)
    assert caught.value.nearest == nearest


def test_parse_uint() -> None:
    """Unsigned numbers have no sign, and more room."""
    assert numbers.parse_uint("18446744073709551615") == numbers.MAX_UINT64
    with pytest.raises(GoError, match="invalid syntax"):
        numbers.parse_uint("+1")
    with pytest.raises(numbers.OutOfRange):
        numbers.parse_uint("256", 10, 8)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1.0),
        ("1e3", 1000.0),
        ("1_23.5_0e+1_2", 1.235e14),
        ("0x1p-2", 0.25),
        ("0x_1.8p1", 3.0),
        ("1e-400", 0.0),
        ("inf", math.inf),
        ("-Infinity", -math.inf),
    ],
)
def test_parse_float(text: str, number: float) -> None:
    """Decimal, hexadecimal and special forms are read."""
    assert numbers.parse_float(text) == number


@pytest.mark.parametrize(
    "text", ["", ".", "e1", "1e", "0x1", "0x1_p1", "+nan", "infin", "1_.5", "_1", "1 ", "0x.p1"]
)
def test_parse_float_refuses(text: str) -> None:
    """Everything else is no float."""
    with pytest.raises(GoError, match="invalid syntax"):
        numbers.parse_float(text)


@pytest.mark.parametrize(
    ("text", "nearest"),
    [("1e400", math.inf), ("-1e400", -math.inf), ("0x1p2000", math.inf), ("-0x1p2000", -math.inf)],
)
def test_parse_float_out_of_range(text: str, nearest: float) -> None:
    """A float past the largest is an error that knows the infinity."""
    with pytest.raises(numbers.OutOfRange) as caught:
        numbers.parse_float(text)
    assert caught.value.nearest == nearest


def test_parse_float_reads_nan() -> None:
    """NaN has no sign."""
    assert math.isnan(numbers.parse_float("NaN"))


@given(st.integers())
def test_overflow_wraps(number: int) -> None:
    """Sizes keep the low bits; what fits stays."""
    assert (numbers.wrap_int64(number) - number) % 2**64 == 0
    assert numbers.MIN_INT64 <= numbers.wrap_int64(number) <= numbers.MAX_INT64
    assert numbers.wrap_uint64(number) == number % 2**64
    assert numbers.wrap(number, 8, signed=True) in range(-128, 128)
    assert numbers.wrap(number, 64, signed=True) == numbers.wrap_int64(number)
    assert numbers.wrap(number, 8, signed=False) == number % 256


@pytest.mark.parametrize(
    ("number", "signed", "unsigned"),
    [
        (1.9, 1, 1),
        (-1.9, -1, 2**64 - 1),
        (9.3e18, numbers.MIN_INT64, 9300000000000000000),
        (1e300, numbers.MIN_INT64, 2**63),
        (-1e300, numbers.MIN_INT64, 2**63),
        (math.nan, numbers.MIN_INT64, 2**63),
        (math.inf, numbers.MIN_INT64, 2**63),
    ],
)
def test_float_to_integer(number: float, signed: int, unsigned: int) -> None:
    """Conversion cuts towards zero; what does not fit is what amd64 makes of it."""
    assert numbers.to_int64(number) == signed
    assert numbers.to_uint64(number) == unsigned


@given(INT64, INT64.filter(bool))
def test_division_goes_towards_zero(left: int, right: int) -> None:
    """Quotient and remainder belong together, and the remainder has the dividend's sign."""
    quotient, rest = numbers.divide(left, right), numbers.modulo(left, right)
    assert numbers.wrap_int64(quotient * right + rest) == left
    assert abs(rest) < abs(right)
    assert rest == 0 or (rest < 0) == (left < 0)


def test_division_by_zero() -> None:
    """Division by zero fails in Go's words."""
    for operation in (numbers.divide, numbers.modulo):
        with pytest.raises(GoError, match="integer divide by zero"):
            operation(1, 0)
