"""Connections to relays, kept open for a while and used again (spec/services.md 4).

A connection is used by one delivery at a time; one that failed in any way is not used again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import aiosmtplib

from notifier.services.email import EmailOptions

PER_RELAY: Final = 8
"""Connections to one relay unless it has `maxConcurrency`; deliveries beyond wait for one."""

IDLE_S: Final = 30.0
"""Seconds an unused connection is kept."""

Connect = Callable[[EmailOptions], Awaitable[aiosmtplib.SMTP]]


@dataclass(slots=True)
class _Relay:
    """The connections of one relay, the last used one on top."""

    free: asyncio.Semaphore
    idle: list[tuple[aiosmtplib.SMTP, asyncio.TimerHandle]] = field(default_factory=list)
    users: int = 0


class Relays:
    """Lends connections; `connect` makes new ones."""

    def __init__(self, connect: Connect) -> None:
        self._connect = connect
        self._relays: dict[EmailOptions, _Relay] = {}

    async def borrow(self, options: EmailOptions) -> tuple[aiosmtplib.SMTP, bool]:
        """Return a connection and whether it was used before; give it back with `give_back` or
        `discard`."""
        relay = self._relays.get(options)
        if relay is None:
            relay = _Relay(asyncio.Semaphore(options.at_once or PER_RELAY))
            self._relays[options] = relay
        relay.users += 1
        try:
            await relay.free.acquire()
        except BaseException:
            self._left(options, relay)
            raise
        try:
            while relay.idle:
                client, timer = relay.idle.pop()
                timer.cancel()
                if client.is_connected:
                    return client, True
            return await self._connect(options), False
        except BaseException:
            relay.free.release()
            self._left(options, relay)
            raise

    async def replace(self, options: EmailOptions, client: aiosmtplib.SMTP) -> aiosmtplib.SMTP:
        """Return a new connection in place of a borrowed one that the relay had closed."""
        client.close()
        return await self._connect(options)

    def give_back(self, options: EmailOptions, client: aiosmtplib.SMTP) -> None:
        """Keep a connection for the next delivery."""
        relay = self._relays[options]
        if client.is_connected:
            loop = asyncio.get_running_loop()
            timer = loop.call_later(IDLE_S, self._expire, options, client)
            relay.idle.append((client, timer))
        relay.free.release()
        self._left(options, relay)

    def discard(self, options: EmailOptions, client: aiosmtplib.SMTP) -> None:
        """Close a connection at once."""
        client.close()
        relay = self._relays[options]
        relay.free.release()
        self._left(options, relay)

    def close(self) -> None:
        """Close every unused connection."""
        for relay in self._relays.values():
            for client, timer in relay.idle:
                timer.cancel()
                client.close()
            relay.idle.clear()
        self._relays = {key: relay for key, relay in self._relays.items() if relay.users}

    def _expire(self, options: EmailOptions, client: aiosmtplib.SMTP) -> None:
        relay = self._relays.get(options)
        if relay is not None:
            relay.idle = [each for each in relay.idle if each[0] is not client]
            self._forget(options, relay)
        client.close()

    def _left(self, options: EmailOptions, relay: _Relay) -> None:
        relay.users -= 1
        self._forget(options, relay)

    def _forget(self, options: EmailOptions, relay: _Relay) -> None:
        if not relay.users and not relay.idle:
            self._relays.pop(options, None)
