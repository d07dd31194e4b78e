"""T3 in groups: outcomes of attempts, written together.

Runs apart from the attempts, so that cancelling those cancels no outcome (spec/reliability.md 3).
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final

from notifier.core import deliveries
from notifier.core.errors import StoreError
from notifier.core.model import Delivery
from notifier.engine.committing import RETRY_S
from notifier.engine.status import Status
from notifier.ports import Clock, Recorder, Settlement, Store

log = logging.getLogger(__name__)

GROUP: Final = 256


class Settling:
    """The queue of outcomes and the task that writes them."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        recorder: Recorder,
        status: Status,
        on_settled: Callable[[], None],
        on_ended: Callable[[Delivery], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._recorder = recorder
        self._status = status
        self._on_settled = on_settled
        self._on_ended = on_ended
        self._queue: deque[tuple[Delivery, Settlement]] = deque()
        self._filled = asyncio.Event()
        self._closed = False

    def put(self, delivery: Delivery, settlement: Settlement) -> None:
        """Queue the outcome of a claim."""
        self._queue.append((delivery, settlement))
        self._filled.set()

    @property
    def waiting(self) -> int:
        """How many outcomes are not written yet."""
        return len(self._queue)

    def close(self) -> None:
        """Let `run` return once everything queued is written."""
        self._closed = True
        self._filled.set()

    async def run(self) -> None:
        """Write outcomes until closed."""
        while True:
            await self._filled.wait()
            while self._queue:
                await self._settle([self._queue[at] for at in range(min(GROUP, len(self._queue)))])
                self._on_settled()
            if self._closed:
                return
            self._filled.clear()

    async def _settle(self, group: list[tuple[Delivery, Settlement]]) -> None:
        """Write one group, however long the store takes to come back; a claim that was lost
        meanwhile is the store's to judge."""
        settlements = [settlement for _, settlement in group]
        tries = 0
        while True:
            now = self._clock.now()
            try:
                held = set(await self._store.settle(settlements, now=now))
            except StoreError as error:
                self._status.store_faults["settle"] = str(error)
                self._recorder.store_failed()
                level = logging.DEBUG if tries else logging.ERROR
                log.log(level, "store refused outcomes", extra={"error": str(error)})
                await self._clock.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
                tries += 1
                continue
            break
        if tries:
            self._status.store_faults.pop("settle", None)
        for delivery, settlement in group:
            self._queue.popleft()
            if settlement.delivery_id in held:
                self._count(delivery, settlement, now)
            else:
                log.warning("claim was lost", extra={"delivery_id": delivery.id})

    def _count(self, delivery: Delivery, settlement: Settlement, now: float) -> None:
        if settlement.state in deliveries.ENDED:
            self._on_ended(delivery)
            self._recorder.ended(
                delivery, settlement.state, settlement.reason, now - delivery.created_at
            )
