"""HTTP/1.1 over kept connections, as little of it as a webhook needs: one request, one answer.

Most deliveries are webhooks, and a general client spends more on one than everything else in the
daemon together (measured: 2.5 times). So requests go out as one write, answers are read by
httptools, and what is not needed does not exist: no redirects, cookies, decompression, proxies,
repeats. Every connection is opened by the address guard.
"""

from __future__ import annotations

import asyncio
import errno
import re
import socket
import ssl
import urllib.parse
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import httptools
from typing_extensions import override

from notifier.services import contexts, proxies
from notifier.services.addresses import Guard
from notifier.services.transport import USUAL, Trust
from notifier.version import __version__

READ_LIMIT: Final = 64 * 1024
"""Bytes of an answer, head and body, beyond which its connection is given up (security.md S7)."""

BODY_S: Final = 1.0
"""Seconds a body may take after its head: the verdict is known, only the connection is at stake."""

CONNECT_S: Final = 5.0
IDLE_S: Final = 15.0

OWN: Final = (
    f"User-Agent: notifier/{__version__}\r\nAccept: */*\r\nAccept-Encoding: identity".encode()
)
"""Headers that every request has."""

_BREAKING: Final = re.compile(r"[\r\n\0]")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where connections lead, how they are secured (None: plain), and through which proxy."""

    host: str
    port: int
    trust: Trust | None = None
    proxy: proxies.Proxy | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A URL, as far as a request needs it: the origin, path with query, and our own headers."""

    origin: Origin
    host: bytes
    path: bytes
    own: bytes = OWN


def target(url: str, trust: Trust = USUAL, proxy: proxies.Proxy | None = None) -> Target:
    """Take an encoded http or https URL apart. Raises `ValueError`."""
    parts = urllib.parse.urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    origin = Origin(parts.hostname or "", port, trust if secure else None, proxy)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host, own = parts.netloc.rpartition("@")[2], OWN
    if proxy is not None and not secure:
        path = f"http://{host}{path}"
        own += f"\r\n{proxy.login.reveal()}".encode("latin-1") if proxy.login else b""
    return Target(origin, host.encode("ascii"), path.encode("ascii"), own)


def request(
    method: str, where: Target, headers: Iterable[tuple[str, str]], body: bytes | None
) -> bytes:
    """Return the bytes of a request. Raises `ValueError` for a header that would break out of its
    line, whoever let it through."""
    lines = [
        b"%b %b HTTP/1.1\r\nHost: %b\r\n%b" % (method.encode(), where.path, where.host, where.own)
    ]
    for name, value in headers:
        line = f"{name}: {value}"
        if _BREAKING.search(line):
            raise ValueError("a header with a line break")
        lines.append(line.encode("latin-1"))
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    elif method not in ("GET", "HEAD", "OPTIONS"):
        lines.append(b"Content-Length: 0")
    return b"\r\n".join((*lines, b"", body or b""))


class NoConnection(Exception):
    """Nothing was sent: the cause says why no connection could be made."""


class Unanswered(Exception):
    """The request was written and no answer came: it may have been taken all the same."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and headers (names as `Retry-After`); the body does not matter."""

    status: int
    headers: Mapping[str, str]


