"""What waits behind a claimed row: thinned out before the row is attempted.

Which rows, `core/lanes.py` decides. Every row that goes is recorded as superseded, with the reason
or the id of the digest that stands in for it (spec/reliability.md 5.1).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Final

from notifier.core import deliveries, lanes
from notifier.core.configuration import ServiceSpec
from notifier.core.model import Delivery, State
from notifier.engine.digests import Digests
from notifier.engine.ending import end_waiting
from notifier.ports import DeliveryQuery, Intake, Recorder, Store

log = logging.getLogger(__name__)

BACKLOG_S: Final = 5.0
"""Age from which a message may have newer ones waiting behind it."""

LOOKED_AT: Final = 200
"""Rows of a rollout that are looked at, the newest."""


class Backlog:
    """Looks behind rows that were held up."""

    def __init__(self, store: Store, recorder: Recorder, digests: Digests) -> None:
        self._store = store
        self._recorder = recorder
        self._digests = digests

    async def thinned(self, delivery: Delivery, spec: ServiceSpec, now: float) -> str | None:
        """Thin out what waits behind a claimed row; return why the row itself is pointless by now,
        None if it is not. Raises `StoreError`."""
        if now - delivery.created_at < BACKLOG_S:
            return None
        held_up = delivery.attempt > 1 or bool(delivery.reason)
        if delivery.kind != "progress" and not held_up:
            return None
        waiting = [delivery, *await self._behind(delivery)]
        pointless = set(lanes.superseded(waiting))
        others = [each for each in waiting[1:] if each.id in pointless]
        await self._end(others, "newer", "newer", now)
        folded = lanes.foldable(each for each in waiting if each.id not in pointless)
        if folded and not spec.type.block.for_programs:
            await self._fold(folded, spec, now)
        return "newer" if delivery.id in pointless else None

    async def _behind(self, delivery: Delivery) -> Sequence[Delivery]:
        query = DeliveryQuery(
            rollout=delivery.rollout.path, states=deliveries.WAITING, limit=LOOKED_AT
        )
        found = await self._store.deliveries(query)
        return [each for each in found if each.lane == delivery.lane]

    async def _fold(self, folded: Sequence[Delivery], spec: ServiceSpec, now: float) -> None:
        """Commit a digest, then end what it stands for: cut off between the two, people are told
        twice rather than not at all."""
        text, id_ = lanes.digest_text(folded), lanes.digest_id(folded)
        payload = await self._digests.compose(folded[-1], spec, text, id_)
        if payload is None:
            return
        digest = lanes.digest(folded, payload, now=now)
        await self._store.commit([Intake(deliveries=[digest])])
        await self._end(folded, f"digest {digest.id}", "digest", now)
        log.info(
            "messages folded into a digest",
            extra={
                "rollout": digest.rollout.path,
                "destination": f"{digest.destination.service}:{digest.destination.recipient}",
                "delivery_id": digest.id,
                "messages": len(folded),
            },
        )

    async def _end(self, rows: Sequence[Delivery], reason: str, label: str, now: float) -> None:
        state = State.SUPERSEDED
        await end_waiting(self._store, self._recorder, rows, state, reason, now=now, label=label)
