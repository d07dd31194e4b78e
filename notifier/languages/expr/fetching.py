"""Reaching into values: `base.name`, `base[index]`, slices (vm/runtime: Fetch, Slice).

Only keys of maps, items of lists and bytes of texts can be reached, and methods that the METHODS
table of a value names: never a Python attribute.
"""

from __future__ import annotations

import functools
from typing import Any, Final

from notifier.languages.expr import containers, operators, showing
from notifier.languages.expr.containers import AnyMap, NilBytes, Pairs, type_name
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.state import State
from notifier.languages.golang import bytetexts, runs, values
from notifier.languages.golang.values import Func, GoObject

_NOTHING: Final = object()


def fetch(base: Any, key: Any) -> Any:
    """Return what a value holds at a key. Raises `Fault`."""
    if type(base) is dict:
        return base.get(operators.key_of(key))
    if isinstance(base, GoObject):
        found = method(base, key)
        if found is not None:
            return found
        if base.KIND == "struct":
            operators.text(key)
    elif containers.is_map(base):
        return entry(base, key)
    elif type(base) is str or containers.is_list(base):
        return item(base, operators.to_int(key))
    raise Fault(f"cannot fetch {_named(key)} from {type_name(base)}")


def _named(key: Any) -> str:
    """Return a key as errors show it."""
    return showing.text(key, runs.Run())


def method(value: GoObject, name: Any) -> Func | None:
    """Return a method as a function of its own; None if the table has none of the name."""
    found = value.METHODS.get(name) if type(name) is str else None
    if found is None:
        return None
    call = functools.partial(found.call, value)
    return Func(call, found.parameters, f"func({', '.join(found.parameters)})")


def entry(base: Any, key: Any, *, lenient: bool = False) -> Any:
    """Return the value at a key of a map; Go's zero value where there is none, or nil if
    `lenient`. Raises `Fault`."""
    if isinstance(base, AnyMap):
        return None if lenient and key not in base else base[key]
    found = base.get(operators.key_of(key), _NOTHING)
    if found is not _NOTHING:
        return found
    if isinstance(base, values.BytesMap) and not lenient:
        return NilBytes()
    return "" if isinstance(base, values.StringMap) and not lenient else None


def item(base: Any, index: int, *, missing: Any = _NOTHING) -> Any:
    """Return an item of a list, or a byte of a text, from the end if negative. Raises `Fault`
    where there is none, unless told what to return."""
    held = bytetexts.encode(base) if type(base) is str else base
    place = index + len(held) if index < 0 else index
    if 0 <= place < len(held):
        found = held[place]
        return values.Uint8(found) if isinstance(held, bytes) else found
    if missing is not _NOTHING:
        return missing
    raise Fault(f"index out of range: {place} (array length is {len(held)})")


def length(value: Any) -> int:
    """Return the length that a slice without an end runs to: of texts, in bytes. Raises
    `Fault`."""
    if type(value) is str:
        return bytetexts.size(value)
    if containers.is_list(value) or containers.is_map(value):
        return len(value)
    raise Fault(f"invalid argument for len (type {type_name(value)})")


def sliced(state: State, base: Any, start: Any, stop: Any) -> Any:
    """Return `base[start:stop]`; ends out of range are moved in. Raises `Fault`."""
    if type(base) is not str and not containers.is_list(base):
        raise Fault(f"cannot slice {_named(start)}")
    size = length(base)
    first, last = operators.to_int(start), operators.to_int(stop)
    first = max(first + size if first < 0 else first, 0)
    last = min(max(last + size if last < 0 else last, 0), size)
    return part(state, base, min(first, last), last)


def part(state: State, base: Any, first: int, last: int) -> Any:
    """Return some items of a list, or bytes of a text, as the same type. Raises `Fault`."""
    state.copy(last - first)
    if type(base) is str:
        if base.isascii():
            return base[first:last]
        return bytetexts.decode(bytetexts.encode(base)[first:last])
    if isinstance(base, bytes | values.NilList | values.NilStrings):
        return base if len(base) == last - first else bytes(base[first:last])
    if isinstance(base, values.Strings | values.Ints | Pairs):
        return type(base)(base[first:last])
    return list(base[first:last])
