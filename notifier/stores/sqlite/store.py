"""The SQLite store: checks what callers hand in, hands it to the writer's thread, awaits it."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from typing_extensions import override

from notifier.core.deliveries import check_end, check_settlement, check_start
from notifier.core.model import Attempt, Delivery, Event, State, StoredSnapshot, Verdict
from notifier.core.overload import Load, Sheddable
from notifier.ports import DeliveryQuery, Intake, Settlement, Store
from notifier.stores.sqlite import intake, ledger, outbox
from notifier.stores.sqlite.database import Database
from notifier.stores.sqlite.writer import Writer

_COLLECTED: Final = 500
"""Rows deleted in one transaction, so that commits and claims get their turn in between."""


class SqliteStore(Store):
    """Outbox and ledger in one SQLite file, owned by one process (spec/reliability.md 3.2).

    `max_bytes` caps the file below the size of its volume; 0 leaves that to the disk.
    """

    def __init__(self, path: str | Path, *, max_bytes: int = 0) -> None:
        self._writer = Writer(Database(Path(path), max_bytes=max_bytes))
        # Claims of a former process never look like ours.
        self._tokens = (f"{secrets.token_hex(4)}-{number}" for number in itertools.count(1))

    @override
    async def open(self) -> str:
        return await self._writer.open()

    @override
    async def close(self) -> None:
        await self._writer.close()

    @override
    async def snapshots(self, *, uid: str = "") -> Sequence[StoredSnapshot]:
        return await self._writer.run(lambda database: intake.snapshots(database, uid))

    @override
    async def commit(
        self, intakes: Sequence[Intake], *, epoch: int | None = None
    ) -> frozenset[str]:
        for item in intakes:
            for row in item.deliveries:
                check_start(row.state)
        return await self._writer.run(lambda database: intake.commit(database, intakes, epoch))

    @override
    async def epoch(self) -> int:
        return await self._writer.run(intake.newest_epoch)

    @override
    async def claim(
        self,
        *,
        now: float,
        limit: int,
        lease_s: float,
        blocked: frozenset[str] = frozenset(),
        per_namespace: int | None = None,
        per_service: int | None = None,
    ) -> Sequence[Delivery]:
        token = next(self._tokens)
        return await self._writer.run(
            lambda database: outbox.claim(
                database,
                now=now,
                limit=limit,
                lease_s=lease_s,
                token=token,
                blocked=blocked,
                per_namespace=per_namespace,
                per_service=per_service,
            )
        )

    @override
    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[str]:
        for item in settlements:
            check_settlement(item.state, attempted=item.attempt is not None)
        return await self._writer.run(lambda database: outbox.settle(database, settlements, now))

    @override
    async def end(
        self, ids: Iterable[str], state: State, reason: str, *, now: float
    ) -> Sequence[str]:
        check_end(state)
        wanted = list(ids)
        return await self._writer.run(lambda db: outbox.end(db, wanted, state, reason, now))

    @override
    async def redeliver(
        self, ids: Iterable[str], *, now: float, expires_at: float
    ) -> Sequence[str]:
        wanted = list(ids)
        return await self._writer.run(lambda db: outbox.redeliver(db, wanted, now, expires_at))

    @override
    async def rearm(self, *, scope: str, services: Collection[str], now: float) -> int:
        names = {f"{scope}/{service}" for service in services}
        return await self._writer.run(lambda db: outbox.rearm(db, names, now))

    @override
    async def next_due(self) -> float | None:
        return await self._writer.run(outbox.next_due)

    @override
    async def loads(self) -> Mapping[str, Load]:
        return await self._writer.run(outbox.loads)

    @override
    async def sheddable(self, namespace: str, *, now: float, limit: int) -> Sequence[Sheddable]:
        return await self._writer.run(lambda db: outbox.sheddable(db, namespace, now, limit))

    @override
    async def references(self, keys: Iterable[str]) -> Mapping[str, str]:
        wanted = list(keys)
        return await self._writer.run(lambda db: outbox.references(db, wanted))

    @override
    async def deliveries(self, query: DeliveryQuery) -> Sequence[Delivery]:
        return await self._writer.run(lambda db: ledger.deliveries(db, query))

    @override
    async def delivery(self, delivery_id: str) -> tuple[Delivery, Sequence[Attempt]] | None:
        return await self._writer.run(lambda db: ledger.delivery(db, delivery_id))

    @override
    async def events(
        self, *, namespace: str = "", name: str = "", limit: int = 100
    ) -> Sequence[tuple[Event, Sequence[Verdict]]]:
        return await self._writer.run(lambda db: ledger.events(db, namespace, name, limit))

    @override
    async def counts(self) -> Mapping[State, int]:
        return await self._writer.run(ledger.counts)

    @override
    async def collect(self, *, before: float, keep: int) -> int:
        old = await self._writer.run(lambda db: ledger.old_deliveries(db, before, keep))
        deleted = await self._delete(ledger.collect_deliveries, old)
        old = await self._writer.run(lambda db: ledger.old_events(db, before, keep))
        deleted += await self._delete(ledger.collect_events, old)
        await self._writer.run(lambda db: ledger.collect_memories(db, before))
        return deleted

    async def _delete(
        self, delete: Callable[[Database, Sequence[int]], int], rows: Sequence[int]
    ) -> int:
        starts = range(0, len(rows), _COLLECTED)
        return sum([await self._delete_part(delete, rows[at : at + _COLLECTED]) for at in starts])

    async def _delete_part(
        self, delete: Callable[[Database, Sequence[int]], int], rows: Sequence[int]
    ) -> int:
        return await self._writer.run(lambda db: delete(db, rows))
