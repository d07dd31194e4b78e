"""HTTP to the API server: get, list, watch, and write a Lease; every failure mapped once.

Our own session: the library's honours proxies of the environment and waits for ever. Tokens are
read again every minute and after a 401, TLS files every five minutes (W21, W22).
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal

import aiohttp
from yarl import URL

from notifier.core.errors import DETAIL_LIMIT, ClusterError
from notifier.core.secrets import HIDDEN
from notifier.kube import faults
from notifier.kube.credentials import Access, Loader
from notifier.ports import Clock
from notifier.version import __version__

READ_BUFFER: Final = 256 * 1024
"""Bytes read ahead; a batch is at most about twice as long."""


ERROR_BODY: Final = 64 * 1024
"""Bytes that are read of an answer that is no success."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """Seconds until a connection counts as lost (W16), and between readings of credentials."""

    connect_s: float = 10.0
    header_s: float = 30.0
    read_s: float = 90.0
    token_s: float = 60.0
    tls_s: float = 300.0


class Client:
    """Talks to one API server. `close()` it."""

    def __init__(self, load: Loader, *, clock: Clock, deadlines: Deadlines | None = None) -> None:
        self._load = load
        self._clock = clock
        self._deadlines = deadlines or Deadlines()
        self._loading = asyncio.Lock()
        self._access: Access | None = None
        self._tls: ssl.SSLContext | None = None
        self._tls_digest = b""
        self._loaded_at = self._tls_loaded_at = float("-inf")
        self._session: aiohttp.ClientSession | None = None

    async def get(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        """Return the body of an answer. Raises `ClusterError`."""
        async with self._answer("GET", path, params or {}) as answer:
            return await answer.read()

    async def write(self, method: Literal["POST", "PUT"], path: str, body: bytes) -> bytes:
        """Create or replace an object and return it as it is then. Raises `ClusterError`."""
        async with self._answer(method, path, {}, body) as answer:
            return await answer.read()

    async def stream(self, path: str, params: Mapping[str, str]) -> AsyncGenerator[bytes]:
        """Yield an empty chunk once the server has answered, then the body as it arrives.

        Raises `ClusterError`; `Silent` if nothing came for the read deadline.
        """
        async with self._answer("GET", path, params) as answer:
            yield b""
            while chunk := await answer.content.readany():
                yield chunk

    async def close(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()

    @asynccontextmanager
    async def _answer(
        self, method: str, path: str, params: Mapping[str, str], body: bytes | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send a request and give its answer if it is a JSON one; try once more after a 401."""
        what = f"{method} {path}"
        access = await self._credentials()
        with _mapped(what):
            answer = await self._send(access, method, path, params, body)
            if answer.status == 401:
                answer.release()
                access = await self._credentials(refused=access)
                answer = await self._send(access, method, path, params, body)
            async with answer:
                await _check(what, answer, access)
                yield answer

    async def _send(
        self,
        access: Access,
        method: str,
        path: str,
        params: Mapping[str, str],
        body: bytes | None,
    ) -> aiohttp.ClientResponse:
        """Send a request; return once the header of the answer is there."""
        session = self._opened()
        headers = {"Authorization": access.authorization.reveal()} if access.authorization else {}
        async with asyncio.timeout(self._deadlines.connect_s + self._deadlines.header_s):
            return await session.request(
                method,
                URL(access.server + path, encoded=True).with_query(params),
                headers=headers | (_JSON if body is not None else {}),
                data=body,
                ssl=self._tls if self._tls is not None else True,
                server_hostname=access.server_name,
                proxy=access.proxy,
                allow_redirects=False,  # the token goes to the configured server only
            )

    def _opened(self) -> aiohttp.ClientSession:
        """Return the session, opened at its first use."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, socket_factory=_socket),
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=self._deadlines.connect_s,
                    sock_read=self._deadlines.read_s,
                ),
                headers={
                    "Accept": "application/json",
                    "Accept-Encoding": "identity",
                    "User-Agent": f"notifier/{__version__}",
                },
                trust_env=False,
                cookie_jar=aiohttp.DummyCookieJar(),
                middlewares=(_once,),
                read_bufsize=READ_BUFFER,
            )  # fmt: skip
        return self._session

    async def _credentials(self, *, refused: Access | None = None) -> Access:
        """Return credentials, read again when due or when the server refused the last ones.

        What cannot be read now leaves the former in use. Raises `ClusterError` if there are none.
        """
        async with self._loading:
            if self._access is not None and not self._due(refused):
                return self._access
            self._loaded_at = self._clock.monotonic()
            try:
                access = await self._load()
                await self._renew_tls(access)
            except ClusterError:
                if self._access is None:
                    raise
                return self._access
            self._access = access
            return access

    def _due(self, refused: Access | None) -> bool:
        """Say whether the credentials must be read again."""
        if refused is not None:
            return refused is self._access  # else another request has read them already
        if self._access is not None and self._access.renewed_by_plugin:
            return False
        return self._clock.monotonic() - self._loaded_at >= self._deadlines.token_s

    async def _renew_tls(self, access: Access) -> None:
        """Build a context if the files changed; keep the old one if they cannot be used (W22)."""
        now = self._clock.monotonic()
        fresh = now - self._tls_loaded_at < self._deadlines.tls_s
        if fresh or access.digest == self._tls_digest:
            return
        try:
            self._tls = await asyncio.to_thread(access.tls)
            self._tls_digest = access.digest
        except ClusterError:
            if not self._tls_digest:
                raise
        self._tls_loaded_at = now


def _socket(info: tuple[Any, ...]) -> socket.socket:
    """Make a socket that notices a dead peer (W16)."""
    made = socket.socket(info[0], info[1], info[2])
    made.setblocking(False)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _TCP_OPTIONS:
        if hasattr(socket, name):
            made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return made


_JSON: Final = {"Content-Type": "application/json"}
_SUCCESS: Final = (200, 201)

_TCP_OPTIONS: Final = (
    ("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3),
    ("TCP_USER_TIMEOUT", 60_000),  # milliseconds
)  # fmt: skip


async def _check(what: str, answer: aiohttp.ClientResponse, access: Access) -> None:
    """Raise for an answer other than a JSON one; the token never shows in the error."""
    if answer.status in _SUCCESS and answer.content_type == "application/json":
        return
    body = b""
    while len(body) < ERROR_BODY and (chunk := await answer.content.readany()):
        body += chunk
    secret = access.authorization.reveal().partition(" ")[2]
    if secret:
        body = body.replace(secret.encode(), HIDDEN.encode())
    raise faults.refused(what, answer.status, answer.headers, body)


async def _once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep the session from repeating a request by itself: waiting comes first (W11)."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as err:
        raise ClusterError(f"{request.method} {request.url.path}: {_short(err)}") from err


@contextmanager
def _mapped(what: str) -> Iterator[None]:
    """Map what aiohttp and the system raise."""
    try:
        yield
    except aiohttp.SocketTimeoutError as err:
        raise faults.Silent(f"{what}: nothing received for the read deadline") from err
    except TimeoutError as err:
        raise ClusterError(f"{what}: no answer in time") from err
    except aiohttp.ClientConnectorError as err:
        kind = faults.Busy if isinstance(err.os_error, ConnectionRefusedError) else ClusterError
        raise kind(f"{what}: {_short(err)}") from err
    except (aiohttp.ClientError, OSError, ValueError) as err:  # ValueError: header and URL parsing
        raise ClusterError(f"{what}: {_short(err)}") from err


def _short(err: Exception) -> str:
    """Return the error's type and text, cut."""
    return f"{type(err).__name__}: {err}"[:DETAIL_LIMIT]
