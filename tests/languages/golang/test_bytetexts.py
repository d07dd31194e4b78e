"""Texts of Go are bytes: nothing is lost on the way in and out, and lengths agree."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import bytetexts

ANY_TEXT = st.text(alphabet=st.characters(min_codepoint=0, max_codepoint=0x10FFFF))


@given(st.binary())
def test_bytes_survive_being_text(data: bytes) -> None:
    """Every byte sequence comes back as it was; a byte that is no UTF-8 is one character."""
    text = bytetexts.decode(data)
    assert bytetexts.encode(text) == data
    assert bytetexts.size(text) == len(data)


@given(ANY_TEXT)
def test_what_is_printed_can_be_encoded(text: str) -> None:
    """Output has no lone surrogates, whatever came in, and stays as it is where it has none."""
    printable = bytetexts.printable(text)
    printable.encode()
    assert printable == text or any("\ud800" <= char <= "\udfff" for char in text)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        pytest.param("abc", b"abc", id="ascii"),
        pytest.param("é", b"\xc3\xa9", id="two bytes"),
        pytest.param("\udcff", b"\xff", id="invalid byte"),
        pytest.param("a\ud800b", b"a\xef\xbf\xbdb", id="half a pair is U+FFFD"),
        pytest.param("\udcff\udfff", b"\xff\xef\xbf\xbd", id="invalid byte and half a pair"),
    ],
)
def test_encode(text: str, data: bytes) -> None:
    """The bytes are those that Go would hold."""
    assert bytetexts.encode(text) == data


@pytest.mark.parametrize(
    ("text", "settled"),
    [
        pytest.param("abc", "abc", id="ascii"),
        pytest.param("日本", "日本", id="whole"),
        pytest.param("\udce6\udc97" + "\udca5", "日", id="bytes of one character meet"),
        pytest.param("\udce6x", "\udce6x", id="still broken"),
    ],
)
def test_settled(text: str, settled: str) -> None:
    """Pieces that make up a character together are that character."""
    assert bytetexts.settled(text) == settled
