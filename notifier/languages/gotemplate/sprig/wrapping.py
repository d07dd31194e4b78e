"""Sprig's functions that put texts into lines (goutils 1.1: words end at spaces, widths are
bytes)."""

from __future__ import annotations

from typing import Final

from notifier.languages.golang import bytetexts, runs
from notifier.languages.golang.values import GoError
from notifier.languages.gotemplate.registry import register

_SPACE: Final = b" "


@register("int, string -> string", '{{"a\\nb" | indent 2}}', "  a\n  b", metered=True)
def indent(run: runs.Run, spaces: int, text: str) -> str:
    """Return the text with spaces before every line. Fails on a negative number."""
    if spaces < 0:
        raise GoError("strings: negative Repeat count")
    run.text(len(text) + (text.count("\n") + 1) * spaces)
    pad = " " * spaces
    return pad + text.replace("\n", f"\n{pad}")


@register("int, string -> string", '{{"a" | nindent 2}}', "\n  a", metered=True)
def nindent(run: runs.Run, spaces: int, text: str) -> str:
    """Return a new line and the text with spaces before every line."""
    return "\n" + indent(run, spaces, text)


@register("int, string -> string", '{{"one two three" | wrap 8}}', "one two\nthree", metered=True)
def wrap(run: runs.Run, width: int, text: str) -> str:
    """Return the text in lines of a width; longer words stay whole."""
    return _wrapped(run, text, width, "\n", breaking=False)


@register(
    "int, string, string -> string",
    '{{"one twothree" | wrapWith 5 "|"}}',
    "one|twoth|ree",
    "wrapWith",
    metered=True,
)
def wrap_with(run: runs.Run, width: int, separator: str, text: str) -> str:
    """Return the text in lines of a width with a separator between; longer words are broken."""
    return _wrapped(run, text, width, separator or "\n", breaking=True)


def _wrapped(run: runs.Run, text: str, width: int, separator: str, *, breaking: bool) -> str:
    data, between, width = bytetexts.encode(text), bytetexts.encode(separator), max(1, width)
    run.text(len(data))
    lines = bytearray()
    start = 0
    while len(data) - start > width:
        run.step()
        if data[start : start + 1] == _SPACE:
            start += 1
            continue
        end, following = _line_end(data, start, width, breaking=breaking)
        lines += data[start:end]
        start = following
        if end < len(data):
            run.text(len(between))
            lines += between
    return bytetexts.decode(bytes(lines + data[start:]))


def _line_end(data: bytes, start: int, width: int, *, breaking: bool) -> tuple[int, int]:
    """Return where a line ends and where the next one starts."""
    space = data.rfind(_SPACE, start, start + width + 1)
    if space < 0 and breaking:
        return start + width, start + width
    if space < 0:
        space = data.find(_SPACE, start + width)
    return (space, space + 1) if space >= 0 else (len(data), len(data))
