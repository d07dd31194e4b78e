"""Which objects a transition needs before it can be planned, and how they are put together. Pure.

Everything here works on decoded objects; fetching is `engine/gathering.py`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypedDict, cast

import msgspec

from notifier.core import context, lifecycle
from notifier.core.configuration import Configuration
from notifier.core.context import Evidence
from notifier.core.model import JsonObject, ObjectRef, Transition

SCALING: Final = "on-scaling-replica-set"
HASH_LABEL: Final = "rollouts-pod-template-hash"
REVISION: Final = "rollout.argoproj.io/revision"

WORKLOADS: Final = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "PodTemplate"})
"""Kinds that `spec.workloadRef` may name."""

_WITHOUT_RUNS: Final = lifecycle.ALL - {
    "on-rollout-aborted",
    "on-rollout-completed",
    "on-rollout-paused",
    "on-rollout-step-completed",
    "on-rollout-degraded",
}
_WITHOUT_REPLICA_SETS: Final = lifecycle.ALL - {
    "on-rollout-aborted",
    "on-rollout-completed",
    "on-rollout-degraded",
    "on-rollout-paused",
    "on-rollout-rollback",
    "on-rollout-updated",
}
# Names of users' own may tell of anything, so they are in neither.


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What to fetch: the workload, the run of the event; runs and ReplicaSets by label selector."""

    workload: ObjectRef | None = None
    run: ObjectRef | None = None
    runs: str = ""
    replica_sets: str = ""

    def __bool__(self) -> bool:
        """Say whether anything is to be fetched."""
        return self != NOTHING


NOTHING: Final = Needs()


class _Metadata(TypedDict, total=False):
    name: Any
    namespace: Any
    uid: Any
    labels: Any
    annotations: Any


class _Spec(TypedDict, total=False):
    selector: Any
    strategy: Any
    workloadRef: Any


class _Status(TypedDict, total=False):
    currentPodHash: Any


class _Outline(TypedDict, total=False):
    metadata: _Metadata
    spec: _Spec
    status: _Status


_outline: Final = msgspec.json.Decoder(_Outline)


def outline(raw: bytes) -> JsonObject:
    """Return the part of a Rollout that says who listens and what is needed: a quarter of the time
    of decoding all of it. Empty if it cannot be read."""
    try:
        return cast("JsonObject", _outline.decode(raw))
    except msgspec.DecodeError:
        return {}


def needs(transition: Transition, rollout: JsonObject) -> Needs:
    """Return what the templates of a transition can show beside the Rollout itself
    (spec/configuration.md 7.3)."""
    return Needs(
        workload=_workload(rollout),
        run=transition.run,
        runs=_runs(transition, rollout),
        replica_sets=_replica_sets(transition, rollout),
    )


def of_conditions(whole: Needs, reads: Collection[str]) -> Needs:
    """Return the part of what a message needs that conditions need, given the variables that they
    read. The workload fills in the Rollout, which any condition may read."""
    if not set(reads) <= context.PLAIN:
        return whole
    return Needs(
        workload=whole.workload if "rollout" in reads else None,
        run=whole.run if "analysisRun" in reads else None,
        runs=whole.runs if "analysisRuns" in reads else "",
    )


def wants_scaling(configuration: Configuration) -> bool:
    """Say whether the configuration itself makes somebody listen to scaling; annotations that name
    the trigger are the Observer's to see."""
    if SCALING in configuration.default_triggers:
        return True
    if any(SCALING in names for names in configuration.default_triggers_by_service.values()):
        return True
    return any(
        item.triggers is not None and SCALING in item.triggers
        for item in configuration.subscriptions
    )


def assemble(
    rollout: JsonObject,
    *,
    previous: JsonObject | None = None,
    workload: JsonObject | None = None,
    run: JsonObject | None = None,
    runs: Iterable[JsonObject] | None = None,
    replica_sets: Iterable[JsonObject] = (),
) -> Evidence:
    """Return the evidence of a transition from the objects that were found."""
    whole = rollout if workload is None else _filled(rollout, workload)
    current = None if runs is None else current_runs(whole, runs)
    uid = (rollout.get("metadata") or {}).get("uid")
    owned = [each for each in replica_sets if uid in _owners(each)]
    return Evidence(rollout=whole, previous=previous, run=run, runs=current, replica_sets=owned)


