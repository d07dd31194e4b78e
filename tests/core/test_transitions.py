"""`core/transitions.py` and its siblings: keys, facts, times, and the names beyond the nine."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.core import owned_transitions, transitions
from notifier.core.model import Transition
from notifier.core.objects import decode_rollout
from notifier.core.remembered import Past
from tests.core.test_transitions_scenarios import (
    abort,
    at_pause,
    deployed,
    pause,
    retry,
    updating,
)
from tests.strategies.story import CODES, Story, at, encode


def only(story: Story, trigger: str) -> Transition:
    """Return the one transition of a trigger."""
    (found,) = story.told(trigger)
    return found


def test_the_nine_and_the_others_are_in_the_table() -> None:
    """Every lifecycle name has a line, here or for the owned objects; on-rollout-deleted is the
    observer's."""
    named = {trigger for rule in transitions.TABLE for trigger in rule.triggers}
    named |= set(owned_transitions.TRIGGERS.values())
    assert named >= set(CODES)
    assert named >= {
        "on-rollout-resumed",
        "on-rollout-not-completed",
        "on-new-replica-set-created",
        "on-replica-set-create-error",
        "on-analysis-run-successful",
        "on-analysis-run-inconclusive",
        "on-analysis-run-pending",
        "on-skip-steps",
        "on-traffic-weight-updated",
        "on-switch-service",
        "on-step-plugin-transition",
        "on-experiment-created",
        "on-experiment-inconclusive",
        "on-template-progressing",
        "on-metric-error",
        "on-rollout-degraded",
        "on-rollout-rollback",
    }


def test_order_within_one_version() -> None:
    """updated, analysis, step or completed, aborted, paused: as upstream would have told them."""
    story = Story(steps=3)
    updating(story)
    story.controller(
        revision=3,
        run_step=("x", "Failed"),
        index=1,
        progressing=("RolloutAborted", 9, "False"),
        abort=True,
        pauses=[("InconclusiveAnalysisRun", at(9))],
        stable="a",
    )
    last = [found.trigger for found in story.changes[-1].transitions]
    assert last == [
        "on-rollout-updated",
        "on-analysis-run-failed",
        "on-rollout-step-completed",
        "on-rollout-aborted",
        "on-rollout-paused",
    ]


# --- facts, keys and times of the nine ----------------------------------------------------------


def test_updated() -> None:
    """The revision, the one before, and the time of the write."""
    story = Story()
    updating(story)
    found = only(story, "on-rollout-updated")
    assert found.key == "v1:on-rollout-updated:rollout-uid:2"
    assert found.facts == {"revision": "2", "previous_revision": "1"}
    assert (found.reason, found.missed, found.recovered) == ("RolloutUpdated", 0, False)
    assert found.time is not None
    assert found.rollout.path == "shop/demo"


def test_step_completed() -> None:
    """The step just completed counts from 0 as `step_index`, from 1 as `step`."""
    story = Story(steps=3)
    updating(story, index=1)
    found = only(story, "on-rollout-step-completed")
    assert found.key == "v1:on-rollout-step-completed:rollout-uid:2:b:s1:2:1"
    assert found.facts == {"revision": "2", "hash": "b", "steps": 3, "step_index": 0, "step": 1}
    assert found.time == at(2)


def test_completed() -> None:
    """The revision that is stable now, and the hash that was."""
    story = Story()
    updating(story, index=2)
    story.controller(stable="b", completed=("RolloutCompleted", 8))
    found = only(story, "on-rollout-completed")
    assert found.key == "v1:on-rollout-completed:rollout-uid:2:b"
    assert found.facts == {"revision": "2", "hash": "b", "steps": 2, "previous_hash": "a"}
    assert found.time == at(8)


def test_completed_revision_unknown() -> None:
    """After a gap, without the ReplicaSet, the hash that was stable before stands in."""
    story = Story()
    updating(story)
    story.remove("ReplicaSet", "demo-b")
    with story.gap():
        story.controller(index=2, stable="b")
        story.controller(revision=3)
        story.controller(hash="c", index=0)
    found = only(story, "on-rollout-completed")
    assert found.key == "v1:on-rollout-completed:rollout-uid:?a:b"
    assert found.facts["revision"] == ""


