"""T2 and T3 on the writer's thread, and what operators do to rows.

The lanes hold every live row, so they decide; the file follows in few statements for a batch. The
comparison of state, attempt and token stands in the statements too: if the two disagree, nothing is
written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from notifier.core import deliveries
from notifier.core.errors import StoreError
from notifier.core.model import Delivery, State
from notifier.core.overload import Load, Sheddable
from notifier.ports import Settlement
from notifier.stores import rows
from notifier.stores.lanes import Live
from notifier.stores.sqlite.database import Database, json_list


def claim(
    database: Database,
    *,
    now: float,
    limit: int,
    lease_s: float,
    token: str,
    blocked: frozenset[str],
    per_namespace: int | None,
    per_service: int | None = None,
) -> Sequence[Delivery]:
    """Take due heads as `sending` under the token; claims that ran out become `ambiguous`."""
    lanes = database.lanes
    overdue = lanes.overdue(now)
    if overdue:
        database.execute("lose_claims", (json_list(row.number for row in overdue),))
        for row in overdue:
            lanes.land(row, State.AMBIGUOUS, row.due_at)
    taken = lanes.take(
        now=now,
        limit=limit,
        blocked=blocked,
        per_namespace=per_namespace,
        per_service=per_service,
    )
    if not taken:
        return []
    numbers = json_list(row.number for row in taken)
    changed = database.execute("claim", (token, now + lease_s, numbers))
    _expect(database, changed, len(taken))
    for row in taken:
        row.state, row.token, row.until = State.SENDING, token, now + lease_s
        row.attempt += 1
    found = {values[0]: rows.delivery(values) for values in _delivery_rows(database, taken)}
    return [found[row.number] for row in taken]


def settle(database: Database, settlements: Sequence[Settlement], now: float) -> Sequence[str]:
    """Write outcomes of held claims; of lost ones only the attempt."""
    held: dict[str, tuple[Live, Settlement]] = {}
    lost: list[Settlement] = []
    for settlement in settlements:
        row = database.lanes.held(settlement.delivery_id, settlement.number, settlement.token)
        if row is None or row.id in held:
            lost.append(settlement)
        else:
            held[row.id] = row, settlement
    outcomes = [_outcome(*item, now) for item in held.values()]
    _expect(database, database.execute_rows("settle", outcomes), len(outcomes))
    _log_attempts(database, held, lost)
    for row, settlement in held.values():
        if settlement.payload is not None:
            database.execute("shorten", (settlement.payload, row.number))
            row.size = len(settlement.payload)
        remembered = [(key, value, now) for key, value in settlement.remember.items()]
        database.execute_rows("remember", remembered)
        row.attempt -= settlement.attempt is None
        database.lanes.land(row, settlement.state, settlement.due_at)
    return list(held)


def end(
    database: Database, ids: Iterable[str], state: State, reason: str, now: float
) -> Sequence[str]:
    """End those of the rows that wait and may go to that state."""
    ended = database.lanes.endable(ids, state)
    if ended:
        numbers = json_list(row.number for row in ended)
        database.execute("end", (state, reason, now, numbers))
    for row in ended:
        database.lanes.end(row)
    return [row.id for row in ended]


def redeliver(
    database: Database, ids: Iterable[str], now: float, expires_at: float
) -> Sequence[str]:
    """Put those of the rows that have ended back to `pending`."""
    wanted = [id_ for id_ in dict.fromkeys(ids) if id_ not in database.lanes.rows]
    numbers: dict[str, int] = dict(database.select("rows_of", (json_list(wanted),)))
    if not numbers:
        return []
    packed = json_list(numbers.values())
    database.execute("redeliver", (now, expires_at, packed))
    for values in database.select("delivery_rows", (packed,)):
        database.lanes.add(Live.of(values[0], rows.delivery(values)))
    return [id_ for id_ in wanted if id_ in numbers]


def rearm(database: Database, services: Collection[str], now: float) -> int:
    """Make the parked rows of services (`scope/service`) due."""
    parked = database.lanes.parked(services)
    if parked:
        database.execute("rearm", (now, json_list(row.number for row in parked)))
    for row in parked:
        database.lanes.postpone(row, min(row.due_at, now))
    return len(parked)


def next_due(database: Database) -> float | None:
    """Return when the next head is due."""
    return database.lanes.next_due()


def loads(database: Database) -> Mapping[str, Load]:
    """Return how much waits, by namespace."""
    return database.lanes.loads()


def sheddable(database: Database, namespace: str, now: float, limit: int) -> Sequence[Sheddable]:
    """Return rows of a namespace that may go, without their payloads."""
    sizes = {row.number: row.size for row in database.lanes.waiting(namespace)}
    found = database.select("sheddable", {"rows": json_list(sizes), "now": now, "limit": limit})
    return [Sheddable(rows.delivery(values), sizes[values[0]]) for values in found]


def references(database: Database, keys: Iterable[str]) -> Mapping[str, str]:
    """Return what was remembered under the keys."""
    return dict(database.select("references", (json_list(keys),)))


def _delivery_rows(database: Database, taken: Sequence[Live]) -> Iterable[rows.Row]:
    return database.select("delivery_rows", (json_list(row.number for row in taken),))


def _outcome(row: Live, settlement: Settlement, now: float) -> rows.Row:
    """Return the values of `settle`: a claim handed back gives its attempt number back."""
    return (
        row.number,
        settlement.state,
        settlement.number - (settlement.attempt is None),
        settlement.due_at,
        now if settlement.state in deliveries.ENDED else None,
        settlement.reason,
        settlement.reference,
        settlement.payload is not None,
        settlement.number,
        settlement.token,
    )


def _log_attempts(
    database: Database,
    held: Mapping[str, tuple[Live, Settlement]],
    lost: Sequence[Settlement],
) -> None:
    numbers = {id_: row.number for id_, (row, _) in held.items()}
    missing = [late.delivery_id for late in lost if late.delivery_id not in numbers]
    if missing:
        numbers |= dict(database.select("rows_of", (json_list(missing),)))
    values = [
        rows.of_attempt(numbers[settlement.delivery_id], settlement.attempt)
        for settlement in [*(settlement for _, settlement in held.values()), *lost]
        if settlement.attempt is not None and settlement.delivery_id in numbers
    ]
    database.execute_rows("insert_attempts", values)


def _expect(database: Database, changed: int, expected: int) -> None:
    """Raise `StoreError`, so that nothing is written, if file and lanes disagree."""
    if changed != expected:
        raise StoreError(f"{database.path}: {changed} of {expected} rows were as expected")
