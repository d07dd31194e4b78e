"""How values look: as `%v` prints them, and in the form that the conformance suites compare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from notifier.languages.expr import containers
from notifier.languages.golang import bytetexts, jsontext, numbers, printing, runs

_ESCAPES: Final = {
    **{chr(code): f"\\u{code:04x}" for code in range(0x20)},
    '"': '\\"',
    "\\": "\\\\",
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
}
_TABLE: Final = str.maketrans(_ESCAPES)
_RANKS: Final = {type(None): 0, bool: 1, int: 2, float: 3, str: 4}


def text(value: Any, run: runs.Run) -> str:
    """Return what `%v` prints: `[1 2]`, `map[a:1]`. Charges the run for what it builds, as
    lists may hold one another many times over. Raises `Exceeded`."""
    if isinstance(value, bytes):
        run.text(4 * len(value))
        return f"[{' '.join(map(str, value))}]"
    if containers.is_list(value):
        run.text(len(value) + 2)
        return f"[{' '.join([text(held, run) for held in value])}]"
    if containers.is_map(value):
        run.text(2 * len(value) + 5)
        shown = [(key, text(key, run), text(held, run)) for key, held in value.items()]
        shown.sort(key=_by_key)
        return f"map[{' '.join(f'{key}:{held}' for _, key, held in shown)}]"
    found = printing.text(value)
    run.text(len(found))
    return found


def _by_key(shown: tuple[Any, str, str]) -> tuple[int, Any]:
    key, name, _ = shown
    rank = _RANKS.get(type(key), len(_RANKS))
    return rank, (key if 0 < rank < len(_RANKS) else name)


def show(value: Any) -> str:
    """Return a result in the form that the conformance suites compare: scalars as `%v`, lists
    and maps as canonical JSON. Raises `Exceeded`."""
    run = runs.Run()
    if containers.is_list(value) or containers.is_map(value):
        return canonical(value, run)
    return bytetexts.printable(text(value, run))


def canonical(value: Any, run: runs.Run) -> str:
    """Return JSON with sorted keys and no white space; what JSON lacks is shown as its `%v`.
    Raises `Exceeded`."""
    if containers.is_list(value):
        run.text(len(value) + 2)
        return f"[{','.join([canonical(held, run) for held in containers.items(value)])}]"
    if containers.is_map(value):
        run.text(4 * len(value) + 2)
        return f"{{{','.join(_members(value.items(), run))}}}"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    if type(value) in containers.INTEGERS:
        return str(int(value))
    return quoted(text(value, run))


def _members(pairs: Iterable[tuple[Any, Any]], run: runs.Run) -> list[str]:
    shown = [(text(key, run), canonical(held, run)) for key, held in pairs]
    shown.sort(key=lambda pair: bytetexts.encode(pair[0]))
    return [f"{quoted(key)}:{held}" for key, held in shown]


def number(value: float) -> str:
    """Return a float as JSON writes it; NaN and the infinities as Go prints them."""
    return jsontext.number(value) if value - value == 0 else numbers.plain(value)


def quoted(value: str) -> str:
    """Return a text between quotes with only the escapes that JSON asks for."""
    return f'"{bytetexts.printable(value).translate(_TABLE)}"'
