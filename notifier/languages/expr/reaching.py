"""Closures of members, optional chains and calls of functions in the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from notifier.languages.expr import containers, fetching, limits, nodes, operators
from notifier.languages.expr.containers import type_name
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.state import State
from notifier.languages.golang import durations, times
from notifier.languages.golang.values import Func, GoError

Evaluate = Callable[[State], Any]


class Compiler(Protocol):
    """What these closures need of the compiler."""

    def compile(self, node: nodes.Node) -> Evaluate:
        """Return what evaluates a node."""
        ...

    def takes_no_nil(self, callee: nodes.Node) -> bool:
        """Tell whether a call refuses nil arguments."""
        ...


class _Skipped:
    """The type of what a chain gives from where its base was nil up to its end."""


_SKIPPED: Final = _Skipped()


def chain(compiler: Compiler, node: nodes.Chain, *, keep: bool) -> Evaluate:
    """Return what evaluates the reach of `?.`: nil where a base in it was; a nil list at its end
    is nil as well, unless to be kept."""
    inner = _within(compiler, node.node)

    def evaluate(state: State) -> Any:
        value = inner(state)
        if value is _SKIPPED or (not keep and containers.is_nil(value)):
            return None
        return value

    return evaluate


def _within(compiler: Compiler, node: nodes.Node) -> Evaluate:
    if isinstance(node, nodes.Member):
        return member(compiler, node, chained=True)
    if isinstance(node, nodes.Call):
        return call(compiler, node, chained=True)
    return compiler.compile(node)


def member(compiler: Compiler, node: nodes.Member, *, chained: bool) -> Evaluate:
    """Return what evaluates `base.name` or `base[index]`."""
    base = _within(compiler, node.base) if chained else compiler.compile(node.base)
    if not chained and isinstance(node.name, nodes.String):
        return _field(base, node.name.value, node.at)
    name, at = compiler.compile(node.name), node.at
    optional = node.optional and chained

    def evaluate(state: State) -> Any:
        value = base(state)
        if value is _SKIPPED or (optional and containers.is_nil(value)):
            return _SKIPPED
        key = name(state)
        try:
            return fetching.fetch(value, key)
        except (Fault, GoError) as error:
            raise _failed(error, at) from None

    return evaluate


def _field(base: Evaluate, name: str, at: int) -> Evaluate:
    def evaluate(state: State) -> Any:
        value = base(state)
        if type(value) is dict:
            return value.get(name)
        try:
            return fetching.fetch(value, name)
        except (Fault, GoError) as error:
            raise _failed(error, at) from None

    return evaluate


def _failed(error: Exception, at: int) -> Fault:
    return (error if isinstance(error, Fault) else Fault(str(error))).placed(at)


# Calls


def call(compiler: Compiler, node: nodes.Call, *, chained: bool) -> Evaluate:
    """Return what calls a function of the data or a method: arguments first, then the callee."""
    at, strict = node.at, compiler.takes_no_nil(node.callee)
    arguments = [compiler.compile(argument) for argument in node.arguments]
    callee = _within(compiler, node.callee) if chained else compiler.compile(node.callee)

    def evaluate(state: State) -> Any:
        given = [argument(state) for argument in arguments]
        function = callee(state)
        if function is _SKIPPED:
            return _SKIPPED
        try:
            state.turn(limits.HEAVY)
            return applied(function, given, strict)
        except (Fault, GoError) as error:
            raise _failed(error, at) from None

    return evaluate


def applied(function: Any, given: list[Any], strict: bool) -> Any:
    """Call a function with the arguments it takes; nil is Go's zero value unless `strict`.
    Raises `Fault` or `GoError`."""
    if function is None:
        raise Fault("invalid operation: cannot call nil")
    if not isinstance(function, Func):
        raise Fault(f"invalid operation: cannot call non-function of type {type_name(function)}")
    wanted = function.parameters
    if len(given) != len(wanted):
        raise Fault(f"invalid number of arguments: expected {len(wanted)}, got {len(given)}")
    return function.function(
        *(_passed(value, kind, strict) for value, kind in zip(given, wanted, strict=True))
    )


_ZEROS: Final[dict[str, Callable[[], Any]]] = {
    "string": str,
    "int": int,
    "[]uint8": bytes,
    "time.Duration": lambda: durations.Duration(0),
    "time.Time": times.zero,
}


def _passed(value: Any, kind: str, strict: bool) -> Any:
    if value is None and kind in _ZEROS:
        if strict:
            raise operators.not_a(kind, value)
        return _ZEROS[kind]()
    if kind in ("any", "interface {}") or type_name(value) == kind:
        return value
    raise Fault(f"reflect: Call using {type_name(value)} as type {kind}")
