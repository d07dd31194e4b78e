"""`core/observer.py`: first sights, gaps, deletions, and what is asked for."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notifier.core.model import Observation, StoredSnapshot
from notifier.core.observer import Change, Observer, Wanted
from tests.core.test_transitions_scenarios import abort, at_pause, deployed, pause, updating
from tests.strategies.story import Story, Version, at, encode


def test_first_sight_is_a_stored_baseline() -> None:
    """A first sight says nothing, is stored, carries the object and has no version before."""
    story = Story()
    deployed(story)
    first = story.changes[0]
    assert (first.transitions, first.previous) == ((), None)
    assert json.loads(first.raw)["metadata"]["uid"] == story.uid
    assert first.snapshot is not None
    assert (first.snapshot.kind, first.snapshot.uid) == ("Rollout", story.uid)


def test_previous_is_the_version_before() -> None:
    """`previous` is shaped like a Rollout: images, phase, message, pauses and conditions."""
    story = Story()
    at_pause(story)
    story.controller(message="waits")
    template = {"spec": {"containers": [{"name": "app", "image": "demo:v2"}]}}
    story.user(spec={"template": template}, revision=3)
    previous = story.changes[-1].previous
    assert previous is not None
    assert previous["spec"]["template"]["spec"]["containers"] == [
        {"name": "app", "image": "demo:v1"}
    ]
    assert previous["metadata"]["annotations"] == {"rollout.argoproj.io/revision": "2"}
    status = previous["status"]
    assert (status["phase"], status["message"], status["currentStepIndex"]) == (
        "Paused",
        "waits",
        1,
    )
    assert status["pauseConditions"] == [{"reason": "CanaryPauseStep", "startTime": at(3)}]
    assert {item["type"] for item in status["conditions"]} == {"Progressing", "Completed"}


def test_untracked_changes_are_nothing() -> None:
    """A new resourceVersion alone, a label or a replica count is no change."""
    story = Story()
    deployed(story)
    before = len(story.changes)
    story.rollout["status"]["availableReplicas"] = 2
    story.controller()
    story.user(labels={"team": "a"})
    assert len(story.changes) == before


def test_every_version_on_request() -> None:
    """Conditions may look at any field: on request a version without a tracked change is one."""
    story = Story()
    deployed(story)
    story.observer.follows = lambda version: "followed" in version.annotations
    before = len(story.changes)
    story.rollout["status"]["availableReplicas"] = 2
    story.controller()
    assert len(story.changes) == before
    story.user(annotations={"followed": ""})
    change = story.changes[-1]
    assert (change.transitions, change.version) == ((), "same")
    assert json.loads(change.raw)["status"]["availableReplicas"] == 2
    assert change.previous is not None
    assert change.snapshot is not None


# --- lists, gaps, restarts ----------------------------------------------------------------------


def test_created_in_a_gap() -> None:
    """An unknown Rollout that a relist shows, created since, is compared with an empty one."""
    story = Story()
    deployed(story)
    other = Story(name="other", uid="other-uid", created=30, observer=story.observer)
    with other.gap():
        other.create(revision=1, hash="x", stable="x", index=2)
    assert other.codes == "UPD DONE"
    assert all(found.recovered for found in other.transitions)
    assert other.changes[-1].previous is not None


def test_older_unknown_is_a_baseline() -> None:
    """An unknown Rollout that is older than the newest known one was out of sight: a baseline."""
    story = Story(created=30)
    deployed(story)
    story.relist()
    other = Story(name="other", uid="other-uid", created=20, observer=story.observer)
    with other.gap():
        other.create(revision=1, hash="x", stable="x", index=2)
    assert other.codes == "-"


def test_list_order_does_not_matter_for_the_checkpoint() -> None:
    """Of two Rollouts created in one gap, the second listed may be the older one."""
    story = Story(created=5)
    deployed(story)
    story.relist()
    names = []
    for name, created in (("young", 40), ("old", 30)):
        other = Story(name=name, uid=name, created=created)
        other.create(revision=1)
        names.append(encode(other.rollout))
    found = [
        transition.rollout.name
        for raw in names
        for change in story.observer.observe(Observation("rollouts", "LISTED", raw, False))
        for transition in change.transitions
        if transition.trigger == "on-rollout-updated"
    ]
    assert found == ["young", "old"]


def test_absent_at_the_first_list_after_a_restart() -> None:
    """What was stored and is not listed any more is gone, its tracked fields stand in for it."""
    story = Story()
    deployed(story)
    with story.gap(restart=True):
        story.delete(seen=False)
    (gone,) = story.told("on-rollout-deleted")
    assert gone.recovered
    assert gone.key == "v1:on-rollout-deleted:rollout-uid:deleted"
    change = story.changes[-1]
    assert change.forget == story.uid
    assert json.loads(change.raw)["status"]["stableRS"] == "a"
    assert story.stored == {}


@pytest.mark.parametrize("uid", ["rollout-uid", ""], ids=["with uid", "by name"])
def test_absent_at_a_relist(uid: str) -> None:
    """ABSENT is a deletion that was not seen."""
    story = Story()
    deployed(story)
    stub = {"metadata": {"name": "demo", "namespace": "shop", "uid": uid}}
    story.take(Observation("rollouts", "ABSENT", encode(stub)))
    assert [found.recovered for found in story.told("on-rollout-deleted")] == [True]


def test_deletion_that_was_seen() -> None:
    """DELETED says so once, with the last object; of an unknown one it says nothing."""
    story = Story()
    deployed(story)
    story.delete()
    story.delete()
    (gone,) = story.told("on-rollout-deleted")
    assert not gone.recovered
    assert story.changes[-1].raw == encode(story.log[-2].object)


def test_deletion_forgets_the_neighbours() -> None:
    """After a deletion late versions of ReplicaSets and runs say nothing and leave nothing."""
    story = Story()
    deployed(story)
    story.delete()
    before = len(story.changes)
    story.replica_set("a", 0)
    story.run("x", "Failed", metrics={"rate": "Failed"})
    story.remove("ReplicaSet", "demo-a")
    story.remove("AnalysisRun", "x")
    assert len(story.changes) == before


@pytest.mark.parametrize(
    ("generation", "observed"), [(1, "9"), (5, "3")], ids=["generation", "observedGeneration"]
)
def test_older_states_are_ignored(generation: int, observed: str) -> None:
    """W1: a list from a server that lags behind announces nothing, nor does its watch."""
    story = Story()
    story.rollout["metadata"]["generation"] = 5
    at_pause(story)
    story.controller(observed="5")
    told = story.codes
    old = json.loads(encode(story.rollout))
    old["metadata"] |= {"generation": generation, "resourceVersion": "50"}
    old["status"] |= {"observedGeneration": observed, "currentStepIndex": 0}
    for type_ in ("LISTED", "MODIFIED"):
        story.take(Observation("rollouts", type_, encode(old)))  # type: ignore[arg-type]
    assert (story.codes, story.observer.stale) == (told, 2)
    story.controller(index=2)
    assert [found.recovered for found in story.told("on-rollout-step-completed")] == [False, True]


def test_wiped_status_is_not_older() -> None:
    """A status without observedGeneration did not go back."""
    story = Story()
    deployed(story)
    story.controller(observed="4")
    story.user(wipe=True)
    story.controller(hash="a", stable="a", index=2, observed="4")
    assert story.observer.stale == 0


def test_reported_gap_is_a_gap() -> None:
    """A live version that the watch calls not contiguous is derived as after a gap."""
    story = Story(steps=4)
    updating(story)
    story.rollout["status"]["currentStepIndex"] = 3
    story.rollout["metadata"]["resourceVersion"] = "900"
    story.take(Observation("rollouts", "MODIFIED", encode(story.rollout), contiguous=False))
    assert [found.missed for found in story.told("on-rollout-step-completed")] == [2]


def test_unreadable_row_is_counted() -> None:
    """A stored row that cannot be read harms no other; its Rollout will be a baseline."""
    story = Story()
    deployed(story)
    row = story.stored[story.uid]
    observer = Observer()
    observer.restore(
        [
            StoredSnapshot(kind="Rollout", uid="bad", namespace="shop", name="bad", data=b"{"),
            StoredSnapshot(kind="Other", uid="x", namespace="shop", name="x", data=b""),
            row,
        ]
    )
    assert observer.malformed == {"snapshots": 1}
    story.observer = observer
    story.controller(revision=2)
    assert story.codes == "UPD"


# --- what is not ours, what is broken -----------------------------------------------------------


def test_other_instances_are_not_ours() -> None:
    """Only Rollouts of the configured controller instance are observed."""
    label = "argo-rollouts.argoproj.io/controller-instance-id"
    foreign, ours = Story(), Story(observer=Observer(instance_id="blue"))
    foreign.create(labels={label: "blue"}, revision=1)
    foreign.controller(revision=2)
    ours.create(labels={label: "blue"}, revision=1)
    ours.controller(revision=2)
    assert (foreign.codes, ours.codes) == ("-", "UPD")
    assert foreign.changes == []


def test_relabelled_rollout_is_forgotten() -> None:
    """A Rollout that moves to another instance is forgotten without a word."""
    story = Story()
    deployed(story)
    story.user(labels={"argo-rollouts.argoproj.io/controller-instance-id": "blue"})
    assert story.changes[-1] == Change(rollout=story.changes[0].rollout, forget=story.uid)


TYPES = (
    b'{"metadata":{"name":"n","uid":"u"},"spec":{"replicas":"two"},'
    b'"status":{"currentStepIndex":"one","phase":7}}'
)


@pytest.mark.parametrize("resource", ["rollouts", "analysisruns", "experiments", "replicasets"])
@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"metadata":{}}',
        b'{"metadata":{"name":1,"uid":"u"}}',
        b'{"metadata":{"name":"\xff","uid":"u"}}',
        TYPES,
        b'{"metadata":{"name":"n","uid":"u"},"junk":' + b"[" * 100_000,
    ],
    ids=["empty", "null", "list", "no metadata", "no name", "type", "utf-8", "types", "deep"],
)
@pytest.mark.parametrize("type_", ["ADDED", "DELETED"])
def test_malformed_objects_are_counted(resource: Any, raw: bytes, type_: Any) -> None:
    """Whatever a foreign object holds, it is skipped and counted, never raised.

    Of one that is deleted only the metadata is read.
    """
    observer = Observer()
    assert observer.observe(Observation(resource, type_, raw)) == ()
    readable = raw is TYPES and type_ == "DELETED"
    assert observer.malformed[resource] == (0 if readable else 1)


def test_what_cannot_be_read_is_named() -> None:
    """The object, the field and what is wrong with it, for the operator's log."""
    observer = Observer()
    raw = b'{"metadata":{"name":"n","namespace":"s","uid":"u"},"status":{"conditions":"x"}}'
    observer.observe(Observation("rollouts", "ADDED", raw))
    told = observer.unreadable["rollouts"]
    assert told.startswith("s/n: ")
    assert "$.status.conditions" in told


