"""Sprig's random texts and numbers: drawn from the chance of the run, so equal runs agree."""

from __future__ import annotations

import base64
import string
import uuid
from typing import Final

from notifier.languages.golang import runs
from notifier.languages.golang.values import GoError
from notifier.languages.gotemplate.registry import register

_PRINTABLE: Final = "".join(map(chr, range(32, 127)))


@register("-> string", "{{uuidv4 | len}}", "36", metered=True)
def uuidv4(run: runs.Run) -> str:
    """Return a random UUID."""
    return str(uuid.UUID(bytes=run.chance(16), version=4))


@register("int -> string", "{{randAlphaNum 5 | len}}", "5", "randAlphaNum", metered=True)
def rand_alpha_num(run: runs.Run, count: int) -> str:
    """Return so many random letters and digits."""
    return _drawn(run, string.ascii_letters + string.digits, count)


@register("int -> string", "{{randAlpha 5 | len}}", "5", "randAlpha", metered=True)
def rand_alpha(run: runs.Run, count: int) -> str:
    """Return so many random letters."""
    return _drawn(run, string.ascii_letters, count)


@register("int -> string", "{{randNumeric 5 | len}}", "5", "randNumeric", metered=True)
def rand_numeric(run: runs.Run, count: int) -> str:
    """Return so many random digits."""
    return _drawn(run, string.digits, count)


@register("int -> string", "{{randAscii 5 | len}}", "5", "randAscii", metered=True)
def rand_ascii(run: runs.Run, count: int) -> str:
    """Return so many random characters of ASCII that print."""
    return _drawn(run, _PRINTABLE, count)


def _drawn(run: runs.Run, letters: str, count: int) -> str:
    """Draw characters, of two bytes of chance each; a negative count draws none."""
    drawn = run.chance(2 * max(0, count))
    return "".join(
        letters[int.from_bytes(drawn[place : place + 2]) % len(letters)]
        for place in range(0, len(drawn), 2)
    )


@register("int, int -> int", "{{randInt 3 4}}", "3", "randInt", metered=True)
def rand_int(run: runs.Run, low: int, high: int) -> int:
    """Return a random number from the first up to the second, which is left out."""
    if high <= low:
        raise GoError("invalid argument to Intn")
    return low + _below(run, high - low)


@register("int -> string", "{{randBytes 3 | len}}", "4", "randBytes", metered=True)
def rand_bytes(run: runs.Run, count: int) -> str:
    """Return so many random bytes in base 64."""
    if count < 0:
        raise GoError("runtime error: makeslice: len out of range")
    run.text(4 * count // 3)
    return base64.b64encode(run.chance(count)).decode()


@register("string -> string", '{{shuffle "hello" | len}}', "5", metered=True)
def shuffle(run: runs.Run, text: str) -> str:
    """Return the characters of the text in random order."""
    run.items(len(text))
    letters = list(text)
    for place in range(len(letters) - 1, 0, -1):
        other = _below(run, place + 1)
        letters[place], letters[other] = letters[other], letters[place]
    return "".join(letters)


def _below(run: runs.Run, limit: int) -> int:
    return int.from_bytes(run.chance(16)) % limit
