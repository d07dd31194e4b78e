"""Plain data as Go has it after decoding JSON: every number is a float (templates.md 2)."""

from __future__ import annotations

from typing import Any


def decoded(value: Any) -> Any:
    """Return data with floats in the place of its ints; what holds none is shared, not copied.

    Only JSON's own types are looked into: functions, times and byte texts stay as they are.
    """
    kind = type(value)
    if kind is int:
        return float(value)
    if kind is dict:
        changed = {}
        for key, item in value.items():
            made = decoded(item)
            if made is not item:
                changed[key] = made
        return {**value, **changed} if changed else value
    if kind is list or kind is tuple:
        made = [decoded(item) for item in value]
        same = kind is list and all(new is old for new, old in zip(made, value, strict=True))
        return value if same else made
    return value
