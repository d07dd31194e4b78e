"""How a text falls into words, for camel, snake and kebab case (xstrings 1.5, trap 32)."""

from __future__ import annotations

import re
from typing import Final

from notifier.languages.golang import letters

CONNECTOR: Final = "c"
PUNCTUATION: Final = "p"
UPPER: Final = "u"
ALPHABET: Final = "a"
NUMBER: Final = "n"
OTHER: Final = "o"
END: Final = ""

_DASH: Final = "d"
_WORDS: Final = re.compile(r"ua+|u+(?=ua)|u+|[cd]+|p[pd]*|a+|n+|o+")
"""Words as classes: "Web", "HTTP" before "Server", capitals, then runs of one class. Hyphens and
underscores connect words, but not after other punctuation: there they are punctuation too."""

_IDEOGRAPHS: Final = ((0x3400, 0x4D85), (0x4E00, 0x9FCC), (0x20000, 0x2B81D))


def is_connector(letter: str) -> bool:
    """Tell whether a character stands between words: hyphen, underscore or white space."""
    return letter in ("-", "_") or letters.is_space(letter)


def _class(letter: str) -> str:
    if is_connector(letter):
        return _DASH if letter in ("-", "_") else CONNECTOR
    if letters.is_punctuation(letter):
        return PUNCTUATION
    if letters.is_upper(letter):
        return UPPER
    if letters.is_letter(letter):
        code = ord(letter)
        return OTHER if any(low <= code <= high for low, high in _IDEOGRAPHS) else ALPHABET
    return NUMBER if letters.is_number(letter) else OTHER


def pascal(text: str) -> str:
    """Return the words of a text joined with capitals first; connectors in front stay."""
    bare = text.lstrip("".join({letter for letter in text if is_connector(letter)}) or None)
    out = [text[: len(text) - len(bare)]]
    if not bare:
        return text + text[-1:]
    previous, lowering = letters.upper(bare[0]), letters.is_upper(bare[0])
    for letter in bare[1:]:
        current = letter
        if is_connector(previous) and not is_connector(letter):
            lowering = letters.is_upper(letter)
            current = letters.upper(letter)
        else:
            out.append(previous)
            if lowering and not is_connector(previous):
                lowering = letters.is_upper(letter)
                current = letters.lower(letter) if lowering else letter
        previous = current
    return "".join(out) + previous


def separated(text: str, connector: str) -> str:
    """Return the words of a text in small letters with a connector between. A number that small
    letters follow begins a word, other numbers end one."""
    return _Separating(text, connector).joined()


class _Separating:
    """The words of one text on their way out."""

    __slots__ = ("connector", "out", "place", "words")

    def __init__(self, text: str, connector: str) -> None:
        self.connector = connector
        self.words = _split(text)
        self.place = 0
        self.out: list[str] = []

    def joined(self) -> str:
        """Return all words."""
        while self.place < len(self.words) - 1:
            kind = self.kind
            self._take()
            if kind == NUMBER:
                self._after_number()
            elif kind not in (CONNECTOR, PUNCTUATION):
                self._after_word()
        if self.place < len(self.words):
            self._take()
        return "".join(self.out)

    @property
    def kind(self) -> str:
        """The kind of the word in turn."""
        return self.words[self.place][0] if self.place < len(self.words) else END

    def _take(self) -> None:
        kind, word = self.words[self.place]
        if kind == CONNECTOR:
            word = self.connector * len(word)
        elif kind == UPPER:
            word = "".join(letters.lower(each) if letters.is_upper(each) else each for each in word)
        self.out.append(word)
        self.place += 1

    def _after_word(self) -> None:
        if self.kind != NUMBER:
            self._connect()
            return
        if self.place == len(self.words) - 1:
            return
        if self.words[self.place + 1][0] == ALPHABET:
            self.out.append(self.connector)
            self._after_number()
        else:
            self._take()
            self._connect()

    def _after_number(self) -> None:
        while self.kind in (ALPHABET, NUMBER):
            self._take()
        self._connect()

    def _connect(self) -> None:
        if self.kind not in (CONNECTOR, PUNCTUATION, END):
            self.out.append(self.connector)


def _split(text: str) -> list[tuple[str, str]]:
    classes = "".join(map(_class, text))
    return [
        (found[0][0].replace(_DASH, CONNECTOR), text[found.start() : found.end()])
        for found in _WORDS.finditer(classes)
    ]
