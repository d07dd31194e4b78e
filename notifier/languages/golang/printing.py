"""What `%v` makes of a value: `[1 2 3]`, `map[a:x b:1]`, `<nil>` (templates.md 3.4 traps 4, 13).

`printf.py` has the other verbs; the order of map keys and the charges are shared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from notifier.languages.golang import numbers, runs
from notifier.languages.golang.values import (
    Func,
    GoObject,
    Int32,
    Int64,
    Missing,
    Refused,
    Sealed,
    Uint8,
    Uint64,
)

NIL: Final = "<nil>"
ADDRESS: Final = 0x1
"""Where functions, maps and lists are said to be: the true place is nobody's business."""
DEPTH: Final = 200
"""How deep containers are followed: lists can be nested, and maps can hold themselves."""

_RANKS: Final[Mapping[type, int]] = {bool: 1, float: 3, str: 4}


def text(value: Any, run: runs.Run | None = None) -> str:
    """Return what `%v` prints; of a function some address.

    Charges steps and text of containers to the run. Raises `Exceeded`: without a run, past the
    limits of a fresh one.
    """
    scalar = _SCALARS.get(type(value))
    if scalar is not None:
        return scalar(value)
    if isinstance(value, GoObject):
        return value.text()
    parts: list[str] = []
    _walk(value, parts, run or runs.Run(), 0)
    return "".join(parts)


def complex_text(value: complex) -> str:
    """Return what `%v` prints of a complex number: `(1+2i)`."""
    imaginary = numbers.plain(value.imag)
    sign = "" if imaginary[0] in "+-" else "+"
    return f"({numbers.plain(value.real)}{sign}{imaginary}i)"


def sealed() -> Refused:
    """Return the error for looking into a secret."""
    return Refused("a secret can be printed, but not changed or looked into")


def bool_text(value: Any) -> str:
    """Return `true` or `false`."""
    return "true" if value else "false"


def sorted_items(mapping: Mapping[Any, Any]) -> Iterable[tuple[Any, Any]]:
    """Return keys and values in Go's printing order: texts bytewise, numbers by size, and one
    kind after the other."""
    try:
        return sorted(mapping.items(), key=_key)
    except TypeError:
        return sorted(mapping.items(), key=_ranked)


def _key(item: tuple[Any, Any]) -> Any:
    return item[0]


def _ranked(item: tuple[Any, Any]) -> tuple[int, Any]:
    key = item[0]
    if isinstance(key, str | float | bool):
        return _RANKS[type(key)], key
    if isinstance(key, int):
        return 2, key
    return (0, 0) if key is None else (5, text(key))


def descend(depth: int, run: runs.Run, count: int) -> int:
    """Charge the items of a container that is about to be walked, and return the next depth.

    Raises `Exceeded`.
    """
    if depth >= DEPTH:
        raise runs.Exceeded(f"prints a value nested more than {DEPTH} deep")
    run.step(2 * count + 1)
    return depth + 1


def _walk(value: Any, parts: list[str], run: runs.Run, depth: int) -> None:
    found = _SCALARS.get(type(value))
    if found is not None:
        piece = found(value)
    elif isinstance(value, GoObject):
        piece = value.text()
    elif isinstance(value, Mapping):
        _walk_mapping(value, parts, run, depth)
        return
    else:
        _walk_items(value, parts, run, depth)
        return
    run.text(len(piece))
    parts.append(piece)


def _walk_mapping(mapping: Mapping[Any, Any], parts: list[str], run: runs.Run, depth: int) -> None:
    depth = descend(depth, run, len(mapping))
    separator = "map["
    for key, item in sorted_items(mapping):
        parts.append(separator)
        _walk(key, parts, run, depth)
        parts.append(":")
        _walk(item, parts, run, depth)
        separator = " "
    parts.append("]" if mapping else "map[]")


def _walk_items(items: Any, parts: list[str], run: runs.Run, depth: int) -> None:
    depth = descend(depth, run, len(items))
    separator = "["
    for item in items:
        parts.append(separator)
        _walk(item, parts, run, depth)
        separator = " "
    parts.append("]" if items else "[]")


def _bytes_text(value: bytes) -> str:
    return f"[{' '.join(map(str, value))}]"


_SCALARS: Final[Mapping[type, Callable[[Any], str]]] = {
    str: str,
    int: str,
    Int64: str,
    Int32: str,
    Uint8: str,
    Uint64: str,
    float: numbers.plain,
    bool: bool_text,
    complex: complex_text,
    bytes: _bytes_text,
    type(None): lambda _: NIL,
    Missing: lambda _: NIL,
    Func: lambda _: f"{ADDRESS:#x}",
    Sealed: lambda value: str(value.numbers),
}
"""How each type without parts prints."""
