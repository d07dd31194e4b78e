"""Hashes of passwords that the library verifies."""

from __future__ import annotations

from collections.abc import Callable

import bcrypt
import pytest

Render = Callable[..., str]


@pytest.mark.parametrize("password", ["secret", "", "pässword", "a\0b", "a" * 72])
def test_hashes_verify(allowing: Render, password: str) -> None:
    """In Go's version and with Go's number of rounds; another password does not."""
    found = allowing("{{bcrypt .password}}", password=password)
    assert found.startswith("$2a$10$")
    assert bcrypt.checkpw(password.encode(), found.encode())
    assert not bcrypt.checkpw(b"other", found.encode())


def test_a_line_of_an_htpasswd_file(allowing: Render) -> None:
    """The user, and a hash that verifies."""
    user, _, found = allowing('{{htpasswd "ann" "secret"}}').partition(":")
    assert user == "ann"
    assert bcrypt.checkpw(b"secret", found.encode())


def test_each_is_another(allowing: Render) -> None:
    """The salt does not come from the seed of the run."""
    assert allowing('{{bcrypt "a"}}') != allowing('{{bcrypt "a"}}')


LONG = "failed to encrypt string with bcrypt: bcrypt: password length exceeds 72 bytes"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ('{{htpasswd "a:b" "secret"}}', "invalid username: a:b"),
        ('{{bcrypt (repeat 73 "a")}}', LONG),
        ('{{bcrypt (repeat 37 "é")}}', LONG),
        ('{{htpasswd "ann" (repeat 73 "a")}}', f"ann:{LONG}"),
    ],
    ids=["colon", "long", "bytes count", "long in htpasswd"],
)
def test_prints_what_is_wrong(allowing: Render, template: str, expected: str) -> None:
    """Sprig's words in the place of the hash."""
    assert allowing(template) == expected
