"""Tests (`x is name`) and functions (`name(x)`)."""

from __future__ import annotations

from typing import Any

from jinja2 import TemplateRuntimeError, Undefined

from notifier.languages.jinja import limits
from notifier.languages.jinja.registry import register
from notifier.languages.jinja.text_filters import number


@register("test", "{{ 'yes' if x is defined }}", "yes", x=1, walks=False)
def defined(value: Any) -> bool:
    """Say whether the value exists (it may be null)."""
    return not isinstance(value, Undefined)


@register("test", "{{ 'no' if x is undefined }}", "no", walks=False)
def undefined(value: Any) -> bool:
    """Say whether the value is missing."""
    return isinstance(value, Undefined)


@register("test", "{{ 'null' if x is none }}", "null", x=None, walks=False)
def none(value: Any) -> bool:
    """Say whether the value is null."""
    return value is None


@register("test", "{{ 'text' if 'a' is string }}", "text", walks=False)
def string(value: Any) -> bool:
    """Say whether the value is a text."""
    return isinstance(value, str)


@register("test", "{{ 'number' if 1 is number }}", "number", "number", walks=False)
def number_(value: Any) -> bool:
    """Say whether the value is a number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


@register("test", "{{ 'mapping' if {} is mapping }}", "mapping", walks=False)
def mapping(value: Any) -> bool:
    """Say whether the value is a mapping."""
    return isinstance(value, dict)


@register("test", "{{ 'list' if [] is sequence }}", "list", walks=False)
def sequence(value: Any) -> bool:
    """Say whether the value is a list."""
    return isinstance(value, (list, tuple))


@register("test", "{{ 'odd' if 3 is odd }}", "odd", walks=False)
def odd(value: Any) -> bool:
    """Say whether the number is odd."""
    return number(value) % 2 == 1


@register("test", "{{ 'even' if 2 is even }}", "even", walks=False)
def even(value: Any) -> bool:
    """Say whether the number is even."""
    return number(value) % 2 == 0


@register("function", "{% for i in range(1, 4) %}{{ i }}{% endfor %}", "123", "range", walks=False)
def range_(*bounds: int) -> list[int]:
    """Return the numbers from 0 or a start up to, not including, an end; 1,000 at most."""
    if not 1 <= len(bounds) <= 3 or not all(isinstance(bound, int) for bound in bounds):
        raise TemplateRuntimeError("range: one to three whole numbers are expected")
    numbers = range(*bounds)
    try:
        limits.items(len(numbers))
    except OverflowError:
        limits.items(limits.ITEMS + 1)
    return list(numbers)
