"""Marks in the place of secrets: nothing before sending holds a value (security.md S10)."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core import sealing
from notifier.core.sealing import CLOSE, OPEN

NAMES = sealing.seal(["token", "a.b"])
VALUES = {"token": b'p"\\\xc3\xa4\n', "a.b": b"v"}


def test_a_printed_secret_is_a_mark_until_it_is_sent() -> None:
    """As text, escaped for the JSON that holds it; as numbers where bytes are printed."""
    sealed = NAMES["token"]
    payload = json.dumps(
        {"text": f"Bearer {sealed}", "bytes": sealed.numbers}, ensure_ascii=False
    ).encode()
    assert sealing.sealed(payload)
    for value in VALUES.values():
        assert value not in payload
    sent = json.loads(sealing.reveal(payload, VALUES))
    assert sent == {"text": 'Bearer p"\\\xe4\n', "bytes": "[112 34 92 195 164 10]"}


def test_a_key_that_is_gone_is_an_error() -> None:
    """Never a message with a mark in it."""
    with pytest.raises(KeyError, match="token"):
        sealing.reveal(f"{NAMES['token']}".encode(), {})


@pytest.mark.parametrize(
    "text",
    [
        f"{NAMES['token']}".upper(),
        f"{NAMES['token']}"[:-1],
        f"{NAMES['token']}"[1:],
        f"{NAMES['token']}"[::-1],
        f"{OPEN}tother{CLOSE}",
        f"{OPEN}{NAMES['token']}",
        json.dumps(NAMES["token"]),
    ],
)
def test_more_than_printing_is_refused(text: str) -> None:
    """What was done to a sealed text shows in its mark."""
    with pytest.raises(sealing.Broken):
        sealing.checked(f"a {text} b", NAMES)


def test_whole_marks_and_plain_texts_pass() -> None:
    """Also next to each other."""
    text = f"{NAMES['token']}{NAMES['a.b'].numbers} x"
    assert sealing.checked(text, NAMES) is text
    assert sealing.checked("plain", NAMES) == "plain"
    assert sealing.hidden(text) == "***token******a.b*** x"


def test_where_no_key_is_listed_a_mark_is_data() -> None:
    """It comes from an object, so it loses its meaning."""
    assert not sealing.sealed(sealing.checked(f"{NAMES['token']}", {}).encode())


TEXTS = st.text(alphabet=f"a{OPEN}{CLOSE}tn", max_size=8)


@given(st.recursive(TEXTS | st.integers(), lambda x: st.lists(x) | st.dictionaries(TEXTS, x)))
def test_no_mark_comes_from_data(data: Any) -> None:
    """Keys and values at any depth; data that has none is shared."""
    made = sealing.stripped(data)
    assert OPEN not in repr(made).encode().decode("unicode_escape", "replace")
    assert made == data or OPEN in str(data) or CLOSE in str(data) or "\\ue00" in repr(data)


def test_a_sealed_text_stays_sealed() -> None:
    """It is not data of the object."""
    assert sealing.stripped(NAMES["token"]) is NAMES["token"]
    calm = {"a": ["b", 1]}
    assert sealing.stripped(calm) is calm
