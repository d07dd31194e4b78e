"""The SQLite store and its file: locks, damage, full disks, foreign schemas (F21, F22)."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import apsw
import apsw.ext
import pytest

from notifier.core.errors import StoreError
from notifier.core.model import Delivery, State
from notifier.ports import Intake
from notifier.stores.sqlite import database, statements
from notifier.stores.sqlite.store import SqliteStore
from tests.stores import examples
from tests.stores.examples import NOW


@asynccontextmanager
async def opened(path: Path, **options: int) -> AsyncIterator[tuple[SqliteStore, str]]:
    """A store on the file, closed at the end, and the line it said."""
    store = SqliteStore(path, **options)
    line = await store.open()
    try:
        yield store, line
    finally:
        await store.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store of a test lives."""
    return tmp_path / "notifier.db"


def change(path: Path, sql: str) -> None:
    """Run SQL on a closed store's file."""
    connection = apsw.Connection(str(path))
    connection.execute(sql)
    connection.close()


def content(path: Path) -> bytes:
    """Return the bytes of a file."""
    return path.read_bytes()


def schema(path: Path) -> list[tuple[object, ...]]:
    """Return the schema of a closed store's file."""
    connection = apsw.Connection(str(path))
    found = connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY name").fetchall()
    connection.close()
    return found


async def test_the_line_says_what_was_opened(path: Path) -> None:
    """Library, file, schema and what waits are named."""
    async with opened(path) as (store, line):
        assert line == (
            f"SQLite {apsw.sqlite_lib_version()} at {path}, "
            f"schema {len(statements.migrations())}, 0 deliveries waiting"
        )
        await examples.put(store, examples.delivery())
    async with opened(path) as (_, line):
        assert line.endswith(", 1 deliveries waiting")


async def test_everything_survives_a_restart(path: Path) -> None:
    """Another object on the same file shows the same rows, bytes and references."""
    cause, row, seen = examples.event(), examples.delivery(), examples.snapshot()
    async with opened(path) as (store, _):
        await store.commit([Intake(snapshot=seen, events=[cause], deliveries=[row])])
        claimed = await examples.take_one(store)
        await store.settle([examples.outcome(claimed, remember={"thread": "1.2"})], now=NOW)
        before = await store.delivery(row.id)
    async with opened(path) as (store, _):
        assert await store.delivery(row.id) == before
        assert await store.events() == [(cause, [])]
        assert await store.snapshots() == [seen]
        assert await store.references(["thread"]) == {"thread": "1.2"}


async def test_closing_leaves_one_complete_file(path: Path) -> None:
    """The log is folded into the file at the end."""
    async with opened(path) as (store, _):
        await examples.put(store, examples.delivery())
    assert not path.with_name(path.name + "-wal").exists()
    assert not path.with_name(path.name + "-shm").exists()


async def test_durability_is_full(path: Path) -> None:
    """The file is in WAL mode and every commit is synced."""
    async with opened(path) as (store, _):
        pragma = store._writer._database.connection.pragma
        assert (pragma("journal_mode"), pragma("synchronous")) == ("wal", 2)


async def test_a_closed_store_refuses(path: Path) -> None:
    """Calls before open and after close are errors, not hangs; closing twice is none."""
    store = SqliteStore(path)
    with pytest.raises(StoreError, match="not open"):
        await store.counts()
    await store.open()
    with pytest.raises(StoreError, match="already open"):
        await store.open()
    await store.close()
    await store.close()
    with pytest.raises(StoreError, match="not open"):
        await store.counts()


# --- who may open it --------------------------------------------------------------------------


async def test_a_second_store_on_the_file_is_refused(path: Path) -> None:
    """The lock is exclusive; the error names the file and the fix; the first goes on."""
    async with opened(path) as (store, _):
        with pytest.raises(
            StoreError, match=r"notifier\.db: in use by another process.*one daemon"
        ):
            await SqliteStore(path).open()
        await examples.put(store, examples.delivery())
    async with opened(path) as (store, _):
        assert len(await examples.all_rows(store)) == 1


async def test_a_second_process_is_refused(path: Path) -> None:
    """The lock holds between processes."""
    async with opened(path):
        script = (
            "import asyncio, sys\n"
            "from notifier.core.errors import StoreError\n"
            "from notifier.stores.sqlite.store import SqliteStore\n"
            "try:\n"
            "    asyncio.run(SqliteStore(sys.argv[1]).open())\n"
            "except StoreError as error:\n"
            "    print(error)\n"
        )
        done = subprocess.run(  # noqa: ASYNC221 - the store's thread does not need the loop
            [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
        )
    assert f"{path}: in use by another process" in done.stdout


async def test_a_foreign_reader_keeps_us_out(path: Path) -> None:
    """Someone who has the file open in another tool is named as the cause."""
    async with opened(path):
        pass
    connection = apsw.Connection(str(path))
    connection.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="in use by another process"):
        await SqliteStore(path).open()
    connection.close()
    async with opened(path):
        pass


async def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    """The store does not create its directory: an unmounted volume is an error."""
    with pytest.raises(StoreError, match=r"directory .*/missing does not exist: mount the volume"):
        await SqliteStore(tmp_path / "missing" / "notifier.db").open()


UNPRIVILEGED = """
import asyncio, os, sys
from notifier.core.errors import StoreError
from notifier.stores.sqlite.store import SqliteStore
if os.getuid() == 0:  # whom no permission stops
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
try:
    print(asyncio.run(SqliteStore(sys.argv[1]).open()))
except StoreError as error:
    print("StoreError", error)
"""


def open_unprivileged(path: Path) -> str:
    """Open the store as a user whom permissions stop, and return what it said."""
    done = subprocess.run(
        [sys.executable, "-c", UNPRIVILEGED, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(database.__file__).parents[3],
    )
    return done.stdout.strip()


@pytest.fixture
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory that other users can reach."""
    folder = tmp_path_factory.mktemp("public")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)
    return folder


def test_a_read_only_directory_is_named(public: Path) -> None:
    """Without the right to write the error names directory and fix."""
    public.chmod(0o555)
    said = open_unprivileged(public / "notifier.db")
    assert said.startswith(f"StoreError {public}/notifier.db: Permission denied: make {public}")


def test_a_read_only_file_is_named(public: Path) -> None:
    """SQLite opens a file read-only in silence; we do not."""
    path = public / "notifier.db"
    public.chmod(0o777)
    path.touch()
    path.chmod(0o444)
    lock = public / "notifier.db.lock"
    lock.touch()
    lock.chmod(0o666)
    assert open_unprivileged(path).startswith(f"StoreError {path}: read-only: make it writable")


# --- schema -----------------------------------------------------------------------------------


def test_migrations_are_numbered_without_gap() -> None:
    """The n-th file is called n."""
    folder = Path(statements.__file__).parent / "migrations"
    numbers = sorted(int(file.name[:4]) for file in folder.glob("*.sql"))
    assert numbers == list(range(1, len(statements.migrations()) + 1))


async def test_from_scratch_equals_all_migrations(path: Path, tmp_path: Path) -> None:
    """A store that was opened after each migration has the schema of a new one."""
    async with opened(path):
        pass
    step_by_step = tmp_path / "steps.db"
    for number, script in enumerate(statements.migrations(), 1):
        change(step_by_step, script)
        change(step_by_step, f"PRAGMA user_version = {number}")
    async with opened(step_by_step):
        pass
    assert schema(step_by_step) == schema(path)
    assert len(schema(path)) > len(statements.migrations())


async def test_a_newer_schema_is_refused_and_left_alone(path: Path) -> None:
    """A file of a newer version is named as such, not moved, not changed."""
    async with opened(path) as (store, _):
        await examples.put(store, examples.delivery())
    change(path, "PRAGMA user_version = 99")
    before = content(path)
    with pytest.raises(StoreError, match="schema 99 is newer than this version knows"):
        await SqliteStore(path).open()
    assert content(path) == before
    change(path, f"PRAGMA user_version = {len(statements.migrations())}")
    async with opened(path) as (store, _):
        assert len(await examples.all_rows(store)) == 1


async def test_a_foreign_database_is_refused(path: Path) -> None:
    """A database of something else is not taken over."""
    change(path, "CREATE TABLE theirs (x)")
    with pytest.raises(StoreError, match="a database of something else"):
        await SqliteStore(path).open()


@pytest.mark.parametrize("version", ["3.51.3", "3.51.10", "3.54.1", "4.0.0"])
def test_a_sound_library_is_accepted(version: str) -> None:
    """Versions with the fix pass."""
    database.check_library(version)


@pytest.mark.parametrize("version", ["3.7.0", "3.44.6", "3.50.7", "3.51.2"])
def test_an_old_library_is_refused(version: str) -> None:
    """Versions that can lose committed data are named with the fix."""
    with pytest.raises(StoreError, match=rf"SQLite {version} can lose committed data.*3\.51\.3"):
        database.check_library(version)


async def test_every_query_is_valid_sql(path: Path) -> None:
    """Each named block compiles against the schema, also those that rarely run."""
    async with opened(path):
        pass
    connection = apsw.Connection(str(path))
    for sql in statements.queries().values():
        if "{values}" not in sql:  # their columns are known where they are used
            assert apsw.ext.query_info(connection, sql).query == sql
    connection.close()


def test_every_query_is_used() -> None:
    """No named block is left behind."""
    folder = Path(statements.__file__).parent
    sources = "".join(file.read_text() for file in folder.glob("*.py"))
    assert [name for name in statements.queries() if f'"{name}"' not in sources] == []


# --- damage -----------------------------------------------------------------------------------


async def fill(path: Path, count: int = 50) -> list[Delivery]:
    """Leave a file with deliveries and return them."""
    rows = [examples.delivery(str(number), recipient=f"#{number}") for number in range(count)]
    async with opened(path) as (store, _):
        await examples.put(store, *rows)
    return rows


def zero_the_middle(path: Path) -> None:
    """Overwrite pages in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 4 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 4)
    path.write_bytes(data)


