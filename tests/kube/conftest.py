"""Fixtures of this room; what they give is in `laboratory`."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.emulator import Emulator
from tests.kube.laboratory import Bench, bench


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    """An API server without objects."""
    async with Emulator() as made:
        yield made


@pytest.fixture
async def lab(emulator: Emulator) -> AsyncIterator[Bench]:
    """A reflector before it, without jitter."""
    async with bench(emulator) as made:
        yield made
