"""Go's numbers: sizes and overflow, parsing and printing (templates.md 3.4 traps 6 and 27).

Follows Go's `strconv` and, where the language leaves it to the processor, amd64.
"""

from __future__ import annotations

import math
import re
from typing import Final

from notifier.languages.golang import quoting
from notifier.languages.golang.values import GoError

MIN_INT64: Final = -(2**63)
MAX_INT64: Final = 2**63 - 1
MAX_UINT64: Final = 2**64 - 1

_SHIFTED: Final = 2**63
_SHOWN: Final = 100
"""Characters of a faulty text that an error shows."""
_DECIMAL: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_HEXADECIMAL: Final = re.compile(
    r"[+-]?0[xX](?:[0-9a-fA-F]+(?:\.[0-9a-fA-F]*)?|\.[0-9a-fA-F]+)[pP][+-]?[0-9]+"
)
_SPECIAL: Final = re.compile(r"[+-]?inf(?:inity)?|nan", re.IGNORECASE)
_TAIL: Final = re.compile(r"[pP].*|[eE].*")
_BINARY_TAIL: Final = re.compile(r"[pP].*")
_ALPHABET: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def wrap_int64(number: int) -> int:
    """Return an integer as an int64 holds it after overflow."""
    if MIN_INT64 <= number <= MAX_INT64:
        return number
    return ((number + _SHIFTED) & MAX_UINT64) - _SHIFTED


def wrap_uint64(number: int) -> int:
    """Return an integer as a uint64 holds it after overflow."""
    return number & MAX_UINT64


def wrap(number: int, bits: int, signed: bool) -> int:
    """Return an integer as one of so many bits holds it after overflow."""
    number &= (1 << bits) - 1
    return number - (1 << bits) if signed and number >> (bits - 1) else number


def to_int64(number: float) -> int:
    """Convert a float to int64 as amd64 does: towards zero; the smallest int64 for what does not
    fit, NaN and the infinities."""
    if -9223372036854775808.0 <= number < 9223372036854775808.0:
        return int(number)
    return MIN_INT64


def to_uint64(number: float) -> int:
    """Convert a float to uint64 as amd64 does: towards zero, negative numbers wrap; 2**63 for what
    does not fit."""
    if -9223372036854775808.0 <= number < 18446744073709551616.0:
        return int(number) & MAX_UINT64
    return _SHIFTED


def divide(left: int, right: int) -> int:
    """Divide int64s towards zero. Raises `GoError` on division by zero."""
    if right == 0:
        raise GoError("runtime error: integer divide by zero")
    quotient = abs(left) // abs(right)
    return wrap_int64(quotient if (left < 0) == (right < 0) else -quotient)


def modulo(left: int, right: int) -> int:
    """Return the remainder of `divide`; it has the sign of `left`. Raises `GoError`."""
    if right == 0:
        raise GoError("runtime error: integer divide by zero")
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def plain(number: float) -> str:
    """Return what `%v` prints of a float64: the shortest `%g`, with an exponent below 1e-4 and
    from 1e6 on (trap 6)."""
    if 1e-4 <= number < 1e6 or -1e6 < number <= -1e-4:
        text = repr(number)
        return text.removesuffix(".0")
    return format_float(number)


def format_float(number: float, verb: str = "g", precision: int = -1) -> str:
    """Return a float as `strconv.FormatFloat` does for 64 bits.

    `verb` is one of `e E f F g G x X b`; precision -1 takes the fewest digits that read back to
    the same number.
    """
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "+Inf" if number > 0 else "-Inf"
    if verb == "b":
        return _binary(number)
    if verb in "xX":
        return _hexadecimal(number, verb, precision)
    if precision < 0:
        return _shortest(number, verb)
    return f"{number:.{precision}{verb}}"


def digits(number: float) -> tuple[str, str, int]:
    """Return sign (`-` or nothing), shortest digits and position of the point: 12.5 is
    ("", "125", 2), 0 is ("", "", 0)."""
    text = repr(number)
    sign = "-" if text[0] == "-" else ""
    mantissa, _, exponent = text[len(sign) :].partition("e")
    whole, _, fraction = mantissa.partition(".")
    found = (whole + fraction).lstrip("0")
    if not found.rstrip("0"):
        return sign, "", 0
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(found))
    return sign, found.rstrip("0"), point


def _shortest(number: float, verb: str) -> str:
    sign, found, point = digits(number)
    lower = verb.lower()
    if lower == "g":
        lower = "f" if not found or -4 < point <= 6 else "e"
    if lower == "f":
        return sign + positional(found, point)
    exponent = point - 1 if found else 0
    found = found or "0"
    mantissa = f"{found[0]}.{found[1:]}" if len(found) > 1 else found
    marker = "E" if verb.isupper() else "e"
    return f"{sign}{mantissa}{marker}{'-' if exponent < 0 else '+'}{abs(exponent):02}"


def positional(found: str, point: int) -> str:
    """Write digits without an exponent; `point` counts the digits before the decimal point."""
    if not found:
        return "0"
    if point <= 0:
        return f"0.{'0' * -point}{found}"
    if point >= len(found):
        return found + "0" * (point - len(found))
    return f"{found[:point]}.{found[point:]}"


def pointed(written: str, form: str, precision: int) -> str:
    """Return a number with the point and the trailing zeros that the flag `#` asks for."""
    tail = (_BINARY_TAIL if form in "xX" else _TAIL).search(written)
    body, rest = (written[: tail.start()], tail[0]) if tail else (written, "")
    wanted = 0
    if form in "gGx":
        wanted = 6 if precision < 0 else precision
    wanted -= len(body.replace(".", "").lstrip("0"))
    if "." not in body:
        wanted -= body == "0"
        body += "."
    return body + "0" * wanted + rest


