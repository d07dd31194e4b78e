"""T1 on the writer's thread: snapshots, events with verdicts, deliveries; all or nothing."""

from __future__ import annotations

from collections.abc import Sequence

from notifier.core.deliveries import ENDED
from notifier.core.errors import StaleLeader
from notifier.core.model import StoredSnapshot
from notifier.ports import Intake
from notifier.stores import batches, rows
from notifier.stores.lanes import Live
from notifier.stores.sqlite.database import Database, json_list


def commit(
    database: Database, intakes: Sequence[Intake], epoch: int | None = None
) -> frozenset[str]:
    """Write all intakes; return the ids of the events that were new. Raises `StaleLeader`."""
    if epoch is not None and not database.execute("fence", (epoch,)):
        raise StaleLeader(epoch, newest_epoch(database))
    _put_snapshots(database, intakes)
    new = _put_events(database, intakes)
    _amend_events(database, intakes)
    _put_deliveries(database, intakes)
    return new


def newest_epoch(database: Database) -> int:
    """Return the newest epoch that has written."""
    ((newest,),) = database.select("epoch")
    return int(newest)


def snapshots(database: Database, uid: str = "") -> Sequence[StoredSnapshot]:
    """Return what is remembered of every object that still exists, or of one."""
    found = database.select("snapshot", (uid,)) if uid else database.select("snapshots")
    return [
        StoredSnapshot(kind=kind, uid=uid, namespace=namespace, name=name, data=data)
        for kind, uid, namespace, name, data in found
    ]


def _put_snapshots(database: Database, intakes: Sequence[Intake]) -> None:
    """Write the last word on each uid: its newest snapshot, its burial, or one after the other."""
    kept, buried = batches.snapshots(intakes)
    values = [(s.uid, s.kind, s.namespace, s.name, s.data) for s in kept]
    database.execute_rows("put_snapshots", values)
    if buried:
        database.execute("bury_snapshots", (json_list(buried),))


def _put_events(database: Database, intakes: Sequence[Intake]) -> frozenset[str]:
    wanted = {event.id: (event, said) for event, said in batches.events(intakes)}
    if not wanted:
        return frozenset()
    for (known,) in database.select("known_events", (json_list(wanted),)):
        del wanted[known]
    database.execute_rows("insert_events", [rows.of_event(*item) for item in wanted.values()])
    return frozenset(wanted)


def _amend_events(database: Database, intakes: Sequence[Intake]) -> None:
    """Add later verdicts behind those that their events have, each once."""
    later = batches.amendments(intakes)
    if not later:
        return
    for id_, encoded in database.select("verdicts", (json_list(later),)):
        said = rows.verdicts(encoded)
        added = [one for one in later[id_] if one not in said]
        if added:
            database.execute("amend_event", (rows.of_verdicts([*said, *added]), id_))


def _put_deliveries(database: Database, intakes: Sequence[Intake]) -> None:
    wanted = {delivery.id: delivery for delivery in batches.deliveries(intakes)}
    if not wanted:
        return
    for (known,) in database.select("known_deliveries", (json_list(wanted),)):
        del wanted[known]
    numbered = list(enumerate(wanted.values(), database.last_row + 1))
    database.execute_rows("insert_deliveries", [rows.of_delivery(*item) for item in numbered])
    database.execute_rows("insert_payloads", [(number, row.payload) for number, row in numbered])
    database.last_row += len(numbered)
    for number, row in numbered:
        if row.state not in ENDED:
            database.lanes.add(Live.of(number, row))