def test_malformed_neighbours_harm_nobody() -> None:
    """One bad object does not blind: the others, and its next version, are seen."""
    story = Story()
    deployed(story)
    story.take(Observation("rollouts", "MODIFIED", encode(story.rollout)[:-9]))
    story.controller(revision=2)
    assert story.codes == "UPD"


def test_two_rows_of_one_name() -> None:
    """Rows of two objects of one name: the list tells which of them is gone."""
    story = Story()
    deployed(story)
    first = dict(story.stored)
    story.recreate("second-uid", 9)
    story.create(revision=1)
    story.stored |= first
    story.restart()
    story.relist()
    assert list(story.stored) == ["second-uid"]
    assert {found.rollout.uid for found in story.told("on-rollout-deleted")} == {"rollout-uid"}


# --- AnalysisRuns: names and uids ---------------------------------------------------------------


def test_run_known_later() -> None:
    """The status may name a run before the other watch shows it: it is asked for."""
    story = Story()
    updating(story)
    story.cluster["AnalysisRun", "x"] = {
        "kind": "AnalysisRun",
        "metadata": {"name": "x", "namespace": "shop", "uid": "uid-x"},
        "status": {"phase": "Running"},
    }
    story.rollout["status"]["canary"] = {
        "currentStepAnalysisRunStatus": {"name": "x", "status": "Running"}
    }
    story.rollout["metadata"]["resourceVersion"] = "900"
    (provisional,) = story.observer.observe(
        Observation("rollouts", "MODIFIED", encode(story.rollout))
    )
    (wanted,) = provisional.wanted
    assert wanted == Wanted("AnalysisRun", "shop", name="x")
    assert provisional.transitions[0].key.endswith(":step:x:b:Running")
    final = story.observer.resolve(provisional, {wanted: story.find(wanted)})
    assert final.wanted == ()
    assert final.transitions[0].key.endswith(":uid-x:Running")
    assert final.transitions[0].run is not None
    assert final.transitions[0].run.uid == "uid-x"
    unknown = story.observer.resolve(provisional, {wanted: [b"junk"]})
    assert unknown.transitions[0].key.endswith(":step:x:b:Running")
    assert story.observer.resolve(final, {}) is final


