"""Turns observations of watched objects into changes. Pure and synchronous.

The hot path: `observe()` decodes the tracked fields, compares them with the remembered ones and,
most of the time, returns nothing. State is in memory; whoever drives it commits `Change.snapshot`
in order, per Rollout.

First sights (spec/transitions.md section 2): a Rollout seen for the first time is a baseline and
says nothing, whatever its state. Only one that a relist shows, created after the newest Rollout
known before, was created in the gap: it is compared with an empty one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

import msgspec
from msgspec import Raw

from notifier.core import keys, objects, owned_objects, snapshots, transitions
from notifier.core.memory import Memory, Remembered, refer
from notifier.core.model import JsonObject, Observation, Resource, StoredSnapshot, Transition
from notifier.core.objects import Rollout, RolloutMetadata, RolloutVersion
from notifier.core.observed import Change, Found
from notifier.core.owned_observer import OwnedObserver
from notifier.core.remembered import Known, Past
from notifier.core.surroundings import Surroundings, Wanted

__all__ = ["Change", "Observer", "Wanted"]

ANNOTATIONS: Final = "notifications.argoproj.io/"
SCALING: Final = "on-scaling-replica-set"
DELETED: Final = "on-rollout-deleted"


class Observer:
    """Remembers every rollout, run, experiment and ReplicaSet; turns observations into changes.

    `unreadable` says by resource which object could not be read last, and why. Counters for
    metrics: `malformed` objects by resource, `lost` occurrences by trigger (a gap
    certainly hid them), `stale` versions older than what is known (W1), `approximate` steps derived
    without managedFields. A version in which nothing tracked changed is a change too if `follows`
    says so of the Rollout: conditions may look at any field.
    """

    def __init__(self, *, instance_id: str = "") -> None:
        self.malformed: Counter[str] = Counter()
        self.unreadable: dict[Resource, str] = {}
        self.lost: Counter[str] = Counter()
        self.stale = 0
        self.approximate = 0
        self.follows: Callable[[RolloutVersion], bool] | None = None
        self._instance_id = instance_id
        self._memory = Memory()
        self._checkpoint: str | None = None
        self._stored_checkpoint: str | None = None
        self._unreadable_rows: set[str] = set()
        self._wants: frozenset[Resource] = frozenset()
        owned = OwnedObserver(self._memory)
        self._by_resource: Mapping[Resource, Callable[[Observation], Sequence[Change]]] = {
            "rollouts": self._rollout,
            "replicasets": owned.replica_set,
            "experiments": owned.experiment,
            "analysisruns": owned.run,
        }

    def restore(self, stored: Iterable[StoredSnapshot]) -> None:
        """Take over what a former process committed; later lists are then gaps, not first
        sights.

        A row that cannot be read is counted as malformed; its Rollout will be a baseline.
        """
        for row in stored:
            try:
                if row.kind == snapshots.KIND:
                    self._memory.take_over(row)
                elif row.kind == snapshots.CHECKPOINT:
                    self._memory.newest = snapshots.decode_checkpoint(row)
                    self._checkpoint = self._stored_checkpoint = self._memory.newest
            except msgspec.DecodeError:
                self.malformed["snapshots"] += 1
                self._unreadable_rows.add(row.uid)

    def observe(self, observation: Observation) -> Sequence[Change]:
        """Return what the observation changes; empty for most.

        Never raises for what an object holds: a malformed one is skipped and counted.
        """
        try:
            return self._by_resource[observation.resource](observation)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self.malformed[observation.resource] += 1
            self.unreadable[observation.resource] = f"{objects.path(observation.raw)}: {error}"
            return ()

    def queued(self, rollout_uid: str) -> None:
        """Note that what changed of a Rollout is on its way into the store: what is queued from now
        on is committed with it or after it."""
        self._memory.unqueued.discard(rollout_uid)

    def checkpoint(self) -> StoredSnapshot | None:
        """Return the row that says up to which creation time every Rollout is in the store, if that
        has changed. There is none while a list, or evidence for a first sight, is waited for: a
        process that was killed then would take what it had not stored for older than it is."""
        memory = self._memory
        if memory.listing or memory.unqueued or memory.newest in {"", self._stored_checkpoint}:
            return None
        self._stored_checkpoint = memory.newest
        return snapshots.checkpoint(memory.newest)

    def resolve(self, change: Change, found: Found) -> Change:
        """Return the change with final keys, given the objects found (none found: empty)."""
        if change.again is None:
            return change
        return replace(change, transitions=change.again(found), wanted=(), again=None)

    def still_paused(self, rollout_uid: str, pause_key: str) -> bool:
        """Say whether the pause of that transition key is still the current one (services.md
        6.4)."""
        remembered = self._memory.rollouts.get(rollout_uid)
        return remembered is not None and remembered.known.pause_key == pause_key != ""

    @property
    def wants(self) -> frozenset[Resource]:
        """Name the optional resources that annotations seen so far ask for (replicasets)."""
        return self._wants

    @property
    def remembered(self) -> Mapping[Resource, int]:
        """How many objects of each resource are remembered."""
        return self._memory.sizes()

    # --- one version of a Rollout ---------------------------------------------------------------

    def _rollout(self, observation: Observation) -> Sequence[Change]:
        if observation.type == "SYNCED":
            gone = self._memory.synced("rollouts", observation.covers)
            self._checkpoint = self._memory.newest
            self._memory.listing = False
            return [self._deleted(uid, recovered=True) for uid in sorted(gone)]
        if observation.type in {"DELETED", "ABSENT"}:
            return self._gone(observation)
        wire = observation.decoded
        version = objects.version_of(wire) if wire else objects.decode_rollout(observation.raw)
        uid = version.rollout.metadata.uid
        remembered = self._memory.rollouts.get(uid)
        if version.instance_id != self._instance_id:
            self._memory.early.release(uid)
            return (
                () if remembered is None else [Change(rollout=self._memory.forget(uid), forget=uid)]
            )
        if not self._wants and _asks_for_scaling(version.annotations):
            self._wants = frozenset({"replicasets"})
        if remembered is None:
            return self._first_sight(version, observation)
        if self._memory.unlisted:
            self._memory.unlisted["rollouts"].discard(uid)
        if version.resource_version == remembered.resource_version:
            return ()
        encoded = snapshots.encode_rollout(version.rollout)
        if encoded == remembered.encoded:
            return self._untracked(version, remembered, observation)
        return self._tracked(version, encoded, remembered, observation)

    def _untracked(
        self, version: RolloutVersion, remembered: Remembered, observation: Observation
    ) -> Sequence[Change]:
        """Remember a version in which nothing tracked changed."""
        remembered.resource_version = version.resource_version
        remembered.gap = False
        if not self._followed(version):
            return ()
        reference = refer(version.rollout.metadata)
        return [
            Change(
                rollout=reference,
                snapshot=self._memory.snapshot(reference),
                raw=observation.raw,
                previous=msgspec.json.decode(remembered.encoded),
                version="same",
            )
        ]

    def _tracked(
        self,
        version: RolloutVersion,
        encoded: bytes,
        remembered: Remembered,
        observation: Observation,
    ) -> Sequence[Change]:
        """Compare two versions, unless the later one is from a server that lags behind (W1)."""
        previous = snapshots.decode_rollout(remembered.encoded)
        if _went_back(previous, version.rollout):
            self.stale += 1
            remembered.gap = True
            return ()
        live = observation.contiguous and observation.type != "LISTED"
        contiguous = live and not remembered.gap
        past = Past(previous, remembered.known, remembered.encoded)
        remembered.encoded = encoded
        remembered.resource_version = version.resource_version
        remembered.gap = False
        return [self._compared(past, version, contiguous, observation)]

    def _first_sight(self, version: RolloutVersion, observation: Observation) -> Sequence[Change]:
        """Take a Rollout as it is, or as created in the gap that ends with this list."""
        memory, metadata = self._memory, version.rollout.metadata
        namesake = memory.uid_of(metadata.namespace, metadata.name)
        gone = [self._deleted(namesake, recovered=True)] if namesake else []
        created = metadata.creation_timestamp
        listed = observation.type == "LISTED"
        in_gap = listed and self._is_new(metadata.uid, created)
        memory.newest = max(memory.newest, created)
        memory.listing = memory.listing or listed
        memory.unqueued.add(metadata.uid)
        known = Known(newest_experiment=created) if in_gap else transitions.baseline(version)
        memory.remember(version.rollout, version.resource_version, known)
        if in_gap:
            nothing = RolloutMetadata(metadata.name, metadata.uid, metadata.namespace, 0, created)
            past = Past(Rollout(nothing), known)
            change = self._compared(past, version, False, observation)
            return [*gone, replace(change, version="first"), *self._late(metadata.uid)]
        reference = refer(metadata)
        late = self._late(metadata.uid)
        snapshot = memory.snapshot(reference)
        first = Change(rollout=reference, snapshot=snapshot, raw=observation.raw, version="first")
        return [*gone, first] if listed else [*gone, first, *late]

    def _late(self, uid: str) -> Sequence[Change]:
        """Return what the objects of a Rollout showed before it was known itself."""
        held = self._memory.early.release(uid)
        return [change for each in held for change in self._by_resource[each.resource](each)]

    def _is_new(self, uid: str, created: str) -> bool:
        """Say whether an unknown Rollout was created after what is known. Times have whole seconds:
        one as old as the newest that is known would be known, too, if it had been there."""
        if self._checkpoint is None or uid in self._unreadable_rows:
            return False
        return created >= self._checkpoint

    def _compared(
        self, past: Past, version: RolloutVersion, contiguous: bool, observation: Observation
    ) -> Change:
        """Derive what lies between two versions, and remember what it teaches."""
        reference = refer(version.rollout.metadata)
        around = Surroundings(
            namespace=reference.namespace,
            runs=self._memory.neighbours.runs,
            replica_sets=tuple(self._memory.neighbours.replica_sets(reference.uid)),
            uses_analysis=not contiguous and objects.uses_analysis(observation.raw),
        )
        derived = transitions.derive(past, version, contiguous, around)
        told = derived.transitions or derived.wanted
        self._memory.rollouts[reference.uid].known = derived.known
        if derived.lost:
            self.lost.update(derived.lost)
        self.approximate += sum("approximate" in found.facts for found in derived.transitions)

        def again(found: Found) -> Sequence[Transition]:
            informed = replace(around, found=found, wanted=[])
            return transitions.derive(past, version, contiguous, informed).transitions

        return Change(
            rollout=reference,
            transitions=derived.transitions,
            snapshot=self._memory.snapshot(reference),
            raw=observation.raw,
            previous=_shown(past) if told or self._followed(version) else None,
            version="changed",
            wanted=derived.wanted,
            again=again if derived.wanted else None,
        )

    def _followed(self, version: RolloutVersion) -> bool:
        return self.follows is not None and self.follows(version)

    # --- the end of a Rollout -------------------------------------------------------------------

    def _gone(self, observation: Observation) -> Sequence[Change]:
        """Take a DELETED, or what a relist no longer shows."""
        metadata = owned_objects.decode_stub(observation.raw)
        uid = metadata.uid or self._memory.uid_of(metadata.namespace, metadata.name)
        if uid not in self._memory.rollouts:
            return ()
        if observation.type == "ABSENT":
            return [self._deleted(uid, recovered=True)]
        change = self._deleted(uid, resource_version=metadata.resource_version)
        return [replace(change, raw=observation.raw)]

    def _deleted(self, uid: str, *, recovered: bool = False, resource_version: str = "") -> Change:
        """Forget a Rollout and say that it is gone; its tracked fields stand in for it."""
        remembered = self._memory.rollouts[uid]
        reference = self._memory.forget(uid)
        transition = Transition(
            trigger=DELETED,
            reason="RolloutDeleted",
            rollout=reference,
            key=keys.key(DELETED, uid, "deleted"),
            resource_version=resource_version or remembered.resource_version,
            recovered=recovered,
            facts={"revision": remembered.known.revision},
        )
        return Change(
            rollout=reference,
            transitions=[transition],
            forget=uid,
            raw=remembered.encoded,
            previous=msgspec.json.decode(remembered.encoded),
        )


def _shown(past: Past) -> JsonObject:
    """Return the version before as templates see it."""
    found: JsonObject = msgspec.json.decode(past.encoded or snapshots.encode_rollout(past.rollout))
    return found


def _went_back(previous: Rollout, current: Rollout) -> bool:
    """Say whether a state is older than the remembered one (spec/reliability.md W1).

    A status that was wiped has no observedGeneration and is not old.
    """
    if current.metadata.generation < previous.metadata.generation:
        return True
    then, now = previous.status.observed_generation, current.status.observed_generation
    return then.isdecimal() and now.isdecimal() and int(now) < int(then)


def _asks_for_scaling(annotations: Mapping[str, Raw]) -> bool:
    """Say whether an annotation names the one trigger that needs the watch of ReplicaSets."""
    for name, value in annotations.items():
        if not name.startswith(ANNOTATIONS):
            continue
        listed = name.startswith(f"{ANNOTATIONS}subscriptions")
        if SCALING in name or (listed and SCALING.encode() in bytes(value)):
            return True
    return False
