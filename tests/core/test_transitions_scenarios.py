"""Every row of the scenario table (spec/transitions.md section 7), told version by version.

UPD, STEP, DONE, ABRT, PAUS, SCALE, RUN, FAIL, ERR are the nine; "-" is nothing. A row tells its
story to a fresh observer; what it must give stands beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from tests.strategies.story import Story, at


class Row(NamedTuple):
    """A row of the table: its number, what happens, and what must be told."""

    number: str
    tell: Callable[[Story], None]
    expected: str
    story: dict[str, object]


ROWS: list[Row] = []


def row(number: str, expected: str, **story: object) -> Callable[..., Callable[[Story], None]]:
    """Enter a row into the table."""

    def enter(tell: Callable[[Story], None]) -> Callable[[Story], None]:
        ROWS.append(Row(number, tell, expected, story))
        return tell

    return enter


# --- how stories begin --------------------------------------------------------------------------


def deployed(s: Story) -> None:
    """Revision 1 (hash a) is stable: where most stories begin; nothing of it is told."""
    steps = len(s.rollout["spec"]["strategy"].get("canary", {}).get("steps", []))
    s.create(
        revision=1,
        hash="a",
        step_hash="s1",
        index=steps or None,
        stable="a",
        completed=("RolloutCompleted", 1),
        progressing=("NewReplicaSetAvailable", 1),
        phase="Healthy",
    )
    s.replica_set("a", 2)


def updating(s: Story, *, index: int = 0) -> None:
    """Revision 2 (hash b) is on its way at a step; its UPD is told."""
    deployed(s)
    s.replica_set("b", 0, revision=2, created=2)
    s.controller(revision=2)
    s.controller(progressing=("NewReplicaSetCreated", 2))
    s.controller(
        hash="b",
        index=0,
        completed=("RolloutCompleted", 2, "False"),
        progressing=("ReplicaSetUpdated", 2),
        phase="Progressing",
    )
    for done in range(index):
        s.controller(index=done + 1)


def at_pause(s: Story) -> None:
    """Revision 2 has done its first step and waits: UPD STEP PAUS."""
    updating(s, index=1)
    pause(s, 3)


def pause(s: Story, second: int, reason: str = "CanaryPauseStep") -> None:
    """The controller pauses."""
    s.controller(pauses=[(reason, at(second))], controller_pause=True, phase="Paused")


def abort(s: Story, second: int, *, index: int | None = 0) -> None:
    """The controller aborts."""
    s.controller(
        abort=True,
        aborted_at=at(second),
        progressing=("RolloutAborted", second, "False"),
        pauses=None,
        controller_pause=None,
        index=index,
        phase="Degraded",
    )


def retry(s: Story, second: int) -> None:
    """The user retries and the controller takes it up."""
    s.user(abort=False)
    s.controller(progressing=("RolloutRetry", second), phase="Progressing", aborted_at=None)


# --- first deploys ------------------------------------------------------------------------------


@row("1", "UPD SCALE DONE")
def canary_initial(s: Story) -> None:
    """First deploy of a canary with two steps."""
    s.create()
    s.replica_set("a", 0)
    s.controller(revision=1)
    s.controller(progressing=("NewReplicaSetCreated", 1))
    s.controller(hash="a", step_hash="s", index=0, completed=("RolloutCompleted", 1, "False"))
    s.replica_set("a", 1)
    s.controller(stable="a", index=2, completed=("RolloutCompleted", 2))


@row("2", "UPD SCALE DONE", steps=1)
def one_step_initial(s: Story) -> None:
    """With one step, the index goes 0 -> 1 in the version of the completion."""
    s.create()
    s.replica_set("a", 0)
    s.controller(revision=1)
    s.controller(hash="a", step_hash="s", index=0)
    s.replica_set("a", 1)
    s.controller(stable="a", index=1)


@row("3", "UPD SCALE DONE", steps=None)
def blue_green_initial(s: Story) -> None:
    """Blue-green: the first status write completes."""
    s.create()
    s.replica_set("a", 0)
    s.controller(revision=1)
    s.replica_set("a", 1)
    s.controller(hash="a", stable="a", active="a", preview="a")


@row("65", "UPD DONE SCALE")
def created_paused(s: Story) -> None:
    """Created with spec.paused."""
    s.create(spec={"paused": True})
    s.replica_set("a", 0)
    s.controller(revision=1)
    s.controller(hash="a", index=2, stable="a")
    s.replica_set("a", 1)


@row("48", "UPD")
def revision_in_the_manifest(s: Story) -> None:
    """A stale number in the manifest is replaced by the controller's."""
    s.create(revision=7)
    s.controller(revision=1)


