"""Label and field selectors, as the API server reads them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

Matcher = Callable[[dict[str, Any]], bool]

_SET = re.compile(r"([^\s,!=()]+)\s+(in|notin)\s+\(([^)]*)\)")
_PART = re.compile(r"[^,(]+(?:\([^)]*\))?")


def matcher(label_selector: str, field_selector: str) -> Matcher | None:
    """Return what decides over an object's metadata, None if everything matches.

    Raises ValueError for a field that cannot be selected.
    """
    labels = [_label(part.strip()) for part in _PART.findall(label_selector)]
    fields = [_field(part) for part in field_selector.split(",") if part]
    if not labels and not fields:
        return None

    def matches(metadata: dict[str, Any]) -> bool:
        of = metadata.get("labels") or {}
        return all(test(of) for test in labels) and all(test(metadata) for test in fields)

    return matches


def _label(part: str) -> Matcher:
    """Read one requirement of a label selector."""
    if found := _SET.fullmatch(part):
        key, operator, values = found[1], found[2], {v.strip() for v in found[3].split(",")}
        if operator == "in":
            return lambda labels: labels.get(key) in values
        return lambda labels: labels.get(key) not in values
    if "!=" in part:
        key, _, value = part.partition("!=")
        return lambda labels: labels.get(key) != value
    if "=" in part:
        key, _, value = part.replace("==", "=").partition("=")
        return lambda labels: labels.get(key) == value
    if part.startswith("!"):
        return lambda labels: part[1:] not in labels
    return lambda labels: part in labels


def _field(part: str) -> Matcher:
    """Read one requirement of a field selector: name and namespace exist for every resource."""
    key, _, value = part.replace("==", "=").partition("=")
    if key not in {"metadata.name", "metadata.namespace"}:
        raise ValueError(f"field label not supported: {key}")
    name = key.partition(".")[2]
    return lambda metadata: metadata.get(name, "") == value
