"""Deep equality as `reflect.DeepEqual` has it: values of different types are never equal.

Instead of comparing pairs, each value gets a key: two values are equal if their keys are. So
`uniq` and its like take one pass.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any, Final

from notifier.languages.golang import printing, runs, values
from notifier.languages.golang.values import Func, NilDict, NilList, NilStrings, Sealed

_NIL: Final = (NilDict, NilList, NilStrings)


class _Never:
    """What equals nothing, not even itself."""


def key(run: runs.Run, value: Any) -> Hashable:
    """Return what stands for a value in comparisons. Charges two steps for each of its parts."""
    run.step(2)
    if type(value) is str:
        return value
    if isinstance(value, Sealed):
        raise printing.sealed()
    if value is None:
        return None
    kind = values.type_name(value)
    if isinstance(value, (list, tuple)):
        parts = [key(run, item) for item in value]
        inside: Hashable = tuple(parts)
    elif isinstance(value, dict):
        parts = [key(run, item) for item in value.values()]
        inside = frozenset(zip(value, parts, strict=True))
    elif isinstance(value, Func) or (isinstance(value, float) and math.isnan(value)):
        return _Never()
    else:
        return kind, value
    if any(isinstance(part, _Never) for part in parts):
        return kind, id(value)  # equal to nothing but itself: Go does not look into the same one
    return kind, isinstance(value, _NIL), inside


def equal(run: runs.Run, left: Any, right: Any) -> bool:
    """Tell whether two values are deeply equal."""
    return key(run, left) == key(run, right)
