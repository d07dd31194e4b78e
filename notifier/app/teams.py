"""What self-service is made of: rules for services, the render child, names of objects."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from notifier.app import compiling
from notifier.core.configuration import Configuration
from notifier.core.errors import Problem, SettingsError
from notifier.core.service import ServiceType
from notifier.core.settings import Settings
from notifier.engine.configuring import Teams
from notifier.ports import Clock, Recorder, Renderer
from notifier.rendering.pool import Pool

if TYPE_CHECKING:
    from notifier.services.addresses import Guard, TeamGuard


def team_guard(settings: Settings, never: Iterable[str]) -> TeamGuard:
    """Return which addresses services of teams may reach; `never` is the API server's host.

    Raises `SettingsError`.
    """
    from notifier.services.addresses import TeamGuard

    own = settings.self_service
    return TeamGuard(
        _read("self_service.allow_addresses", own.allow_addresses),
        [*_read("self_service.deny_addresses", own.deny_addresses), *never],
    )


def central_guard(settings: Settings) -> Guard:
    """Return which addresses the operator's services may reach. Raises `SettingsError`."""
    from notifier.services.addresses import Guard

    return Guard(_read("delivery.allow_addresses", settings.delivery.allow_addresses))


def service_types(settings: Settings) -> Mapping[str, ServiceType]:
    """Return the service types that teams have. Raises `SettingsError`."""
    from notifier.services import TYPES, teams

    own = settings.self_service
    try:
        ports = teams.ports(own.allow_ports)
    except ValueError as err:
        raise _refused("self_service.allow_ports", err, "list numbers from 1 to 65535") from err
    return teams.for_teams(TYPES, teams.Rules(ports=ports, mentions=own.allow_mentions))


def renderer(clock: Clock, recorder: Recorder) -> Pool:
    """Return what renders templates of teams; its children start with the first task."""
    return Pool(clock=clock, recorder=recorder)


def teams(settings: Settings, rendering: Renderer) -> Teams:
    """Return how configurations of teams are found, compiled and checked. Raises
    `SettingsError`."""
    own, central = settings.self_service, settings.configuration
    config_map, secret = own.config_map or central.config_map, own.secret or central.secret
    return Teams(
        settings=own,
        config_map=config_map,
        secret=secret,
        compile_with=functools.partial(
            compiling.compile_team,
            types=service_types(settings),
            name=config_map,
            secret_name=secret,
            mentions=own.allow_mentions,
        ),
        renderer=rendering,
    )


def compiled(
    settings: Settings,
    namespace: str,
    config_map: Mapping[str, str],
    secret: Mapping[str, bytes],
    central: Configuration,
) -> Configuration:
    """Compile the ConfigMap of one team once, as the daemon does with these settings, outside of
    any loop. Raises `SettingsError`."""
    from notifier.app.daemon import SystemClock
    from notifier.observability.metrics import Metrics

    rendering = renderer(SystemClock(), Metrics())
    made = teams(settings, rendering)

    async def checked() -> Configuration:
        try:
            return await made.compiled(namespace, config_map, secret, central, known={})
        finally:
            await rendering.close()

    return asyncio.run(checked())


def _read(key: str, entries: Sequence[str]) -> Sequence[str]:
    from notifier.services.addresses import Guard

    try:
        Guard(entries)
    except ValueError as err:
        fix = "list addresses, ranges such as 10.0.0.0/8, or host names"
        raise _refused(key, err, fix) from err
    return entries


def _refused(key: str, err: ValueError, fix: str) -> SettingsError:
    return SettingsError(Problem(document="settings", key=key, message=str(err), fix=fix))
