"""T1 on the writer's thread: snapshots, events with verdicts, deliveries; all or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from notifier.core import deliveries
from notifier.core.model import Delivery, Event, StoredSnapshot, Verdict
from notifier.ports import Intake
from notifier.stores.lanes import Live
from notifier.stores.sqlite import rows
from notifier.stores.sqlite.database import Database, json_list


def commit(database: Database, intakes: Sequence[Intake]) -> frozenset[str]:
    """Write all intakes; return the ids of the events that were new."""
    _put_snapshots(database, intakes)
    new = _put_events(database, intakes)
    _amend_events(database, intakes)
    _put_deliveries(database, (row for intake in intakes for row in intake.deliveries))
    return new


def snapshots(database: Database) -> Sequence[StoredSnapshot]:
    """Return what is remembered of every object that still exists."""
    return [
        StoredSnapshot(kind=kind, uid=uid, namespace=namespace, name=name, data=data)
        for kind, uid, namespace, name, data in database.select("snapshots")
    ]


def _put_snapshots(database: Database, intakes: Sequence[Intake]) -> None:
    """Write the last word on each uid: its newest snapshot, its burial, or one after the other."""
    kept: dict[str, StoredSnapshot] = {}
    buried: dict[str, None] = {}
    for intake in intakes:
        if intake.snapshot is not None:
            kept[intake.snapshot.uid] = intake.snapshot
            buried.pop(intake.snapshot.uid, None)
        if intake.forget:
            buried[intake.forget] = None
    values = [(s.uid, s.kind, s.namespace, s.name, s.data) for s in kept.values()]
    database.execute_rows("put_snapshots", values)
    if buried:
        database.execute("bury_snapshots", (json_list(buried),))


def _put_events(database: Database, intakes: Sequence[Intake]) -> frozenset[str]:
    wanted: dict[str, tuple[Event, list[Verdict]]] = {}
    for intake in intakes:
        fresh: dict[str, tuple[Event, list[Verdict]]] = {
            event.id: (event, []) for event in intake.events if event.id not in wanted
        }
        for verdict in intake.verdicts:
            if verdict.event_id in fresh:
                fresh[verdict.event_id][1].append(verdict)
        wanted |= fresh
    if not wanted:
        return frozenset()
    for (known,) in database.select("known_events", (json_list(wanted),)):
        del wanted[known]
    database.execute_rows("insert_events", [rows.of_event(*item) for item in wanted.values()])
    return frozenset(wanted)


def _amend_events(database: Database, intakes: Sequence[Intake]) -> None:
    """Add later verdicts behind those that their events have, each once."""
    later: dict[str, list[Verdict]] = {}
    for intake in intakes:
        for verdict in intake.amendments:
            later.setdefault(verdict.event_id, []).append(verdict)
    if not later:
        return
    for id_, encoded in database.select("verdicts", (json_list(later),)):
        said = rows.verdicts(encoded)
        added = [one for one in dict.fromkeys(later[id_]) if one not in said]
        if added:
            database.execute("amend_event", (rows.of_verdicts([*said, *added]), id_))


def _put_deliveries(database: Database, offered: Iterable[Delivery]) -> None:
    wanted: dict[str, Delivery] = {}
    for delivery in offered:
        wanted.setdefault(delivery.id, delivery)
    if not wanted:
        return
    for (known,) in database.select("known_deliveries", (json_list(wanted),)):
        del wanted[known]
    numbered = list(enumerate(map(started, wanted.values()), database.last_row + 1))
    database.execute_rows("insert_deliveries", [rows.of_delivery(*item) for item in numbered])
    database.execute_rows("insert_payloads", [(number, row.payload) for number, row in numbered])
    database.last_row += len(numbered)
    for number, row in numbered:
        if row.state not in deliveries.ENDED:
            database.lanes.add(Live.of(number, row))


def started(delivery: Delivery) -> Delivery:
    """Return the delivery as its row begins: one that is only recorded has ended already."""
    if delivery.state in deliveries.ENDED and delivery.ended_at is None:
        return replace(delivery, ended_at=delivery.created_at)
    return delivery