def test_completed_while_the_annotation_is_ahead() -> None:
    """A gap that ends between revision and status: the ReplicaSet knows which one completed."""
    story = Story()
    updating(story)
    story.controller(observed="1")
    with story.gap():
        story.controller(revision=3)
        story.controller(hash="c", index=2, stable="c")
        story.replica_set("c", 1, revision=3)
        story.edit()
        story.controller(revision=4)
    found = only(story, "on-rollout-completed")
    assert found.key == "v1:on-rollout-completed:rollout-uid:3:c"


def test_status_behind_the_annotation() -> None:
    """What a gap shows of the old hash belongs to the revision and attempt before."""
    live, lossy = Story(steps=3), Story(steps=3)
    for story in (live, lossy):
        updating(story, index=1)
    live.controller(index=2)
    live.controller(revision=3)
    with lossy.gap():
        lossy.controller(index=2)
        lossy.controller(revision=3)
    for story in (live, lossy):
        story.controller(hash="c", index=0)
        story.controller(index=1)
    assert sorted(live.keys) == sorted(lossy.keys)


def test_aborted() -> None:
    """Why, when, and at which step it was."""
    story = Story()
    updating(story, index=1)
    story.controller(message="the metric failed")
    abort(story, 7)
    found = only(story, "on-rollout-aborted")
    assert found.key == f"v1:on-rollout-aborted:rollout-uid:2:3:{at(7)}"
    assert found.facts == {
        "revision": "2",
        "hash": "b",
        "steps": 2,
        "step_index": 1,
        "aborted_at": at(7),
        "message": "the metric failed",
    }
    assert found.time == at(7)


def test_abort_of_a_template_that_is_back() -> None:
    """A gap from one revision over another back to the first template: the abort is the third's."""
    story = Story()
    deployed(story)
    with story.gap():
        story.controller(revision=3)
        abort(story, 4)
    found = only(story, "on-rollout-aborted")
    assert (found.key.split(":")[3], found.facts["revision"]) == ("3", "3")


def test_baseline_abort_is_not_announced_later() -> None:
    """A Rollout that is first seen aborted says nothing when the controller repeats it."""
    story = Story()
    with story.gap(restart=True):
        updating(story)
        abort(story, 4)
    story.controller(progressing=("RolloutAborted", 9, "False"))
    assert "ABRT" not in story.codes


def test_paused() -> None:
    """Reason, start and step of the pause."""
    story = Story()
    at_pause(story)
    found = only(story, "on-rollout-paused")
    assert found.key == f"v1:on-rollout-paused:rollout-uid:b:2:1:CanaryPauseStep:{at(3)}"
    assert found.facts == {
        "revision": "2",
        "hash": "b",
        "steps": 2,
        "step_index": 1,
        "pause_reason": "CanaryPauseStep",
        "pause_start": at(3),
    }
    assert found.time == at(3)


def test_another_pause_after_a_gap() -> None:
    """In a gap other conditions are another pause, common ones are the same."""
    story = Story(steps=None)
    deployed(story)
    pause(story, 3, "BlueGreenPause")
    with story.gap():
        pause(story, 3, "BlueGreenPause")
        story.controller(
            pauses=[("BlueGreenPause", at(3)), ("InconclusiveAnalysisRun", at(5))], message="x"
        )
    assert story.codes == "PAUS"
    with story.gap():
        pause(story, 9, "BlueGreenPause")
    assert story.codes == "PAUS PAUS"
    assert story.told("on-rollout-paused")[1].key.endswith(f":a:0:-:BlueGreenPause:{at(9)}")


def test_analysis_run() -> None:
    """Slot, run, phase; the run itself as a reference."""
    story = Story()
    updating(story)
    story.run("x", "Running")
    story.controller(run_background=("x", "Running"))
    found = only(story, "on-analysis-run-running")
    assert found.key == "v1:on-analysis-run-running:rollout-uid:uid-x:Running"
    assert found.run is not None
    assert (found.run.kind, found.run.name, found.run.uid) == ("AnalysisRun", "x", "uid-x")
    assert found.facts == {
        "revision": "2",
        "hash": "b",
        "steps": 2,
        "slot": "background",
        "run": "x",
        "run_uid": "uid-x",
        "phase": "Running",
        "message": "",
    }


def test_replaced_run_counts_only_after_a_gap() -> None:
    """Live, a run starts with an empty phase; a finished run of another name means a gap."""
    story = Story()
    updating(story)
    story.controller(run_step=("x", "Running"))
    story.controller(run_step=("x.1", "Failed"))
    assert story.told("on-analysis-run-failed") == []
    with story.gap():
        story.controller(run_step=("x.2", "Failed"))
    assert only(story, "on-analysis-run-failed").recovered


