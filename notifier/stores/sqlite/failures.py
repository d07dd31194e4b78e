"""The one place where errors of SQLite become ours."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import apsw

from notifier.core.errors import DETAIL_LIMIT, StoreError

_MEANINGS: Final[tuple[tuple[type[apsw.Error], str, str], ...]] = (
    (apsw.FullError, "the disk is full", "free space or grow the volume"),
    (apsw.ReadOnlyError, "read-only", "make it writable for the daemon's user"),
    (apsw.CantOpenError, "cannot be opened", "make its directory writable for the daemon's user"),
    (apsw.PermissionsError, "not permitted", "make it writable for the daemon's user"),
    (apsw.BusyError, "in use by another process", "run one daemon per store file"),
    (apsw.LockedError, "in use by another process", "run one daemon per store file"),
    (apsw.CorruptError, "corrupt", "restart: it is moved aside then"),
    (apsw.NotADBError, "not a database", "restart: it is moved aside then"),
    (apsw.IOError, "the disk failed", "check the volume"),
)


def explained(error: Exception, path: Path) -> StoreError:
    """Return the error with path and fix."""
    detail = str(error)[:DETAIL_LIMIT]
    for kind, meaning, fix in _MEANINGS:
        if isinstance(error, kind):
            return StoreError(f"{path}: {meaning} ({detail}): {fix}")
    return StoreError(f"{path}: {type(error).__name__}: {detail}")
