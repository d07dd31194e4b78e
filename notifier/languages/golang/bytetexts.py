"""Go's strings are bytes; ours are str, with bytes that are no UTF-8 kept as lone surrogates.

One invalid byte is one character of ours and one rune of Go's, so lengths in characters agree.
Other lone surrogates (JSON may smuggle them in) count as U+FFFD, which is what Go reads there.
"""

from __future__ import annotations

from typing import Final

REPLACEMENT: Final = "\ufffd"


def encode(text: str) -> bytes:
    """Return the bytes that Go would hold for a text."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        kept = "".join(
            REPLACEMENT if "\ud800" <= char < "\udc80" or "\udcff" < char <= "\udfff" else char
            for char in text
        )
        return kept.encode("utf-8", "surrogateescape")


def decode(data: bytes) -> str:
    """Return the text for bytes of Go; invalid ones become lone surrogates."""
    return data.decode("utf-8", "surrogateescape")


def size(text: str) -> int:
    """Return the length in bytes: what Go's `len` says."""
    return len(text) if text.isascii() else len(encode(text))


def settled(text: str) -> str:
    """Return a text put together from pieces in its one form: bytes of a character that were
    apart and now touch are that character again."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return decode(encode(text))
    return text


def printable(text: str) -> str:
    """Return a text that every encoder takes: U+FFFD for what is no UTF-8."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return encode(text).decode("utf-8", "replace")
    return text
