"""One resource, in one namespace or all, followed for ever.

Nested generators, one reason to restart each (spec/reliability.md 4.1): `follow` starts over with a
list; `_list_then_watch` goes on with watch after watch from the same version; `_watch` is one
HTTP watch. Which error leads where is `_restart`.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Final

from notifier.core.errors import ClusterError, Forbidden, NotFound
from notifier.core.model import Observation, Resource
from notifier.kube import faults, listing, streaming
from notifier.kube.backoff import Backoff
from notifier.kube.client import Client
from notifier.kube.framing import Lines
from notifier.kube.replica import Replica
from notifier.kube.resources import Kind
from notifier.kube.statistics import WatchStatistics
from notifier.ports import Clock

log = logging.getLogger(__name__)

WATCH_S: Final = 300.0
"""Seconds a watch is asked to last at least; up to twice that, at random (W4)."""
RELIST_S: Final = 1800.0
"""Seconds after which a list verifies what the watches said (W9)."""
INTERNAL_S: Final = 60.0
"""Seconds that watches may fail in a row before a list is tried (W15)."""
SHORT_S: Final = 1.0
"""Seconds below which a watch without events is a failure (W12)."""
TOLD_S: Final = 600.0
"""Seconds in which failures for one reason are logged once; the rest of them at debug."""
AWAY_S: Final = 5.0
"""Seconds without the server after which its return is worth a line."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is followed; `selectors` are the query parameters that limit it."""

    resource: Resource
    kind: Kind
    namespace: str = ""
    selectors: tuple[tuple[str, str], ...] = ()

    @property
    def stream(self) -> str:
        """Name of the stream in statistics."""
        return f"{self.resource}/{self.namespace}" if self.namespace else self.resource


