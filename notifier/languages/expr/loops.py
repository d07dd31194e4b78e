"""Closures of the builtins that take a predicate, and of `#`, `#index` and `#acc` in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from notifier.languages.expr import limits, nodes, operators, ordering
from notifier.languages.expr.containers import AnyMap
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.reaching import Compiler, Evaluate
from notifier.languages.expr.state import Items, Scope, State, looped
from notifier.languages.golang.values import GoError


class Loop:
    """One builtin with its compiled parts: the collection, the predicate, what to map to, the
    third argument; `steps` is what a turn costs."""

    __slots__ = ("mapped", "node", "source", "steps", "test", "third")

    def __init__(self, compiler: Compiler, node: nodes.Builtin) -> None:
        self.node = node
        self.source = compiler.compile(node.arguments[0])
        rest = [compiler.compile(argument) for argument in node.arguments[1:]]
        self.test = rest[0] if rest else _current
        self.third = rest[1] if len(rest) > 1 else None
        self.mapped = _current if node.mapped is None else compiler.compile(node.mapped)
        size = sum(1 for argument in node.arguments[1:] for _ in nodes.walk(argument))
        self.steps = 1 + size // limits.NODES_PER_STEP


def compiled(compiler: Compiler, node: nodes.Builtin) -> Evaluate:
    """Return what evaluates a builtin with a predicate. Raises `Fault`."""
    loop, run, at = Loop(compiler, node), _LOOPS[node.name], node.at

    def evaluate(state: State) -> Any:
        value = loop.source(state)
        outer = state.scope
        try:
            items = looped(value)
            state.scope = Scope(items)
            found = run(loop, state, items)
        except Fault as fault:
            raise fault.placed(at) from None
        except GoError as error:
            raise Fault(str(error), at) from error
        state.scope = outer
        return found

    return evaluate


def pointer(node: nodes.Pointer) -> Evaluate:
    """Return what evaluates `#`, `#index` or `#acc`. Raises `Fault`."""
    if not node.name:
        return _item(node.at)
    if node.name == "index":
        return lambda state: state.scope.index
    if node.name == "acc":
        return lambda state: state.scope.acc
    raise Fault(f"unknown pointer {node.name}", node.at)


def _item(at: int) -> Evaluate:
    def evaluate(state: State) -> Any:
        try:
            return state.scope.current()
        except Fault as fault:
            raise fault.placed(at) from None

    return evaluate


def _current(state: State) -> Any:
    return state.scope.current()


def _passes(loop: Loop, state: State) -> bool:
    value = loop.test(state)
    if value is True or value is False:
        return value
    raise operators.not_a("bool", value)


def _all(loop: Loop, state: State, items: Items) -> bool:
    return all(_passes(loop, state) for _ in state.loop(items, loop.steps))


def _none(loop: Loop, state: State, items: Items) -> bool:
    return not _any(loop, state, items)


def _any(loop: Loop, state: State, items: Items) -> bool:
    return any(_passes(loop, state) for _ in state.loop(items, loop.steps))


def _one(loop: Loop, state: State, items: Items) -> bool:
    return sum(_passes(loop, state) for _ in state.loop(items, loop.steps)) == 1


def _count(loop: Loop, state: State, items: Items) -> int:
    found, enough = 0, loop.node.threshold
    for _ in state.loop(items, loop.steps):
        if _passes(loop, state):
            found += 1
            if found == enough:
                break
    return found


def _filter(loop: Loop, state: State, items: Items) -> list[Any]:
    found = [loop.mapped(state) for _ in state.loop(items, loop.steps) if _passes(loop, state)]
    state.grow(len(found))
    return found


def _map(loop: Loop, state: State, items: Items) -> list[Any]:
    found = [loop.test(state) for _ in state.loop(items, loop.steps)]
    state.grow(len(found))
    return found


def _sum(loop: Loop, state: State, items: Items) -> Any:
    total: Any = 0
    for scope in state.loop(items, loop.steps):
        scope.acc = total
        total = operators.add(state, loop.test(state), total)
    return total


def _search(backwards: bool, given: Callable[[Loop, State, Scope], Any]) -> _Run:
    def run(loop: Loop, state: State, items: Items) -> Any:
        for scope in state.loop(items, loop.steps, backwards=backwards):
            if _passes(loop, state):
                return given(loop, state, scope)
        if loop.node.throws:
            raise Fault("reflect: slice index out of range")
        return None

    return run


def _mapped(loop: Loop, state: State, _: Scope) -> Any:
    return loop.mapped(state)


def _index(_: Loop, __: State, scope: Scope) -> int:
    return scope.index


def _group_by(loop: Loop, state: State, items: Items) -> AnyMap:
    groups = AnyMap(of_lists=True)
    for scope in state.loop(items, loop.steps):
        groups.group(loop.test(state), scope.current())
    state.copy(len(items))
    return groups


def _sort_by(loop: Loop, state: State, items: Items) -> list[Any]:
    order = "asc" if loop.third is None else loop.third(state)
    if not isinstance(order, str):
        raise Fault("sortBy order argument must be a string")
    if order not in ("asc", "desc"):
        raise Fault("unknown order, use asc or desc")
    found, keys = [], []
    for scope in state.loop(items, loop.steps):
        keys.append(loop.test(state))
        found.append(scope.current())
    state.compare(len(found))
    state.grow(len(found))
    return ordering.ordered(found, keys, descending=order == "desc")


def _reduce(loop: Loop, state: State, items: Items) -> Any:
    started = loop.third is not None
    total = loop.third(state) if loop.third is not None else None
    for scope in state.loop(items, loop.steps):
        if started:
            scope.acc = total
            total = loop.test(state)
        else:
            total, started = scope.current(), True
    if not started:
        raise Fault("reduce of empty array with no initial value")
    return total


_Run = Callable[[Loop, State, Items], Any]

_LOOPS: Final[Mapping[str, _Run]] = {
    "all": _all,
    "none": _none,
    "any": _any,
    "one": _one,
    "count": _count,
    "filter": _filter,
    "map": _map,
    "sum": _sum,
    "find": _search(False, _mapped),
    "findIndex": _search(False, _index),
    "findLast": _search(True, _mapped),
    "findLastIndex": _search(True, _index),
    "groupBy": _group_by,
    "sortBy": _sort_by,
    "reduce": _reduce,
}
