"""What one evaluation carries along: its data, its variables, its loop, and what is left to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from notifier.languages.expr import containers, limits
from notifier.languages.expr.containers import AnyMap
from notifier.languages.expr.errors import Fault
from notifier.languages.golang import bytetexts, runs, values

Items = Sequence[Any]


class _Absent:
    """The type of what stands for the items of a map: a loop over one may count, not look."""


_ABSENT: Final = _Absent()


class Scope:
    """One loop of a predicate."""

    __slots__ = ("acc", "index", "item")

    def __init__(self, found: Items = ()) -> None:
        """Start before the first of the items; what is evaluated there sees it already."""
        self.item: Any = found[0] if found else _ABSENT
        self.index = 0
        self.acc: Any = None

    def current(self) -> Any:
        """Return the item. Raises `Fault` in a loop over a map or over nothing."""
        item = self.item
        if item is _ABSENT:
            raise Fault("reflect: call of reflect.Value.Index on map Value")
        return item


class State:
    """One evaluation."""

    __slots__ = (
        "_budget", "_copied", "_memory", "_steps", "carried", "data", "run", "scope", "variables",
    )  # fmt: skip

    def __init__(self, data: dict[str, Any], variables: int, run: runs.Run) -> None:
        self.data = data
        self.variables: list[Any] = [None] * variables
        self.run = run
        self.scope = Scope()
        self.carried: Any = None
        self._steps = limits.steps(run.limits)
        self._budget = limits.memory(run.limits)
        self._memory = 0
        self._copied = 0

    def grow(self, units: int) -> None:
        """Charge memory as the original does. Raises `Fault`."""
        self._memory += units
        if self._memory >= self._budget:
            raise Fault("memory budget exceeded")

    def copy(self, items: int) -> None:
        """Charge a list that the original shares or forgets to charge. Raises `Fault`."""
        self._copied += items
        if self._copied > limits.copies(self.run.limits):
            raise Fault("memory budget exceeded")

    def compare(self, items: int) -> None:
        """Charge items that are looked at one by one. Raises `Fault`."""
        self.turn(items // limits.ITEMS_PER_STEP)

    def scan(self, text: str | bytes) -> None:
        """Charge a text that is looked at from one end to the other. Raises `Fault`."""
        if len(text) >= limits.LONG:
            self.turn(len(text) // limits.LONG)

    def turn(self, steps: int) -> None:
        """Charge steps. Raises `Fault`."""
        self._steps -= steps
        if self._steps < 0:
            raise Fault(f"takes more than {limits.steps(self.run.limits)} steps")

    def text(self, length: int) -> None:
        """Charge a text about to be built. Raises `GoError`."""
        self.run.text(length)

    def loop(self, found: Items, steps: int, *, backwards: bool = False) -> Iterator[Scope]:
        """Give the scope once per item. Raises `Fault`."""
        scope = self.scope
        places = range(len(found))
        for scope.index in reversed(places) if backwards else places:
            scope.item = found[scope.index]
            self.turn(steps)
            yield scope


def looped(value: Any) -> Items:
    """Return what a loop over a value passes. Raises `Fault`."""
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, bytes):
        return containers.items(value)
    if type(value) is str:
        return [values.Uint8(byte) for byte in bytetexts.encode(value)]
    if isinstance(value, dict | AnyMap):
        return [_ABSENT] * len(value)
    kind = "zero" if value is None else containers.kind(value)
    raise Fault(f"reflect: call of reflect.Value.Len on {kind} Value")
