"""Where each store of the registry keeps what it holds, empty each time it is asked for."""

from __future__ import annotations

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
    return StoreSettings(type="postgres", url=postgres.shared().database())
