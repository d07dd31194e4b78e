"""`range`, `break`, `continue` (templates.md 3.4, traps 12 and 18)."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from notifier.languages.golang import printing, values
from notifier.languages.golang.values import Uint8
from notifier.languages.gotemplate import nodes
from notifier.languages.gotemplate.execution import Expression, Frame, Source, Statement


class _Leave(Exception):
    """The innermost loop ends here."""


class _GoOn(Exception):
    """The turn ends here."""


def leave(_frame: Frame, _dot: Any) -> NoReturn:
    """Execute `{{break}}`."""
    raise _Leave


def go_on(_frame: Frame, _dot: Any) -> NoReturn:
    """Execute `{{continue}}`."""
    raise _GoOn


@dataclass(frozen=True, slots=True)
class Parts:
    """The compiled parts of a loop. `stores` put a value into its variables: the item, or index
    and item."""

    expression: Expression
    stores: tuple[Expression, ...]
    body: Statement
    otherwise: Statement


def loop(source: Source, node: nodes.Range, parts: Parts) -> Statement:
    """Compile a loop."""
    expression, stores, body = parts.expression, parts.stores, parts.body

    def run_loop(frame: Frame, dot: Any) -> str:
        value = expression(frame, dot)
        ran = False
        run, emit = frame.run, frame.emit
        try:
            for index, item in _pairs(source, node, value, frame, len(stores)):
                ran = True
                run.steps -= 1
                if run.steps < 0:
                    run.step(0)
                if stores:
                    stores[-1](frame, item)
                    if len(stores) > 1:
                        stores[0](frame, index)
                with contextlib.suppress(_GoOn):
                    emit(body(frame, item))
            return "" if ran else empty(frame, dot, value)
        except _Leave:  # also from the else branch, as in Go
            return ""

    def empty(frame: Frame, dot: Any, value: Any) -> str:
        for store in stores:
            store(frame, values.MISSING if value is None else value)
        return parts.otherwise(frame, dot)

    return run_loop


def _pairs(
    source: Source, node: nodes.Range, value: Any, frame: Frame, variables: int
) -> Iterable[tuple[Any, Any]]:
    """Return what a value has to loop over: keys or indexes, and items. Raises `ExecError`."""
    if type(value) is list:
        return enumerate(value)
    if isinstance(value, values.Sealed):
        raise source.error(node.pipe, str(printing.sealed()))
    match values.kind(value):
        case "slice":
            return enumerate(map(Uint8, value) if isinstance(value, bytes) else value)
        case "map":
            frame.run.step(len(value) >> 2)
            return [(key, value[key]) for key in sorted(value)]
        case "invalid":
            return ()
        case "int" | "int64" | "int32" | "uint8" | "uint64":
            if variables > 1:
                message = "to iterate over more than one variable"
                raise source.error(node.pipe, f"can't use {nodes.show(node.pipe)} {message}")
            return _counted(value)
        case _:
            raise source.error(node.pipe, f"range can't iterate over {nodes.show(node.pipe)}")


def _counted(value: Any) -> Iterator[tuple[Any, Any]]:
    """Count from 0 to a number, in its own type."""
    made = type(value)
    count = value.value if isinstance(value, values.GoInteger) else value
    return ((values.MISSING, number if made is int else made(number)) for number in range(count))
