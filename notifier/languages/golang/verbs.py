"""One value by one verb of fmt: flags, width, precision, and what is said where they do not fit.

The other half of `printf.py`, which reads the format (templates.md 3.4 trap 14).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from notifier.languages.golang import bytetexts, numbers, printing, quoting, runs
from notifier.languages.golang.values import (
    GoInteger,
    GoObject,
    Missing,
    Pointer,
    Sealed,
    Sized,
    Uint8,
    kind,
    type_name,
)

_BASES: Final = {"d": "d", "b": "b", "o": "o", "O": "o", "x": "x", "X": "X", "v": "d"}
_PREFIXES: Final = {"b": "0b", "x": "0x", "X": "0X"}
_FLOATS: Final = {
    "v": ("g", -1),
    "b": ("b", -1),
    "g": ("g", -1),
    "G": ("G", -1),
    "x": ("x", -1),
    "X": ("X", -1),
    "f": ("f", 6),
    "F": ("f", 6),
    "e": ("e", 6),
    "E": ("E", 6),
}
"""Verb of strconv and default precision for each verb of fmt."""
_STRINGER_VERBS: Final = frozenset("vsxXq")


class Verbs:
    """Writes values to `parts` under the flags that stand in its attributes."""

    __slots__ = (
        "erroring",
        "go_syntax",
        "minus",
        "parts",
        "plus",
        "precision",
        "run",
        "sharp",
        "space",
        "width",
        "zero",
    )

    def __init__(self, run: runs.Run) -> None:
        self.run = run
        self.parts: list[str] = []
        self.erroring = False
        self.clear()

    def clear(self) -> None:
        """Forget flags, width and precision."""
        self.minus = self.plus = self.sharp = self.space = self.zero = self.go_syntax = False
        self.width: int | None = None
        self.precision: int | None = None

    def value(self, value: Any, verb: str) -> None:
        """Write an argument. Raises `Exceeded`, and `GoError` for looking into a secret."""
        if value is None or isinstance(value, Missing):
            if verb in "Tv":
                self.pad(printing.NIL)
            else:
                self.parts.append(f"%!{verb}({printing.NIL})")
        elif verb == "T":
            self._string(type_name(value), "s")
        elif verb == "p":
            self._address(value, verb)
        else:
            self._write(value, verb, 0)

    def _write(self, value: Any, verb: str, depth: int) -> None:
        """Write a value that is an argument (depth 0) or part of one."""
        writer = _WRITERS.get(kind(value))
        if isinstance(value, GoObject):
            self._object(value, verb, depth)
        elif writer is not None:
            writer(self, value, verb)
        elif value is None or isinstance(value, Missing):
            self._put("interface {}(nil)" if self.go_syntax else printing.NIL)
        elif isinstance(value, Pointer):
            self._pointer(value, verb)
        elif isinstance(value, Sealed):
            self._sealed(value, verb)
        elif isinstance(value, bytes):
            self._bytes(value, verb, depth)
        elif verb == "w" and not self.erroring:
            self.bad(value, verb)
        elif isinstance(value, Mapping):
            self._mapping(value, verb, depth)
        else:
            self._items(value, verb, depth, type_name(value))

    def bad(self, value: Any, verb: str) -> None:
        """Say that a verb is not for this value: `%!d(float64=1)`."""
        self.erroring = True
        self._put(f"%!{verb}({type_name(value)}=")
        self._write(value, "v", 0)
        self._put(")")
        self.erroring = False

    def _put(self, piece: str) -> None:
        self.run.text(len(piece))
        self.parts.append(piece)

    def pad(self, piece: str) -> None:
        """Write a text, filled up to the width."""
        missing = (self.width or 0) - len(piece)
        if missing <= 0:
            self._put(piece)
            return
        self.run.text(missing + len(piece))
        if self.minus:
            self.parts.append(piece + " " * missing)
        else:
            self.parts.append(("0" if self.zero else " ") * missing + piece)

    def _unfilled(self, piece: str) -> None:
        """Pad, but never with zeros."""
        zero, self.zero = self.zero, False
        self.pad(piece)
        self.zero = zero

    def _boolean(self, value: Any, verb: str) -> None:
        if verb in "tv":
            self.pad(printing.bool_text(value))
        else:
            self.bad(value, verb)

    def _string(self, value: str, verb: str) -> None:
        if verb == "v":
            verb = "q" if self.go_syntax else "s"
        if verb in "xX":
            self._hexadecimal(bytetexts.encode(value), verb)
            return
        if verb not in "sq":
            self.bad(value, verb)
            return
        if self.precision is not None:
            value = value[: self.precision]
        self.pad(value if verb == "s" else self._quoted(value))

    def _quoted(self, value: str) -> str:
        self.run.text(len(value))
        if self.sharp and quoting.can_backquote(value):
            return f"`{value}`"
        return quoting.quote_to_ascii(value) if self.plus else quoting.quote(value)

    def _hexadecimal(self, value: bytes, verb: str) -> None:
        if self.precision is not None:
            value = value[: self.precision]
        if not value:
            self.pad("")
            return
        self.run.text(5 * len(value))
        digits = value.hex(" ") if self.space else value.hex()
        if self.sharp:
            digits = "0x" + digits.replace(" ", " 0x")
        self.pad(digits.upper() if verb == "X" else digits)

    def _integer(self, value: Any, verb: str) -> None:
        number = int(value)
        unsigned = isinstance(value, Sized) and not value.SIGNED
        if verb == "v" and unsigned and self.go_syntax:
            self.hexadecimal_number(number, prefix=True)
        else:
            self._number(value, number, verb)

    def _number(self, value: Any, number: int, verb: str) -> None:
        """Write a number, which is what `value` holds."""
        if verb in _BASES:
            self._digits(number, verb)
        elif verb == "c":
            self.pad(quoting.rune(number))
        elif verb == "q":
            self.pad(quoting.quote_rune(number, ascii_only=self.plus))
        elif verb == "U":
            self._code_point(numbers.wrap_uint64(number))
        else:
            self.bad(value, verb)

    def hexadecimal_number(self, number: int, *, prefix: bool) -> None:
        """Write a number as `%x`, with `0x` or not whatever the flags say."""
        sharp, self.sharp = self.sharp, prefix
        self._digits(number, "x")
        self.sharp = sharp

    def _digits(self, number: int, verb: str) -> None:
        least = 0
        if self.precision is not None:
            least = self.precision
            if not least and not number:
                self._unfilled("")
                return
        elif self.zero and not self.minus and self.width is not None:
            least = self.width - (number < 0 or self.plus or self.space)
        self.run.text(least)
        base = _BASES[verb]
        digits = format(abs(number), base).rjust(least, "0")
        if self.sharp:
            if base == "o":
                digits = digits if digits[0] == "0" else "0" + digits
            else:
                digits = _PREFIXES.get(base, "") + digits
        if verb == "O":
            digits = "0o" + digits
        sign = "-" if number < 0 else "+" if self.plus else " " if self.space else ""
        self._unfilled(sign + digits)

    def _code_point(self, number: int) -> None:
        least = max(self.precision or 0, 4)
        self.run.text(least)
        written = f"U+{number:0{least}X}"
        if self.sharp and number <= 0x10FFFF and quoting.printable(chr(number)):
            written += f" '{chr(number)}'"
        self._unfilled(written)

    def _float(self, value: float, verb: str) -> None:
        if verb not in _FLOATS:
            self.bad(value, verb)
            return
        form, precision = _FLOATS[verb]
        if self.precision is not None:
            precision = self.precision
        self.run.text(max(precision, 0))
        written = numbers.format_float(value, form, precision)
        sign = "+"
        if written[0] in "+-":
            sign, written = written[0], written[1:]
        if self.space and sign == "+" and not self.plus:
            sign = " "
        if not math.isfinite(value):
            signed = self.plus or self.space or math.isinf(value)
            self._unfilled(sign + written if signed else written)
            return
        if self.sharp and form != "b":
            written = numbers.pointed(written, form, precision)
        if not self.plus and sign == "+":
            self.pad(written)
        elif self.zero and not self.minus and self.width is not None:
            self.run.text(self.width)
            self._put(sign + written.rjust(self.width - 1, "0"))
        else:
            self.pad(sign + written)

    def _complex(self, value: complex, verb: str) -> None:
        if verb not in _FLOATS:
            self.bad(value, verb)
            return
        plus = self.plus
        self._put("(")
        self._float(value.real, verb)
        self.plus = True
        self._float(value.imag, verb)
        self._put("i)")
        self.plus = plus

    def _bytes(self, value: bytes, verb: str, depth: int) -> None:
        if verb in "sq":
            self._string(bytetexts.decode(value), verb)
        elif verb in "xX":
            self._hexadecimal(value, verb)
        else:
            name = "[]byte" if verb == "v" and not depth else "[]uint8"
            self._items([Uint8(each) for each in value], verb, depth, name)

    def _sealed(self, value: Sealed, verb: str) -> None:
        """Write what stands for a secret; the verbs that would change it fail."""
        if verb not in "svd" or self.go_syntax or self.precision is not None:
            raise printing.sealed()
        self._put(str(value) if verb == "s" else value.numbers)

    def _items(self, items: Any, verb: str, depth: int, name: str) -> None:
        depth = printing.descend(depth, self.run, len(items))
        opening, separator, closing = "[", " ", "]"
        if self.go_syntax:
            opening, separator, closing = name + "{", ", ", "}"
        self._put(opening)
        for place, item in enumerate(items):
            if place:
                self.parts.append(separator)
            self._write(item, verb, depth)
        self._put(closing)

    def _mapping(self, mapping: Mapping[Any, Any], verb: str, depth: int) -> None:
        depth = printing.descend(depth, self.run, len(mapping))
        opening, separator, closing = "map[", " ", "]"
        if self.go_syntax:
            opening, separator, closing = type_name(mapping) + "{", ", ", "}"
        self._put(opening)
        for place, (key, item) in enumerate(printing.sorted_items(mapping)):
            if place:
                self.parts.append(separator)
            self._write(key, verb, depth)
            self.parts.append(":")
            self._write(item, verb, depth)
        self._put(closing)

    def _object(self, value: GoObject, verb: str, depth: int) -> None:
        if not self.erroring and self._by_itself(value, verb):
            return
        if isinstance(value, GoInteger):
            self._number(value, value.value, verb)
        elif value.KIND == "ptr" and depth:
            self._pointer(value, verb)
        else:
            self._struct(value, verb, depth)

    def _by_itself(self, value: GoObject, verb: str) -> bool:
        """Let the value's own methods write it; say whether they did."""
        if verb == "w":
            self.bad(value, verb)
            return True
        if self.go_syntax:
            written = value.go_text()
            if written is not None:
                self._string(written, "s")
            return written is not None
        if verb in _STRINGER_VERBS:
            self._string(value.text(), verb)
            return True
        return False

    def _struct(self, value: GoObject, verb: str, depth: int) -> None:
        fields = value.inside()
        depth = printing.descend(depth, self.run, len(fields))
        name = ("&" if value.KIND == "ptr" else "") + (
            value.TYPE.lstrip("*") if self.go_syntax else ""
        )
        self._put(name + "{")
        for place, (field, item) in enumerate(fields):
            if place:
                self.parts.append(", " if self.go_syntax else " ")
            if self.go_syntax:
                self._put(field + ":")
            self._write(item, verb, depth)
        self._put("}")

    def _address(self, value: Any, verb: str) -> None:
        if kind(value) in ("func", "map", "slice", "ptr"):
            self._pointer(value, verb)
        else:
            self.bad(value, verb)

    def _pointer(self, value: Any, verb: str) -> None:
        address = value.address if isinstance(value, Pointer) else printing.ADDRESS
        if verb == "v" and self.go_syntax:
            self._put(f"({type_name(value)})({hex(address) if address else 'nil'})")
        elif verb == "v" and not address:
            self.pad(printing.NIL)
        elif verb in "vp":
            self.hexadecimal_number(address, prefix=not self.sharp)
        elif verb in "bodxX":
            self._digits(address, verb)
        else:
            self.bad(value, verb)


_WRITERS: Final[Mapping[str, Callable[[Verbs, Any, str], None]]] = {
    "bool": Verbs._boolean,
    "int": Verbs._integer,
    "int64": Verbs._integer,
    "int32": Verbs._integer,
    "uint8": Verbs._integer,
    "uint64": Verbs._integer,
    "float64": Verbs._float,
    "complex128": Verbs._complex,
    "string": Verbs._string,
    "func": Verbs._pointer,
}
"""How each kind without parts is written."""
