"""What tests of Sprig's functions share: data of every kind, and a way to render them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import decoded, runs, times
from notifier.languages.golang.values import BytesMap

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


@pytest.fixture(name="render")
def render_fixture() -> Render:
    """Render a template with the data above, in surroundings that always are the same."""
    data = decoded.decoded(DATA)

    def render(template: str, limits: runs.Limits = runs.CENTRAL) -> str:
        surroundings = runs.Surroundings(now=1_700_000_000_000_000_000, seed="tests")
        run = runs.Run(limits, surroundings)
        return gotemplate.parse(template).execute(data, run)

    return render
