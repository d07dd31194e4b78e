"""Closures of operators: operands, what to do with them, and the place of a fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from notifier.languages.expr import containers, limits, nodes, operators
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.reaching import Evaluate
from notifier.languages.expr.state import State
from notifier.languages.golang import patterns
from notifier.languages.golang.values import GoError, Ints


def negation(value: Any) -> bool:
    """Return the other bool. Raises `Fault`."""
    if value is True or value is False:
        return not value
    raise operators.not_a("bool", value)


def carried(state: State) -> Any:
    """Return the value of the segment before."""
    return state.carried


def in_a_row(segments: list[Evaluate]) -> Evaluate:
    """Return what evaluates segments one after the other, each with `carried` of the one before."""

    def evaluate(state: State) -> Any:
        value = None
        for segment in segments:
            state.carried = value
            value = segment(state)
        return value

    return evaluate


def conjunction(left: Evaluate, right: Evaluate, at: int) -> Evaluate:
    """Return `and`: the right side as it is, if the left one is true."""

    def evaluate(state: State) -> Any:
        value = left(state)
        if value is True:
            return right(state)
        if value is False:
            return False
        raise operators.not_a("bool", value).placed(at)

    return evaluate


def disjunction(left: Evaluate, right: Evaluate, at: int) -> Evaluate:
    """Return `or`: the right side as it is, if the left one is false."""

    def evaluate(state: State) -> Any:
        value = left(state)
        if value is False:
            return right(state)
        if value is True:
            return True
        raise operators.not_a("bool", value).placed(at)

    return evaluate


def coalescing(left: Evaluate, right: Evaluate) -> Evaluate:
    """Return `??`: the right side, if the left one is nil."""

    def evaluate(state: State) -> Any:
        value = left(state)
        return right(state) if containers.is_nil(value) else value

    return evaluate


def equality(left: Evaluate, right: Evaluate, at: int) -> Evaluate:
    """Return `==` between values of any type."""

    def evaluate(state: State) -> Any:
        first, second = left(state), right(state)
        if type(first) is str and type(second) is str and len(first) < limits.LONG:
            return first == second
        try:
            return operators.equal(state, first, second)
        except Fault as fault:
            raise fault.placed(at) from None

    return evaluate


Operate = Callable[[State, Any, Any], Any]


def placed(operate: Operate, left: Evaluate, right: Evaluate, at: int) -> Evaluate:
    """Return an operator that evaluates both sides and may fail."""

    def evaluate(state: State) -> Any:
        first = left(state)
        second = right(state)
        try:
            return operate(state, first, second)
        except Fault as fault:
            raise fault.placed(at) from None
        except GoError as error:
            raise Fault(str(error), at) from error

    return evaluate


def _plain(operate: Callable[[Any, Any], Any]) -> Operate:
    def charged(state: State, left: Any, right: Any) -> Any:
        if type(left) is str:
            state.scan(left)
        return operate(left, right)

    return charged


def operation(word: str) -> Operate:
    """Return what an operator does with two values."""
    return _OPERATORS.get(word) or _plain(operators.BINARY[word])


def _strictly(kind: type, name: str) -> Operate:
    def operate(_: State, left: Any, right: Any) -> bool:
        for value in (left, right):
            if type(value) is not kind:
                raise operators.not_a(name, value)
        return bool(left == right)

    return operate


STRICT: Final[Mapping[str, Operate]] = {
    "int": _strictly(int, "int"),
    "string": _strictly(str, "string"),
}
"""The equality that the original uses where the check promised a type for both sides."""


def _range(state: State, first: Any, last: Any) -> Ints:
    start, end = operators.to_int(first), operators.to_int(last)
    state.grow(max(end - start + 1, 0))
    return Ints(range(start, end + 1))


def matching(node: nodes.String, at: int) -> Operate:
    """Return `matches` with a literal pattern. Raises `Fault`."""
    try:
        pattern = patterns.compiled(node.value)
    except GoError as error:
        raise Fault(str(error), at) from error
    return lambda state, left, _: not containers.is_nil(left) and _found(state, pattern, left)


def _dynamic_matching(state: State, left: Any, right: Any) -> bool:
    if containers.is_nil(left) or containers.is_nil(right):
        return False
    return _found(state, patterns.compiled(operators.text(right)), left)


def _found(state: State, pattern: patterns.Pattern, value: Any) -> bool:
    if type(value) is not str and type(value) is not bytes:
        raise operators.not_a("[]uint8", value)
    state.scan(value)
    return pattern.matches(value)


_OPERATORS: Final[Mapping[str, Operate]] = {
    "+": operators.add,
    "**": operators.exponent,
    "^": operators.exponent,
    "in": operators.within,
    "..": _range,
    "matches": _dynamic_matching,
}
