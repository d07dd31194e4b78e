"""Builtins on numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, Final

from notifier.languages.expr import containers, natures, operators
from notifier.languages.expr.builtins import registry
from notifier.languages.expr.builtins.registry import INVALID, NUMERIC, Natures, builtin
from notifier.languages.expr.containers import INTEGERS, NUMBERS, type_name
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.natures import Nature
from notifier.languages.expr.state import State
from notifier.languages.golang import numbers
from notifier.languages.golang.values import GoError, GoInteger

_ANY_NUMBER: Final = 1_000_000
_PARSABLE: Final = NUMERIC | {"string"}


def _unchanged(name: str, arguments: Natures) -> Nature:
    registry.one_of(NUMERIC, natures.ANY, INVALID)(name, arguments)
    return natures.ANY if arguments[0].unknown else arguments[0]


@builtin("abs(-5)", "5", check=_unchanged, single=True, name="abs")
def absolute(_: State, value: Any) -> Any:
    """Return a number without its sign."""
    if type(value) is float:
        return -value if value < 0 else value
    if type(value) in INTEGERS:
        return operators.negate(value) if value < 0 else value
    raise Fault(f"invalid argument for abs (type {type_name(value)})")


_ROUND = registry.one_of(NUMERIC, natures.FLOAT, INVALID)


def _rounded(name: str, value: Any, change: Callable[[float], float]) -> float:
    if type(value) not in NUMBERS:
        raise Fault(f"invalid argument for {name} (type {type_name(value)})")
    number = float(value)
    return change(number) if math.isfinite(number) else number


@builtin("ceil(1.5)", "2", check=_ROUND, single=True)
def ceil(_: State, value: Any) -> float:
    """Round up."""
    return _rounded("ceil", value, lambda number: math.copysign(math.ceil(number), number))


@builtin("floor(1.5)", "1", check=_ROUND, single=True)
def floor(_: State, value: Any) -> float:
    """Round down."""
    return _rounded("floor", value, lambda number: math.copysign(math.floor(number), number))


@builtin("round(2.5)", "3", check=_ROUND, single=True, name="round")
def rounded(_: State, value: Any) -> float:
    """Round to the nearest whole number, halves away from zero."""
    return _rounded("round", value, _half_away)


def _half_away(number: float) -> float:
    rest, whole = math.modf(number)
    return whole + math.copysign(1.0, number) if abs(rest) >= 0.5 else whole


@builtin(
    "int('123')", "123", check=registry.one_of(_PARSABLE, natures.INT, INVALID),
    single=True, name="int",
)  # fmt: skip
def integer(_: State, value: Any) -> int:
    """Return a number or a text of digits as an int; floats are cut."""
    if type(value) is str:
        try:
            return numbers.parse_int(value, 10)
        except GoError as error:
            raise Fault(f"invalid operation: int({value})") from error
    if isinstance(value, GoInteger):
        return operators.whole(value)
    if value is None:
        raise Fault("reflect: call of reflect.Value.Type on zero Value")
    return operators.to_int(value)


@builtin(
    "float('1.5')", "1.5", check=registry.one_of(_PARSABLE, natures.FLOAT, INVALID),
    single=True, name="float",
)  # fmt: skip
def floating(_: State, value: Any) -> float:
    """Return a number or its text as a float."""
    if type(value) is str:
        try:
            return numbers.parse_float(value)
        except GoError as error:
            raise Fault(f"invalid operation: float({value})") from error
    return operators.to_float(value)


# Aggregates


def _aggregate(name: str, arguments: Natures) -> Nature:
    if not arguments:
        raise Fault(f"not enough arguments to call {name}")
    for argument in arguments:
        kind = registry.known_kind(argument)
        if kind in registry.LISTS:
            return natures.ANY
        if kind not in NUMERIC:
            shown = registry.shown(argument)
            raise Fault(f"invalid argument for {name} (type {shown})")
    return arguments[0]


_MANY = (1, _ANY_NUMBER)


def _flat(
    name: str, state: State, given: Any, *, strict: bool = False, depth: int = 0
) -> Iterator[Any]:
    """Give the numbers of lists within lists; durations too, but if `strict` only those that are
    in no list. Raises `Fault` at anything else."""
    state.compare(len(given))
    for item in given:
        if type(item) in NUMBERS or (isinstance(item, GoInteger) and not (depth and strict)):
            yield item
        elif containers.is_list(item):
            yield from _flat(name, state, containers.items(item), strict=strict, depth=depth + 1)
        else:
            raise Fault(f"invalid argument for {name} (type {type_name(item)})")


def _extreme(
    name: str, state: State, given: tuple[Any, ...], better: Callable[[Any, Any], bool]
) -> Any:
    if len(given) == 1 and not containers.is_list(given[0]):
        return given[0]
    found = None
    for item in _flat(name, state, given, strict=True):
        if found is None or better(found, item):
            found = item
    return found


@builtin("max([5, 2, 3])", "5", check=_aggregate, arguments=_MANY, name="max")
def largest(state: State, *given: Any) -> Any:
    """Return the largest of numbers and lists of numbers."""
    return _extreme("max", state, given, operators.less)


@builtin("min(5, 2, 3)", "2", check=_aggregate, arguments=_MANY, name="min")
def smallest(state: State, *given: Any) -> Any:
    """Return the smallest of numbers and lists of numbers."""
    return _extreme("min", state, given, operators.more)


@builtin("mean([1, 2, 3])", "2", check=_aggregate, arguments=_MANY)
def mean(state: State, *given: Any) -> float:
    """Return the mean of numbers and lists of numbers; of none, 0."""
    total, count = _summed("mean", state, given)
    return operators.quotient(total, float(count)) if count else 0.0


def _summed(name: str, state: State, given: Any) -> tuple[float, int]:
    """Add up list by list, as the original does: with floats the order counts."""
    state.compare(len(given))
    total, count = 0.0, 0
    for item in given:
        if type(item) in NUMBERS or isinstance(item, GoInteger):
            total += _counted(item)
            count += 1
        elif containers.is_list(item):
            more, further = _summed(name, state, containers.items(item))
            total += more
            count += further
        else:
            raise Fault(f"invalid argument for {name} (type {type_name(item)})")
    return total, count


def _counted(item: Any) -> float:
    return float(item.value if isinstance(item, GoInteger) else item)


@builtin("median([1, 2, 3, 4])", "2.5", check=_aggregate, arguments=_MANY)
def median(state: State, *given: Any) -> float:
    """Return the number in the middle; of none, 0."""
    found = sorted(map(_counted, _flat("median", state, given)), key=_nan_first)
    if not found:
        return 0.0
    middle = len(found) // 2
    if len(found) % 2:
        return found[middle]
    return (found[middle - 1] + found[middle]) / 2


def _nan_first(number: float) -> tuple[bool, float]:
    return (number == number, number)


# Bits


def _bits(value: Any, name: str) -> int:
    if type(value) in INTEGERS:
        return numbers.wrap_int64(int(value))
    raise Fault(f"cannot use {type_name(value)} as argument (type int) to call {name}")


def _bitwise(
    name: str, example: str, result: str, about: str, change: Callable[[int, int], int]
) -> None:
    def call(_: State, left: Any, right: Any) -> int:
        return numbers.wrap_int64(change(_bits(left, name), _bits(right, name)))

    call.__doc__ = about
    builtin(example, result, "int, int -> int", arguments=(2, 2), name=name)(call)


def _shifted(change: Callable[[int, int], int]) -> Callable[[int, int], int]:
    def shifted(number: int, count: int) -> int:
        if count < 0:
            raise Fault(f"invalid operation: negative shift count {count} (type int)")
        return change(number, min(count, 64))

    return shifted


_bitwise("bitand", "bitand(10, 12)", "8", "Return the bits set in both.", int.__and__)
_bitwise("bitor", "bitor(10, 12)", "14", "Return the bits set in either.", int.__or__)
_bitwise("bitxor", "bitxor(10, 12)", "6", "Return the bits set in one only.", int.__xor__)
_bitwise(
    "bitnand", "bitnand(10, 12)", "2", "Return the bits of the first that the second lacks.",
    lambda left, right: left & ~right,
)  # fmt: skip
_bitwise(
    "bitshl", "bitshl(45, 2)", "180", "Shift bits to the left.",
    _shifted(lambda number, count: number << count),
)  # fmt: skip
_bitwise(
    "bitshr", "bitshr(45, 2)", "11", "Shift bits to the right, keeping the sign.",
    _shifted(lambda number, count: number >> count),
)  # fmt: skip
_bitwise(
    "bitushr", "bitushr(-5, 2)", "4611686018427387902", "Shift bits to the right, with zeros.",
    _shifted(lambda number, count: numbers.wrap_uint64(number) >> count),
)  # fmt: skip


@builtin("bitnot(10)", "-11", "int -> int")
def bitnot(_: State, value: Any) -> int:
    """Return all bits turned over."""
    return ~_bits(value, "bitnot")
