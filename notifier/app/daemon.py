"""One daemon: an engine with its services and metrics, and what its ports show."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import os
import random
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TextIO

import orjson

from notifier.app import compiling, teams
from notifier.app.pools import Pools
from notifier.core.deliveries import ENDED, WAITING
from notifier.core.errors import NotifierError
from notifier.core.model import JsonObject, Resource
from notifier.core.observer import Observer
from notifier.core.settings import Settings
from notifier.engine.assembling import Engine, Parts
from notifier.engine.configuring import Place, Teams
from notifier.engine.status import Status
from notifier.kube.statistics import WatchStatistics
from notifier.observability.logs import Redactor
from notifier.observability.metrics import Metrics
from notifier.observability.sampling import sample_for_ever
from notifier.ports import Clock, Cluster, DeliveryQuery, Election, Service, Store
from notifier.rendering.pool import Pool
from notifier.web import destinations
from notifier.web.admin import AdminView
from notifier.web.public import PublicView, Readiness

log = logging.getLogger(__name__)

OWN_NAMESPACE: Final = "argo-rollouts"
"""Where the configuration is looked for if nothing says otherwise."""

NAMESPACE_FILE: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")

SWITCH_S: Final = sys.getswitchinterval()
CROWDED_SWITCH_S: Final = 0.0001


class SystemClock:
    """The clocks of this machine."""

    def now(self) -> float:
        """Wall clock, Unix seconds."""
        return time.time()  # noqa: TID251 - this is the Clock

    def monotonic(self) -> float:
        """Seconds that never jump."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Where a daemon meets the world: the real one, or recordings (`demo`, `replay`).

    `statistics` is what the watches count, None for a recording; `resources` are watched even if
    nobody asks for them; `election` decides who observes (None: this process alone); `api_server`
    returns the hosts of the API server, which services of teams may never reach; `out` is where
    the console service writes; `strict` templates may not print what is missing.
    """

    cluster: Cluster
    store: Store
    clock: Clock = field(default_factory=SystemClock)
    statistics: WatchStatistics | None = None
    resources: frozenset[Resource] = frozenset()
    election: Election | None = None
    api_server: Callable[[], Awaitable[Sequence[str]]] | None = None
    out: TextIO | None = None
    strict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamParts:
    """What a daemon needs more if teams may configure for themselves."""

    teams: Teams
    renderer: Pool
    pools: Pools


class Daemon:
    """An engine with its services, metrics and ports. Use `running`."""

    def __init__(
        self,
        settings: Settings,
        edges: Edges,
        services: Mapping[str, Service],
        redactor: Redactor,
        metrics: Metrics | None = None,
        team_parts: TeamParts | None = None,
    ) -> None:
        self.settings = settings
        self.edges = edges
        self.metrics = metrics or Metrics(sqlite=_sqlite_version(settings))
        status = Status()
        if edges.statistics is not None:
            self.metrics.observe_watches(edges.statistics)
            status.watch_failing_since = edges.statistics.away_since
        name = settings.configuration
        self._observer = Observer(instance_id=settings.cluster.instance_id)
        self.engine = Engine(
            Parts(
                cluster=edges.cluster,
                store=edges.store,
                services=services,
                observer=self._observer,
                compile_with=functools.partial(
                    compiling.compile_central,
                    document=name.config_map,
                    cluster=settings.cluster.name,
                    strict=edges.strict,
                    secret_keys=settings.templates.secret_keys,
                    allow_functions=settings.templates.allow_functions,
                ),
                clock=edges.clock,
                recorder=self.metrics,
                jitter=random.Random().random,  # noqa: S311 - spreads retries, guards nothing
                place=Place(
                    namespace=own_namespace(settings),
                    config_map=name.config_map,
                    secret=name.secret,
                ),
                status=status,
                resources=edges.resources,
                on_secrets=redactor.watch,
                election=edges.election,
                teams=team_parts.teams if team_parts else None,
                services_of=team_parts.pools.of if team_parts else None,
                on_dismissed=team_parts.pools.keep if team_parts else lambda _: None,
                on_crowded=share_interpreter,
            ),
            settings,
        )
        if team_parts is not None:
            team_parts.renderer.on_disabled = self.engine.configuring.disable
        self._hide = redactor.hide

    def public(self) -> PublicView:
        """Return what the public port shows."""
        status, clock = self.engine.status, self.edges.clock
        return PublicView(
            alive=lambda: status.alive(clock.monotonic()),
            readiness=self._readiness,
            metrics=self.metrics.render,
        )

    def admin(self) -> AdminView:
        """Return what the admin port shows and does."""
        return AdminView(
            store=self.edges.store,
            clock=self.edges.clock,
            configurations=self.engine.configuring.for_namespace,
            rollout=self._rollout,
            destinations=self._destinations,
            wake=self.engine.dispatch.wake,
            hide=self._hide,
        )

    async def live(self, stop: asyncio.Event) -> None:
        """Start, run until `stop` is set or a task fails, drain, close.

        Raises `StoreError` if the store cannot be opened, `NotifierError` after a failed task.
        """
        starting = asyncio.create_task(self.start(), name="starting")
        stopping = asyncio.create_task(stop.wait(), name="stopping")
        failing = asyncio.create_task(self.engine.failure(), name="failing")
        sampling = asyncio.create_task(
            sample_for_ever(
                self.edges.store,
                self.edges.clock,
                self.metrics,
                lambda: self._observer.remembered,
            ),
            name="sampling",
        )
        try:
            await asyncio.wait({starting, stopping, failing}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await asyncio.wait({stopping, failing}, return_when=asyncio.FIRST_COMPLETED)
            log.info("draining")
            await self.engine.drain()
        finally:
            for task in (starting, stopping, sampling):
                task.cancel()
            await asyncio.gather(starting, stopping, sampling, return_exceptions=True)
            await self.engine.close()
        if failing.done():
            raise _failed(failing.result())
        failing.cancel()

    async def start(self, *, may_end: bool = False) -> None:
        """Open, deliver, observe. `may_end`: the cluster is a recording. Raises `StoreError`."""
        await self.engine.open()
        self.engine.deliver()
        if self.edges.election is None:
            await self.engine.observe(may_end=may_end)
        else:
            self.engine.elect()

    async def unless_failed(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something, at most until a task of the engine fails. Raises `NotifierError` then."""
        await self.engine.unless_failed(work)

    def _readiness(self) -> Readiness:
        status, now = self.engine.status, self.edges.clock.monotonic()
        statistics = self.edges.statistics
        streams = statistics.degraded if statistics else {}
        reason = status.reason(now)
        return Readiness(
            ready=not reason,
            reason=reason,
            role=status.role,
            degraded=(*status.faults(), *(f"{name}: {why}" for name, why in streams.items())),
            detail=status.detail(now),
        )

    async def _rollout(self, namespace: str, name: str) -> JsonObject | None:
        raw = await self.edges.cluster.fetch("Rollout", namespace, name)
        return orjson.loads(raw) if raw else None

    async def _destinations(self) -> Sequence[JsonObject]:
        store = self.edges.store
        waiting = await store.deliveries(DeliveryQuery(states=WAITING, limit=500))
        ended = await store.deliveries(DeliveryQuery(states=ENDED, limit=500))
        return destinations.summarise(
            self.engine.configuring.for_namespace(""),
            [*waiting, *ended],
            self.engine.gates.state,
        )


