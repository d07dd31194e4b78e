"""Sprig's functions on lists. They take lists of every type, bytes included, and fail on anything
else; the `must…` names do the same."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from notifier.languages.golang import runs
from notifier.languages.golang.values import GoError, Lists, NilList, Strings
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig import casts, equality, flow


@register("...any -> list", '{{list 1 "b"}}', "[1 b]", "list", "tuple", metered=True)
def list_(run: runs.Run, *items: Any) -> list[Any]:
    """Return the values as a list."""
    run.items(len(items))
    return list(items)


def _items(run: runs.Run, value: Any, deed: str) -> list[Any]:
    """Return the items of a list as a new one, charged. Raises `GoError` naming the deed."""
    found = casts.items(value, deed)
    run.items(len(found))
    return found


@register("any -> any", "{{first (list 1 2)}}", "1", "first", "mustFirst")
def first(value: Any) -> Any:
    """Return the first item of a list, nil if it is empty."""
    found = casts.items(value[:1] if isinstance(value, list) else value, "first")
    return found[0] if found else None


@register("any -> any", "{{last (list 1 2)}}", "2", "last", "mustLast")
def last(value: Any) -> Any:
    """Return the last item of a list, nil if it is empty."""
    found = casts.items(value[-1:] if isinstance(value, list) else value, "last")
    return found[0] if found else None


@register("any -> list", "{{rest (list 1 2 3)}}", "[2 3]", "rest", "mustRest", metered=True)
def rest(run: runs.Run, value: Any) -> list[Any]:
    """Return the list without its first item."""
    found = _items(run, value, "rest")
    return found[1:] if found else NilList()


@register(
    "any -> list", "{{initial (list 1 2 3)}}", "[1 2]", "initial", "mustInitial", metered=True
)
def initial(run: runs.Run, value: Any) -> list[Any]:
    """Return the list without its last item."""
    found = _items(run, value, "initial")
    return found[:-1] if found else NilList()


@register(
    "any -> list", "{{reverse (list 1 2 3)}}", "[3 2 1]", "reverse", "mustReverse", metered=True
)
def reverse(run: runs.Run, value: Any) -> list[Any]:
    """Return the list from its end to its beginning."""
    return _items(run, value, "reverse")[::-1]


@register("any -> list", "{{uniq (list 1 2 1)}}", "[1 2]", "uniq", "mustUniq", metered=True)
def uniq(run: runs.Run, value: Any) -> list[Any]:
    """Return the list with each item once, at its first place."""
    seen: dict[Hashable, Any] = {}
    for item in _items(run, value, "uniq"):
        seen.setdefault(equality.key(run, item), item)
    return list(seen.values())


@register(
    "any -> list", '{{compact (list 1 "" 0 2)}}', "[1 2]", "compact", "mustCompact", metered=True
)
def compact(run: runs.Run, value: Any) -> list[Any]:
    """Return the list without its empty items."""
    return [item for item in _items(run, value, "compact") if not flow.is_empty(item)]


@register(
    "any, ...any -> list",
    "{{without (list 1 2 3) 2}}",
    "[1 3]",
    "without",
    "mustWithout",
    metered=True,
)
def without(run: runs.Run, value: Any, *omitted: Any) -> list[Any]:
    """Return the list without the items that equal one of the other values."""
    keys = {equality.key(run, item) for item in omitted}
    return [item for item in _items(run, value, "without") if equality.key(run, item) not in keys]


@register("any, any -> bool", "{{has 2 (list 1 2)}}", "true", "has", "mustHas", metered=True)
def has(run: runs.Run, item: Any, value: Any) -> bool:
    """Tell whether the list has an item that equals the value; nil has none."""
    if value is None:
        return False
    key = equality.key(run, item)
    return any(equality.key(run, each) == key for each in _items(run, value, "has"))


@register(
    "any, any -> list",
    "{{append (list 1) 2}}",
    "[1 2]",
    "append",
    "push",
    "mustAppend",
    "mustPush",
    metered=True,
)
def append(run: runs.Run, value: Any, item: Any) -> list[Any]:
    """Return the list with another item at its end."""
    return [*_items(run, value, "push"), item]


@register(
    "any, any -> list", "{{prepend (list 2) 1}}", "[1 2]", "prepend", "mustPrepend", metered=True
)
def prepend(run: runs.Run, value: Any, item: Any) -> list[Any]:
    """Return the list with another item at its beginning."""
    return [item, *_items(run, value, "prepend")]


@register("...any -> any", "{{concat (list 1) (list 2 3)}}", "[1 2 3]", metered=True)
def concat(run: runs.Run, *lists: Any) -> list[Any]:
    """Return the items of all lists as one list."""
    return [item for value in lists for item in _items(run, value, "concat")] or NilList()


@register(
    "int, any -> list",
    "{{chunk 2 (list 1 2 3)}}",
    "[[1 2] [3]]",
    "chunk",
    "mustChunk",
    metered=True,
)
def chunk(run: runs.Run, size: int, value: Any) -> Lists:
    """Return the list cut into lists of a size. Fails on a size of 0 or less, but for the short
    lists that it happens to cut."""
    found = _items(run, value, "chunk")
    if size < -1 and len(found) == 1:
        return Lists([found])
    if 1 < len(found) <= 1 - size:
        return Lists()
    if size <= 0:
        raise GoError("runtime error: makeslice: len out of range")
    return Lists(found[start : start + size] for start in range(0, len(found), size))


@register(
    "any, ...any -> any", "{{slice (list 1 2 3) 1 2}}", "[2]", "slice", "mustSlice", metered=True
)
def slice_(run: runs.Run, value: Any, *bounds: Any) -> Any:
    """Return the items from one place up to another, by default to the end; nil of an empty list.
    Fails outside of the list."""
    size = len(casts.items(value, "slice"))
    if not size:
        return None
    start = casts.integer(bounds[0]) if bounds else 0
    end = casts.integer(bounds[1]) if len(bounds) > 1 else size
    if not 0 <= start <= end <= size:
        raise GoError("reflect.Value.Slice: slice index out of bounds")
    run.items(end - start)
    return value[start:end] if isinstance(value, bytes) else type(value)(value[start:end])


@register("any -> list", '{{sortAlpha (list "b" "a")}}', "[a b]", "sortAlpha", metered=True)
def sort_alpha(run: runs.Run, value: Any) -> list[str]:
    """Return the items of the list as sorted texts. A list of texts is sorted in place."""
    if not casts.is_list(value):
        return Strings([casts.text(run, value)])
    found = casts.texts(run, value)
    run.step(len(found))
    found.sort()
    return found
