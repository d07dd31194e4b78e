"""What the type check knows about a value (checker/nature): its Go type, or nothing.

Names, fields and calls of data are `UNKNOWN`. A value held in an `interface {}` (an item of a list
literal of mixed types, a value of a map literal) is unknown too, but has that type: the two
differ in what they can be assigned to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from typing_extensions import override


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters and results of a Go function; the last parameter may take any number."""

    parameters: tuple[Nature, ...]
    results: tuple[Nature, ...]
    variadic: bool = False


@dataclass(frozen=True, slots=True)
class Nature:
    """A type. `type` is Go's name for it (empty: unknown), `kind` the reflect kind; `item` the
    nature of the items of a list or map, `key` of a map's keys; `builtin` of the bare name of a
    builtin, `method` of a function whose receiver is already bound; `body` of a predicate is
    the nature of what it gives."""

    type: str = ""
    kind: str = ""
    item: Nature | None = None
    key: Nature | None = None
    nil: bool = False
    signature: Signature | None = None
    builtin: str = ""
    method: bool = False
    body: Nature | None = None

    @property
    def unknown(self) -> bool:
        """Nothing is known about the value."""
        return (not self.type and not self.nil) or self.kind == "interface"

    @property
    def integer(self) -> bool:
        """A builtin integer type (no duration, no month)."""
        return self.type in _INTEGERS

    @property
    def number(self) -> bool:
        """A builtin number type."""
        return self.type == "float64" or self.type in _INTEGERS

    @property
    def array(self) -> bool:
        """A list."""
        return self.kind == "slice"

    def element(self) -> Nature:
        """Return the nature of an item: unknown where nothing is known."""
        return UNKNOWN if self.item is None else self.item

    def assignable_to(self, other: Nature) -> bool:
        """Tell whether Go would let the value be put into the other type."""
        if self.nil and other.kind in _NILABLE:
            return True
        if not self.type or not other.type:
            return False
        return other.kind == "interface" or (self.kind == other.kind and self.type == other.type)

    def comparable_to(self, other: Nature) -> bool:
        """Tell whether `==` may stand between the two."""
        return (
            self.unknown
            or other.unknown
            or self.nil
            or other.nil
            or (self.number and other.number)
            or (self.array and other.array)
            or self.assignable_to(other)
        )

    @override
    def __str__(self) -> str:
        """Return the type as errors show it."""
        return self.type or "unknown"


_INTEGERS: Final = frozenset(("int", "int64", "int32", "uint8", "uint64"))
_NILABLE: Final = frozenset(("ptr", "interface", "func", "map", "slice"))

UNKNOWN: Final = Nature()
NIL: Final = Nature(nil=True)
ANY: Final = Nature("interface {}", "interface")
BOOL: Final = Nature("bool", "bool")
INT: Final = Nature("int", "int")
INT64: Final = Nature("int64", "int64")
UINT8: Final = Nature("uint8", "uint8")
FLOAT: Final = Nature("float64", "float64")
STRING: Final = Nature("string", "string")
BYTES: Final = Nature("[]uint8", "slice", item=UINT8)
STRINGS: Final = Nature("[]string", "slice", item=STRING)
INTS: Final = Nature("[]int", "slice", item=INT)
FLOATS: Final = Nature("[]float64", "slice", item=FLOAT)
ARRAY: Final = Nature("[]interface {}", "slice", item=ANY)
MAP: Final = Nature("map[string]interface {}", "map", item=ANY, key=STRING)
ANY_MAP: Final = Nature("map[interface {}]interface {}", "map", item=ANY, key=ANY)
GROUPS: Final = Nature("map[interface {}][]interface {}", "map", item=ARRAY, key=ANY)
TIME: Final = Nature("time.Time", "struct")
DURATION: Final = Nature("time.Duration", "int64")
MONTH: Final = Nature("time.Month", "int")
WEEKDAY: Final = Nature("time.Weekday", "int")
LOCATION: Final = Nature("*time.Location", "ptr")
ERROR: Final = Nature("error", "error")

_LOCATION_STRUCT: Final = Nature("time.Location", "struct")


def list_of(item: Nature) -> Nature:
    """Return the nature of a list literal whose items are all of a nature."""
    return replace(ARRAY, item=item)


def dereferenced(nature: Nature) -> Nature:
    """Return what a pointer points to; other natures as they are."""
    return _LOCATION_STRUCT if nature.kind == "ptr" else nature


def function(signature: Signature, *, method: bool = False, builtin: str = "") -> Nature:
    """Return the nature of a function."""
    names = [str(parameter) for parameter in signature.parameters]
    if signature.variadic:
        names[-1] = "..." + names[-1]
    results = ", ".join(map(str, signature.results))
    shown = f"({results})" if len(signature.results) > 1 else results
    return Nature(
        f"func({', '.join(names)}) {shown}".rstrip(),
        "func",
        signature=signature,
        method=method,
        builtin=builtin,
    )


def predicate(body: Nature) -> Nature:
    """Return the nature of a predicate whose body is of a nature."""
    results = () if body.nil else (ANY if body.unknown else body,)
    return replace(function(Signature((ANY,), results)), body=body)


def promoted(left: Nature, right: Nature) -> Nature:
    """Return the type of a sum of two numbers."""
    return FLOAT if "float64" in (left.type, right.type) else INT


def plain(nature: Nature) -> Nature:
    """Return what is left of a nature when only its Go type is kept: nothing about items."""
    return ARRAY if nature.type == ARRAY.type else nature
