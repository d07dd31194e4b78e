"""A few connections, made when they are needed.

No pool of the driver's: that one hides why it cannot connect, and waits up to a minute by itself
between tries. Here a failed call is an error with its reason, and whoever made it waits and tries
again (the engine's back-off).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, TypeAlias

import psycopg
from psycopg.pq import TransactionStatus

from notifier.core.errors import StoreError
from notifier.stores.postgres.failures import explained
from notifier.stores.postgres.target import Target

log = logging.getLogger(__name__)

Connection: TypeAlias = psycopg.AsyncConnection[tuple[Any, ...]]

SIZE: Final = 4
"""Connections at most: claims, outcomes, commits, and somebody who asks."""

CALL_S: Final = 12.0
"""Seconds for one use of a connection, waiting for a free one included."""


class Connections:
    """Lends connections, one transaction each. Every failure is a `StoreError`."""

    def __init__(self, target: Target) -> None:
        self.place = target.place
        self._target = target
        self._free = asyncio.Semaphore(SIZE)
        self._idle: list[Connection] = []
        self._password = ""
        self._open = False

    def open(self) -> None:
        """Lend from now on. Raises `StoreError` if it does already."""
        if self._open:
            raise StoreError(f"{self.place}: already open")
        self._open = True

    async def close(self) -> None:
        """Lend no more; close what is not in use."""
        self._open = False
        await self._drop_idle()

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Connection]:
        """Give a connection in autocommit mode; one that broke takes the idle ones with it."""
        try:
            async with asyncio.timeout(CALL_S), self._free:
                connection = await self._take()
                try:
                    yield connection
                finally:
                    await self._put(connection)
        except psycopg.Error as error:
            raise explained(error, self.place, self._password) from None
        except TimeoutError as error:
            raise StoreError(
                f"{self.place}: no answer within {CALL_S:g} s: check server and network"
            ) from error

    async def _take(self) -> Connection:
        if not self._open:
            raise StoreError(f"{self.place}: the store is not open")
        while self._idle:
            connection = self._idle.pop()
            if not connection.closed:
                return connection
        options = await asyncio.to_thread(self._target.options)
        self._password = str(options.get("password") or "")
        return await psycopg.AsyncConnection.connect(
            autocommit=True,
            prepare_threshold=None,  # behind a transaction pooler there is no session to keep them
            **options,
        )

    async def _put(self, connection: Connection) -> None:
        """Keep a connection that is fit for the next; otherwise doubt the idle ones too."""
        usable = not connection.closed and (
            connection.info.transaction_status is TransactionStatus.IDLE
        )
        if usable and self._open:
            self._idle.append(connection)
            return
        broken = connection.broken
        await connection.close()
        if broken:
            log.debug("connection lost", extra={"store": self.place})
            await self._drop_idle()

    async def _drop_idle(self) -> None:
        while self._idle:
            await self._idle.pop().close()
