"""Triggers: when a transition (or a change) is worth a message, and with which templates."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from notifier.core import decoding
from notifier.languages import Condition as Program
from notifier.languages import LanguageError
from notifier.languages.golang import printing
from notifier.languages.golang.values import GoError


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One item of a trigger's list. `text` is its `when`, `key` the name of the condition that
    stays the same while index and text do (spec/configuration.md 8)."""

    index: int
    send: Sequence[str]
    when: Program | None = None
    once_per: Program | None = None
    text: str = ""
    key: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A named list of conditions, all evaluated, in order. `source` is the document it came
    from."""

    name: str
    conditions: Sequence[Condition]
    source: str = "catalogue"


@dataclass(frozen=True, slots=True)
class Fired:
    """The condition holds; `once` is the formatted `oncePer` value, empty without one."""

    once: str = ""


@dataclass(frozen=True, slots=True)
class NotFired:
    """The condition does not hold."""

    reason: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The condition could not be evaluated: an error, never a "no"."""

    error: str


Outcome: TypeAlias = Fired | NotFired | Failed


def evaluate(condition: Condition, variables: Mapping[str, Any]) -> Outcome:
    """Evaluate `when`, then `oncePer` (spec/configuration.md 6.1). An empty `when` holds.

    Only the boolean true counts; `oncePer` is formatted as Go prints it.
    """
    try:
        if condition.when is not None:
            value = condition.when.evaluate(variables)
            if value is not True:
                return NotFired(_reason(value))
        if condition.once_per is None:
            return Fired()
        return Fired(once=printing.text(condition.once_per.evaluate(variables)))
    except LanguageError as error:
        return Failed(error.message)
    except GoError as error:
        return Failed(f"oncePer: {error}")


def reads(conditions: Iterable[Condition]) -> frozenset[str]:
    """Return the names of the variables that conditions read."""
    programs = [program for each in conditions for program in (each.when, each.once_per)]
    return frozenset(name for program in programs if program for name in program.names)


def condition_key(index: int, when: str) -> str:
    """Return the name that the state annotation knows a condition by (spec/configuration.md 8)."""
    digest = hashlib.sha1(when.encode(errors="replace"), usedforsecurity=False).digest()
    return f"[{index}].{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _reason(value: Any) -> str:
    if value is False:
        return "when is false"
    return f"when gives {decoding.kind(value)}; only true counts"
