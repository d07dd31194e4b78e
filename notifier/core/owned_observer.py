"""Observes what belongs to Rollouts: ReplicaSets, Experiments and AnalysisRuns.

What has no known Rollout (another controller instance's, or one not seen yet) says nothing: what a
list shows of it is remembered, what a watch shows waits for its Rollout. The first sight of an
object is a baseline.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import msgspec

from notifier.core import owned_objects, owned_transitions
from notifier.core.memory import Memory
from notifier.core.model import Observation, Transition
from notifier.core.observed import Change, Found
from notifier.core.owned_objects import Experiment, OwnedMetadata
from notifier.core.owned_transitions import Sighting
from notifier.core.remembered import KnownExperiment, KnownReplicaSet
from notifier.core.surroundings import Surroundings


class OwnedObserver:
    """The part of the observer that looks at the objects around the Rollouts."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._listed_experiments: dict[str, str] = {}

    # --- ReplicaSets --------------------------------------------------------------------------

    def replica_set(self, observation: Observation) -> Sequence[Change]:
        """Return the scaling that the observation shows."""
        if observation.type == "SYNCED":
            return self._synced(observation)
        if observation.type in {"DELETED", "ABSENT"}:
            return self._gone(observation)
        seen = owned_objects.decode_replica_set(observation.raw)
        metadata, owner = seen.metadata, seen.metadata.controller("Rollout")
        if owner is None:
            return ()
        neighbours = self._memory.neighbours
        self._memory.unlisted["replicasets"].discard(metadata.uid)
        if self._is_early(owner.uid, metadata, observation):
            return ()
        before = neighbours.replica_set(owner.uid, metadata.uid)
        if before is not None and metadata.generation < before.generation:
            return ()
        neighbours.see_replica_set(owner.uid, seen)
        if owner.uid not in self._memory.rollouts or KnownReplicaSet.of(seen) == before:
            return ()
        if before is None:
            return self._baseline(owner.uid, observation)
        sighting = self._sighting(owner.uid, metadata, observation)
        controllers = self._memory.rollouts[owner.uid].known.controllers
        scaled = owned_transitions.scaled(sighting, before, seen, controllers)
        return [self._change(owner.uid, tuple(scaled))]

    # --- Experiments --------------------------------------------------------------------------

    def experiment(self, observation: Observation) -> Sequence[Change]:
        """Return what the observation shows of an Experiment and of the analyses in it."""
        if observation.type == "SYNCED":
            return self._synced(observation)
        if observation.type in {"DELETED", "ABSENT"}:
            return self._gone(observation)
        seen = owned_objects.decode_experiment(observation.raw)
        metadata, owner = seen.metadata, seen.metadata.controller("Rollout")
        if owner is None:
            return ()
        self._memory.unlisted["experiments"].discard(metadata.uid)
        if self._is_early(owner.uid, metadata, observation):
            return ()
        before = self._memory.neighbours.experiments(owner.uid).get(metadata.uid)
        if before is not None and metadata.generation < before.generation:
            return ()
        unseen = before is None and self._created_in_gap(owner.uid, metadata, observation)
        self._memory.neighbours.see_experiment(owner.uid, seen)
        if owner.uid not in self._memory.rollouts:
            return ()
        newest = self._note_newest(owner.uid, metadata, observation)
        if before is None and not unseen:
            return self._baseline(owner.uid, observation) if newest or not seen.finished else ()
        return self._compared(owner.uid, before or KnownExperiment(), seen, observation)

    def _compared(
        self, uid: str, before: KnownExperiment, seen: Experiment, observation: Observation
    ) -> Sequence[Change]:
        """Compare two versions of an Experiment."""
        after = KnownExperiment.of(seen)
        if msgspec.structs.replace(after, generation=before.generation) == before:
            return ()
        sighting = self._sighting(uid, seen.metadata, observation)
        around = Surroundings(namespace=seen.metadata.namespace, runs=self._memory.neighbours.runs)

        def derive(around: Surroundings) -> Sequence[Transition]:
            return tuple(owned_transitions.experiment_changed(sighting, before, seen, around))

        def again(found: Found) -> Sequence[Transition]:
            return derive(replace(around, found=found, wanted=[]))

        change = self._change(uid, derive(around))
        wanted = tuple(around.wanted)
        return [replace(change, wanted=wanted, again=again if wanted else None)]

    def _created_in_gap(self, uid: str, metadata: OwnedMetadata, observation: Observation) -> bool:
        """Say whether a list shows an Experiment that no watch could have shown before.

        Ended ones are not remembered, so the newest one's creation time must do.
        """
        rollout = self._memory.rollouts.get(uid)
        return (
            observation.type == "LISTED"
            and "experiments" in self._memory.listed
            and rollout is not None
            and metadata.creation_timestamp > rollout.known.newest_experiment
        )

    def _note_newest(self, uid: str, metadata: OwnedMetadata, observation: Observation) -> bool:
        """Remember the newest Experiment, during a list only once it is complete; is it new?"""
        created, rollout = metadata.creation_timestamp, self._memory.rollouts[uid]
        if created <= rollout.known.newest_experiment:
            return False
        if observation.type == "LISTED":
            self._listed_experiments[uid] = max(created, self._listed_experiments.get(uid, ""))
        else:
            rollout.known = msgspec.structs.replace(rollout.known, newest_experiment=created)
        return True

    # --- AnalysisRuns -------------------------------------------------------------------------

    def run(self, observation: Observation) -> Sequence[Change]:
        """Return what the observation shows of an AnalysisRun's metrics.

        The run's own phase counts only as the Rollout's status shows it.
        """
        if observation.type == "SYNCED":
            return ()
        neighbours = self._memory.neighbours
        if observation.type in {"DELETED", "ABSENT"}:
            neighbours.forget_run(owned_objects.decode_stub(observation.raw))
            return ()
        seen = owned_objects.decode_run(observation.raw)
        before = neighbours.see_run(seen)
        uid = neighbours.rollout_of(before) if before is not None else ""
        if before is None or uid not in self._memory.rollouts:
            return ()
        sighting = self._sighting(uid, seen.metadata, observation)
        found = tuple(owned_transitions.metrics_assessed(sighting, before, seen))
        return [self._change(uid, found)] if found else ()

    # --- all three ----------------------------------------------------------------------------

    def _is_early(self, uid: str, metadata: OwnedMetadata, observation: Observation) -> bool:
        """Keep what a watch shows before its Rollout is known."""
        early = uid not in self._memory.rollouts and observation.type != "LISTED"
        if early:
            self._memory.early.hold(uid, metadata.uid, observation)
        return early

    def _gone(self, observation: Observation) -> Sequence[Change]:
        uid = owned_objects.decode_stub(observation.raw).uid
        self._memory.neighbours.forget(uid)
        self._memory.early.gone(uid, observation)
        return ()

    def _synced(self, observation: Observation) -> Sequence[Change]:
        """Take the end of a list: forget what it did not show, store what it showed first."""
        memory = self._memory
        for uid in memory.synced(observation.resource, observation.covers):
            memory.neighbours.forget(uid)
        unstored = memory.unstored.pop(observation.resource, set())
        if observation.resource == "experiments":
            for uid in self._listed_experiments.keys() & memory.rollouts.keys():
                rollout = memory.rollouts[uid]
                newest = max(self._listed_experiments[uid], rollout.known.newest_experiment)
                rollout.known = msgspec.structs.replace(rollout.known, newest_experiment=newest)
            self._listed_experiments.clear()
        return [self._change(uid) for uid in sorted(unstored) if uid in memory.rollouts]

    def _baseline(self, uid: str, observation: Observation) -> Sequence[Change]:
        """Store the first sight; a list may hold thousands, so only when it is complete."""
        if observation.type == "LISTED":
            self._memory.unstored[observation.resource].add(uid)
            return ()
        return [self._change(uid)]

    def _change(self, uid: str, transitions: Sequence[Transition] = ()) -> Change:
        rollout = self._memory.reference(uid)
        return Change(
            rollout=rollout, transitions=transitions, snapshot=self._memory.snapshot(rollout)
        )

    def _sighting(self, uid: str, metadata: OwnedMetadata, observation: Observation) -> Sighting:
        return Sighting(
            rollout=self._memory.reference(uid),
            metadata=metadata,
            contiguous=observation.contiguous and observation.type != "LISTED",
        )
