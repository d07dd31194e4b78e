"""A cluster that is played from recorded streams: for `replay`, the demonstration and tests.

All resources share one timeline, and several consumers observe at once. It moves only while every
consumer waits for its next batch, that is, once all that was handed out is consumed; so the order
across resources is the recorded one, whatever the consumers await in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Iterable, Mapping, Sequence
from typing import Final, Literal, cast

from notifier.core.errors import ClusterError, NotFound
from notifier.core.model import Observation, Resource
from notifier.kube.resources import OBSERVED
from notifier.kube.streams import Entry
from notifier.ports import Clock

Key = tuple[str, str, str]

_SETTLING: Final = 3
"""Rounds of the loop that a first consumer waits, for those that were started with it."""


class Recording:
    """Implements `ports.Cluster` over `streams.load(...)`; generators end when it is played out.

    `objects` exist from the start (ConfigMaps, Secrets, workloads). `expected` names resources that
    nothing is played without. With `speed` 1.0 it takes the recorded time, 2.0 half of it, None
    none; `clock` is needed for a speed only.
    """

    def __init__(
        self,
        timeline: Sequence[Entry],
        *,
        objects: Iterable[Entry] = (),
        expected: Collection[Resource] = (),
        speed: float | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._timeline = timeline
        self._position = 0
        self._state: dict[Key, Entry] = {_key(entry): entry for entry in objects}
        self._coming: dict[Key, list[int]] = {}
        for index, entry in enumerate(timeline):
            self._coming.setdefault(_key(entry), []).append(index)
        self._expected = frozenset(OBSERVED[resource].name for resource in expected)
        self._joined: set[str] = set()
        self._waiting: set[str] = set()
        self._turn = asyncio.Condition()
        self._speed = speed
        self._played_s = 0.0
        self._clock = clock

    async def observe(self, resource: Resource) -> AsyncGenerator[Sequence[Observation]]:
        """Yield what exists as a list, then the recorded changes one by one; ends with them.

        At most one consumer of a resource at a time.
        """
        kind = OBSERVED[resource].name
        self._joined.add(kind)
        try:
            listed = [
                Observation(resource, "LISTED", entry.raw, contiguous=False)
                for entry in self._existing(kind)
            ]
            yield [*listed, Observation(resource, "SYNCED", b"", contiguous=False)]
            for _ in range(_SETTLING):
                await asyncio.sleep(0)
            while (entry := await self._next(kind)) is not None:
                yield [_observation(resource, entry)]
        finally:
            self._joined.discard(kind)
            self._waiting.discard(kind)
            async with self._turn:
                self._turn.notify_all()

    async def fetch(self, kind: str, namespace: str, name: str) -> bytes | None:
        """Return the latest version played, else the next to come; None if there is none."""
        key = (kind, namespace, name)
        found = self._state.get(key) or self._upcoming(key)
        return None if found is None or found.type == "DELETED" else found.raw

    async def list_owned(self, kind: str, namespace: str, selector: str) -> Sequence[bytes]:
        """Return what a label selector selects of the objects played, else of those to come.

        Raises `ClusterError` for a selector other than `key=value`, `key!=value`, `key`, `!key`.
        """
        played = [entry for entry in self._existing(kind) if entry.namespace == namespace]
        unseen = [
            self._upcoming(key)
            for key in self._coming
            if key[:2] == (kind, namespace) and key not in self._state
        ]
        coming = [entry for entry in unseen if entry is not None]
        for entries in (played, coming):
            if found := [entry.raw for entry in entries if _selected(entry.labels, selector)]:
                return found
        return []

    async def watch_objects(
        self, kind: str, selector: str
    ) -> AsyncGenerator[tuple[bool, Mapping[tuple[str, str], bytes | None]]]:
        """Refuse: a recording has no teams. Raises `NotFound`."""
        nothing: tuple[tuple[bool, Mapping[tuple[str, str], bytes | None]], ...] = ()
        for none in nothing:
            yield none
        raise NotFound(f"{kind} by {selector}: not in a recording", status=404)

    async def watch_object(
        self, kind: str, namespace: str, name: str
    ) -> AsyncGenerator[bytes | None]:
        """Yield the named object after each change of it; ends when all is played."""
        last: bytes | None = b""
        while True:
            current = self._state.get((kind, namespace, name))
            raw = None if current is None or current.type == "DELETED" else current.raw
            if raw != last:
                last = raw
                yield raw
            async with self._turn:
                if self._position == len(self._timeline):
                    return
                await self._turn.wait()

    async def _next(self, kind: str) -> Entry | None:
        """Return the next entry of a kind when it is its turn; None at the end."""
        async with self._turn:
            self._waiting.add(kind)
            try:
                while True:
                    self._turn.notify_all()
                    await self._turn.wait_for(lambda: self._is_turn_of(kind))
                    if self._position == len(self._timeline):
                        return None
                    entry = await self._play(kind)
                    if entry is not None and entry.kind == kind:
                        return entry
            finally:
                self._waiting.discard(kind)

    def _is_turn_of(self, kind: str) -> bool:
        """Say whether the timeline may move, to this kind or over what nobody observes."""
        if self._waiting != self._joined or not self._expected <= self._joined:
            return False
        self._expected = frozenset()  # once it plays, who is through may leave
        if self._position == len(self._timeline):
            return True
        upcoming = self._timeline[self._position].kind
        return upcoming == kind or upcoming not in self._joined

    async def _play(self, kind: str) -> Entry | None:
        """Take the next entry once its time has come; None if it has become another's meanwhile."""
        entry = self._timeline[self._position]
        if self._speed is not None and self._clock is not None:
            await self._clock.sleep(max(0.0, entry.at_s - self._played_s) / self._speed)
            self._played_s = max(self._played_s, entry.at_s)
        if entry.kind != kind and entry.kind in self._joined:
            return None
        self._apply(entry)
        return entry

    def _apply(self, entry: Entry) -> None:
        """Make an entry the latest version of its object."""
        self._state[_key(entry)] = entry
        self._position += 1

    def _existing(self, kind: str) -> list[Entry]:
        """Return the objects of a kind that exist now."""
        entries = self._state.values()
        return [entry for entry in entries if entry.kind == kind and entry.type != "DELETED"]

    def _upcoming(self, key: Key) -> Entry | None:
        """Return the next entry of an object."""
        indexes = self._coming.get(key, ())
        index = next((index for index in indexes if index >= self._position), None)
        return None if index is None else self._timeline[index]


def _key(entry: Entry) -> Key:
    """Return what identifies an object in a recording."""
    return (entry.kind, entry.namespace, entry.name)


def _observation(resource: Resource, entry: Entry) -> Observation:
    """Return what a consumer sees of an entry."""
    type_ = cast("Literal['ADDED', 'MODIFIED', 'DELETED', 'LISTED']", entry.type)
    return Observation(resource, type_, entry.raw, contiguous=type_ != "LISTED")


def _selected(labels: dict[str, str], selector: str) -> bool:
    """Say whether an equality-based selector selects the labels. Raises `ClusterError`."""
    return all(_meets(labels, part.strip()) for part in selector.split(",") if part.strip())


def _meets(labels: dict[str, str], part: str) -> bool:
    """Say whether the labels meet one requirement."""
    if "(" in part or " " in part:
        raise ClusterError(f"label selector {part!r}: only equality can be played from a recording")
    if "!=" in part:
        key, _, value = part.partition("!=")
        return labels.get(key) != value
    if "=" in part:
        key, _, value = part.replace("==", "=").partition("=")
        return labels.get(key) == value
    return (part[1:] not in labels) if part.startswith("!") else part in labels
