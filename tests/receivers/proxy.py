"""An egress proxy: CONNECT, and plain requests in absolute form; it notes what it is asked."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import urllib.parse
from typing import Self


class EgressProxy:
    """An async context manager; `url` is where it listens on loopback.

    `login` is what it wants to see, `status` what it answers instead of opening the way; every
    host is taken for this machine, as a proxy's own resolver decides.
    """

    def __init__(self, *, login: tuple[str, str] | None = None, status: int = 200) -> None:
        self.asked: list[str] = []
        self._login = login
        self._status = status
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._pass_on(reader, writer)
        finally:
            writer.close()
            self._tasks.discard(task)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, target, _ = head.split(b"\r\n", 1)[0].decode().split(" ")
        self.asked.append(f"{method} {target}")
        status = self._status if self._knows(head) else 407
        if status != 200:
            writer.write(b"HTTP/1.1 %d No\r\nContent-Length: 0\r\n\r\n" % status)
            return
        parts = urllib.parse.urlsplit(f"//{target}" if method == "CONNECT" else target)
        onward, outward = await asyncio.open_connection("127.0.0.1", parts.port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            outward.write(head)
        try:
            await asyncio.gather(_copy(reader, outward), _copy(onward, writer))
        finally:
            outward.close()

    def _knows(self, head: bytes) -> bool:
        if self._login is None:
            return True
        both = base64.b64encode(":".join(self._login).encode())
        return b"Proxy-Authorization: Basic " + both + b"\r\n" in head


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        await writer.drain()
    writer.close()
