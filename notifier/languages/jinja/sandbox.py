"""The guarded environment: item access only, nothing callable but what is registered.

A second wall for operators' mistakes; the boundary against tenants is the render child
(spec/security.md 4.1, 4.2).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import ChainableUndefined, TemplateRuntimeError, Undefined, pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from typing_extensions import override

from notifier.languages.jinja import (
    arithmetic,
    checks,
    comparing,
    guard,
    limits,
    list_filters,
    registry,
    text_filters,
    time_filters,
)
from notifier.languages.jinja.texts import text

VOCABULARY: Final = (checks, list_filters, text_filters, time_filters)
"""The modules whose import registers what templates can call."""

LOOP: Final = frozenset(
    {"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem"}
)
METHODS: Final[dict[str, Callable[..., Any]]] = {
    "endswith": str.endswith,
    "lower": str.lower,
    "lstrip": str.lstrip,
    "removeprefix": str.removeprefix,
    "removesuffix": str.removesuffix,
    "replace": text_filters.replace,
    "rstrip": str.rstrip,
    "split": str.split,
    "splitlines": str.splitlines,
    "startswith": str.startswith,
    "strip": str.strip,
    "title": str.title,
    "upper": str.upper,
}
"""The methods a text has."""


class Nothing(ChainableUndefined):
    """A missing value: prints nothing, and so does whatever is looked up in it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Method:
    """A text's method, found but not called yet."""

    call: Callable[..., Any]
    receiver: str


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment every text is compiled in.

    Nothing of a template runs while it is compiled: no optimiser, operators intercepted, and a
    `finalize` that needs the context keep Jinja from folding constants.
    """

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})

    def __init__(self, *, strict: bool = False) -> None:
        super().__init__(
            undefined=Nothing,
            autoescape=False,
            keep_trailing_newline=True,
            optimized=False,
            cache_size=0,
            finalize=_finalize_present if strict else _finalize,
        )
        self.globals = {name: _charged(item) for name, item in registry.named("function").items()}
        self.functions = frozenset(id(call) for call in self.globals.values())
        self.filters = {name: _charged(item) for name, item in registry.named("filter").items()} | {
            guard.CONCATENATE: _concatenate,
            guard.COMPARE: _compare,
            guard.EACH: _each,
            guard.SLICE: _slice,
        }
        self.tests = {name: _charged(item) for name, item in registry.named("test").items()}

    @override
    def getattr(self, obj: Any, attribute: str) -> Any:
        """Look up a key of a mapping; a few names of texts and of `loop`."""
        if type(obj) is dict:
            try:
                return obj[attribute]
            except KeyError:
                return Nothing(obj=obj, name=attribute)
        if isinstance(obj, Undefined):
            return obj
        if type(obj) is str and attribute in METHODS:
            return Method(METHODS[attribute], obj)
        if type(obj) is LoopContext and attribute in LOOP:
            return getattr(obj, attribute)
        return Nothing(obj=obj, name=attribute)

    @override
    def getitem(self, obj: Any, argument: Any) -> Any:
        """Look up a key of a mapping, or a position or slice of a list or text."""
        if isinstance(obj, (dict, list, tuple, str)):
            try:
                return obj[argument]
            except (TypeError, LookupError):
                return Nothing(obj=obj, name=str(argument)[:40])
        return obj if isinstance(obj, Undefined) else Nothing(obj=obj, name="item")

    @override
    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call a registered function or a text's method; nothing else is callable."""
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        if type(obj) is Method:
            if not all(
                isinstance(arg, (str, int, type(None))) for arg in (*args, *kwargs.values())
            ):
                raise SecurityError("a text's methods take texts and numbers")
            budget = context.parent[limits.BUDGET]
            budget.step(1 + len(obj.receiver) // 100)
            return budget.built(obj.call(obj.receiver, *args, **kwargs))
        if id(obj) in self.functions:
            return obj(context, *args, **kwargs)
        name = getattr(obj, "_undefined_name", None)
        raise SecurityError(
            f"there is no function {name}" if isinstance(name, str) else "only functions are called"
        )

    @override
    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate within limits."""
        return context.parent[limits.BUDGET].built(arithmetic.calculate(operator, left, right))


def _charged(item: registry.Registered) -> Callable[..., Any]:
    """Wrap a registered function so that calls and results are charged."""
    call, walks = item.call, item.walks

    @pass_context
    def charged(context: Context, *args: Any, **kwargs: Any) -> Any:
        budget = context.parent[limits.BUDGET]
        steps = 1
        for value in (*args, *kwargs.values()) if kwargs else args:
            if isinstance(value, str):
                steps += len(value) // 100
            elif isinstance(value, (list, dict, tuple)):
                steps += limits.weigh(value) if walks else len(value) // 4
        budget.step(steps)
        return budget.built(call(*args, **kwargs))

    return charged


@pass_context
def _finalize(context: Context, value: Any) -> str:
    """Print one value: data, defused for its place."""
    budget = context.parent[limits.BUDGET]
    if type(value) is not str:
        if isinstance(value, (list, dict, tuple)):
            budget.step(limits.weigh(value))
        value = text(value)
    return str(budget.escape(value)) if budget.escape is not None else str(value)


@pass_context
def _finalize_present(context: Context, value: Any) -> str:
    """Print one value, which must be there."""
    if isinstance(value, Undefined):
        name = value._undefined_name
        raise TemplateRuntimeError(f"prints {name}, which is missing")
    return _finalize(context, value)


@pass_context
def _concatenate(context: Context, parts: list[Any]) -> str:
    """Join the operands of `~`."""
    budget = context.parent[limits.BUDGET]
    budget.step(limits.weigh(parts))
    printed = [text(part) for part in parts]
    limits.text(sum(map(len, printed)))
    return str(budget.built("".join(printed)))


@pass_context
def _compare(context: Context, left: Any, name: str, right: Any) -> bool:
    """Compare two values."""
    context.parent[limits.BUDGET].step(comparing.cost(left, right))
    return comparing.compare(left, name, right)


@pass_context
def _slice(context: Context, value: Any, start: Any, stop: Any, step: Any) -> Any:
    """Return a part of a text or list; Jinja itself would slice past the sandbox."""
    if not isinstance(value, (str, list, tuple)):
        return Nothing(obj=value, name="part")
    part = value[start:stop:step]
    context.parent[limits.BUDGET].step(1 + len(part) // 100)
    return context.parent[limits.BUDGET].built(part)


@pass_context
def _each(context: Context, value: Any, weight: int) -> list[Any]:
    """Charge a whole loop before it begins: its items times the nodes of its body."""
    if isinstance(value, (int, float)):
        raise TemplateRuntimeError("a loop goes over a list, not over a number")
    whole = list_filters.items_of(value)
    context.parent[limits.BUDGET].step(1 + len(whole) * (weight + 1))
    return whole
