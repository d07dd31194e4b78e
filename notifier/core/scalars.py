"""Scalars as Go prints them: what a string field makes of a number, and what `oncePer` remembers.

Numbers take the shortest form; the exponent form starts at 1e+06 and below 1e-04
(spec/templates.md trap 6).
"""

from __future__ import annotations

import json
import math
from typing import Any


def text(value: Any) -> str:
    """Return a scalar's text in Go's default formatting; containers as compact JSON.

    `None` gives `<nil>`, as Go prints it; callers that mean "nothing" test for it first.
    """
    match value:
        case str():
            return value
        case None:
            return "<nil>"
        case bool():
            return "true" if value else "false"
        case float():
            return _float(value)
        case int():
            return str(value)
        case _:
            return json.dumps(
                value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str
            )


def _float(value: float) -> str:
    """Format like `strconv.FormatFloat(value, 'g', -1, 64)`."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    sign = "-" if math.copysign(1, value) < 0 else ""
    digits, exponent = _shortest(abs(value))
    if not -4 <= exponent < 6:
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole = digits[: exponent + 1].ljust(exponent + 1, "0")
    rest = digits[exponent + 1 :]
    return f"{sign}{whole}.{rest}" if rest else f"{sign}{whole}"


def _shortest(value: float) -> tuple[str, int]:
    """Return the shortest digits that read back equal, and the decimal exponent of the first."""
    mantissa, _, power = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    exponent = len(whole) - 1 - leading + int(power or 0)
    digits = digits.rstrip("0")
    return (digits, exponent) if digits else ("0", 0)
