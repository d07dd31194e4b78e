"""kill -9 while committing: nothing that was acknowledged is lost (F1, F3)."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from notifier.core.model import State
from notifier.stores.sqlite.store import SqliteStore
from tests.stores import examples

ROOT = Path(__file__).parents[2]
KILLS = 20


def run_and_kill(path: Path, start: int, after_s: float) -> list[tuple[str, str]]:
    """Let a process work for a moment, kill it, and return what it acknowledged."""
    script = (
        "import asyncio, sys; from tests.stores import committing; "
        "asyncio.run(committing.work(sys.argv[1], int(sys.argv[2])))"
    )
    command = [sys.executable, "-c", script, str(path), str(start)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, text=True) as process:
        assert process.stdout is not None
        first = process.stdout.readline()  # it is at work now
        try:
            process.wait(after_s)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        said = [first, *process.stdout.readlines()]
    assert process.returncode == -signal.SIGKILL, said
    complete = [line.split() for line in said if line.endswith("\n")]
    return [(what, id_) for what, id_ in complete]


def check_file(path: Path) -> None:
    """The file a killed process left is sound."""
    connection = apsw.Connection(str(path))
    assert connection.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.slow
@pytest.mark.blocking  # waits for the process it kills
async def test_nothing_acknowledged_is_lost(tmp_path: Path) -> None:
    """After each of many kills every acknowledged row is there, in its state, and can go on."""
    path = tmp_path / "notifier.db"
    chance = random.Random(11)  # noqa: S311 - the moments of the kills
    committed: set[str] = set()
    delivered: set[str] = set()
    for kill in range(KILLS):
        said = run_and_kill(path, kill * 100_000, chance.uniform(0.0, 0.08))
        committed |= {id_ for what, id_ in said if what == "committed"}
        delivered |= {id_ for what, id_ in said if what == "delivered"}
        check_file(path)
        store = SqliteStore(path)
        assert "COLD" not in await store.open()
        found = {row.id: row for row in await examples.all_rows(store)}
        assert committed <= found.keys()
        assert all(found[id_].state is State.DELIVERED for id_ in delivered)
        assert not [row for row in found.values() if row.state is State.SENDING]
        await store.close()
    assert len(committed) > 5 * KILLS
    assert len(delivered) > KILLS
    store = SqliteStore(path)
    await store.open()
    again = {row.id for row in await examples.take(store, limit=10_000)}
    ended = {row.id for row in await examples.all_rows(store) if row.state is State.DELIVERED}
    assert committed <= again | ended
    await store.close()
