"""Whether a pause that a message announces still holds, asked before every attempt."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

import msgspec

from notifier.core import snapshots
from notifier.core.model import Delivery, Event
from notifier.ports import Store

REMEMBERED: Final = 1_000
"""Keys kept in memory: of pauses announced lately, since a message waits for hours only if its
receiver is away, and then a look at the ledger is cheap."""
LEDGER_PAGE: Final = 100


class Pauses:
    """Transition keys of paused events: the recent ones from memory, older ones from the ledger.

    `still_paused` answers for a rollout's uid and the key of its pause (`Observer.still_paused`);
    a replica that does not observe asks what the one that does has committed.
    """

    def __init__(self, store: Store, still_paused: Callable[[str, str], bool]) -> None:
        self.observing = False
        self._store = store
        self._still_paused = still_paused
        self._keys: OrderedDict[str, str] = OrderedDict()

    def remember(self, event: Event) -> None:
        """Keep the key of an event that is about to be committed."""
        self._keys[event.id] = event.transition.key
        if len(self._keys) > REMEMBERED:
            self._keys.popitem(last=False)

    async def holds(self, delivery: Delivery) -> bool:
        """Say whether the message is still true; one whose event is no longer known is sent.

        Raises `StoreError`.
        """
        key = self._keys.get(delivery.event_id)
        if key is None:
            found = await self._store.events(
                namespace=delivery.rollout.namespace,
                name=delivery.rollout.name,
                limit=LEDGER_PAGE,
            )
            for event, _ in found:
                if event.id == delivery.event_id:
                    self.remember(event)
                    key = event.transition.key
        return key is None or await self._lasts(delivery.rollout.uid, key)

    async def _lasts(self, uid: str, key: str) -> bool:
        if self.observing:
            return self._still_paused(uid, key)
        stored = await self._store.snapshots(uid=uid)
        try:
            return any(snapshots.pause_key(row) == key for row in stored)
        except msgspec.DecodeError:
            return True  # nobody knows: better told than not