def test_scaling() -> None:
    """Which ReplicaSet, from how many to how many."""
    story = Story()
    deployed(story)
    story.replica_set("a", 5)
    found = only(story, "on-scaling-replica-set")
    assert found.key == "v1:on-scaling-replica-set:rollout-uid:uid-demo-a:2"
    assert found.facts == {
        "replica_set": "demo-a",
        "hash": "a",
        "revision": "1",
        "old_replicas": 2,
        "new_replicas": 5,
    }
    assert found.time == at(59)
    assert found.resource_version == str(story.log[-1].object["metadata"]["resourceVersion"])


def test_experiment_run_without_object() -> None:
    """A run that was never created is keyed by Experiment and analysis."""
    story = Story()
    updating(story)
    story.experiment("exp", "Pending", [("check", "", "")])
    story.experiment("exp", "Error", [("check", "", "Error")])
    found = only(story, "on-analysis-run-error")
    assert found.key == "v1:on-analysis-run-error:rollout-uid:uid-exp:check:Error"
    assert found.run is None
    assert found.facts["experiment"] == "exp"


def test_experiment_run_known_later() -> None:
    """A run that the watch has not shown yet is asked for."""
    story = Story()
    updating(story)
    story.experiment("exp", "Running", [("check", "exp-check", "")])
    with story.gap():
        story.run("exp-check", "Failed", owner="exp")
        story.experiment("exp", "Running", [("check", "exp-check", "Failed")])
    found = only(story, "on-analysis-run-failed")
    assert found.key == "v1:on-analysis-run-failed:rollout-uid:uid-exp-check:Failed"


def test_missed_revisions_that_are_no_numbers() -> None:
    """A revision that is no number is told, without a count."""
    story = Story()
    deployed(story)
    with story.gap():
        story.controller(revision="seven")
    assert only(story, "on-rollout-updated").missed == 0


def test_rewound_index_is_a_new_attempt() -> None:
    """A user's rewind makes the same step another occurrence."""
    story = Story(steps=3)
    updating(story, index=2)
    story.user(index=0)
    story.controller(index=1)
    story.controller(index=2)
    keys = [found.key for found in story.told("on-rollout-step-completed")]
    assert len(set(keys)) == 4


def test_rollback_window_over_a_gap() -> None:
    """A jump by the rollback window in a gap is no step, whatever the number of steps."""
    story = Story(steps=3)
    story.rollout["spec"]["rollbackWindow"] = {"revisions": 3}
    updating(story, index=2)
    story.controller(stable="b", index=3)
    story.replica_set("a", 2, revision=3, history="1")
    story.controller(revision=3)
    story.controller(hash="a", index=0)
    before = story.codes
    with story.gap():
        story.controller(index=3)
    assert story.codes == before


@pytest.mark.parametrize("known", [True, False], ids=["same second", "ReplicaSets unknown"])
def test_one_step_rollback_window_in_doubt(known: bool) -> None:
    """Created in the same second the reused ReplicaSet is the older one; unknown, it is a step."""
    story = Story(steps=1)
    story.rollout["spec"]["rollbackWindow"] = {"revisions": 3}
    updating(story, index=1)
    story.controller(stable="b")
    story.replica_set("b", 2, revision=2, created=0)
    story.replica_set("a", 2, revision=3, history="1")
    if not known:
        story.remove("ReplicaSet", "demo-a")
        story.remove("ReplicaSet", "demo-b")
    story.controller(revision=3)
    story.controller(hash="a", index=0)
    story.controller(index=1)
    assert len(story.told("on-rollout-step-completed")) == (1 if known else 2)


def test_completed_twice_in_a_gap_is_counted() -> None:
    """A -> B -> A leaves nothing to tell, but a newer completion two revisions later."""
    story = Story()
    deployed(story)
    with story.gap():
        story.controller(revision=3)
        story.controller(completed=("RolloutCompleted", 30))
    assert story.observer.lost == {"on-rollout-completed": 1}


def test_without_managed_fields_is_reported() -> None:
    """Steps derived in the degraded mode are marked and counted."""
    story = Story(managed=False)
    updating(story)
    story.controller(index=1, progressing=("ReplicaSetUpdated", 5))
    assert only(story, "on-rollout-step-completed").facts["approximate"] is True
    assert story.observer.approximate == 1


