"""T1 in groups: whatever queued while the previous commit ran goes into the next one.

Namespaces take turns, each first in, first out (`engine/queueing.py`). A store that fails is tried
again with back-off; nothing is dropped meanwhile, the watch is slowed instead (spec/reliability.md
3.2, 5.2).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from msgspec.structs import replace as with_fields

from notifier.core.errors import StaleLeader, StoreError
from notifier.core.model import Decision, Delivery, Event, Verdict
from notifier.engine.queueing import Planned, PlannedQueue, Seen
from notifier.engine.status import Status
from notifier.ports import Clock, Intake, Recorder, Store

log = logging.getLogger(__name__)

QUEUE_LIMIT: Final = 4000
"""Waiting intakes above which the watch is not read further."""

RETRY_S: Final = (0.1, 0.5, 1.0, 2.0, 5.0)


class Committing:
    """The queue between planning and the store, and the task that empties it."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        recorder: Recorder,
        status: Status,
        on_deliveries: Callable[[Sequence[Delivery]], None],
    ) -> None:
        self.epoch: int | None = None
        """Under which every commit is made, once this process leads; None without an election."""
        self._store = store
        self._clock = clock
        self._recorder = recorder
        self._status = status
        self._on_deliveries = on_deliveries
        self._queue = PlannedQueue()
        self._filled = asyncio.Event()
        self._emptied = asyncio.Event()
        self._closed = False

    def put(self, intake: Intake, seen: Seen, namespace: str) -> None:
        """Queue an intake of a namespace; whoever reads a watch calls `room` between its
        batches."""
        self._queue.put(intake, seen, namespace)
        self._filled.set()

    def put_behind_all(self, intake: Intake, seen: Seen) -> None:
        """Queue an intake that speaks of everything that is queued already."""
        self._queue.put_behind_all(intake, seen)
        self._filled.set()

    async def room(self) -> None:
        """Wait until the queue is short enough to go on observing."""
        while len(self._queue) > QUEUE_LIMIT:
            self._emptied.clear()
            await self._emptied.wait()

    def close(self) -> None:
        """Let `run` return once everything queued is committed."""
        self._closed = True
        self._filled.set()

    async def run(self) -> None:
        """Commit until closed."""
        while True:
            await self._filled.wait()
            while group := self._queue.group():
                await self._commit(group)
                self._emptied.set()
            if self._closed:
                return
            self._filled.clear()

    async def _commit(self, group: Sequence[Planned]) -> None:
        """Commit one group, however long the store takes to come back."""
        tries = 0
        while True:
            started = self._clock.monotonic()
            due_at = self._clock.now()
            intakes = [_due(waiting.intake, due_at) for waiting in group]
            try:
                new = await self._store.commit(intakes, epoch=self.epoch)
            except StaleLeader:
                raise  # waiting helps no more: another replica observes
            except StoreError as error:
                self._failed(error, tries)
                await self._clock.sleep(RETRY_S[min(tries, len(RETRY_S) - 1)])
                tries += 1
                continue
            break
        if tries:
            log.info("store is back", extra={"tries": tries})
        self._status.store_faults.pop("commit", None)
        self._committed(group, new, started)

    def _failed(self, error: StoreError, tries: int) -> None:
        self._status.store_faults["commit"] = str(error)
        self._recorder.store_failed()
        level = logging.DEBUG if tries else logging.ERROR
        log.log(level, "store refused a commit, observing waits", extra={"error": str(error)})

    def _committed(self, group: Sequence[Planned], new: frozenset[str], started: float) -> None:
        """Count and log what the transaction made true, and wake whoever delivers."""
        now = self._clock.monotonic()
        rows = sum(_rows(waiting.intake) for waiting in group)
        self._recorder.committed(rows, now - started)
        announced: set[str] = set()
        repeated = 0
        for waiting in group:
            intake = waiting.intake
            for event in intake.events:
                if event.id in new and event.id not in announced:
                    announced.add(event.id)
                    self._announce(event, intake, now - waiting.seen.monotonic)
                else:
                    repeated += 1
            self._amended(intake)
        if repeated:
            self._recorder.duplicates("id", repeated)
        if deliveries := [row for waiting in group for row in waiting.intake.deliveries]:
            self._on_deliveries(deliveries)

    def _amended(self, intake: Intake) -> None:
        """Count and log what conditions decided about earlier transitions."""
        for verdict in intake.amendments:
            self._recorder.decided(verdict.trigger, verdict.scope, verdict.decision)
        if intake.amendments:
            first = intake.amendments[0]
            log.info(
                "conditions of earlier transitions decided",
                extra={
                    "trigger": first.trigger,
                    "event_id": first.event_id,
                    "deliveries": sum(1 for each in intake.amendments if each.delivery_id),
                    "faults": _faults(intake.amendments),
                },
            )

    def _announce(self, event: Event, intake: Intake, waited: float) -> None:
        """One log line per transition, and its counters."""
        transition = event.transition
        self._recorder.transition(
            transition.trigger,
            recovered=transition.recovered,
            missed=transition.missed,
            waited=waited,
        )
        verdicts = [each for each in intake.verdicts if each.event_id == event.id]
        for verdict in verdicts:
            self._recorder.decided(transition.trigger, verdict.scope, verdict.decision)
        log.info(
            "transition",
            extra={
                "rollout": transition.rollout.path,
                "trigger": transition.trigger,
                "event_id": event.id,
                "recovered": transition.recovered,
                "missed": transition.missed,
                "deliveries": sum(1 for each in intake.deliveries if each.event_id == event.id),
                "faults": _faults(verdicts),
            },
        )


_QUIET: Final = frozenset(
    {
        Decision.SENT,
        Decision.NO_SUBSCRIPTION,
        Decision.CONDITION_FALSE,
        Decision.OPEN_OCCURRENCE,
        Decision.BASELINE,
        Decision.MUTED,
    }
)


def _faults(verdicts: Sequence[Verdict]) -> Sequence[str]:
    """Return what somebody might want to repair, for the log."""
    return [
        f"{each.service}: {each.decision}: {each.detail}"
        for each in verdicts
        if each.decision not in _QUIET
    ]


def _due(intake: Intake, at: float) -> Intake:
    """Return an intake whose messages are due from the commit on: their first attempt is measured
    from there, while their age counts from the observation."""
    if not intake.deliveries:
        return intake
    return replace(intake, deliveries=[with_fields(row, due_at=at) for row in intake.deliveries])


def _rows(intake: Intake) -> int:
    snapshot = intake.snapshot is not None or bool(intake.forget)
    return int(snapshot) + len(intake.events) + len(intake.deliveries)
