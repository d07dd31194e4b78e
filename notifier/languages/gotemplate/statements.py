"""Compiles the statements of a template to closures that emit text.

A body charges a step per node in it when it is executed, a loop one per turn; what is printed is
collected by reference and measured at the end.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.languages.golang import numbers, printing, quoting, runs, values
from notifier.languages.golang.values import MISSING, GoError
from notifier.languages.gotemplate import execution, expressions, looping, nodes, scopes
from notifier.languages.gotemplate.execution import Expression, Frame, Source, Statement
from notifier.languages.gotemplate.registry import Function

NO_VALUE = "<no value>"


class Routine:
    """A compiled template: its body, and how many variables it has. Filled in after all routines
    of a text exist, so that they can call each other."""

    __slots__ = ("body", "size")

    def __init__(self) -> None:
        self.body: Statement = lambda _frame, _dot: ""
        self.size = 1

    def frame(self, emit: Any, run: runs.Run, dot: Any, depth: int) -> Frame:
        """Return the frame of one call."""
        variables: list[Any] = [execution.UNSET] * self.size
        variables[0] = dot
        return Frame(emit, run, variables, depth)


def compiled(
    bodies: Mapping[str, tuple[nodes.Body, Source]], functions: Mapping[str, Function]
) -> dict[str, Routine]:
    """Compile templates that may call each other, each with the text it comes from."""
    routines = {name: Routine() for name in bodies}
    for name, (body, source) in bodies.items():
        compiler = _Compiler(source, functions, routines)
        routines[name].body = compiler.body(body)
        routines[name].size = compiler.scope.size
    return routines


class _Compiler:
    """The compiler of one template."""

    def __init__(
        self,
        source: Source,
        functions: Mapping[str, Function],
        routines: Mapping[str, Routine],
    ) -> None:
        self.source = source
        self.scope = scopes.Scopes()
        self.expressions = expressions.Expressions(source, functions, self.scope)
        self.routines = routines

    def body(self, body: nodes.Body) -> Statement:
        """Compile statements in a row, in the scope they are in."""
        before, self.expressions.nodes = self.expressions.nodes, 0
        pairs: list[tuple[str, Statement]] = []
        text = ""
        for node in body:
            if isinstance(node, nodes.Text):
                text += node.text
            else:
                pairs.append((text, self.statement(node)))
                text = ""
        weight = len(pairs) + self.expressions.nodes
        self.expressions.nodes = before
        if not pairs:
            return lambda _frame, _dot: text
        return _sequence(tuple(pairs), text, weight)

    def scoped(self, body: nodes.Body) -> Statement:
        """Compile a body in a scope of its own."""
        with self.scope.inner():
            return self.body(body)

    def statement(self, node: nodes.Active) -> Statement:
        """Compile one statement that is no text."""
        match node:
            case nodes.Action():
                return self.action(node)
            case nodes.If():
                return self.condition(node)
            case nodes.With():
                return self.condition(node)
            case nodes.Range():
                return self.loop(node)
            case nodes.Call():
                return self.call(node)
            case nodes.Break():
                return looping.leave
            case _:
                return looping.go_on

    def action(self, node: nodes.Action) -> Statement:
        """Compile an action: the printing of a value, unless it goes to a variable."""
        expression = self.expressions.pipeline(node.pipe)
        if node.pipe.variables:

            def keep(frame: Frame, dot: Any) -> str:
                expression(frame, dot)
                return ""

            return keep

        def show(frame: Frame, dot: Any) -> str:
            value = expression(frame, dot)
            if type(value) is str:
                return value
            return shown(self.source, node, value, frame.run)

        return show

    def condition(self, node: nodes.If | nodes.With) -> Statement:
        """Compile `if` and `with`: the first branch whose pipeline is true."""
        rebinds = isinstance(node, nodes.With)
        with self.scope.inner():
            branches = []
            for branch in node.branches:
                expression = self.expressions.pipeline(branch.pipe)
                branches.append((expression, self.scoped(branch.body)))
            otherwise = self.scoped(node.otherwise)
        if len(branches) == 1:
            return (_with if rebinds else _if)(*branches[0], otherwise)

        def choose(frame: Frame, dot: Any) -> str:
            for expression, body in branches:
                value = expression(frame, dot)
                if value:
                    return body(frame, value if rebinds else dot)
            return otherwise(frame, dot)

        return choose

    def loop(self, node: nodes.Range) -> Statement:
        """Compile `range`."""
        with self.scope.inner():
            expression = self.expressions.commands(node.pipe)
            stores = [
                self.expressions.store(node.pipe, variable) for variable in node.pipe.variables
            ]
            body = self.scoped(node.body)
            otherwise = self.scoped(node.otherwise)
        return looping.loop(
            self.source, node, looping.Parts(expression, tuple(stores), body, otherwise)
        )

    def call(self, node: nodes.Call) -> Statement:
        """Compile `template`."""
        given = self.expressions.settled(node.pipe) if node.pipe else None
        routine = self.routines.get(node.name)
        if routine is None:
            return self.source.failing(node, f"template {quoting.quote(node.name)} not defined")

        def call(frame: Frame, dot: Any) -> str:
            run, depth = frame.run, frame.depth + 1
            if depth > run.limits.depth:
                message = f"exceeded maximum template depth ({run.limits.depth})"
                raise self.source.error(node, message)
            run.step()
            value = given(frame, dot) if given else MISSING
            return routine.body(routine.frame(frame.emit, run, value, depth), value)

        return call


def shown(source: Source, node: nodes.Shown, value: Any, run: runs.Run) -> str:
    """Return what an action prints of a value that is no text. Raises `ExecError`."""
    if value is None or value is MISSING:
        return NO_VALUE
    kind = type(value)
    if kind is float:
        return numbers.plain(value)
    if kind is int:
        return str(value)
    if isinstance(value, values.Func):
        raise source.error(node, f"can't print {nodes.show(node)} of type {value.signature}")
    try:
        return printing.text(value, run)
    except GoError as error:
        raise source.error(node, str(error)) from error


def _sequence(pairs: tuple[tuple[str, Statement], ...], tail: str, weight: int) -> Statement:
    """Return a body: texts and what stands between them."""

    def body(frame: Frame, dot: Any) -> str:
        run = frame.run
        run.steps -= weight
        if run.steps < 0:
            run.step(0)
        emit = frame.emit
        for text, statement in pairs:
            emit(text)
            emit(statement(frame, dot))
        return tail

    return body


def _if(expression: Expression, body: Statement, otherwise: Statement) -> Statement:
    def choose(frame: Frame, dot: Any) -> str:
        return body(frame, dot) if expression(frame, dot) else otherwise(frame, dot)

    return choose


def _with(expression: Expression, body: Statement, otherwise: Statement) -> Statement:
    def choose(frame: Frame, dot: Any) -> str:
        value = expression(frame, dot)
        return body(frame, value) if value else otherwise(frame, dot)

    return choose
