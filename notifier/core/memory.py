"""Everything that is remembered between two observations.

A Rollout is kept as the encoded bytes of its tracked fields, about 1 KB: equal bytes are equal
versions, the garbage collector has nothing to walk, and the stored snapshot holds the same bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from msgspec import Raw

from notifier.core import snapshots
from notifier.core.early import Early
from notifier.core.model import ObjectRef, Resource, StoredSnapshot
from notifier.core.neighbours import Neighbours
from notifier.core.objects import Rollout, RolloutMetadata
from notifier.core.remembered import Known


@dataclass(slots=True)
class Remembered:
    """A Rollout between two observations. `gap`: a version of it was skipped since."""

    resource_version: str
    encoded: bytes
    known: Known
    gap: bool = False


class Memory:
    """The Rollouts by uid, what is around them, and what a list still has to show.

    `newest` is the creation time of the newest Rollout seen. `listed` names the resources of which
    a whole list was seen, in this process or by the one that stored the snapshots; `unlisted` holds
    the uids of stored objects that no list has shown yet, `unstored` the Rollouts whose row must be
    written when the list of a resource is complete.
    """

    def __init__(self) -> None:
        self.rollouts: dict[str, Remembered] = {}
        self.neighbours = Neighbours()
        self.early = Early()
        self.newest = ""
        self.listing = True
        """A list has begun, and what it has not shown yet may be older than what it has."""
        self.unqueued: set[str] = set()
        """Rollouts seen for the first time whose rows are not on their way into the store."""
        self.listed: set[Resource] = set()
        self.unlisted: defaultdict[Resource, set[str]] = defaultdict(set)
        self.unstored: defaultdict[Resource, set[str]] = defaultdict(set)
        self._names: dict[str, str] = {}

    def sizes(self) -> Mapping[Resource, int]:
        """Return how many objects of each resource are remembered."""
        return {"rollouts": len(self.rollouts), **self.neighbours.sizes()}

    def take_over(self, stored: StoredSnapshot) -> None:
        """Remember what a row holds. Raises `msgspec.DecodeError` if it cannot be read."""
        snapshot, rollout = snapshots.decode(stored)
        self.remember(rollout, snapshot.resource_version, snapshot.known)
        uid = rollout.metadata.uid
        self.neighbours.take_over(uid, snapshot.replica_sets, snapshot.experiments)
        self.listed |= {"rollouts", "experiments"}
        self.unlisted["rollouts"].add(uid)
        self.unlisted["replicasets"].update(known.uid for known in snapshot.replica_sets)
        self.unlisted["experiments"].update(snapshot.experiments)

    def remember(self, rollout: Rollout, resource_version: str, known: Known) -> Remembered:
        """Remember a Rollout that was not known."""
        metadata = rollout.metadata
        remembered = Remembered(resource_version, snapshots.encode_rollout(rollout), known)
        self.rollouts[metadata.uid] = remembered
        self._names[f"{metadata.namespace}/{metadata.name}"] = metadata.uid
        return remembered

    def forget(self, uid: str) -> ObjectRef:
        """Forget a Rollout and all that is around it."""
        reference = self.reference(uid)
        del self.rollouts[uid]
        self._names.pop(reference.path, None)
        self.unqueued.discard(uid)
        self.neighbours.forget_rollout(uid)
        self.unlisted["rollouts"].discard(uid)
        return reference

    def uid_of(self, namespace: str, name: str) -> str:
        """Return the uid of the Rollout of that name, empty if there is none."""
        return self._names.get(f"{namespace}/{name}", "")

    def reference(self, uid: str) -> ObjectRef:
        """Return who a remembered Rollout is."""
        return refer(snapshots.decode_rollout(self.rollouts[uid].encoded).metadata)

    def snapshot(self, rollout: ObjectRef) -> StoredSnapshot:
        """Return the row of a remembered Rollout."""
        uid, remembered = rollout.uid, self.rollouts[rollout.uid]
        snapshot = snapshots.Snapshot(
            resource_version=remembered.resource_version,
            rollout=Raw(remembered.encoded),
            known=remembered.known,
            replica_sets=tuple(self.neighbours.replica_sets(uid)),
            experiments=self.neighbours.experiments(uid),
        )
        return snapshots.encode(snapshot, rollout)

    def synced(self, resource: Resource, covers: Collection[str]) -> Iterable[str]:
        """Note that a list is complete; return the uids of stored objects it did not show.

        Where it did not look, nothing is gone: `covers` are the namespaces listed, empty for all.
        """
        self.listed.add(resource)
        unlisted = self.unlisted.pop(resource, set())
        if not covers:
            return unlisted
        gone = {uid for uid in unlisted if self._namespace(uid) in {*covers, ""}}
        if len(gone) < len(unlisted):
            self.unlisted[resource] = unlisted - gone
        return gone

    def _namespace(self, uid: str) -> str:
        """Return where a Rollout, or the Rollout of a ReplicaSet or Experiment, is; empty if
        neither is known."""
        rollout = uid if uid in self.rollouts else self.neighbours.owner(uid)
        return self.reference(rollout).namespace if rollout in self.rollouts else ""


def refer(metadata: RolloutMetadata) -> ObjectRef:
    """Return who a Rollout is."""
    return ObjectRef(
        kind="Rollout", namespace=metadata.namespace, name=metadata.name, uid=metadata.uid
    )
