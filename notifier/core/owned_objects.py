"""Typed reading of the objects around a Rollout: exactly the fields that are used.

A ReplicaSet without `spec.replicas` has 1. An AnalysisRun that failed early has neither `startedAt`
nor `completedAt`.
"""

from __future__ import annotations

from typing import Final

import msgspec
from msgspec import Raw, field

from notifier.core.objects import REVISION, Part

REVISION_HISTORY: Final = "rollout.argoproj.io/revision-history"
POD_HASH: Final = "rollouts-pod-template-hash"
TERMINAL_PHASES: Final = frozenset({"Successful", "Failed", "Error", "Inconclusive"})


class Owner(Part):
    """An entry of `metadata.ownerReferences`."""

    kind: str = ""
    name: str = ""
    uid: str = ""
    api_version: str = ""
    controller: bool = False


class _OwnedLabels(Part):
    pod_hash: str = field(default="", name=POD_HASH)


class _OwnedAnnotations(Part):
    revision: str = field(default="", name=REVISION)
    history: str = field(default="", name=REVISION_HISTORY)


class OwnedMetadata(Part):
    """Who an owned object is, and whose."""

    name: str
    uid: str = ""
    namespace: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str = ""
    labels: _OwnedLabels = field(default_factory=_OwnedLabels)
    annotations: _OwnedAnnotations = field(default_factory=_OwnedAnnotations)
    owner_references: tuple[Owner, ...] | None = None
    managed_fields: Raw = Raw()

    def controller(self, kind: str) -> Owner | None:
        """Return the controller of that kind of `argoproj.io`, if that is what controls it."""
        for owner in self.owner_references or ():
            if owner.controller and owner.kind == kind:
                return owner if owner.api_version.startswith("argoproj.io/") else None
        return None


class MetricResult(Part):
    """One metric of a run."""

    name: str
    phase: str = ""


class RunState(Part):
    """`status` of an AnalysisRun."""

    phase: str = ""
    message: str = ""
    started_at: str | None = None
    completed_at: str | None = None
    metric_results: tuple[MetricResult, ...] | None = None


class AnalysisRun(Part):
    """An AnalysisRun."""

    metadata: OwnedMetadata
    status: RunState = field(default_factory=RunState)


class ExperimentRun(Part):
    """One item of an Experiment's `status.analysisRuns`: `run` is empty if none was created."""

    name: str
    run: str = field(default="", name="analysisRun")
    phase: str = ""
    message: str = ""


class ExperimentTemplate(Part):
    """One item of an Experiment's `status.templateStatuses`."""

    name: str
    status: str = ""
    message: str = ""


class ExperimentState(Part):
    """`status` of an Experiment."""

    phase: str = ""
    message: str = ""
    analysis_runs: tuple[ExperimentRun, ...] | None = None
    template_statuses: tuple[ExperimentTemplate, ...] | None = None


class Experiment(Part):
    """An Experiment."""

    metadata: OwnedMetadata
    status: ExperimentState = field(default_factory=ExperimentState)

    @property
    def finished(self) -> bool:
        """Nothing more can happen to it: it, its runs and its templates have ended."""
        status = self.status
        phases = [status.phase]
        phases += [run.phase for run in status.analysis_runs or ()]
        phases += [template.status for template in status.template_statuses or ()]
        return TERMINAL_PHASES.issuperset(phases)


class _ReplicaSetSpec(Part):
    replicas: int = 1


class ReplicaSet(Part):
    """A ReplicaSet; `spec.replicas` absent means 1."""

    metadata: OwnedMetadata
    spec: _ReplicaSetSpec = field(default_factory=_ReplicaSetSpec)


class Stub(Part):
    """Any object, as far as its metadata."""

    metadata: OwnedMetadata


_stubs = msgspec.json.Decoder(Stub)
_runs = msgspec.json.Decoder(AnalysisRun)
_experiments = msgspec.json.Decoder(Experiment)
_replica_sets = msgspec.json.Decoder(ReplicaSet)


def decode_stub(raw: bytes) -> OwnedMetadata:
    """Decode the metadata of any object. Raises `msgspec.DecodeError` if it has none."""
    return _stubs.decode(raw).metadata


def decode_run(raw: bytes) -> AnalysisRun:
    """Decode an AnalysisRun. Raises `msgspec.DecodeError` if it is not one."""
    return _runs.decode(raw)


def decode_experiment(raw: bytes) -> Experiment:
    """Decode an Experiment. Raises `msgspec.DecodeError` if it is not one."""
    return _experiments.decode(raw)


def decode_replica_set(raw: bytes) -> ReplicaSet:
    """Decode a ReplicaSet. Raises `msgspec.DecodeError` if it is not one."""
    return _replica_sets.decode(raw)
