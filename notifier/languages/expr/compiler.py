"""From the tree to closures: every node becomes a function of the state.

Places of faults are added where operations are called; a closure that cannot fail adds none.
Operators are in `operations.py`, members and calls in `reaching.py`, loops in `loops.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from notifier.languages.expr import (
    builtins,
    fetching,
    grammar,
    loops,
    methods,
    nodes,
    operations,
    operators,
    reaching,
)
from notifier.languages.expr.checker import Natures
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.natures import UNKNOWN, Nature
from notifier.languages.expr.reaching import Evaluate
from notifier.languages.expr.state import State
from notifier.languages.golang.values import GoError

_SEGMENT: Final = 50
"""Operators in a row that nest as closures; Python's stack is small, so a longer row is cut."""


def compiled(tree: nodes.Node, known: Natures) -> tuple[Evaluate, int]:
    """Return what evaluates a tree and how many variables it has. Raises `Fault`."""
    compiler = Compiler(known)
    return compiler.compile(tree), compiler.variables


class Compiler:
    """Compiles one tree; `variables` counts those of `let`."""

    def __init__(self, known: Natures) -> None:
        self._known = known
        self._names: list[tuple[str, int]] = []
        self.variables = 0

    def nature(self, node: nodes.Node) -> Nature:
        """Return what the check found out about a node."""
        return self._known.get(node, UNKNOWN)

    def compile(self, node: nodes.Node) -> Evaluate:
        """Return what evaluates a node. Raises `Fault`."""
        return _COMPILERS[type(node)](self, node)

    # Constants and names

    def _constant(
        self, node: nodes.Integer | nodes.Float | nodes.Bool | nodes.String | nodes.Bytes
    ) -> Evaluate:
        value = node.value
        return lambda _: value

    def _nil(self, _: nodes.Nil) -> Evaluate:
        return lambda _: None

    def _identifier(self, node: nodes.Identifier) -> Evaluate:
        name = node.name
        for known, index in reversed(self._names):
            if known == name:
                return lambda state: state.variables[index]
        if name == "$env":
            return lambda state: state.data
        return lambda state: state.data.get(name)

    def _pointer(self, node: nodes.Pointer) -> Evaluate:
        return loops.pointer(node)

    def _predicate(self, node: nodes.Predicate) -> Evaluate:
        return self.compile(node.body)

    # Operators

    def _unary(self, node: nodes.Unary) -> Evaluate:
        operand, at = self.compile(node.operand), node.at
        if node.operator == "+":
            return operand
        change = operators.negate if node.operator == "-" else operations.negation

        def evaluate(state: State) -> Any:
            value = operand(state)
            try:
                return change(value)
            except Fault as fault:
                raise fault.placed(at) from None

        return evaluate

    def _binary(self, node: nodes.Binary) -> Evaluate:
        spine = [node]
        while isinstance(spine[-1].left, nodes.Binary):
            spine.append(spine[-1].left)
        segments: list[Evaluate] = []
        left = self.compile_within(spine[-1], spine[-1].left)
        for count, each in enumerate(reversed(spine), 1):
            left = self._operator(each, left)
            if count % _SEGMENT == 0 and each is not node:
                segments.append(left)
                left = operations.carried
        return operations.in_a_row([*segments, left]) if segments else left

    def _operator(self, node: nodes.Binary, left: Evaluate) -> Evaluate:
        right = self.compile_within(node, node.right)
        word, at = node.operator, node.at
        if word in grammar.CONJUNCTIONS:
            return operations.conjunction(left, right, at)
        if word in grammar.DISJUNCTIONS:
            return operations.disjunction(left, right, at)
        if word == "??":
            return operations.coalescing(left, right)
        if word in ("==", "!="):
            return self._equality(node, left, right)
        if word == "matches" and isinstance(node.right, nodes.String):
            return operations.placed(operations.matching(node.right, at), left, right, at)
        return operations.placed(operations.operation(word), left, right, at)

    def compile_within(self, parent: nodes.Binary, node: nodes.Node) -> Evaluate:
        """Return what evaluates an operand; below `??` a chain may give a nil list as it is."""
        if parent.operator == "??" and isinstance(node, nodes.Chain):
            return reaching.chain(self, node, keep=True)
        return self.compile(node)

    def _equality(self, node: nodes.Binary, left: Evaluate, right: Evaluate) -> Evaluate:
        kind = self.nature(node.left).type
        if kind == self.nature(node.right).type and kind in operations.STRICT:
            evaluate = operations.placed(operations.STRICT[kind], left, right, node.at)
        else:
            evaluate = operations.equality(left, right, node.at)
        if node.operator == "==":
            return evaluate
        return lambda state: not evaluate(state)

    def _conditional(self, node: nodes.Conditional) -> Evaluate:
        test, at = self.compile(node.test), node.at
        then, otherwise = self.compile(node.then), self.compile(node.otherwise)

        def evaluate(state: State) -> Any:
            value = test(state)
            if value is True:
                return then(state)
            if value is False:
                return otherwise(state)
            raise operators.not_a("bool", value).placed(at)

        return evaluate

    # Reaching into values

    def _member(self, node: nodes.Member) -> Evaluate:
        return reaching.member(self, node, chained=False)

    def _chain(self, node: nodes.Chain) -> Evaluate:
        return reaching.chain(self, node, keep=False)

    def _call(self, node: nodes.Call) -> Evaluate:
        return reaching.call(self, node, chained=False)

    def _slice(self, node: nodes.Slice) -> Evaluate:
        base, at = self.compile(node.base), node.at
        start = None if node.start is None else self.compile(node.start)
        stop = None if node.stop is None else self.compile(node.stop)

        def evaluate(state: State) -> Any:
            value = base(state)
            try:
                last = fetching.length(value) if stop is None else stop(state)
                first = 0 if start is None else start(state)
                return fetching.sliced(state, value, first, last)
            except Fault as fault:
                raise fault.placed(at) from None

        return evaluate

    def takes_no_nil(self, callee: nodes.Node) -> bool:
        """Tell whether a call refuses nil arguments: a method of a type known beforehand."""
        return (
            isinstance(callee, nodes.Member)
            and isinstance(callee.name, nodes.String)
            and methods.takes_no_nil(self.nature(callee.base), callee.name.value)
        )

    def _builtin(self, node: nodes.Builtin) -> Evaluate:
        if node.name in grammar.PREDICATES:
            return loops.compiled(self, node)
        function, at = builtins.FUNCTIONS[node.name], node.at
        arguments = [self.compile(argument) for argument in node.arguments]

        def evaluate(state: State) -> Any:
            given = [argument(state) for argument in arguments]
            try:
                return function.apply(state, given)
            except Fault as fault:
                raise fault.placed(at) from None
            except GoError as error:
                raise Fault(str(error), at) from error

        return evaluate

    # Variables and sequences

    def _let(self, node: nodes.Let) -> Evaluate:
        value, index = self.compile(node.value), self.variables
        self.variables += 1
        self._names.append((node.name, index))
        body = self.compile(node.body)
        self._names.pop()

        def evaluate(state: State) -> Any:
            state.variables[index] = value(state)
            return body(state)

        return evaluate

    def _sequence(self, node: nodes.Sequence) -> Evaluate:
        *first, last = [self.compile(part) for part in node.parts]

        def evaluate(state: State) -> Any:
            for part in first:
                part(state)
            return last(state)

        return evaluate

    # Lists and maps

    def _array(self, node: nodes.Array) -> Evaluate:
        items, at, size = [self.compile(item) for item in node.items], node.at, len(node.items)

        def evaluate(state: State) -> Any:
            found = [item(state) for item in items]
            try:
                state.grow(size)
            except Fault as fault:
                raise fault.placed(at) from None
            return found

        return evaluate

    def _map(self, node: nodes.Map) -> Evaluate:
        pairs = [(self.compile(pair.key), self.compile(pair.value)) for pair in node.pairs]
        at = node.at

        def evaluate(state: State) -> Any:
            found = [(key(state), value(state)) for key, value in pairs]
            try:
                state.grow(len(found))
                # Of equal keys the first wins: the original fills the map from the end.
                return {operators.text(key): value for key, value in reversed(found)}
            except Fault as fault:
                raise fault.placed(at) from None

        return evaluate


_COMPILERS: Final[Mapping[type[nodes.Node], Callable[..., Evaluate]]] = {
    **dict.fromkeys(
        (nodes.Integer, nodes.Float, nodes.Bool, nodes.String, nodes.Bytes, nodes.Constant),
        Compiler._constant,
    ),
    nodes.Nil: Compiler._nil,
    nodes.Identifier: Compiler._identifier,
    nodes.Pointer: Compiler._pointer,
    nodes.Predicate: Compiler._predicate,
    nodes.Unary: Compiler._unary,
    nodes.Binary: Compiler._binary,
    nodes.Conditional: Compiler._conditional,
    nodes.Member: Compiler._member,
    nodes.Chain: Compiler._chain,
    nodes.Call: Compiler._call,
    nodes.Slice: Compiler._slice,
    nodes.Builtin: Compiler._builtin,
    nodes.Let: Compiler._let,
    nodes.Sequence: Compiler._sequence,
    nodes.Array: Compiler._array,
    nodes.Map: Compiler._map,
}