def test_name_used_again() -> None:
    """A name that belonged to a failed run may be a new run: a fresh look decides."""
    story = Story()
    updating(story)
    story.run("x", "Failed", uid="first")
    reused = json.loads(encode(story.cluster["AnalysisRun", "x"]))
    reused["metadata"]["uid"] = "second"
    reused["status"]["phase"] = "Running"
    story.cluster["AnalysisRun", "x"] = reused  # not shown by the watch yet
    story.controller(run_step=("x", "Running"))
    assert story.told("on-analysis-run-running")[0].facts["run_uid"] == "second"


def test_watch_of_runs_lags_behind() -> None:
    """A run that the watch still shows Running is the one whose failure the status shows."""
    story = Story()
    updating(story)
    story.run("x", "Running", uid="first")
    story.controller(run_step=("x", "Failed"))
    (failed,) = story.told("on-analysis-run-failed")
    assert failed.key.endswith(":first:Failed")
    assert story.changes[-1].wanted == ()


def test_late_deletion_of_a_namesake() -> None:
    """The deletion of the first run does not forget the second of the same name."""
    story = Story()
    updating(story)
    story.run("x", "Running", uid="first")
    first = Version("DELETED", story.cluster["AnalysisRun", "x"])
    story.run("x", "Running", uid="second")
    second = story.cluster["AnalysisRun", "x"]
    story.show(first)
    story.cluster["AnalysisRun", "x"] = second
    story.controller(run_step=("x", "Running"))
    assert story.told("on-analysis-run-running")[0].facts["run_uid"] == "second"