def _mantissa(number: float) -> tuple[int, int]:
    """Return 53 bits (fewer of a subnormal) and their exponent: number = bits * 2**exponent."""
    fraction, exponent = math.frexp(abs(number))
    exponent = max(exponent - 53, -1074)
    return int(math.ldexp(abs(number), -exponent)) if fraction else 0, exponent


def _binary(number: float) -> str:
    bits, exponent = _mantissa(number)
    if not bits:
        exponent = -1074
    sign = "-" if math.copysign(1, number) < 0 else ""
    return f"{sign}{bits}p{exponent:+d}"


def _hexadecimal(number: float, verb: str, precision: int) -> str:
    bits, exponent = _mantissa(number)
    if bits:
        shift = 53 - bits.bit_length()
        bits, exponent = bits << shift, exponent - shift + 52
    else:
        exponent = 0
    if 0 <= precision < 13:
        cut = 52 - 4 * precision
        kept, rest = bits >> cut, bits & ((1 << cut) - 1)
        half = 1 << (cut - 1)
        bits = (kept + (rest > half or (rest == half and kept & 1 == 1))) << cut
        if bits >> 53:
            bits, exponent = bits >> 1, exponent + 1
    fraction = f"{bits & ((1 << 52) - 1):013x}"
    fraction = fraction.rstrip("0") if precision < 0 else fraction[:precision].ljust(precision, "0")
    sign = "-" if math.copysign(1, number) < 0 else ""
    text = f"0x{bits >> 52}{'.' if fraction else ''}{fraction}p"
    text += f"{'-' if exponent < 0 else '+'}{abs(exponent):02}"
    return sign + (text.upper() if verb == "X" else text)


class OutOfRange(GoError):
    """A number does not fit; `nearest` is what does (infinity of a float), as Go returns it."""

    def __init__(self, function: str, text: str, nearest: float) -> None:
        super().__init__(_told(function, text, "value out of range"))
        self.nearest = nearest


def _told(function: str, text: str, reason: str) -> str:
    return f"strconv.{function}: parsing {quoting.quote(text[:_SHOWN])}: {reason}"


def _malformed(function: str, text: str) -> GoError:
    return GoError(_told(function, text, "invalid syntax"))


def _underscores_fit(text: str) -> bool:
    """Say whether every underscore stands between digits or after a base prefix."""
    text = text[1:] if text[:1] in ("+", "-") else text
    prefixed = text[:2].lower() in ("0b", "0o", "0x")
    hexadecimal = text[:2].lower() == "0x"
    previous = "0" if prefixed else "^"
    for char in text[2:].lower() if prefixed else text.lower():
        if "0" <= char <= "9" or (hexadecimal and "a" <= char <= "f"):
            previous = "0"
        elif char == "_":
            if previous != "0":
                return False
            previous = "_"
        elif previous == "_":
            return False
        else:
            previous = "!"
    return previous != "_"


def parse_int(text: str, base: int = 10, bits: int = 64) -> int:
    """Parse a signed integer as `strconv.ParseInt`. Base 0 takes it from a prefix (`0x`, `0o`,
    `0b`, `0`) and allows underscores. Raises `GoError` on bad syntax and out of range."""
    negative = text[:1] == "-"
    body = text[1:] if text[:1] in ("+", "-") else text
    number = _unsigned(text, body, base, "ParseInt")
    number = -number if negative else number
    least, most = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    if not least <= number <= most:
        raise OutOfRange("ParseInt", text, least if negative else most)
    return number


def parse_uint(text: str, base: int = 10, bits: int = 64) -> int:
    """Parse an unsigned integer as `strconv.ParseUint`; signs are not allowed. Raises `GoError`."""
    number = _unsigned(text, text, base, "ParseUint")
    if number >> bits:
        raise OutOfRange("ParseUint", text, (1 << bits) - 1)
    return number


def _unsigned(text: str, body: str, base: int, function: str) -> int:
    found, allowed = body, base
    if base == 0:
        allowed, found = _based(body)
        if "_" in found:
            if not _underscores_fit(body):
                raise _malformed(function, text)
            found = found.replace("_", "")
    alphabet = _ALPHABET[:allowed]
    if not found or not found.isascii() or found.lower().strip(alphabet):
        raise _malformed(function, text)
    # Past 64 significant digits no size fits, and int() takes a square of time.
    significant = found.lstrip("0") or "0"
    return int(significant[:65], allowed)


def _based(body: str) -> tuple[int, str]:
    """Return base and digits of an integer as Go source writes it."""
    prefix = body[:2].lower()
    if len(body) >= 3 and prefix in ("0b", "0o", "0x"):
        return {"0b": 2, "0o": 8, "0x": 16}[prefix], body[2:]
    if len(body) >= 2 and body[0] == "0":
        return 8, body[1:]
    return 10, body


def parse_float(text: str) -> float:
    """Parse a float as `strconv.ParseFloat` for 64 bits: decimal, hexadecimal (`0x1p-2`), `inf`,
    `nan`. Raises `GoError` on bad syntax and out of range."""
    if _SPECIAL.fullmatch(text):
        return float(text)
    bare = text
    if "_" in text and _underscores_fit(text):
        bare = text.replace("_", "")
    if _DECIMAL.fullmatch(bare):
        number = float(bare)
    elif _HEXADECIMAL.fullmatch(bare):
        try:
            number = float.fromhex(bare)
        except OverflowError:
            number = -math.inf if bare[0] == "-" else math.inf
    else:
        raise _malformed("ParseFloat", text)
    if math.isinf(number):
        raise OutOfRange("ParseFloat", text, number)
    return number
