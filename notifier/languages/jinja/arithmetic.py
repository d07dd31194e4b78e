"""Operators on numbers, texts and lists, each refused before its result grows too large."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from jinja2 import TemplateRuntimeError

from notifier.languages.jinja import limits

_NUMERIC: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}


def calculate(name: str, left: Any, right: Any) -> Any:
    """Return `left name right`. Raises `TemplateRuntimeError` where it has no small result."""
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return _number(name, left, right)
    if name == "+" and isinstance(left, str) and isinstance(right, str):
        limits.text(len(left) + len(right))
        return left + right
    if name == "+" and isinstance(left, list) and isinstance(right, list):
        limits.items(len(left) + len(right))
        return left + right
    raise TemplateRuntimeError(f"{name} takes two numbers" + (", texts or lists" * (name == "+")))


def _number(name: str, left: Any, right: Any) -> Any:
    if name in ("/", "//", "%") and right == 0:
        raise TemplateRuntimeError("division by zero")
    if isinstance(left, int) and isinstance(right, int):
        if name == "*":
            limits.bits(left.bit_length() + right.bit_length())
        elif name == "**":
            limits.bits(left.bit_length() * min(abs(right), limits.BITS + 1))
    if name == "**" and (left == 0 or (left < 0 and not float(right).is_integer())):
        raise TemplateRuntimeError("** takes a base above zero")
    return _NUMERIC[name](left, right)
