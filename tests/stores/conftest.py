"""Every store of the registry, opened on an empty place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from notifier.core.settings import StoreSettings
from notifier.ports import Store
from notifier.stores import STORES


@pytest.fixture(params=sorted(STORES))
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A store that holds nothing; the conformance suite runs once for each kind."""
    store = STORES[request.param](StoreSettings(path=str(tmp_path / "notifier.db")))
    await store.open()
    yield store
    await store.close()
