"""Which replica observes: waits for leadership, observes under its epoch, stops when it is over.

All replicas deliver; this decides about observing alone. Two that observe at once harm nothing: the
store refuses the older epoch (spec/reliability.md 4.3).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from notifier.core.errors import StaleLeader, StoreError
from notifier.engine.committing import RETRY_S
from notifier.engine.status import Status
from notifier.ports import Clock, Election, Recorder, Store

log = logging.getLogger(__name__)

T = TypeVar("T")


class Electing:
    """Drives an election. `begin` starts observing under an epoch, `stop` ends it at once."""

    def __init__(
        self,
        *,
        election: Election,
        store: Store,
        clock: Clock,
        recorder: Recorder,
        status: Status,
        begin: Callable[[int], Awaitable[None]],
        stop: Callable[[], None],
    ) -> None:
        self.leading = False
        self._election = election
        self._store = store
        self._clock = clock
        self._recorder = recorder
        self._status = status
        self._begin = begin
        self._stop = stop

    async def run(self) -> None:
        """Wait to lead, lead, and return when that is over: then the process has to end.

        Raises `StaleLeader` if the store knows a newer leader.
        """
        self._follow()
        epoch = await self._election.acquire(above=await self._newest())
        log.info("leading", extra={"epoch": epoch})
        losing = asyncio.create_task(self._election.lost(), name="losing")
        beginning = asyncio.create_task(self._lead(epoch), name="beginning")
        try:
            await asyncio.wait({losing, beginning}, return_when=asyncio.FIRST_COMPLETED)
            if beginning.done():
                beginning.result()
            why = await losing
        finally:
            losing.cancel()
            beginning.cancel()
        self._stop()
        self._follow()
        log.critical("leadership lost, observing stopped", extra={"epoch": epoch, "reason": why})

    async def _lead(self, epoch: int) -> None:
        """Observe. The fence goes up first: what is read after it, no older leader changes."""
        await self._patiently(lambda: self._store.commit([], epoch=epoch))
        await self._patiently(lambda: self._begin(epoch))
        self.leading = True
        self._status.role = "leader"
        self._recorder.leading(leader=True, epoch=epoch)

    def _follow(self) -> None:
        self.leading = False
        self._status.role = "delivering"
        self._recorder.leading(leader=False, epoch=0)

    async def _newest(self) -> int:
        return await self._patiently(self._store.epoch)

    async def _patiently(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask the store until it answers; a refusal for good is raised."""
        tries = 0
        while True:
            try:
                return await ask()
            except StaleLeader:
                raise
            except StoreError as error:
                level = logging.DEBUG if tries else logging.ERROR
                log.log(level, "store does not answer, leading waits", extra={"error": str(error)})
                await self._clock.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
                tries += 1
