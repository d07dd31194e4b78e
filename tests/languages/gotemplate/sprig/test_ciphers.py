"""AES as Sprig writes and reads it; the fixed texts were made by Sprig 3.3 under Go."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages import gotemplate
from notifier.languages.golang import runs
from notifier.languages.gotemplate.sprig import ciphers

Render = Callable[..., str]


@pytest.mark.parametrize(
    ("password", "encrypted", "expected"),
    [
        ("key", "vwz8+hAuZLp6W/7hK3O3Fvry46XNwypDZm2Ad3TbFRo=", "text"),
        ("k", "FEofEe5I8m9DUadQKLOpI0ObE5CMgSMekNI0nlCuq/w=", "é"),
        (
            "p" * 32,
            "8cuzOhxSywGFjjt91cwgwEkzN7G4sWgzOVuIOtoF56uG+BQZW4zP27MQTFqkatVZ",
            "0123456789abcdef",
        ),
        ("key", "", ""),
    ],
    ids=["short", "unicode", "a whole block, a cut password", "empty"],
)
def test_reads_what_go_wrote(
    allowing: Render, password: str, encrypted: str, expected: str
) -> None:
    """Key, vector and padding are the same."""
    text = "{{decryptAES .password .encrypted}}"
    assert allowing(text, password=password, encrypted=encrypted) == expected


@given(password=st.text(), text=st.text(st.characters(exclude_categories=["Cs"])))
def test_reads_what_it_wrote(password: str, text: str) -> None:
    """Whatever the password; the same text becomes another one each time."""
    once, again = (ciphers.encrypt_aes(runs.Run(), password, text) for _ in range(2))
    assert ciphers.decrypt_aes(runs.Run(), password, once) == text
    assert (once != again) == bool(text)
    data = base64.b64decode(once)
    assert len(data) == (len(text.encode()) // 16 + 2) * 16 * bool(text)


@pytest.mark.parametrize(
    ("encrypted", "message"),
    [
        ("*", "illegal base64 data at input byte 0"),
        ("YQ==", "whole number of blocks"),
        (base64.b64encode(bytes(16)).decode(), "whole number of blocks"),
        (base64.b64encode(bytes(33)).decode(), "whole number of blocks"),
        (base64.b64encode(bytes(32)).decode(), "is the password right"),
    ],
    ids=["no base 64", "less than a vector", "no block", "part of a block", "padding"],
)
def test_fails_where_go_fails(allowing: Render, encrypted: str, message: str) -> None:
    """What no password can have made is an error."""
    with pytest.raises(gotemplate.ExecError, match=message):
        allowing('{{decryptAES "key" .encrypted}}', encrypted=encrypted)


def test_length_is_charged() -> None:
    """A long text counts as what is built from it."""
    limits = runs.Limits(text=100)
    with pytest.raises(runs.Exceeded):
        ciphers.encrypt_aes(runs.Run(limits), "key", "a" * 60)
    with pytest.raises(runs.Exceeded):
        ciphers.decrypt_aes(runs.Run(limits), "key", "a" * 101)
