"""How Sprig's functions take values of any kind: as whole numbers, floats and texts.

Follows spf13/cast 1.7 and Sprig's `strval` and `strslice` (templates.md 3.3): a cast never fails,
it gives 0 for what it cannot read.
"""

from __future__ import annotations

import re
from typing import Any, Final

from notifier.languages.golang import bytetexts, numbers, printing, runs, values
from notifier.languages.golang.values import GoError, GoInteger, Int64, Sealed, Strings, Uint8

_DIGITS: Final = re.compile(r"([+-]?)0*([0-9]+)")
_ZERO_DECIMALS: Final = re.compile(r"\.0+\Z")


def integer(value: Any) -> int:
    """Return the whole number in a value: of texts with any Go prefix, of floats towards zero."""
    if isinstance(value, (bool, int)):
        return numbers.wrap_int64(int(value))
    if isinstance(value, float):
        return numbers.to_int64(value)
    if type(value) is str:
        try:
            return numbers.parse_int(_ZERO_DECIMALS.sub("", value), 0, 64)
        except GoError:
            return 0
    return numbers.wrap_int64(_calendar(value))


def int64(number: int) -> Int64:
    """Return a whole number as the int64 that it overflows to."""
    return Int64(numbers.wrap_int64(number))


def floating(value: Any) -> float:
    """Return the number in a value as a float."""
    if isinstance(value, (bool, int, float)):
        return float(value)
    if type(value) is str:
        try:
            return numbers.parse_float(value)
        except GoError:
            return 0.0
    return float(_calendar(value))


def _calendar(value: Any) -> int:
    """Return the number of a month or weekday: the only objects that a cast reads."""
    return value.value if isinstance(value, GoInteger) and value.KIND == "int" else 0


def clamped(text: str) -> int:
    """Return the decimal number in a text, the nearest int64 if it is out of range, 0 if it is
    none: what `strconv.ParseInt` gives beside its error."""
    found = _DIGITS.fullmatch(text)
    if found is None:
        return 0
    sign, digits = found[1], found[2]
    number = int(digits) if len(digits) < 20 else numbers.MAX_UINT64
    number = -number if sign == "-" else number
    return max(numbers.MIN_INT64, min(numbers.MAX_INT64, number))


def text(run: runs.Run, value: Any) -> str:
    """Return a value as text: bytes as the text they are, everything else as `%v` prints it."""
    if isinstance(value, str):
        return str(value)
    if isinstance(value, bytes):
        run.text(len(value))
        return bytetexts.decode(value)
    return shown(run, value)


def shown(run: runs.Run, value: Any) -> str:
    """Return what `%v` prints of a value."""
    return printing.text(value, run)


def texts(run: runs.Run, value: Any) -> list[str]:
    """Return a list as texts without its nil items; anything else as the one item of a list."""
    if isinstance(value, Strings):
        return value
    if value is None:
        return Strings()
    if not is_list(value):
        return Strings([text(run, value)])
    if isinstance(value, Sealed):
        raise printing.sealed()
    run.items(len(value))
    return Strings(text(run, item) for item in value if item is not None)


def is_list(value: Any) -> bool:
    """Tell whether a value is a list of some kind; bytes are one."""
    return isinstance(value, (list, tuple, bytes, Sealed))


def items(value: Any, deed: str) -> list[Any]:
    """Return the items of a list of any kind. Raises `GoError` naming the deed."""
    if isinstance(value, bytes):
        return [Uint8(byte) for byte in value]
    if isinstance(value, (list, tuple)):
        return list(value)
    if isinstance(value, Sealed):
        raise printing.sealed()
    if value is None:
        raise GoError("runtime error: invalid memory address or nil pointer dereference")
    raise GoError(f"Cannot {deed} on type {values.kind(value)}")
