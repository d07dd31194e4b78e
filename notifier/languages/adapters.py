"""Go templates and expr as the rest of the house sees languages (`seam.py`).

Texts are compiled once and shared. Data is given as Go has it after decoding JSON; in a Slack
field it is defused. The clock is the one among the variables, so that equal variables give equal
bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Final

from notifier.languages import defusing, expr, gotemplate
from notifier.languages.golang import decoded, runs, times
from notifier.languages.golang.values import BytesMap, Func, Sealed
from notifier.languages.gotemplate import registry, sealing
from notifier.languages.seam import Escape, Suspicion, Variables

GO: Final = "go"
EXPR: Final = "expr"

_CACHE: Final = 2_048


class GoProgram:
    """A compiled Go template; `chains` are the names it reads."""

    __slots__ = ("_limits", "_template", "chains")
    suspicions: tuple[Suspicion, ...] = ()

    def __init__(self, template: gotemplate.Template, limits: runs.Limits) -> None:
        self._template = template
        self._limits = limits
        self.chains = template.chains

    def render(self, variables: Mapping[str, Any], escape: Escape = "none") -> str:
        """Return the text. Raises `LanguageError` with line and column."""
        data = _mapped(variables, _for_slack if escape == "slack" else _for_go)
        return self._template.execute(data, runs.Run(self._limits, _surroundings(variables)))


class Go:
    """The template language `go`: text/template with Sprig."""

    name = GO

    def __init__(self, limits: runs.Limits = runs.CENTRAL) -> None:
        self._limits = limits
        self._parse = lru_cache(_CACHE)(self._program)

    def compile(self, text: str, partials: Mapping[str, str] = MappingProxyType({})) -> GoProgram:
        """Compile a text; `{{template "name" .}}` finds a partial of that name. Raises
        `LanguageError`."""
        named = tuple(sorted(partials.items())) if "template" in text else ()
        return self._parse(text, named)

    def _program(self, text: str, partials: tuple[tuple[str, str], ...]) -> GoProgram:
        texts = dict(partials)
        seals = any("secrets" in each for each in (text, *texts.values()))
        functions = _guarded() if seals else None
        template = gotemplate.parse(text, limits=self._limits, functions=functions, partials=texts)
        return GoProgram(template, self._limits)


class ExprCondition:
    """A compiled expression; `names` are the variables it reads, `chains` the names in them."""

    __slots__ = ("_limits", "_program", "chains", "names", "suspicions")

    def __init__(self, program: expr.Program, limits: runs.Limits) -> None:
        self._program = program
        self._limits = limits
        self.names = program.names
        self.chains = program.chains
        self.suspicions = program.suspicions

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """Return the value. Raises `LanguageError` with line and column."""
        data = _mapped(variables, decoded.decoded)
        return self._program.run(data, runs.Run(self._limits, _surroundings(variables)))


class Expr:
    """The condition language `expr`."""

    name = EXPR

    def __init__(self, limits: runs.Limits = runs.CENTRAL) -> None:
        self._limits = limits
        self._parse = lru_cache(_CACHE)(self._condition)

    def compile(self, text: str) -> ExprCondition:
        """Compile a text. Raises `LanguageError`."""
        return self._parse(text)

    def _condition(self, text: str) -> ExprCondition:
        return ExprCondition(expr.compile(text, limits=self._limits), self._limits)


@cache
def _guarded() -> Mapping[str, registry.Function]:
    return sealing.functions()


def _for_go(value: Any) -> Any:
    """Return a variable as Go has it: numbers are floats, a map of sealed texts one of bytes."""
    if type(value) is dict and value and all(type(each) is Sealed for each in value.values()):
        return BytesMap(value)
    return decoded.decoded(value)


def _for_slack(value: Any) -> Any:
    return defusing.slack(_for_go(value))


def _mapped(variables: Mapping[str, Any], function: Callable[[Any], Any]) -> dict[str, Any]:
    """Return the variables with a function applied to each, as few times as possible."""
    if isinstance(variables, Variables):
        return variables.mapped(function)
    return {name: function(value) for name, value in variables.items()}


def _surroundings(variables: Mapping[str, Any]) -> runs.Surroundings:
    """Return what an evaluation may know of the world: the moment that the variables give."""
    library = variables.get("time")
    now = library.get("Now") if isinstance(library, dict) else None
    if not isinstance(now, Func):
        return runs.Surroundings()
    return runs.Surroundings(now=times.Time.METHODS["UnixNano"].call(now.function()))
