"""What string and byte literals stand for (parser/lexer/utils.go).

The original reads a literal twice: once to find its end, which fixes the escapes that may stand
in it, and once to replace them, with slightly other rules (`\\4` passes the first and fails the
second). Both readings are kept, because the place of an error is that of the reading that failed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from notifier.languages.expr.errors import Fault
from notifier.languages.golang import bytetexts

_SIMPLE: Final = {
    "a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v",
    "\\": "\\", "'": "'", '"': '"', "`": "`", "?": "?",
}  # fmt: skip
_HEX: Final = frozenset("0123456789abcdefABCDEF")
_OCTAL: Final = frozenset("01234567")
_LENGTHS: Final = {"x": 2, "u": 4, "U": 8}
_LAST_RUNE: Final = 0x10FFFF
_SIGN: Final = 0x8000_0000
_Replace = Callable[[str, int], tuple[str, str]]


def raw(text: str, here: int) -> tuple[str, int]:
    """Return the text between backquotes, of which two stand for one, and where it ends.
    Raises `Fault`."""
    start = here + 1
    end = text.find("`", start)
    while end >= 0 and text.startswith("``", end):
        end = text.find("`", end + 2)
    if end < 0:
        raise Fault("literal not terminated", len(text))
    return text[start:end].replace("``", "`"), end + 1


def string(text: str, here: int) -> tuple[str, int]:
    """Return what a quoted string stands for and where it ends. Raises `Fault`."""
    end = _end(text, here)
    body = text[here + 1 : end - 1]
    if "\\" not in body and "\r" not in body:
        return body, end
    body = body.replace("\r\n", "\n").replace("\r", "\n")
    parts = body.split("\\")
    return bytetexts.settled("".join(_escaped(parts, end, _character))), end


def byte_string(text: str, here: int) -> tuple[bytes, int]:
    """Return the bytes that a quoted string stands for and where it ends. Raises `Fault`."""
    end = _end(text, here)
    body = text[here + 1 : end - 1].replace("\r\n", "\n").replace("\r", "\n")
    pieces = _escaped(body.split("\\"), end, _byte)
    return b"".join(map(bytetexts.encode, pieces)), end


def _end(text: str, here: int) -> int:
    quote = text[here]
    here += 1
    while True:
        char = text[here : here + 1]
        if char == quote:
            return here + 1
        if char in ("", "\n"):
            raise Fault("literal not terminated", here)
        here = _past_escape(text, here + 1, quote) if char == "\\" else here + 1


def _past_escape(text: str, here: int, quote: str) -> int:
    char = text[here : here + 1]
    if char and char in "abfnrtv\\" + quote:
        return here + 1
    if char in _OCTAL:
        return _past_digits(text, here, 3, _OCTAL)
    if char == "u" and text.startswith("{", here + 1):
        return _past_braces(text, here + 2)
    if char in _LENGTHS:
        return _past_digits(text, here + 1, _LENGTHS[char], _HEX)
    raise Fault("invalid char escape", here)


def _past_digits(text: str, here: int, count: int, digits: frozenset[str]) -> int:
    for place in range(here, here + count):
        if text[place : place + 1] not in digits:
            raise Fault("invalid char escape", place)
    return here + count


def _past_braces(text: str, here: int) -> int:
    end = here
    while text[end : end + 1] in _HEX and end - here < 6:
        end += 1
    if end == here or not text.startswith("}", end):
        raise Fault("invalid char escape", end - 1)
    return end + 1


def _escaped(parts: list[str], end: int, replace: _Replace) -> list[str]:
    """Return the pieces of a literal; `parts` were separated by backslashes, so an empty part
    after the first is a backslash that escapes the next one."""
    found = [parts[0]]
    escaping = True
    for part in parts[1:]:
        if not escaping:
            found.append(part)
            escaping = True
        elif part:
            found.extend(replace(part, end))
        else:
            found.append("\\")
            escaping = False
    return found


def _character(part: str, end: int) -> tuple[str, str]:
    char = part[0]
    if char in _SIMPLE:
        return _SIMPLE[char], part[1:]
    if part.startswith("u{"):
        close = part.index("}")
        return _rune(int(part[2:close], 16), end), part[close + 1 :]
    if char in _LENGTHS:
        length = _LENGTHS[char] + 1
        return _rune(int(part[1:length], 16), end), part[length:]
    return chr(_octal(part, end)), part[3:]


def _byte(part: str, end: int) -> tuple[str, str]:
    char = part[0]
    if char in _SIMPLE:
        return _SIMPLE[char], part[1:]
    if char == "x":
        return _as_byte(int(part[1:3], 16)), part[3:]
    if char in ("u", "U"):
        raise Fault("unable to unescape string", end - 1)
    return _as_byte(_octal(part, end)), part[3:]


def _octal(part: str, end: int) -> int:
    if part[0] > "3":
        raise Fault("unable to unescape string", end - 1)
    return int(part[:3], 8)


def _rune(code: int, end: int) -> str:
    # The original counts in 32 bits with a sign: a negative code is cut to its last byte.
    if code >= _SIGN:
        return _as_byte(code & 0xFF)
    if code > _LAST_RUNE:
        raise Fault("unable to unescape string", end - 1)
    return bytetexts.REPLACEMENT if 0xD800 <= code <= 0xDFFF else chr(code)


def _as_byte(code: int) -> str:
    return bytes((code,)).decode("ascii", "surrogateescape")
