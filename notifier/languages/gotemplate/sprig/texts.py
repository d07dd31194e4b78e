"""Sprig's functions on texts: cutting, trimming, joining, quoting (templates.md 3.3).

Lengths and positions are bytes, as in Go (trap 26).
"""

from __future__ import annotations

from typing import Any

from notifier.languages.golang import bytetexts, letters, quoting, runs
from notifier.languages.golang.values import GoError, StringMap, Strings
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig import casts


@register("-> string", "{{hello}}", "Hello!")
def hello() -> str:
    """Return a greeting; it shows that the functions are there."""
    return "Hello!"


@register("string -> string", '{{"  v1 " | trim}}', "v1", metered=True)
def trim(run: runs.Run, text: str) -> str:
    """Return the text without white space around it."""
    run.text(len(text))
    return text.strip(letters.SPACES)


@register(
    "string, string -> string",
    '{{trimAll "$" "$5.00$"}}',
    "5.00",
    "trimAll",
    "trimall",
    metered=True,
)
def trim_all(run: runs.Run, cutset: str, text: str) -> str:
    """Return the text without the characters of the first one around it."""
    run.text(len(text))
    return text.strip(cutset)


@register(
    "string, string -> string", '{{"v1.9" | trimPrefix "v"}}', "1.9", "trimPrefix", metered=True
)
def trim_prefix(run: runs.Run, prefix: str, text: str) -> str:
    """Return the text without a beginning."""
    run.text(len(text))
    return text.removeprefix(prefix)


@register(
    "string, string -> string", '{{"web-v1" | trimSuffix "-v1"}}', "web", "trimSuffix", metered=True
)
def trim_suffix(run: runs.Run, suffix: str, text: str) -> str:
    """Return the text without an end."""
    run.text(len(text))
    return text.removesuffix(suffix)


@register("string, string -> bool", '{{"canary" | contains "nar"}}', "true")
def contains(part: str, text: str) -> bool:
    """Tell whether the second text contains the first."""
    return part in text


@register("string, string -> bool", '{{"v1.9" | hasPrefix "v"}}', "true", "hasPrefix")
def has_prefix(prefix: str, text: str) -> bool:
    """Tell whether the second text begins with the first."""
    return text.startswith(prefix)


@register("string, string -> bool", '{{"web-v1" | hasSuffix "v1"}}', "true", "hasSuffix")
def has_suffix(suffix: str, text: str) -> bool:
    """Tell whether the second text ends with the first."""
    return text.endswith(suffix)


@register(
    "string, string, string -> string", '{{"a b c" | replace " " "-"}}', "a-b-c", metered=True
)
def replace(run: runs.Run, old: str, new: str, text: str) -> str:
    """Return the last text with one part replaced by another everywhere."""
    run.text(len(text) + text.count(old) * max(0, len(new) - len(old)))
    return bytetexts.settled(text.replace(old, new))


@register("int, string -> string", '{{"ab" | repeat 3}}', "ababab", metered=True)
def repeat(run: runs.Run, count: int, text: str) -> str:
    """Return the text so many times. Fails on a negative count."""
    if count < 0:
        raise GoError("strings: negative Repeat count")
    run.text(count * len(text))
    return text * count


@register("int, string -> string", '{{"rollout" | trunc 4}} {{"rollout" | trunc -3}}', "roll out")
def trunc(count: int, text: str) -> str:
    """Return the first bytes of the text, or with a negative count the last ones."""
    size = bytetexts.size(text)
    if count < 0:
        return _cut(text, size + count, size) if size + count > 0 else text
    return _cut(text, 0, count) if size > count else text


@register("int, int, string -> string", '{{"rollout" | substr 0 4}}', "roll")
def substr(start: int, end: int, text: str) -> str:
    """Return the bytes from start up to end; a negative start is 0, a negative or too large end
    takes all the rest. Fails where start is after end."""
    size = bytetexts.size(text)
    if start >= 0 and not 0 <= end <= size:
        end = size
    start = max(0, start)
    if not 0 <= start <= end <= size:
        raise GoError("runtime error: slice bounds out of range")
    return _cut(text, start, end)


def _cut(text: str, start: int, end: int) -> str:
    if text.isascii():
        return text[start:end]
    return bytetexts.decode(bytetexts.encode(text)[start:end])


@register("int, string -> string", '{{"hello world" | abbrev 8}}', "hello...")
def abbrev(width: int, text: str) -> str:
    """Return the text cut to a width of bytes (four or more) that ends with three dots."""
    return text if width < 4 else _abbreviated(text, 0, width)


