"""The recordings of the real controller give exactly what it told, trigger by trigger, in order."""

from __future__ import annotations

from collections import Counter

import pytest

from notifier.core.model import Transition
from tests.strategies import recordings
from tests.strategies.recordings import NAMES
from tests.strategies.story import CODES

ORDERED = {
    "RolloutUpdated",
    "RolloutStepCompleted",
    "RolloutCompleted",
    "RolloutAborted",
    "RolloutPaused",
    "RolloutResumed",
    "RolloutNotCompleted",
    "NewReplicaSetCreated",
    "SkipSteps",
    "ExperimentCreated",
}
RUNS = {f"AnalysisRun{phase}" for phase in ("Running", "Failed", "Error")}
RUNS |= {"AnalysisRunSuccessful", "AnalysisRunInconclusive", "AnalysisRunPending"}


def differing(name: str) -> set[str]:
    """Return the triggers of which upstream itself emits more than there were occurrences."""
    return {
        item["trigger"] for item in recordings.scenario(name)["differences_from_controller_events"]
    }


@pytest.fixture(params=NAMES)
def recording(request: pytest.FixtureRequest) -> str:
    """Name a recording."""
    return str(request.param)


def test_counts(recording: str) -> None:
    """The nine triggers occur as often as the recording says: none missing, none invented."""
    told = recordings.replay(recording).once()
    counts = Counter(found.trigger for found in told if found.trigger in CODES)
    assert counts == (recordings.scenario(recording)["trigger_counts"] or {})


def test_order(recording: str) -> None:
    """Each Rollout's transitions come in the controller's order, those beyond the nine too.

    Scaling and the runs of Experiments are on watches of their own.
    """
    replay = recordings.replay(recording)
    skipped = differing(recording)
    foreign = {found.reason for found in replay.transitions if found.facts.get("experiment")}
    compared = (ORDERED | RUNS) - (foreign - {"ExperimentCreated"})
    compared -= {found.reason for found in replay.transitions if found.trigger in skipped}
    emitted = recordings.emitted(recording)
    for name in {event["name"] for event in emitted}:
        ours = [
            found.reason
            for found in replay.once()
            if found.rollout.name == name and found.reason in compared
        ]
        theirs = [
            event["reason"]
            for event in emitted
            if event["name"] == name and event["reason"] in compared
        ]
        assert ours == theirs


def test_beyond_the_nine(recording: str) -> None:
    """Every other name that is exact in the specification occurs as often as upstream's event."""
    told = recordings.replay(recording).once()
    skipped = differing(recording)
    ours = Counter(found.reason for found in told if found.trigger not in skipped)
    theirs = Counter(event["reason"] for event in recordings.emitted(recording))
    exact = (ORDERED | RUNS) - {found.reason for found in told if found.trigger in skipped}
    assert {reason: ours[reason] for reason in exact} == {
        reason: theirs[reason] for reason in exact
    }


def test_nothing_was_odd(recording: str) -> None:
    """A recorded watch is complete: nothing malformed, stale, lost, recovered or approximate."""
    replay = recordings.replay(recording)
    observer = replay.observer
    assert not observer.malformed
    assert not observer.lost
    assert (observer.stale, observer.approximate) == (0, 0)
    assert not any(found.recovered or found.missed for found in replay.transitions)


def test_facts_name_what_happened(recording: str) -> None:
    """Facts agree with the controller's own messages, step by step and scaling by scaling."""
    told = recordings.replay(recording).once()
    messages = [event["message"] for event in recordings.emitted(recording)]
    for found in told:
        expected = sentence(found)
        assert not expected or any(message.startswith(expected) for message in messages), expected


def sentence(found: Transition) -> str:
    """Return what the controller's message about it must begin with."""
    facts = found.facts
    match found.reason:
        case "RolloutUpdated":
            return f"Rollout updated to revision {facts['revision']}"
        case "RolloutStepCompleted":
            assert facts["step"] == facts["step_index"] + 1
            return f"Rollout step {facts['step']}/{facts['steps']} completed"
        case "RolloutCompleted":
            return f"Rollout completed update to revision {facts['revision']} ({facts['hash']})"
        case "RolloutAborted":
            return f"Rollout aborted update to revision {facts['revision']}"
        case "RolloutPaused":
            return f"Rollout is paused ({facts['pause_reason']})"
        case "ScalingReplicaSet":
            up = "up" if facts["new_replicas"] > facts["old_replicas"] else "down"
            return (
                f"Scaled {up} ReplicaSet {facts['replica_set']} (revision {facts['revision']})"
                f" from {facts['old_replicas']} to {facts['new_replicas']}"
            )
    return ""


def test_there_are_recordings() -> None:
    """The recordings are there: three controllers, more than a hundred scenarios."""
    assert len(NAMES) > 100
    assert {name.split("-")[0] for name in NAMES} >= {"v1.9.2", "v1.10.1"}
