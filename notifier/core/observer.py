"""What is remembered of every watched object, and what an observation changes. Pure and
synchronous.

The hot path: `observe()` decodes the tracked fields, compares them with the remembered ones and,
most
of the time, returns None. State is in memory; whoever drives it commits `Change.snapshot` in order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from notifier.core.model import (
    JsonObject,
    ObjectRef,
    Observation,
    Resource,
    StoredSnapshot,
    Transition,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object that must be looked at before the keys of a change are final.

    `name` GETs one object; a `selector` instead LISTs (runs or ReplicaSets of a rollout in a gap).
    """

    kind: str
    namespace: str
    name: str = ""
    selector: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one observation leads to.

    `snapshot` is to be committed with the transitions (None: nothing to store), `forget` the uid
    that
    ceased to exist. `raw` are the bytes of the Rollout version that contains the transitions, empty
    if they were seen on another object: then GET the Rollout. `previous` are the tracked fields of
    the version before, as a Rollout-shaped map. While `wanted` is not empty the transitions are
    provisional: fetch, then call `Observer.resolve`.
    """

    rollout: ObjectRef
    transitions: Sequence[Transition] = ()
    snapshot: StoredSnapshot | None = None
    forget: str = ""
    raw: bytes = b""
    previous: JsonObject | None = None
    wanted: Sequence[Wanted] = ()


class Observer:
    """Remembers every rollout, run, experiment and ReplicaSet; turns observations into changes."""

    def __init__(self, *, instance_id: str = "") -> None: ...

    def restore(self, snapshots: Iterable[StoredSnapshot]) -> None:
        """Take over what a former process committed; later lists are then gaps, not first
        sights."""

    def observe(self, observation: Observation) -> Sequence[Change]:
        """Return what the observation changes; empty for most."""
        raise NotImplementedError

    def resolve(self, change: Change, found: Mapping[Wanted, Sequence[bytes]]) -> Change:
        """Return the change with final keys, given the objects found (none found: empty)."""
        raise NotImplementedError

    def still_paused(self, rollout_uid: str, pause_key: str) -> bool:
        """Say whether the pause of that transition key is still the current one (services.md
        6.4)."""
        raise NotImplementedError

    @property
    def wants(self) -> frozenset[Resource]:
        """Name the optional resources that annotations seen so far ask for (replicasets)."""
        raise NotImplementedError