@register(
    "int, int, string -> string",
    '{{"1234 5678 9123" | abbrevboth 5 10}}',
    "...5678...",
    "abbrevboth",
)
def abbrev_both(left: int, right: int, text: str) -> str:
    """Return the text cut at both ends, with three dots where something is missing."""
    return text if right < 4 or (left > 0 and right < 7) else _abbreviated(text, left, right)


def _abbreviated(text: str, offset: int, width: int) -> str:
    """Cut a text to a width so that the byte at an offset shows. Offsets up to 4 count as 0:
    the dots would take as much room."""
    size = bytetexts.size(text)
    if size <= width:
        return text
    offset = min(offset, size)
    if size - offset < width - 3:
        offset = size - (width - 3)
    if offset <= 4:
        return f"{_cut(text, 0, width - 3)}..."
    if offset + width - 3 < size:
        return f"...{_abbreviated(_cut(text, offset, size), 0, width - 3)}"
    return f"...{_cut(text, size - (width - 3), size)}"


@register("string, string, int -> string", '{{3 | plural "step" "steps"}}', "steps")
def plural(one: str, many: str, count: int) -> str:
    """Return the first text for a count of one, else the second."""
    return one if count == 1 else many


@register("...any -> string", '{{quote "a" 1}}', '"a" "1"', metered=True)
def quote(run: runs.Run, *values: Any) -> str:
    """Return the values as quoted and escaped texts with spaces between; nil is left out."""
    parts = [casts.text(run, value) for value in values if value is not None]
    run.text(4 * sum(map(len, parts)) + 3 * len(parts))
    return " ".join(map(quoting.quote, parts))


@register("...any -> string", '{{squote "a" 1}}', "'a' '1'", metered=True)
def squote(run: runs.Run, *values: Any) -> str:
    """Return the values in single quotes, unescaped, with spaces between; nil is left out."""
    return " ".join(f"'{casts.shown(run, value)}'" for value in values if value is not None)


@register("...any -> string", '{{cat "a" 1 nil "b"}}', "a 1 b", metered=True)
def cat(run: runs.Run, *values: Any) -> str:
    """Return the values as texts with spaces between; nil is left out."""
    return " ".join(casts.shown(run, value) for value in values if value is not None)


@register("any -> string", "{{toString 1.0}}", "1", "toString", metered=True)
def to_string(run: runs.Run, value: Any) -> str:
    """Return the value as text; bytes are the text they hold."""
    return casts.text(run, value)


@register(
    "any -> list",
    "{{range toStrings (list 1 true)}}<{{.}}>{{end}}",
    "<1><true>",
    "toStrings",
    metered=True,
)
def to_strings(run: runs.Run, value: Any) -> list[str]:
    """Return the items of a list as texts, without nil."""
    return casts.texts(run, value)


@register("string, any -> string", '{{list 1 "b" | join "-"}}', "1-b", metered=True)
def join(run: runs.Run, separator: str, value: Any) -> str:
    """Return the items of a list as texts with the separator between."""
    parts = casts.texts(run, value)
    run.text(sum(map(len, parts)) + len(parts) * len(separator))
    return bytetexts.settled(separator.join(parts))


@register(
    "string, string -> list", '{{index (splitList "/" "a/b") 1}}', "b", "splitList", metered=True
)
def split_list(run: runs.Run, separator: str, text: str) -> Strings:
    """Return the parts of the text between separators as a list."""
    return Strings(_split(run, separator, text, -1))


@register("string, string -> dict", '{{(split "/" "a/b")._1}}', "b", metered=True)
def split(run: runs.Run, separator: str, text: str) -> StringMap:
    """Return the parts of the text between separators as a map with the keys _0, _1 and so on."""
    return _numbered(_split(run, separator, text, -1))


@register("string, int, string -> dict", '{{(splitn "/" 2 "a/b/c")._1}}', "b/c", metered=True)
def splitn(run: runs.Run, separator: str, count: int, text: str) -> StringMap:
    """Return at most so many parts of the text as a map with the keys _0, _1 and so on; the last
    part keeps its separators."""
    return _numbered(_split(run, separator, text, count))


def _numbered(parts: list[str]) -> StringMap:
    return StringMap({f"_{place}": part for place, part in enumerate(parts)})


def _split(run: runs.Run, separator: str, text: str, count: int) -> list[str]:
    """Split a text into at most so many parts (any number if it is negative); without a separator
    into characters."""
    if count == 0:
        return []
    run.text(len(text))
    if not separator:
        run.items(len(text) if count < 0 else min(len(text), count))
        parts = list(text)
        return parts if not 0 < count < len(parts) else [*parts[: count - 1], text[count - 1 :]]
    run.items(1 + text.count(separator))
    return text.split(separator, count - 1 if count > 0 else -1)
