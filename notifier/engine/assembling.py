"""The engine in one piece: what depends on what, and the order of start and end.

The composition root builds the adapters and hands them in; nothing here knows which they are.

    engine = Engine(parts, settings)
    await engine.open()             # store, configuration
    engine.deliver()                # every replica
    await engine.observe()          # alone, or:
    engine.elect()                  # only the one that leads observes
    await engine.failure()          # returns the name of a task that ended unexpectedly
    await engine.drain()            # spec/reliability.md 5.4
    await engine.close()            # leadership is let go last of all
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from notifier.core import planning
from notifier.core.circuits import Rate
from notifier.core.configuration import ServiceSpec
from notifier.core.model import Delivery, Resource
from notifier.core.observer import Observer
from notifier.core.overload import Caps
from notifier.core.settings import Settings
from notifier.engine.attempting import Attempting
from notifier.engine.backlog import Backlog
from notifier.engine.committing import Committing
from notifier.engine.configuring import Compile, Configuring, Place, Teams
from notifier.engine.crowding import Crowding
from notifier.engine.digests import Digests
from notifier.engine.dispatch import LONGEST_SLEEP_S, SHARED_SLEEP_S, Dispatch
from notifier.engine.electing import Electing
from notifier.engine.gates import Gates
from notifier.engine.gathering import Gathering
from notifier.engine.housekeeping import keep_house
from notifier.engine.intake import ALWAYS, Intake
from notifier.engine.pauses import Pauses
from notifier.engine.preparing import Preparing
from notifier.engine.quotas import Quotas
from notifier.engine.remembering import Remembering
from notifier.engine.shedding import Shedding
from notifier.engine.status import Status
from notifier.engine.steady import Steady
from notifier.engine.supervising import Supervisor, beat
from notifier.ports import Clock, Cluster, Election, Recorder, Service, Store

log = logging.getLogger(__name__)

COMMIT_S: Final = 5.0
"""Seconds that the last commits may take when draining; what is left is observed again."""

OBSERVING: Final = "observing"
DELIVERING: Final = "delivering"
CONFIGURING: Final = "configuring"
ELECTING: Final = "electing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The adapters and pure parts that an engine is built of.

    `services` are the acting halves by type name; `jitter` returns numbers in 0..1; `resources`
    are watched even if nobody asks for them; `on_secrets` learns every live secret value;
    `election` decides who observes, None where there is one process. `teams` is there if teams may
    configure for themselves; `services_of` then gives each scope its own. `caps` say how much
    may wait in the outbox; `on_crowded` learns whether a namespace takes much of the loop.
    """

    cluster: Cluster
    store: Store
    services: Mapping[str, Service]
    observer: Observer
    compile_with: Compile
    clock: Clock
    recorder: Recorder
    jitter: Callable[[], float]
    place: Place
    status: Status = field(default_factory=Status)
    resources: frozenset[Resource] = frozenset()
    on_secrets: Callable[[str, Iterable[str]], None] = lambda _scope, _values: None
    election: Election | None = None
    teams: Teams | None = None
    services_of: Callable[[ServiceSpec], Mapping[str, Service]] | None = None
    on_dismissed: Callable[[Iterable[str]], None] = lambda _: None
    caps: Caps = field(default_factory=Caps)
    on_crowded: Callable[[bool], None] = lambda _: None


