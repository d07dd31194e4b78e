"""THE TABLE: what changed between two versions of a Rollout, and its key.

Each line of `TABLE` is a trigger, upstream's event reason, and the rule that sees it; the lines
stand in the order in which several transitions of one version are told. The rules of the lifecycle
triggers are here and, for analysis runs, in `analysis_transitions.py`; those of the names beyond
the nine in `further_transitions.py`; what is seen on the objects around a Rollout in
`owned_transitions.py`.

Binding: spec/transitions.md. Its section 0 decides everything; above all, derive from the one field
that guards upstream's event, never from phase, `Healthy`, `Paused` or `spec.paused`.

Facts are plain JSON: `revision`, `hash` (pod template), `steps`, and what a rule adds. A
`step_index` counts from 0, a `step` from 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from notifier.core import analysis_transitions as analysis
from notifier.core import further_transitions as further
from notifier.core import keys, managers
from notifier.core.model import ObjectRef, Transition
from notifier.core.objects import RolloutVersion, RunStatus
from notifier.core.remembered import Known, Past
from notifier.core.surroundings import Surroundings, Wanted
from notifier.core.versions import Occurrence, Rule, Versions, compare


def updated(v: Versions) -> Iterator[Occurrence]:
    """A new revision: the annotation has another number than was last known (1.3)."""
    if v.new_revision:
        known = v.past.known.revision
        yield Occurrence(
            key=v.new_revision,
            facts={"revision": v.new_revision, "previous_revision": known},
            time=v.written_at,
            missed=0 if v.contiguous else _between(known, v.new_revision),
        )


def step_completed(v: Versions) -> Iterator[Occurrence]:
    """A canary step is done: the controller wrote `currentStepIndex` + 1 (1.2)."""
    start, end = v.before.current_step_index, v.after.current_step_index
    if start is None or end is None or not start < end <= v.version.steps or not _same_try(v):
        return
    if v.contiguous and end > start + 1:
        return  # only the user, promoteFull and the rollback window jump
    if not _index_by_controller(v) or _jumped_in_rollback_window(v):
        return
    condition = v.after.condition("Progressing")
    guessed = v.writers.index_by_controller is None
    yield Occurrence(
        key=keys.step(v.revision, v.after, v.attempt, end),
        facts={**v.facts, "step_index": end - 1, "step": end}
        | ({"approximate": True} if guessed else {}),
        time=condition.last_update_time if condition else v.written_at,
        missed=end - start - 1,
    )


def step_run_succeeded(v: Versions) -> Iterator[Occurrence]:
    """The analysis of a step succeeded: never shown in the slot, but the step is done by it."""
    then, now = analysis.slots(v.before).get("step"), analysis.slots(v.after).get("step")
    gone = then is not None and (now is None or now.name != then.name)
    if then is not None and gone and v.contiguous and any(step_completed(v)):
        run = RunStatus(then.name, "Successful", then.message)
        yield analysis.occurrence(v, "step", run)


def completed(v: Versions) -> Iterator[Occurrence]:
    """A revision is the stable one: `status.stableRS` changed, and nothing else counts (1.1)."""
    stable, previous = v.after.stable_hash, v.before.stable_hash
    if not stable or stable == previous:
        return
    condition = v.after.condition("Completed")
    revision = _revision_of_stable(v)
    yield Occurrence(
        key=f"{revision or '?' + previous}:{stable}",
        facts={**v.facts, "revision": revision, "hash": stable, "previous_hash": previous},
        time=condition.last_transition_time
        if condition and condition.status == "True"
        else v.written_at,
    )


def aborted(v: Versions) -> Iterator[Occurrence]:
    """An abort: `Progressing` turned RolloutAborted; once per stretch of `abort: true` (1.4)."""
    condition = v.turned("Progressing", "RolloutAborted")
    if condition is not None and not v.past.known.abort_announced:
        yield Occurrence(
            key=f"{v.revision}:{v.attempt}:{condition.last_update_time}",
            facts={
                **v.facts,
                "step_index": v.before.current_step_index,
                "aborted_at": v.after.aborted_at or "",
                "message": v.after.message or condition.message,
            },
            time=condition.last_update_time or None,
        )


def paused(v: Versions) -> Iterator[Occurrence]:
    """The controller pauses: `pauseConditions` was empty and is not (1.5)."""
    then, now = v.before.pause_conditions or (), v.after.pause_conditions or ()
    if not now or (then and (v.contiguous or any(pause in then for pause in now))):
        return
    yield Occurrence(
        key=keys.pause(v.after, v.attempt),
        facts={
            **v.facts,
            "step_index": v.after.current_step_index,
            "pause_reason": now[0].reason,
            "pause_start": now[0].start_time,
        },
        time=now[0].start_time or None,
    )


TABLE: Final = (
    #    trigger                       upstream's reason       rule
    Rule("on-rollout-updated", "RolloutUpdated", updated),
    Rule("on-new-replica-set-created", "NewReplicaSetCreated", further.replica_set_created),
    Rule("on-replica-set-create-error", "ReplicaSetCreateError", further.replica_set_create_error),
    Rule("on-skip-steps", "SkipSteps", further.steps_skipped),
    Rule("on-switch-service", "SwitchService", further.service_switched),
    Rule("on-traffic-weight-updated", "TrafficWeightUpdated", further.traffic_weight_updated),
    Rule("on-experiment-created", "ExperimentCreated", further.experiment_created),
    Rule("on-analysis-run-*", "AnalysisRun*", analysis.analysis_runs, analysis.PHASES),
    Rule("on-analysis-run-*", "AnalysisRun*", analysis.recovered_runs, ("Failed", "Error")),
    Rule("on-analysis-run-*", "AnalysisRun*", step_run_succeeded, ("Successful",)),
    Rule("on-step-plugin-transition", "StepPluginTransition", further.step_plugin_transition),
    Rule("on-rollout-step-completed", "RolloutStepCompleted", step_completed),
    Rule("on-rollout-completed", "RolloutCompleted", completed),
    Rule("on-rollout-aborted", "RolloutAborted", aborted),
    Rule("on-rollout-not-completed", "RolloutNotCompleted", further.not_completed),
    Rule("on-rollout-paused", "RolloutPaused", paused),
    Rule("on-rollout-resumed", "RolloutResumed", further.resumed),
    Rule("on-rollout-rollback", "RolloutRollback", further.rolled_back),
    Rule("on-rollout-degraded", "RolloutDegraded", further.degraded),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Derivation:
    """What two versions give: transitions in order, what is known afterwards, and what is missing.

    While `wanted` is not empty the transitions are provisional. `lost` names triggers of which an
    occurrence certainly went by unseen in a gap.
    """

    transitions: Sequence[Transition]
    known: Known
    wanted: Sequence[Wanted] = ()
    lost: Sequence[str] = ()


def derive(
    past: Past, version: RolloutVersion, contiguous: bool, around: Surroundings | None = None
) -> Derivation:
    """Compare two versions of one Rollout by every rule of the table (spec/transitions.md 1.11).

    `contiguous` is False if versions between the two may have been missed; what is found then is
    marked recovered. Never raises.
    """
    around = around or Surroundings()
    writers = managers.rollout_writers(version.managed_fields)
    v = compare(past, version, contiguous=contiguous, writers=writers, around=around)
    found = [(rule, occurrence) for rule in TABLE for occurrence in rule.find(v)]
    keyed = {rule.trigger: occurrence for rule, occurrence in found}
    return Derivation(
        transitions=[_transition(v, rule, occurrence) for rule, occurrence in found],
        known=_learn(v, keyed),
        wanted=tuple(around.wanted),
        lost=() if contiguous else tuple(_lost(v)),
    )


def baseline(version: RolloutVersion) -> Known:
    """Return what the first sight of a Rollout teaches: nothing is announced for it.

    An abort or a pause that is there already counts as announced.
    """
    writers = managers.rollout_writers(version.managed_fields)
    status = version.rollout.status
    progressing = status.condition("Progressing")
    return Known(
        revision=version.rollout.metadata.annotations.revision,
        abort_announced=status.abort
        and progressing is not None
        and progressing.reason == "RolloutAborted",
        controllers=writers.controllers,
        newest_experiment=analysis.latest_time(status),
    )


def _learn(v: Versions, found: Mapping[str, Occurrence]) -> Known:
    """Return what is known after the later version."""
    known = v.past.known
    announced = known.abort_announced or "on-rollout-aborted" in found
    pause = found.get("on-rollout-paused")
    return Known(
        revision=v.new_revision or known.revision,
        attempt=v.next_attempt,
        abort_announced=v.after.abort and announced,
        pause_key=_key(v, "on-rollout-paused", pause)
        if pause
        else (known.pause_key if v.after.pause_conditions else ""),
        controllers=v.writers.controllers or known.controllers,
        newest_experiment=known.newest_experiment,
    )


def _transition(v: Versions, rule: Rule, found: Occurrence) -> Transition:
    """Give an occurrence its names and its key."""
    metadata = v.version.rollout.metadata
    trigger = rule.trigger.replace("*", found.name.lower())
    return Transition(
        trigger=trigger,
        reason=rule.reason.replace("*", found.name),
        rollout=ObjectRef(
            kind="Rollout", namespace=metadata.namespace, name=metadata.name, uid=metadata.uid
        ),
        key=_key(v, trigger, found),
        resource_version=v.version.resource_version,
        recovered=not v.contiguous,
        missed=found.missed,
        time=found.time,
        run=ObjectRef(
            kind="AnalysisRun", namespace=metadata.namespace, name=found.run, uid=found.run_uid
        )
        if found.run
        else None,
        facts=found.facts,
    )


def _key(v: Versions, trigger: str, found: Occurrence) -> str:
    return keys.key(trigger, v.uid, found.key)


def _same_try(v: Versions) -> bool:
    """Say whether both versions are at the same update, and neither end of it is a jump."""
    then, now = v.before, v.after
    same = (
        then.current_pod_hash == now.current_pod_hash
        and then.current_step_hash == now.current_step_hash
        and then.stable_hash == now.stable_hash
    )
    # A patch computed before the user's promoteFull may still be a real step, but not the last.
    full = then.promote_full or now.promote_full
    return (
        same
        and now.current_pod_hash != now.stable_hash
        and not (full and now.current_step_index == v.version.steps)
    )


def _index_by_controller(v: Versions) -> bool:
    """Say whether the controller wrote the index.

    Without managedFields (stripped by a proxy, say) a step is only seen if the controller also
    touched `Progressing`, which misses about half of them: such transitions are `approximate`.
    """
    if v.writers.index_by_controller is not None:
        return v.writers.index_by_controller
    return v.before.condition("Progressing") != v.after.condition("Progressing")


def _jumped_in_rollback_window(v: Versions) -> bool:
    """Say whether a rollback within `spec.rollbackWindow` skipped the steps.

    Live that can look like a step only where there is one step; then the ReplicaSet that is rolled
    out is older than the stable one.
    """
    if not v.version.rollback_window or (v.contiguous and v.version.steps > 1):
        return False
    new = v.around.replica_set(v.after.current_pod_hash, v.uid)
    stable = v.around.replica_set(v.after.stable_hash, v.uid)
    if new is None or stable is None:
        return False
    return new.created < stable.created or (new.created == stable.created and new.reused)


def _revision_of_stable(v: Versions) -> str:
    """Return the revision that became stable, or empty if that cannot be told (section 6).

    After a gap the annotation may be that of a newer update; then its ReplicaSet knows.
    """
    metadata = v.version.rollout.metadata
    current = v.after.stable_hash == v.after.current_pod_hash
    up_to_date = v.contiguous or v.after.observed_generation == str(metadata.generation)
    if current and up_to_date and v.revision:
        return v.revision
    replica_set = v.around.replica_set(v.after.stable_hash, v.uid)
    if replica_set is not None and replica_set.revision:
        return replica_set.revision
    return v.revision if current else ""


def _between(earlier: str, later: str) -> int:
    """Return how many revisions lie between two, as far as they are numbers."""
    try:
        return max(0, int(later) - int(earlier or 0) - 1)
    except ValueError:
        return 0


def _lost(v: Versions) -> Iterator[str]:
    """Name the triggers of which a gap certainly hid an occurrence (section 2)."""
    then, now = v.before, v.after
    before, after = then.condition("Completed"), now.condition("Completed")
    if (
        then.stable_hash
        and then.stable_hash == now.stable_hash
        and _between(v.past.known.revision, v.new_revision) > 0
        and before is not None
        and after is not None
        and after.status == "True"
        and after.last_transition_time > before.last_transition_time
    ):
        yield "on-rollout-completed"
    started = [status.duration.rollout_started_at for status in (then, now) if status.duration]
    if (
        len(started) == len((then, now))
        and started[0] < started[1]
        and not v.new_revision
        and then.current_step_hash == now.current_step_hash
        and not now.abort
    ):
        yield "on-rollout-aborted"
