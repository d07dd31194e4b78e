"""expr-lang 1.17.8: conditions written for Argo Rollouts evaluate unchanged (templates.md 3.5).

The way of a text: `lexer` and `literals` make tokens, `parser` (with `climbing`) a tree of `nodes`,
`checker` finds the `natures` of its parts, `optimizer` changes what users can see, `compiler` makes
closures, which reach for `operators`, `fetching` and the `builtins`. Facts come from the sources
of expr-lang. What differs on purpose is in `limits.py`, and one fault of the original: `findLast`,
`findLastIndex` and a call that `?.` skips leave values on its stack, which the operation around
takes for its left operand or for items of a list. Here nothing is left behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.languages.expr import (
    checker,
    compiler,
    names,
    optimizer,
    parser,
    showing,
    suspicions,
)
from notifier.languages.expr.errors import CompileError, EvalError, ExprError, Fault
from notifier.languages.expr.reaching import Evaluate
from notifier.languages.expr.state import State
from notifier.languages.golang import runs
from notifier.languages.golang.values import GoError
from notifier.languages.seam import Suspicion

__all__ = ["CompileError", "EvalError", "ExprError", "Program", "compile", "show"]


class Program:
    """A compiled expression. `chains` are the names it reads, such as `rollout.status.phase` in
    parts, `names` the first part of each; `suspicions` are told where configuration is checked."""

    __slots__ = ("_evaluate", "_variables", "chains", "names", "suspicions", "text")

    def __init__(
        self,
        text: str,
        evaluate: Evaluate,
        variables: int,
        chains: frozenset[tuple[str, ...]],
        suspected: tuple[Suspicion, ...],
    ) -> None:
        self.text = text
        self._evaluate = evaluate
        self._variables = variables
        self.chains = chains
        self.names = frozenset(chain[0] for chain in chains)
        self.suspicions = suspected

    def run(self, variables: Mapping[str, Any], run: runs.Run) -> Any:
        """Return the value for some data, which stays as it is. Raises `EvalError`."""
        data = variables if type(variables) is dict else dict(variables)
        state = State(data, self._variables, run)
        try:
            return self._evaluate(state)
        except Fault as fault:
            raise EvalError.at(fault.message, self.text, fault.offset) from fault
        except GoError as error:
            raise EvalError.at(str(error), self.text, 0) from error
        except (RecursionError, MemoryError) as error:
            raise EvalError.at("values are nested too deeply", self.text, 0) from error


def compile(text: str, *, limits: runs.Limits = runs.CENTRAL) -> Program:  # noqa: A001
    """Return the program of an expression. Raises `CompileError`."""
    if len(text) > limits.source:
        raise CompileError(f"expression is longer than {limits.source} characters")
    try:
        tree = parser.parse(text, limits.nesting)
        known = checker.check(tree)
        chains = names.read(tree)
        suspected = suspicions.find(tree, known, text)
        evaluate, variables = compiler.compiled(optimizer.optimize(tree, known), known)
    except Fault as fault:
        raise CompileError.at(fault.message, text, fault.offset) from fault
    except (RecursionError, MemoryError) as error:
        raise CompileError.at("expression is nested too deeply", text, 0) from error
    return Program(text, evaluate, variables, chains, suspected)


def show(value: Any) -> str:
    """Return a result as the conformance suites compare it: scalars as Go's `%v`, lists and maps
    as canonical JSON. Raises `EvalError` where that is too long."""
    try:
        return showing.show(value)
    except (GoError, RecursionError) as error:
        raise EvalError(str(error)) from error