def test_derive_stands_alone() -> None:
    """The table needs no observer: two versions, and it tells."""
    story = Story(steps=3)
    updating(story)
    before = decode_rollout(encode(story.rollout))
    story.controller(index=1)
    after = decode_rollout(encode(story.rollout))
    derived = transitions.derive(Past(before.rollout), after, True)
    assert [found.trigger for found in derived.transitions] == [
        "on-rollout-updated",  # nothing is known of the past's revision
        "on-rollout-step-completed",
    ]
    assert transitions.derive(Past(after.rollout, derived.known), after, True).transitions == []


# --- beyond the nine ----------------------------------------------------------------------------


def test_resumed_by_the_controller() -> None:
    """A timed pause that ran out; the pause that ended is in the facts and in the key."""
    story = Story()
    at_pause(story)
    story.controller(index=2, pauses=None, controller_pause=None, phase="Progressing")
    found = only(story, "on-rollout-resumed")
    assert found.facts["pause_reason"] == "CanaryPauseStep"
    paused = only(story, "on-rollout-paused")
    assert found.key.split(":", 3)[3] == paused.key.split(":", 3)[3]


def test_resumed_after_a_baseline() -> None:
    """A pause that was there at the first sight has a key of its own."""
    story = Story()
    with story.gap(restart=True):
        at_pause(story)
    story.controller(index=2, pauses=None, controller_pause=None, phase="Progressing")
    assert only(story, "on-rollout-resumed").key.endswith(f":CanaryPauseStep:{at(3)}")


def test_not_resumed() -> None:
    """A person's promotion, an abort, and what a gap hid are no resumption."""
    story = Story()
    at_pause(story)
    story.user(pauses=None)
    story.controller(controller_pause=None, phase="Progressing")
    pause(story, 5)
    abort(story, 6)
    retry(story, 7)
    pause(story, 8)
    with story.gap():
        story.controller(pauses=None, controller_pause=None, phase="Progressing")
    assert story.told("on-rollout-resumed") == []


def test_begin_of_an_update() -> None:
    """A new ReplicaSet, then the update that is not completed."""
    story = Story()
    updating(story)
    created = only(story, "on-new-replica-set-created")
    assert (created.facts["revision"], created.time) == ("2", at(2))
    begun = only(story, "on-rollout-not-completed")
    assert begun.key == f"v1:on-rollout-not-completed:rollout-uid:2:{at(2)}"


def test_replica_set_create_error() -> None:
    """The condition's reason and message."""
    story = Story()
    deployed(story)
    story.controller(progressing=("ReplicaSetCreateError", 4, "False"))
    found = only(story, "on-replica-set-create-error")
    assert found.facts["message"] == "because of ReplicaSetCreateError"


def test_skip_steps() -> None:
    """Steps edited while stable skip to the end."""
    story = Story()
    deployed(story)
    story.controller(step_hash="s2", index=2)
    assert only(story, "on-skip-steps").facts["steps"] == 2


def test_traffic_weight() -> None:
    """First set, then changed; the same weights of another version are nothing."""
    story = Story()
    updating(story)
    weights = {"canary": {"weight": 10}, "stable": {"weight": 90}}
    story.controller(weights=weights)
    story.controller(weights=weights, message="x")
    story.controller(weights={**weights, "canary": {"weight": 20}, "additional": [{"weight": 1}]})
    found = story.told("on-traffic-weight-updated")
    assert [(f.facts["previous_weight"], f.facts["weight"]) for f in found] == [
        (None, 10),
        (10, 20),
    ]
    assert found[1].key.endswith(":2:2:0:20/90/1")


def test_switch_service() -> None:
    """Once per change of a selector."""
    story = Story(steps=None)
    deployed(story)
    story.controller(active="a", preview="a")
    story.controller(preview="b")
    story.controller(active="b")
    story.controller(active=None)
    told = [
        (f.facts["role"], f.facts["previous_hash"], f.facts["hash"])
        for f in story.told("on-switch-service")
    ]
    assert told == [
        ("preview", "", "a"),
        ("active", "", "a"),
        ("preview", "a", "b"),
        ("active", "a", "b"),
    ]


def plugin(phase: str, operation: str = "Run") -> dict[str, Any]:
    """Return the state of a step plugin."""
    return {"index": 1, "name": "gate", "operation": operation, "phase": phase}


def test_step_plugin() -> None:
    """Each phase of an operation; upstream is silent on Run -> Successful, so are we."""
    story = Story()
    updating(story)
    story.controller(plugins=[plugin("Running")])
    story.controller(plugins=[plugin("Running")], message="x")
    story.controller(plugins=[plugin("Successful"), plugin("Successful", "Terminate")])
    told = [
        (f.facts["operation"], f.facts["phase"]) for f in story.told("on-step-plugin-transition")
    ]
    assert told == [("Run", "Running"), ("Terminate", "Successful")]


