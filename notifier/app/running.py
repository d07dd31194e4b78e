"""`notifier run`: signals, ports, the real cluster and store."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import random
import secrets
import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import unquote

from notifier.app import compiling
from notifier.app.daemon import Daemon, Edges, SystemClock, daemon, own_namespace
from notifier.core.errors import NotifierError, Problem
from notifier.core.settings import Settings
from notifier.engine import shared_time
from notifier.kube.client import Client
from notifier.kube.statistics import WatchStatistics
from notifier.observability import logs
from notifier.observability.logs import Redactor
from notifier.ports import Clock, Election
from notifier.stores import STORES
from notifier.web import serving
from notifier.web.admin import application as admin_application
from notifier.web.public import application as public_application

log = logging.getLogger(__name__)

UPSTREAM_CONFIG_MAP: Final = "argo-rollouts-notification-configmap"

LOOPBACK: Final = "127.0.0.1"

GC_THRESHOLD: Final = (50_000, 20, 20)
"""Collections are rarer after start: what lives long is frozen by then."""


def main(settings: Settings, warnings: Sequence[Problem]) -> None:
    """Run the daemon until a signal. Raises `NotifierError`."""
    redactor = Redactor()
    redactor.watch("store.url", _passwords(settings.store.url))
    logs.configure(settings.log.format, settings.log.level, redactor)
    _no_core_dumps()
    for warning in warnings:
        log.warning("setting ignored", extra={"problem": str(warning)})
    if settings.configuration.config_map == UPSTREAM_CONFIG_MAP:
        log.warning("the sender built into Argo Rollouts reads the same ConfigMap: both may send")
    compiling.languages(allow_functions=settings.templates.allow_functions)
    warm_up()
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(settings, redactor))


def _passwords(url: str) -> Sequence[str]:
    """Return the password in a URL, as it stands there and decoded."""
    _, _, rest = url.partition("://")
    password = rest.rpartition("@")[0].partition(":")[2]
    return [password, unquote(password)] if password else []


def warm_up() -> None:
    """Do before the loop runs what would block it later: imports, the catalogue, one collection."""
    import notifier.kube.reflector
    import notifier.services.http
    import notifier.stores.sqlite.store  # noqa: F401 - imported for its time
    from notifier.kube import credentials

    credentials.preload()
    compiling.shipped()
    gc.collect()
    gc.freeze()


async def serve(settings: Settings, redactor: Redactor) -> None:
    """Observe the real cluster and deliver, until SIGTERM or SIGINT."""
    from notifier.kube.credentials import loader
    from notifier.kube.reflector import Reflector

    store = STORES[settings.store.type](settings.store)
    clock, statistics = shared_time.shared(SystemClock(), store), WatchStatistics()
    client = Client(loader(settings.cluster), clock=clock)
    cluster = Reflector(
        client,
        clock=clock,
        jitter=random.Random().random,  # noqa: S311 - spreads relists, guards nothing
        namespaces=settings.cluster.namespaces,
        statistics=statistics,
    )
    edges = Edges(
        cluster=cluster,
        store=store,
        clock=clock,
        statistics=statistics,
        election=_election(settings, client, clock),
    )
    stop = _stopped_by_signals()
    async with daemon(settings, edges, redactor) as one, listening(one):
        freezing = asyncio.create_task(_freeze_when_ready(one), name="freezing")
        try:
            await one.live(stop)
        finally:
            freezing.cancel()
            await client.close()


def _election(settings: Settings, client: Client, clock: Clock) -> Election | None:
    """Return the election by a Lease, None if this replica is the only one."""
    if not settings.election.enabled:
        return None
    from notifier.kube.lease import LeaseElection, Times

    given = settings.election
    return LeaseElection(
        client,
        clock=clock,
        jitter=random.Random().random,  # noqa: S311 - spreads tries, guards nothing
        namespace=given.namespace or own_namespace(settings),
        name=given.lease,
        identity=f"{socket.gethostname()}_{secrets.token_hex(4)}",
        times=Times(duration_s=given.duration_s, renew_s=given.renew_s, retry_s=given.retry_s),
    )


@asynccontextmanager
async def listening(one: Daemon) -> AsyncIterator[tuple[int, int]]:
    """Open the public and the admin port; give their numbers. Raises `NotifierError`."""
    web = one.settings.web
    async with contextlib.AsyncExitStack() as stack:
        ports = []
        for application, host, port, setting in (
            (public_application(one.public()), web.host, web.port, "web.port"),
            (admin_application(one.admin()), LOOPBACK, web.admin_port, "web.admin_port"),
        ):
            try:
                served = await serving.serve(application, host, port)
            except OSError as err:
                reason = err.strerror or str(err)
                raise NotifierError(
                    f"cannot listen on {host}:{port}: {reason}; choose another {setting}"
                ) from err
            stack.push_async_callback(served.stop)
            ports.append(served.port)
        log.info("listening", extra={"public_port": ports[0], "admin_port": ports[1]})
        yield ports[0], ports[1]


def _stopped_by_signals() -> asyncio.Event:
    """Return an event that the first signal sets; the second ends the process at once."""
    stop = asyncio.Event()

    def on_signal(number: signal.Signals) -> None:
        if stop.is_set():
            os._exit(128 + number)
        log.info("signal received", extra={"signal": number.name})
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    return stop


async def _freeze_when_ready(one: Daemon) -> None:
    """Once everything is listed, take what lives long out of the collector's way."""
    while one.engine.status.reason(one.edges.clock.monotonic()):
        await one.edges.clock.sleep(1.0)
    log.info("ready")
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLD)


def _no_core_dumps() -> None:
    """A core file would hold every credential (spec/security.md S11)."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # optional: not on every platform
        return None
    return uvloop.new_event_loop
