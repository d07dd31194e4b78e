"""The cluster as the engine sees it, over a real API server (spec/reliability.md 4)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import cast

from notifier.core.errors import ClusterError, NotFound
from notifier.core.model import Observation, Resource
from notifier.kube import decoding, replica
from notifier.kube.client import Client
from notifier.kube.following import Follower, Target
from notifier.kube.merging import merged
from notifier.kube.resources import OBSERVED, SELECTORS, kind
from notifier.kube.statistics import WatchStatistics
from notifier.ports import Clock


class Reflector:
    """Implements `ports.Cluster`. `namespaces` empty means all; `jitter` gives numbers in [0, 1).

    The client is the caller's to close.
    """

    def __init__(
        self,
        client: Client,
        *,
        clock: Clock,
        jitter: Callable[[], float],
        namespaces: Sequence[str] = (),
        statistics: WatchStatistics | None = None,
    ) -> None:
        self._client = client
        self._clock = clock
        self._jitter = jitter
        self._namespaces = tuple(namespaces) or ("",)
        self._followers: dict[Target, Follower] = {}
        self.statistics = statistics or WatchStatistics()

    async def observe(self, resource: Resource) -> AsyncGenerator[Sequence[Observation]]:
        """Yield batches for ever: a list (LISTED …, ABSENT …, SYNCED), then what changes.

        SYNCED comes once the first list of every namespace is complete, and in a single-namespace
        or cluster-wide watch after each later list that replaces what was known. The periodic
        verifying list has none. Raises `Forbidden` or `NotFound` when nothing can be watched.
        """
        selectors = SELECTORS.get(resource, ())
        followers = [
            self._follower(Target(resource, OBSERVED[resource], namespace, selectors))
            for namespace in self._namespaces
        ]
        found = followers[0].follow() if len(followers) == 1 else merged(followers, self._clock)
        async with aclosing(found) as batches:
            async for batch in batches:
                yield batch

    async def fetch(self, kind_name: str, namespace: str, name: str) -> bytes | None:
        """GET one object of a kind of `resources.KINDS`; None if it does not exist.

        Raises `ClusterError`.
        """
        try:
            return await self._client.get(kind(kind_name).path(namespace, name))
        except NotFound:
            return None

    async def list_owned(self, kind_name: str, namespace: str, selector: str) -> Sequence[bytes]:
        """LIST the objects of a namespace that a label selector selects. Raises `ClusterError`."""
        found = kind(kind_name)
        path = found.path(namespace)
        body = await self._client.get(path, {"labelSelector": selector})
        try:
            items, _, _ = decoding.page(body)
            heads = [decoding.head(item) for item in items]
        except decoding.Undecodable as err:
            raise ClusterError(f"GET {path}: not a list: {err}") from err
        return [
            bytes(item) if head.kind else replica.with_kind(bytes(item), found)
            for item, head in zip(items, heads, strict=True)
        ]

    async def watch_object(
        self, kind_name: str, namespace: str, name: str
    ) -> AsyncGenerator[bytes | None]:
        """Yield the named object now and after each change, None while it does not exist.

        For ever; needs `list` and `watch` on this one name (spec/configuration.md 10). Raises
        `Forbidden` when it may not be watched.
        """
        found = kind(kind_name)
        # Only observed resources have a name in the model; here it is a label for statistics.
        resource = cast("Resource", found.plural)
        selectors = (("fieldSelector", f"metadata.name={name}"),)
        follower = self._made(Target(resource, found, namespace, selectors))
        told: tuple[str, str] | None = ("", "")
        try:
            async with aclosing(follower.follow()) as batches:
                async for batch in batches:
                    changes = [change for change in batch if change.type != "SYNCED"]
                    if not changes and told != ("", ""):
                        continue  # the end of a list that showed or missed it already
                    version = _version(changes[-1]) if changes else None
                    if version != told:
                        told = version
                        yield None if version is None else changes[-1].raw
        finally:
            follower.leave()

    async def watch_objects(
        self, kind_name: str, selector: str
    ) -> AsyncGenerator[tuple[bool, Mapping[tuple[str, str], bytes | None]]]:
        """Yield all objects that a label selector selects, then what changes (None: gone, or no
        longer selected), for ever.

        Needs `list` and `watch` on all of that kind. Raises `Forbidden`.
        """
        found = kind(kind_name)
        resource = cast("Resource", found.plural)
        follower = self._made(Target(resource, found, "", (("labelSelector", selector),)))
        first: dict[tuple[str, str], bytes | None] | None = {}
        try:
            async with aclosing(follower.follow()) as batches:
                async for batch in batches:
                    changes = {} if first is None else first
                    for change in batch:
                        if change.type != "SYNCED":
                            gone = change.type in {"DELETED", "ABSENT"}
                            changes[decoding.place(change.raw)] = None if gone else change.raw
                    if first is not None and batch[-1].type != "SYNCED":
                        continue
                    if changes or first is not None:
                        yield first is not None, changes
                    first = None
        finally:
            follower.leave()

    def _follower(self, target: Target) -> Follower:
        """Return the follower of a target; it remembers what it saw when it is asked again."""
        found = self._followers.get(target)
        if found is None:
            found = self._followers[target] = self._made(target)
        return found

    def _made(self, target: Target) -> Follower:
        return Follower(
            self._client,
            target,
            clock=self._clock,
            jitter=self._jitter,
            statistics=self.statistics,
        )


def _version(observation: Observation) -> tuple[str, str] | None:
    """Return uid and version of the object after an observation of it; None without an object."""
    if observation.type not in {"LISTED", "ADDED", "MODIFIED"}:
        return None
    metadata = decoding.head(observation.raw).metadata
    return metadata.uid, metadata.resource_version
