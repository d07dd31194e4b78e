"""Sprig's questions about types: what a value is in Go, and deep equality."""

from __future__ import annotations

from typing import Any

from notifier.languages.golang import runs, values
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig import equality


@register("any -> string", "{{typeOf (list 1)}}", "[]interface {}", "typeOf")
def type_of(value: Any) -> str:
    """Return the Go type of the value."""
    return values.type_name(value)


@register("any -> string", "{{kindOf (list 1)}}", "slice", "kindOf")
def kind_of(value: Any) -> str:
    """Return the kind of the value's Go type: string, float64, map, slice and so on."""
    return values.kind(value)


@register("string, any -> bool", '{{typeIs "string" "a"}}', "true", "typeIs")
def type_is(name: str, value: Any) -> bool:
    """Tell whether the value is of a Go type."""
    return values.type_name(value) == name


@register("string, any -> bool", '{{typeIsLike "int" 1}}', "true", "typeIsLike")
def type_is_like(name: str, value: Any) -> bool:
    """Tell whether the value is of a Go type or a pointer to one."""
    return values.type_name(value) in (name, f"*{name}")


@register("string, any -> bool", '{{kindIs "map" (dict)}}', "true", "kindIs")
def kind_is(name: str, value: Any) -> bool:
    """Tell whether the value's Go type is of a kind."""
    return values.kind(value) == name


@register("any, any -> bool", "{{deepEqual (list 1) (list 1)}}", "true", "deepEqual", metered=True)
def deep_equal(run: runs.Run, left: Any, right: Any) -> bool:
    """Tell whether two values are of one type and equal in all parts; 1 is not 1.0."""
    return equality.equal(run, left, right)
