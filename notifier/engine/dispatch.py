"""Takes due deliveries out of the store and has them sent: the only place that sends.

Claims are made in batches ahead of need; workers, as many as allowed attempts in flight, take one
row after the other and rest when there is none. Order and fairness are the store's: one row in
flight per lane, namespaces in turn (spec/reliability.md 5.1, 5.2).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Sequence
from typing import Final

from notifier.core.errors import StoreError
from notifier.core.model import Delivery, State
from notifier.engine.attempting import Attempting
from notifier.engine.committing import RETRY_S
from notifier.engine.readiness import Ready
from notifier.engine.settling import Settling
from notifier.engine.status import Status
from notifier.ports import Clock, Recorder, Settlement, Store

log = logging.getLogger(__name__)

LONGEST_SLEEP_S: Final = 10.0
"""Longest wait between two looks at the store; in it leases of lost workers run out, too."""

SHARED_SLEEP_S: Final = 1.0
"""The same if other replicas write into the store too: nobody wakes us for their rows."""

SHORTEST_SLEEP_S: Final = 0.05
"""Shortest wait after a look that found nothing although something is due."""

PER_NAMESPACE: Final = 8
"""Claims of one namespace at a time (spec/reliability.md 5.2)."""

PER_SERVICE: Final = PER_NAMESPACE // 2
"""Claims of one service in one namespace: a deaf receiver leaves room for the tenant's others."""

FLUSH_S: Final = 5.0
"""Seconds that outcomes may take to be written when everything is cancelled."""


