"""`html`, `js`, `urlquery`: the text of their arguments, escaped (templates.md 3.4, trap 20)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote_plus

from notifier.languages.golang import bytetexts, printf, quoting, runs
from notifier.languages.gotemplate.registry import register

_HTML: Final = {
    ord(char): escape
    for char, escape in zip(
        "\0\"'&<>", ("\ufffd", "&#34;", "&#39;", "&amp;", "&lt;", "&gt;"), strict=True
    )
}
_JS: Final = {"\\": "\\\\", "'": "\\'", '"': '\\"'}
_SPECIAL: Final = re.compile(r"[\\'\"<>&=\x00-\x1f]|[^\x00-\x7f]")


def _text(run: runs.Run, args: Sequence[Any]) -> str:
    """Print the arguments as `print` does, but nil as an action prints it."""
    if len(args) == 1 and type(args[0]) is str:
        text = args[0]
    else:
        text = printf.sprint(["<no value>" if arg is None else arg for arg in args], run)
    run.text(len(text))
    return text


@register("...any -> string", '{{html "a<b"}}', "a&lt;b", metered=True)
def html(run: runs.Run, *args: Any) -> str:
    """Return the text escaped for HTML."""
    text = _text(run, args).translate(_HTML)
    run.text(len(text))
    return text


@register("...any -> string", '{{js "it\'s"}}', "it\\'s", metered=True)
def js(run: runs.Run, *args: Any) -> str:
    """Return the text escaped for a JavaScript string."""
    text = _SPECIAL.sub(_js, _text(run, args))
    run.text(len(text))
    return text


def _js(match: re.Match[str]) -> str:
    char = match.group()
    if char in _JS:
        return _JS[char]
    if char > "\x7f" and ("\udc80" <= char <= "\udcff" or quoting.printable(char)):
        return char
    return f"\\u{ord(char):04X}"


@register("...any -> string", '{{urlquery "a b&c"}}', "a+b%26c", metered=True)
def urlquery(run: runs.Run, *args: Any) -> str:
    """Return the text escaped for the query of a URL."""
    text = quote_plus(bytetexts.encode(_text(run, args)), safe="")
    run.text(len(text))
    return text
