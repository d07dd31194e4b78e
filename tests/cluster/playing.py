"""Plays the scenarios side by side, then sets the two accounts of them beside each other."""

from __future__ import annotations

import asyncio
import json
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster import events, manifests
from tests.cluster.control_plane import ControlPlane
from tests.cluster.events import Happening
from tests.cluster.release import Release
from tests.cluster.scenarios.registry import Scenario
from tests.cluster.stage import MetricServer, Stage, eventually
from tests.receivers import ledger

PARALLEL = 7
"""Scenarios at a time: two cores are busy then."""

QUIET_S = 4.0
"""Without a new event for so long, everything has been told."""

LIMIT_S = 240.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One scenario: what the controller told, what we did, and what reached the receiver."""

    scenario: Scenario
    failure: str = ""
    theirs: Sequence[Happening] = ()
    counted: Mapping[str, int] = field(default_factory=dict)
    ours: Sequence[Happening] = ()
    items: Sequence[Mapping[str, Any]] = ()
    """Our events as the ledger has them, newest first."""
    messages: Sequence[str] = ()
    """Ids of the events that messages arrived about."""
    ends: Mapping[str, str] = field(default_factory=dict)
    """How the delivery of each event ended, by its id."""

    @property
    def repeated(self) -> list[Happening]:
        """What the controller told more often than it occurred, as the scenario says it may."""
        return self._split()[0]

    @property
    def differences(self) -> events.Differences:
        """What differs, without that."""
        return self._split()[1]

    def _split(self) -> tuple[list[Happening], events.Differences]:
        found = events.compare(self.theirs, self.ours)
        allowed = Counter(self.scenario.repeats)
        repeated, missing = [], []
        for one in found.missing:
            if allowed[one.trigger] > 0:
                allowed[one.trigger] -= 1
                repeated.append(one)
            else:
                missing.append(one)
        return repeated, events.Differences(missing, found.invented)


async def play(
    plane: ControlPlane,
    scenarios: Iterable[Scenario],
    metrics: MetricServer,
    prefix: str = "",
    parallel: int = PARALLEL,
) -> dict[str, str]:
    """Play scenarios in namespaces of their own; return why each that failed did."""
    turns = asyncio.Semaphore(parallel)

    async def one(scenario: Scenario) -> tuple[str, str]:
        stage = Stage(plane, prefix + scenario.name, metrics)
        async with turns:
            try:
                async with asyncio.timeout(LIMIT_S):
                    await stage.open()
                    await scenario.play(stage)
            except Exception:  # noqa: BLE001 - one scenario that fails is reported beside the others
                return scenario.name, traceback.format_exc(limit=-3)
        return scenario.name, ""

    return dict(await asyncio.gather(*map(one, scenarios)))


async def quiet(plane: ControlPlane, *releases: Release) -> None:
    """Wait until the controller tells nothing new and every daemon has sent all it has."""
    log = plane.log("rollouts-controller")
    last, since = -1, time.monotonic()

    async def nothing_new() -> bool:
        nonlocal last, since
        count = sum(map(len, events.emitted(log).values()))
        if count != last:
            last, since = count, time.monotonic()
        return time.monotonic() - since >= QUIET_S

    await eventually(nothing_new, "the controller is quiet", 120)
    for release in releases:
        assert release.daemon is not None
        await release.daemon.settled()


async def results(
    plane: ControlPlane,
    release: Release,
    scenarios: Iterable[Scenario],
    failures: Mapping[str, str],
    entries: Sequence[Mapping[str, Any]],
    prefix: str = "",
) -> dict[str, Result]:
    """Set both accounts beside each other."""
    emitted = events.emitted(plane.log("rollouts-controller"))
    counted = events.counted(await plane.metrics())
    received = _received(entries, release)
    found = {}
    for scenario in scenarios:
        rollout = prefix + scenario.name, manifests.NAME
        items = await release.recorded(rollout)
        found[scenario.name] = Result(
            scenario=scenario,
            failure=failures[scenario.name],
            theirs=emitted.get(rollout, ()),
            counted=counted.get(rollout, {}),
            ours=events.told(items),
            items=items,
            messages=received.get(rollout, ()),
            ends=await release.ends(rollout),
        )
    return found


def _received(
    entries: Sequence[Mapping[str, Any]], release: Release
) -> dict[events.Key, list[str]]:
    """Return the event ids of the messages that a release sent, by Rollout."""
    found: dict[events.Key, list[str]] = {}
    for entry in entries:
        if entry["path"] == f"/{release.name}":
            body = json.loads(entry["body"])
            rollout = body["rollout"]["namespace"], body["rollout"]["name"]
            found.setdefault(rollout, []).append(body["id"])
    return found


def bodies(entries: Sequence[Mapping[str, Any]], release: Release) -> dict[str, list[bytes]]:
    """Return the bodies of the messages that a release sent, by event id."""
    found: dict[str, list[bytes]] = {}
    for entry in entries:
        if entry["path"] == f"/{release.name}":
            found.setdefault(json.loads(entry["body"])["id"], []).append(entry["body"])
    return found


def entries(file: Path) -> list[Mapping[str, Any]]:
    """Return what the receiver has written down."""
    return list(ledger.read(file))
