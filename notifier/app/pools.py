"""The acting services of each scope: connections, tokens and guards of teams are their own.

A scope that uses a service lent by the operator reaches it as the operator may, over connections of
its own. Everything is opened with the first message.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from notifier.core.compiling.services import ServiceSpec
from notifier.core.model import CENTRAL
from notifier.ports import Service

if TYPE_CHECKING:
    import aiohttp

    from notifier.services.addresses import Guard

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Pool:
    session: aiohttp.ClientSession
    services: Mapping[str, Service]


class Pools:
    """Services by scope. `resources` are what services are built from, `guards` who may be reached:
    (central, teams)."""

    def __init__(
        self,
        central: Mapping[str, Service],
        guards: tuple[Guard, Guard],
        *,
        timeout_s: float,
        resources: Mapping[str, Any],
    ) -> None:
        self._central = central
        self._guards = guards
        self._timeout_s = timeout_s
        self._resources = resources
        self._pools: dict[tuple[str, bool], _Pool] = {}
        self._closing: set[asyncio.Task[None]] = set()

    def of(self, spec: ServiceSpec) -> Mapping[str, Service]:
        """Return the services that messages of this one are sent with, by type name."""
        if spec.scope == CENTRAL:
            return self._central
        key = (spec.scope, spec.exported)
        if key not in self._pools:
            self._pools[key] = self._opened(self._guards[0 if spec.exported else 1])
        return self._pools[key].services

    def keep(self, scopes: Iterable[str]) -> None:
        """Close the connections of all other scopes: they take part no more."""
        kept = set(scopes)
        for key in [key for key in self._pools if key[0] not in kept]:
            task = asyncio.create_task(_close(self._pools.pop(key)), name=f"close {key[0]}")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        """Close the connections of every team."""
        self.keep(())
        while self._closing:
            await asyncio.wait(self._closing)

    def _opened(self, guard: Guard) -> _Pool:
        from notifier.services import build_all
        from notifier.services.http import open_session

        session = open_session(guard, timeout_s=self._timeout_s)
        return _Pool(session, build_all(session=session, guard=guard, **self._resources))


async def _close(pool: _Pool) -> None:
    for service in pool.services.values():
        await service.close()
    await pool.session.close()
