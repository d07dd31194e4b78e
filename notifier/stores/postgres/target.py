"""Which database, and with which password: read anew for each connection."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import conninfo

from notifier.core.errors import StoreError

_DEFAULTS: Final[dict[str, Any]] = {
    "application_name": "notifier",
    "connect_timeout": 5,
    # A peer that vanished is noticed in seconds, not in the system's two hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
"""What holds unless the URL says otherwise."""

_SEVERAL: Final = {"target_session_attrs": "read-write"}
"""Of several hosts the primary."""


class Target:
    """A PostgreSQL URL. Raises `StoreError`, without quoting it, if it cannot be read."""

    def __init__(self, url: str, password_file: str = "") -> None:
        try:
            given = conninfo.conninfo_to_dict(url)
        except psycopg.Error:
            # What the library says may quote the password; nobody needs to see where it stopped.
            raise StoreError(
                "store.url: not the URL of a PostgreSQL database: write "
                "postgresql://user@host:5432/name, special characters percent-encoded"
            ) from None
        several = _SEVERAL if "," in str(given.get("host", "")) else {}
        self._options = _DEFAULTS | several | given
        self._file = Path(password_file) if password_file else None
        self.place = _place(given)

    def options(self) -> dict[str, Any]:
        """Return what to connect with; blocking. Raises `StoreError`."""
        if self._file is None:
            return dict(self._options)
        try:
            password = self._file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "not text"
            raise StoreError(
                f"{self.place}: password file {self._file}: {reason}: check store.password_file"
            ) from None
        return self._options | {"password": password}


def _place(given: dict[str, Any]) -> str:
    """Name the database in errors, without credentials."""
    host, port = given.get("host") or "localhost", given.get("port") or 5432
    return f"postgresql://{host}:{port}/{given.get('dbname') or given.get('user') or ''}"
