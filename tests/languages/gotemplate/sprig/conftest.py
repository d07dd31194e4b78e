"""What tests of Sprig's functions share: data of every kind, and a way to render them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import decoded, runs, times
from notifier.languages.golang.values import BytesMap
from notifier.languages.gotemplate import registry

DATA = {
    "clock": times.library(times.zero()),
    "empty": {},
    "items": [1, 2, 3],
    "map": {"a": 1, "b": {"c": 2}},
    "mixed": [1, "two", True, None, [3], {"four": 4}],
    "none": None,
    "number": 7,
    "share": 1.5,
    "secrets": BytesMap({"key": b"v\xff", "text": b"abc"}),
    "unicode": "héllo 日本",
    "words": ["b", "a", "c", "a"],
}

Render = Callable[..., str]

NOW = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)
HOSTS = {"localhost": ["127.0.0.1"], "twins": ["10.0.0.1", "10.0.0.2"]}


@pytest.fixture(name="render")
def render_fixture() -> Render:
    """Render a template with the data above, in surroundings that always are the same."""
    data = decoded.decoded(DATA)

    def render(template: str, limits: runs.Limits = runs.CENTRAL) -> str:
        surroundings = runs.Surroundings(now=1_700_000_000_000_000_000, seed="tests")
        run = runs.Run(limits, surroundings)
        return gotemplate.parse(template).execute(data, run)

    return render


@pytest.fixture(name="allowing")
def allowing_fixture() -> Render:
    """Render a template that may call everything that is off otherwise, with data by name."""
    functions = registry.allowed(registry.OFF)

    def render(template: str, **data: object) -> str:
        surroundings = runs.Surroundings(
            now=int(NOW.timestamp()) * 1_000_000_000,
            seed="tests",
            resolve=lambda name: HOSTS.get(name, []),
        )
        run = runs.Run(surroundings=surroundings)
        return gotemplate.parse(template, functions=functions).execute(data, run)

    return render
