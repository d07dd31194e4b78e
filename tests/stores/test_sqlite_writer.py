"""The writer's thread: group commit, failures that stay with their cause, cancelled callers."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest

from notifier.core.errors import StoreError
from notifier.stores.sqlite.database import Database
from notifier.stores.sqlite.writer import Writer

T = TypeVar("T")

INSERT = "INSERT INTO remembered (key, value, at) VALUES (?, '', 0)"


@pytest.fixture
async def writer(tmp_path: Path) -> AsyncIterator[Writer]:
    """An open writer."""
    writer = Writer(Database(tmp_path / "notifier.db"))
    await writer.open()
    yield writer
    await writer.close()


def insert(key: str) -> Callable[[Database], str]:
    """Return work that writes one row."""

    def work(database: Database) -> str:
        database.connection.execute(INSERT, (key,))
        return key

    return work


def keys(database: Database) -> list[str]:
    """Return what was written."""
    found = database.connection.execute("SELECT key FROM remembered ORDER BY row")
    return [key for (key,) in found]


class Gate:
    """Work that keeps the thread busy, so that what comes after it waits together."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.entered = threading.Event()

    def __call__(self, _database: Database) -> None:
        """Wait on the writer's thread until opened."""
        self.entered.set()
        assert self.open.wait(10)


async def held_back(writer: Writer, *works: Callable[[Database], T]) -> list[asyncio.Task[T]]:
    """Hand work in while the thread is busy; when this returns, all of it can go at once."""
    gate = Gate()
    busy = asyncio.create_task(writer.run(gate))
    await asyncio.to_thread(gate.entered.wait, 10)
    tasks = [asyncio.create_task(writer.run(work)) for work in works]
    await asyncio.sleep(0)
    gate.open.set()
    await busy
    return tasks


async def test_what_waits_shares_a_transaction(writer: Writer) -> None:
    """Callers that wait together are committed together, each with its own result."""
    commits: list[str] = []

    def hook(database: Database) -> None:
        database.connection.set_commit_hook(lambda: bool(commits.append("commit")))

    await writer.run(hook)
    commits.clear()
    tasks = await held_back(writer, *[insert(f"k{number}") for number in range(20)])
    assert await asyncio.gather(*tasks) == [f"k{number}" for number in range(20)]
    assert 1 <= len(commits) <= 2  # the gate's own, and one for all
    await writer.run(lambda database: database.connection.set_commit_hook(None))


async def test_a_failing_caller_harms_no_other(writer: Writer) -> None:
    """One constraint broken in a group: its caller gets the error, the others their rows."""
    tasks = await held_back(writer, insert("a"), insert("a"), insert("b"))
    first, second, third = await asyncio.gather(*tasks, return_exceptions=True)
    assert (first, third) == ("a", "b")
    assert isinstance(second, StoreError)
    assert await writer.run(keys) == ["a", "b"]


async def test_errors_of_sqlite_name_the_file(writer: Writer, tmp_path: Path) -> None:
    """A caller sees our error, with the path, and the cause chained or named."""
    await writer.run(insert("a"))
    with pytest.raises(StoreError, match=rf"{tmp_path}/notifier\.db: ConstraintError: UNIQUE"):
        await writer.run(insert("a"))


async def test_a_defect_reaches_its_caller(writer: Writer) -> None:
    """An exception that is none of the store's comes through as it is; the thread goes on."""

    def defect(database: Database) -> None:
        database.connection.execute(INSERT, ("undone",))
        raise LookupError("defect")

    with pytest.raises(LookupError, match="defect"):
        await writer.run(defect)
    assert await writer.run(keys) == []


async def test_a_cancelled_caller_that_waited_is_skipped(writer: Writer) -> None:
    """Work whose caller gave up before its turn is not done."""
    gate = Gate()
    busy = asyncio.create_task(writer.run(gate))
    await asyncio.to_thread(gate.entered.wait, 10)
    given_up = asyncio.create_task(writer.run(insert("no")))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.sleep(0)
    gate.open.set()
    await busy
    assert await writer.run(keys) == []


async def test_closing_finishes_what_waits(tmp_path: Path) -> None:
    """Work that was handed in before the end is done and answered."""
    writer = Writer(Database(tmp_path / "notifier.db"))
    await writer.open()
    works = [insert(f"k{number}") for number in range(200)]
    tasks = [asyncio.create_task(writer.run(work)) for work in works]
    await asyncio.sleep(0)
    await writer.close()
    assert len(await asyncio.gather(*tasks)) == 200
    await writer.open()
    assert len(await writer.run(keys)) == 200
    await writer.close()


async def test_the_loop_is_never_blocked(writer: Writer) -> None:
    """While the thread waits for its disk the loop goes on."""
    gate = Gate()
    busy = asyncio.create_task(writer.run(gate))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not busy.done()
    gate.open.set()
    await busy
