"""The one place where errors of PostgreSQL and its driver become ours.

What the driver says may quote its connection string; the password never gets further than here.
"""

from __future__ import annotations

from typing import Final

import psycopg
from psycopg import errors

from notifier.core.errors import DETAIL_LIMIT, StoreError

_MEANINGS: Final[tuple[tuple[type[psycopg.Error], str, str], ...]] = (
    (errors.InvalidPassword, "refused the credentials", "check user and password"),
    (
        errors.InvalidAuthorizationSpecification,
        "refused the credentials",
        "check user, password and pg_hba.conf",
    ),
    (errors.InvalidCatalogName, "no such database", "create it, or correct store.url"),
    (
        errors.TooManyConnections,
        "no connection is left",
        "raise max_connections, or put a transaction pooler in between",
    ),
    (
        errors.ReadOnlySqlTransaction,
        "read-only, a standby?",
        "let store.url name the primary",
    ),
    (
        errors.InsufficientPrivilege,
        "a right is missing",
        "let the user own the schema `notifier`, or create schemas in the database",
    ),
    (errors.UndefinedTable, "a table is missing", "restart: the schema is made anew, or restore"),
    (errors.InvalidSchemaName, "the schema is missing", "restart: it is made anew, or restore"),
    (errors.DiskFull, "its disk is full", "free space or grow the volume"),
    (errors.QueryCanceled, "took too long", "look at the load and locks of the server"),
    (errors.LockNotAvailable, "a lock was not free in time", "look at the locks of the server"),
    (errors.AdminShutdown, "shutting down", "it is tried again"),
    (errors.CannotConnectNow, "starting or recovering", "it is tried again"),
    (psycopg.DataError, "a value cannot be stored", "report this with the log"),
    (psycopg.OperationalError, "cannot be reached", "check host, port and network"),
)

_TEXTS: Final[tuple[tuple[str, type[psycopg.Error]], ...]] = (
    ("authentication failed", errors.InvalidPassword),
    ("no password supplied", errors.InvalidPassword),
    ("too many clients", errors.TooManyConnections),
    ("too many connections", errors.TooManyConnections),
    ("remaining connection slots", errors.TooManyConnections),
    ("does not exist", errors.InvalidCatalogName),
    ("starting up", errors.CannotConnectNow),
    ("in recovery", errors.CannotConnectNow),
    ("session is read-only", errors.ReadOnlySqlTransaction),
)
"""A refused connection has no code, only words; they are those of the server's C locale."""

AGAIN: Final = (errors.DeadlockDetected, errors.SerializationFailure)
"""Nothing was written, and the same can be tried at once."""


def explained(error: psycopg.Error, place: str, password: str) -> StoreError:
    """Return the error with the place and the fix; the password is cut out of its words."""
    words = " ".join(str(error).split())
    if password:
        words = words.replace(password, "***")
    detail = words[:DETAIL_LIMIT] or type(error).__name__
    kind = _kind(error, words)
    for known, meaning, fix in _MEANINGS:
        if issubclass(kind, known):
            return StoreError(f"{place}: {meaning} ({detail}): {fix}")
    return StoreError(f"{place}: {type(error).__name__}: {detail}")


def _kind(error: psycopg.Error, words: str) -> type[psycopg.Error]:
    """Return what the error is; of a refused connection by its words."""
    if type(error) is not psycopg.OperationalError or error.sqlstate:
        return type(error)
    return next((kind for text, kind in _TEXTS if text in words), type(error))
