"""The triggers beyond the nine that the Rollout's status shows (spec/configuration.md 6.4).

Most bear the name of an upstream event reason; `on-rollout-degraded` and `on-rollout-rollback` are
our own. Their lines are in the table of `transitions.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from notifier.core.objects import Condition, RolloutStatus, StepPlugin, Weight
from notifier.core.versions import Occurrence, Versions

FAULTS: Final[Mapping[str, frozenset[str]]] = {
    "InvalidSpec": frozenset({"InvalidSpec"}),
    "Progressing": frozenset({"ProgressDeadlineExceeded", "ReplicaSetCreateError"}),
}
"""Reasons of conditions that make a Rollout Degraded, by type."""


def replica_set_created(v: Versions) -> Iterator[Occurrence]:
    """The ReplicaSet of a new revision exists."""
    yield from _progressing(v, "NewReplicaSetCreated")


def replica_set_create_error(v: Versions) -> Iterator[Occurrence]:
    """The ReplicaSet of a new revision could not be created; repeats are not visible."""
    yield from _progressing(v, "ReplicaSetCreateError")


def _progressing(v: Versions, reason: str) -> Iterator[Occurrence]:
    condition = v.turned("Progressing", reason)
    if condition is not None:
        # Written between the revision and the status: it belongs to the revision.
        revision = v.new_revision or v.revision
        yield Occurrence(
            key=f"{revision}:{v.next_attempt}:{condition.last_update_time}",
            facts={**v.facts, "revision": revision, "message": condition.message},
            time=condition.last_update_time or None,
        )


def steps_skipped(v: Versions) -> Iterator[Occurrence]:
    """All steps skipped at once: rollback to stable or in its window, steps edited while stable."""
    then, now = v.before, v.after
    edited = (then.current_pod_hash, then.current_step_hash) != (
        now.current_pod_hash,
        now.current_step_hash,
    )
    at_end = v.version.steps > 0 and now.current_step_index == v.version.steps
    if v.contiguous and edited and at_end:
        yield Occurrence(
            key=f"{v.revision}:{now.current_pod_hash}:{now.current_step_hash}:{v.attempt}",
            facts=v.facts,
            time=v.written_at,
        )


def service_switched(v: Versions) -> Iterator[Occurrence]:
    """The active or preview Service selects other pods; once per change, where upstream repeats."""
    then, now = _selectors(v.before), _selectors(v.after)
    for role, pod_hash in now.items():
        previous = then.get(role, "")
        if pod_hash and pod_hash != previous:
            yield Occurrence(
                key=f"{v.attempt}:{role}:{pod_hash}",
                facts={**v.facts, "role": role, "hash": pod_hash, "previous_hash": previous},
                time=v.written_at,
            )


def _selectors(status: RolloutStatus) -> Mapping[str, str]:
    services = status.blue_green
    if services is None:
        return {}
    return {"preview": services.preview_selector, "active": services.active_selector}


def traffic_weight_updated(v: Versions) -> Iterator[Occurrence]:
    """The traffic is split anew (about one to one with upstream's events)."""
    then, now = _weights(v.before), _weights(v.after)
    if now and now != then:
        shares = "/".join(str(weight.weight) for weight in now)
        yield Occurrence(
            key=f"{v.revision}:{v.attempt}:{v.after.current_step_index}:{shares}",
            facts={
                **v.facts,
                "weight": now[0].weight,
                "previous_weight": then[0].weight if then else None,
            },
            time=v.written_at,
        )


def _weights(status: RolloutStatus) -> tuple[Weight, ...]:
    """Return the weights of canary, stable and additional destinations, in this order."""
    weights = status.canary.weights if status.canary else None
    if weights is None:
        return ()
    return (weights.canary or Weight(), weights.stable or Weight(), *(weights.additional or ()))


def experiment_created(v: Versions) -> Iterator[Occurrence]:
    """An Experiment of a step exists and is current."""
    then = v.before.canary.current_experiment if v.before.canary else ""
    now = v.after.canary.current_experiment if v.after.canary else ""
    if now and now != then:
        yield Occurrence(
            key=f"{v.attempt}:{now}", facts={**v.facts, "experiment": now}, time=v.written_at
        )


def step_plugin_transition(v: Versions) -> Iterator[Occurrence]:
    """An operation of a step plugin has another phase; upstream is silent on Run -> Successful."""
    then = {_operation(plugin): plugin.phase for plugin in _plugins(v.before)}
    for plugin in _plugins(v.after):
        done = plugin.operation == "Run" and plugin.phase == "Successful"
        if plugin.phase and plugin.phase != then.get(_operation(plugin)) and not done:
            index, name, operation = _operation(plugin)
            yield Occurrence(
                key=f"{v.revision}:{v.attempt}:{index}:{name}:{operation}:{plugin.phase}",
                facts={
                    **v.facts,
                    "step_index": index,
                    "plugin": name,
                    "operation": operation,
                    "phase": plugin.phase,
                    "message": plugin.message,
                },
                time=v.written_at,
            )


def _plugins(status: RolloutStatus) -> tuple[StepPlugin, ...]:
    return (status.canary.step_plugin_statuses or ()) if status.canary else ()


def _operation(plugin: StepPlugin) -> tuple[int, str, str]:
    return plugin.index, plugin.name, plugin.operation


def not_completed(v: Versions) -> Iterator[Occurrence]:
    """An update has begun: `Completed` turned False, or is False where it first appears."""
    then, now = v.before.condition("Completed"), v.after.condition("Completed")
    if now is not None and now.status == "False" and (then is None or then.status != "False"):
        yield Occurrence(
            key=f"{v.attempt}:{now.last_update_time}",
            facts=v.facts,
            time=now.last_update_time or None,
        )


def resumed(v: Versions) -> Iterator[Occurrence]:
    """The controller itself ended the pause; when a person promotes, upstream is silent.

    The controller's patch drops `controllerPause` and sets the phase, a person's does not.
    """
    then, now = v.before, v.after
    ended = bool(then.pause_conditions) and not now.pause_conditions
    by_controller = then.controller_pause and not now.controller_pause and then.phase != now.phase
    if v.contiguous and ended and by_controller and not now.aborted_at:
        pause = (then.pause_conditions or ())[0]
        yield Occurrence(
            key=v.past.known.pause_key.split(":", 3)[-1] or f"{pause.reason}:{pause.start_time}",
            facts={
                **v.facts,
                "step_index": then.current_step_index,
                "pause_reason": pause.reason,
                "pause_start": pause.start_time,
            },
            time=v.written_at,
        )


def rolled_back(v: Versions) -> Iterator[Occurrence]:
    """The new pod template is one that an earlier revision had: its ReplicaSet is used again."""
    pod_hash = v.after.current_pod_hash
    if not pod_hash or v.before.current_pod_hash in {"", pod_hash}:
        return
    progressing = v.before.condition("Progressing")
    if v.contiguous and progressing is not None and progressing.reason == "NewReplicaSetCreated":
        return  # the ReplicaSet is new, which spares asking for it
    replica_set = v.around.replica_set(pod_hash, v.uid)
    to_stable = pod_hash == v.after.stable_hash == v.before.stable_hash
    if to_stable or (replica_set is not None and replica_set.reused):
        yield Occurrence(
            key=f"{v.revision}:{pod_hash}",
            facts={
                **v.facts,
                "from_hash": v.before.current_pod_hash,
                "to_revision": replica_set.reused_from if replica_set else "",
            },
            time=v.written_at,
        )


def degraded(v: Versions) -> Iterator[Occurrence]:
    """The Rollout is Degraded, for a reason other than an abort, which has a trigger itself."""
    then, now = _fault(v.before), _fault(v.after)
    if now is not None and (then is None or then.reason != now.reason):
        yield Occurrence(
            key=f"{v.revision}:{v.attempt}:{now.reason}:{now.last_update_time}",
            facts={
                **v.facts,
                "degraded_reason": now.reason,
                "message": v.after.message or now.message,
            },
            time=now.last_update_time or None,
        )


def _fault(status: RolloutStatus) -> Condition | None:
    """Return the condition that makes the Rollout Degraded, if one does.

    The phase alone lags behind: it stays Degraded for a version or two of the next revision.
    """
    if status.phase != "Degraded" or status.abort:
        return None
    for kind, reasons in FAULTS.items():
        condition = status.condition(kind)
        if condition is not None and condition.reason in reasons:
            return condition
    return None