# --- steps and pauses ---------------------------------------------------------------------------


@row("4", "UPD SCALE STEP PAUS STEP SCALE DONE")
def golden_update(s: Story) -> None:
    """An update through setWeight and a timed pause."""
    updating(s)
    s.replica_set("b", 1, revision=2)
    s.controller(index=1, progressing=("ReplicaSetUpdated", 3))
    pause(s, 3)
    s.controller(
        index=2,
        pauses=None,
        controller_pause=None,
        phase="Progressing",
        progressing=("ReplicaSetUpdated", 6),
    )
    s.replica_set("a", 0)
    s.controller(stable="b", completed=("RolloutCompleted", 7))


@row("5", "UPD STEP PAUS STEP")
def promoted_by_hand(s: Story) -> None:
    """A person promotes: the step counts, nothing is said of resuming."""
    at_pause(s)
    s.user(pauses=None)
    s.controller(progressing=("RolloutResumed", 5))
    s.controller(index=2, controller_pause=None)


@row("6", "UPD STEP")
def index_moved_by_the_user(s: Story) -> None:
    """Promote while not paused: the user wrote the index."""
    updating(s, index=1)
    s.user(index=2)


@row("7", "UPD STEP PAUS DONE")
def skip_all_steps(s: Story) -> None:
    """The user jumps to the end."""
    at_pause(s)
    s.user(index=2, pauses=None)
    s.controller(stable="b")


@row("8", "UPD STEP PAUS SCALE DONE")
def promote_full(s: Story) -> None:
    """Full promotion completes without steps."""
    at_pause(s)
    s.user(promote_full=True)
    s.controller(pauses=None, controller_pause=None)
    s.controller(index=2)
    s.replica_set("b", 2, revision=2)
    s.controller(stable="b", promote_full=None)


@row("9", "UPD STEP STEP DONE", steps=3)
def promote_full_at_header_step(s: Story) -> None:
    """Under promoteFull the controller writes N + 1 and takes it back."""
    updating(s, index=2)
    s.user(promote_full=True)
    s.controller(index=4)
    s.controller(index=3)
    s.controller(stable="b", promote_full=None)


@row("22", "UPD PAUS PAUS PAUS")
def flapping_pause(s: Story) -> None:
    """Three pauses with three start times."""
    updating(s)
    for second in (3, 5, 7):
        pause(s, second)
        s.controller(pauses=None, controller_pause=None)


@row("23", "UPD STEP PAUS STEP PAUS", steps=3)
def two_pauses_in_one_second(s: Story) -> None:
    """Same reason and start time, another index."""
    at_pause(s)
    s.controller(index=2, pauses=None)
    pause(s, 3)


@row("24", "UPD STEP PAUS")
def second_reason_while_paused(s: Story) -> None:
    """A reason that joins or stays behind is no new pause."""
    at_pause(s)
    s.controller(pauses=[("CanaryPauseStep", at(3)), ("InconclusiveAnalysisRun", at(4))])
    s.controller(pauses=[("InconclusiveAnalysisRun", at(4))])


@row("45", "UPD STEP")
def status_of_the_older_generation(s: Story) -> None:
    """A status for generation g lands after the user wrote g + 1."""
    updating(s)
    s.controller(observed="1")
    s.edit()
    s.controller(index=1)


@row("46", "UPD STEP STEP STEP", steps=4)
def steps_in_one_second(s: Story) -> None:
    """Three steps with an identical Progressing condition."""
    updating(s, index=3)


@row("46 without managedFields", "UPD STEP", steps=4, managed=False)
def steps_in_one_second_degraded(s: Story) -> None:
    """Degraded mode: of the steps only the one that touched Progressing is seen."""
    updating(s, index=2)
    s.controller(index=3, progressing=("ReplicaSetUpdated", 9))


