"""A TCP relay in front of a database that loses answers on demand."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Relay:
    """Forwards to a port. Once `lose_after` bytes were seen in what clients send, the connection is
    cut before any answer to them comes back."""

    def __init__(self, port: int) -> None:
        self.port = 0
        self.lose_after: bytes = b""
        self.lost = 0
        self._to = port

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Relay]:
        """Run meanwhile."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        far, forth = await asyncio.open_connection("127.0.0.1", self._to)
        muted = asyncio.Event()
        answering = asyncio.create_task(_answer(far, back, muted))
        with contextlib.suppress(ConnectionError):
            while data := await near.read(65536):
                if self.lose_after and self.lose_after in data:
                    self.lose_after = b""
                    self.lost += 1
                    muted.set()
                    forth.write(data)
                    await forth.drain()
                    await _done(far)
                    back.transport.abort()
                    break
                forth.write(data)
                await forth.drain()
        answering.cancel()
        for writer in (forth, back):
            writer.close()


async def _answer(
    far: asyncio.StreamReader, back: asyncio.StreamWriter, muted: asyncio.Event
) -> None:
    with contextlib.suppress(ConnectionError):
        while not muted.is_set():
            reading = asyncio.ensure_future(far.read(65536))
            muting = asyncio.ensure_future(muted.wait())
            await asyncio.wait({reading, muting}, return_when=asyncio.FIRST_COMPLETED)
            muting.cancel()
            if not reading.done():
                reading.cancel()
                return
            if muted.is_set() or not reading.result():
                return
            back.write(reading.result())
            await back.drain()


async def _done(far: asyncio.StreamReader) -> None:
    """Wait until the server has answered: by then it has done what it was asked."""
    with contextlib.suppress(RuntimeError, TimeoutError):
        async with asyncio.timeout(2):
            await far.read(1)
