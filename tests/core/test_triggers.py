"""Evaluating a condition: only true fires, an error is never a no."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.core import triggers
from notifier.core.triggers import Condition, Failed, Fired, NotFired
from tests.strategies.tongues import Answer


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (True, Fired()),
        (False, NotFired("when is false")),
        ("true", NotFired("when gives a text; only true counts")),
        (1, NotFired("when gives a number; only true counts")),
        (None, NotFired("when gives nothing; only true counts")),
    ],
    ids=repr,
)
def test_only_true_fires(value: Any, outcome: triggers.Outcome) -> None:
    """Anything but the boolean true is a no that says why."""
    condition = Condition(index=0, send=("t",), when=Answer("x"))
    assert triggers.evaluate(condition, {"x": value}) == outcome


def test_an_empty_when_holds() -> None:
    """Without `when` a condition always fires."""
    assert triggers.evaluate(Condition(index=0, send=("t",)), {}) == Fired()


@pytest.mark.parametrize(
    ("value", "once"),
    [("v1", "v1"), (3.0, "3"), (1234567.0, "1.234567e+06"), (None, "<nil>"), (True, "true")],
    ids=repr,
)
def test_once_per_is_formatted_as_go_prints(value: Any, once: str) -> None:
    """The value joins the de-duplication key as text."""
    condition = Condition(index=0, send=("t",), once_per=Answer("x"))
    assert triggers.evaluate(condition, {"x": value}) == Fired(once)


def test_once_per_is_not_evaluated_when_it_does_not_hold() -> None:
    """A false `when` ends it."""
    condition = Condition(index=0, send=("t",), when=Answer("x"), once_per=Answer("boom"))
    assert triggers.evaluate(condition, {"x": False}) == NotFired("when is false")


def test_a_once_per_that_cannot_be_printed_is_an_error() -> None:
    """A value without end is no text, so it is no key either."""
    endless: list[Any] = []
    endless.append(endless)
    outcome = triggers.evaluate(
        Condition(index=0, send=("t",), once_per=Answer("x")), {"x": endless}
    )
    assert isinstance(outcome, Failed)
    assert outcome.error.startswith("oncePer: ")


@pytest.mark.parametrize("field", ["when", "once_per"])
def test_an_error_is_never_a_no(field: str) -> None:
    """A fault at run time is `Failed`, with its text."""
    condition = Condition(index=0, send=("t",), **{field: Answer("boom")})  # type: ignore[arg-type]
    assert triggers.evaluate(condition, {}) == Failed("cannot fetch status from nil")


def test_the_key_is_that_of_the_state_annotation() -> None:
    """Index and hash of the text, as upstream stores them (configuration.md 8)."""
    assert triggers.condition_key(2, "") == "[2].2jmj7l5rSw0yVb_vlWAYkK_YBwk"
    assert triggers.condition_key(0, "a") != triggers.condition_key(0, "b")