class Wire:
    """Kept connections by origin, for one event loop. `close()` it."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._idle: dict[Origin, list[tuple[float, _Connection]]] = {}
        self._open: set[_Connection] = set()

    async def exchange(self, origin: Origin, request: bytes) -> Answer:
        """Send a whole request and return the answer. Deadlines are the caller's.

        Raises `NoConnection` before the request is written, `Unanswered` after. When cancelled the
        connection is closed.
        """
        connection = self._take(origin) or await self._connect(origin)
        try:
            answer = await connection.exchange(request)
        except BaseException:  # cancelled too: an answer that comes later is nobody's
            self._discard(connection)
            raise
        if connection.reusable:
            now = asyncio.get_running_loop().time()
            self._idle.setdefault(origin, []).append((now, connection))
        else:
            self._discard(connection)
        return answer

    async def close(self) -> None:
        """Close every connection."""
        for connection in list(self._open):
            self._discard(connection)
        self._idle.clear()

    def _take(self, origin: Origin) -> _Connection | None:
        """Return a kept connection that is still good; forget those that are not."""
        idle = self._idle.get(origin)
        oldest = asyncio.get_running_loop().time() - IDLE_S
        while idle:
            since, connection = idle.pop()
            if since > oldest and connection.reusable:
                return connection
            self._discard(connection)
        return None

    async def _connect(self, origin: Origin) -> _Connection:
        try:
            async with asyncio.timeout(CONNECT_S):
                connection = await self._secured(origin, await self._reached(origin))
        except (OSError, UnicodeError) as error:  # TLS and time-outs are OSErrors
            raise NoConnection from error
        self._open.add(connection)
        return connection

    async def _reached(self, origin: Origin) -> socket.socket:
        """Return a socket connected to the receiver, or to the proxy on the way to it."""
        proxy = origin.proxy
        if proxy is None:
            return await self._guard.connect(origin.host, origin.port)
        proxies.check(self._guard, origin.host)
        opened = await self._guard.connect(proxy.host, proxy.port)
        if origin.trust is not None:
            try:
                await proxies.tunnel(opened, proxy, origin.host, origin.port)
            except BaseException:  # cancelled too: the socket is nobody's otherwise
                opened.close()
                raise
        return opened

    async def _secured(self, origin: Origin, connected: socket.socket) -> _Connection:
        """Make a connection of a connected socket, over TLS if the origin asks for it."""
        loop = asyncio.get_running_loop()
        tls: ssl.SSLContext | None = None
        name: str | None = None
        try:
            if origin.trust is not None:
                tls = await contexts.context(origin.trust)
                name = origin.trust.server_name or origin.host
            _, connection = await loop.create_connection(
                _Connection, sock=connected, ssl=tls, server_hostname=name
            )
        except BaseException:  # cancelled too: the socket is nobody's otherwise
            connected.close()
            raise
        return connection

    def _discard(self, connection: _Connection) -> None:
        self._open.discard(connection)
        connection.abort()


class _Connection(asyncio.Protocol):
    """One connection; one exchange at a time. httptools calls the `on_…` methods."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[Answer] | None = None
        self._giving_up: asyncio.TimerHandle | None = None
        self._start()

    def _start(self) -> None:
        """Be ready for the next answer."""
        self._parser = httptools.HttpResponseParser(self)
        self._headers: dict[str, str] = {}
        self._head = False
        self._size = 0
        self._complete = True

    @property
    def reusable(self) -> bool:
        """Say whether another request may be sent."""
        return self._complete and self._transport is not None and not self._transport.is_closing()

    async def exchange(self, request: bytes) -> Answer:
        """Write a request, return its answer."""
        transport = self._transport
        if transport is None:  # lost since it was taken: nothing is sent
            raise NoConnection from ConnectionResetError(errno.ECONNRESET, "connection reset")
        self._start()
        self._complete = False
        self._waiter = asyncio.get_running_loop().create_future()
        transport.write(request)
        try:
            return await self._waiter
        finally:
            self._waiter = None
            if self._giving_up is not None:
                self._giving_up.cancel()
                self._giving_up = None

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    # --- asyncio calls these ------------------------------------------------------------------

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # a stream's transport, always

    @override
    def data_received(self, data: bytes) -> None:
        if self._waiter is None:  # words nobody asked for
            self.abort()
            return
        self._size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._answer()
        except httptools.HttpParserError:
            self._fail("the answer is not HTTP")
        if self._size > READ_LIMIT:
            self._end("the answer's head is too long")

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._end("connection lost before the answer")

    # --- httptools calls these ----------------------------------------------------------------

    def on_message_begin(self) -> None:
        """Start an answer; one that nobody waits for ends the connection."""
        self._headers = {}
        if self._complete:
            self.abort()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; the last of a name counts."""
        self._headers[name.decode("latin-1").title()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """Give the body its time, if there is one to come."""
        if self._parser.get_status_code() < 200:
            return
        self._head = True
        self._giving_up = asyncio.get_running_loop().call_later(BODY_S, self._answer)

    def on_message_complete(self) -> None:
        """Give the answer; an interim one (1xx) is followed by another."""
        if not self._head:
            return
        self._complete = self._parser.should_keep_alive()
        self._answer()

    # --- ends of an exchange ------------------------------------------------------------------

    def _end(self, why: str) -> None:
        """End an exchange early: with the answer if its head is known."""
        if self._head:
            self._answer()
        else:
            self._fail(why)

    def _answer(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            status = self._parser.get_status_code()
            self._waiter.set_result(Answer(status, self._headers))

    def _fail(self, why: str) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(Unanswered(why))
