"""What the watches show of a Rollout's objects before they show the Rollout itself."""

from __future__ import annotations

from notifier.core import early
from notifier.core.model import Observation
from notifier.core.observer import Observer
from tests.core.test_transitions_scenarios import deployed
from tests.strategies.story import Story, encode


def scaled_first(story: Story) -> None:
    """The watch of ReplicaSets is ahead: one is made and scaled."""
    story.replica_set("a", 0)
    story.replica_set("a", 1)
    story.replica_set("a", 3)


def test_scaling_waits_for_its_rollout() -> None:
    """It is told when the Rollout is there, and goes on from where it was."""
    story = Story()
    scaled_first(story)
    assert story.codes == "-"
    story.create()
    assert story.codes == "SCALE SCALE"
    story.replica_set("a", 4)
    sizes = [
        (found.facts["old_replicas"], found.facts["new_replicas"]) for found in story.transitions
    ]
    assert sizes == [(0, 1), (1, 3), (3, 4)]


def test_experiments_wait_too() -> None:
    """So is an analysis that failed in an Experiment."""
    story = Story()
    story.experiment("x", "Running", [("check", "", "Running")])
    story.experiment("x", "Failed", [("check", "", "Failed")])
    assert story.codes == "-"
    story.create()
    assert "FAIL" in story.codes


def test_rollout_of_before_is_a_baseline() -> None:
    """A Rollout that the first list shows is taken as it is, with what was scaled before; a
    ReplicaSet that is known then goes on."""
    story = Story(observer=Observer())
    scaled_first(story)
    story.take(Observation("rollouts", "LISTED", encode(story.rollout), contiguous=False))
    assert story.codes == "-"
    story.replica_set("a", 4)
    assert story.codes == "SCALE"


def test_end_of_what_waits() -> None:
    """A ReplicaSet that is gone again is not remembered."""
    story = Story()
    scaled_first(story)
    story.remove("ReplicaSet", f"{story.name}-a")
    story.create()
    assert story.codes == "SCALE SCALE"
    assert story.observer.remembered["replicasets"] == 0


def test_others_never_come() -> None:
    """What waits for Rollouts of another instance is bounded, the oldest is given up, and a Rollout
    that turns out to be another's frees its own at once."""
    held = early.Early()
    for number in range(early.LIMIT + 10):
        held.hold(f"rollout-{number}", "x", Observation("replicasets", "ADDED", b""))
    assert not held.release("rollout-9")
    assert held.release("rollout-10")
    story = Story(observer=Observer(instance_id="blue"))
    scaled_first(story)
    story.create()
    story.user(labels={"argo-rollouts.argoproj.io/controller-instance-id": "blue"})
    assert story.codes == "-"


def test_recovered_rollout_brings_them() -> None:
    """A Rollout that was created in a gap comes with a list, after what a watch showed."""
    story = Story()
    deployed(story)
    other = Story(name="other", uid="other-uid", created=30, observer=story.observer)
    with other.gap():
        other.create(revision=1, hash="x", stable="x", index=2)
        listed = encode(other.rollout)
        other.cluster.clear()
    scaled_first(other)
    other.take(Observation("rollouts", "LISTED", listed, contiguous=False))
    assert other.codes == "UPD DONE SCALE SCALE"
