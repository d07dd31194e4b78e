"""What can go wrong with a template, in the words of Go's text/template: users search for them.

TemplateError
├ ParseError    the text is refused when it is loaded
└ ExecError     it fails with these data
"""

from __future__ import annotations

from notifier.languages.seam import LanguageError


class TemplateError(LanguageError):
    """A template cannot be parsed or executed.

    `line` and `column` count from 1 (columns in characters), `text` is the offending piece of the
    template.
    """

    def __init__(
        self, message: str, *, line: int = 0, column: int = 0, text: str = "", hint: str = ""
    ) -> None:
        super().__init__(message, line=line, column=column, hint=hint)
        self.text = text


class ParseError(TemplateError):
    """The text is no template."""


class ExecError(TemplateError):
    """The template fails with these data."""


def position(text: str, offset: int) -> tuple[int, int]:
    """Return line and column, counted from 1, of an offset in a text."""
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")
