"""Label selectors as kubectl understands them."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core import selectors

LABELS = {"team": "shop", "tier": "web", "app.kubernetes.io/name": "checkout", "n": "7", "e": ""}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True),
        ("  ", True),
        ("team=shop", True),
        ("team==shop", True),
        ("team = shop , tier=web", True),
        ("team=shop,tier=api", False),
        ("team!=shop", False),
        ("team!=api", True),
        ("none!=api", True),
        ("tier in (web, api)", True),
        ("tier in (api)", False),
        ("tier notin (api)", True),
        ("tier notin (web)", False),
        ("none notin (web)", True),
        ("none in (web)", False),
        ("e in (,x)", True),
        ("team", True),
        ("none", False),
        ("!none", True),
        ("! team", False),
        ("app.kubernetes.io/name=checkout", True),
        ("n>6", True),
        ("n > 7", False),
        ("n<8", True),
        ("team>1", False),
        ("none<1", False),
        ("e=", True),
        ("in in (x)", False),
    ],
)
def test_selectors(text: str, expected: bool) -> None:
    """Every form of the syntax selects what kubectl selects."""
    assert selectors.parse(text).matches(LABELS) is expected


@pytest.mark.parametrize(
    "text",
    [
        "team=shop tier=web",
        "team in web",
        "team in (web",
        "team in (a b)",
        "=shop",
        "team=shop,",
        ",",
        "team=-x",
        "n>x",
        "a/b/c=d",
        "team~shop",
        "team===shop",
        "x" * 64,
    ],
)
def test_what_is_no_selector(text: str) -> None:
    """Anything else is refused, not guessed at."""
    with pytest.raises(ValueError, match=r"label|comma|whole number"):
        selectors.parse(text)


@given(st.text(max_size=80), st.dictionaries(st.text(max_size=5), st.text(max_size=5)))
def test_any_text_is_a_selector_or_refused(text: str, labels: dict[str, str]) -> None:
    """Only `ValueError` comes out of parsing, and matching never fails."""
    try:
        selector = selectors.parse(text)
    except ValueError:
        return
    assert selector.matches(labels) in (True, False)


@pytest.mark.parametrize("text", ["a" * 60_000, "a," * 30_000, "a " * 30_000, "a in (" * 9_000])
@pytest.mark.usefixtures("no_collection")
def test_long_selectors_cost_little(text: str) -> None:
    """Parsing takes linear time."""
    started = time.process_time()
    with contextlib.suppress(ValueError):
        selectors.parse(text)
    assert time.process_time() - started < 0.5
