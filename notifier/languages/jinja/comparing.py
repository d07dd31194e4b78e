"""Comparisons, charged for what they look at: two long lists are not compared for free."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from jinja2 import TemplateRuntimeError, Undefined

from notifier.languages.jinja import limits


def contains(item: Any, whole: Any) -> bool:
    """Say whether a list, mapping or text holds an item; a missing one holds nothing."""
    if whole is None or isinstance(whole, Undefined):
        return False
    if isinstance(whole, str) and not isinstance(item, str):
        return False
    if not isinstance(whole, (*_CONTAINERS, str)):
        raise TemplateRuntimeError("`in` looks into a list, mapping or text")
    return item in whole


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "lteq": operator.le,
    "gt": operator.gt,
    "gteq": operator.ge,
    "in": contains,
    "notin": lambda item, whole: not contains(item, whole),
}
_NAMES: Final = {
    "==": "eq",
    "equalto": "eq",
    "!=": "ne",
    "<": "lt",
    "<=": "lteq",
    ">": "gt",
    ">=": "gteq",
    "not in": "notin",
}
_CONTAINERS: Final = (list, dict, tuple)


def compare(left: Any, name: str, right: Any) -> bool:
    """Compare two values by the operator's name in the syntax tree."""
    return bool(_OPERATORS[name](left, right))


def cost(left: Any, right: Any) -> int:
    """Return the steps that comparing two values takes."""
    steps = 1
    for value in (left, right):
        if isinstance(value, str):
            steps += len(value) // 100
        elif isinstance(value, _CONTAINERS):
            steps += limits.weigh(value)
    return steps


def test(name: str) -> Callable[[Any, Any], bool]:
    """Return the test that `selectattr` names. Raises `TemplateRuntimeError`."""
    if name == "true":
        return lambda value, _other: bool(value)
    if name in ("defined", "none"):
        return lambda value, _other: (value is None) == (name == "none")
    operation = _OPERATORS.get(_NAMES.get(name, name))
    if operation is None:
        known = ", ".join([*_NAMES, "in", "defined", "none"])
        raise TemplateRuntimeError(f"no such test: write one of {known}")
    return lambda value, other: bool(operation(value, other))
