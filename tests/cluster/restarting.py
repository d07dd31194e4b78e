"""A daemon that is killed again and again beside one that never is."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.cluster.release import Release

AWAKE_S = (0.5, 3.0)
"""Seconds between ready and kill -9."""

AWAY_S = (0.0, 1.5)
"""Seconds until the next start."""

SLACK_S = 1.0
"""What the daemon saw so shortly before it was killed may not have been committed."""


@dataclass
class Outages:
    """When it was away, by the wall clock: from shortly before each kill until it was ready."""

    spans: list[tuple[float, float]] = field(default_factory=list)

    def cover(self, moment: str) -> bool:
        """Say whether a moment (RFC 3339) was in one."""
        at = datetime.fromisoformat(moment).timestamp()
        return any(begin <= at <= end for begin, end in self.spans)


@contextlib.asynccontextmanager
async def restless(release: Release, seed: int) -> AsyncIterator[Outages]:
    """Kill the daemon and start it again meanwhile; it runs afterwards."""
    dice = random.Random(seed)  # noqa: S311 - reproducible, guards nothing
    outages, stop = Outages(), asyncio.Event()

    async def disturb() -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), dice.uniform(*AWAKE_S))
                return
            begin = time.time() - SLACK_S  # noqa: TID251 - compared with the daemon's own stamps
            await release.kill()
            await asyncio.sleep(dice.uniform(*AWAY_S))
            await release.start()
            outages.spans.append((begin, time.time()))  # noqa: TID251 - as above

    disturbing = asyncio.create_task(disturb())
    try:
        yield outages
    finally:
        stop.set()
        await disturbing


ATTEMPT: Mapping[str, int] = {
    "on-rollout-step-completed": -2,
    "on-rollout-aborted": 1,
    "on-rollout-paused": 1,
}
"""Where in the discriminator of a key the attempt stands (spec/transitions.md 6): a number that a
store counts, so another store, which missed some, counts otherwise."""


def occurrence(event: Mapping[str, Any]) -> str:
    """Return what an event is in every store: its key without the attempt."""
    version, trigger, uid, *rest = event["key"].split(":", 3)
    parts = rest[0].split(":")
    if trigger in ATTEMPT:
        parts[ATTEMPT[trigger]] = "*"
    return ":".join([version, trigger, uid, *parts])


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a disturbed daemon told of one Rollout beside what an undisturbed one did."""

    whole: Sequence[Mapping[str, Any]]
    """Events of the undisturbed daemon, newest first."""
    broken: Sequence[Mapping[str, Any]]
    """Events of the other."""

    @property
    def invented(self) -> list[str]:
        """Occurrences that only the disturbed one told."""
        return [occurrence(one) for one in _only(self.broken, self.whole)]

    def lost(self, outages: Outages) -> list[str]:
        """Occurrences that it did not tell although it was there."""
        missing = _only(self.whole, self.broken)
        return [occurrence(one) for one in missing if not outages.cover(one["observed"])]

    def tells_last(self, *triggers: str) -> bool:
        """Say whether the last occurrence of these triggers is in both accounts."""
        told = {occurrence(one) for one in self.broken}
        last = next((one for one in self.whole if one["trigger"] in triggers), None)
        return last is None or occurrence(last) in told


def _only(
    these: Iterable[Mapping[str, Any]], those: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    known = {occurrence(event) for event in those}
    return [event for event in these if occurrence(event) not in known]
