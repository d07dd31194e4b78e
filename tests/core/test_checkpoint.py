"""Which Rollouts of a list count as created in the gap, whenever the process before was killed."""

from __future__ import annotations

from notifier.core.model import Observation, StoredSnapshot
from notifier.core.observer import Observer
from tests.core.test_transitions_scenarios import deployed
from tests.strategies.story import Story, encode

SYNCED = Observation("rollouts", "SYNCED", b"")


def known(created: int) -> Story:
    """Return a Rollout that was there at the first list, and is stored."""
    story = Story(created=created)
    deployed(story)
    story.relist()
    return story


def listed(created: int, name: str = "other") -> Observation:
    """Return a completed first deploy as a list shows it."""
    other = Story(name=name, uid=f"uid-{name}", created=created)
    other.create(revision=1, hash="x", stable="x", index=2)
    return Observation("rollouts", "LISTED", encode(other.rollout), contiguous=False)


def restarted(story: Story) -> Observer:
    """Return the observer of a process that takes over what the story's stored."""
    observer = Observer()
    observer.restore(story.rows())
    observer.observe(Observation("rollouts", "LISTED", encode(story.rollout), contiguous=False))
    return observer


def told(observer: Observer, observation: Observation) -> list[str]:
    """Return the triggers that an observation brings."""
    return [
        transition.trigger
        for change in observer.observe(observation)
        for transition in change.transitions
        if transition.recovered
    ]


NEW = ["on-rollout-updated", "on-rollout-completed"]


def test_killed_while_a_new_one_waits() -> None:
    """Found in a gap, not committed yet because evidence is fetched; others go on and are
    committed; killed: it is found again, and not taken for an old one."""
    story = known(created=5)
    story.observer = restarted(story)
    assert set(NEW) <= set(told(story.observer, listed(40)))  # queued later, never committed
    story.observer.observe(listed(50, "another"))
    story.observer.observe(SYNCED)
    story.observer.queued("uid-another")
    story.controller(revision=2)
    story.mark()
    assert set(NEW) <= set(told(restarted(story), listed(40)))


def test_committed_in_the_end() -> None:
    """Once it is on its way into the store, what is older than the newest one is a baseline."""
    story = known(created=5)
    story.observer = restarted(story)
    story.observer.observe(listed(40))
    story.observer.observe(SYNCED)
    story.observer.queued("uid-other")
    story.mark()
    assert not told(restarted(story), listed(30, "third"))
    assert told(restarted(story), listed(41, "fourth"))


def test_killed_within_the_first_list() -> None:
    """Half of the first list is committed: the other half is a baseline all the same."""
    story = Story(created=10, observer=Observer())
    story.create(revision=1, hash="x", stable="x", index=2)
    story.observer = Observer()
    story.take(Observation("rollouts", "LISTED", encode(story.rollout), contiguous=False))
    assert story.stored
    assert not told(restarted(story), listed(20))


def test_killed_within_a_later_list() -> None:
    """Half of a list after a gap is committed: the other half was created in the gap, too."""
    story = known(created=5)
    story.observer = restarted(story)
    young = listed(40, "young")
    story.observer.observe(young)
    story.observer.queued("uid-young")
    story.mark()
    assert told(restarted(story), listed(30, "old"))


def test_nothing_changed_since_the_first_list() -> None:
    """The first list alone is enough to tell what is created while nobody looks."""
    story = Story(created=10)
    story.create()
    assert told(restarted(story), listed(20))


def test_nothing_was_there() -> None:
    """An empty list may come from settings that were wrong: what a later process finds is not new,
    what this one finds is."""
    story = Story()
    observer = Observer()
    observer.restore(story.rows())
    assert not told(observer, listed(20))
    assert told(story.observer, listed(20))


def test_created_in_one_second() -> None:
    """Times have whole seconds: one as old as the newest that is known, and unknown, is new."""
    assert set(NEW) <= set(told(restarted(known(created=30)), listed(30)))


def test_unreadable_row_of_the_newest() -> None:
    """Whose row cannot be read is a baseline, however young it is."""
    story = known(created=5)
    story.stored["uid-other"] = StoredSnapshot(
        kind="Rollout", uid="uid-other", namespace="shop", name="other", data=b"{"
    )
    assert not told(restarted(story), listed(40))
