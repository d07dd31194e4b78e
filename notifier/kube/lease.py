"""Who observes, by a Lease of the API server: our own loop (spec/reliability.md 4.3).

A candidate goes by its own monotonic clock: a Lease that did not change for its duration is free,
whatever its times say. Leading ends when no renewal has succeeded for the deadline, counted from
when the last successful one was *sent*; a call that hangs cannot delay that. Every write names the
version it replaces, so two cannot both succeed.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from typing_extensions import override

from notifier.core.errors import ClusterError, NotFound
from notifier.kube.client import Client
from notifier.kube.lease_objects import Lease
from notifier.ports import Clock, Election

log = logging.getLogger(__name__)

CONFLICT: Final = 409
"""Somebody else wrote in between, or created it first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """How long a Lease lasts unrenewed, when its holder gives up, and the pause between tries,
    which is also the longest that one call may take. Seconds."""

    duration_s: float = 15.0
    renew_s: float = 10.0
    retry_s: float = 2.0


class LeaseElection(Election):
    """One candidate. `identity` must be no other's; `jitter` gives numbers in [0, 1)."""

    def __init__(
        self,
        client: Client,
        *,
        clock: Clock,
        jitter: Callable[[], float],
        namespace: str,
        name: str,
        identity: str,
        times: Times,
    ) -> None:
        self._client = client
        self._clock = clock
        self._jitter = jitter
        self._namespace = namespace
        self._name = name
        self._identity = identity
        self._times = times
        self._all = f"/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"
        self._seen: Lease | None = None
        self._seen_at = 0.0
        self._newest = 0
        self._renewed_at = 0.0
        self._held: Lease | None = None
        self._taken_from_us = asyncio.Event()
        self._renewing: asyncio.Task[None] | None = None
        self._told = ""

    # --- the port -----------------------------------------------------------------------------

    @override
    async def acquire(self, *, above: int) -> int:
        self._newest = max(self._newest, above)
        while self._held is None:
            try:
                await self._try_to_acquire()
                self._told = ""
            except ClusterError as error:
                self._tell(error)
            if self._held is None:
                await self._pause()
        renewing = self._renew_for_ever(self._held)
        self._renewing = asyncio.create_task(renewing, name="renewing the lease")
        return self._held.transitions

    @override
    async def lost(self) -> str:
        while not self._taken_from_us.is_set():
            left = self._renewed_at + self._times.renew_s - self._clock.monotonic()
            if left <= 0:
                return f"no renewal for {self._times.renew_s:g} s: {self._told or 'no answer'}"
            waiting = [
                asyncio.create_task(self._taken_from_us.wait()),
                asyncio.create_task(self._clock.sleep(left)),
            ]
            try:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in waiting:
                    task.cancel()
        return "another replica holds the Lease"

    @override
    async def release(self) -> None:
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait({self._renewing}, timeout=self._times.retry_s)
        held, self._held = self._held, None
        if held is None or self._taken_from_us.is_set():
            return
        try:
            await self._write(held.released(self._clock.now()))
        except ClusterError as error:
            log.warning("Lease not released, it will run out", extra={"error": str(error)})

    # --- one try ------------------------------------------------------------------------------

    async def _try_to_acquire(self) -> None:
        """Take the Lease if it is free. Raises `ClusterError`."""
        found = await self._read()
        if found is not None and not self._free(found):
            return
        started = self._clock.monotonic()
        wanted = (found or Lease.new(self._namespace, self._name)).taken(
            self._identity,
            epoch=self._newest + 1,
            duration_s=self._times.duration_s,
            now=self._clock.now(),
        )
        written = await self._written(wanted, new=found is None)
        if written is not None:
            self._held, self._renewed_at = written, started

    def _free(self, found: Lease) -> bool:
        """Say whether nobody holds it, or whoever does has not renewed it for its duration."""
        now = self._clock.monotonic()
        if self._seen is None or found.version != self._seen.version:
            self._seen, self._seen_at = found, now
            self._newest = max(self._newest, found.transitions)
        if not found.holder:
            return True
        lasts = max(self._times.duration_s, found.duration_s)
        return now - self._seen_at >= lasts

    async def _renew_for_ever(self, held: Lease) -> None:
        while not self._taken_from_us.is_set():
            await self._pause()
            try:
                self._held = held = await self._renewed(held)
                self._told = ""
            except ClusterError as error:
                self._tell(error)

    async def _renewed(self, held: Lease) -> Lease:
        """Renew once and return it as it is then; note if another replica holds it by now.

        Raises `ClusterError`.
        """
        started = self._clock.monotonic()
        written = await self._written(held.renewed(self._clock.now()))
        if written is None:  # changed by somebody, perhaps by a call of ours that got no answer
            found = await self._read()
            if found is not None and found.holder != self._identity:
                self._taken_from_us.set()
                return held
            started = self._clock.monotonic()
            wanted = (found or held.anew()).renewed(self._clock.now())
            written = await self._written(wanted, new=found is None)
        if written is None:
            return held
        self._renewed_at = started
        return written

    # --- calls --------------------------------------------------------------------------------

    async def _read(self) -> Lease | None:
        """Return the Lease, None if there is none. Raises `ClusterError`."""
        try:
            async with self._bounded():
                return Lease.read(await self._client.get(f"{self._all}/{self._name}"))
        except NotFound:
            return None
        except TimeoutError as error:
            raise self._no_answer() from error

    async def _written(self, lease: Lease, *, new: bool = False) -> Lease | None:
        """Write, and return it as it is then; None if somebody else was faster, or it is gone.

        Raises `ClusterError`.
        """
        try:
            return await self._write(lease, new=new)
        except NotFound:
            return None
        except ClusterError as error:
            if error.status == CONFLICT:
                return None
            raise

    async def _write(self, lease: Lease, *, new: bool = False) -> Lease:
        try:
            async with self._bounded():
                body = lease.encoded()
                if new:
                    return Lease.read(await self._client.write("POST", self._all, body))
                return Lease.read(
                    await self._client.write("PUT", f"{self._all}/{self._name}", body)
                )
        except TimeoutError as error:
            raise self._no_answer() from error

    def _bounded(self) -> asyncio.Timeout:
        return asyncio.timeout(self._times.retry_s)

    def _no_answer(self) -> ClusterError:
        return ClusterError(f"Lease {self._name}: no answer within {self._times.retry_s:g} s")

    async def _pause(self) -> None:
        await self._clock.sleep(self._times.retry_s * (0.75 + self._jitter() / 2))

    def _tell(self, error: ClusterError) -> None:
        """Say once what is wrong; the same again only when debugging."""
        level = logging.DEBUG if str(error) == self._told else logging.WARNING
        self._told = str(error)
        where = f"{self._namespace}/{self._name}"
        log.log(level, "Lease not reached", extra={"lease": where, "error": self._told})
