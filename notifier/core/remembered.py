"""What is remembered of the objects between two observations, beside the Rollout itself.

All of it but `KnownRun` is part of the Rollout's stored snapshot (`core/snapshots.py`), so that one
row is everything a restart needs.
"""

from __future__ import annotations

from msgspec import Struct

from notifier.core.objects import Rollout
from notifier.core.owned_objects import TERMINAL_PHASES, AnalysisRun, Experiment, ReplicaSet


class Known(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """What the versions seen so far have taught that the latest one alone does not show.

    `revision`: the last one ever seen (the annotation may be stripped). `attempt`: see
    `core/keys.py`. `abort_announced`: this unbroken stretch of `abort: true` was announced.
    `pause_key`: key of the pause that lasts. `controllers`: field managers that write the status.
    `newest_experiment`: creation time of the newest Experiment seen.
    """

    revision: str = ""
    attempt: int = 0
    abort_announced: bool = False
    pause_key: str = ""
    controllers: tuple[str, ...] = ()
    newest_experiment: str = ""


class Past(Struct, frozen=True, gc=False):
    """The version before, and what was known then; `encoded` are the bytes it was kept as."""

    rollout: Rollout
    known: Known = Known()
    encoded: bytes = b""


class KnownReplicaSet(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A ReplicaSet of a Rollout. `reused_from`: its revision before it was used again."""

    uid: str
    name: str
    pod_hash: str = ""
    revision: str = ""
    reused_from: str = ""
    replicas: int = 1
    generation: int = 0
    created: str = ""

    @property
    def reused(self) -> bool:
        """It served an earlier revision: the Rollout was rolled back to it."""
        return bool(self.reused_from)

    @classmethod
    def of(cls, replica_set: ReplicaSet) -> KnownReplicaSet:
        """Keep what is used of a ReplicaSet."""
        metadata = replica_set.metadata
        return cls(
            uid=metadata.uid,
            name=metadata.name,
            pod_hash=metadata.labels.pod_hash,
            revision=metadata.annotations.revision,
            reused_from=metadata.annotations.history.rpartition(",")[2],
            replicas=replica_set.spec.replicas,
            generation=metadata.generation,
            created=metadata.creation_timestamp,
        )


class KnownExperiment(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An Experiment of a Rollout that has not ended: phases by name of run and of template.

    Its CRD has no status subresource, so that `generation` counts status writes too.
    """

    generation: int = 0
    phase: str = ""
    runs: dict[str, str] = {}
    templates: dict[str, str] = {}

    @classmethod
    def of(cls, experiment: Experiment) -> KnownExperiment:
        """Keep what is used of an Experiment."""
        status = experiment.status
        return cls(
            generation=experiment.metadata.generation,
            phase=status.phase,
            runs={run.name: run.phase for run in status.analysis_runs or ()},
            templates={item.name: item.status for item in status.template_statuses or ()},
        )


class KnownRun(Struct, frozen=True, kw_only=True, gc=False):
    """An AnalysisRun as the watch last showed it; `owner` is the uid of what controls it."""

    uid: str
    owner: str = ""
    phase: str = ""
    metrics: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, run: AnalysisRun) -> KnownRun:
        """Keep what is used of an AnalysisRun; of one that has ended only who it is."""
        status, metadata = run.status, run.metadata
        ended = status.phase in TERMINAL_PHASES
        owner = metadata.controller("Rollout") or metadata.controller("Experiment")
        return cls(
            uid=metadata.uid,
            owner=owner.uid if owner else "",
            phase=status.phase,
            metrics=()
            if ended
            else tuple((metric.name, metric.phase) for metric in status.metric_results or ()),
        )
