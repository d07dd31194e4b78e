"""Deliveries on trial: a memory store, one fake receiver, fake time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from notifier.core.configuration import Configuration
from notifier.core.model import Delivery, State
from notifier.engine.attempting import Attempting
from notifier.engine.backlog import Backlog
from notifier.engine.digests import Digests
from notifier.engine.dispatch import Dispatch
from notifier.engine.gates import Gates
from notifier.engine.pauses import Pauses
from notifier.engine.quotas import Quotas
from notifier.engine.status import Status
from notifier.ports import Intake, Service, Store
from notifier.stores.memory import MemoryStore
from tests.engine import fakes


@dataclass
class Bench:
    """Everything a dispatch needs; `configuration` may be replaced while it runs."""

    store: Store
    receiver: fakes.Receiver
    configuration: Configuration
    clock: fakes.LoopClock = field(default_factory=fakes.LoopClock)
    recorder: fakes.Counting = field(default_factory=fakes.Counting)
    status: Status = field(default_factory=Status)
    paused: set[str] = field(default_factory=set)
    doubted: list[str] = field(default_factory=list)
    services: dict[str, Service] = field(default_factory=dict)
    jitter: float = 0.5
    shadow: bool = False
    quotas: Quotas | None = None

    def dispatch(self, *, workers: int = 64, lease_s: float = 60.0) -> Dispatch:
        """Build the dispatch of one process."""
        self.gates = Gates(self.recorder)
        pauses = Pauses(self.store, lambda _uid, key: key in self.paused)
        pauses.observing = True
        attempting = Attempting(
            store=self.store,
            services={"post": self.receiver, **self.services},
            configuration_of=lambda scope: self.configuration if scope == "central" else None,
            gates=self.gates,
            backlog=Backlog(self.store, self.recorder, Digests(self.store)),
            pauses=pauses,
            clock=self.clock,
            recorder=self.recorder,
            jitter=lambda: self.jitter,
            timeout_s=15.0,
            shadow=self.shadow,
            quotas=self.quotas,
            on_credential=self.doubted.append,
        )
        return Dispatch(
            store=self.store,
            attempting=attempting,
            clock=self.clock,
            recorder=self.recorder,
            status=self.status,
            workers=workers,
            lease_s=lease_s,
        )

    async def commit(self, *deliveries: Delivery) -> None:
        """Commit rows as intake would."""
        await self.store.commit([Intake(deliveries=deliveries)])

    @contextlib.asynccontextmanager
    async def running(self, **options: Any) -> AsyncIterator[Dispatch]:
        """Run a dispatch; cancelled at the end."""
        dispatch = self.dispatch(**options)
        task = asyncio.create_task(dispatch.run())
        try:
            yield dispatch
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def states(self) -> dict[str, tuple[State, str]]:
        """Return id → state and reason."""
        found = await self.store.deliveries(fakes.ALL)
        return {each.id: (each.state, each.reason) for each in found}

    async def until(self, state: State, ids: Sequence[str]) -> None:
        """Look every 10 ms (of fake time) until all these are in a state."""
        while True:
            states = await self.states()
            if all(states[each][0] is state for each in ids):
                return
            await self.clock.sleep(0.01)


@pytest.fixture
def bench() -> Bench:
    """A bench with one service `post` whose receiver accepts everything at once."""
    return Bench(
        store=MemoryStore(), receiver=fakes.Receiver(), configuration=fakes.configuration()
    )
