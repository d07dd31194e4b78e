"""encoding/json: values as Go writes and reads them (templates.md 3.4 traps 6, 20 and 31).

Every number that is read is a float. Texts come out with `<`, `>` and `&` escaped unless asked not
to, maps with their keys sorted bytewise.
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from notifier.languages.golang import bytetexts, numbers, printing, quoting, runs
from notifier.languages.golang.values import (
    GoError,
    GoObject,
    Int32,
    Int64,
    Missing,
    NilDict,
    NilList,
    NilStrings,
    Sealed,
    Uint8,
    Uint64,
    type_name,
)

_HTML: Final = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}
_SPECIAL: Final = re.compile("[\u2028\u2029\ud800-\udfff]")
"""Line separators, and bytes that are no UTF-8."""


def marshal(
    value: Any, *, indent: str = "", escape_html: bool = True, run: runs.Run | None = None
) -> str:
    """Return a value as JSON, on several lines if there is an indent.

    Raises `GoError` for what JSON cannot hold (functions, NaN, infinities, complex numbers) and
    `Exceeded` past the limits of the run.
    """
    writer = _Writer(run or runs.Run(), indent, escape_html)
    writer.write(value, 0)
    return "".join(writer.parts)


def number(value: float) -> str:
    """Return a float as JSON: an exponent below 1e-6 and from 1e21 on, not padded when negative.

    Raises `GoError` of NaN and infinities.
    """
    if not math.isfinite(value):
        raise GoError(f"json: unsupported value: {numbers.plain(value)}")
    size = abs(value)
    if size and not 1e-6 <= size < 1e21:
        return numbers.format_float(value, "e").replace("e-0", "e-")
    return numbers.format_float(value, "f")


def string(value: str, *, escape_html: bool = True) -> str:
    """Return a text as a JSON string; U+FFFD is written for bytes that are no UTF-8."""
    written = json.dumps(value, ensure_ascii=False)
    if not written.isascii():
        written = _SPECIAL.sub(_escaped, written)
    return written.translate(_HTML) if escape_html else written


def _escaped(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}" if found[0] in "\u2028\u2029" else "\\ufffd"


class _Writer:
    """Writes one value to `parts`."""

    __slots__ = ("escape_html", "indent", "parts", "run")

    def __init__(self, run: runs.Run, indent: str, escape_html: bool) -> None:
        self.run = run
        self.indent = indent
        self.escape_html = escape_html
        self.parts: list[str] = []

    def write(self, value: Any, depth: int) -> None:
        writer = _SCALARS.get(type(value))
        if type(value) is str:
            self._put(string(value, escape_html=self.escape_html))
        elif isinstance(value, Sealed):
            raise printing.sealed()
        elif writer is not None:
            self._put(writer(value))
        elif isinstance(value, GoObject):
            self.write(value.plain(), depth)
        elif isinstance(value, Mapping):
            self._mapping(value, depth)
        elif isinstance(value, list | tuple):
            self._items(value, depth)
        else:
            raise GoError(f"json: unsupported type: {type_name(value)}")

    def _put(self, piece: str) -> None:
        self.run.text(len(piece))
        self.parts.append(piece)

    def _line(self, depth: int) -> str:
        return "\n" + self.indent * depth if self.indent else ""

    def _mapping(self, mapping: Mapping[Any, Any], depth: int) -> None:
        if not all(isinstance(key, str) for key in mapping):
            raise GoError("json: unsupported type: map[interface {}]interface {}")
        if not mapping:
            self._put("{}")
            return
        depth = printing.descend(depth, self.run, len(mapping))
        separator, colon = "{" + self._line(depth), ": " if self.indent else ":"
        for key, item in sorted(mapping.items()):
            self._put(separator)
            self._put(string(key, escape_html=self.escape_html) + colon)
            self.write(item, depth)
            separator = "," + self._line(depth)
        self._put(self._line(depth - 1) + "}")

    def _items(self, items: Any, depth: int) -> None:
        if not items:
            self._put("[]")
            return
        depth = printing.descend(depth, self.run, len(items))
        separator = "[" + self._line(depth)
        for item in items:
            self._put(separator)
            self.write(item, depth)
            separator = "," + self._line(depth)
        self._put(self._line(depth - 1) + "]")


_SCALARS: Final[Mapping[type, Callable[[Any], str]]] = {
    bool: printing.bool_text,
    int: str,
    Int64: str,
    Int32: str,
    Uint8: str,
    Uint64: str,
    float: number,
    bytes: lambda value: f'"{base64.b64encode(value).decode()}"',
    type(None): lambda _: "null",
    Missing: lambda _: "null",
    NilDict: lambda _: "null",
    NilList: lambda _: "null",
    NilStrings: lambda _: "null",
}
"""How each type without parts, but for texts, is written."""


def unmarshal(text: str, run: runs.Run | None = None) -> Any:
    """Return the value of a JSON text. Raises `GoError` for what is no JSON (a number past the
    range of floats neither is) and `Exceeded`."""
    (run or runs.Run()).items(sum(map(text.count, "[{,")))
    text = bytetexts.printable(text)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as err:
        raise GoError(_told(text, err)) from None
    except RecursionError:
        raise GoError("exceeded max depth") from None
    return _mended(value) if _LONE.search(text) else value


_SPACES: Final = " \t\r\n"
_LONE: Final = re.compile(r"\\u[dD][89a-fA-F]")
"""Half a pair of surrogates, or a whole one."""


def _float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise GoError(f"json: cannot unmarshal number {digits} into Go value of type float64")
    return value


def _no_constant(name: str) -> float:
    raise GoError(f"invalid character '{name[0]}' looking for beginning of value")


_DECODER: Final = json.JSONDecoder(
    parse_float=_float, parse_int=_float, parse_constant=_no_constant
)


def _told(text: str, err: json.JSONDecodeError) -> str:
    rest = text[err.pos :]
    if not rest.strip(_SPACES):
        return "unexpected end of JSON input"
    if not err.msg.startswith("Invalid control"):
        rest = rest.lstrip(_SPACES)
    return f"invalid character {quoting.quote_rune(ord(rest[0]))} at offset {err.pos}"


def _mended(value: Any) -> Any:
    """Return a value with U+FFFD for halves of surrogate pairs."""
    if isinstance(value, str):
        return bytetexts.REPLACEMENT.join(_SURROGATE.split(value))
    if isinstance(value, list):
        return [_mended(item) for item in value]
    if isinstance(value, dict):
        return {_mended(key): _mended(item) for key, item in value.items()}
    return value


_SURROGATE: Final = re.compile("[\ud800-\udfff]")
