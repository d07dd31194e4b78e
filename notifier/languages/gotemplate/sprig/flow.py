"""Sprig's choices: defaults, emptiness, conditions, failure (traps 5, 22 and 23)."""

from __future__ import annotations

from typing import Any, NoReturn

from notifier.languages.golang.values import Func, GoError, GoInteger, GoObject
from notifier.languages.gotemplate.registry import register


def is_empty(value: Any) -> bool:
    """Tell whether a value is nil, missing, false, zero or without content; structs never are."""
    if isinstance(value, Func):
        return False
    if isinstance(value, GoInteger):
        return value.value == 0
    if isinstance(value, GoObject):
        return False
    return not value


@register("any, ...any -> any", '{{"" | default "none"}}', "none")
def default(other: Any, *given: Any) -> Any:
    """Return the second value, or the first if the second is empty."""
    return other if not given or is_empty(given[0]) else given[0]


@register("any -> bool", '{{empty ""}} {{empty 1}}', "true false")
def empty(value: Any) -> bool:
    """Tell whether a value is nil, missing, false, zero or without content."""
    return is_empty(value)


@register("...any -> any", '{{coalesce 0 "" "a" "b"}}', "a")
def coalesce(*values: Any) -> Any:
    """Return the first value that is not empty, nil if all are."""
    return next((value for value in values if not is_empty(value)), None)


@register("...any -> bool", '{{all 1 "a"}} {{all 1 ""}}', "true false", "all")
def all_(*values: Any) -> bool:
    """Tell whether no value is empty."""
    return not any(map(is_empty, values))


@register("...any -> bool", '{{any 0 "a"}} {{any 0 ""}}', "true false", "any")
def any_(*values: Any) -> bool:
    """Tell whether some value is not empty."""
    return not all(map(is_empty, values))


@register("any, any, bool -> any", '{{true | ternary "yes" "no"}}', "yes")
def ternary(chosen: Any, other: Any, condition: bool) -> Any:
    """Return the first value if the condition is true, else the second."""
    return chosen if condition else other


@register("string -> string", '{{if false}}{{fail "no steps"}}{{end}}fine', "fine")
def fail(message: str) -> NoReturn:
    """Fail the rendering with a message."""
    raise GoError(message)
