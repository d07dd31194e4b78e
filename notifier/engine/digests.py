"""The bodies of messages that stand in for others which will not be sent."""

from __future__ import annotations

import logging
from typing import Final

from notifier.core import fallback
from notifier.core.configuration import ServiceSpec
from notifier.core.errors import NotifierError
from notifier.core.model import Delivery, Event
from notifier.core.service import Composition, Message
from notifier.ports import Store

log = logging.getLogger(__name__)

EVENTS: Final = 100
"""Events of a rollout that are looked through for that of a message."""


class Digests:
    """Composes plain lines, each about the event of the newest message that it stands for."""

    def __init__(self, store: Store, cluster: str = "") -> None:
        self._store = store
        self._cluster = cluster

    async def compose(
        self, newest: Delivery, spec: ServiceSpec, text: str, digest_id: str
    ) -> bytes | None:
        """Return the body as the service composes a plain message; None if it cannot, or if the
        event is too long ago. Raises `StoreError`."""
        event = await self._event(newest)
        if event is None:
            return None
        composition = Composition(
            event=event,
            destination=newest.destination,
            delivery_id=digest_id,
            cluster=self._cluster,
            revision=str(event.transition.facts.get("revision", "")),
        )
        message = Message(text=fallback.defuse(text, spec.type.block.message_escape))
        try:
            composed = spec.type.compose(message, spec.options, composition)
        except (NotifierError, ValueError) as error:
            log.warning("no digest could be composed", extra={"error": str(error)})
            return None
        if len(composed) != 1 or composed[0].refused:
            return None
        return composed[0].payload

    async def _event(self, delivery: Delivery) -> Event | None:
        of = delivery.rollout
        found = await self._store.events(namespace=of.namespace, name=of.name, limit=EVENTS)
        return next((event for event, _ in found if event.id == delivery.event_id), None)
