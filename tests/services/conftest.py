"""What tests of services share: a session that may reach loopback, and the acting halves."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Mapping

import aiohttp
import pytest

from notifier import services
from notifier.ports import Service
from notifier.services import http
from notifier.services.addresses import Guard
from tests.services.samples import StillClock


@pytest.fixture
def guard() -> Guard:
    """The guard as a test cluster configures it."""
    return Guard(["127.0.0.1", "localhost"])


@pytest.fixture
async def session(guard: Guard) -> AsyncIterator[aiohttp.ClientSession]:
    """The shared session."""
    async with http.open_session(guard, timeout_s=5.0) as opened:
        yield opened


@pytest.fixture
async def acting(
    session: aiohttp.ClientSession, guard: Guard
) -> AsyncIterator[Mapping[str, Service]]:
    """Every acting half."""
    built = services.build_all(
        session=session,
        clock=StillClock(),
        guard=guard,
        hostname="notifier.test",
        out=io.StringIO(),
    )
    yield built
    for service in built.values():
        await service.close()
