"""How parent and child talk: frames of a length (four bytes, big-endian) and MessagePack.

The child trusts nothing in a frame but its form, the parent not even that: `LIMIT` bounds what it
reads of an answer.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from notifier.languages.seam import Escape

HEAD: Final = 4

LIMIT: Final = 1024 * 1024
"""Bytes of an answer: more than `OUTPUT` characters ever need."""

OUTPUT: Final = 64 * 1024
"""Characters that one text may become."""

DATA: Final = 8 * 1024 * 1024
"""Bytes of the variables of a task."""


class Work(msgspec.Struct, array_like=True):
    """Texts to render with the same variables (JSON); without any they are compiled only.

    Each text is the source, its partials and how data is defused.
    """

    scope: str
    texts: Sequence[tuple[str, Sequence[tuple[str, str]], Escape]]
    data: bytes | None = None


class Answer(msgspec.Struct, array_like=True):
    """What became of one text; `cpu_s` is what the child has used since it began."""

    text: str = ""
    error: str = ""
    line: int = 0
    cpu_s: float = 0.0


def pack(frame: Work | Answer) -> bytes:
    """Return the bytes of a frame."""
    body = msgspec.msgpack.encode(frame)
    return len(body).to_bytes(HEAD, "big") + body
