"""How many attempts of a service are under way at once: those beyond wait for their turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from notifier.core.errors import Reason, Retryable
from notifier.services.transport import Transport

WAIT_S: Final = 5.0
"""Seconds that an attempt waits for its turn before it makes room for other destinations."""


@dataclass(slots=True)
class _Slot:
    free: asyncio.Semaphore
    users: int = 0


class Slots:
    """The places of every service that limits them."""

    def __init__(self) -> None:
        self._slots: dict[Transport, _Slot] = {}

    @asynccontextmanager
    async def taken(self, options: Transport, place: str) -> AsyncIterator[None]:
        """Hold one place of a service. Raises `Retryable` if none gets free in time: nothing was
        sent."""
        if options.at_once is None:
            yield
            return
        slot = self._slots.setdefault(options, _Slot(asyncio.Semaphore(options.at_once)))
        slot.users += 1
        try:
            try:
                async with asyncio.timeout(WAIT_S):
                    await slot.free.acquire()
            except TimeoutError:
                detail = f"{place}: {options.at_once} attempts are under way"
                raise Retryable(Reason.RATE_LIMITED, detail, after_s=1.0) from None
            try:
                yield
            finally:
                slot.free.release()
        finally:
            slot.users -= 1
            if not slot.users:
                self._slots.pop(options, None)
