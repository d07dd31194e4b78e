"""Which namespace was served how long ago, as this replica remembers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

REMEMBERED: Final = 2_000
"""Namespaces that are remembered; who was served earlier than these goes first."""


class Turns:
    """Namespaces in the order they were served last."""

    def __init__(self) -> None:
        self._served: dict[str, int] = {}
        self._number = 0

    def served(self) -> Mapping[str, Sequence[str] | Sequence[int]]:
        """Return the parameters that `claim` sorts by."""
        return {"namespaces": list(self._served), "turns": list(self._served.values())}

    def serve(self, namespaces: Iterable[str]) -> None:
        """Note that these were served, in this order."""
        for namespace in namespaces:
            self._number += 1
            self._served.pop(namespace, None)
            self._served[namespace] = self._number
        while len(self._served) > REMEMBERED:
            del self._served[next(iter(self._served))]
