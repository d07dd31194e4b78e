"""The shared HTTP session, one exchange over it, and what its exceptions mean.

aiohttp is mapped here and nowhere else: `failure` covers its public exceptions (a test walks them).
Import it where a service is built, not where its type is declared: it costs start-up time.
"""

from __future__ import annotations

import asyncio
import functools
import os
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import aiohttp
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult
from typing_extensions import override

from notifier.core.errors import DeliveryError, Misconfigured, Permanent, Reason, Retryable
from notifier.ports import Clock
from notifier.services import answers, contexts, proxies, transport, wire
from notifier.services.addresses import Blocked, Guard
from notifier.services.wire import BODY_S, CONNECT_S, READ_LIMIT
from notifier.version import __version__

HEADERS: Final = {"User-Agent": f"notifier/{__version__}", "Accept-Encoding": "identity"}


class BoundedResponse(aiohttp.ClientResponse):
    """A response whose body is never read beyond `READ_LIMIT`, whoever asks for it.

    That of a refusal is read for `BODY_S` at most and is empty then: its status says enough.
    """

    @override
    async def read(self) -> bytes:
        if self._body is None:
            if self.ok:
                self._body = await self._whole()
            else:
                try:
                    async with asyncio.timeout(BODY_S):
                        self._body = await self._whole()
                except (aiohttp.ClientError, OSError):
                    self._body = b""
                    self.close()
        return self._body

    async def _whole(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while not self.content.at_eof():
            chunk = await self.content.read(READ_LIMIT + 1 - size)
            parts.append(chunk)
            size += len(chunk)
            if size > READ_LIMIT:
                self.close()
                raise aiohttp.ClientPayloadError("the answer is too long")
        return b"".join(parts)


class _Resolver(AbstractResolver):
    """The system's resolver in a thread; tells the guard what names stand for."""

    def __init__(self, guard: Guard) -> None:
        self._inner = aiohttp.ThreadedResolver()
        self._guard = guard

    @override
    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        self._guard.resolved(host, [each["host"] for each in found])
        return found

    @override
    async def close(self) -> None:
        await self._inner.close()


def open_session(guard: Guard, *, timeout_s: float = 15.0) -> aiohttp.ClientSession:
    """Return the session that all services of a scope share; call it on the running loop.

    No cookies, no proxies from the environment, no decompression; every socket passes the guard.
    The deadline of an exchange is `timeout_s` unless its service says otherwise.
    """
    connector = aiohttp.TCPConnector(
        limit=0,  # the dispatcher bounds how many attempts run
        resolver=_Resolver(guard),
        socket_factory=guard.open_socket,
        keepalive_timeout=30.0,
    )
    session = aiohttp.ClientSession(
        connector=connector,
        headers=HEADERS,
        skip_auto_headers=("Content-Type",),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=timeout(timeout_s),
        trust_env=False,
        auto_decompress=False,
        response_class=BoundedResponse,
    )
    session._retry_connection = False  # an attempt is one request; no public switch exists
    return session


@functools.lru_cache(maxsize=64)
def timeout(total_s: float) -> aiohttp.ClientTimeout:
    """Return the limits of one exchange: its total, and the connection within it."""
    return aiohttp.ClientTimeout(total=total_s, connect=CONNECT_S)


async def arguments(
    options: transport.Transport, url: str, guard: Guard, *, named: bool = True
) -> dict[str, Any]:
    """Return what a request over the session needs to honour the common options; `named`: the
    receiver's own `tls.serverName` is meant. Raises `DeliveryError`."""
    trust, place = options.trust, transport.place(url)
    found: dict[str, Any] = {"allow_redirects": False, "ssl": trust.verify}
    try:
        if not trust.usual:
            found["ssl"] = await contexts.context(trust)
        if options.proxy:
            proxies.check(guard, yarl.URL(url).raw_host or "")
            found["proxy"] = options.proxy.reveal()
    except contexts.Unusable as error:
        raise unusable(error, place) from error
    except Blocked as error:
        raise _connecting(error, place) from error
    if named and trust.server_name:
        found["server_hostname"] = trust.server_name
    if options.timeout_s is not None:
        found["timeout"] = timeout(options.timeout_s)
    return found


async def exchange(
    kept: wire.Wire,
    where: wire.Target,
    *,
    method: str,
    headers: Iterable[tuple[str, str]],
    body: bytes | None,
    place: str,
    timeout_s: float | None,
) -> wire.Answer:
    """Make one exchange over a kept connection. `place` is scheme and host for errors.

    Raises `DeliveryError` if there was no answer.
    """
    try:
        request = wire.request(method, where, headers, body)
        if timeout_s is None:  # the dispatcher's deadline holds
            return await kept.exchange(where.origin, request)
        async with asyncio.timeout(timeout_s):
            return await kept.exchange(where.origin, request)
    except (wire.NoConnection, wire.Unanswered, TimeoutError, ValueError) as error:
        raise failure(error, place) from error


def failure(error: Exception, place: str) -> DeliveryError:
    """Return what an exception of the client means (spec/services.md 6.1, last rows).

    Nothing of its text is kept: it may hold URL, headers or the words of the other side.
    """
    for kinds, meaning in _FAILURES:
        if isinstance(error, kinds):
            return meaning(error, place)
    return Permanent(Reason.DEFECT, f"{place}: the request could not be made")


def _connecting(error: Exception, place: str) -> DeliveryError:
    cause = getattr(error, "os_error", error)
    if isinstance(cause, Blocked):
        return Misconfigured(Reason.BLOCKED, f"{place}: the address is not allowed")
    number = getattr(cause, "errno", None)
    why = os.strerror(number).lower() if number else "no connection"
    return Retryable(Reason.NETWORK, f"{place}: {why}")


def _unconnected(error: Exception, place: str) -> DeliveryError:
    """Say why `wire` could not connect: nothing was sent."""
    match error.__cause__:
        case ssl.SSLCertVerificationError() as cause:
            return _certificate(cause, place)
        case contexts.Unusable() as cause:
            return unusable(cause, place)
        case proxies.Refused() as cause:
            return _proxy(cause.status, place)
        case ssl.SSLError():
            return Retryable(Reason.NETWORK, f"{place}: TLS handshake failed")
        case socket.gaierror() | UnicodeError():
            return Retryable(Reason.NETWORK, f"{place}: the name cannot be resolved")
        case TimeoutError():
            return Retryable(Reason.TIMEOUT, f"{place}: no connection in time")
        case cause:
            return _connecting(cause if isinstance(cause, Exception) else error, place)


def _certificate(error: Exception, place: str) -> DeliveryError:
    cause = getattr(error, "certificate_error", error)
    why = getattr(cause, "verify_message", "") or "not valid for this host"
    return Misconfigured(Reason.CERTIFICATE, f"{place}: certificate refused: {why}")


def unusable(error: contexts.Unusable, place: str) -> DeliveryError:
    """Return the error for configured certificates that cannot be used."""
    return Misconfigured(Reason.CERTIFICATE, f"{place}: {error.option} cannot be used")


def _proxy(status: int, place: str) -> DeliveryError:
    """Say why the proxy did not open the way: nothing was sent."""
    if status == 407:
        return Misconfigured(Reason.CREDENTIAL, f"{place}: the proxy wants other credentials")
    if status == 403:
        return Misconfigured(Reason.BLOCKED, f"{place}: the proxy does not allow this receiver")
    return Retryable(Reason.NETWORK, f"{place}: the proxy did not connect")


def _proxy_answer(error: Exception, place: str) -> DeliveryError:
    return _proxy(getattr(error, "status", 0), place)


def _fixed(
    kind: type[Retryable | Permanent | Misconfigured], reason: Reason, what: str, **more: bool
) -> Callable[[Exception, str], DeliveryError]:
    def meaning(_: Exception, place: str) -> DeliveryError:
        return kind(reason, f"{place}: {what}", **more)

    return meaning


_FAILURES: Final[Sequence[tuple[Any, Callable[[Exception, str], DeliveryError]]]] = (
    (wire.NoConnection, _unconnected),
    (
        wire.Unanswered,
        _fixed(Retryable, Reason.NETWORK, "connection lost before the answer", ambiguous=True),
    ),
    (
        (aiohttp.ClientConnectorCertificateError, aiohttp.ServerFingerprintMismatch),
        _certificate,
    ),
    (
        aiohttp.ClientConnectorSSLError,
        _fixed(Retryable, Reason.NETWORK, "TLS handshake failed"),
    ),
    (
        aiohttp.ClientConnectorDNSError,
        _fixed(Retryable, Reason.NETWORK, "the name cannot be resolved"),
    ),
    (aiohttp.ClientHttpProxyError, _proxy_answer),
    (aiohttp.ClientConnectorError, _connecting),
    (
        aiohttp.ConnectionTimeoutError,
        _fixed(Retryable, Reason.TIMEOUT, "no connection in time"),
    ),
    (TimeoutError, _fixed(Retryable, Reason.TIMEOUT, "no answer in time", ambiguous=True)),
    (
        aiohttp.InvalidURL,
        _fixed(Misconfigured, Reason.CONFIGURATION, "the URL cannot be used"),
    ),
    (
        (aiohttp.ClientError, OSError),
        _fixed(Retryable, Reason.NETWORK, "connection lost before the answer", ambiguous=True),
    ),
)
"""First match decides; more special exceptions stand before more general ones."""


def refusal(
    status: int, headers: Mapping[str, str], place: str, clock: Clock
) -> DeliveryError | None:
    """Return the error that an answer means, None for success."""
    if 200 <= status <= 299:
        return None
    return answers.refusal(status, headers, place, now=clock.now())
