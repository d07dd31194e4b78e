"""Classes and cases of single characters, as Go's `unicode` package has them.

Go maps one rune to one rune; Python's `str.upper` and its like map texts ("ß" to "SS", a final
sigma to "ς"). Bytes that are no UTF-8 (lone surrogates, `values.py`) are in no class and have no
case.
"""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Callable
from typing import Final

SPACES: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""White space (`unicode.IsSpace`); Python's own notion takes in the separators 0x1c to 0x1f."""

_SPACES: Final = frozenset(SPACES)


def is_space(letter: str) -> bool:
    """Tell whether a character is white space."""
    return letter in _SPACES


def is_upper(letter: str) -> bool:
    """Tell whether a character is a capital."""
    return unicodedata.category(letter) == "Lu"


def is_lower(letter: str) -> bool:
    """Tell whether a character is a small letter."""
    return unicodedata.category(letter) == "Ll"


def is_title(letter: str) -> bool:
    """Tell whether a character is a title-case letter, such as "ǅ"."""
    return unicodedata.category(letter) == "Lt"


def is_letter(letter: str) -> bool:
    """Tell whether a character is a letter."""
    return unicodedata.category(letter)[0] == "L"


def is_number(letter: str) -> bool:
    """Tell whether a character is a number of any kind."""
    return unicodedata.category(letter)[0] == "N"


def is_digit(letter: str) -> bool:
    """Tell whether a character is a decimal digit."""
    return unicodedata.category(letter) == "Nd"


def is_punctuation(letter: str) -> bool:
    """Tell whether a character is punctuation."""
    return unicodedata.category(letter)[0] == "P"


@functools.lru_cache(maxsize=4096)
def upper(letter: str) -> str:
    """Return the capital of a character: one character."""
    found = letter.upper()
    return found if len(found) == 1 else title(letter)


@functools.lru_cache(maxsize=4096)
def lower(letter: str) -> str:
    """Return the small letter of a character: one character."""
    return letter.lower()[0]


@functools.lru_cache(maxsize=4096)
def title(letter: str) -> str:
    """Return the title case of a character: one character."""
    found = letter.title()
    return found if len(found) == 1 else letter


def to_upper(text: str) -> str:
    """Return a text in capitals (`strings.ToUpper`)."""
    return text.upper() if text.isascii() else _map(upper, text)


def to_lower(text: str) -> str:
    """Return a text in small letters (`strings.ToLower`)."""
    return text.lower() if text.isascii() else _map(lower, text)


def _map(change: Callable[[str], str], text: str) -> str:
    return "".join(map(change, text))
