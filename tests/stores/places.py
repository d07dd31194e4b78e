"""Where each store of the registry keeps what it holds, empty each time it is asked for."""

from __future__ import annotations

import functools
import os
from pathlib import Path

import pytest

from notifier.core.settings import StoreSettings
from notifier.stores import STORES
from tests import postgres


def kinds() -> list[str]:
    """Return the stores that can be tried here."""
    return [kind for kind in sorted(STORES) if kind != "postgres" or available()]


def available() -> bool:
    """Say whether there is a PostgreSQL server; in CI there has to be."""
    if os.environ.get("CI"):
        assert not postgres.missing(), postgres.missing()
    return not postgres.missing()


def empty(kind: str, folder: Path) -> StoreSettings:
    """Return the settings of an empty store; skips, loudly, where there is no server."""
    if kind != "postgres":
        return StoreSettings(path=str(folder / f"{kind}.db"))
    if not available():
        pytest.skip(postgres.missing())
    return StoreSettings(type="postgres", url=emptied())


def emptied() -> str:
    """Return the URL of the one database of these tests, emptied: making one takes ten times as
    long. Whoever used it before has closed its store."""
    url = _database()
    sql = "SELECT tablename FROM pg_tables WHERE schemaname = 'notifier'"
    tables = {name for (name,) in postgres.shared().execute(sql, url)} - {"schema_version"}
    if tables:
        names = ", ".join(f"notifier.{name}" for name in sorted(tables))
        postgres.shared().execute(f"TRUNCATE {names} RESTART IDENTITY", url)
        postgres.shared().execute("INSERT INTO notifier.fence (epoch) VALUES (0)", url)
    return url


@functools.cache
def _database() -> str:
    return postgres.shared().database()


def readable(folder: Path) -> Path:
    """Let the server's user in, down to the folder."""
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o1:
            parent.chmod(parent.stat().st_mode | 0o55)
    return folder
