"""Data in a Slack field of a byte-exact language (security.md S14)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages import defusing
from notifier.languages.seam import Variables


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("a < b", "a < b"),
        ("<b>bold</b>", "<b>bold</b>"),
        ("<!channel>", "&lt;!channel>"),
        ("<@U123> <#C1|x>", "&lt;@U123> &lt;#C1|x>"),
        ("<https://evil.example.com|log in>", "&lt;https://evil.example.com|log in>"),
        ("<<!here>>", "<&lt;!here>>"),
        ("<!chan", "&lt;!chan"),
        ("a | b <c>", "a | b <c>"),
        ("<<|x>", "&lt;&lt;|x>"),
    ],
)
def test_only_control_sequences_lose_their_meaning(text: str, expected: str) -> None:
    """Other uses of the sign stay as they are: existing templates print the same bytes."""
    assert defusing.slack(text) == expected


def test_everything_in_the_data_is_defused_and_nothing_is_changed() -> None:
    """Keys too; the given objects stay as they are, and what needs no change is shared."""
    data = {"<!here>": ["<@U1>", 1, None], "calm": {"a": ["b"]}}
    made = defusing.slack(data)
    assert made == {"&lt;!here>": ["&lt;@U1>", 1, None], "calm": {"a": ["b"]}}
    assert made["calm"] is data["calm"]
    assert data == {"<!here>": ["<@U1>", 1, None], "calm": {"a": ["b"]}}
    calm = {"a": [1.0, "x"], "b": {}}
    assert defusing.slack(calm) is calm


TEXTS = st.text(alphabet="<>!@#|ab \n", max_size=12)


@given(st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner)))
def test_no_control_sequence_is_left(data: Any) -> None:
    """Whatever the data, and however deep."""

    def walk(value: Any) -> None:
        if isinstance(value, str):
            assert not re.search(r"<[!@#]|<[^<>|]*\|", value)
        elif isinstance(value, dict):
            for key, item in value.items():
                walk(key)
                walk(item)
        else:
            for item in value:
                walk(item)

    walk(defusing.slack(data))


def test_what_renderings_share_is_mapped_once() -> None:
    """The base of several renderings is walked for the first of them only."""
    calls = []

    def mark(value: Any) -> Any:
        calls.append(value)
        return [value]

    base = Variables({"rollout": "r"})
    first, second = (Variables({"recipient": at}, base) for at in ("a", "b"))
    assert first == {"rollout": "r", "recipient": "a"}
    assert first.mapped(mark) == {"rollout": ["r"], "recipient": ["a"]}
    assert second.mapped(mark) == {"rollout": ["r"], "recipient": ["b"]}
    assert second.mapped(mark) is second.mapped(mark)
    assert sorted(calls) == ["a", "b", "r"]
