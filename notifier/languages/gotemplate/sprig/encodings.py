"""Sprig's encodings and checksums."""

from __future__ import annotations

import base64
import hashlib
import re
import zlib
from typing import Final

from notifier.languages.golang import bytetexts, runs
from notifier.languages.gotemplate.registry import register

_NEWLINES: Final = b"\r\n"
_NOT_BASE64: Final = re.compile(rb"[^A-Za-z0-9+/\r\n]")
_NOT_BASE32: Final = re.compile(rb"[^A-Z2-7]")
_PAD: Final = ord("=")
_WHOLE32: Final = (2, 4, 5, 7)
"""How many characters of a last group of base 32 make whole bytes."""


class _Corrupt(Exception):
    """The place of the byte that is wrong."""


@register("string -> string", '{{"v1" | b64enc}}', "djE=", metered=True)
def b64enc(run: runs.Run, text: str) -> str:
    """Return the text in base 64."""
    run.text(4 * (len(text) + 2) // 3)
    return base64.b64encode(bytetexts.encode(text)).decode()


@register("string -> string", '{{"djE=" | b64dec}}', "v1", metered=True)
def b64dec(run: runs.Run, text: str) -> str:
    """Return the text that base 64 stands for, or what is wrong with it."""
    run.text(len(text))
    data = bytetexts.encode(text)
    try:
        _check64(data)
    except _Corrupt as place:
        return f"illegal base64 data at input byte {place}"
    return bytetexts.decode(base64.b64decode(data))


def _check64(data: bytes) -> None:
    """Look for the first byte that a strict reader refuses. Raises `_Corrupt`.

    Line ends may stand anywhere; padding fills the last group, and nothing follows it.
    """
    found = _NOT_BASE64.search(data)
    place = found.start() if found else len(data)
    filled = (place - sum(data.count(byte, 0, place) for byte in _NEWLINES)) % 4
    if found is None:
        if filled:
            raise _Corrupt(place - filled)
        return
    if data[place] != _PAD or filled < 2:
        raise _Corrupt(place)
    place += 1
    if filled == 2:
        place = _past_newlines(data, place)
        if place == len(data):
            raise _Corrupt(place)
        if data[place] != _PAD:
            raise _Corrupt(place - 1)
        place += 1
    place = _past_newlines(data, place)
    if place < len(data):
        raise _Corrupt(place)


def _past_newlines(data: bytes, place: int) -> int:
    return len(data) - len(data[place:].lstrip(_NEWLINES))


@register("string -> string", '{{"v1" | b32enc}}', "OYYQ====", metered=True)
def b32enc(run: runs.Run, text: str) -> str:
    """Return the text in base 32."""
    run.text(8 * (len(text) + 4) // 5)
    return base64.b32encode(bytetexts.encode(text)).decode()


@register("string -> string", '{{"OYYQ====" | b32dec}}', "v1", metered=True)
def b32dec(run: runs.Run, text: str) -> str:
    """Return the text that base 32 stands for, or what is wrong with it."""
    run.text(len(text))
    data = bytetexts.encode(text).translate(None, _NEWLINES)
    try:
        data = data[: _length32(data)]
    except _Corrupt as place:
        return f"illegal base32 data at input byte {place}"
    return bytetexts.decode(base64.b32decode(data + b"=" * (-len(data) % 8)))


def _length32(data: bytes) -> int:
    """Return how many characters come before the padding, after which nothing counts. Raises
    `_Corrupt` at the first byte that a strict reader refuses."""
    found = _NOT_BASE32.search(data)
    place = found.start() if found else len(data)
    filled, rest = place % 8, data[place + 1 :]
    if found is None:
        if filled:
            raise _Corrupt(place - filled)
        return place
    if data[place] != _PAD or filled < 2 or len(rest) >= 8:
        raise _Corrupt(place)
    if len(rest) + filled < 7:
        raise _Corrupt(len(data))
    for ahead, other in enumerate(rest[: 7 - filled]):
        if other != _PAD:
            raise _Corrupt(place + ahead)
    if filled not in _WHOLE32:
        raise _Corrupt(place)
    return place


@register("string -> string", '{{"v1" | sha1sum | trunc 8}}', "5a6df720", metered=True)
def sha1sum(run: runs.Run, text: str) -> str:
    """Return the SHA-1 digest of the text in hexadecimal digits."""
    run.text(len(text))
    return hashlib.sha1(bytetexts.encode(text), usedforsecurity=False).hexdigest()


@register("string -> string", '{{"v1" | sha256sum | trunc 8}}', "3bfc2695", metered=True)
def sha256sum(run: runs.Run, text: str) -> str:
    """Return the SHA-256 digest of the text in hexadecimal digits."""
    run.text(len(text))
    return hashlib.sha256(bytetexts.encode(text)).hexdigest()


@register("string -> string", '{{"v1" | sha512sum | trunc 8}}', "d7f9aa60", metered=True)
def sha512sum(run: runs.Run, text: str) -> str:
    """Return the SHA-512 digest of the text in hexadecimal digits."""
    run.text(len(text))
    return hashlib.sha512(bytetexts.encode(text)).hexdigest()


@register("string -> string", '{{"v1" | adler32sum}}', "18809000", metered=True)
def adler32sum(run: runs.Run, text: str) -> str:
    """Return the Adler-32 checksum of the text in decimal digits."""
    run.text(len(text))
    return str(zlib.adler32(bytetexts.encode(text)))
