"""Go's quoted texts: `strconv.Quote` and its relatives, and back (templates.md 3.4 trap 21)."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from notifier.languages.golang import bytetexts
from notifier.languages.golang.values import GoError

_NEWER: Final = (
    (0xCF3, 0xCF3),
    (0xECE, 0xECE),
    (0x10EFD, 0x10EFF),
    (0x1123F, 0x11241),
    (0x11B00, 0x11B09),
    (0x11F00, 0x11F10),
    (0x11F12, 0x11F3A),
    (0x11F3E, 0x11F59),
    (0x1342F, 0x1342F),
    (0x13440, 0x13455),
    (0x1B132, 0x1B132),
    (0x1B155, 0x1B155),
    (0x1D2C0, 0x1D2D3),
    (0x1DF25, 0x1DF2A),
    (0x1E030, 0x1E06D),
    (0x1E08F, 0x1E08F),
    (0x1E4D0, 0x1E4F9),
    (0x1F6DC, 0x1F6DC),
    (0x1F774, 0x1F776),
    (0x1F77B, 0x1F77F),
    (0x1F7D9, 0x1F7D9),
    (0x1FA75, 0x1FA77),
    (0x1FA87, 0x1FA88),
    (0x1FAAD, 0x1FAAF),
    (0x1FABB, 0x1FABD),
    (0x1FABF, 0x1FABF),
    (0x1FACE, 0x1FACF),
    (0x1FADA, 0x1FADB),
    (0x1FAE8, 0x1FAE8),
    (0x1FAF7, 0x1FAF8),
    (0x2B739, 0x2B739),
    (0x31350, 0x323AF),
)
"""What Unicode 15, which Go has, added to Unicode 14, which Python 3.11 has."""
_STARTS: Final = tuple(first for first, _ in _NEWER)

_ESCAPES: Final = {
    "\a": "\\a",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
}
_UNESCAPES: Final = {value[1]: key for key, value in _ESCAPES.items()} | {"\\": "\\"}
_SYNTAX: Final = "invalid syntax"
_NOT_BACKQUOTED: Final = re.compile("[\x00-\x08\x0a-\x1f`\x7f\ufeff\ud800-\udfff]")
_PIECE: Final = re.compile(
    r"\\(?:[abfnrtv\\'\"]|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))|[^\\]",
    re.DOTALL,
)


def printable(char: str) -> bool:
    """Say whether a character shows as itself: `strconv.IsPrint`."""
    if char.isprintable():
        return True
    code = ord(char)
    place = bisect_right(_STARTS, code) - 1
    return place >= 0 and code <= _NEWER[place][1]


def quote(text: str) -> str:
    """Return a text as a Go string literal: `strconv.Quote`."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return _quoted(text, '"', ascii_only=False)


def quote_to_ascii(text: str) -> str:
    """Return a text as a Go string literal of ASCII characters: `strconv.QuoteToASCII`."""
    return _quoted(text, '"', ascii_only=True)


def quote_rune(code: int, *, ascii_only: bool = False) -> str:
    """Return a code point as a Go character literal; U+FFFD for what is none."""
    return _quoted(rune(code), "'", ascii_only=ascii_only)


def rune(code: int) -> str:
    """Return the character of a code point; U+FFFD for what is none."""
    if 0 <= code < 0xD800 or 0xE000 <= code <= 0x10FFFF:
        return chr(code)
    return bytetexts.REPLACEMENT


def can_backquote(text: str) -> bool:
    """Say whether a text can stand between backquotes unchanged: `strconv.CanBackquote`."""
    return _NOT_BACKQUOTED.search(text) is None


def _quoted(text: str, mark: str, *, ascii_only: bool) -> str:
    return mark + "".join(_escaped(char, mark, ascii_only) for char in text) + mark


def _escaped(char: str, mark: str, ascii_only: bool) -> str:
    if char in (mark, "\\"):
        return "\\" + char
    if printable(char) and (not ascii_only or char < "\x7f"):
        return char
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no UTF-8
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquote(literal: str) -> str:
    """Return the text of a Go literal in `"`, `'` or backquotes: `strconv.Unquote`.

    Raises `GoError` for anything else, and for a character literal of several characters.
    """
    if len(literal) < 2 or literal[0] != literal[-1] or literal[0] not in "\"'`":
        raise GoError(_SYNTAX)
    mark, body = literal[0], literal[1:-1]
    if mark == "`":
        if mark in body:
            raise GoError(_SYNTAX)
        return body.replace("\r", "")
    pieces = _pieces(body, mark)
    if mark == "'" and len(pieces) > 1:
        raise GoError(_SYNTAX)
    return bytetexts.decode(b"".join(pieces))


def _pieces(body: str, mark: str) -> list[bytes]:
    """Return the bytes of each character of a literal. Raises `GoError`."""
    pieces: list[bytes] = []
    place = 0
    while place < len(body):
        found = _PIECE.match(body, place)
        if found is None:
            raise GoError(_SYNTAX)
        place = found.end()
        pieces.append(_unescaped(found, mark))
    return pieces


def _unescaped(found: re.Match[str], mark: str) -> bytes:
    whole = found[0]
    if whole[0] != "\\":
        if whole in (mark, "\n"):
            raise GoError(_SYNTAX)
        return bytetexts.printable(whole).encode()
    byte = int(found[1], 16) if found[1] else int(found[4], 8) if found[4] else None
    if byte is not None:
        if byte > 0xFF:
            raise GoError(_SYNTAX)
        return bytes((byte,))
    if found[2] or found[3]:
        code = int(found[2] or found[3], 16)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise GoError(_SYNTAX)
        return chr(code).encode()
    if whole[1] in "'\"":
        if whole[1] != mark:
            raise GoError(_SYNTAX)
        return whole[1].encode()
    return _UNESCAPES[whole[1]].encode()
