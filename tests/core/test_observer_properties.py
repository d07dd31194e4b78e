"""Properties that hold for every stream: recorded, told by the scenario table, or made up."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifier.core.model import Observation
from tests.core.test_transitions_scenarios import ROWS
from tests.strategies import recordings
from tests.strategies.lives import lives
from tests.strategies.recordings import NAMES, Replay
from tests.strategies.story import CODES, RESOURCES, Story, Version, encode

names = st.sampled_from(NAMES)


def cut(versions: Sequence[Version], at: Sequence[int]) -> list[str]:
    """Show the versions, with a restart and a list before each of those positions."""
    replay = Replay(versions)
    shown = 0
    for position in sorted(at):
        replay.go(position - shown)
        shown = position
        replay.restart()
        replay.relist()
    return replay.go().keys


@settings(max_examples=60, deadline=None)
@given(name=names, data=st.data())
def test_restart_anywhere_in_a_recording(name: str, data: st.DataObject) -> None:
    """Cut a recording anywhere, any number of times: the same keys, from the stored rows."""
    versions = recordings.stream(name)
    positions = data.draw(st.lists(st.integers(1, len(versions)), min_size=1, max_size=4))
    assert set(cut(versions, positions)) == set(recordings.replay(name).keys)


@settings(max_examples=60, deadline=None)
@given(versions=lives(), data=st.data())
def test_restart_anywhere_in_a_life(versions: Sequence[Version], data: st.DataObject) -> None:
    """The same for made-up lives of a Rollout, whatever order things happen in."""
    positions = data.draw(st.lists(st.integers(1, len(versions)), min_size=1, max_size=6))
    assert set(cut(versions, positions)) == set(Replay(versions).go().keys)


@settings(max_examples=60, deadline=None)
@given(versions=lives())
def test_every_occurrence_has_its_own_key(versions: Sequence[Version]) -> None:
    """No two transitions of one unbroken life share a key, even if all happens in one second.

    Only a run that is adopted again may: its phase is told once.
    """
    keys = [
        found.key
        for found in Replay(versions).go().transitions
        if found.trigger in CODES and not found.trigger.startswith("on-analysis-run")
    ]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("name", NAMES)
def test_no_change_no_transition(name: str) -> None:
    """The version seen last says nothing when it comes again, under whatever resourceVersion."""
    replay = Replay(recordings.stream(name))
    for version in recordings.stream(name):
        replay.go(1)
        if version.type == "DELETED":
            continue
        before = len(replay.changes)
        for number in ("again", version.object["metadata"]["resourceVersion"]):
            metadata = version.object["metadata"] | {"resourceVersion": number}
            raw = encode(version.object | {"metadata": metadata})
            replay.take(Observation(RESOURCES[version.object["kind"]], "MODIFIED", raw))
        assert len(replay.changes) == before


@pytest.mark.parametrize("name", NAMES)
def test_replayed_same_keys(name: str) -> None:
    """Two observers of one stream tell the same, key by key."""
    assert recordings.replay(name).keys == recordings.replay(name).keys


def without_attempt(key: str) -> str:
    """Return a key without its attempt: a gap may hide a retry or a rewind from the counter."""
    prefix, trigger, uid, rest = key.split(":", 3)
    parts = rest.split(":")
    place = {"on-rollout-step-completed": 3, "on-rollout-aborted": 1, "on-rollout-paused": 1}
    if trigger in place:
        parts[place[trigger]] = "*"
    return ":".join([prefix, trigger, uid, *parts])


def gapped(story: Story, versions: Sequence[Version], start: int, end: int) -> Story:
    """Show the versions, those from `start` to `end` only as the list after them shows them."""
    for version in versions[:start]:
        story.show(version)
    with story.gap(restart=bool(start % 2)):
        for version in versions[start:end]:
            story.show(version)
    for version in versions[end:]:
        story.show(version)
    return story


INHERENT = {("canary-skip-all-steps", "on-rollout-paused")}
"""(recording, trigger) of the one thing that differs over all gaps of up to seven versions: the
user moved the index while the pause was unseen, and the key has the index of now."""


@settings(max_examples=100, deadline=None)
@given(name=names, data=st.data())
def test_a_gap_invents_nothing(name: str, data: st.DataObject) -> None:
    """Of two observers, the one with a gap tells a part of what the other tells, by the same keys.

    The attempt is left out of the comparison; two observers share it through the stored row.
    """
    versions = recordings.stream(name)
    start = data.draw(st.integers(1, len(versions) - 1))
    end = data.draw(st.integers(start + 1, min(len(versions), start + 7)))
    lossy = gapped(Story(), versions, start, end)
    live = {without_attempt(key) for key in recordings.replay(name).keys}
    told = {
        without_attempt(found.key)
        for found in lossy.transitions
        if found.trigger in CODES and (name, found.trigger) not in INHERENT
    }
    assert told <= live


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row {row.number}")
def test_one_lost_version(row: object) -> None:
    """Lose any single version of any scenario: nothing is invented."""
    live = Story(**row.story)  # type: ignore[attr-defined]
    row.tell(live)  # type: ignore[attr-defined]
    told = Replay(live.log).go()
    known = {without_attempt(found.key) for found in told.transitions if found.trigger in CODES}
    for position in range(1, len(live.log)):
        lossy = gapped(Story(**row.story), live.log, position, position + 1)  # type: ignore[attr-defined]
        keys = {without_attempt(f.key) for f in lossy.transitions if f.trigger in CODES}
        assert keys <= known
