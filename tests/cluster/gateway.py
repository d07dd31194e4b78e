"""A way to the API server that can be shut: TCP on loopback, so TLS goes through untouched."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Self


class Gateway:
    """An async context manager; `url` is the server as seen through it. It begins open.

    `cut` ends every connection and every new one, `silence` lets each stay and carry nothing,
    `open` ends either.
    """

    def __init__(self, port: int) -> None:
        self.refused = 0
        """Connections that came since it was cut."""
        self._port = port
        self._cut = False
        self._passing = asyncio.Event()
        self._passing.set()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._end_connections()

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"https://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def cut(self) -> None:
        """Reset what is open and whatever comes. The port stays ours meanwhile."""
        self._cut, self.refused = True, 0
        await self._end_connections()

    def silence(self) -> None:
        """Take connections and data, and pass nothing on."""
        self._passing.clear()

    def open(self) -> None:
        """Let everything through, also what was held back."""
        self._cut = False
        self._passing.set()

    async def _end_connections(self) -> None:
        for connection in list(self._connections):
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._cut:
            self.refused += 1
            writer.transport.abort()
            return
        connection = asyncio.current_task()
        assert connection is not None
        self._connections.add(connection)
        writers = [writer]
        try:
            with contextlib.suppress(OSError, asyncio.CancelledError):
                onward, outward = await asyncio.open_connection("127.0.0.1", self._port)
                writers.append(outward)
                await self._carry(reader, outward, onward, writer)
        finally:
            for one in writers:
                one.transport.abort()
            self._connections.discard(connection)

    async def _carry(
        self,
        reader: asyncio.StreamReader,
        outward: asyncio.StreamWriter,
        onward: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Copy both ways until either side ends."""
        ways = [
            asyncio.create_task(self._copy(reader, outward)),
            asyncio.create_task(self._copy(onward, writer)),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            await self._passing.wait()
            writer.write(data)
            await writer.drain()