@row("61", "UPD STEP PAUS")
def step_and_pause_in_one_version(s: Story) -> None:
    """The step is told first."""
    updating(s)
    s.controller(index=1, pauses=[("InconclusiveAnalysisRun", at(3))])


@row("62", "UPD STEP STEP STEP DONE", steps=4)
def promote_full_races_a_step(s: Story) -> None:
    """A patch computed before the user's promoteFull is still a step."""
    updating(s, index=2)
    s.user(promote_full=True)
    s.controller(index=3)
    s.controller(index=4)
    s.controller(stable="b", promote_full=None)


@row("64", "UPD STEP PAUS PAUS")
def paused_again_without_a_step(s: Story) -> None:
    """Pause cleared, spec.paused, paused again."""
    at_pause(s)
    s.user(pauses=None)
    s.user(spec={"paused": True})
    s.controller(phase="Paused")
    pause(s, 6)


@row("70", "UPD STEP PAUS STEP PAUS")
def steps_edited_midway(s: Story) -> None:
    """Steps restart at 0 with a new attempt."""
    at_pause(s)
    s.controller(step_hash="s2", index=0, pauses=None)
    s.controller(index=1)
    pause(s, 3)


@row("72", "UPD STEP PAUS")
def promote_race_lost_by_the_controller(s: Story) -> None:
    """The user wrote the index the controller would have written."""
    at_pause(s)
    s.user(index=2, pauses=None)
    s.controller(controller_pause=None)


# --- rollbacks --------------------------------------------------------------------------------


@row("10", "UPD STEP PAUS UPD")
def rollback_to_stable(s: Story) -> None:
    """Back to the stable template: no completion, no steps."""
    at_pause(s)
    s.controller(revision=3)
    s.controller(hash="a", index=2, pauses=None, completed=("RolloutCompleted", 8))


@row("11", "UPD STEP STEP DONE UPD STEP STEP DONE")
def undo_to_older(s: Story) -> None:
    """An undo to a revision that is not stable runs the steps again."""
    updating(s, index=2)
    s.controller(stable="b")
    s.replica_set("a", 2, revision=3, history="1")
    s.controller(revision=3)
    s.controller(hash="a", index=0)
    s.controller(index=1)
    s.controller(index=2)
    s.controller(stable="a")


@row("12", "UPD STEP DONE UPD DONE", steps=1)
def one_step_rollback_window(s: Story) -> None:
    """Inside the rollback window one step is skipped, which looks like doing it."""
    s.rollout["spec"]["rollbackWindow"] = {"revisions": 3}
    updating(s, index=1)
    s.controller(stable="b")
    s.replica_set("a", 2, revision=3, history="1")
    s.controller(revision=3)
    s.controller(hash="a", index=0)
    s.controller(index=1)
    s.controller(stable="a")


# --- aborts -------------------------------------------------------------------------------------


@row("13", "UPD STEP ABRT")
def abort_by_hand(s: Story) -> None:
    """The request is not the abort."""
    updating(s, index=1)
    s.user(abort=True)
    abort(s, 4)


@row("14", "UPD STEP PAUS ABRT")
def abort_while_paused(s: Story) -> None:
    """The pause ends in the version of the abort."""
    at_pause(s)
    abort(s, 4)


@row("15", "UPD STEP PAUS ABRT STEP PAUS")
def abort_retry_pause_again(s: Story) -> None:
    """The second try has its own keys."""
    at_pause(s)
    abort(s, 4)
    retry(s, 5)
    s.controller(index=1)
    pause(s, 6)


@row("16", "UPD ABRT ABRT")
def abort_retry_abort(s: Story) -> None:
    """A second abort with the same abortedAt."""
    updating(s)
    s.user(abort=True)
    abort(s, 4)
    s.user(abort=False)
    s.controller(progressing=("RolloutRetry", 5))
    s.user(abort=True)
    s.controller(progressing=("RolloutAborted", 6, "False"))


@row("17", "-")
def abort_of_the_promoted(s: Story) -> None:
    """On a fully promoted Rollout the request is removed silently."""
    deployed(s)
    s.user(abort=True)
    s.controller(abort=None)


@row("18", "UPD ABRT")
def deadline_abort(s: Story) -> None:
    """progressDeadlineAbort in one version."""
    updating(s)
    abort(s, 9)


