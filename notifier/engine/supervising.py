"""Named, guarded, eternal tasks: one that ends unexpectedly ends the process, loudly.

The process manager starts it again; the store makes that safe (spec/reliability.md 3, 5.4).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from notifier.core.errors import NotifierError
from notifier.engine.status import Status
from notifier.ports import Clock, Recorder

log = logging.getLogger(__name__)

BEAT_S: Final = 1.0


class Supervisor:
    """Starts tasks, notices their ends, stops them in the order asked for."""

    def __init__(self, recorder: Recorder, status: Status) -> None:
        self._recorder = recorder
        self._status = status
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping: set[str] = set()
        self._failed = asyncio.Event()
        self._failure = ""

    def start(self, name: str, work: Coroutine[Any, Any, None], *, may_end: bool = False) -> None:
        """Run `work` under a name. Unless it may end, its end without `stop` is a failure; an
        exception always is."""
        task = asyncio.create_task(work, name=name)
        self._tasks[name] = task
        task.add_done_callback(lambda ended: self._ended(name, ended, may_end=may_end))

    async def failure(self) -> str:
        """Wait until a task failed and return its name."""
        await self._failed.wait()
        return self._failure

    async def unless_failed(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something, at most until a task failed. Raises `NotifierError` then."""
        doing = asyncio.create_task(work)
        failing = asyncio.create_task(self._failed.wait())
        try:
            await asyncio.wait({doing, failing}, return_when=asyncio.FIRST_COMPLETED)
            if self._failure:
                raise NotifierError(f"the task {self._failure!r} ended unexpectedly; see the log")
            await doing
        finally:
            doing.cancel()
            failing.cancel()
            await asyncio.gather(doing, failing, return_exceptions=True)

    def expect_end(self, *names: str) -> None:
        """From now on the end of these tasks is no failure."""
        self._stopping.update(names)

    async def finished(self, name: str, seconds: float | None = None) -> bool:
        """Wait until a task ends by itself; say whether it did in time."""
        self.expect_end(name)
        task = self._tasks.get(name)
        if task is None:
            return True
        _, late = await asyncio.wait({task}, timeout=seconds)
        return not late

    async def stop(self, *names: str) -> None:
        """Cancel tasks and wait for them; all that are left without names."""
        chosen = names or tuple(self._tasks)
        self.expect_end(*chosen)
        tasks = [self._tasks[name] for name in chosen if name in self._tasks]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def _ended(self, name: str, task: asyncio.Task[None], *, may_end: bool) -> None:
        if task.cancelled():
            if name in self._stopping:
                return
            error: BaseException | None = None
        else:
            error = task.exception()
            if error is None and (may_end or name in self._stopping):
                return
        log.critical("task ended unexpectedly", extra={"task": name}, exc_info=error)
        self._recorder.task_ended(name)
        self._status.ended_task = self._failure = name
        self._failed.set()


async def beat(clock: Clock, recorder: Recorder, status: Status) -> None:
    """Prove every second that the loop runs, and measure how late it is."""
    status.heartbeat = due = clock.monotonic()
    while True:
        due = max(due + BEAT_S, clock.monotonic())
        await clock.sleep(max(due - clock.monotonic(), 0.0))
        status.heartbeat = clock.monotonic()
        recorder.loop_lag(max(status.heartbeat - due, 0.0))
