"""The languages of templates and conditions: pure, and ignorant of notifications.

`INSTALLED` is what there is today: a new language is one line here (the seam is `seam.py`). Which
template language a template is in is decided in one place, `choosing.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from notifier.languages import adapters, jinja
from notifier.languages.seam import (
    Condition,
    ConditionLanguage,
    Escape,
    LanguageError,
    Program,
    Revealing,
    TemplateLanguage,
    Variables,
)

__all__ = [
    "CONDITIONS",
    "INSTALLED",
    "STRICT",
    "TEMPLATES",
    "Condition",
    "ConditionLanguage",
    "Escape",
    "LanguageError",
    "Languages",
    "Program",
    "Revealing",
    "TemplateLanguage",
    "Variables",
]

TEMPLATES: Mapping[str, TemplateLanguage] = {
    "go": adapters.Go(),
    "jinja": jinja.Jinja(),
}
"""Template languages by the word that `engine:` names them by."""

CONDITIONS: Mapping[str, ConditionLanguage] = {"expr": adapters.Expr()}
"""Condition languages by name; conditions are always `expr`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    """A set of languages; a scope with other limits has a set of its own."""

    templates: Mapping[str, TemplateLanguage] = field(default_factory=dict)
    conditions: Mapping[str, ConditionLanguage] = field(default_factory=dict)


INSTALLED = Languages(templates=TEMPLATES, conditions=CONDITIONS)

STRICT = Languages(
    templates={**TEMPLATES, "jinja": jinja.Jinja(strict=True)}, conditions=CONDITIONS
)
"""The same, but a template that prints a missing value fails: for trying out templates."""
