"""time.Duration: an int64 of nanoseconds with text, parsing and methods (templates.md 3.4 trap 29).

Arithmetic wraps as int64 does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from typing_extensions import override

from notifier.languages.golang import numbers
from notifier.languages.golang.values import GoError, GoInteger, Int64, Method

MICROSECOND: Final = 1_000
MILLISECOND: Final = 1_000_000
SECOND: Final = 1_000_000_000
MINUTE: Final = 60 * SECOND
HOUR: Final = 60 * MINUTE

_UNITS: Final = {
    "ns": 1,
    "us": MICROSECOND,
    "µs": MICROSECOND,  # U+00B5, micro sign
    "μs": MICROSECOND,  # U+03BC, Greek letter mu
    "ms": MILLISECOND,
    "s": SECOND,
    "m": MINUTE,
    "h": HOUR,
}
_PART: Final = re.compile(r"([0-9]*)(?:\.([0-9]*))?([^0-9.]*)")
_LARGEST: Final = 2**63
_LONGEST_TEXT: Final = 4096
"""Longer texts are no durations, whatever they say: reading them takes its time."""


class Duration(GoInteger):
    """A time.Duration; `value` is its nanoseconds."""

    __slots__ = ()
    KIND = "int64"
    TYPE = "time.Duration"

    @override
    def text(self) -> str:
        return text(self.value)

    def round(self, unit: Duration) -> Duration:
        """Return the nearest multiple of a unit; halfway goes away from zero. A duration past the
        largest is the largest; a unit that is not positive changes nothing."""
        if unit.value <= 0:
            return self
        size = abs(self.value)
        rest = size % unit.value
        size += unit.value - rest if rest * 2 >= unit.value else -rest
        nearest = -size if self.value < 0 else size
        return Duration(min(max(nearest, numbers.MIN_INT64), numbers.MAX_INT64))

    def truncate(self, unit: Duration) -> Duration:
        """Return the multiple of a unit towards zero; a unit that is not positive changes
        nothing."""
        if unit.value <= 0:
            return self
        return Duration(self.value - numbers.modulo(self.value, unit.value))

    def abs(self) -> Duration:
        """Return the duration without its sign; of the smallest, the largest."""
        return Duration(min(abs(self.value), numbers.MAX_INT64))

    def in_units(self, unit: int) -> float:
        """Return how many units (in nanoseconds) it is, as Hours, Minutes and Seconds do."""
        whole = numbers.divide(self.value, unit)
        return float(whole) + float(self.value - whole * unit) / unit

    METHODS: ClassVar[Mapping[str, Method]] = {
        "Abs": Method(lambda self: self.abs()),
        "Hours": Method(lambda self: self.in_units(HOUR)),
        "Microseconds": Method(lambda self: Int64(numbers.divide(self.value, MICROSECOND))),
        "Milliseconds": Method(lambda self: Int64(numbers.divide(self.value, MILLISECOND))),
        "Minutes": Method(lambda self: self.in_units(MINUTE)),
        "Nanoseconds": Method(lambda self: Int64(self.value)),
        "Round": Method(lambda self, unit: self.round(of(unit)), ("time.Duration",)),
        "Seconds": Method(lambda self: self.in_units(SECOND)),
        "String": Method(lambda self: text(self.value)),
        "Truncate": Method(lambda self, unit: self.truncate(of(unit)), ("time.Duration",)),
    }


def of(value: Any) -> Duration:
    """Return a duration for an argument: an integer constant counts nanoseconds."""
    return value if isinstance(value, Duration) else Duration(numbers.wrap_int64(int(value)))


def text(nanoseconds: int) -> str:
    """Return a number of nanoseconds as Go prints it: `1h0m0.5s`, `1.5ms`, `0s`."""
    sign = "-" if nanoseconds < 0 else ""
    size = abs(nanoseconds)
    if size < SECOND:
        return sign + _small(size)
    seconds, rest = divmod(size, SECOND)
    minutes, seconds = divmod(seconds, 60)
    written = _decimal(seconds, rest, 9) + "s"
    if minutes:
        hours, minutes = divmod(minutes, 60)
        written = f"{hours}h{minutes}m{written}" if hours else f"{minutes}m{written}"
    return sign + written


def _small(size: int) -> str:
    if size == 0:
        return "0s"
    if size < MICROSECOND:
        return f"{size}ns"
    if size < MILLISECOND:
        return _decimal(*divmod(size, MICROSECOND), 3) + "µs"
    return _decimal(*divmod(size, MILLISECOND), 6) + "ms"


def _decimal(whole: int, fraction: int, places: int) -> str:
    return f"{whole}.{fraction:0{places}}".rstrip("0") if fraction else str(whole)


def parse(literal: str) -> Duration:
    """Parse a duration such as `1h15m30.5s`, `-90ms` or `0`. Raises `GoError`."""
    negative = literal[:1] == "-"
    body = literal[1:] if literal[:1] in ("+", "-") else literal
    if body == "0":
        return Duration(0)
    if len(body) > _LONGEST_TEXT:
        raise GoError(f"time: invalid duration: longer than {_LONGEST_TEXT} characters")
    total = place = 0
    while place < len(body):
        found = _PART.match(body, place)
        assert found is not None  # noqa: S101  # the pattern matches everywhere
        total += _part(found, literal)
        if total > _LARGEST:
            raise _invalid(literal)
        place = found.end()
    if not body or (total == _LARGEST and not negative):
        raise _invalid(literal)
    return Duration(-total if negative else total)


def _part(found: re.Match[str], literal: str) -> int:
    """Return the nanoseconds of a number with its unit."""
    whole, fraction, unit = found[1], found[2] or "", found[3]
    if not whole and not fraction:
        raise _invalid(literal)
    count = _leading(whole, literal)
    if not unit:
        raise GoError(f"time: missing unit in duration {quoted(literal)}")
    size = _UNITS.get(unit)
    if size is None:
        raise GoError(f"time: unknown unit {quoted(unit)} in duration {quoted(literal)}")
    if count > _LARGEST // size:
        raise _invalid(literal)
    count *= size
    number, scale = _fraction(fraction)
    if number:
        count += int(float(number) * (float(size) / scale))
    if count > _LARGEST:
        raise _invalid(literal)
    return count


def _leading(digits: str, literal: str) -> int:
    """Return the number of some digits. Raises `GoError` past 2**63."""
    significant = digits.lstrip("0")
    if len(significant) > 19 or int(significant or "0") > _LARGEST:
        raise _invalid(literal)
    return int(significant or "0")


def _fraction(digits: str) -> tuple[int, float]:
    """Return a fraction as number and scale; digits past what an int64 holds do not count."""
    number, scale = 0, 1.0
    for digit in digits:
        if number > (_LARGEST - 1) // 10 or number * 10 + int(digit) > _LARGEST:
            break
        number = number * 10 + int(digit)
        scale *= 10
    return number, scale


def _invalid(literal: str) -> GoError:
    return GoError(f"time: invalid duration {quoted(literal)}")


def quoted(value: str) -> str:
    """Quote a text as package time does: everything but printable ASCII as bytes."""
    return '"' + "".join(map(_escaped, value)) + '"'


def _escaped(char: str) -> str:
    if char in '"\\':
        return "\\" + char
    if " " <= char < "\x80":
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode("utf-8", "surrogateescape"))
