"""From text to tokens (parser/lexer of the original): one at a time, as the parser asks for them.

Some habits of the original are kept because texts depend on them: `&!=*<>` take one more of
`&=*`, a point before a digit starts a number, and `not` looks ahead for the word it negates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from typing_extensions import override

from notifier.languages.expr import literals
from notifier.languages.expr.errors import Fault
from notifier.languages.golang import bytetexts, letters, quoting

Kind = Literal["Identifier", "Number", "String", "Bytes", "Operator", "Bracket", "EOF"]

WORDS: Final = frozenset(
    ("in", "or", "and", "matches", "contains", "startsWith", "endsWith", "let", "if", "else")
)
"""Words that are operators wherever they stand; `not` is one too."""

NEGATABLE: Final = frozenset(("in", "matches", "contains", "startsWith", "endsWith"))
"""Operators that may follow `not`."""

_NUMBER: Final = {
    "x": re.compile("[0-9a-fA-F_]*"),
    "o": re.compile("[0-7_]*"),
    "b": re.compile("[01_]*"),
    "": re.compile("[0-9_]*"),
}
_SINGLE: Final = frozenset(",;%+-^")
_DOUBLE: Final = {**dict.fromkeys("&!=*<>", "&=*"), "?": ".?", "|": "|", ":": ":", "#": "#"}


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text; `value` of a string is what it stands for."""

    kind: Kind
    value: str
    at: int

    @override
    def __str__(self) -> str:
        """Return the token as errors show it."""
        return f"{self.kind}({quoting.quote(self.value)})" if self.value else self.kind


def is_word(char: str) -> bool:
    """Tell whether a character may stand in a name."""
    if char.isascii():
        return char.isalnum() or char in "_$"
    return letters.is_letter(char) or letters.is_digit(char)


def tokens(text: str) -> Iterator[Token]:
    """Give the tokens of a text, the last of kind `EOF`. Raises `Fault`."""
    return Lexer(text).tokens()


class Lexer:
    """Reads one text; `_here` is the next character, `_start` where the token began."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._start = 0
        self._here = 0

    def tokens(self) -> Iterator[Token]:
        """Give the tokens. Raises `Fault`."""
        text = self._text
        while self._here < len(text):
            self._start = self._here
            char = text[self._here]
            if letters.is_space(char):
                self._here += 1
            elif text.startswith(("//", "/*"), self._here):
                self._comment()
            else:
                yield from self._token(char)
        yield Token("EOF", "", max(len(text) - 1, 0))

    def _token(self, char: str) -> Iterator[Token]:
        following = self._text[self._here + 1 : self._here + 2]
        if char in "'\"`" or (char in "bB" and following and following in "'\""):
            yield self._literal(char)
        elif "0" <= char <= "9" or (char == "." and "0" <= following <= "9"):
            yield self._number()
        elif char in "([{)]}":
            yield self._emit("Bracket", 1)
        elif char in _SINGLE or char == "/":
            yield self._emit("Operator", 1)
        elif char in _DOUBLE or char == ".":
            more = following and following in _DOUBLE.get(char, ".")
            yield self._emit("Operator", 2 if more else 1)
            if char == "#":
                yield from self._pointer_name()
        elif is_word(char):
            yield from self._word()
        else:
            shown = f" '{char}'" if quoting.printable(char) else ""
            raise Fault(f"unrecognized character: U+{ord(char):04X}{shown}", self._here)

    def _emit(self, kind: Kind, length: int) -> Token:
        self._here = self._start + length
        return Token(kind, self._text[self._start : self._here], self._start)

    def _comment(self) -> None:
        line = self._text[self._here + 1] == "/"
        end = self._text.find("\n" if line else "*/", self._here + 2)
        if end < 0 and not line:
            raise Fault("unclosed comment", len(self._text))
        self._here = len(self._text) if end < 0 else end + (1 if line else 2)

    def _literal(self, char: str) -> Token:
        if char == "`":
            value, self._here = literals.raw(self._text, self._here)
            return Token("String", value, self._start)
        if char in "'\"":
            value, self._here = literals.string(self._text, self._here)
            return Token("String", value, self._start)
        data, self._here = literals.byte_string(self._text, self._here + 1)
        return Token("Bytes", bytetexts.decode(data), self._start)

    def _number(self) -> Token:
        text, here = self._text, self._here + self._text.startswith(".", self._here)
        base = text[here + 1 : here + 2].lower() if text.startswith("0", here) else ""
        digits = _NUMBER[base if base in ("x", "o", "b") else ""]
        here = self._run(digits, here + 2 if base in ("x", "o", "b") else here)
        if text.startswith(".", here):
            if text.startswith("..", here):
                return self._emit("Number", here - self._start)
            here = self._run(digits, here + 1)
        if text[here : here + 1] in ("e", "E"):
            here += 1
            here = self._run(digits, here + (text[here : here + 1] in ("+", "-")))
        if here < len(text) and is_word(text[here]):
            shown = quoting.quote(text[self._start : here + 1])
            raise Fault(f"bad number syntax: {shown}", here)
        return self._emit("Number", here - self._start)

    def _run(self, digits: re.Pattern[str], here: int) -> int:
        found = digits.match(self._text, here)
        return found.end() if found else here

    def _word_end(self, here: int) -> int:
        while here < len(self._text) and is_word(self._text[here]):
            here += 1
        return here

    def _pointer_name(self) -> Iterator[Token]:
        end = self._word_end(self._here)
        if end > self._here:
            self._start = self._here
            yield self._emit("Identifier", end - self._start)

    def _word(self) -> Iterator[Token]:
        word = self._emit("Identifier", self._word_end(self._here) - self._start)
        if word.value != "not":
            yield Token("Operator", word.value, word.at) if word.value in WORDS else word
            return
        yield Token("Operator", "not", word.at)
        start = self._here
        while self._text.startswith(" ", start):
            start += 1
        end = self._word_end(start)
        if self._text[start:end] in NEGATABLE:
            self._here = end
            yield Token("Operator", self._text[start:end], start)
