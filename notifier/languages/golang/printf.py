"""`fmt.Sprintf` and its relatives: reading a format (templates.md 3.4 traps 14 and 15).

`verbs.py` writes the single values. Nothing here fails on a wrong format: Go says in the text what
is wrong, and so do we. Sizes are charged to the run before anything is built.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from notifier.languages.golang import printing, runs
from notifier.languages.golang.values import GoInteger, Missing, type_name
from notifier.languages.golang.verbs import Verbs

MOST: Final = 1_000_000
"""The largest width, precision and argument number."""
_FLAGS: Final = frozenset("#0+- ")


def sprintf(run: runs.Run, format: str, args: Sequence[Any]) -> str:  # noqa: A002  # Go's name
    """Return what `fmt.Sprintf` does. Raises `Exceeded`."""
    return _Reading(run, format, args).text()


def sprint(args: Sequence[Any], run: runs.Run | None = None) -> str:
    """Return what `fmt.Sprint` does: a space between two operands that are no strings.

    Raises `Exceeded`.
    """
    if len(args) == 1:
        return printing.text(args[0], run)
    run = run or runs.Run()
    parts: list[str] = []
    after_text = True
    for arg in args:
        is_text = isinstance(arg, str)
        if not is_text and not after_text:
            parts.append(" ")
        _append(parts, arg, run)
        after_text = is_text
    return "".join(parts)


def sprintln(args: Sequence[Any], run: runs.Run | None = None) -> str:
    """Return what `fmt.Sprintln` does: spaces between all operands. Raises `Exceeded`."""
    run = run or runs.Run()
    parts: list[str] = []
    for place, arg in enumerate(args):
        if place:
            parts.append(" ")
        _append(parts, arg, run)
    parts.append("\n")
    return "".join(parts)


def _append(parts: list[str], arg: Any, run: runs.Run) -> None:
    piece = printing.text(arg, run)
    run.text(len(piece))
    parts.append(piece)


class _Reading:
    """Reads one format from left to right: `place` in the format, `next` argument."""

    __slots__ = ("after_index", "args", "format", "good_index", "next", "place", "reordered", "to")

    def __init__(self, run: runs.Run, format: str, args: Sequence[Any]) -> None:  # noqa: A002  # Go's name
        self.to = Verbs(run)
        self.format = format
        self.args = args
        self.place = 0
        self.next = 0
        self.reordered = False
        self.after_index = False
        self.good_index = True

    def text(self) -> str:
        """Write everything."""
        parts, text = self.to.parts, self.format
        while True:
            found = text.find("%", self.place)
            if found < 0:
                parts.append(text[self.place :])
                break
            parts.append(text[self.place : found])
            self.place = found + 1
            self._verb()
        if not self.reordered and self.next < len(self.args):
            self._extra()
        return "".join(parts)

    def _verb(self) -> None:
        """Write one verb; the place is after its percent sign."""
        to = self.to
        to.run.step()
        to.clear()
        self.good_index = True
        self._flags()
        self._index()
        self._width()
        self._precision()
        if not self.after_index:
            self._index()
        if self.place >= len(self.format):
            to.parts.append("%!(NOVERB)")
            return
        verb = self.format[self.place]
        self.place += 1
        if verb == "%":
            to.parts.append("%")
        elif not self.good_index:
            to.parts.append(f"%!{verb}(BADINDEX)")
        elif self.next >= len(self.args):
            to.parts.append(f"%!{verb}(MISSING)")
        else:
            if verb in "vw":
                to.go_syntax, to.sharp, to.plus = to.sharp, False, False
            self.next += 1
            to.value(self.args[self.next - 1], verb)

    def _flags(self) -> None:
        to = self.to
        while self._at() in _FLAGS:
            match self.format[self.place]:
                case "#":
                    to.sharp = True
                case "0":
                    to.zero = True
                case "+":
                    to.plus = True
                case "-":
                    to.minus = True
                case _:
                    to.space = True
            self.place += 1

    def _at(self) -> str:
        return self.format[self.place : self.place + 1]

    def _index(self) -> None:
        """Read the number of an argument, `[2]`, if there is one."""
        self.after_index = self._at() == "["
        if not self.after_index:
            return
        self.reordered = True
        closing = self.format.find("]", self.place)
        if closing < 0 or len(self.format) - self.place < 3:
            self.good_index = False
            self.after_index = False
            self.place += 1
            return
        number, end = self._number(self.place + 1, closing)
        self.place = closing + 1
        if number is None or end != closing:
            self.good_index = False
            self.after_index = False
        elif 1 <= number <= len(self.args):
            self.next = number - 1
        else:
            self.good_index = False

    def _number(self, start: int, end: int) -> tuple[int | None, int]:
        """Read digits; a number far too large swallows the rest up to `end`."""
        number: int | None = None
        while start < end and "0" <= self.format[start] <= "9":
            if (number or 0) > MOST:
                return None, end
            number = (number or 0) * 10 + int(self.format[start])
            start += 1
        return number, start

    def _star(self) -> int | None:
        """Take the next argument as a width or precision; None if it is no fitting integer."""
        self.place += 1
        self.after_index = False
        if self.next >= len(self.args):
            return None
        arg = self.args[self.next]
        self.next += 1
        if isinstance(arg, GoInteger):
            arg = arg.value
        if not isinstance(arg, int) or isinstance(arg, bool) or abs(arg) > MOST:
            return None
        return int(arg)

    def _width(self) -> None:
        to = self.to
        if self._at() != "*":
            to.width, self.place = self._number(self.place, len(self.format))
            if self.after_index and to.width is not None:
                self.good_index = False
            return
        to.width = self._star()
        if to.width is None:
            to.parts.append("%!(BADWIDTH)")
        elif to.width < 0:
            to.width, to.minus, to.zero = -to.width, True, False

    def _precision(self) -> None:
        to = self.to
        if self._at() != "." or self.place + 1 >= len(self.format):
            return
        self.place += 1
        if self.after_index:
            self.good_index = False
        self._index()
        if self._at() != "*":
            number, self.place = self._number(self.place, len(self.format))
            to.precision = number or 0
            return
        to.precision = self._star()
        if to.precision is not None and to.precision < 0:
            to.precision = None
        if to.precision is None:
            to.parts.append("%!(BADPREC)")

    def _extra(self) -> None:
        """Tell of the arguments that no verb took."""
        to = self.to
        to.clear()
        for place, arg in enumerate(self.args[self.next :]):
            to.parts.append(", " if place else "%!(EXTRA ")
            if not (arg is None or isinstance(arg, Missing)):
                to.parts.append(f"{type_name(arg)}=")
            to.value(arg, "v")
        to.parts.append(")")