@row("18 and 73, v1.9", "UPD ABRT")
def deadline_abort_in_two_versions(s: Story) -> None:
    """First abort with ProgressDeadlineExceeded, then RolloutAborted."""
    updating(s)
    s.controller(abort=True, aborted_at=at(9), progressing=("ProgressDeadlineExceeded", 9, "False"))
    assert not s.told("on-rollout-aborted")
    s.controller(progressing=("RolloutAborted", 9, "False"))


@row("19", "UPD")
def deadline_without_abort(s: Story) -> None:
    """Degraded is no abort."""
    updating(s)
    s.controller(progressing=("ProgressDeadlineExceeded", 9, "False"), phase="Degraded")


@row("20", "UPD STEP PAUS ABRT UPD SCALE")
def aborted_then_edited(s: Story) -> None:
    """Template and replicas edited at once: the controller repeats the abort, we do not."""
    at_pause(s)
    abort(s, 4)
    s.controller(revision=3)
    s.controller(progressing=("NewReplicaSetCreated", 6))
    s.replica_set("b", 3, revision=2)
    s.controller(progressing=("RolloutAborted", 7, "False"))
    s.controller(hash="c", index=0, abort=None, aborted_at=None)


@row("59", "UPD STEP STEP PAUS ABRT SCALE SCALE SCALE", steps=3)
def dynamic_stable_scale_abort(s: Story) -> None:
    """One scaling per move."""
    updating(s, index=2)
    pause(s, 3)
    abort(s, 4)
    s.replica_set("a", 3)
    s.replica_set("a", 4)
    s.replica_set("b", 1, revision=2)


@row("63", "UPD STEP PAUS ABRT STEP PAUS")
def pause_abort_retry_pause_in_one_second(s: Story) -> None:
    """Everything in one second: only the attempt tells the pauses apart."""
    at_pause(s)
    abort(s, 3)
    retry(s, 3)
    s.controller(index=1)
    pause(s, 3)


@row("66", "RUN FAIL ABRT ABRT", steps=None)
def blue_green_aborts_again(s: Story) -> None:
    """After a failed post-promotion run a retry aborts at once, without a new run."""
    deployed(s)
    s.run("post", "Running")
    s.controller(run_post=("post", "Running"))
    s.controller(run_post=("post", "Failed"), **ABORTED)
    s.user(abort=False)
    s.controller(abort=True, aborted_at=at(8), progressing=("RolloutAborted", 8, "False"))


ABORTED = {"abort": True, "aborted_at": at(7), "progressing": ("RolloutAborted", 7, "False")}


# --- blue-green and analysis --------------------------------------------------------------------


@row("26", "UPD SCALE PAUS DONE", steps=None)
def blue_green_manual_promotion(s: Story) -> None:
    """Paused until a person promotes."""
    deployed(s)
    s.replica_set("b", 0, revision=2)
    s.controller(revision=2)
    s.controller(hash="b", preview="b")
    s.replica_set("b", 1, revision=2)
    pause(s, 3, "BlueGreenPause")
    s.user(pauses=None)
    s.controller(active="b", stable="b")


@row("25", "UPD STEP PAUS")
def inconclusive_step(s: Story) -> None:
    """An inconclusive run pauses, it does not fail."""
    updating(s, index=1)
    s.controller(run_step=("x", "Inconclusive"), pauses=[("InconclusiveAnalysisRun", at(3))])


@row("27", "RUN FAIL ABRT", steps=None)
def pre_promotion_fails(s: Story) -> None:
    """Failed and aborted in one version, in this order."""
    deployed(s)
    s.run("pre", "Running")
    s.controller(run_pre=("pre", "Running"))
    s.controller(run_pre=("pre", "Failed"), **ABORTED)


@row("28", "ERR ABRT", steps=None)
def post_promotion_error(s: Story) -> None:
    """An error after the switch: no completion."""
    deployed(s)
    s.controller(active="b")
    s.controller(run_post=("post", "Error"), **ABORTED)


@row("29", "FAIL")
def fails_at_once(s: Story) -> None:
    """The first reconcile finishes the run: Running is skipped."""
    deployed(s)
    s.controller(run_step=("x", ""))
    s.controller(run_step=("x", "Failed"))


