"""The literals of templates: strings, and numbers that have no type until they are used.

After `newNumber` of `text/template/parse/node.go` and `idealConstant` of `exec.go`: one spelling
may stand for an int, an unsigned int, a float and a complex number at once.
"""

from __future__ import annotations

from typing import Any, Final

from notifier.languages.golang import numbers, quoting
from notifier.languages.golang.values import GoError
from notifier.languages.gotemplate import lexer, nodes

_BYTE: Final = 0xDC00
"""Added to a byte that is no UTF-8 where it stands in a text."""


def string(offset: int, source: str) -> nodes.String:
    """Read a string in quotes or backquotes. Raises `GoError`."""
    return nodes.String(offset, source, quoting.unquote(source))


def number(kind: str, source: str, offset: int) -> nodes.Number:
    """Read a number; `kind` is the kind of its token. Raises `GoError`."""
    if kind == lexer.CHARACTER:
        char = quoting.unquote(source)
        if not char:
            raise GoError("invalid syntax")
        code = ord(char)
        if _BYTE <= code <= _BYTE + 0xFF:  # an escape such as \xff is a number here, not a byte
            code -= _BYTE
        return nodes.Number(
            offset=offset, source=source, integer=code, unsigned=code, real=float(code)
        )
    if kind == lexer.COMPLEX:
        return _complex(offset, source)
    if source.endswith("i"):
        imaginary = _float(source[:-1])
        if imaginary is not None:
            return _simplified(offset, source, complex(0, imaginary))
    return _real(offset, source)


def ideal(node: nodes.Number) -> Any:
    """Return a number where nothing says what type it should have. Raises `GoError` if it is an
    integer and too large for an int."""
    source = node.source
    if node.imaginary is not None:
        return node.imaginary
    if node.real is not None and _looks_real(source):
        return node.real
    if node.integer is not None:
        return node.integer
    raise GoError(f"{source} overflows int")


def _looks_real(source: str) -> bool:
    """Say whether a number is written as a float; `'e'` and `0xe` are not."""
    if source.startswith("'"):
        return False
    if len(source) > 2 and source[:2] in ("0x", "0X") and "p" not in source.lower():
        return False
    return any(char in source for char in ".eEpP")


def _real(offset: int, source: str) -> nodes.Number:
    if source.isdecimal() and source.isascii() and len(source) < 19 and source[0] != "0":
        whole = int(source)
        return nodes.Number(
            offset=offset, source=source, integer=whole, unsigned=whole, real=float(whole)
        )
    unsigned = _integer(numbers.parse_uint, source)
    integer = _integer(numbers.parse_int, source)
    if integer == 0:
        unsigned = 0
    either = integer if integer is not None else unsigned
    if either is not None:
        return nodes.Number(
            offset=offset, source=source, integer=integer, unsigned=unsigned, real=float(either)
        )
    real = _float(source)
    if real is None:
        raise GoError(f"illegal number syntax: {quoting.quote(source)}")
    if not any(char in source for char in ".eEpP"):
        raise GoError(f"integer overflow: {quoting.quote(source)}")
    return nodes.Number(
        offset=offset, source=source, integer=_as_int(real), unsigned=_as_uint(real), real=real
    )


def _complex(offset: int, source: str) -> nodes.Number:
    first = lexer.DIGITS.match(source)
    split = first.end() if first else 0
    real, imaginary = _float(source[:split]), _float(source[split:-1])
    if real is None or imaginary is None:
        raise GoError("syntax error scanning complex number")
    return _simplified(offset, source, complex(real, imaginary))


def _simplified(offset: int, source: str, value: complex) -> nodes.Number:
    """A complex number, and the simpler ones it is if it has no imaginary part."""
    if value.imag != 0:
        return nodes.Number(offset=offset, source=source, imaginary=value)
    return nodes.Number(
        offset=offset,
        source=source,
        integer=_as_int(value.real),
        unsigned=_as_uint(value.real),
        real=value.real,
        imaginary=value,
    )


def _integer(parse: Any, source: str) -> int | None:
    try:
        return int(parse(source, 0, 64))
    except GoError:
        return None


def _float(source: str) -> float | None:
    try:
        return numbers.parse_float(source)
    except GoError:
        return None


def _as_int(real: float) -> int | None:
    whole = numbers.to_int64(real)
    return whole if float(whole) == real else None


def _as_uint(real: float) -> int | None:
    whole = numbers.to_uint64(real)
    return whole if float(whole) == real else None
