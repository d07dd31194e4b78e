"""Builtins on lists and maps that take no predicate."""

from __future__ import annotations

from typing import Any, Final

from notifier.languages.expr import containers, fetching, natures, operators, ordering
from notifier.languages.expr.builtins import registry
from notifier.languages.expr.builtins.registry import INVALID, LISTS, MAPS, Natures, builtin
from notifier.languages.expr.containers import AnyMap, Pairs, kind, type_name
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.natures import Nature
from notifier.languages.expr.state import State
from notifier.languages.golang import values
from notifier.languages.golang.values import Func, GoError, GoInteger, GoObject, NilList

_ANY_NUMBER: Final = 1_000_000
_COUNTABLE: Final = LISTS | MAPS | {"string"}
_WHOLE: Final = frozenset(("interface", "int", "int64", "int32"))


@builtin(
    "len('abc')", "3", check=registry.one_of(_COUNTABLE, natures.INT, INVALID),
    single=True, name="len",
)  # fmt: skip
def length(_: State, value: Any) -> int:
    """Return the number of characters of a text, of items of a list or map."""
    if type(value) is str or containers.is_list(value) or containers.is_map(value):
        return len(value)
    raise Fault(f"invalid argument for len (type {type_name(value)})")


@builtin("type([1])", "array", "any -> string", single=True, name="type")
def type_(_: State, value: Any) -> str:
    """Return the name of a value's type."""
    if value is None:
        return "nil"
    if isinstance(value, GoObject):
        return value.TYPE.removeprefix("*")
    if isinstance(value, Func):
        return "func"
    if containers.is_list(value):
        return "array"
    if containers.is_map(value):
        return "map"
    return _TYPES[type(value)]


_TYPES: Final = {
    bool: "bool",
    int: "int",
    values.Int64: "int",
    values.Int32: "int",
    values.Uint8: "uint",
    values.Uint64: "uint",
    float: "float",
    str: "string",
}


def _items(verb: str, value: Any) -> Any:
    if containers.is_list(value):
        return containers.items(value)
    raise Fault(f"cannot {verb} {kind(value)}")


# One item


def _end(name: str, arguments: Natures) -> Nature:
    complaint = f"cannot get {name} element from {{type}}"
    registry.one_of(LISTS, natures.ANY, complaint)(name, arguments)
    # The checker hands over Go types only: what it knows of the items beyond them is lost.
    known = {"[]uint8": natures.UINT8, "[]string": natures.STRING, "[]int": natures.INT}
    return known.get(arguments[0].type, natures.ANY)


@builtin("first([1, 2])", "1", check=_end, lenient=True)
def first(state: State, value: Any) -> Any:
    """Return the first item, nil of an empty list."""
    return _safely(state, value, 0)


@builtin("last([1, 2])", "2", check=_end, lenient=True)
def last(state: State, value: Any) -> Any:
    """Return the last item, nil of an empty list."""
    return _safely(state, value, -1)


def _safely(_: State, value: Any, index: int) -> Any:
    try:
        return fetching.fetch(value, index)
    except (Fault, GoError):
        return None


@builtin("get({'a': 1}, 'b')", "<nil>", arguments=(2, 2), lenient=True)
def get(_: State, value: Any, key: Any) -> Any:
    """Return an item of a list or map, nil where there is none."""
    if value is None:
        return None
    if isinstance(value, GoObject):
        return fetching.method(value, key)
    if type(value) is str or containers.is_list(value):
        index = operators.to_int(key)
        return fetching.item(value, index, missing=None)
    if containers.is_map(value):
        return fetching.entry(value, key, lenient=True)
    return None


# Lists


def _taken(name: str, arguments: Natures) -> Nature:
    registry.expected(2, arguments)
    if registry.known_kind(arguments[0]) not in LISTS:
        raise Fault(f"cannot {name} from {registry.shown(arguments[0])}")
    if registry.known_kind(arguments[1]) not in _WHOLE:
        raise Fault(f"cannot {name} {registry.shown(arguments[1])} elements")
    return natures.plain(arguments[0])


@builtin("take([1, 2, 3], 2)", "[1,2]", check=_taken, arguments=(2, 2))
def take(state: State, value: Any, count: Any) -> Any:
    """Return the first items."""
    if not containers.is_list(value):
        raise Fault(f"cannot take from {kind(value)}")
    whole = type(count) in containers.INTEGERS and getattr(count, "SIGNED", True)
    if not whole and not (isinstance(count, GoInteger)):
        raise Fault(f"cannot take {kind(count)} elements")
    number = operators.whole(count)
    if number < 0:
        raise Fault("reflect.Value.Slice: slice index out of bounds")
    return fetching.part(state, value, 0, min(number, len(value)))


def _list_check(verb: str) -> registry.Check:
    return registry.one_of(LISTS, natures.ARRAY, f"cannot {verb} {{type}}")