def test_experiment_created() -> None:
    """The name that becomes current."""
    story = Story()
    updating(story)
    story.controller(experiment="exp")
    story.controller(experiment="exp", message="x")
    assert only(story, "on-experiment-created").facts["experiment"] == "exp"


def test_experiment_phases() -> None:
    """Experiment, templates and analyses, each phase once."""
    story = Story()
    updating(story)
    story.experiment("exp", "")
    story.experiment("exp", "Pending", [("c", "exp-c", "Pending")], templates={"x": "Progressing"})
    story.experiment("exp", "Running", [("c", "exp-c", "")], templates={"x": "Running"})
    story.experiment("exp", "Running", [("c", "exp-c", "")], templates={"x": "Running"})
    story.experiment(
        "exp", "Successful", [("c", "exp-c", "Successful")], templates={"x": "Successful"}
    )
    triggers = [f.trigger for change in story.changes[-4:] for f in change.transitions]
    assert triggers == [
        "on-template-progressing",
        "on-analysis-run-pending",
        "on-experiment-pending",
        "on-template-running",
        "on-experiment-running",
        "on-template-successful",
        "on-analysis-run-successful",
        "on-experiment-successful",
    ]


def test_step_run_succeeded() -> None:
    """The slot never shows it: the step that it completes does."""
    story = Story()
    updating(story)
    story.run("x", "Running")
    story.controller(run_step=("x", "Running"))
    story.controller(run_step=None, index=1)
    found = only(story, "on-analysis-run-successful")
    assert (found.facts["slot"], found.facts["run_uid"]) == ("step", "uid-x")


def test_metrics() -> None:
    """Each metric's final phase, for runs of the Rollout and of its Experiments."""
    story = Story()
    updating(story)
    story.experiment("exp", "Running")
    for name, owner in (("x", "Rollout"), ("y", "exp")):
        story.run(name, "Running", owner=owner, metrics={"rate": "Running", "p99": ""})
        story.run(name, "Running", owner=owner, metrics={"rate": "Failed", "p99": "Successful"})
        story.run(name, "Failed", owner=owner, metrics={"rate": "Failed", "p99": "Successful"})
        story.run(name, "Failed", owner=owner, metrics={"rate": "Error"})
    told = [(f.trigger, f.facts["run"]) for f in story.transitions if "metric" in f.facts]
    assert told == [
        ("on-metric-failed", "x"),
        ("on-metric-successful", "x"),
        ("on-metric-failed", "y"),
        ("on-metric-successful", "y"),
    ]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"invalid": ("InvalidSpec", 4)}, "InvalidSpec"),
        ({"progressing": ("ProgressDeadlineExceeded", 4, "False")}, "ProgressDeadlineExceeded"),
        ({"progressing": ("RolloutAborted", 4, "False"), "abort": True}, ""),
        ({"progressing": ("RolloutAborted", 4, "False")}, ""),
        ({"progressing": ("NewReplicaSetCreated", 4)}, ""),
    ],
    ids=["invalid", "deadline", "aborted", "abort taken back", "phase lags"],
)
def test_degraded(fields: dict[str, Any], reason: str) -> None:
    """Degraded for a reason of its own; an abort has its own trigger, a lagging phase none."""
    story = Story()
    deployed(story)
    story.controller(phase="Degraded", **fields)
    story.controller(message="still")
    assert [f.facts["degraded_reason"] for f in story.told("on-rollout-degraded")] == (
        [reason] if reason else []
    )


@pytest.mark.parametrize(
    ("pod_hash", "history", "told"),
    [("b", "2", ["2"]), ("b", "", []), ("a", "", [""])],
    ids=["used again", "new", "stable"],
)
def test_rollback(pod_hash: str, history: str, told: list[str]) -> None:
    """A template that an earlier revision had: its ReplicaSet is used again."""
    story = Story()
    deployed(story)
    story.controller(revision=3)
    story.controller(hash="c", index=0)
    story.replica_set("b", 1, revision=4, history=history)
    if pod_hash == "a":
        story.remove("ReplicaSet", "demo-a")
    story.controller(revision=4)
    story.controller(hash=pod_hash, index=0)
    found = story.told("on-rollout-rollback")
    assert [transition.facts["to_revision"] for transition in found] == told
