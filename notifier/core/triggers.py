"""Triggers: when a transition (or a change) is worth a message, and with which templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from notifier.languages import Condition as Program


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One item of a trigger's list. `key` is stable under reordering of YAML keys (spec 8)."""

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
    """Evaluate `when`, then `oncePer` (spec/configuration.md 6.1). An empty `when` holds."""
    raise NotImplementedError
