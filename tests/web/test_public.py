"""Health, readiness and metrics, asked over a real socket."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest

from notifier.web import public, serving


@dataclass
class State:
    """What the fake daemon says of itself."""

    alive: bool = True
    readiness: public.Readiness = field(default_factory=lambda: public.Readiness(ready=True))


@pytest.fixture
def state() -> State:
    """A healthy daemon."""
    return State()


@pytest.fixture
async def url(state: State) -> AsyncIterator[str]:
    """The address of a public port."""
    view = public.PublicView(
        alive=lambda: state.alive, readiness=lambda: state.readiness, metrics=lambda: b"up 1\n"
    )
    served = await serving.serve(public.application(view), "127.0.0.1", 0)
    yield f"http://127.0.0.1:{served.port}"
    await served.stop()


async def get(url: str) -> tuple[int, str, str]:
    """Return status, content type and text."""
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, answer.headers["Content-Type"], await answer.text()


async def test_healthz_follows_the_heartbeat(url: str, state: State) -> None:
    """200 while the loop lives, 503 after."""
    assert (await get(f"{url}/healthz"))[0] == 200
    state.alive = False
    assert (await get(f"{url}/healthz"))[0] == 503


async def test_readyz_says_why_not(url: str, state: State) -> None:
    """The reason stands in the text."""
    assert (await get(f"{url}/readyz"))[::2] == (200, "ready\n")
    state.readiness = public.Readiness(ready=False, reason="syncing 1/3")
    assert (await get(f"{url}/readyz"))[::2] == (503, "not ready: syncing 1/3\n")


async def test_readyz_verbose_is_json(url: str, state: State) -> None:
    """What is degraded does not make it unready; detail is merged in."""
    state.readiness = public.Readiness(
        ready=True, degraded=("experiments: no right",), detail={"store": "sqlite 3.51.3"}
    )
    async with aiohttp.ClientSession() as session, session.get(f"{url}/readyz?verbose") as answer:
        assert answer.status == 200
        assert await answer.json() == {
            "ready": True,
            "reason": "",
            "role": "leader",
            "degraded": ["experiments: no right"],
            "store": "sqlite 3.51.3",
        }


async def test_metrics_are_prometheus_text(url: str) -> None:
    """Scrapers refuse another content type."""
    assert await get(f"{url}/metrics") == (200, public.METRICS_TYPE, "up 1\n")


async def test_the_public_port_shows_nothing_else(url: str) -> None:
    """The ledger is not reachable from other hosts."""
    assert (await get(f"{url}/api/v1/deliveries"))[0] == 404


async def test_a_taken_port_is_an_error() -> None:
    """Two daemons on one port: the second says so."""
    view = public.PublicView(alive=bool, readiness=State().readiness.__class__, metrics=bytes)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="address already in use"):
            await serving.serve(public.application(view), "127.0.0.1", taken.getsockname()[1])