def current_runs(rollout: JsonObject, runs: Iterable[JsonObject]) -> Sequence[JsonObject] | None:
    """Return the runs of the current revision that the rollout owns, newest first; None if none
    carries the hash (spec/transitions.md 8)."""
    pod_hash = (rollout.get("status") or {}).get("currentPodHash")
    carrying = [run for run in runs if _labels(run).get(HASH_LABEL) == pod_hash]
    if not carrying:
        return None
    revision = _annotations(rollout).get(REVISION)
    uid = (rollout.get("metadata") or {}).get("uid")
    return sorted(
        (
            run
            for run in carrying
            if _annotations(run).get(REVISION) == revision and uid in _owners(run)
        ),
        key=lambda run: str((run.get("metadata") or {}).get("creationTimestamp") or ""),
        reverse=True,
    )


def stub(reference: ObjectRef) -> JsonObject:
    """Return what can be said of a rollout that is gone."""
    metadata = {"namespace": reference.namespace, "name": reference.name, "uid": reference.uid}
    return {"kind": "Rollout", "metadata": metadata, "spec": {}, "status": {}}


def _workload(rollout: JsonObject) -> ObjectRef | None:
    reference = (rollout.get("spec") or {}).get("workloadRef")
    if not isinstance(reference, Mapping) or reference.get("kind") not in WORKLOADS:
        return None
    namespace = str((rollout.get("metadata") or {}).get("namespace") or "")
    name = str(reference.get("name") or "")
    kind = str(reference["kind"])
    return ObjectRef(kind=kind, namespace=namespace, name=name) if name else None


def _runs(transition: Transition, rollout: JsonObject) -> str:
    """Return the selector of the runs of the current hash, empty if there can be none."""
    about_analysis = transition.run is not None or "analysis" in transition.trigger
    if not about_analysis and transition.trigger in _WITHOUT_RUNS:
        return ""
    if not about_analysis and not _analyses(rollout):
        return ""
    pod_hash = (rollout.get("status") or {}).get("currentPodHash")
    return f"{HASH_LABEL}={pod_hash}" if pod_hash else ""


def _replica_sets(transition: Transition, rollout: JsonObject) -> str:
    """Return the selector of the ReplicaSets that know the images of other versions, empty where
    the message does not say what changes."""
    if transition.trigger in _WITHOUT_REPLICA_SETS:
        return ""
    labels = ((rollout.get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
    return ",".join([HASH_LABEL, *(f"{name}={value}" for name, value in sorted(labels.items()))])


def _analyses(rollout: JsonObject) -> bool:
    """Say whether the strategy can have analysis runs that carry the hash."""
    strategy = (rollout.get("spec") or {}).get("strategy") or {}
    canary = strategy.get("canary") or {}
    blue_green = strategy.get("blueGreen") or {}
    steps = canary.get("steps") or ()
    return bool(
        canary.get("analysis")
        or blue_green.get("prePromotionAnalysis")
        or blue_green.get("postPromotionAnalysis")
        or any("analysis" in step for step in steps if isinstance(step, Mapping))
    )


def _filled(rollout: JsonObject, workload: JsonObject) -> JsonObject:
    """Return the rollout with the workload's pod template and selector."""
    holder = workload if "template" in workload else workload.get("spec") or {}
    spec = dict(rollout.get("spec") or {})
    for name in ("template", "selector"):
        if holder.get(name):
            spec[name] = holder[name]
    return {**rollout, "spec": spec}


def _labels(item: JsonObject) -> Mapping[str, Any]:
    return (item.get("metadata") or {}).get("labels") or {}


def _annotations(item: JsonObject) -> Mapping[str, Any]:
    return (item.get("metadata") or {}).get("annotations") or {}


def _owners(item: JsonObject) -> Sequence[Any]:
    owners = (item.get("metadata") or {}).get("ownerReferences") or ()
    return [owner.get("uid") for owner in owners if isinstance(owner, Mapping)]
