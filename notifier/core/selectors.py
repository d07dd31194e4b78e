"""Label selectors in kubectl syntax, set-based included: `tier in (web,api),!legacy,team=shop`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_KEY: Final = (
    r"(?:[A-Za-z0-9][A-Za-z0-9.-]{0,252}/)?[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
)
_VALUE: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?"
_TERM: Final = re.compile(
    rf"\s*(?:(?P<absent>!)\s*(?P<without>{_KEY})"
    rf"|(?P<key>{_KEY})\s*(?:(?P<operator>==|=|!=|>|<)\s*(?P<value>{_VALUE})"
    rf"|\s(?P<set>in|notin)\s*\((?P<values>[^()]*)\))?)\s*(?:,|$)"
)
_ONE: Final = re.compile(_VALUE)


@dataclass(frozen=True, slots=True)
class Requirement:
    """One term: `operator` is exists, absent, in, notin, > or <."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, Any]) -> bool:
        """Say whether the labels fulfil it; a missing label fulfils only absent and notin."""
        value = labels.get(self.key)
        match self.operator:
            case "exists":
                return value is not None
            case "absent":
                return value is None
            case "in":
                return value in self.values
            case "notin":
                return value not in self.values
            case _:
                return _ordered(value, self.operator, next(iter(self.values)))


@dataclass(frozen=True, slots=True)
class Selector:
    """All terms must hold; without any it matches everything."""

    requirements: tuple[Requirement, ...] = ()

    def matches(self, labels: Mapping[str, Any]) -> bool:
        """Say whether the labels are selected."""
        return all(requirement.matches(labels) for requirement in self.requirements)


def parse(text: str) -> Selector:
    """Return the selector of a text; an empty one selects all. Raises `ValueError`."""
    requirements = []
    at = 0
    if not text.strip():
        return Selector()
    while at < len(text):
        found = _TERM.match(text, at)
        if found is None or found.end() == at:
            raise ValueError(f"not a label selector at {text[at : at + 40]!r}")
        requirements.append(_requirement(found))
        at = found.end()
    if text.rstrip().endswith(","):
        raise ValueError("a label selector does not end in a comma")
    return Selector(tuple(requirements))


def _requirement(term: re.Match[str]) -> Requirement:
    """Return what one matched term asks for."""
    if term["absent"]:
        return Requirement(term["without"], "absent")
    if term["set"]:
        values = [value.strip() for value in term["values"].split(",")]
        if not all(_ONE.fullmatch(value) for value in values):
            raise ValueError(f"not a label value in ({term['values'][:40]})")
        return Requirement(term["key"], term["set"], frozenset(values))
    match term["operator"]:
        case None:
            return Requirement(term["key"], "exists")
        case "=" | "==":
            return Requirement(term["key"], "in", frozenset({term["value"]}))
        case "!=":
            return Requirement(term["key"], "notin", frozenset({term["value"]}))
        case operator:
            if not re.fullmatch(r"-?[0-9]{1,18}", term["value"]):
                raise ValueError(f"{operator} takes a whole number")
            return Requirement(term["key"], operator, frozenset({term["value"]}))


def _ordered(value: Any, operator: str, bound: str) -> bool:
    """Compare whole numbers; any other label is not in order."""
    if not isinstance(value, str) or not re.fullmatch(r"-?[0-9]{1,18}", value):
        return False
    return int(value) > int(bound) if operator == ">" else int(value) < int(bound)