@row("29, created with a phase", "FAIL")
def created_failed(s: Story) -> None:
    """A client created the run with its phase set."""
    deployed(s)
    s.run("x", "Failed")
    s.controller(run_step=("x", "Failed"))


@row("30", "ERR")
def error_without_times(s: Story) -> None:
    """An argument error has neither startedAt nor completedAt."""
    deployed(s)
    s.run("x", "Error")
    s.controller(run_background=("x", "Error"))


@row("31", "UPD STEP RUN STEP")
def terminated_step_run(s: Story) -> None:
    """Terminated: Successful, the slot is cleared with the step."""
    updating(s, index=1)
    s.run("x", "Running")
    s.controller(run_step=("x", "Running"))
    s.run("x", "Successful")
    s.controller(run_step=None, index=2)


@row("31, job metric", "UPD STEP RUN PAUS")
def terminated_job(s: Story) -> None:
    """Terminated with a running job: Inconclusive, the Rollout pauses."""
    updating(s, index=1)
    s.run("x", "Running")
    s.controller(run_step=("x", "Running"))
    s.controller(run_step=("x", "Inconclusive"), pauses=[("InconclusiveAnalysisRun", at(3))])


@row("32", "UPD FAIL FAIL ABRT")
def two_runs_fail(s: Story) -> None:
    """Step and background run fail in one version."""
    updating(s)
    s.controller(run_step=("x", ""), run_background=("y", ""))
    s.controller(run_step=("x", "Failed"), run_background=("y", "Failed"), **ABORTED)


@row("33", "UPD RUN ABRT")
def run_fails_after_the_abort(s: Story) -> None:
    """The slot is empty: the object's later phase is nobody's."""
    updating(s)
    s.run("y", "Running")
    s.controller(run_background=("y", "Running"))
    s.controller(run_background=None, **ABORTED)
    s.run("y", "Failed")


@row("34", "UPD RUN")
def readopted_run(s: Story) -> None:
    """Steps edited: the same run comes back into an empty slot and is known by its uid."""
    updating(s)
    s.run("y", "Running")
    s.controller(run_background=("y", "Running"))
    s.controller(step_hash="s2", run_background=None)
    s.controller(run_background=("y", "Running"))


@row("35", "UPD RUN PAUS RUN")
def second_run_after_inconclusive(s: Story) -> None:
    """A second run of the same step is another run."""
    updating(s)
    s.run("x", "Running")
    s.controller(run_step=("x", "Running"))
    s.controller(run_step=("x", "Inconclusive"), pauses=[("InconclusiveAnalysisRun", at(3))])
    s.user(pauses=None)
    s.run("x.1", "Running")
    s.controller(run_step=("x.1", ""))
    s.controller(run_step=("x.1", "Running"))


@row("36", "UPD FAIL ABRT")
def experiment_run_fails(s: Story) -> None:
    """A run of an Experiment of the Rollout counts for the Rollout."""
    updating(s)
    s.experiment("exp", "")
    s.experiment("exp", "Running", [("check", "exp-check", "Pending")])
    s.run("exp-check", "Failed", owner="exp")
    s.experiment("exp", "Running", [("check", "exp-check", "Failed")])
    abort(s, 9)


@row("37", "-")
def standalone_run(s: Story) -> None:
    """A run or an Experiment of no Rollout is nobody's."""
    deployed(s)
    s.run("alone", "Running", owner="")
    s.run("alone", "Failed", owner="", metrics={"rate": "Failed"})
    s.experiment("alone", "Running", owner="")
    s.experiment("alone", "Failed", [("check", "alone", "Failed")], owner="")


@row("71", "UPD FAIL ABRT")
def background_turns_failed_after_the_abort(s: Story) -> None:
    """A canary slot may change once more after the abort, without an event."""
    updating(s)
    s.controller(run_step=("x", ""), run_background=("y", ""))
    s.controller(run_step=("x", "Failed"), **ABORTED)
    s.controller(run_background=("y", "Failed"))


# --- scaling ------------------------------------------------------------------------------------


@row("40, idle", "SCALE")
def hpa_idle(s: Story) -> None:
    """An autoscaler while stable."""
    deployed(s)
    s.replica_set("a", 5)


