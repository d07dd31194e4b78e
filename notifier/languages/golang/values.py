"""Go's values as Python objects: decided once, everything else follows (templates.md 3.2).

| Go | Python |
| --- | --- |
| nil | None |
| no value (a missing map key) | `MISSING` |
| bool | bool; a subclass of int in Python, so test it first |
| int | int |
| int64, int32, uint8, uint64 | `Int64`, `Int32`, `Uint8`, `Uint64`: ints of a kind of their own |
| float64, complex128 | float, complex; every number of JSON is a float |
| string | str; bytes that are no UTF-8 are kept as lone surrogates (`surrogateescape`) |
| []byte | bytes |
| []any, map[string]any | list, dict |
| []string, []int | `Strings`, `Ints`: lists with a type |
| map[string]string, map[string][]byte | `StringMap`, `BytesMap`: dicts with a type |
| time.Time, Duration, Month, Weekday | classes in `times.py`, `durations.py`: `GoObject`s |
| func | `Func` |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, Self

from typing_extensions import override


class Missing:
    """The type of `MISSING`; there is one instance."""

    __slots__ = ()

    @override
    def __repr__(self) -> str:
        return "<no value>"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()
"""What a field chain gives for a key that its map does not have; not the same as null."""


class Sized(int):
    """An integer whose Go type is not `int`; arithmetic on it gives plain ints: convert back."""

    __slots__ = ()
    TYPE: ClassVar[str] = ""
    BITS: ClassVar[int] = 64
    SIGNED: ClassVar[bool] = True


class Int64(Sized):
    """An int64."""

    __slots__ = ()
    TYPE = "int64"


class Int32(Sized):
    """An int32, also known as rune."""

    __slots__ = ()
    TYPE = "int32"
    BITS = 32


class Uint8(Sized):
    """A uint8, also known as byte."""

    __slots__ = ()
    TYPE = "uint8"
    BITS = 8
    SIGNED = False


class Uint64(Sized):
    """A uint64."""

    __slots__ = ()
    TYPE = "uint64"
    SIGNED = False


class Strings(list[Any]):
    """A []string."""

    __slots__ = ()
    TYPE: ClassVar[str] = "[]string"


class Ints(list[Any]):
    """A []int."""

    __slots__ = ()
    TYPE: ClassVar[str] = "[]int"


class Lists(list[Any]):
    """A [][]any."""

    __slots__ = ()
    TYPE: ClassVar[str] = "[][]interface {}"


class NilList(list[Any]):
    """A nil []any: empty wherever it is looked at, null in JSON."""

    __slots__ = ()
    TYPE: ClassVar[str] = "[]interface {}"


class NilStrings(Strings):
    """A nil []string: empty wherever it is looked at, null in JSON."""

    __slots__ = ()


class StringMap(dict[Any, Any]):
    """A map[string]string."""

    __slots__ = ()
    TYPE: ClassVar[str] = "map[string]string"


class NilDict(dict[Any, Any]):
    """A nil map[string]any, such as a missing value is where a map is expected: empty wherever it
    is looked at, null in JSON, and nothing can be put into it."""

    __slots__ = ()
    TYPE: ClassVar[str] = "map[string]interface {}"


class BytesMap(dict[Any, Any]):
    """A map[string][]byte: the secrets."""

    __slots__ = ()
    TYPE: ClassVar[str] = "map[string][]uint8"


SEAL: Final = "\ue000"
"""The character that a sealed value's texts begin with: no other text may hold it."""


class Sealed(str):
    """A []byte that nobody may look into: it prints, as text or as Go prints bytes, and no more.

    The value itself is what stands for it as text, `numbers` what stands for it as bytes; both
    begin with `SEAL`, and whoever made them knows what they mean.
    """

    __slots__ = ("numbers",)
    TYPE: ClassVar[str] = "[]uint8"
    numbers: str

    def __new__(cls, text: str, numbers: str) -> Self:
        """Seal; both texts must be different for different values."""
        made = super().__new__(cls, text)
        made.numbers = numbers
        return made


class Func:
    """A Go function among the data, such as `time.Now`.

    Only `call` (templates) and a call expression (expr) reach `function`; it takes and returns
    values of this module. `parameters` are their Go types, `signature` is what `%T` prints.
    """

    __slots__ = ("function", "parameters", "signature")

    def __init__(
        self, function: Callable[..., Any], parameters: tuple[str, ...], signature: str
    ) -> None:
        self.function = function
        self.parameters = parameters
        self.signature = signature

    @override
    def __repr__(self) -> str:
        return self.signature


