"""Which language a template is in: Go if all its fields parse as Go, else Jinja, else an error.

A stated `engine` settles it. Texts without any template syntax are plain in either. Where a
language that could claim the template is not installed, nothing is guessed (design.md 4).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from notifier.languages.seam import Escape, LanguageError, Program, TemplateLanguage

ORDER: Final = ("go", "jinja")
"""The languages a template may be in, the first that parses every field wins."""
PLAIN: Final = "plain"

_SYNTAX: Final = re.compile(r"\{\{|\{%|\{#")
_LOOKS: Final = {
    "jinja": re.compile(r"\{%|\{#|\|\s*\w+\("),
    "go": re.compile(
        r"\{\{-?\s*(?:[.$(]|(?:if|else|end|range|with|define|template)\b|[a-z]\w* [.$(\"\d])"
    ),
}


@dataclass(frozen=True, slots=True)
class Plain:
    """A text without template syntax: itself."""

    text: str

    def render(self, variables: Mapping[str, Any], escape: Escape = "none") -> str:  # noqa: ARG002
        """Return the text."""
        return self.text


@dataclass(frozen=True, slots=True)
class Fault:
    """The text at `index` cannot be compiled."""

    index: int
    error: LanguageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The language and a program per text; with faults, the likelier reading and none usable."""

    engine: str
    programs: Sequence[Program] = ()
    faults: Sequence[Fault] = ()


def choose(
    texts: Sequence[str],
    engine: str,
    languages: Mapping[str, TemplateLanguage],
    partials: Mapping[str, str],
) -> Choice:
    """Compile the texts of one template in the language they are in; `engine` is empty if not
    stated."""
    dynamic = [index for index, text in enumerate(texts) if _SYNTAX.search(text)]
    if not dynamic and engine in ("", *ORDER):
        return Choice(engine=engine or PLAIN, programs=[Plain(text) for text in texts])
    candidates = [engine] if engine else list(ORDER)
    readings = []
    for name in candidates:
        if name not in languages:
            return _unavailable(name, stated=bool(engine), at=dynamic[0] if dynamic else 0)
        reading = _compile(texts, languages[name], partials)
        if not reading.faults:
            return reading
        readings.append(reading)
    return _likelier(readings, texts)


def _compile(
    texts: Sequence[str], language: TemplateLanguage, partials: Mapping[str, str]
) -> Choice:
    """Compile every text in one language, collecting each fault."""
    programs: list[Program] = []
    faults = []
    for index, text in enumerate(texts):
        if not _SYNTAX.search(text):
            programs.append(Plain(text))
            continue
        try:
            programs.append(language.compile(text, partials))
        except LanguageError as error:
            faults.append(Fault(index, error))
    return Choice(engine=language.name, programs=programs, faults=faults)


def _likelier(readings: Sequence[Choice], texts: Sequence[str]) -> Choice:
    """Return the reading with the fewest faults; among equals the one the text looks like."""
    whole = "\n".join(texts)

    def unlikeness(reading: Choice) -> tuple[int, int]:
        return len(reading.faults), -len(_LOOKS[reading.engine].findall(whole))

    return min(readings, key=unlikeness)


def _unavailable(name: str, *, stated: bool, at: int) -> Choice:
    """Say that a language is not there, without guessing at another."""
    if name not in ORDER:
        message = f"engine {name!r} does not exist: write {' or '.join(ORDER)}"
    elif stated:
        message = f"needs the {name} interpreter, not available yet"
    else:
        message = (
            f"may be a {name.capitalize()} template and needs the {name} interpreter, "
            "not available yet; write `engine: jinja` if it is Jinja"
        )
    return Choice(engine=name, faults=[Fault(at, LanguageError(message))])
