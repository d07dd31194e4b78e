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


def key(run: runs.Run, value: Any) -> Hashable:
    """Return what stands for a value in comparisons. Charges a step for each of its parts."""
    run.step()
    if type(value) is str:
        return value
    if isinstance(value, Sealed):
        raise printing.sealed()
    if value is None:
        return None
    kind = values.type_name(value)
    if isinstance(value, (list, tuple)):
        return kind, isinstance(value, _NIL), tuple(key(run, item) for item in value)
    if isinstance(value, dict):
        pairs = frozenset((name, key(run, item)) for name, item in value.items())
        return kind, isinstance(value, _NIL), pairs
    if isinstance(value, Func) or (isinstance(value, float) and math.isnan(value)):
        return object()
    return kind, value


def equal(run: runs.Run, left: Any, right: Any) -> bool:
    """Tell whether two values are deeply equal."""
    return key(run, left) == key(run, right)