class Engine:
    """Everything between the cluster and the receivers."""

    def __init__(self, parts: Parts, settings: Settings) -> None:
        parts = replace(parts, clock=Steady(parts.clock))
        self._parts = parts
        self._settings = settings
        self.status = parts.status
        self.gates = Gates(parts.recorder)
        self.configuring = Configuring(
            cluster=parts.cluster,
            store=parts.store,
            gates=self.gates,
            compile_with=parts.compile_with,
            place=parts.place,
            clock=parts.clock,
            recorder=parts.recorder,
            status=self.status,
            teams=parts.teams,
            jitter=parts.jitter,
            on_change=self._reconfigured,
            on_secrets=parts.on_secrets,
            on_dismissed=parts.on_dismissed,
        )
        own = settings.self_service
        self._quotas = Quotas(
            rate=Rate(per_s=own.messages_per_minute / 60.0, burst=own.burst),
            applies=self.configuring.has_own,
        )
        self._remembering = Remembering(self.configuring.for_namespace)
        self._pauses = pauses = Pauses(parts.store, parts.observer.still_paused)
        self._crowding = Crowding(parts.caps)
        self._digests = Digests(parts.store, settings.cluster.name)
        self.dispatch = self._dispatch(pauses)
        self._committing = Committing(
            store=parts.store,
            clock=parts.clock,
            recorder=parts.recorder,
            status=self.status,
            on_deliveries=self._stored,
        )
        self.intake = self._intake(pauses)
        self._electing = self._election(parts.election) if parts.election else None
        self._supervisor = Supervisor(parts.recorder, self.status)

    async def open(self) -> None:
        """Open the store and read the configuration once.

        Raises `StoreError`, and `NotifierError` if a task ends meanwhile that must not.
        """
        parts = self._parts
        self._supervisor.start("heartbeat", beat(parts.clock, parts.recorder, self.status))
        self.status.parts["store"] = await parts.store.open()
        log.info("store opened", extra={"store": self.status.parts["store"]})
        self._supervisor.start(CONFIGURING, self.configuring.run())
        await self._supervisor.unless_failed(self.configuring.loaded())
        if self._electing is None:
            self.status.expect(ALWAYS)

    def deliver(self) -> None:
        """Begin to send what waits in the store."""
        parts = self._parts
        self._supervisor.start(DELIVERING, self.dispatch.run())
        house = keep_house(
            parts.store, (self.gates, self._quotas), parts.clock, self._settings.store
        )
        self._supervisor.start("housekeeping", house)
        self.status.started = True

    async def observe(self, *, may_end: bool = False) -> None:
        """Begin to watch, from what was committed last. `may_end`: the cluster is a recording."""
        parts = self._parts
        stored = await parts.store.snapshots()
        parts.observer.restore(stored)
        self._remembering.restore(stored)
        self._pauses.observing = True
        self._supervisor.start(OBSERVING, self.intake.run(), may_end=may_end)
        self._supervisor.start("shedding", self._shedding().run())
        if self._electing is None:
            parts.recorder.leading(leader=True, epoch=0)

    def elect(self) -> None:
        """Observe while this process leads; that it no longer does is a failure."""
        if self._electing is not None:
            self._supervisor.start(ELECTING, self._electing.run())

    async def unless_failed(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something, at most until a task failed. Raises `NotifierError` then."""
        await self._supervisor.unless_failed(work)

    async def failure(self) -> str:
        """Wait until a task ended that must not, and return its name."""
        return await self._supervisor.failure()

    async def observed(self) -> None:
        """Wait until every stream of a recording has ended and all of it is committed."""
        await self._supervisor.finished(OBSERVING)

    async def drain(self) -> None:
        """Stop claiming, then observing; let attempts in flight end for a while."""
        self.status.draining = True
        self._supervisor.expect_end(OBSERVING, DELIVERING, ELECTING)
        if self._electing is not None and not self._electing.leading:
            await self._supervisor.stop(ELECTING)  # else the Lease is renewed until `close`
        delivery = self._settings.delivery
        draining = asyncio.create_task(self.dispatch.drain(delivery.drain_s))
        try:
            self.intake.stop()
            if not await self._supervisor.finished(OBSERVING, COMMIT_S):
                log.warning("observations were left uncommitted: they will be seen again")
            if cancelled := await draining:
                log.warning("attempts were cut short", extra={"attempts": cancelled})
            await self._supervisor.finished(DELIVERING, COMMIT_S)
        finally:
            draining.cancel()

    async def close(self) -> None:
        """Cancel what still runs, close services and store, let another replica lead.

        Raises `StoreError`.
        """
        await self._supervisor.stop()
        try:
            for service in self._parts.services.values():
                await service.close()
            await self._parts.store.close()
        finally:
            if self._parts.election is not None:
                await self._parts.election.release()

    def _stored(self, rows: Sequence[Delivery]) -> None:
        self._crowding.stored(rows)
        self.dispatch.wake()

    def _reconfigured(self) -> None:
        self._remembering.reconfigured()
        self.intake.reconsider()
        self.dispatch.wake()

    def _dispatch(self, pauses: Pauses) -> Dispatch:
        parts, delivery = self._parts, self._settings.delivery
        attempting = Attempting(
            store=parts.store,
            services=parts.services,
            configuration_of=self.configuring.of_scope,
            gates=self.gates,
            pauses=pauses,
            backlog=Backlog(parts.store, parts.recorder, self._digests),
            clock=parts.clock,
            recorder=parts.recorder,
            jitter=parts.jitter,
            timeout_s=delivery.timeout_s,
            shadow=delivery.shadow,
            quotas=self._quotas,
            services_of=parts.services_of,
            on_credential=self.configuring.doubt_credentials,
        )
        return Dispatch(
            store=parts.store,
            attempting=attempting,
            clock=parts.clock,
            recorder=parts.recorder,
            status=self.status,
            workers=delivery.workers,
            lease_s=delivery.lease_s,
            longest_sleep_s=SHARED_SLEEP_S if parts.election else LONGEST_SLEEP_S,
            on_ended=self._crowding.ended,
        )

    def _shedding(self) -> Shedding:
        parts = self._parts
        return Shedding(
            store=parts.store,
            digests=self._digests,
            configuration_of=self.configuring.of_scope,
            clock=parts.clock,
            recorder=parts.recorder,
            caps=parts.caps,
            crowding=self._crowding,
        )

    def _election(self, election: Election) -> Electing:
        parts = self._parts
        return Electing(
            election=election,
            store=parts.store,
            clock=parts.clock,
            recorder=parts.recorder,
            status=self.status,
            begin=self._begin,
            stop=self.intake.stop,
        )

    async def _begin(self, epoch: int) -> None:
        self.status.expect(ALWAYS)
        self._committing.epoch = epoch
        await self.observe()

    def _intake(self, pauses: Pauses) -> Intake:
        parts, settings = self._parts, self._settings
        preparing = Preparing(
            observer=parts.observer,
            gathering=Gathering(parts.cluster, parts.clock),
            pauses=pauses,
            remembering=self._remembering,
            configurations=self.configuring.for_namespace,
            recorder=parts.recorder,
            policy=planning.Policy(
                cluster=settings.cluster.name,
                namespace=parts.place.namespace,
                max_age_s=settings.delivery.max_age_s,
                shadow=settings.delivery.shadow,
            ),
            crowding=self._crowding,
            renderer=None if parts.teams is None else parts.teams.renderer,
        )
        return Intake(
            cluster=parts.cluster,
            observer=parts.observer,
            committing=self._committing,
            preparing=preparing,
            configurations=self.configuring.for_namespace,
            clock=parts.clock,
            recorder=parts.recorder,
            status=self.status,
            also=parts.resources,
            on_crowded=parts.on_crowded,
        )
