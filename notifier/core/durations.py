"""Times and durations as people read them, and the forms the cluster writes them in.

Absolute times carry their zone ("14:12 UTC"), durations are human ("12 min"): messages.md 1.3.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, Final

_GO_UNITS: Final = {
    "h": 3600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "µs": 1e-6,
    "ns": 1e-9,
}
_GO_PART: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ms|us|µs|ns|h|m|s)")
_NEAR_S: Final = 120
_UNITS: Final = (("d", 86_400), ("h", 3600), ("min", 60), ("s", 1))


def seconds(value: Any) -> float | None:
    """Return the seconds of a duration as Argo Rollouts takes it: 600, "600", "10m" or "1h30m".

    None if it is absent or cannot be read.
    """
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return float(value)
    text = str(value)
    if text.isdecimal():
        return float(text)
    parts = _GO_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _GO_UNITS[unit] for number, unit in parts)


def moment(text: Any) -> float | None:
    """Return the Unix seconds of an RFC 3339 time; None if it is absent or cannot be read."""
    if not isinstance(text, str) or not text:
        return None
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError:
        return None
    return parsed.timestamp() if parsed.tzinfo else parsed.replace(tzinfo=UTC).timestamp()


def rfc3339(unix: float) -> str:
    """Write Unix seconds as Kubernetes does: `2026-11-23T14:12:00Z`."""
    return datetime.fromtimestamp(int(unix), UTC).isoformat().removesuffix("+00:00") + "Z"


def clock(unix: float, now: float) -> str:
    """Write a time of day with its zone; with seconds if it is near, with the date if it is far."""
    at = datetime.fromtimestamp(unix, UTC)
    if abs(unix - now) < _NEAR_S:
        return f"{at.hour:02}:{at.minute:02}:{at.second:02} UTC"
    if at.date() == datetime.fromtimestamp(now, UTC).date():
        return f"{at.hour:02}:{at.minute:02} UTC"
    return f"{at.day} {at:%b %H:%M} UTC"


def human(duration_s: float) -> str:
    """Write a duration with at most two units: "45 s", "12 min", "1 h 30 min", "2 d 3 h"."""
    left = round(max(duration_s, 0.0))
    if left >= 3600:
        left = round(left / 60) * 60
    for at, (unit, size) in enumerate(_UNITS):
        if left >= size:
            first, rest = divmod(left, size)
            smaller = _UNITS[at + 1 : at + 2]
            second = rest // smaller[0][1] if smaller else 0
            return f"{first} {unit} {second} {smaller[0][0]}" if second else f"{first} {unit}"
    return "0 s"


def relative(unix: float, now: float) -> str:
    """Write how far a time is from `now`: "in 10 min", "2 min ago", "now"."""
    distance = unix - now
    size = abs(distance)
    if size < 1:
        return "now"
    rounded = round(size / 60) * 60 if size >= 90 else size
    return f"in {human(rounded)}" if distance > 0 else f"{human(rounded)} ago"
