"""What operators do with values (vm/runtime): Go's types decide, nothing is coerced but numbers.

Integers wrap at 64 bits; a float on either side makes both floats; times and durations know `+`,
`-` and comparison; everything else fails as in the original.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final

from notifier.languages.expr import containers, limits, powers
from notifier.languages.expr.containers import INTEGERS, NUMBERS, AnyMap, type_name
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.state import State
from notifier.languages.golang import numbers, values
from notifier.languages.golang.durations import Duration
from notifier.languages.golang.times import Time


def mismatch(operator: str, left: Any, right: Any) -> Fault:
    """Return the complaint about operands that do not go together."""
    return Fault(f"invalid operation: {type_name(left)} {operator} {type_name(right)}")


def not_a(kind: str, value: Any) -> Fault:
    """Return the complaint about a value that should be of another type."""
    if value is None:
        return Fault(f"interface conversion: interface {{}} is nil, not {kind}")
    return Fault(f"interface conversion: interface {{}} is {type_name(value)}, not {kind}")


def to_int(value: Any) -> int:
    """Return a number as an int, floats cut. Raises `Fault`."""
    if type(value) is float:
        return numbers.to_int64(value)
    if type(value) in INTEGERS:
        return numbers.wrap_int64(int(value))
    raise Fault(f"invalid operation: int({type_name(value)})")


def to_float(value: Any) -> float:
    """Return a number as a float. Raises `Fault`."""
    if type(value) in NUMBERS:
        return float(value)
    raise Fault(f"invalid operation: float({type_name(value)})")


# Comparison

Ordering = Callable[[Any, Any], bool]
Comparison = Callable[[State, Any, Any], bool]


def ordered(operator: str, compare: Ordering) -> Ordering:
    """Return `<`, `>`, `<=` or `>=` over numbers, texts, times and durations."""

    def compared(left: Any, right: Any) -> bool:
        if type(left) in NUMBERS and type(right) in NUMBERS:
            if type(left) is float or type(right) is float:
                return compare(float(left), float(right))
            return compare(int(left), int(right))
        if type(left) is str and type(right) is str:
            return compare(left, right)
        if isinstance(left, Time) and isinstance(right, Time):
            return compare(ask(left, "Compare", right), 0)
        if isinstance(left, Duration) and isinstance(right, Duration):
            return compare(left.value, right.value)
        raise mismatch(operator, left, right)

    return compared


less = ordered("<", lambda left, right: left < right)
more = ordered(">", lambda left, right: left > right)
less_or_equal = ordered("<=", lambda left, right: left <= right)
more_or_equal = ordered(">=", lambda left, right: left >= right)


def equal(state: State, left: Any, right: Any) -> bool:
    """Tell whether `==` holds: by value of numbers, item by item of lists, else as the same type
    and content. Raises `Fault` when it takes too long."""
    if type(left) in NUMBERS and type(right) in NUMBERS:
        if type(left) is float or type(right) is float:
            return float(left) == float(right)
        return int(left) == int(right)
    if type(left) is str and type(right) is str:
        state.scan(left)
        return left == right
    if containers.is_nil(left) and containers.is_nil(right):
        return True
    if isinstance(left, Time) and isinstance(right, Time):
        return bool(ask(left, "Equal", right))
    if _listed(left) and _listed(right) and _comparable(left, right):
        return _all(state, equal, containers.items(left), containers.items(right))
    return same(state, left, right)


def _listed(value: Any) -> bool:
    return isinstance(value, list | bytes) and not isinstance(value, containers.Pairs)


def _comparable(left: Any, right: Any) -> bool:
    """One side holds items of any type, or both of the same."""
    names = (type_name(left), type_name(right))
    return "[]interface {}" in names or names[0] == names[1]


def _all(state: State, compare: Comparison, left: Any, right: Any) -> bool:
    if len(left) != len(right):
        return False
    state.compare(len(left))
    return all(compare(state, *pair) for pair in zip(left, right, strict=True))


def same(state: State, left: Any, right: Any) -> bool:
    """Tell whether two values are of the same types throughout and equal (reflect.DeepEqual).
    Raises `Fault` when it takes too long."""
    if type(left) is not type(right):
        return False
    if isinstance(left, list | tuple):
        return left is right or _all(state, same, left, right)
    if isinstance(left, dict):
        if left is right or left.keys() != right.keys():
            return left is right
        state.compare(len(left))
        return all(same(state, held, right[key]) for key, held in left.items())
    if isinstance(left, AnyMap):
        return left is right or _same_maps(state, left, right)
    if isinstance(left, values.GoObject):
        return bool(left == right)
    return not isinstance(left, values.Func) and bool(left == right)


def _same_maps(state: State, left: AnyMap, right: AnyMap) -> bool:
    if len(left) != len(right) or left.of_lists != right.of_lists:
        return False
    state.compare(len(left))
    return all(key in right and same(state, held, right[key]) for key, held in left.items())


# Arithmetic


def add(state: State, left: Any, right: Any) -> Any:
    """Return the sum; of texts, one after the other. Raises `Fault`."""
    if type(left) in NUMBERS and type(right) in NUMBERS:
        if type(left) is float or type(right) is float:
            return float(left) + float(right)
        return numbers.wrap_int64(left + right)
    if type(left) is str and type(right) is str:
        state.text(len(left) + len(right))
        return left + right
    if isinstance(left, Time) and isinstance(right, Duration):
        return ask(left, "Add", right)
    if isinstance(left, Duration) and isinstance(right, Time):
        return ask(right, "Add", left)
    if isinstance(left, Duration) and isinstance(right, Duration):
        return Duration(numbers.wrap_int64(left.value + right.value))
    raise mismatch("+", left, right)


def subtract(left: Any, right: Any) -> Any:
    """Return the difference; of two times, a duration. Raises `Fault`."""
    if type(left) in NUMBERS and type(right) in NUMBERS:
        if type(left) is float or type(right) is float:
            return float(left) - float(right)
        return numbers.wrap_int64(left - right)
    if isinstance(left, Time) and isinstance(right, Time):
        return ask(left, "Sub", right)
    if isinstance(left, Time) and isinstance(right, Duration):
        return ask(left, "Add", Duration(numbers.wrap_int64(-right.value)))
    if isinstance(left, Duration) and isinstance(right, Duration):
        return Duration(numbers.wrap_int64(left.value - right.value))
    raise mismatch("-", left, right)


def multiply(left: Any, right: Any) -> Any:
    """Return the product; a duration stays one unless a float is involved. Raises `Fault`."""
    first = left.value if isinstance(left, Duration) else left
    second = right.value if isinstance(right, Duration) else right
    if type(first) not in NUMBERS or type(second) not in NUMBERS:
        raise mismatch("*", left, right)
    if type(first) is float or type(second) is float:
        return float(first) * float(second)
    product = numbers.wrap_int64(first * second)
    return product if first is left and second is right else Duration(product)


def divide(left: Any, right: Any) -> float:
    """Return the quotient, always a float; by zero, an infinity or NaN. Raises `Fault`."""
    if type(left) not in NUMBERS or type(right) not in NUMBERS:
        raise mismatch("/", left, right)
    return quotient(float(left), float(right))


def quotient(left: float, right: float) -> float:
    """Divide floats as the hardware does."""
    if right:
        return left / right
    if not left or math.isnan(left) or math.isnan(right):
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def modulo(left: Any, right: Any) -> int:
    """Return the remainder of integers, with the sign of the left one. Raises `Fault`."""
    if type(left) not in INTEGERS or type(right) not in INTEGERS:
        raise mismatch("%", left, right)
    return numbers.modulo(int(left), int(right))


def exponent(state: State, left: Any, right: Any) -> float:
    """Return a power, always a float. Raises `Fault`."""
    state.turn(limits.HEAVY)
    return powers.power(to_float(left), to_float(right))


def negate(value: Any) -> Any:
    """Return a number with the other sign. Raises `Fault`."""
    if type(value) is float:
        return -value
    if type(value) is int:
        return numbers.wrap_int64(-value)
    if isinstance(value, values.Sized):
        kind = type(value)
        return kind(numbers.wrap(-value, kind.BITS, kind.SIGNED))
    raise Fault(f"invalid operation: - {type_name(value)}")


def ask(value: values.GoObject, name: str, *arguments: Any) -> Any:
    """Call a method that the value has. Raises `GoError`."""
    return value.METHODS[name].call(value, *arguments)


def whole(value: Any) -> int:
    """Return what a number, duration, month or weekday counts."""
    return int(value.value if isinstance(value, values.GoInteger) else value)


# Texts


def _textual(compare: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def compared(left: Any, right: Any) -> bool:
        if containers.is_nil(left) or containers.is_nil(right):
            return False
        return compare(text(left), text(right))

    return compared


def text(value: Any) -> str:
    """Return a value that must be a text. Raises `Fault`."""
    if type(value) is str:
        return value
    raise not_a("string", value)


contains = _textual(lambda left, right: right in left)
starts_with = _textual(str.startswith)
ends_with = _textual(str.endswith)


# Membership


def within(state: State, needle: Any, held: Any) -> bool:
    """Tell whether `in` holds: an item of a list, a key of a map. Raises `Fault`."""
    if held is None:
        return False
    if isinstance(held, frozenset):
        return _within_set(needle, held)
    if containers.is_list(held):
        state.compare(len(held))
        return any(equal(state, item, needle) for item in containers.items(held))
    if isinstance(held, AnyMap):
        return needle in held
    if isinstance(held, dict):
        return key_of(needle) in held
    if isinstance(held, values.GoObject) and held.KIND == "struct":
        if type(needle) is str:
            return False
        raise Fault(f"cannot use {type_name(needle)} as field name of {type_name(held)}")
    if isinstance(held, values.GoObject) and held.KIND == "ptr":
        return within(state, needle, None)
    raise Fault(f'operator "in" not defined on {type_name(held)}')


def _within_set(needle: Any, held: frozenset[Any]) -> bool:
    """Look up a set of literals, all of one type; nil stands for the empty one of it."""
    kind = type(next(iter(held)))
    if needle is None:
        return kind() in held
    if type(needle) is not kind:
        raise _unassignable(needle, type_name(kind()))
    return needle in held


def key_of(key: Any) -> str:
    """Return the key of a map whose keys are texts; nil stands for the empty one. Raises
    `Fault`."""
    if type(key) is str:
        return key
    if key is None:
        return ""
    raise _unassignable(key, "string")


def _unassignable(value: Any, kind: str) -> Fault:
    return Fault(
        f"reflect.Value.MapIndex: value of type {type_name(value)} is not assignable to type {kind}"
    )


BINARY: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "<": less,
    ">": more,
    "<=": less_or_equal,
    ">=": more_or_equal,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "%": modulo,
    "contains": contains,
    "startsWith": starts_with,
    "endsWith": ends_with,
}
"""The operators that need nothing but their operands."""
