"""What every test gets: loopback only, no blocking call on the loop, a scrubbed environment."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from pytest_socket import socket_allow_hosts


def pytest_configure() -> None:
    """No loop but those that tests run: looptime would otherwise make one that nobody closes when
    the first test is a synchronous one."""
    asyncio.set_event_loop(None)


def pytest_runtest_setup() -> None:
    """Sockets reach this machine only."""
    socket_allow_hosts(["127.0.0.1", "::1"], allow_unix_socket=True)


@pytest.fixture(autouse=True)
def _no_blocking(request: pytest.FixtureRequest) -> Iterator[BlockBuster | None]:
    """A blocking call of ours on the event loop fails the test."""
    if request.node.get_closest_marker("blocking"):
        yield None
        return
    with blockbuster_ctx("notifier") as blockbuster:
        yield blockbuster


@pytest.fixture
def no_collection() -> Iterator[None]:
    """The garbage collector rests: what a test measures is the code, not a look through everything
    that thousands of other tests left behind, which takes longer than the bound."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings and credentials of the machine reach no test."""
    for name in list(os.environ):
        if name.startswith(("NOTIFIER_", "KUBE", "POD_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _own_logging() -> Iterator[None]:
    """What a test makes of the process's logging ends with it."""
    root, ours = logging.getLogger(), logging.getLogger("notifier")
    kept = root.handlers[:], root.level, ours.level
    yield
    root.handlers[:] = kept[0]
    root.setLevel(kept[1])
    ours.setLevel(kept[2])
    logging.captureWarnings(False)