def analysed(**fields: Any) -> Story:
    """Begin a story whose Rollout uses a background analysis, before a gap."""
    story = Story()
    story.rollout["spec"]["strategy"]["canary"]["analysis"] = {"templates": []}
    updating(story)
    story.run("y", "Running", pod_hash="b", created=at(3))
    story.controller(run_background=("y", "Running"))
    story.controller(**fields)
    return story


def test_run_that_failed_in_a_gap() -> None:
    """A run that failed and left its slot in the gap is told from the object itself."""
    story = analysed()
    with story.gap(restart=True):
        story.run("y", "Failed", pod_hash="b", created=at(3), completedAt=at(9))
        abort(story, 9)
        story.controller(run_background=None)
    assert story.codes == "UPD RUN FAIL ABRT"
    (failed,) = story.told("on-analysis-run-failed")
    assert failed.key == "v1:on-analysis-run-failed:rollout-uid:uid-y:Failed"
    assert failed.recovered


@pytest.mark.parametrize(
    "run",
    [
        {"phase": "Successful", "completedAt": at(9)},
        {"phase": "Failed", "completedAt": at(12)},
        {"phase": "Failed", "completedAt": at(1)},
        {"phase": "Failed", "completedAt": at(9), "owner": "exp"},
    ],
    ids=["not failed", "after the abort", "before the gap", "another owner"],
)
def test_run_that_is_not_recovered(run: dict[str, Any]) -> None:
    """Only a run of the Rollout that failed in the gap, and not after the abort, is told."""
    story = analysed()
    with story.gap():
        story.run("y", run.pop("phase"), pod_hash="b", created=at(3), **run)
        abort(story, 10)
        story.controller(run_background=None)
    assert story.codes == "UPD RUN ABRT"


