"""Tokens are the original's, in its odd cases too."""

from __future__ import annotations

import pytest

from notifier.languages.expr import lexer, literals
from notifier.languages.expr.errors import Fault


def told(text: str) -> str:
    """Return the tokens of a text but for the last, as `kind:value`."""
    return " ".join(f"{token.kind[0]}:{token.value}" for token in lexer.tokens(text))[:-3].rstrip()


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("1..2", "N:1 O:.. N:2"),
        (".5 1. 1e-3 0xFF 0b01 0o7 1_000", "N:.5 N:1. N:1e-3 N:0xFF N:0b01 N:0o7 N:1_000"),
        (".1.5", "N:.1.5"),
        ("-.5", "O:- N:.5"),
        ("a.b?.c", "I:a O:. I:b O:?. I:c"),
        ("a ?? b ? c : d", "I:a O:?? I:b O:? I:c O:: I:d"),
        ("::len", "O::: I:len"),
        ("a||b|c", "I:a O:|| I:b O:| I:c"),
        ("!= == <= >= ** && ! *", "O:!= O:== O:<= O:>= O:** O:&& O:! O:*"),
        ("not in x", "O:not O:in I:x"),
        ("not  contains x", "O:not O:contains I:x"),
        ("not\nin x", "O:not O:in I:x"),
        ("not inner", "O:not I:inner"),
        ("if a {b} else {c}", "O:if I:a B:{ I:b B:} O:else B:{ I:c B:}"),
        ("let x=1;", "O:let I:x O:= N:1 O:;"),
        ("# #acc #1 ##", "O:# O:# I:acc O:# I:1 O:##"),
        ("$env _x é", "I:$env I:_x I:é"),
        ("a // comment\nb", "I:a I:b"),
        ("a // comment", "I:a"),
        ("a /* c \n c */ / b", "I:a O:/ I:b"),
        ("b'a' B\"c\" b", "B:a B:c I:b"),
        ("`a``b` `` ````", "S:a`b S: S:`"),
        ("a\x85b", "I:a I:b"),
    ],
)
def test_tokens(text: str, tokens: str) -> None:
    """Every token with its kind; numbers, words and operators as they are written."""
    assert told(text) == tokens


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"'\a\b\f\n\r\t\v\\\''", "\a\b\f\n\r\t\v\\'"),
        (r'"\""', '"'),
        (r"'\x41\u00e9\U0001F600'", "Aé😀"),
        (r"'\u{41}\u{1F600}'", "A😀"),
        (r"'\101\377'", "Aÿ"),
        (r"'\\n'", "\\n"),
        (r"'\\\\'", "\\\\"),
        (r"'\ud800'", "\N{REPLACEMENT CHARACTER}"),
        (r"'\U80000041\UFFFFFFFF'", "A\udcff"),
        ("'a\rb'", "a\nb"),
        ("'it\"s'", 'it"s'),
    ],
)
def test_string(text: str, value: str) -> None:
    """Escapes are replaced, line ends normalised."""
    assert literals.string(text, 0) == (value, len(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"'\xff\101\n'", b"\xffA\n"),
        (r"'\x00\377'", b"\x00\xff"),
        ("'é'", "é".encode()),
        ("''", b""),
    ],
)
def test_byte_string(text: str, value: bytes) -> None:
    """Escapes of a byte literal are bytes, characters their UTF-8."""
    assert literals.byte_string(text, 0) == (value, len(text))


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("'a", "literal not terminated", 2),
        ("'a\nb'", "literal not terminated", 2),
        ("`a", "literal not terminated", 2),
        (r"'\q'", "invalid char escape", 2),
        ("'\\", "invalid char escape", 2),
        (r"'\x4'", "invalid char escape", 4),
        (r"'\18'", "invalid char escape", 3),
        (r"'\u{}'", "invalid char escape", 3),
        (r"'\u{1234567}'", "invalid char escape", 9),
        (r"'\400'", "unable to unescape string", 5),
        (r"'\U00110000'", "unable to unescape string", 11),
        (r"b'\u0041'", "unable to unescape string", 8),
        (r"b'\400'", "unable to unescape string", 6),
        ("1a", 'bad number syntax: "1a"', 1),
        ("0b12", 'bad number syntax: "0b12"', 3),
        ("a @ b", "unrecognized character: U+0040 '@'", 2),
        ("\x01", "unrecognized character: U+0001", 0),
        ("a /* b", "unclosed comment", 6),
    ],
)
def test_faults(text: str, message: str, at: int) -> None:
    """What is no token fails where the original says."""
    with pytest.raises(Fault) as caught:
        list(lexer.tokens(text))
    assert (caught.value.message, caught.value.offset) == (message, at)


def test_shown() -> None:
    """Errors show a token as the original does."""
    assert [str(token) for token in lexer.tokens('a "" "\\n"')] == [
        'Identifier("a")',
        "String",
        'String("\\n")',
        "EOF",
    ]
