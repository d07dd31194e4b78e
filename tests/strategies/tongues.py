"""Small languages in the place of those that are not built yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from notifier.languages import Escape, LanguageError, Languages
from notifier.languages.jinja import Jinja


@dataclass(frozen=True)
class Upper:
    """A program that prints its text in capitals, so a test sees which language rendered it."""

    text: str

    def render(self, variables: Mapping[str, Any], escape: Escape = "none") -> str:  # noqa: ARG002
        """Return the text in capitals; fail where it says so."""
        if "boom" in self.text:
            raise LanguageError("boom", line=2)
        return self.text.upper()


@dataclass
class Go:
    """Takes every text without Jinja statements or bare names."""

    name: str = "go"
    seen: list[str] = field(default_factory=list)

    def compile(self, text: str, partials: Mapping[str, str] | None = None) -> Upper:  # noqa: ARG002
        """Compile."""
        self.seen.append(text)
        if "{%" in text or "| join" in text or "bad" in text:
            raise LanguageError("unexpected token", line=1, column=4)
        return Upper(text)


@dataclass(frozen=True)
class Answer:
    """A condition that looks its text up in the variables."""

    text: str

    @property
    def names(self) -> frozenset[str]:
        """The variable of that name."""
        return frozenset({self.text})

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """Return the variable of that name; fail where it says so."""
        if self.text == "boom":
            raise LanguageError("cannot fetch status from nil")
        return variables.get(self.text)


@dataclass(frozen=True)
class Expr:
    """Compiles one name."""

    name: str = "expr"

    def compile(self, text: str) -> Answer:
        """Compile."""
        if " " in text.strip():
            raise LanguageError("unexpected token", line=1, column=3)
        return Answer(text.strip())


BOTH = Languages(templates={"go": Go(), "jinja": Jinja()}, conditions={"expr": Expr()})
