"""Filters on lists and mappings. Attributes are keys, `a.b` a key within a key."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from jinja2 import TemplateRuntimeError, Undefined

from notifier.languages.jinja import comparing, limits
from notifier.languages.jinja.registry import register
from notifier.languages.jinja.text_filters import number
from notifier.languages.jinja.texts import text

METRICS = [{"name": "latency", "phase": "Failed"}, {"name": "errors", "phase": "Successful"}]


@register(
    "filter", "{{ 'abc' | length }} {{ [1, 2] | count }}", "3 2", "length", "count", walks=False
)
def length(value: Any) -> int:
    """Return how many characters, items or keys there are; 0 of a missing value."""
    return 0 if value is None else len(value)


@register(
    "filter", "{{ metrics | join(', ', attribute='name') }}", "latency, errors", metrics=METRICS
)
def join(value: Any, separator: str = "", attribute: str = "") -> str:
    """Return the items' texts with a separator between them."""
    parts = [text(item) for item in _picked(items_of(value), attribute)]
    between = text(separator)
    limits.text(sum(map(len, parts)) + len(between) * len(parts))
    return between.join(parts)


@register("filter", "{{ ['a', 'b'] | first }}", "a", walks=False)
def first(value: Any) -> Any:
    """Return the first item; nothing of an empty list."""
    whole = items_of(value)
    return whole[0] if whole else None


@register("filter", "{{ ['a', 'b'] | last }}", "b", walks=False)
def last(value: Any) -> Any:
    """Return the last item; nothing of an empty list."""
    whole = items_of(value)
    return whole[-1] if whole else None


@register(
    "filter",
    "{{ metrics | map(attribute='name') | join(' ') }}",
    "latency errors",
    "map",
    metrics=METRICS,
    walks=False,
)
def map_(value: Any, *, attribute: str) -> list[Any]:
    """Return one attribute of each item."""
    return _picked(items_of(value), attribute)


@register(
    "filter",
    "{% for m in metrics | selectattr('phase', '==', 'Failed') %}{{ m.name }}{% endfor %}",
    "latency",
    metrics=METRICS,
    walks=False,
)
def selectattr(value: Any, attribute: str, test: str = "true", other: Any = None) -> list[Any]:
    """Return the items whose attribute holds: is true, or compares (`==`, `!=`, `<`, `in` …)."""
    holds = comparing.test(test)
    return [item for item in items_of(value) if holds(_pick(item, attribute), other)]


@register(
    "filter",
    "{% for m in metrics | rejectattr('phase', '==', 'Failed') %}{{ m.name }}{% endfor %}",
    "errors",
    metrics=METRICS,
    walks=False,
)
def rejectattr(value: Any, attribute: str, test: str = "true", other: Any = None) -> list[Any]:
    """Return the items whose attribute does not hold."""
    holds = comparing.test(test)
    return [item for item in items_of(value) if not holds(_pick(item, attribute), other)]


@register("filter", "{{ [3, 1, 2] | sort(reverse=true) | join }}", "321", walks=False)
def sort(value: Any, attribute: str = "", reverse: bool = False) -> list[Any]:  # noqa: FBT001, FBT002, RUF100 - Jinja's signature
    """Return the items in order, by an attribute if one is given."""
    return sorted(items_of(value), key=_key(attribute), reverse=bool(reverse))


@register("filter", "{{ ['b', 'a', 'b'] | unique | join }}", "ba", walks=False)
def unique(value: Any, attribute: str = "") -> list[Any]:
    """Return each item once, the first of equals."""
    seen: dict[Any, Any] = {}
    key = _key(attribute)
    for item in items_of(value):
        seen.setdefault(key(item), item)
    return list(seen.values())


@register(
    "filter", "{{ [1, 2, 3] | reverse | join }} {{ 'abc' | reverse }}", "321 cba", walks=False
)
def reverse(value: Any) -> Any:
    """Return the list or text the other way round."""
    return value[::-1] if isinstance(value, str) else items_of(value)[::-1]


@register("filter", "{{ [1, 2, 3] | sum }}", "6", "sum")
def sum_(value: Any, attribute: str = "") -> int | float:
    """Return the sum of the items, or of one attribute of each."""
    return sum(number(item) for item in _picked(items_of(value), attribute))


@register("filter", "{{ [3, 1] | min }}", "1", "min", walks=False)
def min_(value: Any, attribute: str = "") -> Any:
    """Return the smallest item, by an attribute if one is given; nothing of an empty list."""
    return min(items_of(value), key=_key(attribute), default=None)


@register("filter", "{{ [3, 1] | max }}", "3", "max", walks=False)
def max_(value: Any, attribute: str = "") -> Any:
    """Return the greatest item, by an attribute if one is given; nothing of an empty list."""
    return max(items_of(value), key=_key(attribute), default=None)


@register("filter", "{{ 'abc' | list | join('-') }}", "a-b-c", "list", walks=False)
def list_(value: Any) -> list[Any]:
    """Return the characters, items or keys as a list."""
    return items_of(value)


@register(
    "filter",
    "{% for k, v in labels | items %}{{ k }}={{ v }};{% endfor %}",
    "b=1;a=2;",
    labels={"b": 1, "a": 2},
    walks=False,
)
def items(value: Any) -> list[tuple[str, Any]]:
    """Return the keys and values of a mapping; none of a missing one."""
    if value is None or isinstance(value, Undefined):
        return []
    if not isinstance(value, dict):
        raise TemplateRuntimeError("items: a mapping is expected")
    limits.items(len(value))
    return list(value.items())


@register(
    "filter",
    "{% for k, v in labels | dictsort %}{{ k }}={{ v }};{% endfor %}",
    "a=2;b=1;",
    labels={"b": 1, "a": 2},
    walks=False,
)
def dictsort(value: Any) -> list[tuple[str, Any]]:
    """Return the keys and values of a mapping, by key."""
    return sorted(items(value), key=lambda pair: pair[0])


@register(
    "filter",
    "{{ ['a', 'b', 'c', 'd'] | truncate_items(2, 'metrics') | join(', ') }}",
    "a, b, … 2 more metrics",
)
def truncate_items(value: Any, count: int, noun: str = "") -> list[Any]:
    """Return at most `count` items, then one text that says how many more there are."""
    whole = items_of(value)
    more = len(whole) - max(0, count)
    if more <= 0:
        return whole
    return [*whole[: len(whole) - more], f"… {more} more {text(noun)}".rstrip()]


def items_of(value: Any) -> list[Any]:
    """Return what a loop over the value goes through. Raises `TemplateRuntimeError`."""
    if value is None or isinstance(value, Undefined):
        return []
    if not isinstance(value, (list, tuple, dict, str)):
        raise TemplateRuntimeError("a list is expected")
    limits.items(len(value))
    return list(value)


def _picked(value: Iterable[Any], attribute: str) -> list[Any]:
    return [_pick(item, attribute) for item in value] if attribute else list(value)


def _pick(item: Any, attribute: str) -> Any:
    """Follow `a.b` through mappings; nothing where a key is missing."""
    for name in text(attribute).split("."):
        item = item.get(name) if isinstance(item, dict) else None
    return item


def _key(attribute: str) -> Callable[[Any], Any]:
    """Return what orders items: scalars only, so comparing stays cheap."""

    def key(item: Any) -> Any:
        value = _pick(item, attribute) if attribute else item
        if isinstance(value, (list, dict, tuple)):
            raise TemplateRuntimeError("texts or numbers are expected: name an attribute")
        return value

    return key
