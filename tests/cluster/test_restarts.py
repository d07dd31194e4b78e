"""The daemon is killed and started again in the middle of what it watches."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.cluster import manifests, playing, restarting
from tests.cluster.control_plane import ControlPlane
from tests.cluster.release import Release
from tests.cluster.restarting import Outages, Recovery
from tests.cluster.scenarios import registry
from tests.cluster.stage import MetricServer

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(600)]

PREFIX = "again-"

PARALLEL = 2
"""Fewer at a time than usual, so that there is time for many kills."""

NAMES = (
    "canary-manual-gate",
    "canary-timed-pause",
    "canary-quick-steps",
    "canary-rollback-beyond",
    "canary-scaled",
    "canary-synced-meanwhile",
    "abort-retry-abort",
    "abort-then-retry",
    "delete-then-recreate",
    "deadline-with-abort",
    "blue-green-manual",
    "blue-green-both-analyses-pass",
    "blue-green-pre-fails",
    "inline-fails-then-retry",
    "background-fails-then-retry",
    "experiment-analysis-fails",
    "workload-updated",
)


@dataclass(frozen=True, slots=True)
class Disturbed:
    """One performance: when the daemon was away, both accounts, and what arrived."""

    outages: Outages
    recoveries: Mapping[str, Recovery]
    failures: Mapping[str, str]
    ends: Mapping[str, Mapping[str, str]]
    """How the delivery of each event ended."""
    messages: Mapping[str, list[bytes]]
    """Bodies by event id."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def disturbed(
    plane: ControlPlane,
    session: aiohttp.ClientSession,
    steady: Release,
    metrics: MetricServer,
    receiver: tuple[str, Path],
) -> AsyncIterator[Disturbed]:
    """Scenarios played before two daemons, of which one is killed every few seconds."""
    scenarios = [registry.every()[name] for name in NAMES]
    await steady.refresh()
    other = Release(plane, "restless", session, receiver[0])
    await other.install()
    await other.start()
    async with restarting.restless(other, seed=20261127) as outages:
        failures = await playing.play(plane, scenarios, metrics, PREFIX, PARALLEL)
    await playing.quiet(plane, steady, other)
    recoveries = {}
    for name in NAMES:
        rollout = PREFIX + name, manifests.NAME
        recoveries[name] = Recovery(await steady.recorded(rollout), await other.recorded(rollout))
    ends = {name: await other.ends((PREFIX + name, manifests.NAME)) for name in NAMES}
    messages = playing.bodies(playing.entries(receiver[1]), other)
    await other.kill()
    yield Disturbed(outages, recoveries, failures, ends, messages)


async def test_it_was_killed_often(disturbed: Disturbed) -> None:
    """The performance was a disturbed one, and something did happen in the gaps."""
    assert len(disturbed.outages.spans) >= 3
    told = [event for one in disturbed.recoveries.values() for event in one.broken]
    assert any(event["recovered"] for event in told)


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_is_invented(name: str, disturbed: Disturbed) -> None:
    """Every event, recovered or not, is one that the undisturbed daemon saw."""
    assert not disturbed.failures[name], disturbed.failures[name]
    assert not disturbed.recoveries[name].invented


@pytest.mark.parametrize("name", NAMES)
async def test_only_gaps_hide(name: str, disturbed: Disturbed) -> None:
    """An event is untold only if it came and went while the daemon was away."""
    assert not disturbed.recoveries[name].lost(disturbed.outages)


@pytest.mark.parametrize("name", NAMES)
async def test_the_last_state_is_told(name: str, disturbed: Disturbed) -> None:
    """What the object still shows is told, however long the gap was."""
    recovery = disturbed.recoveries[name]
    assert recovery.tells_last("on-rollout-updated")
    assert recovery.tells_last("on-rollout-completed", "on-rollout-paused", "on-rollout-aborted")


@pytest.mark.parametrize("name", NAMES)
async def test_every_committed_event_arrives(name: str, disturbed: Disturbed) -> None:
    """Each event in the ledger reached the receiver, unless it was a pause that was over; a copy
    is equal to the byte."""
    for event in disturbed.recoveries[name].broken:
        bodies = set(disturbed.messages.get(event["id"], ()))
        over = disturbed.ends[name][event["id"]] == "superseded"
        assert not over or event["trigger"] == "on-rollout-paused"
        assert len(bodies) == 1 or (over and not bodies), event["key"]


async def test_nothing_else_arrives(disturbed: Disturbed) -> None:
    """No message about an event that the ledger does not have, and hardly a copy."""
    known = {event["id"] for one in disturbed.recoveries.values() for event in one.broken}
    sent = {
        id_: bodies for id_, bodies in disturbed.messages.items() if PREFIX.encode() in bodies[0]
    }
    assert sent.keys() <= known
    copies = sum(len(bodies) - 1 for bodies in sent.values())
    # One attempt in flight per Rollout, so a kill cuts as many as are played at a time.
    assert copies <= len(disturbed.outages.spans) * PARALLEL


assert set(NAMES) <= set(registry.every()), "a scenario of this list has another name"
