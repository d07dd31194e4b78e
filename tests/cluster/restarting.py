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


@dataclass(frozen=True, slots=True)
class Recovery:
    """What a disturbed daemon told of one Rollout beside what an undisturbed one did."""

    whole: Sequence[Mapping[str, Any]]
    """Events of the undisturbed daemon, newest first."""
    broken: Sequence[Mapping[str, Any]]
    """Events of the other."""

    @property
    def invented(self) -> list[str]:
        """Keys that only the disturbed one told."""
        return _only(self.broken, self.whole)

    def lost(self, outages: Outages) -> list[str]:
        """Keys that it did not tell although it was there."""
        missing = set(_only(self.whole, self.broken))
        return [
            event["key"]
            for event in self.whole
            if event["key"] in missing and not outages.cover(event["observed"])
        ]

    @property
    def collapsed(self) -> list[Mapping[str, Any]]:
        """Events that came and went while it was away."""
        missing = set(_only(self.whole, self.broken))
        return [event for event in self.whole if event["key"] in missing]

    def latest(self, trigger: str) -> tuple[str, str]:
        """Return the last key of a trigger in both accounts, empty if there is none."""
        first, second = (
            next((one["key"] for one in account if one["trigger"] == trigger), "")
            for account in (self.whole, self.broken)
        )
        return first, second


def _only(these: Iterable[Mapping[str, Any]], those: Iterable[Mapping[str, Any]]) -> list[str]:
    known = {event["key"] for event in those}
    return [event["key"] for event in these if event["key"] not in known]
