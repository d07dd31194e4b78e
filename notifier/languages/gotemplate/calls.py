"""Calls: of functions, of methods at the end of a field chain, of functions among the data.

The number of arguments is known when a call is compiled, their types when it is made. Whatever a
function raises becomes an error of the template at the call.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

from notifier.languages.golang import runs, values
from notifier.languages.golang.values import MISSING, Func, GoError, GoObject
from notifier.languages.gotemplate import arguments, fields, nodes
from notifier.languages.gotemplate.execution import Expression, Frame, Source
from notifier.languages.gotemplate.registry import Function

_LONG_TEXT: Final = 7
_LONG_LIST: Final = 5
"""Powers of two of characters and items: reading so many is worth a step."""

_FAULTS: Final = (GoError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)
"""What a function may raise: Go turns a panic of a function into an error of its call, too."""

Compile = Callable[[nodes.Operand], Expression]
"""How an operand is compiled; what it gives may be missing or null."""


def count_error(function: Function, written: int, given: int) -> str:
    """Return what is wrong with the number of arguments, nothing if it is right."""
    least = len(function.parameters)
    if function.variadic:
        wanted = f"at least {least} got {written}" if given < least else ""
    else:
        wanted = f"{least} got {given}" if given != least else ""
    return f"wrong number of args for {function.name}: want {wanted}" if wanted else ""


def kinds(function: Function, count: int) -> list[str]:
    """Return the Go types that so many arguments of a function must have."""
    fixed = [*function.parameters[:count]]
    rest = [function.variadic] * (count - len(fixed))
    return [arguments.go_type(kind) for kind in fixed + rest]


def argument(source: Source, node: nodes.Operand, expected: str, compiled: Compile) -> Expression:
    """Compile an operand as an argument for a parameter of the expected Go type."""
    if arguments.is_literal(node):
        try:
            value = arguments.convert(node, expected)
        except GoError as error:
            return source.failing(node, str(error))
        return lambda _frame, _dot: value
    return checked(source, node, expected, compiled(node))


def checked(source: Source, node: nodes.Shown, expected: str, operand: Expression) -> Expression:
    """Wrap an expression so that its value suits a parameter."""
    if expected == arguments.ANY:

        def anything(frame: Frame, dot: Any) -> Any:
            value = operand(frame, dot)
            return None if value is MISSING else value

        return anything

    def exactly(frame: Frame, dot: Any) -> Any:
        value = operand(frame, dot)
        if type(value) is str and expected == "string":
            return value
        try:
            return arguments.check(value, expected)
        except GoError as error:
            raise source.error(node, str(error)) from error

    return exactly


def function_call(
    source: Source,
    node: nodes.Shown,
    function: Function,
    operands: Sequence[Expression],
    previous: Expression | None,
) -> Expression:
    """Compile a call of a function. `previous` gives the last argument, but before the others are
    evaluated: it is the value that comes through the pipeline."""
    called, metered = function.call, function.metered

    def failed(error: Exception) -> Exception:
        return source.error(node, f"error calling {function.name}: {_reason(error)}")

    if len(operands) == 1 and previous is None and not metered:
        (only,) = operands

        def one(frame: Frame, dot: Any) -> Any:
            value = only(frame, dot)
            try:
                charge(frame.run, value)
                return called(value)
            except _FAULTS as error:
                raise failed(error) from error

        return one

    def many(frame: Frame, dot: Any) -> Any:
        last = previous(frame, dot) if previous else None
        given = [operand(frame, dot) for operand in operands]
        if previous:
            given.append(last)
        run = frame.run
        try:
            for value in given:
                charge(run, value)
            return called(run, *given) if metered else called(*given)
        except _FAULTS as error:
            raise failed(error) from error

    return many


def charge(run: runs.Run, value: Any) -> None:
    """Take steps for reading a long text or list. Raises `Exceeded`."""
    kind = type(value)
    if kind is str or kind is bytes:
        if len(value) >> _LONG_TEXT:
            run.step(len(value) >> _LONG_TEXT)
    elif (kind is list or kind is dict) and len(value) >> _LONG_LIST:
        run.step(len(value) >> _LONG_LIST)


def of_value(
    source: Source,
    node: nodes.Shown,
    name: str,
    operands: Sequence[Expression],
    previous: Expression | None,
) -> Expression:
    """Compile `call`: of a function that is among the data; `name` is how errors call it."""

    def call(frame: Frame, dot: Any) -> Any:
        last = [previous(frame, dot)] if previous else []
        function, *given = [operand(frame, dot) for operand in operands] + last
        try:
            return _called(name, function, given)
        except _FAULTS as error:
            raise source.error(node, f"error calling call: {_reason(error)}") from error

    return call


def _called(name: str, function: Any, given: Sequence[Any]) -> Any:
    """Call a function value. Raises `GoError`."""
    if function is None:
        raise GoError("call of nil")
    if not isinstance(function, Func):
        raise GoError(f"non-function {name} of type {values.type_name(function)}")
    wanted = [arguments.go_type(kind) for kind in function.parameters]
    if len(given) != len(wanted):
        raise GoError(f"wrong number of args for {name}: got {len(given)} want {len(wanted)}")
    for place, (value, expected) in enumerate(zip(given, wanted, strict=True)):
        found = values.type_name(value)
        if expected in (arguments.ANY, found):
            continue
        if value is None:
            raise GoError(f"arg {place}: value is nil; should be of type {expected}")
        raise GoError(f"arg {place}: value has type {found}; should be {expected}")
    return function.function(*given)


def member_call(
    source: Source,
    node: nodes.Shown,
    receiver: Expression,
    names: Sequence[str],
    operands: Sequence[tuple[nodes.Operand, Expression]],
    previous: Expression | None,
) -> Expression:
    """Compile a field chain with arguments: its last name has to be a method. Which one, and so
    the types of its parameters, is known when it is called."""
    *path, last = names
    count = len(operands) + (previous is not None)

    def call(frame: Frame, dot: Any) -> Any:
        final = [previous(frame, dot)] if previous else []
        value = fields.walk(source, node, receiver(frame, dot), path)
        method = value.METHODS.get(last) if isinstance(value, GoObject) else None
        if method is None:
            return _not_a_method(source, node, value, last)
        kinds = [arguments.go_type(kind) for kind in method.parameters]
        if count != len(kinds):
            message = f"wrong number of args for {last}: want {len(kinds)} got {count}"
            raise source.error(node, message)
        made = [
            _argument(source, operand, expected, frame, dot)
            for operand, expected in zip(operands, kinds, strict=False)
        ]
        try:
            made += [arguments.check(each, kinds[-1]) for each in final]
            return fields.call(value, last, method, made)
        except _FAULTS as error:
            raise source.error(node, _reason(error)) from error

    return call


def _argument(
    source: Source,
    operand: tuple[nodes.Operand, Expression],
    expected: str,
    frame: Frame,
    dot: Any,
) -> Any:
    """Return an argument of a method."""
    node, expression = operand
    try:
        if arguments.is_literal(node):
            return arguments.convert(node, expected)
        return arguments.check(expression(frame, dot), expected)
    except GoError as error:
        raise source.error(node, str(error)) from error


def _not_a_method(source: Source, node: nodes.Shown, receiver: Any, name: str) -> Any:
    """Settle a chain with arguments whose last name is no method."""
    if receiver is MISSING:
        return MISSING
    if isinstance(receiver, dict):
        raise source.error(node, f"{name} is not a method but has arguments")
    if isinstance(receiver, GoObject) and name in receiver.FIELDS:
        raise source.error(node, f"{name} has arguments but cannot be invoked as function")
    return fields.walk(source, node, receiver, (name,))


def _reason(error: Exception) -> str:
    """Return what may be said of a fault: of one that is ours, its kind alone."""
    return str(error) if isinstance(error, GoError) else type(error).__name__
