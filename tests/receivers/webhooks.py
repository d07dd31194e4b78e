"""An HTTP receiver that writes every request to a ledger, then does as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gzip
import ssl
from typing import Any, Self

from aiohttp import web

from tests.receivers.behaviour import Behaviour, Script
from tests.receivers.ledger import Ledger

CHUNK = b"x" * 65_536


@functools.cache
def gzip_bomb() -> bytes:
    """Return 50 kB that unpack to 50 MB."""
    return gzip.compress(bytes(50_000_000))


class WebhookReceiver:
    """An async context manager; `url` is where it listens on loopback."""

    def __init__(
        self,
        ledger: Ledger | None = None,
        script: Script | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        rate: float | None = None,
    ) -> None:
        self.ledger = ledger or Ledger()
        self.script = script or Script()
        self.requests: list[dict[str, Any]] = []
        self.arrived = asyncio.Event()
        self._peers: set[object] = set()
        self.sent_bytes = 0
        self._host = host
        self._port = port
        self._tls = tls
        self._rate = rate
        self._allowed_at = 0.0
        self._runner: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"{'https' if self._tls else 'http'}://{self._host}:{self._port}"

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    @property
    def peers(self) -> int:
        """How many connections requests came over."""
        return len(self._peers)

    async def start(self) -> None:
        """Begin to listen."""
        server = web.Server(self._handle)
        self._runner = web.ServerRunner(server, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port, ssl_context=self._tls)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening and drop what is open."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        if request.transport is not None:
            self._peers.add(request.transport.get_extra_info("peername"))
        if self._too_early():
            return web.Response(status=429, headers={"Retry-After": f"{1 / self._rate:.3f}"})  # type: ignore[operator]
        step = self.script.next()
        self.requests.append(
            {
                "method": request.method,
                "path": request.raw_path if hasattr(request, "raw_path") else request.path_qs,
                "headers": [(name, value) for name, value in request.headers.items()],
                "body": body,
            }
        )
        self.arrived.set()
        if step.record:
            self.ledger.append(
                request.headers.get("webhook-id", ""),
                body,
                path=request.path_qs,
                method=request.method,
            )
        return await self._react(request, step)

    def _too_early(self) -> bool:
        """Say whether the rate limit refuses this one."""
        if self._rate is None:
            return False
        now = asyncio.get_running_loop().time()
        if now < self._allowed_at:
            return True
        self._allowed_at = max(self._allowed_at, now) + 1 / self._rate
        return False

    async def _react(self, request: web.BaseRequest, step: Behaviour) -> web.StreamResponse:
        answer = web.Response(status=step.status, body=step.body, headers=dict(step.headers))
        match step.act:
            case "answer":
                return answer
            case "stall":
                await asyncio.sleep(step.stall_s)
                return answer
            case "bomb":
                answer.headers["Content-Encoding"] = "gzip"
                answer.body = gzip_bomb()
                return answer
            case "flood" | "drip":
                return await self._stream(request, step)
            case _:
                return self._cut(request, step)

    async def _stream(self, request: web.BaseRequest, step: Behaviour) -> web.StreamResponse:
        """Send a body that never ends: as fast as it goes, or a byte a second."""
        stream = web.StreamResponse(status=step.status, headers=dict(step.headers))
        await stream.prepare(request)
        with contextlib.suppress(ConnectionError):
            while True:
                data = CHUNK if step.act == "flood" else b"x"
                await stream.write(data)
                self.sent_bytes += len(data)
                if step.act == "drip":
                    await asyncio.sleep(1)
        return stream

    def _cut(self, request: web.BaseRequest, step: Behaviour) -> web.StreamResponse:
        """End the connection without a proper answer."""
        transport = request.transport
        assert transport is not None
        if step.act == "garbage":
            transport.write(b"\x00\xffnonsense\r\n\r\n")
        if step.act == "headers":
            transport.write(b"HTTP/1.1 200 OK\r\n")
            transport.write(b"".join(b"X-%d: y\r\n" % number for number in range(100_000)))
        if step.act == "reset":
            transport.abort()
        else:
            transport.close()
        return web.Response()