def test_run_of_an_aborted_rollout_is_not_recovered() -> None:
    """A run that an abort had ended before the gap was not current any more."""
    story = analysed(abort=True, aborted_at=at(5), progressing=("RolloutAborted", 5, "False"))
    with story.gap():
        story.run("y", "Failed", pod_hash="b", created=at(3), completedAt=at(9))
        story.controller(run_background=None, hash="c", index=0, abort=None, aborted_at=None)
    assert "FAIL" not in story.codes


def test_gap_without_analysis_asks_for_nothing() -> None:
    """Thousands of relisted Rollouts without analysis cause no LIST of runs."""
    story = Story()
    updating(story)
    with story.gap():
        story.controller(index=1)
    assert story.codes == "UPD STEP"
    assert story.observer.lost == {}


# --- ReplicaSets and Experiments ----------------------------------------------------------------


def test_scaled_in_a_gap() -> None:
    """ReplicaSets are part of the row: scaling in a gap is one event from old to new."""
    story = Story()
    deployed(story)
    with story.gap(restart=True):
        story.replica_set("a", 3)
        story.replica_set("a", 5)
    (scaled,) = story.told("on-scaling-replica-set")
    assert (scaled.facts["old_replicas"], scaled.facts["new_replicas"]) == (2, 5)
    assert scaled.recovered


def test_replica_sets_of_a_list_are_stored_when_it_ends() -> None:
    """Thousands of first sights of a list lead to one row per Rollout."""
    story = Story()
    with story.gap(restart=True):
        story.create(revision=1)
        for name in "abc":
            story.replica_set(name, 1)
    rows = [change for change in story.changes if change.snapshot is not None]
    assert len(rows) == 2
    story.restart()
    story.relist()
    story.replica_set("b", 4)
    assert story.codes == "SCALE"


def test_replica_set_that_vanished_in_a_gap() -> None:
    """A stored ReplicaSet that no list shows any more is forgotten."""
    story = Story()
    deployed(story)
    story.replica_set("old", 1)
    with story.gap(restart=True):
        del story.cluster["ReplicaSet", "demo-old"]
    story.controller(revision=2)
    assert b"demo-old" not in story.stored[story.uid].data


def test_replica_set_without_managed_fields() -> None:
    """Without managedFields a change of replicas counts as the controller's."""
    story = Story(managed=False)
    deployed(story)
    story.replica_set("a", 5)
    assert story.codes == "SCALE"


def test_replica_set_of_others() -> None:
    """ReplicaSets of an Experiment, of a Deployment, or of an unknown Rollout are not ours."""
    story = Story()
    deployed(story)
    for owner in ("exp", ""):
        story.replica_set(f"x{owner}", 1, owner=owner)
        story.replica_set(f"x{owner}", 3, owner=owner)
    story.uid = "unknown"
    story.replica_set("y", 1)
    story.replica_set("y", 3)
    story.experiment("y", "Failed", [("check", "", "Failed")])
    assert story.codes == "-"


def test_adopted_replica_set() -> None:
    """Adoption by a Rollout is a first sight, not scaling."""
    story = Story()
    deployed(story)
    story.replica_set("x", 1, owner="")
    story.replica_set("x", 3)
    assert story.codes == "-"


def test_older_neighbours_are_ignored() -> None:
    """W1 holds for ReplicaSets and Experiments too."""
    story = Story()
    deployed(story)
    story.experiment("exp", "Pending")
    old = [dict(story.cluster[key]) for key in (("ReplicaSet", "demo-a"), ("Experiment", "exp"))]
    story.replica_set("a", 5)
    story.experiment("exp", "Running")
    before = len(story.changes)
    for obj in old:
        story.show(Version("MODIFIED", obj))
    assert len(story.changes) == before


def test_experiment_that_ended_in_a_gap() -> None:
    """An Experiment that was created and ended in the gap is told; one of before is not."""
    story = Story()
    deployed(story)
    story.experiment("old", "Running", created=3)
    story.experiment("old", "Failed", [("check", "", "Failed")], created=3)
    with story.gap(restart=True):
        story.experiment("new-1", "Failed", [("check", "", "Error")], created=9)
        story.experiment("new-2", "Failed", [("check", "", "Failed")], created=8)
    assert story.codes == "FAIL ERR FAIL"
    story.restart()
    story.relist()
    assert story.codes == "FAIL ERR FAIL"


