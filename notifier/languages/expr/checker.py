"""The type check at compile time, without an environment (checker/checker.go).

It knows literals and what operators, builtins and literals of lists and maps make of them;
everything from data is unknown and passes. The arguments of a call whose callee is unknown are
not looked at, as in the original. The table of natures it fills in serves the optimiser and the
compiler: `==` between two ints becomes one that knows only ints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from notifier.languages.expr import builtins, calls, grammar, loop_types, methods, natures, nodes
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.loop_types import Scope
from notifier.languages.expr.natures import BOOL, UNKNOWN, Nature
from notifier.languages.expr.operator_types import binary, unary

Natures = dict[nodes.Node, Nature]


def check(tree: nodes.Node) -> Natures:
    """Return the nature of every node that was looked at. Raises `Fault`."""
    checker = Checker()
    checker.visit(tree)
    return checker.natures


class Checker:
    """One check: the natures found so far, and the variables and predicates around a node."""

    def __init__(self) -> None:
        self.natures: Natures = {}
        self.scopes: list[Scope] = []
        self._variables: list[tuple[str, Nature]] = []

    def visit(self, node: nodes.Node) -> Nature:
        """Return the nature of a node. Raises `Fault`."""
        known = _LITERALS.get(type(node))
        if known is None:
            known = _VISITS[type(node)](self, node)
        self.natures[node] = known
        return known

    def _identifier(self, node: nodes.Identifier) -> Nature:
        for name, nature in reversed(self._variables):
            if name == node.name:
                return nature
        function = builtins.FUNCTIONS.get(node.name)
        return UNKNOWN if function is None else function.nature

    def _unary(self, node: nodes.Unary) -> Nature:
        return unary(node, self.visit(node.operand))

    def _binary(self, node: nodes.Binary) -> Nature:
        # Long conjunctions lean to the left: go down that side without recursion.
        spine = [node]
        while isinstance(spine[-1].left, nodes.Binary):
            spine.append(spine[-1].left)
        left = self.visit(spine[-1].left)
        for each in reversed(spine):
            left = binary(each, left, self.visit(each.right))
            self.natures[each] = left
        return left

    def _chain(self, node: nodes.Chain) -> Nature:
        return self.visit(node.node)

    # Members

    def _member(self, node: nodes.Member) -> Nature:
        if isinstance(node.base, nodes.Identifier) and node.base.name == "$env":
            return UNKNOWN
        base, name = self.visit(node.base), self.visit(node.name)
        if base.unknown:
            return UNKNOWN
        word = node.name.value if isinstance(node.name, nodes.String) else None
        if word is not None:
            if base.nil:
                raise Fault(f"type nil has no field {word}", node.at)
            found = methods.METHODS.get(base.type, {}).get(word)
            if found is not None:
                return found
        return self._held(node, natures.dereferenced(base), name)

    def _held(self, node: nodes.Member, base: Nature, name: Nature) -> Nature:
        if base.kind == "map" and base.key is not None:
            if not name.unknown and not name.assignable_to(base.key):
                raise Fault(f"cannot use {name} to get an element from {base}", node.name.at)
            return base.element()
        if base.array:
            if not name.integer and not name.unknown:
                raise Fault(
                    f"array elements can only be selected using an integer (got {name})",
                    node.name.at,
                )
            return base.element()
        if not isinstance(node.name, nodes.String):
            raise Fault(f"type {base}[{name}] is undefined", node.at)
        kind = "method" if node.called else "field"
        raise Fault(f"type {base} has no {kind} {node.name.value}", node.at)

    def _slice(self, node: nodes.Slice) -> Nature:
        base = self.visit(node.base)
        if base.unknown:
            return UNKNOWN
        if base.kind not in ("string", "slice"):
            raise Fault(f"cannot slice {base}", node.at)
        for bound in (node.start, node.stop):
            if bound is not None:
                nature = self.visit(bound)
                if not nature.integer and not nature.unknown:
                    raise Fault(f"non-integer slice index {nature}", bound.at)
        return base

    # Calls

    def _call(self, node: nodes.Call) -> Nature:
        callee = node.callee
        if isinstance(callee, nodes.Identifier) and callee.name == "$env":
            raise Fault("unknown is not callable", node.at)
        nature = self.visit(callee)
        if nature.unknown:
            return UNKNOWN
        if nature.builtin:
            function = builtins.FUNCTIONS[nature.builtin]
            return calls.builtin(function, node.at, node.arguments, self._arguments(node))
        name = "function"
        if isinstance(callee, nodes.Identifier):
            name = callee.name
        elif isinstance(callee, nodes.Member) and isinstance(callee.name, nodes.String):
            name = callee.name.value
        if nature.nil:
            raise Fault(f"{name} is nil; cannot call nil as function", node.at)
        if nature.signature is None:
            raise Fault(f"{nature} is not callable", node.at)
        return calls.fitting(name, nature.signature, node.at, node.arguments, self._arguments(node))

    def _arguments(self, node: nodes.Call | nodes.Builtin) -> calls.Given:
        return calls.Given(self.visit, node.arguments)

    def _builtin(self, node: nodes.Builtin) -> Nature:
        if node.name in grammar.PREDICATES:
            return loop_types.loop(self, node)
        if node.name == "get":
            return self._get(node)
        function = builtins.FUNCTIONS[node.name]
        return calls.builtin(function, node.at, node.arguments, self._arguments(node))

    def _get(self, node: nodes.Builtin) -> Nature:
        if len(node.arguments) != 2:
            raise Fault(
                f"invalid number of arguments (expected 2, got {len(node.arguments)})", node.at
            )
        base, key = self._arguments(node)
        if base.unknown:
            return UNKNOWN
        if base.array:
            if not key.integer and not key.unknown:
                raise Fault(f"non-integer slice index {key}", node.arguments[1].at)
            return base.element()
        if base.kind == "map" and base.key is not None:
            if not key.unknown and not key.assignable_to(base.key):
                raise Fault(f"cannot use {key} to get an element from {base}", node.arguments[1].at)
            return base.element()
        raise Fault(f"type {base} does not support indexing", node.arguments[0].at)

    # Predicates and variables

    def _predicate(self, node: nodes.Predicate) -> Nature:
        return natures.predicate(self.visit(node.body))

    def _pointer(self, node: nodes.Pointer) -> Nature:
        if not self.scopes:
            raise Fault("cannot use pointer accessor outside predicate", node.at)
        scope = self.scopes[-1]
        if node.name:
            if node.name not in scope.names:
                raise Fault(f"unknown pointer #{node.name}", node.at)
            return scope.names[node.name]
        return UNKNOWN if scope.collection.unknown else scope.collection.element()

    def _let(self, node: nodes.Let) -> Nature:
        if node.name in builtins.FUNCTIONS:
            raise Fault(f"cannot redeclare builtin {node.name}", node.at)
        if any(name == node.name for name, _ in self._variables):
            raise Fault(f"cannot redeclare variable {node.name}", node.at)
        self._variables.append((node.name, self.visit(node.value)))
        found = self.visit(node.body)
        self._variables.pop()
        return found

    def _sequence(self, node: nodes.Sequence) -> Nature:
        return [self.visit(part) for part in node.parts][-1]

    def _conditional(self, node: nodes.Conditional) -> Nature:
        test = self.visit(node.test)
        if test.kind != "bool" and not test.unknown:
            raise Fault(f"non-bool expression (type {test}) used as condition", node.test.at)
        then, otherwise = self.visit(node.then), self.visit(node.otherwise)
        if then.nil or otherwise.nil:
            return otherwise if then.nil else then
        if not then.assignable_to(otherwise):
            return UNKNOWN
        if then.array and otherwise.array:
            first, second = then.element(), otherwise.element()
            if not first.assignable_to(second) or not second.assignable_to(first):
                return natures.ARRAY
        return then

    # Lists and maps

    def _array(self, node: nodes.Array) -> Nature:
        found = [self.visit(item) for item in node.items]
        if len({nature.kind for nature in found}) > 1:
            return natures.ARRAY
        return natures.list_of(found[-1] if found else UNKNOWN)

    def _map(self, node: nodes.Map) -> Nature:
        for pair in node.pairs:
            self.visit(pair)
        return natures.MAP

    def _pair(self, node: nodes.Pair) -> Nature:
        self.visit(node.key)
        self.visit(node.value)
        return natures.NIL


_LITERALS: Final[Mapping[type[nodes.Node], Nature]] = {
    nodes.Nil: natures.NIL,
    nodes.Integer: natures.INT,
    nodes.Float: natures.FLOAT,
    nodes.Bool: BOOL,
    nodes.String: natures.STRING,
    nodes.Bytes: natures.BYTES,
}

_VISITS: Final[Mapping[type[nodes.Node], Callable[..., Nature]]] = {
    nodes.Identifier: Checker._identifier,
    nodes.Unary: Checker._unary,
    nodes.Binary: Checker._binary,
    nodes.Chain: Checker._chain,
    nodes.Member: Checker._member,
    nodes.Slice: Checker._slice,
    nodes.Call: Checker._call,
    nodes.Builtin: Checker._builtin,
    nodes.Predicate: Checker._predicate,
    nodes.Pointer: Checker._pointer,
    nodes.Let: Checker._let,
    nodes.Sequence: Checker._sequence,
    nodes.Conditional: Checker._conditional,
    nodes.Array: Checker._array,
    nodes.Map: Checker._map,
    nodes.Pair: Checker._pair,
}
