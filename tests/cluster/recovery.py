"""What a disturbed daemon told beside what an undisturbed one did, and what the rules allow between
them: an occurrence is untold only if it fell into a gap, and nothing is told that did not occur.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.cluster.events import SCALING

SLACK_S = 2.0
"""What the daemon saw so shortly before it was disturbed may not have been committed."""

LAG_S = 1.0
"""What the list at the end of a gap showed already, the other daemon's watch may show so much
later."""

ATTEMPT: Mapping[str, int] = {
    "on-rollout-step-completed": -2,
    "on-rollout-aborted": 1,
    "on-rollout-paused": 1,
}
"""Where in the discriminator of a key the attempt stands (spec/transitions.md 6): a number that a
store counts, so another store, which missed some, counts otherwise."""

COMPLETED = "on-rollout-completed"

SHOWN = (
    ("on-rollout-updated",),
    (COMPLETED, "on-rollout-paused", "on-rollout-aborted"),
)
"""Triggers of which the last occurrence is still to be seen in the object."""

Event = Mapping[str, Any]


@dataclass
class Outages:
    """When nobody observed, by the wall clock: from shortly before each fault until a list."""

    spans: list[tuple[float, float]] = field(default_factory=list)

    def cover(self, event: Event) -> bool:
        """Say whether an event was observed in one."""
        return any(begin <= seconds(event) <= end + LAG_S for begin, end in self.spans)

    @property
    def seconds(self) -> float:
        """How long they were in all."""
        return sum(end - begin for begin, end in self.spans)


def seconds(event: Event) -> float:
    """Return when an event was observed."""
    return datetime.fromisoformat(event["observed"]).timestamp()


def occurrence(event: Event) -> str:
    """Return what an event is in every store: its key without the attempt."""
    version, trigger, uid, *rest = event["key"].split(":", 3)
    parts = rest[0].split(":")
    if trigger in ATTEMPT:
        parts[ATTEMPT[trigger]] = "*"
    return ":".join([version, trigger, uid, *parts])


@dataclass(frozen=True, slots=True)
class Recovery:
    """Both accounts of one Rollout."""

    whole: Sequence[Event]
    """Events of the undisturbed daemon, newest first."""
    broken: Sequence[Event]
    """Events of the other."""

    @property
    def invented(self) -> list[str]:
        """Occurrences that only the disturbed one told, or told more often."""
        return list((_counted(self.broken) - _counted(self.whole)).elements())

    @property
    def twice(self) -> list[str]:
        """Keys that stand in the ledger more than once."""
        keys = Counter(event["key"] for event in self.broken)
        return [key for key, count in keys.items() if count > 1]

    @property
    def recovered(self) -> list[Event]:
        """Events that it told after a gap."""
        return [event for event in self.broken if event["recovered"]]

    @property
    def untold(self) -> Counter[str]:
        """Occurrences that it did not tell."""
        return _counted(self.whole) - _counted(self.broken)

    def lost(self, outages: Outages) -> list[str]:
        """Occurrences that it did not tell although somebody observed."""
        excused = [*self._hidden(outages), *self._scaling_of_the_gone()]
        return list((self.untold - _counted(excused)).elements())

    def marked_without_reason(self, outages: Outages) -> list[str]:
        """Occurrences that it calls recovered although somebody observed. Evidence is fetched after
        the list that asks for it, and may show a little more."""
        hidden = _counted(self._hidden(outages))
        return [one for one in map(occurrence, self.recovered) if one not in hidden]

    @property
    def behind(self) -> list[str]:
        """What the object still shows, however long a gap was, and it did not tell."""
        told = _counted(self.broken)
        last = [
            next((one for one in self.whole if one["trigger"] in triggers), None)
            for triggers in SHOWN
        ]
        missing = [one for one in last if one and occurrence(one) not in told]
        return [occurrence(one) for one in missing if not self._was_stable_before(one)]

    def _was_stable_before(self, event: Event) -> bool:
        """Say whether a completion brought back what was stable when the gap began: the object
        looks the same then (spec/transitions.md 2, "completed twice")."""
        if event["trigger"] != COMPLETED:
            return False
        before = next((one for one in self.broken if one["trigger"] == COMPLETED), None)
        return before is not None and before["facts"]["hash"] == event["facts"]["hash"]

    def _hidden(self, outages: Outages) -> list[Event]:
        return [event for event in self.whole if outages.cover(event)]

    def _scaling_of_the_gone(self) -> list[Event]:
        """Scaling of Rollouts that were deleted later: after an outage the watches begin again one
        by one, in no order (spec/transitions.md 3), and nobody waits for what was deleted."""
        newest: dict[str, str] = {}
        for event in self.whole:
            newest.setdefault(event["rollout"], event["uid"])
        return [
            event
            for event in self.whole
            if event["trigger"] == SCALING and event["uid"] != newest[event["rollout"]]
        ]


def _counted(events: Iterable[Event]) -> Counter[str]:
    return Counter(map(occurrence, events))