def test_experiments_of_a_widened_scope_are_a_baseline() -> None:
    """Experiments older than the first sight of their Rollout are old news."""
    story = Story(created=20)
    deployed(story)
    story.relist()
    other = Story(name="other", uid="other-uid", created=3, observer=story.observer)
    with other.gap():
        deployed(other)
        other.controller(progressing=("ReplicaSetUpdated", 9))
        other.experiment("exp", "Failed", [("check", "", "Failed")], created=8)
    assert other.codes == "-"


def test_vanished_experiment_is_forgotten() -> None:
    """A stored Experiment that no list shows any more leaves nothing."""
    story = Story()
    deployed(story)
    story.experiment("exp", "Running")
    with story.gap(restart=True):
        del story.cluster["Experiment", "exp"]
    story.controller(revision=2)
    assert b"uid-exp" not in story.stored[story.uid].data


def test_looping_experiments_do_not_accumulate() -> None:
    """An inconclusive Experiment may loop, two a second: rows and memory stay as they are."""
    story = Story()
    deployed(story)
    sizes = []
    for number in range(200):
        name = f"exp-{number}"
        run = ("check", name, "Inconclusive")
        story.experiment(name, "Running", created=5)
        story.experiment(name, "Inconclusive", [run], templates={"base": "Successful"}, created=5)
        story.remove("Experiment", name)
        sizes.append(len(story.stored[story.uid].data))
    assert len(set(sizes)) == 1
    assert story.codes == "-"


# --- questions ----------------------------------------------------------------------------------


def test_still_paused() -> None:
    """A pause is current until the conditions are gone; a second reason does not end it."""
    story = Story()
    at_pause(story)
    (paused,) = story.told("on-rollout-paused")
    asked = (story.uid, paused.key)
    assert story.observer.still_paused(*asked)
    story.controller(pauses=[("CanaryPauseStep", at(3)), ("InconclusiveAnalysisRun", at(4))])
    assert story.observer.still_paused(*asked)
    story.restart()
    assert story.observer.still_paused(*asked)
    story.relist()
    story.user(pauses=None)
    assert not story.observer.still_paused(*asked)
    pause(story, 9)
    assert not story.observer.still_paused(*asked)
    assert not story.observer.still_paused("unknown", paused.key)


def test_no_pause_is_no_pause() -> None:
    """The empty key names no pause."""
    story = Story()
    deployed(story)
    assert not story.observer.still_paused(story.uid, "")


@pytest.mark.parametrize(
    ("annotation", "value", "wanted"),
    [
        ("notifications.argoproj.io/subscribe.on-scaling-replica-set.slack", "ops", True),
        ("notifications.argoproj.io/subscriptions", "[{trigger: [on-scaling-replica-set]}]", True),
        ("notifications.argoproj.io/subscribe.on-rollout-paused.slack", "ops", False),
        (
            "notifications.argoproj.io/subscribe.on-rollout-paused.x",
            "on-scaling-replica-set",
            False,
        ),
        ("kubectl.kubernetes.io/last-applied-configuration", "on-scaling-replica-set", False),
    ],
    ids=["subscribe", "subscriptions", "other trigger", "recipient", "other annotation"],
)
def test_wants_replica_sets(annotation: str, value: str, wanted: bool) -> None:
    """The watch of ReplicaSets is wanted once a Rollout subscribes to scaling."""
    story = Story()
    deployed(story)
    assert story.observer.wants == frozenset()
    story.user(annotations={annotation: value})
    assert story.observer.wants == (frozenset({"replicasets"}) if wanted else frozenset())


def test_controllers_are_remembered_across_a_restart() -> None:
    """Who writes the status decides whose scaling counts, after a restart as before."""
    story = Story()
    updating(story)
    story.restart()
    story.relist()
    story.replica_set("a", 7, by="someone")
    assert "SCALE" not in story.codes


def test_what_is_remembered_is_counted_by_resource() -> None:
    """The gauge of the cache has every resource from the start."""
    assert Observer().remembered == dict.fromkeys(
        ("rollouts", "analysisruns", "experiments", "replicasets"), 0
    )
