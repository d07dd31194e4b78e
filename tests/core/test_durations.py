"""Times and durations: read as Argo Rollouts takes them, written as people read them."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core import durations

NOON = 1_767_355_200.0  # 2026-01-02T12:00:00Z


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(600, 600.0, id="number"),
        pytest.param("600", 600.0, id="digits"),
        pytest.param("10m", 600.0, id="minutes"),
        pytest.param("1h30m", 5400.0, id="two units"),
        pytest.param("1.5s", 1.5, id="fraction"),
        pytest.param("500ms", 0.5, id="milliseconds"),
        pytest.param(None, None, id="absent"),
        pytest.param("", None, id="empty"),
        pytest.param("soon", None, id="nonsense"),
        pytest.param("10m!", None, id="trailing nonsense"),
        pytest.param("{{args.wait}}", None, id="unresolved argument"),
        pytest.param(True, None, id="boolean"),
    ],
)
def test_seconds(value: Any, expected: float | None) -> None:
    """A duration is read in every form that a Rollout may hold; nothing else is guessed."""
    assert durations.seconds(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("2026-01-02T12:00:00Z", NOON, id="UTC"),
        pytest.param("2026-01-02T13:00:00+01:00", NOON, id="offset"),
        pytest.param("2026-01-02T12:00:00", NOON, id="no zone means UTC"),
        pytest.param("yesterday", None, id="nonsense"),
        pytest.param("", None, id="empty"),
        pytest.param(None, None, id="absent"),
        pytest.param(7, None, id="no text"),
    ],
)
def test_moment(value: Any, expected: float | None) -> None:
    """A time is read if it is one."""
    assert durations.moment(value) == expected


@pytest.mark.parametrize(
    ("duration_s", "expected"),
    [
        (-5, "0 s"), (0, "0 s"), (1, "1 s"), (45.4, "45 s"), (60, "1 min"), (95, "1 min 35 s"),
        (720, "12 min"), (3600, "1 h"), (5400, "1 h 30 min"), (3629, "1 h"), (86_400, "1 d"),
        (97_200, "1 d 3 h"), (86_460, "1 d"),
    ],
)  # fmt: skip
def test_human(duration_s: float, expected: str) -> None:
    """A duration has at most two units."""
    assert durations.human(duration_s) == expected


@pytest.mark.parametrize(
    ("after_s", "expected"),
    [
        pytest.param(10, "12:00:10 UTC", id="near: with seconds"),
        pytest.param(600, "12:10 UTC", id="same day"),
        pytest.param(-3600, "11:00 UTC", id="earlier"),
        pytest.param(86_400, "3 Jan 12:00 UTC", id="another day: with the date"),
    ],
)
def test_clock(after_s: float, expected: str) -> None:
    """A time of day has its zone, and the date where the day is another."""
    assert durations.clock(NOON + after_s, NOON) == expected


@pytest.mark.parametrize(
    ("after_s", "expected"),
    [
        (0.2, "now"), (30, "in 30 s"), (-30, "30 s ago"), (598, "in 10 min"), (-640, "11 min ago"),
        (5400, "in 1 h 30 min"),
    ],
)  # fmt: skip
def test_relative(after_s: float, expected: str) -> None:
    """A distance is rounded as people say it."""
    assert durations.relative(NOON + after_s, NOON) == expected


@given(st.integers(min_value=0, max_value=4_000_000_000))
def test_rfc3339_is_read_back(unix: int) -> None:
    """What is written as a time is the same time when it is read."""
    assert durations.moment(durations.rfc3339(unix)) == unix


@given(st.floats(min_value=0, max_value=1e9, allow_nan=False))
def test_human_is_short_and_never_empty(duration_s: float) -> None:
    """Any duration is one or two numbers with their units."""
    words = durations.human(duration_s).split(" ")
    assert len(words) in (2, 4)
    assert all(words[::2])
    assert not math.isnan(float(words[0]))
