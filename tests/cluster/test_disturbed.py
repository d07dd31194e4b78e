"""The daemon is killed, cut off from the API server, and failed over to another replica, in the
middle of what it watches. All three stand before the same performance, beside one undisturbed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from tests import postgres
from tests.cluster import disturbing, performance, playing
from tests.cluster.control_plane import ControlPlane
from tests.cluster.disturbing import CuttingOff, Disturbing, FailingOver, Killing
from tests.cluster.gateway import Gateway
from tests.cluster.performance import Performance
from tests.cluster.playing import Result
from tests.cluster.release import Release
from tests.cluster.report import Report
from tests.cluster.scenarios import registry
from tests.cluster.stage import MetricServer
from tests.stores import places

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

SEED = 20261127

PARALLEL = 2
"""Fewer at a time than usual, so that there is time for many faults."""

ROUNDS = 3
"""At most."""

MODES = (Killing.mode, CuttingOff.mode, FailingOver.mode)

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
class Evening:
    """All of it: what the undisturbed daemon told beside the controller's log, by scenario and
    round, and what each disturbed one did."""

    results: Sequence[Result]
    performances: Mapping[str, Performance]
    terms: int
    """How often a replica began to observe."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def evening(
    plane: ControlPlane,
    steady: Release,
    metrics: MetricServer,
    receiver: tuple[str, Path],
    report: Report,
) -> AsyncIterator[Evening]:
    """The scenarios, played until every kind of fault has come."""
    scenarios = [registry.every()[name] for name in NAMES]
    await steady.refresh()
    async with AsyncExitStack() as stack:
        ways = await _installed(plane, steady, receiver[0], stack)
        rounds: dict[str, Mapping[str, str]] = {}
        async with disturbing.meanwhile(*ways):
            while not rounds or not (all(way.thorough for way in ways) or len(rounds) == ROUNDS):
                prefix = f"round-{len(rounds) + 1}-"
                rounds[prefix] = await playing.play(plane, scenarios, metrics, prefix, PARALLEL)
        places = [prefix + name for prefix in rounds for name in NAMES]
        for way in ways:
            await performance.caught_up(way, steady, places)
        await playing.quiet(plane, steady)
        results: list[Result] = []
        for prefix, failures in rounds.items():
            found = await playing.results(plane, steady, scenarios, failures, [], prefix)
            results += found.values()
        entries = playing.entries(receiver[1])
        performances = {
            way.mode: await performance.watched(way, steady, places, entries) for way in ways
        }
        for one in performances.values():
            report.add_mode(one.line())
        terms = sum(way.terms for way in ways if isinstance(way, FailingOver))
        yield Evening(results, performances, terms)


async def _installed(
    plane: ControlPlane, steady: Release, url: str, stack: AsyncExitStack
) -> list[Disturbing]:
    """Install and start the daemons that will be disturbed."""
    gateways = [await stack.enter_async_context(Gateway(plane.ports.server)) for _ in range(3)]
    behind = [gateway.url for gateway in gateways]
    killed = Release(plane, "killed", steady.session, url)
    cut = Release(plane, "cut", steady.session, url, servers=behind[:1])
    ways: list[Disturbing] = [
        Killing(killed, SEED),
        CuttingOff(cut, SEED + 1, gateways[0], steady),
    ]
    if places.available():
        replicas = Release(
            plane,
            "failing-over",
            steady.session,
            url,
            {"config": {**disturbing.SETTINGS, "election": disturbing.TIMES}},
            servers=behind[1:],
            database=postgres.shared().database(),
        )
        ways.append(FailingOver(replicas, SEED + 2, gateways[1:]))
    for way in ways:
        stack.push_async_callback(way.release.kill)
        await way.release.install()
        await way.release.start()
    return ways


@pytest.fixture(params=MODES)
def played(request: pytest.FixtureRequest, evening: Evening) -> Performance:
    """What a disturbed daemon told."""
    if request.param not in evening.performances:
        pytest.skip(postgres.missing())
    return evening.performances[request.param]


async def test_the_other_account_is_the_controllers(evening: Evening) -> None:
    """What the disturbed ones are compared with is the truth."""
    failures = [one.failure for one in evening.results if one.failure]
    assert not failures, failures[0]
    for result in evening.results:
        assert not result.differences.missing, result.scenario.name
        assert not result.differences.invented, result.scenario.name


async def test_it_was_disturbed_often(played: Performance) -> None:
    """Every kind of fault came, and something did happen in the gaps."""
    assert set(played.faults) == set(played.kinds)
    assert sum(played.faults.values()) >= 3
    assert any(event["recovered"] for event in played.told)


async def test_only_who_was_disturbed_gave_the_lease_up(evening: Evening) -> None:
    """A replica began to observe at the start and after each fault, and at no other time."""
    if FailingOver.mode not in evening.performances:
        pytest.skip(postgres.missing())
    faults = evening.performances[FailingOver.mode].faults
    assert evening.terms == sum(faults.values()) + 1


async def test_nothing_is_invented(played: Performance) -> None:
    """Every event, recovered or not, is one that the undisturbed daemon saw, and is told once."""
    assert not played.each(lambda one: one.invented)
    assert not played.each(lambda one: one.twice)


async def test_only_gaps_hide(played: Performance) -> None:
    """An event is untold, or marked as recovered, only if it came while nobody observed."""
    assert not played.each(lambda one: one.lost(played.outages))
    assert not played.each(lambda one: one.marked_without_reason(played.outages))


async def test_the_last_state_is_told(played: Performance) -> None:
    """What the object still shows is told, however long the gap was."""
    assert not played.each(lambda one: one.behind)


async def test_every_committed_event_arrives(played: Performance) -> None:
    """Each event in the ledger reached the receiver; a copy is equal to the byte."""
    assert not played.unsent


async def test_nothing_else_arrives(played: Performance) -> None:
    """No message about an event that the ledger does not have, and hardly a copy."""
    assert played.messages.keys() <= {event["id"] for event in played.told}
    # One attempt in flight per Rollout, so a kill cuts as many as are played at a time.
    assert played.copies <= sum(played.faults.values()) * PARALLEL


assert set(NAMES) <= set(registry.every()), "a scenario of this list has another name"