@builtin("reverse([3, 1])", "[1,3]", check=_list_check("reverse"))
def reverse(state: State, value: Any) -> list[Any]:
    """Return the items in reverse order."""
    found = list(_items("reverse", value))
    state.grow(len(found))
    found.reverse()
    return found


@builtin("uniq([1, 2, 1])", "[1,2]", check=_list_check("uniq"))
def uniq(state: State, value: Any) -> list[Any]:
    """Return the items without those that equal an earlier one."""
    found: list[Any] = []
    for item in _items("uniq", value):
        state.compare(len(found))
        if not any(operators.equal(state, item, earlier) for earlier in found):
            found.append(item)
    state.copy(len(found))
    return found


def _concatenated(name: str, arguments: Natures) -> Nature:
    if not arguments:
        raise Fault("invalid number of arguments (expected at least 1, got 0)")
    for argument in arguments:
        if registry.known_kind(argument) not in LISTS:
            raise Fault(f"cannot {name} {registry.shown(argument)}")
    return natures.ARRAY


@builtin("concat([1], [2])", "[1,2]", check=_concatenated, arguments=(1, _ANY_NUMBER))
def concat(state: State, *given: Any) -> list[Any]:
    """Return the items of all lists."""
    found: list[Any] = []
    for value in given:
        more = _items("concat", value)
        state.grow(len(more))
        found.extend(more)
    return found or NilList()


@builtin("flatten([1, [2, [3]]])", "[1,2,3]", check=_list_check("flatten"))
def flatten(state: State, value: Any) -> list[Any]:
    """Return the items of lists within lists."""
    found: list[Any] = []
    _flatten(state, _items("flatten", value), found)
    state.grow(len(found))
    return found


def _flatten(state: State, given: Any, found: list[Any]) -> None:
    state.copy(len(given))
    for item in given:
        if containers.is_list(item):
            _flatten(state, containers.items(item), found)
        else:
            found.append(item)


@builtin(
    "sort([3, 1, 2], 'desc')", "[3,2,1]",
    "[]any, string -> []any", "[]int, string -> []any", "[]float, string -> []any",
    "[]string, string -> []any", "[]any -> []any", "[]float -> []any", "[]string -> []any",
    "[]int -> []any",
    arguments=(1, 2),
)  # fmt: skip
def sort(state: State, value: Any, order: Any = "asc") -> list[Any]:
    """Return numbers or texts in order; the other way round with 'desc'."""
    if type(order) is not str:
        raise Fault(f"sort order argument must be a string (got {type_name(order)})")
    if order not in ("asc", "desc"):
        raise Fault(f"invalid order {order}, expected asc or desc")
    if not isinstance(value, list) or isinstance(value, Pairs):
        return NilList()
    state.grow(len(value))
    state.compare(len(value))
    return ordering.ordered(list(value), list(value), descending=order == "desc")


# Maps


def _map_check(complaint: str, result: Nature = natures.ARRAY) -> registry.Check:
    return registry.one_of(MAPS, result, complaint + " {type}")


def _entries(state: State, verb: str, value: Any, what: str) -> list[tuple[Any, Any]]:
    if not containers.is_map(value):
        raise Fault(f"cannot {verb} {kind(value)}{what}")
    state.copy(len(value))
    if isinstance(value, AnyMap):
        return list(value.items())
    return sorted(value.items())


@builtin("keys({'b': 1, 'a': 2})", '["a","b"]', check=_map_check("cannot get keys from"))
def keys(state: State, value: Any) -> list[Any]:
    """Return the keys of a map, in order."""
    return [key for key, _ in _entries(state, "get keys from", value, "")]


@builtin(
    "values({'b': 1, 'a': 2})", "[2,1]", check=_map_check("cannot get values from"), name="values"
)
def values_(state: State, value: Any) -> list[Any]:
    """Return the values of a map, in the order of their keys."""
    return [held for _, held in _entries(state, "get values from", value, "")]


@builtin(
    "toPairs({'a': 1})", '[["a",1]]', name="toPairs",
    check=registry.one_of(MAPS, natures.ARRAY, "cannot transform {type} to pairs"),
)  # fmt: skip
def to_pairs(state: State, value: Any) -> Pairs:
    """Return keys and values of a map as a list of pairs, in the order of the keys."""
    return Pairs(_entries(state, "transform", value, " to pairs"))


@builtin(
    "fromPairs([['a', 1]])", '{"a":1}', name="fromPairs",
    check=registry.one_of(LISTS, natures.ANY_MAP, "cannot transform {type} from pairs"),
)  # fmt: skip
def from_pairs(state: State, value: Any) -> AnyMap:
    """Return the map that a list of pairs describes."""
    if not containers.is_list(value):
        raise Fault(f"cannot transform {kind(value)} from pairs")
    state.copy(len(value))
    found = AnyMap(of_lists=False)
    for pair in containers.items(value):
        if not containers.is_list(pair):
            raise Fault(f"invalid pair {type_name(pair)}")
        if len(pair) != 2:
            raise Fault(f"invalid pair length {len(pair)}")
        key, held = containers.items(pair)
        found[key] = held
    return found
