"""Which variable a name means: settled while compiling, so that reading one is a list access.

Go pushes variables on a stack as their declarations are executed and searches it by name. A
declaration that is written before a use, in a scope still open, has always been executed by then,
with one exception: inside a later operand of `and` or `or`. Such a declaration is *conditional*:
its slot is cleared before the call, and where it is still clear the name means the variable around.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


class Scopes:
    """The variables of one template while it is compiled."""

    def __init__(self) -> None:
        self.size = 1
        self._stack: list[tuple[str, int]] = [("$", 0)]
        self._conditional: list[int] | None = None
        self._skippable: set[int] = set()

    @contextmanager
    def inner(self) -> Iterator[None]:
        """Open a scope; what is declared in it is forgotten after."""
        mark = len(self._stack)
        yield
        del self._stack[mark:]

    @contextmanager
    def conditional(self) -> Iterator[list[int]]:
        """Collect the slots of declarations that may be skipped."""
        outside = self._conditional
        found: list[int] = []
        self._conditional = found
        yield found
        self._conditional = outside
        if outside is not None:
            outside.extend(found)

    def declare(self, name: str) -> int:
        """Return a slot for a new variable."""
        slot = self.size
        self.size += 1
        self._stack.append((name, slot))
        if self._conditional is not None:
            self._conditional.append(slot)
            self._skippable.add(slot)
        return slot

    def is_certain(self, slot: int) -> bool:
        """Say whether a variable is set wherever it can be seen."""
        return slot not in self._skippable

    def find(self, name: str) -> tuple[int, ...]:
        """Return the slots to look in, one after the other, for the first that is set; empty if
        nothing of that name can be there."""
        found = []
        for known, slot in reversed(self._stack):
            if known == name:
                found.append(slot)
                if self.is_certain(slot):
                    break
        return tuple(found)
