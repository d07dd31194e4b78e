"""The objects around the Rollouts, as the watches last showed them: small facts only.

ReplicaSets and Experiments belong to a Rollout's snapshot. AnalysisRuns are found by name, as the
status names them; a name can be used again, so the uid is part of what is remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from notifier.core.model import Resource
from notifier.core.owned_objects import AnalysisRun, Experiment, OwnedMetadata, ReplicaSet
from notifier.core.remembered import KnownExperiment, KnownReplicaSet, KnownRun

T = TypeVar("T")


class Neighbours:
    """Caches of the three kinds; `runs` is keyed by `namespace/name`."""

    def __init__(self) -> None:
        self.runs: dict[str, KnownRun] = {}
        self._replica_sets: dict[str, dict[str, KnownReplicaSet]] = {}
        self._experiments: dict[str, dict[str, KnownExperiment]] = {}
        self._owners: dict[str, str] = {}

    def sizes(self) -> Mapping[Resource, int]:
        """Return how many objects of each resource are remembered."""
        return {
            "analysisruns": len(self.runs),
            "experiments": sum(map(len, self._experiments.values())),
            "replicasets": sum(map(len, self._replica_sets.values())),
        }

    # --- of one Rollout -----------------------------------------------------------------------

    def replica_sets(self, rollout_uid: str) -> Iterable[KnownReplicaSet]:
        """Return the ReplicaSets of a Rollout that are known."""
        return self._replica_sets.get(rollout_uid, {}).values()

    def experiments(self, rollout_uid: str) -> Mapping[str, KnownExperiment]:
        """Return the Experiments of a Rollout that have not ended, by uid."""
        return self._experiments.get(rollout_uid, {})

    def rollout_of(self, run: KnownRun) -> str:
        """Return the uid of the Rollout a run belongs to, directly or through an Experiment."""
        return self._owners.get(run.owner, run.owner)

    def owner(self, uid: str) -> str:
        """Return the uid of the Rollout that a ReplicaSet or Experiment belongs to, empty if not
        known."""
        return self._owners.get(uid, "")

    def take_over(
        self,
        rollout_uid: str,
        replica_sets: Iterable[KnownReplicaSet],
        experiments: Mapping[str, KnownExperiment],
    ) -> None:
        """Remember what a stored snapshot holds."""
        for replica_set in replica_sets:
            self._put_replica_set(rollout_uid, replica_set)
        for uid, experiment in experiments.items():
            self._experiments.setdefault(rollout_uid, {})[uid] = experiment
            self._owners[uid] = rollout_uid

    def forget_rollout(self, rollout_uid: str) -> None:
        """Forget what belonged to a Rollout that is gone."""
        for uid in (
            *self._replica_sets.pop(rollout_uid, ()),
            *self._experiments.pop(rollout_uid, ()),
        ):
            self._owners.pop(uid, None)

    # --- one at a time ------------------------------------------------------------------------

    def replica_set(self, rollout_uid: str, uid: str) -> KnownReplicaSet | None:
        """Return what is known of a ReplicaSet under that owner."""
        return self._replica_sets.get(rollout_uid, {}).get(uid)

    def see_replica_set(self, rollout_uid: str, seen: ReplicaSet) -> None:
        """Remember a ReplicaSet."""
        self._put_replica_set(rollout_uid, KnownReplicaSet.of(seen))

    def see_experiment(self, rollout_uid: str, seen: Experiment) -> None:
        """Remember an Experiment until it has ended; a Rollout may make two a second."""
        uid = seen.metadata.uid
        if seen.finished:
            self.forget(uid)
        else:
            self._experiments.setdefault(rollout_uid, {})[uid] = KnownExperiment.of(seen)
            self._owners[uid] = rollout_uid

    def see_run(self, seen: AnalysisRun) -> KnownRun | None:
        """Remember an AnalysisRun and return what was known of the same one (not of its name)."""
        name = _path(seen.metadata)
        before = self.runs.get(name)
        self.runs[name] = KnownRun.of(seen)
        return before if before is not None and before.uid == seen.metadata.uid else None

    def forget(self, uid: str) -> None:
        """Forget a ReplicaSet or an Experiment."""
        owner = self._owners.pop(uid, "")
        _discard(self._replica_sets, owner, uid)
        _discard(self._experiments, owner, uid)

    def forget_run(self, metadata: OwnedMetadata) -> None:
        """Forget an AnalysisRun, unless the name already belongs to another one."""
        name = _path(metadata)
        known = self.runs.get(name)
        if known is not None and metadata.uid in {"", known.uid}:
            del self.runs[name]

    def _put_replica_set(self, rollout_uid: str, replica_set: KnownReplicaSet) -> None:
        self._replica_sets.setdefault(rollout_uid, {})[replica_set.uid] = replica_set
        self._owners[replica_set.uid] = rollout_uid


def _discard(families: dict[str, dict[str, T]], owner: str, uid: str) -> None:
    """Drop one member, and its family with the last one: late events revive no dead owner."""
    family = families.get(owner, {})
    family.pop(uid, None)
    if not family:
        families.pop(owner, None)


def _path(metadata: OwnedMetadata) -> str:
    return f"{metadata.namespace}/{metadata.name}"
