"""Tokens of templates: what Go's lexer tells apart, and what it refuses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.gotemplate import lexer


def kinds(text: str) -> list[str]:
    """Return the kinds of the tokens between delimiters and of texts, without the end."""
    return [
        token.kind if token.kind != lexer.TEXT else repr(token.text)
        for token in lexer.tokens(text, 10_000)[:-1]
        if token.kind not in (lexer.OPEN, lexer.CLOSE)
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("plain } text {", ["'plain } text {'"]),
        ("{{.}}", ["."]),
        ("{{.a.b}}", ["field", "field"]),
        ("{{$}}{{$x.a}}", ["variable", "variable", "field"]),
        ("{{true nil foo}}", ["bool", "space", "nil", "space", "identifier"]),
        ("{{if}}{{end}}", ["if", "end"]),
        ("{{1 -2 .5 1e3 0x1F 0b1 0o7 1_0}}", ["number", "space"] * 7 + ["number"]),
        ("{{1+2i}}", ["complex"]),
        ("{{1+2i|print}}", ["complex", "|", "identifier"]),
        ("{{'a' \"b\" `c`}}", ["character constant", "space", "string", "space", "string"]),
        ("{{$x := 1}}", ["variable", "space", ":=", "space", "number"]),
        ("{{$x = 1}}", ["variable", "space", "=", "space", "number"]),
        ("{{$i, $x}}", ["variable", "punctuation", "space", "variable"]),
        ("{{(f)}}", ["(", "identifier", ")"]),
        ("a {{- 1 -}} b", ["'a'", "number", "'b'"]),
        ("a\r\n\t{{- 1 }} b", ["'a'", "number", "space", "' b'"]),
        ("a {{-1}}", ["'a '", "number"]),
        ("{{1  -}} b", ["number", "space", "'b'"]),
        ("a {{/* c */}} b", ["'a '", "' b'"]),
        ("a {{- /* c */ -}} b", ["'a'", "'b'"]),
        ("{{résumé ٣}}", ["identifier", "space", "identifier"]),
        ("{{.x\n}}", ["field", "space"]),
    ],
)
def test_pieces(text: str, expected: list[str]) -> None:
    """A text is cut where Go cuts it."""
    assert kinds(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{", "unclosed action"),
        ("{{.x", "unclosed action"),
        ('{{"a}}', "unterminated quoted string"),
        ('{{"a\n"}}', "unterminated quoted string"),
        ("{{`a}}", "unterminated raw quoted string"),
        ("{{'a}}", "unterminated character constant"),
        ("{{/* a}}", "unclosed comment"),
        ("{{/* a */ }}", "comment ends before closing delimiter"),
        ("{{/* a */", "comment ends before closing delimiter"),
        ("{{(1}}", "unclosed left paren"),
        ("{{1)}}", "unexpected right paren"),
        ("{{3k}}", 'bad number syntax: "3k"'),
        ("{{1+2}}", 'bad number syntax: "1+2}"'),
        ("{{$x : 1}}", "expected :="),
        ("{{\x01}}", "unrecognized character in action: U+0001"),
        ("{{é²}}", "bad character U+00B2 '²'"),
        ("{{.a²}}", "bad character U+00B2 '²'"),
        ("{{$x+1}}", "bad character U+002B '+'"),
        ("{{a[0]}}", "bad character U+005B '['"),
    ],
)
def test_faults(text: str, message: str) -> None:
    """What cannot be cut ends in an error token that says why."""
    last = lexer.tokens(text, 10_000)[-1]
    assert (last.kind, last.text) == (lexer.ERROR, message)


@given(st.text(st.sampled_from("{}-/* .$x1\"'`|():=\n\\"), max_size=30))
def test_offsets(text: str) -> None:
    """Whatever the text, every token stands where it says."""
    found = lexer.tokens(text, 10_000)
    assert found[-1].kind in (lexer.ERROR, lexer.EOF)
    for token in found[:-1]:
        assert text.startswith(token.text, token.offset)
