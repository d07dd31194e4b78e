"""What is measured by looking now and then: the outbox, and what is remembered."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

from notifier.core.deliveries import WAITING
from notifier.core.errors import StoreError
from notifier.core.model import Resource, State
from notifier.observability.metrics import Metrics
from notifier.ports import Clock, DeliveryQuery, Store

log = logging.getLogger(__name__)

SAMPLE_S: Final = 15.0
_ROWS: Final = 500
_AGES_S: Final = (86_400.0, 3600.0, 600.0, 60.0, 0.0)
"""Looked at from old to young: the store lists newest first, and the oldest is what matters."""


async def sample_for_ever(
    store: Store,
    clock: Clock,
    metrics: Metrics,
    remembered: Callable[[], Mapping[Resource, int]],
) -> None:
    """Show outbox and cache every `SAMPLE_S` seconds; a store that fails keeps its last figures."""
    while True:
        metrics.cache(remembered())
        try:
            await sample(store, clock, metrics)
        except StoreError as error:
            log.debug("outbox not sampled", extra={"error": str(error)})
        await clock.sleep(SAMPLE_S)


async def sample(store: Store, clock: Clock, metrics: Metrics) -> None:
    """Show the outbox as it is now. Raises `StoreError`."""
    dead = await store.deliveries(DeliveryQuery(states=frozenset({State.DEAD}), limit=_ROWS))
    metrics.outbox(
        await store.counts(),
        Counter(row.reason for row in dead),
        await oldest_waiting(store, clock.now()),
    )


async def oldest_waiting(store: Store, now: float) -> dict[str, float]:
    """Return the age in seconds of the oldest waiting delivery of each service.

    Exact unless more than 500 wait in one class of age; then it is at least that class's age.
    """
    oldest: dict[str, float] = {}
    for age_s in _AGES_S:
        query = DeliveryQuery(states=WAITING, before=(now - age_s, "~"), limit=_ROWS)
        for row in await store.deliveries(query):
            service = row.destination.service
            oldest[service] = max(oldest.get(service, 0.0), now - row.created_at)
    return oldest
