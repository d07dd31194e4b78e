"""What a derivation may ask about the objects around a Rollout.

Two watches are not mutually ordered, and a name can be used again by a new object. What the watches
have not shown (yet) is noted in `wanted`; whoever drives the derivation fetches it and derives
again.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from notifier.core import owned_objects
from notifier.core.owned_objects import POD_HASH, TERMINAL_PHASES, AnalysisRun
from notifier.core.remembered import KnownReplicaSet, KnownRun

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Wanted:
    """An object that must be looked at before the keys of a change are final.

    `name` GETs one object; a `selector` instead LISTs (runs or ReplicaSets of a rollout in a gap).
    """

    kind: str
    namespace: str
    name: str = ""
    selector: str = ""


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """The neighbours of one Rollout, as the watches showed them and as they were fetched.

    `found` is None as long as something may still be asked for; afterwards what is not in it does
    not exist. `uses_analysis` says that runs of the Rollout may have ended unseen in a gap.
    """

    namespace: str = ""
    runs: Mapping[str, KnownRun] = field(default_factory=dict)
    replica_sets: Iterable[KnownReplicaSet] = ()
    uses_analysis: bool = False
    found: Mapping[Wanted, Sequence[bytes]] | None = None
    wanted: list[Wanted] = field(default_factory=list)

    def run(self, name: str, phase: str) -> KnownRun | None:
        """Return the run of that name which is, or was, in that phase.

        A run that has ended cannot be in another phase: that would be an older run of the same
        name, or the watch of runs is ahead. Only a fresh look can tell.
        """
        known = self.runs.get(f"{self.namespace}/{name}")
        if known is not None and (known.phase == phase or known.phase not in TERMINAL_PHASES):
            return known
        wanted = Wanted("AnalysisRun", self.namespace, name=name)
        for run in self._fetch(wanted, owned_objects.decode_run):
            return KnownRun(uid=run.metadata.uid, phase=run.status.phase)
        return known

    def owned_runs(self, selector: str) -> Sequence[AnalysisRun]:
        """Return the runs of the namespace that the label selector matches, whoever owns them."""
        return self._fetch(
            Wanted("AnalysisRun", self.namespace, selector=selector), owned_objects.decode_run
        )

    def replica_set(self, pod_hash: str, owner: str) -> KnownReplicaSet | None:
        """Return the ReplicaSet of that Rollout (uid) with that pod template hash."""
        for known in self.replica_sets:
            if known.pod_hash == pod_hash:
                return known
        selector = f"{POD_HASH}={pod_hash}"
        wanted = Wanted("ReplicaSet", self.namespace, selector=selector)
        for found in self._fetch(wanted, owned_objects.decode_replica_set):
            controller, known = found.metadata.controller("Rollout"), KnownReplicaSet.of(found)
            if controller is not None and controller.uid == owner and known.pod_hash == pod_hash:
                return known
        return None

    def _fetch(self, wanted: Wanted, decode: Callable[[bytes], T]) -> Sequence[T]:
        """Return what was found, or note that it must be looked for."""
        if self.found is None:
            if wanted not in self.wanted:
                self.wanted.append(wanted)
            return []
        decoded: list[T] = []
        for raw in self.found.get(wanted, ()):
            with contextlib.suppress(msgspec.DecodeError):
                decoded.append(decode(raw))
        return decoded
