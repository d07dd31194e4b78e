"""Quoted texts are Go literals, and literals read back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import bytetexts, quoting
from notifier.languages.golang.values import GoError

TEXT = st.text() | st.binary().map(bytetexts.decode)


@pytest.mark.parametrize(
    ("text", "quoted", "ascii_only"),
    [
        ("abc", '"abc"', '"abc"'),
        ('a"b\\c', '"a\\"b\\\\c"', '"a\\"b\\\\c"'),
        ("it's", '"it\'s"', '"it\'s"'),
        ("\a\b\f\n\r\t\v", '"\\a\\b\\f\\n\\r\\t\\v"', '"\\a\\b\\f\\n\\r\\t\\v"'),
        ("\x00\x7f", '"\\x00\\x7f"', '"\\x00\\x7f"'),
        ("é日🚀", '"é日🚀"', '"\\u00e9\\u65e5\\U0001f680"'),
        ("\u2028\u00a0", '"\\u2028\\u00a0"', '"\\u2028\\u00a0"'),
        ("\udcff", '"\\xff"', '"\\xff"'),
        ("\U0001f6dc", '"\U0001f6dc"', '"\\U0001f6dc"'),
        ("\U000e0001", '"\\U000e0001"', '"\\U000e0001"'),
    ],
)
def test_quote(text: str, quoted: str, ascii_only: str) -> None:
    """Control and unprintable characters are escaped; Unicode 15 says what is printable."""
    assert quoting.quote(text) == quoted
    assert quoting.quote_to_ascii(text) == ascii_only


@given(TEXT)
def test_quoted_texts_read_back(text: str) -> None:
    """Both forms name the same text."""
    assert quoting.unquote(quoting.quote(text)) == text
    assert quoting.unquote(quoting.quote_to_ascii(text)) == text
    assert quoting.quote_to_ascii(text).isascii()


@pytest.mark.parametrize(
    ("code", "quoted"),
    [
        (97, "'a'"),
        (39, "'\\''"),
        (34, "'\"'"),
        (0, "'\\x00'"),
        (0x1F680, "'🚀'"),
        (-1, "'\ufffd'"),
        (0xD800, "'\ufffd'"),
        (0x110000, "'\ufffd'"),
    ],
)
def test_quote_rune(code: int, quoted: str) -> None:
    """A code point is a character literal; what is none shows as U+FFFD."""
    assert quoting.quote_rune(code) == quoted


def test_quote_rune_to_ascii() -> None:
    """Beyond ASCII it is escaped on request."""
    assert quoting.quote_rune(0xE9, ascii_only=True) == "'\\u00e9'"


@pytest.mark.parametrize(
    ("text", "can"),
    [
        ("a\tb\\\"'", True),
        ("日本", True),
        ("", True),
        ("a\nb", False),
        ("`", False),
        ("\x7f", False),
        ("\ufeff", False),
        ("\udcff", False),
    ],
)
def test_can_backquote(text: str, can: bool) -> None:
    """One line without control characters but the tab."""
    assert quoting.can_backquote(text) is can


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ("`a\\n\r\nb`", "a\\n\nb"),
        ("'\\''", "'"),
        ("''", ""),
        ('"\\x41\\101\\u00e9\\U0001f680"', "AAé🚀"),
        ('"\\xe6\\x97\\xa5"', "日"),
        ('"\\xff"', "\udcff"),
        ('"\udcff"', "\ufffd"),
    ],
)
def test_unquote(literal: str, text: str) -> None:
    """Every form of literal is read; bytes make up characters."""
    assert quoting.unquote(literal) == text


@pytest.mark.parametrize(
    "literal",
    [
        "",
        '"',
        "abc",
        "\"a'",
        "'ab'",
        '"a"b"',
        '"\n"',
        '"\\q"',
        '"\\x4"',
        '"\\400"',
        '"\\ud800"',
        '"\\U00110000"',
        '"\\\'"',
        "'\\\"'",
        '"\\"',
        "`a`b`",
    ],
)
def test_unquote_refuses(literal: str) -> None:
    """What is no literal, or more than one, is an error."""
    with pytest.raises(GoError, match="invalid syntax"):
        quoting.unquote(literal)
