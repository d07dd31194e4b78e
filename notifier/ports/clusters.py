"""The cluster, read only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Protocol

from notifier.core.model import Observation, Resource


class Cluster(Protocol):
    """Read-only view of the cluster; the reflector and the recording implement it."""

    def observe(self, resource: Resource) -> AsyncIterator[Sequence[Observation]]:
        """Yield batches of observations for ever (a recording ends). Never raises for a fault it
        can wait out; raises `Forbidden` or `NotFound` when the resource cannot be watched at all,
        for the caller to degrade and to try again later.
        """
        ...

    async def fetch(self, kind: str, namespace: str, name: str) -> bytes | None:
        """GET one object (Rollout, AnalysisRun, ReplicaSet, Deployment, StatefulSet,
        PodTemplate, ConfigMap, Secret).

        None if it does not exist. Raises `ClusterError`.
        """
        ...

    async def list_owned(self, kind: str, namespace: str, selector: str) -> Sequence[bytes]:
        """LIST objects of a namespace by label selector. Raises `ClusterError`."""
        ...

    def watch_object(self, kind: str, namespace: str, name: str) -> AsyncIterator[bytes | None]:
        """Yield the named object now and after each change (None: it does not exist); for ever."""
        ...

    def watch_objects(
        self, kind: str, selector: str
    ) -> AsyncIterator[tuple[bool, Mapping[tuple[str, str], bytes | None]]]:
        """Yield the objects of the whole cluster that a label selector selects, by namespace and
        name; then, for ever, what changed (None: gone, or no longer selected). The flag says that
        these are all there are. Raises `Forbidden` when they may not be watched.
        """
        ...
