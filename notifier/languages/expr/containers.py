"""Lists and maps that only expressions make, beside those of `golang/values.py`.

| Go | Python | made by |
| --- | --- | --- |
| map[any]any, map[any][]any | `AnyMap` | `fromPairs`, `groupBy` |
| [2]any, [][2]any | tuple, `Pairs` | `toPairs` |
| a nil []byte | `NilBytes` | a missing secret |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar, Final

from notifier.languages.expr.errors import Fault
from notifier.languages.golang import values
from notifier.languages.golang.values import NilList, NilStrings

NUMBERS: Final = frozenset((int, float, values.Int64, values.Int32, values.Uint8, values.Uint64))
"""The classes of the builtin numbers; a bool is none of them."""

INTEGERS: Final = NUMBERS - {float}


class NilBytes(bytes):
    """A nil []byte: empty, and nil to `??` and `==`."""

    __slots__ = ()
    TYPE: ClassVar[str] = "[]uint8"


class Pairs(list[Any]):
    """A [][2]any: keys and values of a map."""

    __slots__ = ()
    TYPE: ClassVar[str] = "[][2]interface {}"


class AnyMap:
    """A map whose keys may be of any type that Go can hash: 1, 1.0 and true are three keys."""

    __slots__ = ("_entries", "of_lists")

    def __init__(self, *, of_lists: bool) -> None:
        self._entries: dict[Any, tuple[Any, Any]] = {}
        self.of_lists = of_lists

    @property
    def type_name(self) -> str:
        """Go's name for the type."""
        held = "[]interface {}" if self.of_lists else "interface {}"
        return f"map[interface {{}}]{held}"

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: Any) -> bool:
        return hashed(key) in self._entries

    def __setitem__(self, key: Any, value: Any) -> None:
        self._entries[hashed(key)] = (key, value)

    def __getitem__(self, key: Any) -> Any:
        """Return the value, Go's zero value where there is none. Raises `Fault`."""
        found = self._entries.get(hashed(key))
        if found is None:
            return NilList() if self.of_lists else None
        return found[1]

    def group(self, key: Any, item: Any) -> None:
        """Add an item to the list at a key. Raises `Fault`."""
        self._entries.setdefault(hashed(key), (key, []))[1].append(item)

    def items(self) -> Iterator[tuple[Any, Any]]:
        """Give keys and values in the order they came."""
        return iter(self._entries.values())


def hashed(key: Any) -> Any:
    """Return what tells a key of Go from others. Raises `Fault` where Go cannot hash it."""
    kind = type(key)
    if kind is str or key is None:
        return key
    if kind is tuple:
        return (tuple, *map(hashed, key))
    if kind in NUMBERS or kind is bool:
        # A NaN equals nothing, itself included: each one is a key of its own.
        return (kind, key) if key == key else object()
    if isinstance(key, values.GoObject):
        return (kind, key.text())
    raise Fault(f"hash of unhashable type: {type_name(key)}")


def is_list(value: Any) -> bool:
    """Tell whether a value is a slice or an array."""
    return isinstance(value, list | tuple | bytes)


def is_map(value: Any) -> bool:
    """Tell whether a value is a map."""
    return isinstance(value, dict | AnyMap)


def is_nil(value: Any) -> bool:
    """Tell whether a value is nil, or a nil list."""
    return value is None or isinstance(value, NilList | NilStrings | NilBytes)


def items(value: Any) -> list[Any] | tuple[Any, ...]:
    """Return the items of a slice or array; those of bytes are numbers."""
    return [values.Uint8(each) for each in value] if isinstance(value, bytes) else value


def type_name(value: Any) -> str:
    """Return the Go type of a value as `%T` prints it."""
    if isinstance(value, AnyMap):
        return value.type_name
    return "[2]interface {}" if type(value) is tuple else values.type_name(value)


def kind(value: Any) -> str:
    """Return the reflect kind of a value as errors name it."""
    if isinstance(value, AnyMap):
        return "map"
    if isinstance(value, bytes | Pairs):
        return "slice"
    return "array" if type(value) is tuple else values.kind(value)
