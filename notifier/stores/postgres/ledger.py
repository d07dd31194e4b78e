"""What people ask of the store, and what ages out of it (T4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from notifier.core.deliveries import HORIZON_S
from notifier.core.model import Attempt, Delivery, Event, State, Verdict
from notifier.ports import DeliveryQuery
from notifier.stores import rows
from notifier.stores.postgres.database import Database, Session

KEPT_IDS: Final = 1_000_000
"""Ids of collected rows that are kept at most (about 150 MB); the oldest go first."""

COLLECTED: Final = 500
"""Rows deleted in one transaction, so that commits and claims get their turn in between."""


async def deliveries(database: Database, query: DeliveryQuery) -> Sequence[Delivery]:
    """Return deliveries, newest first."""
    before_at, before_id = query.before or (None, None)
    parameters = {
        "since": query.since,
        "before_at": before_at,
        "before_id": before_id,
        "rollout": query.rollout,
        "service": query.service,
        "recipient": query.recipient,
        "trigger": query.trigger,
        "states": sorted(query.states),
        "limit": query.limit,
    }
    return [rows.delivery(row) for row in await database.select("deliveries", parameters)]


async def delivery(session: Session, delivery_id: str) -> tuple[Delivery, Sequence[Attempt]] | None:
    """Return one delivery with its attempts in the order they were logged."""
    found = await session.select("delivery", {"id": delivery_id})
    if not found:
        return None
    logged = await session.select("attempts", {"place": found[0][0]})
    return rows.delivery(found[0]), [rows.attempt(delivery_id, attempt) for attempt in logged]


async def events(
    database: Database, namespace: str, name: str, limit: int
) -> Sequence[tuple[Event, Sequence[Verdict]]]:
    """Return events with their verdicts, newest first."""
    wish = {"namespace": namespace, "name": name, "limit": limit}
    return [rows.event(row) for row in await database.select("events", wish)]


async def counts(database: Database) -> dict[State, int]:
    """Return how many deliveries are in each state."""
    found = {State(state): number for state, number in await database.select("counts")}
    return {state: found.get(state, 0) for state in State}


async def collect(database: Database, before: float, keep: int) -> int:
    """Delete what age or number puts past the horizon, in small transactions; return how many.

    A tombstone lasts the horizon from the first collection that sees it. An id is kept while its
    object is remembered, and at least until `before` passes its time.
    """
    deleted = 0
    for old, delete in (
        ("old_deliveries", "collect_deliveries"),
        ("old_events", "collect_events"),
    ):
        limits = {"before": before, "keep": keep}
        places = [place for (place,) in await database.select(old, limits)]
        for start in range(0, len(places), COLLECTED):
            part = {"places": places[start : start + COLLECTED]}
            deleted += await database.execute(delete, part)
    await database.write(lambda session: _collect_memories(session, before))
    return deleted


async def _collect_memories(session: Session, before: float) -> None:
    await session.execute("delete_tombstones", {"before": before})
    await session.execute("stamp_tombstones", {"until": before + HORIZON_S})
    await session.execute("delete_kept_ids", {"before": before, "most": KEPT_IDS})
    await session.execute("forget_remembered", {"before": before})