def not_a_database(path: Path) -> None:
    """Put text in its place."""
    path.write_text("this is no database, but it is long enough to have a header" * 99)


def cut_short(path: Path) -> None:
    """Lose the second half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def wrong_value(path: Path) -> None:
    """Put a state into a row that does not exist."""
    data = path.read_bytes()
    assert b"pending" in data
    path.write_bytes(data.replace(b"pending", b"pendinh"))


def not_text(path: Path) -> None:
    """Put bytes into a text column that are no UTF-8."""
    data = path.read_bytes()
    path.write_bytes(data.replace(b"team-a", b"team\xff\xfe"))


@pytest.mark.parametrize(
    "damage", [zero_the_middle, not_a_database, cut_short, wrong_value, not_text]
)
async def test_a_corrupt_file_is_moved_aside(path: Path, damage: Callable[[Path], None]) -> None:
    """The store starts cold and says so; the damaged file is kept with its log files."""
    await fill(path)
    damage(path)
    damaged = content(path)
    path.with_name("notifier.db-shm").write_bytes(b"shm")
    async with opened(path) as (store, line):
        aside = path.with_name("notifier.db.corrupt-1")
        assert line.endswith(f"COLD START: the file was corrupt and is kept as {aside}")
        assert aside.read_bytes() == damaged
        assert aside.with_name(aside.name + "-shm").exists()
        assert await examples.all_rows(store) == []
        await examples.put(store, examples.delivery())
    async with opened(path) as (store, line):
        assert "COLD" not in line
        assert len(await examples.all_rows(store)) == 1


async def test_a_second_corruption_overwrites_nothing(path: Path) -> None:
    """Each corrupt file gets a name of its own."""
    for number in (1, 2):
        not_a_database(path)
        async with opened(path) as (_, line):
            assert line.endswith(f"corrupt-{number}")
    assert path.with_name("notifier.db.corrupt-1").exists()


@pytest.mark.slow
async def test_random_damage_is_found_or_refused(path: Path, tmp_path: Path) -> None:
    """Whatever bytes are flipped: open works, starts cold and says so, or refuses; never hangs."""
    rows = await fill(path, 200)
    whole = content(path)
    chance = random.Random(7)  # noqa: S311 - a fixed sequence of damage
    said = {"ok": 0, "cold": 0, "refused": 0}
    for number in range(40):
        folder = tmp_path / str(number)
        folder.mkdir()
        data = bytearray(whole)
        for _ in range(100):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        (folder / "n.db").write_bytes(data)
        try:
            async with opened(folder / "n.db") as (store, line):
                cold = "COLD START" in line
                said["cold" if cold else "ok"] += 1
                assert (await store.counts())[State.PENDING] == (0 if cold else len(rows))
        except StoreError:
            said["refused"] += 1
        shutil.rmtree(folder)
    assert said["cold"] + said["refused"] > 30, said


# --- a full disk ------------------------------------------------------------------------------


async def put_one_by_one(store: SqliteStore, rows: list[Delivery]) -> None:
    """Commit each row in a call of its own."""
    for row in rows:
        await examples.put(store, row)


async def test_a_full_disk_is_an_error_and_passes(path: Path) -> None:
    """Commits fail with the fix, what is there stays usable, and space brings it back."""
    async with opened(path, max_bytes=400_000) as (store, _):
        rows = [examples.delivery(str(number), recipient=f"#{number}") for number in range(1000)]
        with pytest.raises(StoreError, match=r"notifier\.db: the disk is full.*free space"):
            await put_one_by_one(store, rows)
        kept = rows[: (await store.counts())[State.PENDING]]
        assert len(kept) > 20
        assert {row.id for row in await examples.all_rows(store)} == {row.id for row in kept}
        with pytest.raises(StoreError, match="full"):
            await store.commit([Intake(snapshot=examples.snapshot(data=bytes(100_000)))])
        assert await store.next_due() == NOW
        ids = [row.id for row in kept]
        assert await store.end(ids[:-1], State.EXPIRED, "", now=NOW) == ids[:-1]
        assert await store.collect(before=NOW + 1, keep=0) == len(ids) - 1
        await examples.put(store, examples.delivery("after"))
        assert {row.id for row in await examples.take(store)} == {
            kept[-1].id,
            examples.delivery("after").id,
        }


async def test_a_failed_commit_leaves_no_trace(path: Path) -> None:
    """Neither file nor lanes keep anything of a commit that did not fit."""
    async with opened(path, max_bytes=400_000) as (store, _):
        row = examples.delivery()
        big = Intake(snapshot=examples.snapshot(data=bytes(500_000)), deliveries=[row])
        with pytest.raises(StoreError, match="full"):
            await store.commit([big])
        assert await store.next_due() is None
        assert await examples.take(store) == []
        await examples.put(store, row)
        assert (await examples.take_one(store)).id == row.id
