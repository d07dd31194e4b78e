"""What a language is to the rest: a text is compiled once, a program is rendered many times.

A template language compiles a text to a `Program`, a condition language to a `Condition`; both
raise `LanguageError` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

Escape = Literal["none", "slack", "html"]


class LanguageError(Exception):
    """A text cannot be compiled or evaluated; `line` and `column` count from 1, 0 where unknown.

    `hint` says how to repair it where that is known.
    """

    def __init__(self, message: str, *, line: int = 0, column: int = 0, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint


class Variables(dict[str, Any]):
    """The variables of one rendering; those that several renderings share are its `base`."""

    __slots__ = ("_base", "_made", "_own")

    def __init__(self, own: Mapping[str, Any], base: Variables | None = None) -> None:
        super().__init__({**base, **own} if base is not None else own)
        self._base = base
        self._own = own
        self._made: dict[Callable[[Any], Any], dict[str, Any]] = {}

    def mapped(self, function: Callable[[Any], Any]) -> dict[str, Any]:
        """Return the variables with a function applied to each value: once per rendering, and to
        what is shared once for all."""
        made = self._made.get(function)
        if made is None:
            shared = {} if self._base is None else self._base.mapped(function)
            own = {name: function(value) for name, value in self._own.items()}
            made = self._made[function] = {**shared, **own}
        return made


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """What compiles and is probably wrong all the same, its place (from 1), what to write
    instead."""

    message: str
    hint: str
    line: int
    column: int


@runtime_checkable
class Revealing(Protocol):
    """A compiled text that tells what it reads: checking configuration asks for it."""

    @property
    def chains(self) -> frozenset[tuple[str, ...]]:
        """The names it reads of the variables, such as `rollout.status.phase` in parts."""
        ...

    @property
    def suspicions(self) -> tuple[Suspicion, ...]:
        """What is probably wrong with it."""
        ...


class Program(Protocol):
    """A compiled template text."""

    def render(self, variables: Mapping[str, Any], escape: Escape = "none") -> str:
        """Return the text; data (not the template's own text) is defused for `escape`. Raises
        `LanguageError`."""
        ...


class Condition(Protocol):
    """A compiled condition; `names` are the variables it reads."""

    @property
    def names(self) -> frozenset[str]:
        """The variables it reads."""
        ...

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """Return the value. Raises `LanguageError`."""
        ...


class TemplateLanguage(Protocol):
    """Compiles template texts."""

    @property
    def name(self) -> str:
        """The word that `engine:` names it by."""
        ...

    def compile(self, text: str, partials: Mapping[str, str] = ...) -> Program:
        """Return the program. Raises `LanguageError`."""
        ...


class ConditionLanguage(Protocol):
    """Compiles condition texts."""

    @property
    def name(self) -> str:
        """The name that errors call it by."""
        ...

    def compile(self, text: str) -> Condition:
        """Return the condition. Raises `LanguageError`."""
        ...
