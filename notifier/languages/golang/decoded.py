"""Plain data as Go has it after decoding JSON: every number is a float (templates.md 2)."""

from __future__ import annotations

from typing import Any, Final

_CONTAINERS: Final = frozenset({dict, list, tuple})


def decoded(value: Any) -> Any:
    """Return data with floats in the place of its ints; what holds none is shared, not copied.

    Only JSON's own types are looked into: functions, times and byte texts stay as they are. Runs
    over whole objects, so scalars cost no call.
    """
    kind = type(value)
    if kind is int:
        return float(value)
    if kind is dict:
        return _mapping(value)
    if kind is list or kind is tuple:
        return _items(value)
    return value


def _mapping(value: dict[Any, Any]) -> dict[Any, Any]:
    changed: dict[Any, Any] = {}
    for key, item in value.items():
        kind = type(item)
        if kind is int:
            changed[key] = float(item)
        elif kind in _CONTAINERS:
            made = _mapping(item) if kind is dict else _items(item)
            if made is not item:
                changed[key] = made
    return {**value, **changed} if changed else value


def _items(value: list[Any] | tuple[Any, ...]) -> list[Any]:
    changed = list(value) if type(value) is tuple else value
    for at, item in enumerate(value):
        made = decoded(item)
        if made is not item:
            if changed is value:
                changed = list(value)
            changed[at] = made  # type: ignore[index]
    return changed  # type: ignore[return-value]
