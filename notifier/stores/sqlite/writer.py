"""The one thread that touches the database, and group commit.

Whatever waits when the thread is free shares one transaction: one sync to disk for many callers.
If one of a group fails, none of it has happened, and each is done again in a transaction of its
own: a failure harms nobody else.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import apsw

from notifier.core.errors import StoreError
from notifier.stores.sqlite.database import Database
from notifier.stores.sqlite.failures import explained

_GROUP: Final = 64
"""Pieces of work that share a transaction at most, so that nobody waits long."""

T = TypeVar("T")
Work = Callable[[Database], Any]


@dataclass(slots=True)
class _Job:
    work: Work
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class Writer:
    """Runs work on the database's thread, for callers on one event loop."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed: asyncio.Future[None] | None = None

    async def open(self) -> str:
        """Start the thread, open the database and return its line. Raises `StoreError`."""
        if self._loop is not None:
            raise StoreError(f"{self._database.path}: already open")
        loop = asyncio.get_running_loop()
        opened: asyncio.Future[str] = loop.create_future()
        self._closed = loop.create_future()
        self._loop = loop
        threading.Thread(
            target=self._live, args=(loop, opened, self._closed), name="sqlite-writer", daemon=True
        ).start()
        try:
            return await opened
        except StoreError:
            self._loop = None
            raise

    async def run(self, work: Callable[[Database], T]) -> T:
        """Do the work in a transaction and return its result once that is durable.

        The work may be done twice, the first time undone. Raises `StoreError`.
        """
        if self._loop is None:
            raise StoreError(f"{self._database.path}: the store is not open")
        future: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put(_Job(work, future))
        return await future

    async def close(self) -> None:
        """Finish what waits, close the database and end the thread."""
        if self._loop is None or self._closed is None:
            return
        self._loop = None
        self._jobs.put(None)
        await self._closed

    # --- on the thread ------------------------------------------------------------------------

    def _live(
        self,
        loop: asyncio.AbstractEventLoop,
        opened: asyncio.Future[str],
        closed: asyncio.Future[None],
    ) -> None:
        try:
            line = self._database.open()
        except StoreError as error:
            _tell(loop, _fail, opened, error)
            return
        _tell(loop, _answer, opened, line)
        while jobs := self._next():
            self._group(jobs)
            _tell(loop, _deliver, jobs)
        self._database.close()
        _tell(loop, _answer, closed, None)

    def _next(self) -> list[_Job]:
        """Wait for work and return all that waits; nothing at the end."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == _GROUP or self._jobs.empty():
                return jobs
            job = self._jobs.get()
        if jobs:
            self._jobs.put(None)  # the end is taken again after this group
        return jobs

    def _group(self, jobs: Sequence[_Job]) -> None:
        wanted = [job for job in jobs if not job.future.cancelled()]
        if not self._transaction(wanted) and len(wanted) > 1:
            for job in wanted:
                self._transaction([job])

    def _transaction(self, jobs: Sequence[_Job]) -> bool:
        """Do all or nothing; say which. A failure is noted on every job."""
        try:
            self._database.begin()
            for job in jobs:
                job.result, job.error = job.work(self._database), None
            self._database.commit()
        except (apsw.Error, ValueError) as error:  # the latter: values that are no text or JSON
            self._undo(jobs, explained(error, self._database.path))
            return False
        except Exception as error:  # noqa: BLE001 - handed to whoever awaits the work
            self._undo(jobs, error)
            return False
        return True

    def _undo(self, jobs: Sequence[_Job], error: Exception) -> None:
        for job in jobs:
            job.error = error
        self._database.rollback()


def _tell(loop: asyncio.AbstractEventLoop, act: Callable[..., None], *arguments: Any) -> None:
    # A loop that is closed has nobody left who waits.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(act, *arguments)


def _answer(future: asyncio.Future[T], result: T) -> None:
    if not future.cancelled():
        future.set_result(result)


def _fail(future: asyncio.Future[T], error: Exception) -> None:
    if not future.cancelled():
        future.set_exception(error)


def _deliver(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        if job.error is None:
            _answer(job.future, job.result)
        else:
            _fail(job.future, job.error)
