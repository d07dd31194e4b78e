"""Several endless generators as one: a resource followed in several namespaces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Final

from notifier.core.errors import Forbidden, NotFound
from notifier.core.model import Observation
from notifier.kube.following import Follower
from notifier.ports import Clock

RETRY_S: Final = 60.0
"""Seconds until a namespace that cannot be watched is tried again (W23)."""

Batch = Sequence[Observation]


async def merged(followers: Sequence[Follower], clock: Clock) -> AsyncGenerator[Batch]:
    """Yield the batches of all, one at a time; SYNCED once, when each had its first list.

    A namespace that cannot be watched is tried again later and harms no other. Raises `Forbidden`
    or `NotFound` when none can be watched.
    """
    merging = _Merging(followers, clock)
    tasks = [asyncio.create_task(merging.pump(follower)) for follower in followers]
    try:
        while True:
            batch = await merging.queue.get()
            if isinstance(batch, Exception):
                raise batch
            yield batch
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class _Merging:
    """What the pumps share."""

    def __init__(self, followers: Sequence[Follower], clock: Clock) -> None:
        self.queue: asyncio.Queue[Batch | Exception] = asyncio.Queue(maxsize=1)
        self._clock = clock
        self._unsynced = set(followers)
        self._watched = set(followers)

    async def pump(self, follower: Follower) -> None:
        """Hand on the batches of one follower; start it again while others can watch."""
        while True:
            try:
                async with aclosing(follower.follow()) as batches:
                    async for batch in batches:
                        self._watched.add(follower)
                        await self._hand_on(follower, batch)
            except (Forbidden, NotFound) as err:
                self._watched.discard(follower)
                if not self._watched:
                    return await self.queue.put(err)
                await self._synced(follower)
            except Exception as err:  # noqa: BLE001 - raised again where the batches are consumed
                return await self.queue.put(err)
            await self._clock.sleep(RETRY_S)

    async def _hand_on(self, follower: Follower, batch: Batch) -> None:
        """Hand on a batch without the mark of its list's end."""
        ended = batch[-1].type == "SYNCED"
        if rest := batch[:-1] if ended else batch:
            await self.queue.put(rest)
        if ended:
            await self._synced(follower, batch[-1])

    async def _synced(self, follower: Follower, mark: Observation | None = None) -> None:
        """Note that a follower is through its first list, or has none; the last one's mark is
        handed on."""
        waiting = bool(self._unsynced)
        self._unsynced.discard(follower)
        if waiting and not self._unsynced and mark is not None:
            await self.queue.put((mark,))
