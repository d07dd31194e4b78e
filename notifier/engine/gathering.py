"""Fetch what only the cluster knows: objects named by a transition (design 2, step 4).

Results are bytes: nothing decoded is held while something is awaited. What cannot be fetched is
done without, the message still goes; only the Rollout itself is asked for until it is there or
known to be gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import orjson
import tenacity

from notifier.core.errors import ClusterError, Forbidden, NotFound
from notifier.core.evidence import Needs
from notifier.core.model import JsonObject, ObjectRef
from notifier.core.observer import Wanted
from notifier.ports import Clock, Cluster

log = logging.getLogger(__name__)

WAITS_S: Final = (0.2, 1.0, 3.0)
"""Waits between the attempts to fetch something that a message can do without."""

LONGEST_WAIT_S: Final = 30.0
WARN_S: Final = 600.0
FETCH_S: Final = 10.0
CONCURRENT: Final = 32

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """Evidence as bytes; None or empty where there is none."""

    workload: bytes | None = None
    run: bytes | None = None
    runs: Sequence[bytes] | None = None
    replica_sets: Sequence[bytes] = ()


class Gathering:
    """Reads of the API server for evidence, bounded in number and in time."""

    def __init__(self, cluster: Cluster, clock: Clock) -> None:
        self._cluster = cluster
        self._clock = clock
        self._slots = asyncio.Semaphore(CONCURRENT)
        self._warn_at = 0.0

    async def rollout(self, reference: ObjectRef) -> bytes | None:
        """Return the Rollout as it is now, None if this one is gone."""
        raw = await self._insist(
            lambda: self._cluster.fetch("Rollout", reference.namespace, reference.name)
        )
        if raw is None or not reference.uid:
            return raw
        same = (decode(raw).get("metadata") or {}).get("uid") == reference.uid
        return raw if same else None

    async def wanted(self, wanted: Sequence[Wanted]) -> Mapping[Wanted, Sequence[bytes]]:
        """Return the objects that make keys final; what does not exist or may not be read is
        empty."""
        return {each: await self._one(each) for each in wanted}

    async def evidence(self, needs: Needs, namespace: str) -> Gathered:
        """Return what the templates of a transition can show; never raises for the cluster."""
        return Gathered(
            workload=await self._object(needs.workload),
            run=await self._object(needs.run),
            runs=await self._list("AnalysisRun", namespace, needs.runs),
            replica_sets=await self._list("ReplicaSet", namespace, needs.replica_sets) or (),
        )

    async def _object(self, reference: ObjectRef | None) -> bytes | None:
        if reference is None:
            return None
        return await self._try(
            lambda: self._cluster.fetch(reference.kind, reference.namespace, reference.name), None
        )

    async def _list(self, kind: str, namespace: str, selector: str) -> Sequence[bytes] | None:
        if not selector:
            return None
        return await self._try(lambda: self._cluster.list_owned(kind, namespace, selector), None)

    async def _one(self, wanted: Wanted) -> Sequence[bytes]:
        if wanted.selector:
            return (
                await self._insist(
                    lambda: self._cluster.list_owned(wanted.kind, wanted.namespace, wanted.selector)
                )
                or ()
            )
        raw = await self._insist(
            lambda: self._cluster.fetch(wanted.kind, wanted.namespace, wanted.name)
        )
        return () if raw is None else (raw,)

    async def _try(self, read: Callable[[], Awaitable[Found]], missing: Found) -> Found:
        """Read a few times, then do without. A read that succeeds pays for no retrying."""
        try:
            return await self._read(read)
        except ClusterError as error:
            return await self._again(read, error, missing)

    async def _again(
        self, read: Callable[[], Awaitable[Found]], met: ClusterError, missing: Found
    ) -> Found:
        """Retry a read; the failure already met is that of the first attempt."""
        first = [met]

        async def attempt() -> Found:
            if first:
                raise first.pop()
            return await self._read(read)

        retrying = tenacity.AsyncRetrying(
            sleep=self._clock.sleep,
            retry=_PASSES,
            wait=_wait_s,
            stop=tenacity.stop_after_attempt(1 + len(WAITS_S)),
            reraise=True,
        )
        try:
            return await retrying(attempt)
        except (Forbidden, NotFound) as error:
            self._refused(error)
        except ClusterError as error:
            log.warning("evidence could not be read", extra={"error": str(error)})
        return missing

    async def _insist(self, read: Callable[[], Awaitable[Found]]) -> Found | None:
        """Read until there is an answer; refused for good is no answer to wait for."""
        wait_s = WAITS_S[0]
        while True:
            try:
                return await self._read(read)
            except (Forbidden, NotFound) as error:
                self._refused(error)
                return None
            except ClusterError as error:
                log.info("an object cannot be read yet", extra={"error": str(error)})
                await self._clock.sleep(max(wait_s, error.after_s or 0.0))
                wait_s = min(wait_s * 2, LONGEST_WAIT_S)

    def _refused(self, error: ClusterError) -> None:
        """Log a missing right, at warning once in a while only: it concerns every event."""
        now = self._clock.monotonic()
        level = logging.WARNING if now >= self._warn_at else logging.DEBUG
        if level == logging.WARNING:
            self._warn_at = now + WARN_S
        log.log(level, "evidence may not be read", extra={"error": str(error)})

    async def _read(self, read: Callable[[], Awaitable[Found]]) -> Found:
        async with self._slots:
            try:
                async with asyncio.timeout(FETCH_S):
                    return await read()
            except TimeoutError as error:
                raise ClusterError(f"no answer within {FETCH_S:.0f} s") from error


_PASSES: Final = tenacity.retry_if_exception(
    lambda error: isinstance(error, ClusterError) and not isinstance(error, (Forbidden, NotFound))
)
"""What another attempt a moment later can mend."""


def _wait_s(state: tenacity.RetryCallState) -> float:
    """Return the wait after a failed attempt: ours, or what the server asked for within bounds."""
    error = state.outcome.exception() if state.outcome is not None else None
    asked_s = error.after_s if isinstance(error, ClusterError) else None
    own_s = WAITS_S[min(state.attempt_number, len(WAITS_S)) - 1]
    return max(own_s, min(asked_s or 0.0, LONGEST_WAIT_S))


async def closed(stream: AsyncIterator[object]) -> None:
    """Close a stream that is a generator: its connection must not outlive whoever reads it."""
    close = getattr(stream, "aclose", None)
    if close is not None:
        await close()


def decode(raw: bytes) -> JsonObject:
    """Return a whole object; one that is no JSON object counts as empty."""
    try:
        item = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return item if isinstance(item, dict) else {}
