"""Every store of the registry, opened on an empty place."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from notifier.ports import Store
from notifier.stores import STORES
from tests.stores import places


@pytest.fixture(params=sorted(STORES))
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    """A store that holds nothing; the conformance suite runs once for each kind."""
    store = STORES[request.param](places.empty(request.param, tmp_path))
    await store.open()
    yield store
    await store.close()
