"""What was seen of objects whose Rollout was not seen yet.

The watches of two resources are not ordered, and after an outage one may be back a minute before
the other (spec/transitions.md 1.0): what a ReplicaSet shows then belongs to a Rollout to come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from notifier.core.model import Observation

LIMIT: Final = 500
"""Observations kept; beyond that the Rollouts that were waited for the longest are given up. Those
of another controller instance never come."""


class Early:
    """Live observations by the uid of the Rollout they wait for."""

    def __init__(self) -> None:
        self._held: dict[str, list[tuple[str, Observation]]] = {}
        self._count = 0

    def hold(self, rollout_uid: str, uid: str, observation: Observation) -> None:
        """Keep what was seen of the object `uid`."""
        self._held.setdefault(rollout_uid, []).append((uid, observation))
        self._count += 1
        while self._count > LIMIT:
            self.release(next(iter(self._held)))

    def gone(self, uid: str, observation: Observation) -> None:
        """Keep the end of an object, if something of it is kept."""
        for rollout_uid, held in self._held.items():
            if any(uid == known for known, _ in held):
                self.hold(rollout_uid, uid, observation)
                return

    def release(self, rollout_uid: str) -> Sequence[Observation]:
        """Give away what waits for a Rollout, in the order seen."""
        held = self._held.pop(rollout_uid, [])
        self._count -= len(held)
        return [observation for _, observation in held]
