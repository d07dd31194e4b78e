"""The PostgreSQL store: checks what callers hand in, and does it in one transaction."""

from __future__ import annotations

import asyncio
import itertools
import secrets
import time
from collections.abc import Collection, Iterable, Mapping, Sequence

from typing_extensions import override

from notifier.core.deliveries import check_end, check_settlement, check_start
from notifier.core.errors import StoreError
from notifier.core.model import Attempt, Delivery, Event, State, StoredSnapshot, Verdict
from notifier.core.overload import Load, Sheddable
from notifier.ports import DeliveryQuery, Intake, Settlement, Store
from notifier.stores import rows as stored
from notifier.stores.postgres import intake, ledger, opening, outbox, rows
from notifier.stores.postgres.database import Database, preload
from notifier.stores.postgres.target import Target
from notifier.stores.postgres.turns import Turns


class PostgresStore(Store):
    """Outbox and ledger in one PostgreSQL database, for several replicas at once.

    `now` is the server's clock, so that leases and due times mean the same on every replica.
    """

    def __init__(self, url: str, *, password_file: str = "") -> None:
        self._database = Database(Target(url, password_file))
        self._owner = f"{secrets.token_hex(6)}-"
        self._numbers = itertools.count(1)
        self._turns = Turns()
        self._unanswered: list[str] = []
        self._ahead_s: float | None = None
        """How far the server's wall clock is ahead of our monotonic one."""

    def now(self) -> float | None:
        """Return the server's clock as last measured."""
        return None if self._ahead_s is None else time.monotonic() + self._ahead_s

    @override
    async def open(self) -> str:
        self._database.connections.open()
        await asyncio.to_thread(preload)
        try:
            line = await opening.opened(self._database, self._owner)
            await self.next_due()
        except StoreError:
            await self.close()
            raise
        return line

    @override
    async def close(self) -> None:
        await self._database.connections.close()

    @override
    async def snapshots(self, *, uid: str = "") -> Sequence[StoredSnapshot]:
        database = self._database
        wish = database.select("snapshot", {"uid": uid}) if uid else database.select("snapshots")
        return [
            StoredSnapshot(kind=kind, uid=uid, namespace=namespace, name=name, data=data)
            for kind, uid, namespace, name, data in await wish
        ]

    @override
    async def commit(
        self, intakes: Sequence[Intake], *, epoch: int | None = None
    ) -> frozenset[str]:
        for item in intakes:
            for row in item.deliveries:
                check_start(row.state)
        return await self._database.write(lambda session: intake.commit(session, intakes, epoch))

    @override
    async def epoch(self) -> int:
        ((newest,),) = await self._database.select("epoch")
        return int(newest)

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
        token = f"{self._owner}{next(self._numbers)}"
        wish = {
            "now": now,
            "until": now + lease_s,
            "limit": limit,
            "token": token,
            "blocked": sorted(blocked),
            "per_namespace": per_namespace,
            "per_service": per_service,
            **self._turns.served(),
        }
        unanswered, self._unanswered = self._unanswered, [*self._unanswered, token]
        taken = await outbox.claim(self._database, wish, unanswered=unanswered)
        self._unanswered = [each for each in self._unanswered if each not in {token, *unanswered}]
        self._turns.serve(delivery.rollout.namespace for delivery in taken)
        return taken

    @override
    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[str]:
        for item in settlements:
            check_settlement(item.state, attempted=item.attempt is not None)
        return await self._database.write(lambda s: outbox.settle(s, settlements, now))

    @override
    async def end(
        self, ids: Iterable[str], state: State, reason: str, *, now: float
    ) -> Sequence[str]:
        check_end(state)
        wanted = list(ids)
        return await self._database.write(
            lambda session: outbox.end(session, wanted, state, reason, now)
        )

    @override
    async def redeliver(
        self, ids: Iterable[str], *, now: float, expires_at: float
    ) -> Sequence[str]:
        wanted = list(ids)
        return await self._database.write(
            lambda session: outbox.redeliver(session, wanted, now, expires_at)
        )

    @override
    async def rearm(self, *, scope: str, services: Collection[str], now: float) -> int:
        wish = {"scope": scope, "services": list(services), "now": now}
        return await self._database.execute("rearm", wish)

    @override
    async def next_due(self) -> float | None:
        started = time.monotonic()
        ((due_at, now),) = await self._database.select("next_due")
        self._ahead_s = now - (started + time.monotonic()) / 2
        return None if due_at is None else float(due_at)

    @override
    async def loads(self) -> Mapping[str, Load]:
        found = await self._database.select("loads")
        return {namespace: Load(count, size) for namespace, count, size in found}

    @override
    async def sheddable(self, namespace: str, *, now: float, limit: int) -> Sequence[Sheddable]:
        wish = {"namespace": namespace, "now": now, "limit": limit}
        found = await self._database.select("sheddable", wish)
        return [Sheddable(stored.delivery((*row, b"")), size) for *row, size in found]

    @override
    async def references(self, keys: Iterable[str]) -> Mapping[str, str]:
        wanted = {rows.storable(key): key for key in keys}
        found = await self._database.select("references", {"keys": list(wanted)})
        return {wanted[key]: value for key, value in found}

    @override
    async def deliveries(self, query: DeliveryQuery) -> Sequence[Delivery]:
        return await ledger.deliveries(self._database, query)

    @override
    async def delivery(self, delivery_id: str) -> tuple[Delivery, Sequence[Attempt]] | None:
        return await self._database.read(lambda session: ledger.delivery(session, delivery_id))

    @override
    async def events(
        self, *, namespace: str = "", name: str = "", limit: int = 100
    ) -> Sequence[tuple[Event, Sequence[Verdict]]]:
        return await ledger.events(self._database, namespace, name, limit)

    @override
    async def counts(self) -> Mapping[State, int]:
        return await ledger.counts(self._database)

    @override
    async def collect(self, *, before: float, keep: int) -> int:
        return await ledger.collect(self._database, before, keep)
