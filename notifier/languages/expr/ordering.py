"""Sorting as `sort` and `sortBy` do: by the order of `<`, equal items as they were."""

from __future__ import annotations

import functools
from typing import Any, Final

from notifier.languages.expr import operators

_DIRECT: Final = ({str}, {int}, {float}, {int, float})


def ordered(items: list[Any], keys: list[Any], *, descending: bool) -> list[Any]:
    """Return the items in the order of their keys. Raises `Fault` where keys do not compare."""
    places = list(range(len(items)))
    if set(map(type, keys)) in _DIRECT:
        places.sort(key=keys.__getitem__, reverse=descending)
    else:
        places.sort(key=functools.cmp_to_key(_comparison(keys, descending)))
    return [items[place] for place in places]


def _comparison(keys: list[Any], descending: bool) -> Any:
    def compared(left: int, right: int) -> int:
        first, second = (right, left) if descending else (left, right)
        if operators.less(keys[first], keys[second]):
            return -1
        return 1 if operators.less(keys[second], keys[first]) else 0

    return compared
