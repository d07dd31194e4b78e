"""Go text/template with Sprig: templates written for Argo Rollouts render unchanged.

A text is parsed and compiled once (`parse`), executed many times (`Template.execute`). Numbers of
the data are floats, as Go has them after decoding JSON (`golang.decoded` makes them so). The data
are never changed: where the template names a function that changes maps, it works on a copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notifier.languages.golang import bytetexts, runs
from notifier.languages.golang.values import MISSING, GoError
from notifier.languages.gotemplate import (
    comparing,
    escaping,
    execution,
    hints,
    names,
    nodes,
    parser,
    registry,
    sprig,
    standard,
    statements,
)
from notifier.languages.gotemplate.errors import ExecError, ParseError, TemplateError

__all__ = ["ExecError", "ParseError", "Template", "TemplateError", "parse"]

_ = (comparing, escaping, standard, sprig)  # imported to be registered; Sprig last: its slice wins


def parse(
    text: str,
    *,
    name: str = "",
    limits: runs.Limits = runs.CENTRAL,
    functions: Mapping[str, registry.Function] | None = None,
    partials: Mapping[str, str] | None = None,
) -> Template:
    """Compile a text. `functions` are all that it may call, by default everything registered;
    `partials` are texts that it may call as templates, by name.

    Raises `ParseError`.
    """
    known = registry.ALL if functions is None else functions
    parsed = _parsed(text, name, limits, known)
    bodies = {each: (body, execution.Source(text)) for each, body in parsed.bodies.items()}
    called = parsed.called | _include(parsed.uses, partials or {}, bodies, limits, known)
    try:
        routines = statements.compiled(bodies, known)
    except RecursionError:
        raise ParseError("nested too deeply", line=1, column=1) from None
    chains = names.chains(parsed.bodies[name])
    return Template(routines[name], chains=chains, mutates=not registry.MUTATING.isdisjoint(called))


def _parsed(
    text: str, name: str, limits: runs.Limits, functions: Mapping[str, registry.Function]
) -> parser.Parsed:
    """Parse one text, and say how to repair it where that is known. Raises `ParseError`."""
    try:
        return parser.parse(text, name, limits, functions)
    except ParseError as error:
        error.hint = hints.of(error.message) or error.hint
        raise


def _include(
    uses: frozenset[str],
    partials: Mapping[str, str],
    bodies: dict[str, tuple[nodes.Body, execution.Source]],
    limits: runs.Limits,
    functions: Mapping[str, registry.Function],
) -> frozenset[str]:
    """Add the partials that are called, and those that they call; return the functions they name.

    What the text itself defines comes first. Raises `ParseError` for a partial that is none.
    """
    called: frozenset[str] = frozenset()
    waiting = list(uses)
    while waiting:
        each = waiting.pop()
        if each in bodies or each not in partials:
            continue
        try:
            parsed = _parsed(partials[each], each, limits, functions)
        except ParseError as error:
            message = f"in partial {each}: {error.message}"
            raise ParseError(message, text=error.text, hint=error.hint) from error
        source = execution.Source(partials[each], f"in partial {each}: ")
        for inner, body in parsed.bodies.items():
            bodies.setdefault(inner, (body, source))
        called |= parsed.called
        waiting += parsed.uses
    return called


class Template:
    """A compiled template; may be executed by several at a time. `chains` are the names it reads
    of the data it is given, such as `rollout.status.phase` in parts."""

    __slots__ = ("_mutates", "_routine", "chains")

    def __init__(
        self,
        routine: statements.Routine,
        *,
        chains: frozenset[tuple[str, ...]],
        mutates: bool,
    ) -> None:
        self.chains = chains
        self._routine = routine
        self._mutates = mutates

    def execute(self, data: Any, run: runs.Run) -> str:
        """Return the text for these data. Raises `ExecError`."""
        pieces: list[str] = []
        try:
            dot = _copied(data) if self._mutates else data
            dot = MISSING if dot is None else dot
            frame = self._routine.frame(pieces.append, run, dot, 0)
            pieces.append(self._routine.body(frame, dot))
            return _joined(pieces, run.limits.output)
        except GoError as error:
            raise ExecError(str(error)) from error
        except RecursionError:
            raise ExecError("calls or values are nested too deeply") from None
        except MemoryError:
            raise ExecError("takes more memory than there is") from None


def _joined(pieces: list[str], limit: int) -> str:
    """Return the output, in a form that every encoder takes. Raises `Exceeded`."""
    if sum(map(len, pieces)) > limit:
        raise runs.Exceeded(f"prints more than {limit} characters")
    return bytetexts.printable("".join(pieces))


def _copied(value: Any) -> Any:
    """Copy maps and lists; what they hold cannot be changed."""
    if type(value) is dict:
        return {key: _copied(item) for key, item in value.items()}
    if type(value) is list:
        return [_copied(item) for item in value]
    return value
