"""What one execution carries through the compiled closures, and how its faults find their place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NoReturn

from notifier.languages.golang import runs
from notifier.languages.gotemplate import errors, nodes


class Unset:
    """The type of `UNSET`."""

    __slots__ = ()


UNSET: Final = Unset()
"""What a variable holds before its declaration is executed."""


class Frame:
    """One call of one template: `emit` takes output, `values` are the variables by slot (the first
    is `$`), `depth` counts the calls above."""

    __slots__ = ("depth", "emit", "run", "values")

    def __init__(
        self, emit: Callable[[str], None], run: runs.Run, values: list[Any], depth: int
    ) -> None:
        self.emit = emit
        self.run = run
        self.values = values
        self.depth = depth


Expression = Callable[[Frame, Any], Any]
"""A compiled expression: takes the frame and the dot, returns a value."""

Statement = Callable[[Frame, Any], str]
"""A compiled statement or body: emits its output but for the last piece, which it returns."""


class Source:
    """The text that is compiled: makes the errors of its nodes. `where` stands before the errors
    of a text that others include; they have no line of those others."""

    __slots__ = ("text", "where")

    def __init__(self, text: str, where: str = "") -> None:
        self.text = text
        self.where = where

    def error(self, node: nodes.Shown, message: str) -> errors.ExecError:
        """Return the error of a node."""
        if self.where:
            return errors.ExecError(self.where + message, text=nodes.show(node))
        line, column = errors.position(self.text, node.offset)
        return errors.ExecError(message, line=line, column=column, text=nodes.show(node))

    def failing(self, node: nodes.Shown, message: str) -> Expression:
        """Return an expression that always fails."""

        def fail(_frame: Frame, _dot: Any) -> NoReturn:
            raise self.error(node, message)

        return fail
