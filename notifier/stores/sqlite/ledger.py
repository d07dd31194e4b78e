"""What people ask of the store, and what ages out of it (T4), on the writer's thread."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from notifier.core.deliveries import HORIZON_S
from notifier.core.model import Attempt, Delivery, Event, State, Verdict
from notifier.ports import DeliveryQuery
from notifier.stores import rows
from notifier.stores.sqlite.database import Database, json_list

KEPT_IDS: Final = 1_000_000
"""Ids of collected rows that are kept at most (about 150 MB); the oldest go first."""


def deliveries(database: Database, query: DeliveryQuery) -> Sequence[Delivery]:
    """Return deliveries, newest first."""
    before_at, before_id = query.before or (None, None)
    namespace, _, name = query.rollout.partition("/")
    parameters = {
        "since": query.since,
        "before_at": before_at,
        "before_id": before_id,
        "namespace": namespace,
        "name": name,
        "service": query.service,
        "recipient": query.recipient,
        "trigger": query.trigger,
        "states": f" {' '.join(query.states)} " if query.states else "",
        "limit": query.limit,
    }
    block = "deliveries_of_rollout" if query.rollout else "deliveries"
    return [rows.delivery(row) for row in database.select(block, parameters)]


def delivery(database: Database, delivery_id: str) -> tuple[Delivery, Sequence[Attempt]] | None:
    """Return one delivery with its attempts in the order they were logged."""
    numbers = database.select("rows_of", (json_list([delivery_id]),))
    if not numbers:
        return None
    number = numbers[0][1]
    (row,) = database.select("delivery_rows", (json_list([number]),))
    logged = database.select("attempts", (number,))
    return rows.delivery(row), [rows.attempt(delivery_id, attempt) for attempt in logged]


def events(
    database: Database, namespace: str, name: str, limit: int
) -> Sequence[tuple[Event, Sequence[Verdict]]]:
    """Return events with their verdicts, newest first."""
    query = "events_of_rollout" if namespace and name else "events"
    return [rows.event(row) for row in database.select(query, (namespace, name, limit))]


def counts(database: Database) -> dict[State, int]:
    """Return how many deliveries are in each state."""
    found = {State(state): number for state, number in database.select("counts")}
    return {state: found.get(state, 0) for state in State}


def old_deliveries(database: Database, before: float, keep: int) -> Sequence[int]:
    """Return the rows of ended deliveries that age or number puts past the horizon."""
    limits = {"before": before, "keep": keep}
    return [row for (row,) in database.select("old_deliveries", limits)]


def collect_deliveries(database: Database, numbers: Sequence[int]) -> int:
    """Delete those of the rows that are still ended; their ids are kept."""
    ids = database.select("ended_ids", (json_list(numbers),))
    packed = json_list(number for number, *_ in ids)
    # What frees most goes first: on a full disk the ids need that space.
    database.execute("delete_payloads", (packed,))
    database.execute("delete_attempts", (packed,))
    database.execute("delete_deliveries", (packed,))
    database.execute_rows("keep_ids", [kept for _, *kept in ids])
    return len(ids)


def old_events(database: Database, before: float, keep: int) -> Sequence[int]:
    """Return the rows of events past the horizon that no delivery refers to."""
    limits = {"before": before, "keep": keep}
    return [row for (row,) in database.select("old_events", limits)]


def collect_events(database: Database, numbers: Sequence[int]) -> int:
    """Delete the rows; their ids are kept."""
    packed = json_list(numbers)
    ids = database.select("event_ids", (packed,))
    database.execute("delete_events", (packed,))
    database.execute_rows("keep_ids", ids)
    return len(ids)


def collect_memories(database: Database, before: float) -> None:
    """Forget tombstones, kept ids and references whose time is over.

    A tombstone lasts the horizon from the first collection that sees it. An id is kept while its
    object is remembered, and at least until `before` passes its time.
    """
    database.execute("delete_tombstones", (before,))
    database.execute("stamp_tombstones", (before + HORIZON_S,))
    database.execute("delete_kept_ids", (before, KEPT_IDS))
    database.execute("forget_remembered", (before,))