@row("40, canary", "UPD SCALE SCALE")
def hpa_during_canary(s: Story) -> None:
    """An autoscaler while updating: both ReplicaSets."""
    updating(s)
    s.replica_set("a", 5)
    s.replica_set("b", 3, revision=2)


@row("41", "SCALE SCALE")
def to_zero_and_back(s: Story) -> None:
    """The phase flips, which counts for nothing."""
    deployed(s)
    s.replica_set("a", 0)
    s.controller(phase="Progressing")
    s.controller(phase="Healthy")
    s.replica_set("a", 3)


@row("42", "-")
def same_replicas(s: Story) -> None:
    """A new generation with the same count."""
    deployed(s)
    s.replica_set("a", 2)


@row("67", "-")
def scaled_by_hand(s: Story) -> None:
    """Through the scale subresource, or by another manager."""
    deployed(s)
    s.replica_set("a", 5, by="scale")
    s.replica_set("a", 6, by="kubectl-edit")


@row("69", "SCALE")
def all_replica_sets_deleted(s: Story) -> None:
    """The controller makes a new one and scales it up."""
    deployed(s)
    s.remove("ReplicaSet", "demo-a")
    s.controller(phase="Progressing", progressing=("NewReplicaSetCreated", 9))
    s.replica_set("a", 0)
    s.replica_set("a", 2)


# --- what is no event ---------------------------------------------------------------------------


@row("21", "-")
def spec_paused(s: Story) -> None:
    """spec.paused, then not: phase and conditions change, nothing is told."""
    deployed(s)
    s.user(spec={"paused": True})
    s.controller(phase="Paused", progressing=("RolloutPaused", 4, "Unknown"))
    s.user(spec={"paused": False})
    s.controller(phase="Healthy", progressing=("RolloutResumed", 5))


@row("39", "-")
def metadata_edits(s: Story) -> None:
    """Labels and annotations, the built-in's own state annotation among them."""
    deployed(s)
    s.user(labels={"team": "a"})
    s.user(annotations={"notified.notifications.argoproj.io": "{}"})
    s.user(annotations={"rollout.argoproj.io/workload-generation": "2"})


@row("43", "-")
def restarted(s: Story) -> None:
    """restartAt: Healthy and Progressing flip."""
    deployed(s)
    s.user(spec={"restartAt": at(9)})
    s.controller(phase="Progressing", progressing=("ReplicaSetNotAvailable", 9))
    s.controller(phase="Healthy", progressing=("NewReplicaSetAvailable", 12))


@row("44", "-")
def invalid_spec(s: Story) -> None:
    """InvalidSpec comes and goes."""
    deployed(s)
    s.controller(phase="Degraded", invalid=("InvalidSpec", 4))
    s.controller(phase="Healthy", invalid=None)


@row("47", "-")
def annotation_stripped(s: Story) -> None:
    """The revision annotation vanishes and comes back with the same number."""
    deployed(s)
    s.user(revision=None)
    s.controller(revision=1)


@row("49", "UPD")
def workload_reference(s: Story) -> None:
    """The workload's generation is metadata; the revision counts."""
    deployed(s)
    s.controller(annotations={"rollout.argoproj.io/workload-generation": "2"})
    s.controller(revision=2)


@row("50", "-")
def steps_edited_while_stable(s: Story) -> None:
    """Only the step hash and the index change."""
    deployed(s)
    s.controller(step_hash="s2", index=2)


@row("57", "-")
def controller_upgraded(s: Story) -> None:
    """A newer controller adds `duration` and touches conditions."""
    deployed(s)
    s.controller(started=at(1))
    s.controller(completed=("RolloutCompleted", 30))


@row("58", "UPD DONE")
def status_wiped(s: Story) -> None:
    """The controller promotes the same stable hash again: the key is known."""
    s.create()
    s.controller(revision=1)
    s.controller(hash="a", index=2, stable="a")
    s.user(wipe=True)
    s.controller(hash="a", index=2, stable="a")


# --- first sights, gaps, deletion ---------------------------------------------------------------


@row("51", "-")
def first_boot(s: Story) -> None:
    """Objects in mid-life at the first list are a baseline."""
    with s.gap(restart=True):
        at_pause(s)
        s.experiment("exp", "Failed", [("check", "exp-check", "Failed")])
        abort(s, 9)