class Method:
    """One entry of a method table: what a value of a Go type can be asked by name.

    `call` takes the receiver and the arguments, `parameters` are the arguments' Go types. A method
    with several `results` (an error not counted) gives the first: expr takes it, templates refuse
    the call.
    """

    __slots__ = ("call", "parameters", "results")

    def __init__(
        self, call: Callable[..., Any], parameters: tuple[str, ...] = (), results: int = 1
    ) -> None:
        self.call = call
        self.parameters = parameters
        self.results = results


class GoObject:
    """The base of values with methods (times, durations, versions): immutable.

    `KIND` is the reflect kind ("struct", "int64", "ptr", …), `TYPE` the Go type ("time.Time"),
    `METHODS` everything that can be called on it: attributes are never looked up. `FIELDS` reads
    exported struct fields. `text()` is what `%v` prints, `go_text()` what `%#v` prints, and
    `inside()` all fields of the struct (or of what the pointer points to) for the verbs that look
    into it.
    """

    __slots__ = ()
    KIND: ClassVar[str] = "struct"
    TYPE: ClassVar[str] = ""
    METHODS: ClassVar[Mapping[str, Method]] = {}
    FIELDS: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    def text(self) -> str:
        """Return what `%v` prints."""
        raise NotImplementedError

    def go_text(self) -> str | None:
        """Return what the type itself makes of `%#v`; None leaves it to `fmt`."""
        return None

    def inside(self) -> tuple[tuple[str, Any], ...]:
        """Return names and values of the struct's fields, unexported ones too."""
        return ()

    def identical(self, other: object) -> bool:
        """Say what Go's `==` says; Python's is deep equality, which looks behind pointers."""
        return self is other if self.KIND == "ptr" else self == other

    def plain(self) -> Any:
        """Return the plain value that JSON shows; may raise `GoError`."""
        return {}


class Pointer:
    """A pointer as fmt meets it inside a struct; 0 is nil. The classes of its types set `TYPE`."""

    __slots__ = ("address",)
    TYPE: ClassVar[str] = ""

    def __init__(self, address: int) -> None:
        self.address = address


class GoInteger(GoObject):
    """An integer type with methods, such as time.Duration: kind, arithmetic and comparison are the
    integer's (`value`), type and text its own."""

    __slots__ = ("value",)

    def __init__(self, value: int) -> None:
        self.value = value

    @override
    def plain(self) -> int:
        return self.value

    @override
    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.value == self.value

    @override
    def __hash__(self) -> int:
        return hash((type(self), self.value))

    def __bool__(self) -> bool:
        return self.value != 0

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.value})"


class GoError(Exception):
    """A function or method failed as its Go original does; the message is Go's where cheap."""


class Refused(GoError):
    """We do not do what the Go original would: past a limit, or with a secret. Functions whose
    original swallows its errors let these through."""


_KINDS: Final[Mapping[type, str]] = {
    bool: "bool",
    int: "int",
    Int64: "int64",
    Int32: "int32",
    Uint8: "uint8",
    Uint64: "uint64",
    float: "float64",
    complex: "complex128",
    str: "string",
    bytes: "slice",
    Sealed: "slice",
    list: "slice",
    tuple: "slice",
    Strings: "slice",
    Ints: "slice",
    Lists: "slice",
    NilList: "slice",
    NilStrings: "slice",
    dict: "map",
    StringMap: "map",
    BytesMap: "map",
    NilDict: "map",
    Func: "func",
    type(None): "invalid",
    Missing: "invalid",
}


def kind(value: Any) -> str:
    """Return the reflect kind of a value: `string`, `int`, `map`, …; `invalid` of nil."""
    found = _KINDS.get(type(value))
    return value.KIND if found is None and isinstance(value, GoObject) else found or "invalid"


_TYPES: Final[Mapping[type, str]] = {
    **{each: name for each, name in _KINDS.items() if name not in ("slice", "map", "func")},
    bytes: "[]uint8",
    list: "[]interface {}",
    tuple: "[]interface {}",
    dict: "map[string]interface {}",
    type(None): "<nil>",
    Missing: "<nil>",
}


def type_name(value: Any) -> str:
    """Return the Go type of a value as `%T` prints it."""
    found = _TYPES.get(type(value))
    if found is not None:
        return found
    if isinstance(value, Func):
        return value.signature
    return str(getattr(type(value), "TYPE", ""))


def is_nil(value: Any) -> bool:
    """Say whether a list or map is a nil one; an empty one is not."""
    return isinstance(value, NilList | NilStrings | NilDict)
