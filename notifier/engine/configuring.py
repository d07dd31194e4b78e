"""Which configurations apply where: the central one, and those of teams where they have one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from notifier.core.configuration import Configuration
from notifier.core.model import CENTRAL
from notifier.core.outside import Text
from notifier.engine.admitting import Admitting, Teams
from notifier.engine.gates import Gates
from notifier.engine.scoped import Around, Place, Scoped
from notifier.engine.status import Status
from notifier.languages import LanguageError
from notifier.ports import Clock, Cluster, Recorder, Store

__all__ = ["Compile", "Configuring", "Place", "Teams"]


class Compile(Protocol):
    """`core.configuration.compile_configuration` with everything bound that never changes."""

    def __call__(
        self,
        config_map: Mapping[str, str],
        secret: Mapping[str, bytes],
        previous: Configuration | None,
    ) -> Configuration:
        """Compile; never raises for a fault of the user's."""
        ...


class Configuring:
    """Holds the configuration of every scope and keeps it current.

    `teams` says which namespaces have one of their own; without it there is the central one alone.
    """

    def __init__(
        self,
        *,
        cluster: Cluster,
        store: Store,
        gates: Gates,
        compile_with: Compile,
        place: Place,
        clock: Clock,
        recorder: Recorder,
        status: Status,
        teams: Teams | None = None,
        jitter: Callable[[], float] = lambda: 0.5,
        on_change: Callable[[], None] = lambda: None,
        on_secrets: Callable[[str, Iterable[str]], None] = lambda _scope, _values: None,
        on_dismissed: Callable[[Iterable[str]], None] = lambda _: None,
    ) -> None:
        self._around = around = Around(
            cluster=cluster,
            store=store,
            gates=gates,
            clock=clock,
            recorder=recorder,
            status=status,
            jitter=jitter,
            on_change=on_change,
            on_secrets=on_secrets,
        )

        async def compiled(
            config_map: Mapping[str, str],
            secret: Mapping[str, bytes],
            previous: Configuration | None,
        ) -> Configuration:
            made = compile_with(config_map, secret, previous)
            if self._teams is not None:
                self._teams.central_changed(made)
            return made

        self._own_namespace = place.namespace
        first = compile_with({}, {}, None)
        self._central = Scoped(CENTRAL, place, around, compiled, first)
        self._teams: Admitting | None = None
        if teams is not None:
            self._teams = Admitting(
                teams, around, first, without=place.namespace, on_dismissed=on_dismissed
            )

    # --- what others ask --------------------------------------------------------------------

    def for_namespace(self, namespace: str) -> Sequence[Configuration]:
        """Return the configurations that apply to a namespace, the central one last; for "" those
        of all scopes."""
        central = self._central.current
        if self._teams is None or namespace == self._own_namespace:
            return (central,)
        if not namespace:
            return (*self._teams.all(), central)
        own = self._teams.of(namespace)
        return (central,) if own is None else (own, central)

    def of_scope(self, scope: str) -> Configuration | None:
        """Return the configuration of a scope, None if there is none."""
        if scope == CENTRAL:
            return self._central.current
        return None if self._teams is None else self._teams.of(scope)

    def has_own(self, namespace: str) -> bool:
        """Say whether a namespace takes part in self-service."""
        return self._teams is not None and self._teams.of(namespace) is not None

    def disable(self, scope: str, text: Text, error: LanguageError) -> None:
        """Take a template's text of a scope for bad from now on."""
        if self._teams is not None:
            self._teams.disable(scope, text, error)

    def doubt_credentials(self, scope: str) -> None:
        """Look at the Secret soon: a credential of the scope was refused. Lent services have the
        operator's, so both are looked at."""
        self._central.doubt()
        if self._teams is not None and scope != CENTRAL:
            self._teams.doubt(scope)

    async def loaded(self) -> None:
        """Wait until every configuration was read once; absent objects count as read."""
        await self._central.loaded.wait()
        if self._teams is not None:
            await self._teams.loaded()

    # --- the tasks ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow ConfigMaps and Secrets for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._central.watch(), name="follow ConfigMap")
            group.create_task(self._central.follow_secret(), name="follow Secret")
            if self._teams is not None:
                await self._central.loaded.wait()
                await self._teams.run()