@asynccontextmanager
async def daemon(settings: Settings, edges: Edges, redactor: Redactor) -> AsyncIterator[Daemon]:
    """Give a daemon with its services; close their connections afterwards."""
    from notifier.services import build_all
    from notifier.services.http import open_session

    guard = teams.central_guard(settings)
    metrics = Metrics(sqlite=_sqlite_version(settings))
    resources = {"clock": edges.clock, "hostname": socket.gethostname(), "out": edges.out}
    timeout_s = settings.delivery.timeout_s
    async with contextlib.AsyncExitStack() as stack:
        session = await stack.enter_async_context(open_session(guard, timeout_s=timeout_s))
        services = build_all(session=session, guard=guard, **resources)
        parts: TeamParts | None = None
        if settings.self_service.enabled:
            never = await edges.api_server() if edges.api_server is not None else ()
            renderer = teams.renderer(edges.clock, metrics)
            guards = (guard, teams.team_guard(settings, never))
            parts = TeamParts(
                teams=teams.teams(settings, renderer),
                renderer=renderer,
                pools=Pools(services, guards, timeout_s=timeout_s, resources=resources),
            )
            stack.push_async_callback(renderer.close)
            stack.push_async_callback(parts.pools.close)
        yield Daemon(settings, edges, services, redactor, metrics, parts)


def share_interpreter(crowded: bool) -> None:
    """Let the thread that writes the store have its turn sooner, or as late as usual. It gives the
    interpreter up some fifty times in a transaction, and beside a loop that is never idle waits as
    often; with the loop idle, sooner would only cost."""
    sys.setswitchinterval(CROWDED_SWITCH_S if crowded else SWITCH_S)


def _failed(task: str) -> NotifierError:
    return NotifierError(f"the task {task!r} ended unexpectedly; see the log")


def own_namespace(settings: Settings) -> str:
    """Return where ConfigMap and Secret are: as set, else the pod's own namespace."""
    if settings.configuration.namespace:
        return settings.configuration.namespace
    if namespace := os.environ.get("POD_NAMESPACE"):
        return namespace
    with contextlib.suppress(OSError):
        return NAMESPACE_FILE.read_text(encoding="utf-8").strip()
    return OWN_NAMESPACE


def _sqlite_version(settings: Settings) -> str:
    if settings.store.type != "sqlite":
        return ""
    import apsw

    return str(apsw.sqlite_lib_version())
