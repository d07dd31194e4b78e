"""What the daemon tells is what the controller did: no more, no less, in its order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from tests.cluster.playing import Result
from tests.cluster.scenarios import registry

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.timeout(900)]

NAMES = sorted(registry.every())


@pytest.mark.parametrize("name", NAMES)
async def test_events_are_the_controllers(name: str, results: Mapping[str, Result]) -> None:
    """Every event of the controller's log is told, in its order and with its details."""
    result = results[name]
    assert not result.failure, result.failure
    assert result.theirs, "the controller told nothing: the scenario did not happen"
    assert not result.differences.missing
    assert not result.differences.invented


@pytest.mark.parametrize("name", [n for n in NAMES if registry.every()[n].counted])
async def test_counts_are_the_controllers(name: str, results: Mapping[str, Result]) -> None:
    """The controller's own counter agrees, but for the repetitions that are known by name."""
    result = results[name]
    ours, theirs = Counter(one.trigger for one in result.ours), Counter(result.counted)
    repeated, allowed = theirs - ours, Counter(result.scenario.repeats)
    assert not ours - theirs
    assert repeated == allowed if result.scenario.certain else repeated <= allowed


@pytest.mark.parametrize("name", NAMES)
async def test_every_event_is_sent_once(name: str, results: Mapping[str, Result]) -> None:
    """Each event reached the receiver, and none did twice; only of a pause that was over before it
    could be told nothing is said (spec/services.md: only while still paused)."""
    result = results[name]
    told = {item["id"]: item["trigger"] for item in result.items}
    over = {event for event, end in result.ends.items() if end == "superseded"}
    assert {told[event] for event in over} <= {"on-rollout-paused"}
    assert sorted(result.messages) == sorted(told.keys() - over)


async def test_nothing_was_recovered(results: Mapping[str, Result]) -> None:
    """The watch was never broken, so no event is marked as seen after a gap."""
    late = [item for result in results.values() for item in result.items if item["recovered"]]
    assert not late
