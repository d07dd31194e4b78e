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
        self._serving: set[asyncio.Task[None]] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Relay]:
        """Run meanwhile."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        far, forth = await asyncio.open_connection("127.0.0.1", self._to)
        try:
            await self._relay(near, back, far, forth)
        finally:
            for writer in (forth, back):
                writer.close()
                with contextlib.suppress(ConnectionError):
                    await writer.wait_closed()
            self._serving.discard(task)

    async def _relay(
        self,
        near: asyncio.StreamReader,
        back: asyncio.StreamWriter,
        far: asyncio.StreamReader,
        forth: asyncio.StreamWriter,
    ) -> None:
        muted = asyncio.Event()
        answering = asyncio.create_task(_answer(far, back, muted))
        try:
            while data := await near.read(65536):
                if self.lose_after and self.lose_after in data:
                    self.lose_after = b""
                    self.lost += 1
                    muted.set()
                    forth.write(data)
                    await forth.drain()
                    await asyncio.wait({answering})
                    await _done(far)
                    return
                forth.write(data)
                await forth.drain()
        except ConnectionError:
            pass
        finally:
            answering.cancel()
            await asyncio.gather(answering, return_exceptions=True)


async def _answer(
    far: asyncio.StreamReader, back: asyncio.StreamWriter, muted: asyncio.Event
) -> None:
    """Send on what the server says, until muted or it hangs up."""
    muting = asyncio.create_task(muted.wait())
    try:
        while True:
            reading = asyncio.create_task(far.read(65536))
            await asyncio.wait({reading, muting}, return_when=asyncio.FIRST_COMPLETED)
            if muting.done() or not reading.done():
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
                return
            if not reading.result():
                back.write_eof()
                return
            back.write(reading.result())
            await back.drain()
    except ConnectionError:
        return
    finally:
        muting.cancel()


async def _done(far: asyncio.StreamReader) -> None:
    """Wait until the server has answered: by then it has done what it was asked."""
    with contextlib.suppress(TimeoutError, ConnectionError):
        async with asyncio.timeout(2):
            await far.read(1)
