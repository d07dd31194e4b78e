"""Cuts a template into tokens, as `text/template/parse/lex.go` does.

The whole text is cut before it is parsed: source is bounded. A lexical fault becomes the last
token, so that whatever is wrong before it is reported first.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

TEXT: Final = "text"
OPEN: Final = "{{"
CLOSE: Final = "}}"
SPACE: Final = "space"
IDENTIFIER: Final = "identifier"
FIELD: Final = "field"
VARIABLE: Final = "variable"
DOT: Final = "."
NUMBER: Final = "number"
COMPLEX: Final = "complex"
CHARACTER: Final = "character constant"
STRING: Final = "string"
BOOL: Final = "bool"
NIL: Final = "nil"
PIPE: Final = "|"
LEFT: Final = "("
RIGHT: Final = ")"
ASSIGN: Final = "="
DECLARE: Final = ":="
PUNCTUATION: Final = "punctuation"
ERROR: Final = "error"
EOF: Final = "EOF"

KEYWORDS: Final = frozenset(
    (
        "block",
        "break",
        "continue",
        "define",
        "else",
        "end",
        "if",
        "nil",
        "range",
        "template",
        "with",
    )
)
"""Words that are a kind of token of their own; `nil` is one of them."""

SPACES: Final = " \t\r\n"

_DIGITS: Final = (
    r"[+-]?(?:0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?"
    r"|0[oO][0-7_]*(?:\.[0-7_]*)?|0[bB][01_]*(?:\.[01_]*)?"
    r"|[0-9_]*(?:\.[0-9_]*)?(?:[eE][+-]?[0-9_]*)?)i?"
)
DIGITS: Final = re.compile(_DIGITS)
"""One number, loosely: its value is judged later."""

_ACTION: Final = re.compile(
    r"(?P<close>(?:[ \t\r\n]-)?\}\})"
    r"|(?P<space>[ \t\r\n]+?(?=[ \t\r\n]-\}\})|[ \t\r\n]+)"
    r"|(?P<field>\.(?![0-9])\w*)"
    r"|(?P<variable>\$\w*)"
    rf"|(?P<number>(?=[+\-.0-9]){_DIGITS})"
    r"|(?P<word>\w+)"
    r'|(?P<quoted>"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`)'
    r"|(?P<character>'(?:[^'\\\n]|\\[^\n])*')"
    r"|(?P<mark>:=|[!-~])"
)
_MARKS: Final = {":=": DECLARE, "=": ASSIGN, "|": PIPE, "(": LEFT, ")": RIGHT}
_UNFINISHED: Final = {
    '"': "unterminated quoted string",
    "`": "unterminated raw quoted string",
    "'": "unterminated character constant",
    ":": "expected :=",
}
_TERMINATORS: Final = frozenset(" \t\r\n.,|:)(")


class Token(NamedTuple):
    """A piece of a template: what it is, its text, where it starts."""

    kind: str
    text: str
    offset: int


class _Fault(Exception):
    """The text cannot be cut any further."""

    def __init__(self, message: str, offset: int) -> None:
        self.token = Token(ERROR, message, offset)


def tokens(text: str, most: int) -> list[Token]:
    """Return the tokens of a template, `most` of them; the last is `EOF` or `ERROR`."""
    found: list[Token] = []
    position = 0
    try:
        while True:
            start = text.find(OPEN, position)
            if start < 0:
                break
            position = _action(text, position, start, found, most)
    except _Fault as fault:
        found.append(fault.token)
        return found
    if position < len(text):
        found.append(Token(TEXT, text[position:], position))
    found.append(Token(EOF, "EOF", len(text)))
    return found


def _action(text: str, position: int, start: int, found: list[Token], most: int) -> int:
    """Cut the text up to an action and the action; return where the text after it begins."""
    inside = start + len(OPEN)
    before = text[position:start]
    if text[inside : inside + 1] == "-" and text[inside + 1 : inside + 2] in tuple(SPACES):
        before = before.rstrip(SPACES)
        inside += 2
    if before:
        found.append(Token(TEXT, before, position))
    if text.startswith("/*", inside):
        return _comment(text, inside)
    found.append(Token(OPEN, OPEN, start))
    depth = 0
    while True:
        match = _ACTION.match(text, inside)
        if match is None:
            raise _Fault(_unreadable(text, inside), inside)
        token = _token(text, match)
        inside = token.offset + len(token.text)
        depth += (token.kind == LEFT) - (token.kind == RIGHT)
        if depth < 0:
            raise _Fault("unexpected right paren", token.offset)
        if token.kind == CLOSE and depth:
            raise _Fault("unclosed left paren", token.offset)
        found.append(token)
        if len(found) > most:
            raise _Fault(f"more than {most} words and signs: split the template", token.offset)
        if token.kind == CLOSE:
            return _after(text, token.text, inside)


def _after(text: str, close: str, position: int) -> int:
    """Return where the text after a closing delimiter begins."""
    if close == CLOSE:
        return position
    rest = text[position:]
    return position + len(rest) - len(rest.lstrip(SPACES))


def _comment(text: str, start: int) -> int:
    """Skip a comment; return where the text after it begins."""
    end = text.find("*/", start + 2)
    if end < 0:
        raise _Fault("unclosed comment", start)
    match = _ACTION.match(text, end + 2)
    if match is None or match.lastgroup != "close":
        raise _Fault("comment ends before closing delimiter", start)
    return _after(text, match.group(), match.end())


def _unreadable(text: str, offset: int) -> str:
    if offset == len(text):
        return "unclosed action"
    return f"unrecognized character in action: {_show(text, offset)}"


def _token(text: str, match: re.Match[str]) -> Token:
    """Make a token of a match inside an action."""
    group, piece, offset = match.lastgroup, match.group(), match.start()
    match group:
        case "space":
            return Token(SPACE, piece, offset)
        case "close":
            return Token(CLOSE, piece, offset)
        case "quoted":
            return Token(STRING, piece, offset)
        case "character":
            return Token(CHARACTER, piece, offset)
        case "mark":
            if piece in _UNFINISHED:
                raise _Fault(_UNFINISHED[piece], offset)
            return Token(_MARKS.get(piece, PUNCTUATION), piece, offset)
        case "number":
            return _number(text, match)
        case _:
            return _named(text, match)


def _number(text: str, match: re.Match[str]) -> Token:
    """A number, or two that make a complex one: `1+2i`."""
    start, end = match.span()
    kind = NUMBER
    if text[end : end + 1] in ("+", "-"):
        second = DIGITS.match(text, end)
        end = second.end() if second else end
        kind = COMPLEX
    if _is_letter_or_digit(text[end : end + 1]) or (kind == COMPLEX and text[end - 1] != "i"):
        raise _Fault(f"bad number syntax: {_quoted(text[start : end + 1])}", start)
    return Token(kind, text[start:end], start)


def _named(text: str, match: re.Match[str]) -> Token:
    """A word, a field or a variable; whatever follows must end it."""
    piece, offset = match.group(), match.start()
    if not piece.isascii():
        known = piece[1:] if match.lastgroup != "word" else piece
        for index, char in enumerate(known, len(piece) - len(known)):
            if not _is_letter_or_digit(char):
                raise _Fault(f"bad character {_show(piece, index)}", offset)
    after = text[match.end() : match.end() + 1]
    if after not in _TERMINATORS and after and not text.startswith(CLOSE, match.end()):
        raise _Fault(f"bad character {_show(text, match.end())}", match.end())
    if match.lastgroup == "field":
        return Token(FIELD if len(piece) > 1 else DOT, piece, offset)
    if match.lastgroup == "variable":
        return Token(VARIABLE, piece, offset)
    if piece in KEYWORDS:
        return Token(piece, piece, offset)
    return Token(BOOL if piece in ("true", "false") else IDENTIFIER, piece, offset)


def _is_letter_or_digit(char: str) -> bool:
    return char == "_" or char.isalpha() or char.isdecimal()


def _show(text: str, offset: int) -> str:
    """Name a character as `%#U` does."""
    char = text[offset]
    shown = f" '{char}'" if char.isprintable() else ""
    return f"U+{ord(char):04X}{shown}"


def _quoted(text: str) -> str:
    return f'"{text}"'
