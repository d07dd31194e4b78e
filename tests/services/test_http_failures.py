"""What the client's exceptions mean (spec/services.md 6.1, last rows), on real sockets."""

from __future__ import annotations

import asyncio
import inspect
import socket
import ssl
from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest
import yarl

from notifier.core.errors import DeliveryError, Misconfigured, Reason, Retryable
from notifier.ports import Service
from notifier.services import http
from notifier.services.addresses import Guard
from notifier.services.webhook import TYPE
from tests.receivers import certificates
from tests.receivers.behaviour import Behaviour, Script
from tests.receivers.webhooks import WebhookReceiver
from tests.services import samples

Acting = Mapping[str, Service]


async def fault(acting: Acting, url: str, **raw: object) -> DeliveryError:
    """Send to an address and return what went wrong."""
    options, _ = TYPE.options({"url": url, **raw})
    [composed] = samples.compose(TYPE, options)
    with pytest.raises(DeliveryError) as caught:
        await acting["webhook"].send(samples.outgoing(TYPE, composed), options)
    return caught.value


async def test_refused(acting: Acting) -> None:
    """Nobody listens: transient, and certainly not arrived."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = await fault(acting, f"http://127.0.0.1:{port}/secret-path")
    assert isinstance(error, Retryable)
    assert (error.reason, error.ambiguous) == (Reason.NETWORK, False)
    assert error.detail == "http://127.0.0.1: connection refused"


async def test_unknown_name(acting: Acting) -> None:
    """A name that does not resolve is transient: cluster DNS has its moments."""
    error = await fault(acting, "http://no-such-host.invalid/secret-path")
    assert isinstance(error, Retryable)
    assert (error.reason, error.ambiguous) == (Reason.NETWORK, False)
    assert "secret-path" not in error.detail


@pytest.mark.parametrize("act", ["reset", "hang", "garbage", "headers"])
async def test_lost_after_the_request(acting: Acting, act: str) -> None:
    """What breaks after the request was written may have arrived."""
    step = Behaviour(act=act)  # type: ignore[arg-type]
    async with WebhookReceiver(script=Script(step)) as receiver:
        error = await fault(acting, receiver.url)
    assert isinstance(error, Retryable)
    assert error.ambiguous


@pytest.mark.parametrize("days", [1, -1], ids=["self-signed", "expired"])
async def test_a_bad_certificate(acting: Acting, tmp_path: Path, days: int) -> None:
    """A certificate that does not verify is a configuration error, unless checks are off."""
    certificate = certificates.make(tmp_path, days=days)
    async with WebhookReceiver(tls=certificate.server) as receiver:
        error = await fault(acting, receiver.url)
        options, warnings = TYPE.options({"url": receiver.url, "insecureSkipVerify": True})
        [composed] = samples.compose(TYPE, options)
        await acting["webhook"].send(samples.outgoing(TYPE, composed), options)
        assert len(receiver.requests) == 1
    assert isinstance(error, Misconfigured)
    assert error.reason is Reason.CERTIFICATE
    assert error.detail.startswith("https://127.0.0.1: certificate refused: ")
    assert warnings


async def test_tls_to_a_plain_port(acting: Acting) -> None:
    """A handshake that fails is transient and not ambiguous: nothing was sent."""
    async with WebhookReceiver() as receiver:
        error = await fault(acting, receiver.url.replace("http:", "https:"))
    assert isinstance(error, Retryable)
    assert (error.reason, error.ambiguous) == (Reason.NETWORK, False)


async def test_a_handshake_that_never_ends(acting: Acting) -> None:
    """A peer that accepts and says nothing during TLS: no connection in time, not ambiguous."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with asyncio.timeout(8):
            error = await fault(acting, f"https://127.0.0.1:{silent.getsockname()[1]}/")
    assert (error.reason, error.ambiguous) == (Reason.TIMEOUT, False)


def _exceptions() -> list[type[BaseException]]:
    """Return every public exception of the client that a request can raise."""
    found = [each for _, each in inspect.getmembers(aiohttp, inspect.isclass)]
    return [
        each
        for each in found
        if issubclass(each, aiohttp.ClientError) or each is aiohttp.ServerTimeoutError
    ]


@pytest.mark.parametrize("kind", _exceptions(), ids=lambda kind: kind.__name__)
def test_every_exception_of_the_client_is_mapped(kind: type[Exception]) -> None:
    """A new exception of the library gets a meaning, never the fallback for defects."""
    error = kind.__new__(kind)
    if isinstance(error, aiohttp.ClientConnectorError):
        error._os_error = OSError(111, "Connect call failed ('10.0.0.1', 80)")
    assert http.failure(error, "http://h").reason is not Reason.DEFECT
    assert "10.0.0.1" not in http.failure(error, "http://h").detail


async def test_no_more_than_the_limit_is_read(guard: Guard) -> None:
    """Whoever asks for a body gets at most 64 KiB of it."""
    step = Behaviour(body=b"x" * (http.READ_LIMIT + 1))
    async with (
        WebhookReceiver(script=Script(step)) as receiver,
        http.open_session(guard) as session,
    ):
        async with session.get(receiver.url) as response:
            with pytest.raises(aiohttp.ClientPayloadError):
                await response.read()
        receiver.script.then(Behaviour(body=b"x" * http.READ_LIMIT))
        async with session.get(receiver.url) as response:
            assert len(await response.read()) == http.READ_LIMIT


async def test_the_session_keeps_to_itself(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy from the environment, no cookies, no decompression, one context."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    step = Behaviour(headers={"Set-Cookie": "a=b"}, act="bomb")
    async with (
        WebhookReceiver(script=Script(step)) as receiver,
        http.open_session(guard) as session,
    ):
        for _ in range(2):
            async with session.get(yarl.URL(receiver.url)) as response:
                assert (await response.read())[:2] == b"\x1f\x8b"
    assert all("Cookie" not in dict(each["headers"]) for each in receiver.requests)
    assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED
