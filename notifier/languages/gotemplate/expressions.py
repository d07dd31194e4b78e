"""Compiles pipelines to closures over the frame and the dot.

The value of a pipeline is never null: Go looks through the interface that holds it, and what is
inside then is *no value*, as a missing key is (templates.md 3.4, trap 2). Null is met within a
field chain, in operands that are fields, and in loops.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from notifier.languages.golang.values import MISSING, GoError
from notifier.languages.gotemplate import (
    arguments,
    calls,
    comparing,
    fields,
    nodes,
    scopes,
    standard,
)
from notifier.languages.gotemplate.execution import UNSET, Expression, Frame, Source
from notifier.languages.gotemplate.registry import Function

_LAZY: Final = frozenset(("and", "or"))
"""Builtins that leave operands alone once they know."""

_CALL: Final = 5
"""Steps that a call takes beside its operands: functions do more than the nodes of a template."""


class Expressions:
    """The compiler of the expressions of one template."""

    def __init__(
        self, source: Source, functions: Mapping[str, Function], scope: scopes.Scopes
    ) -> None:
        self.source = source
        self.functions = functions
        self.scope = scope
        self.nodes = 0

    def pipeline(self, pipe: nodes.Pipe) -> Expression:
        """Compile a pipeline with its variables; the value may be null."""
        expression = self.commands(pipe)
        return self.stored(pipe, expression) if pipe.variables else expression

    def settled(self, pipe: nodes.Pipe) -> Expression:
        """Compile a pipeline whose value is kept: null becomes missing."""
        return _settled(self.pipeline(pipe))

    def commands(self, pipe: nodes.Pipe) -> Expression:
        """Compile the commands of a pipeline without its variables."""
        first, *others = pipe.commands
        expression = self.command(first, None)
        for command in others:
            expression = self.command(command, _settled(expression))
        self.nodes += sum(len(command.operands) for command in pipe.commands)
        return expression

    def stored(self, pipe: nodes.Pipe, expression: Expression) -> Expression:
        """Give the value of a pipeline to its variables."""
        stores = [self.store(pipe, variable) for variable in pipe.variables]

        def assign(frame: Frame, dot: Any) -> Any:
            value = expression(frame, dot)
            if value is None:
                value = MISSING
            for store in stores:
                store(frame, value)
            return value

        return assign

    def store(self, pipe: nodes.Pipe, variable: nodes.Variable) -> Expression:
        """Compile the storing of a value in a variable: takes it in the place of the dot."""
        if not pipe.assigns:
            slot = self.scope.declare(variable.name)

            def declare(frame: Frame, value: Any) -> None:
                frame.values[slot] = value

            return declare
        slots = self.scope.find(variable.name)

        def change(frame: Frame, value: Any) -> None:
            for slot in slots:
                if frame.values[slot] is not UNSET:
                    frame.values[slot] = value
                    return
            raise self.source.error(variable, f"undefined variable: {variable.name}")

        return change

    def command(self, command: nodes.Command, previous: Expression | None) -> Expression:
        """Compile one command; `previous` gives the value that comes through the pipeline."""
        first, *others = command.operands
        match first:
            case nodes.Identifier():
                return self.function(command, first, others, previous)
            case nodes.Field(names=names):
                if others or previous:
                    return self.member(first, _dot, names, others, previous)
                return fields.chain(self.source, first, names, MISSING)
            case nodes.Chain(operand=operand, names=names):
                receiver = self.operand(operand)
                if others or previous:
                    return self.member(first, receiver, names, others, previous)
                return fields.of(self.source, first, receiver, names)
            case nodes.Variable(names=names) if names:
                receiver = self.variable(first)
                if others or previous:
                    return self.member(first, receiver, names, others, previous)
                return fields.of(self.source, first, receiver, names)
        if others or previous:
            message = f"can't give argument to non-function {nodes.show(first)}"
            return self.after(previous, self.source.failing(first, message))
        return self.operand(first)

    def after(self, previous: Expression | None, expression: Expression) -> Expression:
        """Evaluate one expression after another, whose value nobody wants."""
        if previous is None:
            return expression
        before = previous

        def both(frame: Frame, dot: Any) -> Any:
            before(frame, dot)
            return expression(frame, dot)

        return both

    def operand(self, node: nodes.Operand) -> Expression:
        """Compile an operand that stands alone or is an argument."""
        match node:
            case nodes.Dot():
                return _dot
            case nodes.Field(names=names):
                return fields.chain(self.source, node, names, MISSING)
            case nodes.Variable(names=names):
                variable = self.variable(node)
                return fields.of(self.source, node, variable, names) if names else variable
            case nodes.Pipe():
                return self.settled(node)
            case nodes.Identifier():
                return _settled(self.function(node, node, (), None))
            case nodes.Chain(operand=operand, names=names):
                return fields.of(self.source, node, self.operand(operand), names)
            case nodes.Nil():
                return self.source.failing(node, "nil is not a command")
            case _:
                return self.literal(node)

    def literal(self, node: nodes.Constant) -> Expression:
        """Compile a constant where any type will do."""
        try:
            value = arguments.literal(node)
        except GoError as error:
            return self.source.failing(node, str(error))
        return lambda _frame, _dot: value

    def variable(self, node: nodes.Variable) -> Expression:
        """Compile the reading of a variable."""
        slots = self.scope.find(node.name)
        if slots and self.scope.is_certain(slots[0]):
            slot = slots[0]
            return lambda frame, _dot: frame.values[slot]

        def search(frame: Frame, _dot: Any) -> Any:
            for slot in slots:
                if frame.values[slot] is not UNSET:
                    return frame.values[slot]
            raise self.source.error(node, f"undefined variable: {node.name}")

        return search

    def member(
        self,
        node: nodes.Field | nodes.Chain | nodes.Variable,
        receiver: Expression,
        names: Sequence[str],
        operands: Sequence[nodes.Operand],
        previous: Expression | None,
    ) -> Expression:
        """Compile a field chain with arguments."""
        self.nodes += _CALL
        prepared = [(operand, self.operand(operand)) for operand in operands]
        return calls.member_call(self.source, node, receiver, names, prepared, previous)

    def function(
        self,
        node: nodes.Command | nodes.Identifier,
        identifier: nodes.Identifier,
        operands: Sequence[nodes.Operand],
        previous: Expression | None,
    ) -> Expression:
        """Compile the call of a function."""
        function = self.functions[identifier.name]
        count = len(operands) + (previous is not None)
        wrong = calls.count_error(function, len(operands), count)
        if wrong:
            return self.after(previous, self.source.failing(identifier, wrong))
        if function.name in _LAZY:
            return self.lazy(function.name, operands, previous)
        kinds = calls.kinds(function, count)
        made = [
            calls.argument(self.source, operand, kind, self.operand)
            for operand, kind in zip(operands, kinds, strict=False)
        ]
        if previous is not None:
            previous = calls.checked(self.source, node, kinds[-1], previous)
        if function.name == "call":
            self.nodes += _CALL
            name = nodes.show(operands[0]) if operands else "function"
            return calls.of_value(self.source, node, name, made, previous)
        if function.call is standard.not_ and previous is None:
            (operand,) = made
            return lambda frame, dot: not operand(frame, dot)
        if function.call is comparing.eq and previous is None and len(made) == 2:
            return comparing.equality(self.source, node, made[0], made[1])
        self.nodes += _CALL
        return calls.function_call(self.source, node, function, made, previous)

    def lazy(
        self, name: str, operands: Sequence[nodes.Operand], previous: Expression | None
    ) -> Expression:
        """Compile `and` or `or`: the first operand that settles it, or the last."""
        decisive = name == "or"
        with self.scope.conditional() as skipped:
            made = [
                calls.argument(self.source, operand, arguments.ANY, self.operand)
                for operand in operands
            ]
        slots = tuple(skipped)

        def evaluate(frame: Frame, dot: Any) -> Any:
            for slot in slots:
                frame.values[slot] = UNSET
            last = previous(frame, dot) if previous else None
            value: Any = None
            for operand in made:
                value = operand(frame, dot)
                if bool(value) is decisive:
                    return value
            return last if previous else value

        return evaluate


def _dot(_frame: Frame, dot: Any) -> Any:
    return dot


def _settled(expression: Expression) -> Expression:
    """Make no value of null."""

    def settle(frame: Frame, dot: Any) -> Any:
        value = expression(frame, dot)
        return MISSING if value is None else value

    return settle
