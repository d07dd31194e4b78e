"""Several endless generators as one: a resource followed in several namespaces."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from notifier.core.errors import Forbidden, NotFound
from notifier.core.model import Observation
from notifier.kube.following import Follower
from notifier.ports import Clock

RETRY_S: Final = 60.0
"""Seconds until a namespace that cannot be watched is tried again (W23)."""

Batch = Sequence[Observation]


async def merged(followers: Sequence[Follower], clock: Clock) -> AsyncGenerator[Batch]:
    """Yield the batches of all, one at a time; SYNCED when each had its first list or a refusal.

    SYNCED says which namespaces it covers; one that is listed later gets a mark of its own. A
    namespace that cannot be watched is tried again later and harms no other. Raises `Forbidden` or
    `NotFound` when none can be watched.
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
        self._awaited = set(followers)
        self._unlisted = set(followers)
        self._watched = set(followers)
        self._mark: Observation | None = None

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
                await self._answered(follower)
            except Exception as err:  # noqa: BLE001 - raised again where the batches are consumed
                return await self.queue.put(err)
            await self._clock.sleep(RETRY_S)

    async def _hand_on(self, follower: Follower, batch: Batch) -> None:
        """Hand on a batch without the mark of its list's end."""
        ended = batch[-1].type == "SYNCED"
        if rest := batch[:-1] if ended else batch:
            await self.queue.put(rest)
        if ended and follower in self._unlisted:
            self._unlisted.discard(follower)
            self._cover(batch[-1])
        if ended:
            await self._answered(follower)

    def _cover(self, mark: Observation) -> None:
        """Add the namespaces of a mark to the one that is handed on."""
        covered = self._mark.covers if self._mark is not None else ()
        self._mark = replace(mark, covers=(*covered, *mark.covers))

    async def _answered(self, follower: Follower) -> None:
        """Note that a follower is through a list, or is refused; when none is left to wait for, the
        mark is handed on."""
        self._awaited.discard(follower)
        if self._awaited or self._mark is None:
            return
        mark, self._mark = self._mark, None
        await self.queue.put((mark,))
