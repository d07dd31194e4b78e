"""Checks and migrations at start: a database that cannot be used is refused, with the reason."""

from __future__ import annotations

from typing import Final

from psycopg import sql

from notifier.core.errors import StoreError
from notifier.stores import scripts
from notifier.stores.postgres import database
from notifier.stores.postgres.database import PACKAGE, Database, Session

OLDEST_SERVER: Final = 130_000
"""First `server_version_num` that this store is written for: PostgreSQL 13."""


async def opened(base: Database, owner: str) -> str:
    """Check, migrate, take back claims of `owner`; return the line that says what was opened.

    Raises `StoreError`.
    """
    async with base.connections.lent() as connection:
        session = Session(connection)
        version, weakness = await _checked(base.place, session)
        async with database.transaction(connection) as inside:
            schema = await _migrated(base.place, inside)
        await _may_use(base.place, session)
        await session.execute("orphan_claims", {"owner": owner})
        ((waiting,),) = await session.select("count_waiting")
    line = f"PostgreSQL {version} at {base.place}, schema {schema}, {waiting} deliveries waiting"
    return f"{line}, durability: degraded ({weakness})" if weakness else line


async def _checked(place: str, session: Session) -> tuple[str, str]:
    """Return the server's version and what weakens its durability. Raises `StoreError`."""
    ((number, version, read_only, encoding, fsync, synchronous, _),) = await session.select(
        "server"
    )
    if number < OLDEST_SERVER:
        raise StoreError(f"{place}: PostgreSQL {version} is too old: 13 or newer is needed")
    if read_only:
        raise StoreError(
            f"{place}: read-only, a standby?: let store.url name the primary, or several hosts"
        )
    if encoding != "UTF8":
        raise StoreError(f"{place}: its encoding is {encoding}: create the database with UTF8")
    weak = [f"fsync is {fsync}"] if fsync != "on" else []
    weak += [f"synchronous_commit is {synchronous}"] if synchronous == "off" else []
    return version, ", ".join(weak)


async def _migrated(place: str, session: Session) -> int:
    """Bring the schema to the newest version; return which it is then. Raises `StoreError`.

    `oldest` is the oldest release's schema that can still work with it: a newer replica migrates
    while older ones go on (spec/reliability.md 3.3).
    """
    await session.execute("migration_lock")
    known = scripts.migrations(PACKAGE)
    ((exists,),) = await session.select("schema_exists")
    if not exists:
        await _create(place, session)
    ((version, oldest),) = await session.select("version")
    if oldest > len(known):
        raise StoreError(
            f"{place}: schema {version} needs a newer version than this, which knows "
            f"{len(known)}: run the newer version, or restore an older backup"
        )
    for number, script in enumerate(known[version:], version + 1):
        await session.connection.execute(sql.SQL(script))  # our own file
        await session.execute("set_version", {"version": number})
    return max(int(version), len(known))


async def _create(place: str, session: Session) -> None:
    ((tables,),) = await session.select("foreign_tables")
    if tables:
        raise StoreError(
            f"{place}: its schema `notifier` is of something else: use a database of its own"
        )
    await session.execute("create_schema")
    await session.execute("create_version")
    await session.execute("insert_version")


async def _may_use(place: str, session: Session) -> None:
    """Raise `StoreError` unless every right is there."""
    missing = await session.select("missing_rights")
    if missing:
        named = ", ".join(f"{right} on {table}" for table, right in missing[:4])
        raise StoreError(
            f"{place}: a right is missing ({named}): grant it, or let the user own the schema"
        )