class _Relist(Exception):
    """The watch cannot go on: list, no older than `version`."""

    def __init__(self, reason: str, version: str = "", *, after_s: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.version = version
        self.after_s = after_s


class Follower:
    """Lists and watches one target; remembers what it saw from one `follow` to the next."""

    def __init__(
        self,
        client: Client,
        target: Target,
        *,
        clock: Clock,
        jitter: Callable[[], float],
        statistics: WatchStatistics,
    ) -> None:
        self._client = client
        self._target = target
        self._path = target.kind.path(target.namespace)
        self._clock = clock
        self._jitter = jitter
        self._statistics = statistics
        self._backoff = Backoff(clock, jitter)
        self._lists = streaming.Lists(client, self._path, dict(target.selectors))
        self._replica = Replica(target.resource, target.kind, target.namespace)
        self._relist_at = 0.0
        self._failing_since: float | None = None
        self._patient = False  # whether it waited since the last list
        self._told_until: dict[str, float] = {}

    def leave(self) -> None:
        """Take the stream out of the statistics: nobody follows it any more."""
        for shown in (self._statistics.away_since, self._statistics.degraded):
            shown.pop(self._target.stream, None)
        self._statistics.synced.discard(self._target.stream)

    async def follow(self) -> AsyncGenerator[Sequence[Observation]]:
        """Yield batches for ever. Raises `Forbidden` or `NotFound` when it cannot be watched."""
        wish = self._wish(_Relist("start"))
        self._statistics.away_since.setdefault(self._target.stream, self._clock.monotonic())
        while True:
            try:
                async with aclosing(self._list_then_watch(wish)) as batches:
                    async for batch in batches:
                        yield batch
            except _Relist as relist:
                wish = self._wish(relist)
                if wish.reason != "periodic" and (wish.after_s or not self._patient):
                    await self._backoff.wait(wish.after_s)
            except (Forbidden, NotFound) as err:
                self._count(err)
                raise
            except ClusterError as err:  # the list failed
                self._count(err)
                if isinstance(err, (faults.Expired, faults.TooLarge)):
                    wish = _Relist(wish.reason)  # W7, W8: then the newest there is
                await self._backoff.wait(err.after_s)

    async def _list_then_watch(self, wish: _Relist) -> AsyncGenerator[Sequence[Observation]]:
        """List, then watch from there until a list is needed again."""
        async with aclosing(self._list(wish)) as batches:
            async for batch in batches:
                yield batch
        self._failing_since, self._patient = None, False
        while True:
            opened_at, heard = self._clock.monotonic(), False
            try:
                async with aclosing(self._watch()) as batches:
                    async for batch in batches:
                        heard = True
                        yield batch
            except ClusterError as err:
                await self._restart(err)
                continue
            now = self._clock.monotonic()
            if now >= self._relist_at:
                raise _Relist("periodic")
            if heard or now - opened_at >= SHORT_S:
                self._failing_since = None
            else:
                self._error("short")
                await self._wait()

    async def _list(self, wish: _Relist) -> AsyncGenerator[Sequence[Observation]]:
        """Yield the objects of a list, those that are gone, and the mark of its end."""
        replica = self._replica
        target = self._target
        verify = wish.reason == "periodic"
        found = self._lists.pages(wish.version, verify=verify)
        async with aclosing(found) as pages:
            async for page in pages:
                self._connected()
                if page.first:
                    replica.begin(page.version, verify=verify)
                for start in range(0, len(page.items), listing.PAGE):
                    if batch := replica.listed(page.items[start : start + listing.PAGE]):
                        yield batch
                if page.last and (batch := replica.complete(page.version)):
                    yield batch
        self._count_undecodable()
        self._statistics.synced.add(target.stream)
        self._relist_at = self._clock.monotonic() + RELIST_S * (1 - 0.1 * self._jitter())

    async def _watch(self) -> AsyncGenerator[Sequence[Observation]]:
        """Yield what one HTTP watch shows, until its end or until a list is due."""
        lines, dropped = Lines(), 0
        chunks = self._client.stream(self._path, self._watch_query())
        async with aclosing(chunks):
            async for chunk in chunks:
                if not chunk:
                    self._connected()
                    continue
                batch, fault = self._replica.watched(lines.feed(chunk))
                if lines.dropped > dropped:
                    dropped = lines.dropped
                    self._replica.lost()
                    self._error("line_too_long")
                self._count_undecodable()
                if batch:
                    self._heard(len(batch))
                    yield batch
                if fault is not None:
                    raise fault
                if self._clock.monotonic() >= self._relist_at:
                    return

    def _watch_query(self) -> dict[str, str]:
        """Return the parameters of a watch that ends at random, or when a list is due."""
        left = self._relist_at - self._clock.monotonic()
        timeout_s = min(WATCH_S * (1 + self._jitter()), max(left, SHORT_S))
        return {
            **dict(self._target.selectors),
            "watch": "true",
            "allowWatchBookmarks": "true",
            "resourceVersion": self._replica.version,
            "timeoutSeconds": str(round(timeout_s)),
        }

    async def _restart(self, err: ClusterError) -> None:
        """Wait until the watch may be tried again at its version, or raise what must be done."""
        self._count(err)
        match err:
            case Forbidden() | NotFound():
                raise err
            case faults.Expired():
                raise _Relist("expired", self._replica.version) from err
            case faults.TooLarge():
                raise _Relist("too_large") from err
            case faults.Broken():
                raise _Relist("error_event") from err
            case faults.UnknownType():
                raise _Relist("unknown_type") from err
            case faults.Silent():
                return  # it waited long enough already
            case faults.Busy():
                pass  # W13: never a reason to list
            case _:
                now = self._clock.monotonic()
                if self._failing_since is None:
                    self._failing_since = now
                if now - self._failing_since > INTERNAL_S:
                    raise _Relist("internal_errors", after_s=err.after_s) from err
        await self._wait(err.after_s)

    async def _wait(self, at_least_s: float | None = None) -> None:
        """Wait before the next watch. Who waited needs not wait again if that one asks for a list:
        a server that comes back often knows no older version, and is whole then."""
        await self._backoff.wait(at_least_s)
        self._patient = True

    def _wish(self, relist: _Relist) -> _Relist:
        """Count a list that became necessary."""
        self._statistics.relists[self._target.resource, relist.reason] += 1
        return relist

    def _connected(self) -> None:
        """Note that the server answered."""
        stream = self._target.stream
        self._statistics.degraded.pop(stream, None)
        since = self._statistics.away_since.pop(stream, None)
        away_s = 0.0 if since is None else self._clock.monotonic() - since
        if self._told_until and away_s >= AWAY_S:
            log.info("watch works again", extra={"stream": stream, "away_s": round(away_s, 1)})

    def _heard(self, count: int) -> None:
        """Note events."""
        self._failing_since = None
        self._statistics.events[self._target.resource] += count
        self._statistics.last_event_at[self._target.resource] = self._clock.now()

    def _count(self, err: ClusterError) -> None:
        """Note a failure."""
        stream = self._target.stream
        if isinstance(err, (Forbidden, NotFound)):
            self._statistics.degraded[stream] = str(err)
            self._statistics.away_since.pop(stream, None)  # it answered: it is not away
        else:
            self._statistics.away_since.setdefault(stream, self._clock.monotonic())
        reason = next(reason for kind, reason in _REASONS if isinstance(err, kind))
        self._error(reason)
        self._tell(reason, err)

    def _tell(self, reason: str, err: ClusterError) -> None:
        """Log a failure, once in a while at a level that is seen.

        What cannot be watched at all is the caller's to tell, but for one namespace of several.
        """
        now = self._clock.monotonic()
        alone = not self._target.namespace
        level = logging.INFO if isinstance(err, faults.Expired) else logging.WARNING
        if isinstance(err, NotFound) or (isinstance(err, Forbidden) and alone):
            level = logging.DEBUG
        if now < self._told_until.get(reason, now):
            level = logging.DEBUG
        else:
            self._told_until[reason] = now + TOLD_S
        identifiers = {"stream": self._target.stream, "reason": reason}
        log.log(level, "watch failed", extra={**identifiers, "error": str(err)})

    def _count_undecodable(self) -> None:
        """Note objects that were skipped (W19)."""
        if self._replica.undecodable:
            self._error("undecodable", self._replica.undecodable)
            self._replica.undecodable = 0

    def _error(self, reason: str, count: int = 1) -> None:
        """Count errors."""
        self._statistics.errors[self._target.resource, reason] += count


_REASONS: Final[tuple[tuple[type[ClusterError], str], ...]] = (
    (faults.Expired, "expired"),
    (faults.TooLarge, "too_large"),
    (faults.Broken, "error_event"),
    (faults.UnknownType, "unknown_type"),
    (faults.Busy, "refused"),
    (faults.Silent, "silent"),
    (Forbidden, "forbidden"),
    (NotFound, "not_found"),
    (ClusterError, "failed"),
)
