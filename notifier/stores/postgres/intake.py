"""T1: snapshots, events with verdicts, deliveries; all or nothing, and only for the newest leader.

Ids that exist change nothing, so a commit whose answer was lost is simply made again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from notifier.core.errors import StaleLeader
from notifier.core.model import StoredSnapshot
from notifier.ports import Intake
from notifier.stores import batches
from notifier.stores import rows as stored
from notifier.stores.postgres import rows
from notifier.stores.postgres.database import Session


async def commit(session: Session, intakes: Sequence[Intake], epoch: int | None) -> frozenset[str]:
    """Write all intakes; return the ids of the events that were new. Raises `StaleLeader`."""
    await _take_turn(session, epoch)
    await _put_snapshots(session, intakes)
    new = await _put_events(session, intakes)
    await _amend_events(session, intakes)
    await _put_deliveries(session, intakes)
    return new


async def _take_turn(session: Session, epoch: int | None) -> None:
    """Wait for other writers; refuse an older epoch than has written (spec/reliability.md 3.3)."""
    if epoch is None:
        await session.execute("take_turns")
        return
    ((newest,),) = await session.select("fence", {"epoch": epoch})
    if newest > epoch:
        raise StaleLeader(epoch, newest)


async def _put_snapshots(session: Session, intakes: Sequence[Intake]) -> None:
    kept, buried = batches.snapshots(intakes)
    if kept:
        given = [
            {"uid": s.uid, "kind": s.kind, "namespace": s.namespace, "name": s.name} for s in kept
        ]
        await session.execute("put_snapshots", {"rows": packed(given), "data": _bytes(kept)})
    if buried:
        await session.execute("bury_snapshots", {"uids": sorted(buried)})


async def _put_events(session: Session, intakes: Sequence[Intake]) -> frozenset[str]:
    wanted = batches.events(intakes)
    if not wanted:
        return frozenset()
    given = [rows.of_event(*item) for item in wanted]
    return frozenset(
        id_ for (id_,) in await session.select("insert_events", {"rows": packed(given)})
    )


async def _amend_events(session: Session, intakes: Sequence[Intake]) -> None:
    """Add later verdicts behind those that their events have, each once."""
    later = batches.amendments(intakes)
    if not later:
        return
    amended: dict[str, str] = {}
    for id_, encoded in await session.select("verdicts", {"ids": sorted(later)}):
        said = stored.verdicts(encoded)
        added = [one for one in later[id_] if one not in said]
        if added:
            amended[id_] = stored.of_verdicts([*said, *added]).decode()
    if amended:
        given = {"ids": list(amended), "verdicts": list(amended.values())}
        await session.execute("amend_events", given)


async def _put_deliveries(session: Session, intakes: Sequence[Intake]) -> None:
    wanted = batches.deliveries(intakes)
    if wanted:
        given = [rows.of_delivery(delivery) for delivery in wanted]
        payloads = [delivery.payload for delivery in wanted]
        await session.execute("insert_deliveries", {"rows": packed(given), "payloads": payloads})


def _bytes(kept: Sequence[StoredSnapshot]) -> Sequence[bytes]:
    return [snapshot.data for snapshot in kept]


def packed(given: Sequence[Any], encode: Callable[[Any], bytes] = msgspec.json.encode) -> str:
    """Return rows as the JSON array that a statement unpacks again."""
    return encode(given).decode()
