"""What can go wrong with an expression, with the place and the caret of the original.

ExprError                 everything a caller of this package sees
├ CompileError            the text is no valid expression
└ EvalError               a valid expression failed on its data

`Fault` stays inside the package: an operation that failed before its place is known.
"""

from __future__ import annotations

from typing import Self

from typing_extensions import override

from notifier.languages.seam import LanguageError


class ExprError(LanguageError):
    """An expression failed; `message` is in the original's words, `line` and `column` count from
    1, `caret` shows the source line and a mark below it (empty where the line is empty)."""

    def __init__(self, message: str, *, line: int = 0, column: int = 0, caret: str = "") -> None:
        super().__init__(message, line=line, column=column)
        self.caret = caret

    @classmethod
    def at(cls, message: str, text: str, offset: int) -> Self:
        """Return the error at a character offset of the source (file/error.go)."""
        line, column, caret = locate(text, offset)
        return cls(message, line=line, column=column, caret=caret)


class CompileError(ExprError):
    """The text is no valid expression."""


class EvalError(ExprError):
    """A valid expression failed on its data."""


class Fault(Exception):
    """An operation failed; `offset` is the place in the source once known."""

    def __init__(self, message: str, offset: int = -1) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset

    def placed(self, offset: int) -> Fault:
        """Return the fault with its place; the innermost place wins."""
        if self.offset < 0:
            self.offset = offset
        return self

    @override
    def __str__(self) -> str:
        return self.message


def locate(text: str, offset: int) -> tuple[int, int, str]:
    """Return line and column, from 1, and the source line with a caret below it."""
    offset = min(max(offset, 0), len(text))
    start = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", start)
    line = text[start:] if end < 0 else text[start:end]
    column = offset - start
    shown = line.replace("\t", " ")
    caret = f" | {shown}\n | {'.' * column}^" if line else ""
    return text.count("\n", 0, start) + 1, column + 1, caret
