"""Sprig's encodings and checksums."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import Final

from notifier.languages.golang import bytetexts, runs
from notifier.languages.gotemplate.registry import register

_NEWLINES: Final = b"\r\n"
_BASE64: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_BASE32: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
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
    places = [place for place, byte in enumerate(data) if byte not in _NEWLINES]
    for count, place in enumerate(places):
        if data[place] in _BASE64:
            continue
        filled = count % 4
        if data[place] != _PAD or filled < 2:
            raise _Corrupt(place)
        rest = places[count + 1 :]
        if filled == 2:
            if not rest:
                raise _Corrupt(len(data))
            if data[rest[0]] != _PAD:
                raise _Corrupt(rest[0] - 1)
            rest = rest[1:]
        if rest:
            raise _Corrupt(rest[0])
        return
    if len(places) % 4:
        raise _Corrupt(len(data) - len(places) % 4)


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
        _check32(data)
    except _Corrupt as place:
        return f"illegal base32 data at input byte {place}"
    return bytetexts.decode(base64.b32decode(data))


def _check32(data: bytes) -> None:
    """Look for the first byte that a strict reader refuses. Raises `_Corrupt`."""
    for place, byte in enumerate(data):
        if byte in _BASE32:
            continue
        filled, rest = place % 8, data[place + 1 :]
        if byte != _PAD or filled < 2 or len(rest) >= 8:
            raise _Corrupt(place)
        if len(rest) + filled < 7:
            raise _Corrupt(len(data))
        for ahead, other in enumerate(rest[: 7 - filled]):
            if other != _PAD:
                raise _Corrupt(place + ahead)
        if filled not in _WHOLE32:
            raise _Corrupt(place)
        return
    if len(data) % 8:
        raise _Corrupt(len(data) - len(data) % 8)


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
