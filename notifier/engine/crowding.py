"""Which namespaces may have no more messages waiting, before any is made.

The outbox is looked at now and then, and what came and went since is reckoned in. Beyond its quota
a namespace gets verdicts that say so, which cost little; what is shed was rendered and committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from notifier.core import lanes
from notifier.core.model import Delivery
from notifier.core.overload import Caps, Load

FAILURES: Final = 1.2
"""Times its quota that a namespace fills before failures are refused, too: they displace the rest
(`core/overload.py`)."""


class Crowding:
    """How full the outbox is, as far as one process knows."""

    def __init__(self, caps: Caps) -> None:
        self._caps = caps
        self._waiting: Mapping[str, Load] = {}
        self._planned: Counter[str] = Counter()
        self._since: Counter[str] = Counter()  # stored, less those that ended

    def looked(self, waiting: Mapping[str, Load]) -> None:
        """Take note of what the store says."""
        self._waiting = waiting
        self._since.clear()

    def planned(self, rows: Sequence[Delivery]) -> None:
        """Add what is on its way into the store."""
        for row in rows:
            self._planned[row.rollout.namespace] += 1

    def stored(self, rows: Sequence[Delivery]) -> None:
        """Take note that it is there, which the next look shows."""
        for row in rows:
            namespace = row.rollout.namespace
            self._since[namespace] += 1
            self._planned[namespace] -= 1
            if not self._planned[namespace]:
                del self._planned[namespace]

    def ended(self, row: Delivery) -> None:
        """Take note that one waits no longer."""
        self._since[row.rollout.namespace] -= 1

    def full(self, namespace: str, kind: lanes.Kind) -> str:
        """Return why no more messages of a kind are made, empty if they are."""
        rows = self._planned[namespace] + self._since[namespace]
        if (load := self._waiting.get(namespace)) is not None:
            rows += load.rows
        cap = self._caps.namespace
        if rows < (cap * FAILURES if kind == "failure" else cap):
            return ""
        return f"too many messages of this namespace wait: {rows} (limit: {cap})"