@row("38, seen", "UPD SCALE DONE UPD SCALE DONE")
def deleted_and_recreated(s: Story) -> None:
    """The second object has its own life."""
    canary_initial(s)
    s.delete()
    s.recreate("second-uid", 20)
    s.cluster.clear()
    canary_initial(s)


@row("38, in a gap", "UPD SCALE DONE UPD DONE")
def recreated_in_a_gap(s: Story) -> None:
    """Never a difference across uids; what the new one did in the gap is recovered."""
    canary_initial(s)
    with s.gap():
        s.delete(seen=False)
        s.recreate("second-uid", 20)
        s.create()
        s.controller(revision=1)
        s.controller(hash="a", index=2, stable="a")
    assert [found.rollout.uid for found in s.told("on-rollout-deleted")] == ["rollout-uid"]


@row("52", "UPD DONE UPD DONE")
def gap_over_two_revisions(s: Story) -> None:
    """Revision 3 -> 5: one event, one missed."""
    deployed(s)
    s.controller(revision=3)
    s.controller(hash="b", index=2, stable="b")
    with s.gap():
        s.controller(revision=5)
        s.controller(hash="d", index=2, stable="d")
    assert [(found.missed, found.recovered) for found in s.told("on-rollout-updated")] == [
        (0, False),
        (1, True),
    ]


@row("53", "UPD STEP STEP PAUS", steps=4)
def gap_over_steps(s: Story) -> None:
    """Index 1 -> 3: one event for the last step."""
    updating(s, index=1)
    with s.gap():
        s.controller(index=2)
        s.controller(index=3)
        pause(s, 9)
    assert [(found.missed, found.recovered) for found in s.told("on-rollout-step-completed")] == [
        (0, False),
        (1, True),
    ]


@row("54", "UPD UPD DONE")
def gap_over_completion(s: Story) -> None:
    """Completed, and the next revision begun: the completed revision is that of its ReplicaSet."""
    updating(s)
    with s.gap():
        s.controller(index=2, stable="b")
        s.controller(revision=3)
        s.controller(hash="c", index=0)
    assert s.told("on-rollout-completed")[0].key.endswith(":2:b")


@row("55", "UPD")
def gap_over_abort_and_retry(s: Story) -> None:
    """Nothing is left to tell; it is counted as lost."""
    updating(s)
    s.controller(started=at(2))
    with s.gap():
        abort(s, 4)
        retry(s, 5)
        s.controller(started=at(5))
    assert s.observer.lost == {"on-rollout-aborted": 1}


@row("56", "-")
def nothing_new(s: Story) -> None:
    """A relist with unchanged versions, and a version that arrives twice."""
    deployed(s)
    s.relist()
    s.again()


@row("68", "UPD STEP")
def unchanged_relist_keeps_contiguity(s: Story) -> None:
    """After a relist with the same versions the next change is no gap."""
    updating(s)
    s.relist()
    s.controller(index=1)
    assert not s.told("on-rollout-step-completed")[0].recovered


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row {row.number}")
def test_scenario(row: Row) -> None:
    """Each row gives exactly what the table says, in order, and nothing twice."""
    story = Story(**row.story)  # type: ignore[arg-type]
    row.tell(story)
    assert story.codes == row.expected


def test_table_is_complete() -> None:
    """Every number of the specification's table has a row here (60 is below: two observers)."""
    told = {
        int(part)
        for row in ROWS
        for part in row.number.replace(",", " ").split()
        if part.isdecimal()
    }
    assert told | {60} == set(range(1, 74))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"row {row.number}")
def test_row_60(row: Row) -> None:
    """Row 60: a replica that restarts before every version of the watch tells the same keys."""
    live = Story(**row.story)  # type: ignore[arg-type]
    row.tell(live)
    restarted = Story(**row.story)  # type: ignore[arg-type]
    for observation in live.log:
        restarted.restart()
        restarted.relist()
        restarted.show(observation)
    watched = Story(**row.story)  # type: ignore[arg-type]
    for observation in live.log:
        watched.show(observation)
    assert set(restarted.keys) == set(watched.keys)