class Dispatch:
    """The claim loop, its workers and the writing of their outcomes."""

    def __init__(
        self,
        *,
        store: Store,
        attempting: Attempting,
        clock: Clock,
        recorder: Recorder,
        status: Status,
        workers: int,
        lease_s: float,
        longest_sleep_s: float = LONGEST_SLEEP_S,
        on_ended: Callable[[Delivery], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._attempting = attempting
        self._settling = Settling(
            store=store,
            clock=clock,
            recorder=recorder,
            status=status,
            on_settled=self.wake,
            on_ended=on_ended,
        )
        self._clock = clock
        self._status = status
        self._workers = workers
        self._lease_s = lease_s
        self._longest_sleep_s = longest_sleep_s
        self._ahead = max(workers // 2, 1)
        self._ready = Ready(workers)
        self._tasks: set[asyncio.Task[None]] = set()
        self._idle: list[asyncio.Future[None]] = []
        self._woken = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Look at the store again: something was committed, settled or re-armed."""
        self._woken.set()

    @property
    def in_flight(self) -> int:
        """How many attempts are being made."""
        return self._ready.in_flight

    async def run(self) -> None:
        """Deliver until stopped and drained."""
        settling = asyncio.create_task(self._settling.run(), name="settling")
        try:
            async with asyncio.TaskGroup() as group:
                minding = group.create_task(_mind(settling), name="minding settling")
                await self._claim_until_stopped(group)
                self._rouse(self._workers)
                while self._tasks:
                    await asyncio.wait(self._tasks)
                self._settling.close()
                await minding
        finally:
            self._settling.close()
            if not settling.done():
                await asyncio.wait({settling}, timeout=FLUSH_S)
                settling.cancel()

    async def drain(self, seconds: float) -> int:
        """Claim no more, let attempts in flight end for so long, then cancel the rest.

        Returns how many were cancelled; their rows are ambiguous. `run` returns after it.
        """
        self._stopping = True
        self.wake()
        self._hand_back()
        self._rouse(self._workers)
        tasks = set(self._tasks)
        if not tasks:
            return 0
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        if late:
            await asyncio.wait(late)
        return len(late)

    # --- claiming -----------------------------------------------------------------------------

    async def _claim_until_stopped(self, group: asyncio.TaskGroup) -> None:
        failures = 0
        while not self._stopping:
            self._woken.clear()
            limit = self._workers + self._ahead - len(self._ready) - self._ready.in_flight
            if limit <= 0 or (self._ready and limit < self._ahead):
                await self._sleep(self._longest_sleep_s)
                continue
            try:
                claimed = await self._claim(limit)
                self._admit(claimed, group)
                if len(claimed) < limit:
                    await self._sleep(await self._until_due())
                failures = 0
                self._status.store_faults.pop("claim", None)
            except StoreError as error:
                level = logging.DEBUG if failures else logging.ERROR
                log.log(level, "store refused a claim", extra={"error": str(error)})
                self._status.store_faults["claim"] = str(error)
                await self._clock.sleep(RETRY_S[min(failures, len(RETRY_S) - 1)])
                failures += 1
        self._hand_back()

    async def _claim(self, limit: int) -> Sequence[Delivery]:
        return await self._store.claim(
            now=self._clock.now(),
            limit=limit,
            lease_s=self._lease_s,
            blocked=self._ready.unwelcome(self._clock.monotonic()),
            per_namespace=min(PER_NAMESPACE, self._workers),
            per_service=PER_SERVICE,
        )

    async def _until_due(self) -> float:
        due = await self._store.next_due()
        if due is None:
            return self._longest_sleep_s
        return min(max(due - self._clock.now(), SHORTEST_SLEEP_S), self._longest_sleep_s)

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()

    def _admit(self, claimed: Sequence[Delivery], group: asyncio.TaskGroup) -> None:
        """Queue claimed rows and see that there are workers for them."""
        now = self._clock.monotonic()
        self._ready.add(claimed, now)
        for delivery in self._ready.overdue(now - self._lease_s / 2):
            self._settling.put(delivery, self._attempting.cut_short(delivery))
        if self._stopping:
            self._hand_back()
        waiting = len(self._ready)
        roused = self._rouse(waiting)
        for _ in range(min(self._workers - len(self._tasks), waiting - roused)):
            task = group.create_task(self._work(), name="worker")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _rouse(self, count: int) -> int:
        """Give idle workers something to do; return how many there were."""
        roused = 0
        while self._idle and roused < count:
            idle = self._idle.pop()
            if not idle.done():
                idle.set_result(None)
                roused += 1
        return roused

    def _hand_back(self) -> None:
        """Give back the claimed rows that nobody has begun."""
        for delivery in self._ready.clear():
            self._settling.put(delivery, self._attempting.cut_short(delivery))

    # --- working ------------------------------------------------------------------------------

    async def _work(self) -> None:
        """Attempt one ready row after the other; without one, wait to be roused."""
        while True:
            begun = self._ready.begin(self._clock.monotonic())
            if begun is not None:
                await self._work_on(*begun)
            elif self._stopping:
                return
            else:
                idle = asyncio.get_running_loop().create_future()
                self._idle.append(idle)
                await idle

    async def _work_on(self, delivery: Delivery, claimed_at: float) -> None:
        try:
            settlement = await self._attempt(delivery, claimed_at)
        except asyncio.CancelledError:
            self._settling.put(delivery, self._attempting.cut_short(delivery))
            raise
        finally:
            self._ready.done(delivery)
        self._settling.put(delivery, settlement)
        if len(self._ready) < self._ahead:
            self._woken.set()

    async def _attempt(self, delivery: Delivery, claimed_at: float) -> Settlement:
        """Attempt once. A row whose lease could end meanwhile is handed back instead; a store that
        fails before anything is sent makes the row wait."""
        if self._clock.monotonic() - claimed_at > self._lease_s / 2:
            return self._attempting.cut_short(delivery)
        try:
            return await self._attempting.attempt(delivery)
        except StoreError as error:
            log.warning("store refused a look-up", extra={"error": str(error)})
            later = self._clock.now() + RETRY_S[-1]
            return Settlement(
                delivery_id=delivery.id,
                token=delivery.token,
                number=delivery.attempt,
                state=State.PENDING,
                due_at=later,
                reason=delivery.reason,
            )


async def _mind(task: asyncio.Task[None]) -> None:
    """Fail if the task fails, without handing on a cancellation to it."""
    await asyncio.shield(task)
