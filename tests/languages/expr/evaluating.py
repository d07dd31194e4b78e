"""Evaluate a text in one go, as the tables of these tests do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pytest

from notifier.languages import expr
from notifier.languages.golang import runs, times
from notifier.languages.golang.values import BytesMap

NOW: Final = 1_700_000_000_000_000_000
"""The clock of these tests: 2023-11-14 22:13:20 UTC."""

DATA: Final[Mapping[str, Any]] = {
    "t": True,
    "f": False,
    "n": 7.0,
    "half": 0.5,
    "s": "abc",
    "u": "héllo",
    "nul": None,
    "l": [1.0, 2.0, 3.0],
    "el": [],
    "ls": ["b", "a", "c"],
    "lm": [{"k": "x", "n": 1.0}, {"k": "y", "n": 2.0}],
    "m": {"a": 1.0, "b": {"c": "deep"}},
    "secrets": BytesMap({"token": b"pw"}),
    "ts": "2026-11-20T10:31:44Z",
    "time": times.library(times.from_unix(0, NOW)),
}


def run(text: str, data: Mapping[str, Any] = DATA, limits: runs.Limits = runs.CENTRAL) -> Any:
    """Return the value of an expression. Raises `ExprError`."""
    around = runs.Surroundings(now=NOW)
    return expr.compile(text, limits=limits).run(data, runs.Run(limits, around))


def shown(text: str, data: Mapping[str, Any] = DATA) -> str:
    """Return the value of an expression as the conformance suites compare it."""
    return expr.show(run(text, data))


def expect(text: str, expected: str | None) -> None:
    """Fail unless an expression gives what the original gives; None marks one that fails."""
    if expected is None:
        with pytest.raises(expr.ExprError):
            shown(text)
        return
    assert shown(text) == expected
