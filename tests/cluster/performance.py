"""One performance before a daemon that is disturbed: what it told, what arrived, the figures."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.cluster import manifests, playing
from tests.cluster.disturbing import Disturbing
from tests.cluster.recovery import Event, Outages, Recovery
from tests.cluster.release import Release
from tests.cluster.stage import eventually

CAUGHT_UP_S = 60.0
"""A generous limit for what is still on its way when everything is quiet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """Everything by the namespace of the Rollout."""

    mode: str
    kinds: Sequence[str]
    faults: Mapping[str, int]
    outages: Outages
    recoveries: Mapping[str, Recovery]
    ends: Mapping[str, Mapping[str, str]]
    """How the delivery of each event ended."""
    messages: Mapping[str, Sequence[bytes]]
    """Bodies by event id."""

    @property
    def told(self) -> list[Event]:
        """Every event in the ledger."""
        return [event for one in self.recoveries.values() for event in one.broken]

    @property
    def copies(self) -> int:
        """Messages beyond the first of each event."""
        return sum(len(bodies) - 1 for bodies in self.messages.values())

    @property
    def unsent(self) -> list[str]:
        """Keys of the events that did not reach the receiver in exactly one form. A pause that was
        over before it could be told is not sent (spec/services.md)."""
        return [
            event["key"]
            for place, one in self.recoveries.items()
            for event in one.broken
            if len(set(self.messages.get(event["id"], ()))) != 1
            and not self._was_over(place, event)
        ]

    def _was_over(self, place: str, event: Event) -> bool:
        is_pause = event["trigger"] == "on-rollout-paused"
        return is_pause and self.ends[place].get(event["id"]) == "superseded"

    def each(self, faults: Callable[[Recovery], Sequence[str]]) -> dict[str, Sequence[str]]:
        """Return the faults of each Rollout that has some."""
        found = {place: faults(one) for place, one in self.recoveries.items()}
        return {place: some for place, some in found.items() if some}

    def line(self) -> dict[str, Any]:
        """Return the figures for the report."""
        each = self.recoveries.values()
        return {
            "mode": self.mode,
            "faults": dict(self.faults),
            "awaySeconds": round(self.outages.seconds, 1),
            "scenarios": len(self.recoveries),
            "occurrences": sum(len(one.whole) for one in each),
            "ourEvents": len(self.told),
            "recovered": sum(len(one.recovered) for one in each),
            "untoldInGaps": sum(one.untold.total() - len(one.lost(self.outages)) for one in each),
            "lost": sum(len(one.lost(self.outages)) for one in each),
            "invented": sum(len(one.invented) for one in each),
            "twice": sum(len(one.twice) for one in each),
            "unsent": len(self.unsent),
            "messages": sum(map(len, self.messages.values())),
            "copies": self.copies,
        }


async def watched(
    way: Disturbing, peer: Release, places: Sequence[str], ledger: Sequence[Mapping[str, Any]]
) -> Performance:
    """Set the account of a daemon that was disturbed beside that of one that was not, about the
    Rollouts in these namespaces."""
    release = way.release
    bodies = playing.bodies(ledger, release)
    return Performance(
        mode=way.mode,
        kinds=way.kinds,
        faults=way.faults,
        outages=way.outages,
        recoveries=await _recoveries(way, peer, places),
        ends={place: await release.ends((place, manifests.NAME)) for place in places},
        messages={id_: each for id_, each in bodies.items() if _place(each[0]) in places},
    )


async def caught_up(way: Disturbing, peer: Release, places: Sequence[str]) -> None:
    """Wait until the daemon has told and sent whatever it can, or for long enough."""

    async def whole() -> bool:
        each = (await _recoveries(way, peer, places)).values()
        return not any(one.lost(way.outages) or one.behind for one in each)

    with contextlib.suppress(AssertionError):  # what is missing, the tests name
        await eventually(whole, f"{way.mode}: caught up", CAUGHT_UP_S)
    assert way.release.daemon is not None
    await way.release.daemon.settled(60)


async def _recoveries(way: Disturbing, peer: Release, places: Sequence[str]) -> dict[str, Recovery]:
    found = {}
    for place in places:
        rollout = place, manifests.NAME
        broken = await way.release.recorded(rollout)
        found[place] = Recovery(await peer.recorded(rollout), broken)
    return found


def _place(body: bytes) -> str:
    namespace: str = json.loads(body)["rollout"]["namespace"]
    return namespace
