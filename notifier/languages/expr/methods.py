"""Types of the methods that times, durations, months, weekdays and zones have.

As Go 1.26's `reflect` lists them. What they do is in the METHODS tables of the values' own
classes; here is only what the type check needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from notifier.languages.expr import natures
from notifier.languages.expr.natures import Nature, Signature

_TYPES: Final = {
    each.type: each
    for each in (
        natures.BOOL, natures.INT, natures.INT64, natures.FLOAT, natures.STRING, natures.BYTES,
        natures.TIME, natures.DURATION, natures.MONTH, natures.WEEKDAY, natures.LOCATION,
        natures.ERROR,
    )
}  # fmt: skip

_TIME: Final = """
Add(time.Duration) time.Time
AddDate(int, int, int) time.Time
After(time.Time) bool
AppendBinary([]uint8) []uint8, error
AppendFormat([]uint8, string) []uint8
AppendText([]uint8) []uint8, error
Before(time.Time) bool
Clock() int, int, int
Compare(time.Time) int
Date() int, time.Month, int
Day() int
Equal(time.Time) bool
Format(string) string
GoString() string
GobEncode() []uint8, error
Hour() int
ISOWeek() int, int
In(*time.Location) time.Time
IsDST() bool
IsZero() bool
Local() time.Time
Location() *time.Location
MarshalBinary() []uint8, error
MarshalJSON() []uint8, error
MarshalText() []uint8, error
Minute() int
Month() time.Month
Nanosecond() int
Round(time.Duration) time.Time
Second() int
String() string
Sub(time.Time) time.Duration
Truncate(time.Duration) time.Time
UTC() time.Time
Unix() int64
UnixMicro() int64
UnixMilli() int64
UnixNano() int64
Weekday() time.Weekday
Year() int
YearDay() int
Zone() string, int
ZoneBounds() time.Time, time.Time
"""
_DURATION: Final = """
Abs() time.Duration
Hours() float64
Microseconds() int64
Milliseconds() int64
Minutes() float64
Nanoseconds() int64
Round(time.Duration) time.Duration
Seconds() float64
String() string
Truncate(time.Duration) time.Duration
"""
_NAMED: Final = """
String() string
"""


def _listed(text: str) -> tuple[Nature, ...]:
    return tuple(_TYPES[name] for name in text.split(", ") if name)


def _table(text: str) -> dict[str, Nature]:
    found = {}
    for line in text.split("\n")[1:-1]:
        name, _, rest = line.partition("(")
        parameters, _, results = rest.partition(") ")
        signature = Signature(_listed(parameters), _listed(results))
        found[name] = natures.function(signature, method=True)
    return found


METHODS: Final[Mapping[str, Mapping[str, Nature]]] = {
    "time.Time": _table(_TIME),
    "time.Duration": _table(_DURATION),
    "time.Month": _table(_NAMED),
    "time.Weekday": _table(_NAMED),
    "*time.Location": _table(_NAMED),
}
"""Natures of methods by the type they belong to."""

_CALLED_AS_TYPED: Final = frozenset(
    ("After", "Before", "Equal", "Sub", "Format", "Round", "Truncate", "Add")
)


def takes_no_nil(nature: Nature, name: str) -> bool:
    """Tell whether a method of a statically known type refuses nil (vm/func_types): the original
    calls these without reflection, which would put Go's zero value in nil's place."""
    return name in _CALLED_AS_TYPED and name in METHODS.get(nature.type, {})
