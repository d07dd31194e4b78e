"""Transitions of a Rollout that are seen on the objects it owns.

* ReplicaSets: scaling (spec/transitions.md section 3). The Rollout's status cannot give it.
* Experiments: their analysis runs (1.7), phase and templates.
* AnalysisRuns: the phases of their metrics.

Each watch is a stream of its own: nothing is promised about the order against the Rollout's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notifier.core import keys, managers
from notifier.core.model import ObjectRef, Transition
from notifier.core.owned_objects import (
    TERMINAL_PHASES,
    AnalysisRun,
    Experiment,
    ExperimentRun,
    OwnedMetadata,
    ReplicaSet,
)
from notifier.core.remembered import KnownExperiment, KnownReplicaSet, KnownRun
from notifier.core.surroundings import Surroundings

RUN_PHASES = ("Pending", "Running", "Successful", "Failed", "Error", "Inconclusive")
TEMPLATE_STATUSES = ("Progressing", "Running", "Successful", "Failed", "Error")
METRIC_PHASES = ("Successful", "Failed", "Error", "Inconclusive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """Where a transition was seen: on which object, of which Rollout, and after a gap or not."""

    rollout: ObjectRef
    metadata: OwnedMetadata
    contiguous: bool = True

    def transition(
        self,
        reason: str,
        key: str,
        facts: Mapping[str, Any],
        *,
        time: str | None = None,
        run: ObjectRef | None = None,
    ) -> Transition:
        """Return a transition of the Rollout whose trigger is named after upstream's reason."""
        trigger = TRIGGERS[reason]
        return Transition(
            trigger=trigger,
            reason=reason,
            rollout=self.rollout,
            key=keys.key(trigger, self.rollout.uid, key),
            resource_version=self.metadata.resource_version,
            recovered=not self.contiguous,
            time=time,
            run=run,
            facts=facts,
        )


TRIGGERS: Mapping[str, str] = {
    "ScalingReplicaSet": "on-scaling-replica-set",
    **{f"AnalysisRun{phase}": f"on-analysis-run-{phase.lower()}" for phase in RUN_PHASES},
    **{f"Experiment{phase}": f"on-experiment-{phase.lower()}" for phase in RUN_PHASES},
    **{f"Template{status}": f"on-template-{status.lower()}" for status in TEMPLATE_STATUSES},
    **{f"Metric{phase}": f"on-metric-{phase.lower()}" for phase in METRIC_PHASES},
}


def scaled(
    seen: Sighting,
    before: KnownReplicaSet,
    replica_set: ReplicaSet,
    controllers: Sequence[str],
) -> Iterator[Transition]:
    """The controller changed `spec.replicas`; what others write by hand does not count."""
    after = KnownReplicaSet.of(replica_set)
    if after.replicas == before.replicas:
        return
    writers = managers.replicas_writers(replica_set.metadata.managed_fields)
    if not _written_by_controller(writers, controllers):
        return
    yield seen.transition(
        "ScalingReplicaSet",
        f"{after.uid}:{after.generation}",
        {
            "replica_set": after.name,
            "hash": after.pod_hash,
            "revision": after.revision,
            "old_replicas": before.replicas,
            "new_replicas": after.replicas,
        },
        time=max((writer.written_at for writer in writers), default="") or None,
    )


def _written_by_controller(
    writers: Sequence[managers.ReplicasWriter], controllers: Sequence[str]
) -> bool:
    """Say whether the controller wrote `spec.replicas`.

    Not through the `scale` subresource, and by the manager that owns the Rollout's status, where
    that one is known. Without managedFields the benefit of the doubt.
    """
    if not writers:
        return True
    return any(
        not writer.by_scale and (not controllers or writer.manager in controllers)
        for writer in writers
    )


def experiment_changed(
    seen: Sighting, before: KnownExperiment, experiment: Experiment, around: Surroundings
) -> Iterator[Transition]:
    """The phase of an Experiment, of one of its templates, or of one of its analyses changed."""
    status, uid = experiment.status, experiment.metadata.uid
    named = {"experiment": experiment.metadata.name}
    for template in status.template_statuses or ():
        reason = f"Template{template.status}"
        if template.status != before.templates.get(template.name) and reason in TRIGGERS:
            yield seen.transition(
                reason,
                f"{uid}:{template.name}:{template.status}",
                {**named, "template": template.name, "message": template.message},
            )
    for run in status.analysis_runs or ():
        if run.phase != before.runs.get(run.name) and run.phase in RUN_PHASES:
            yield _experiment_run(seen, experiment, run, around)
    if status.phase != before.phase and status.phase in RUN_PHASES:
        yield seen.transition(
            f"Experiment{status.phase}",
            f"{uid}:{status.phase}",
            {**named, "phase": status.phase, "message": status.message},
        )


def _experiment_run(
    seen: Sighting, experiment: Experiment, run: ExperimentRun, around: Surroundings
) -> Transition:
    """Return the phase of an Experiment's run; a run that was never created has no uid."""
    metadata = experiment.metadata
    known = around.run(run.run, run.phase) if run.run else None
    uid = known.uid if known else ""
    return seen.transition(
        f"AnalysisRun{run.phase}",
        f"{uid}:{run.phase}" if uid else f"{metadata.uid}:{run.name}:{run.phase}",
        {
            "slot": "experiment",
            "experiment": metadata.name,
            "analysis": run.name,
            "run": run.run,
            "run_uid": uid,
            "phase": run.phase,
            "message": run.message,
        },
        run=ObjectRef(kind="AnalysisRun", namespace=metadata.namespace, name=run.run, uid=uid)
        if run.run
        else None,
    )


def metrics_assessed(seen: Sighting, before: KnownRun, run: AnalysisRun) -> Iterator[Transition]:
    """A metric of a run reached its final phase."""
    if before.phase in TERMINAL_PHASES:
        return
    metadata, known = run.metadata, dict(before.metrics)
    for metric in run.status.metric_results or ():
        if metric.phase != known.get(metric.name) and metric.phase in METRIC_PHASES:
            yield seen.transition(
                f"Metric{metric.phase}",
                f"{metadata.uid}:{metric.name}:{metric.phase}",
                {"metric": metric.name, "run": metadata.name, "phase": metric.phase},
                time=run.status.completed_at,
                run=ObjectRef(
                    kind="AnalysisRun",
                    namespace=metadata.namespace,
                    name=metadata.name,
                    uid=metadata.uid,
                ),
            )
