"""Named statements on lent connections: one alone, or several in a transaction."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from psycopg import sql

from notifier.stores import scripts
from notifier.stores.postgres.connections import Connection, Connections
from notifier.stores.postgres.failures import AGAIN
from notifier.stores.postgres.target import Target

T = TypeVar("T")

PACKAGE: Final = "notifier.stores.postgres"

_TRIES: Final = 3
"""Times that work is begun if the server undoes it because of somebody else's."""

Parameters = Mapping[str, Any]
Row = tuple[Any, ...]


class Session:
    """One connection, inside a transaction or not."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    async def select(self, name: str, parameters: Parameters | None = None) -> list[Row]:
        """Run a named statement and return its rows."""
        cursor = await self.connection.execute(_statement(name), parameters)
        return await cursor.fetchall()

    async def execute(self, name: str, parameters: Parameters | None = None) -> int:
        """Run a named change and return how many rows it changed."""
        cursor = await self.connection.execute(_statement(name), parameters)
        return cursor.rowcount


class Database:
    """A PostgreSQL database. Every failure is a `StoreError`."""

    def __init__(self, target: Target) -> None:
        self.connections = Connections(target)

    @property
    def place(self) -> str:
        """Where it is, without credentials."""
        return self.connections.place

    async def select(self, name: str, parameters: Parameters | None = None) -> list[Row]:
        """Run one named statement by itself and return its rows."""
        async with self.connections.lent() as connection:
            return await Session(connection).select(name, parameters)

    async def execute(self, name: str, parameters: Parameters | None = None) -> int:
        """Run one named change by itself; return how many rows it changed."""
        async with self.connections.lent() as connection:
            return await Session(connection).execute(name, parameters)

    async def read(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Ask several questions over one connection; each sees what is committed by then."""
        async with self.connections.lent() as connection:
            return await work(Session(connection))

    async def batch(self, *statements: tuple[str, Parameters | None]) -> list[list[Row]]:
        """Run statements in one transaction, sent in one go; return the rows of each.

        No lock of it is held while this process is busy or stopped. Again, like `write`, if the
        server undid it.
        """
        async with self.connections.lent() as connection:
            return await _again(lambda: _batched(connection, statements))

    async def write(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Do the work in one transaction; again if the server undid it in favour of another."""
        async with self.connections.lent() as connection:
            return await _again(lambda: _written(connection, work))


async def _again(attempt: Callable[[], Awaitable[T]]) -> T:
    """Make an attempt at a transaction; again if the server undid it in favour of another."""
    for _ in range(_TRIES - 1):
        try:
            return await attempt()
        except AGAIN:
            continue
    return await attempt()


async def _batched(
    connection: Connection, statements: Sequence[tuple[str, Parameters | None]]
) -> list[list[Row]]:
    try:
        async with connection.pipeline():
            await connection.execute("BEGIN")
            cursors = [
                await connection.execute(_statement(name), parameters)
                for name, parameters in (("bounds", None), *statements)
            ]
            await connection.execute("COMMIT")
        return [await cursor.fetchall() if cursor.description else [] for cursor in cursors[1:]]
    except AGAIN:
        await connection.rollback()
        raise


async def _written(connection: Connection, work: Callable[[Session], Awaitable[T]]) -> T:
    async with transaction(connection) as session:
        return await work(session)


@asynccontextmanager
async def transaction(connection: Connection) -> AsyncIterator[Session]:
    """Give a session in a transaction with bounds: nobody waits for a replica that was frozen."""
    async with connection.transaction():
        session = Session(connection)
        await session.execute("bounds")
        yield session


def preload() -> None:
    """Read the statements; blocking."""
    scripts.queries(PACKAGE)
    scripts.migrations(PACKAGE)


def _statement(name: str) -> sql.SQL:
    # The text comes from our own files, never from outside.
    return sql.SQL(scripts.queries(PACKAGE)[name])
