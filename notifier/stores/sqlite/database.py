"""The file: opening and checking it, its one connection, and the lanes that mirror its rows.

Everything here runs on the writer's thread. No call is made outside a transaction once it is open.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec

from notifier.core.errors import StoreError
from notifier.core.model import State
from notifier.stores.lanes import Lanes, Live
from notifier.stores.sqlite import files, statements
from notifier.stores.sqlite.failures import explained

OLDEST: Final = (3, 51, 3)
"""First SQLite without the WAL-reset fault that can lose committed data."""

_CHUNKS: Final = (64, 16, 4, 1)
"""Rows per statement: few distinct statements to prepare, and few steps for a batch. Every step
gives up the interpreter lock, which is what a busy event loop makes expensive."""

_PRAGMAS: Final = (
    "locking_mode = exclusive",  # no shared memory file, no lock calls per transaction
    "journal_mode = wal",
    "synchronous = full",  # an acknowledged commit survives a power cut
    "temp_store = memory",  # reading works on a full disk
    "cache_size = -16000",
    "wal_autocheckpoint = 2000",
    "journal_size_limit = 67108864",
)


class Database:
    """One SQLite file, held exclusively. `max_bytes` caps its size (0: the disk does)."""

    def __init__(self, path: Path, *, max_bytes: int = 0) -> None:
        self.path = path
        self.lanes = Lanes()
        self.last_row = 0
        self._max_bytes = max_bytes
        self._stale = True
        self._lock: files.Lock | None = None
        self._connection: apsw.Connection | None = None

    # --- life ---------------------------------------------------------------------------------

    def open(self) -> str:
        """Lock, check, migrate; return the line that says what was opened. Raises `StoreError`."""
        check_library(apsw.sqlite_lib_version())
        self._lock = files.Lock(self.path)
        try:
            aside = self._prepare_or_move_aside()
        except apsw.Error as error:
            self._abandon()
            raise explained(error, self.path) from error
        except StoreError:
            self._abandon()
            raise
        schema = len(statements.migrations())
        line = f"SQLite {apsw.sqlite_lib_version()} at {self.path}, schema {schema}"
        waiting = f"{len(self.lanes.rows)} deliveries waiting"
        if aside is None:
            return f"{line}, {waiting}"
        return f"{line}, COLD START: the file was corrupt and is kept as {aside}"

    def close(self) -> None:
        """Checkpoint, close and unlock."""
        # A checkpoint needs space; without it the log is complete all the same.
        with contextlib.suppress(apsw.Error):
            self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        self._abandon()

    # --- transactions -------------------------------------------------------------------------

    def begin(self) -> None:
        """Start a transaction on lanes that mirror the file."""
        self.connection.execute("BEGIN IMMEDIATE")
        if self._stale:
            self._refresh()

    def commit(self) -> None:
        """Make the transaction durable."""
        self.connection.execute("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction; the lanes are read again when the next one begins."""
        self._stale = True
        # SQLite has rolled back by itself after some errors (a full disk).
        if self.connection.in_transaction:
            # Should this fail too, the next transaction fails to begin and tries again.
            with contextlib.suppress(apsw.Error):
                self.connection.execute("ROLLBACK")

    # --- statements ---------------------------------------------------------------------------

    @property
    def connection(self) -> apsw.Connection:
        """The connection. Raises `StoreError` while closed."""
        if self._connection is None:
            raise StoreError(f"{self.path}: the store is not open")
        return self._connection

    def select(
        self, name: str, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> list[tuple[Any, ...]]:
        """Run a named query and return its rows."""
        return self.connection.execute(statements.queries()[name], parameters).fetchall()

    def execute(self, name: str, parameters: Sequence[Any] = ()) -> int:
        """Run a named change and return how many rows it changed."""
        self.connection.execute(statements.queries()[name], parameters)
        return self.connection.changes()

    def execute_rows(self, name: str, rows: Sequence[Sequence[Any]]) -> int:
        """Run a named change with `{values}` for all rows, in few statements."""
        changed = start = 0
        while start < len(rows):
            size = next(chunk for chunk in _CHUNKS if chunk <= len(rows) - start)
            part = rows[start : start + size]
            sql = statements.with_values(name, len(part[0]), size)
            self.connection.execute(sql, [value for row in part for value in row])
            changed += self.connection.changes()
            start += size
        return changed

    # --- opening ------------------------------------------------------------------------------

    def _prepare_or_move_aside(self) -> Path | None:
        """Make the file ready; a corrupt one is moved aside first and its new name returned."""
        try:
            self._prepare()
        except (apsw.CorruptError, apsw.NotADBError, ValueError):  # the last: undecodable rows
            self._disconnect()
            aside = files.move_aside(self.path)
            self._prepare()
            return aside
        return None

    def _prepare(self) -> None:
        self._connect()
        self._migrate()
        with self._transaction():
            self.execute("orphan_claims")
            self._refresh()

    def _connect(self) -> None:
        self._connection = apsw.Connection(str(self.path))
        if self._connection.readonly("main"):
            raise StoreError(f"{self.path}: read-only: make it writable for the daemon's user")
        for pragma in _PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}").fetchall()
        mode = self._connection.pragma("journal_mode")
        if mode != "wal":
            raise StoreError(f"{self.path}: no write-ahead log ({mode}): put it on a local volume")
        if self._max_bytes:
            pages = self._max_bytes // self._connection.pragma("page_size")
            self._connection.pragma("max_page_count", pages)
        findings = self._connection.execute("PRAGMA quick_check(1)").fetchall()
        if findings != [("ok",)]:
            raise apsw.CorruptError(str(findings[0][0]))

    def _migrate(self) -> None:
        """Bring the schema to the newest version."""
        scripts = statements.migrations()
        version = int(self.connection.pragma("user_version"))
        if version > len(scripts):
            raise StoreError(
                f"{self.path}: schema {version} is newer than this version knows "
                f"({len(scripts)}): run the newer version, or restore an older file"
            )
        tables = self.connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        if version == 0 and tables != [(0,)]:
            raise StoreError(
                f"{self.path}: a database of something else: choose another store.path"
            )
        for number, script in enumerate(scripts[version:], version + 1):
            with self._transaction():
                self.connection.execute(script)
                self.connection.pragma("user_version", number)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.rollback()
            raise
        self.commit()

    def _refresh(self) -> None:
        """Read the live rows again: what the lanes mirror."""
        self.lanes = Lanes(
            Live(
                number=number,
                id=id_,
                lane=lane,
                namespace=namespace,
                service=service,
                state=State(state),
                due_at=due_at,
                size=size,
                attempt=attempt,
                token=token,
                until=until,
            )
            for (
                number,
                id_,
                lane,
                namespace,
                service,
                state,
                due_at,
                size,
                attempt,
                token,
                until,
            ) in self.select("live")
        )
        ((self.last_row,),) = self.select("last_row")
        self._stale = False

    def _abandon(self) -> None:
        self._disconnect()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close(force=True)
            self._connection = None


def check_library(version: str) -> None:
    """Raise `StoreError` if the library may lose committed data (spec/reliability.md 3.2)."""
    if tuple(int(part) for part in version.split(".")[:3]) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        raise StoreError(
            f"SQLite {version} can lose committed data in WAL mode: install apsw with {oldest} "
            "or newer"
        )


def json_list(values: Iterable[Any]) -> str:
    """Return the values as the JSON array that a query unpacks again."""
    return msgspec.json.encode(list(values)).decode()
