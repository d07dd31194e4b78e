"""Keep the compiled configuration current: ConfigMap watched, Secret re-read when it may have
changed.

The Secret is only ever fetched by name, never watched (spec/configuration.md 10): on a change of
the ConfigMap, after a refused credential, and every five minutes.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from notifier.core.configuration import Configuration
from notifier.core.errors import ClusterError, Problem, StoreError
from notifier.core.model import CENTRAL
from notifier.engine.gates import Gates
from notifier.engine.gathering import closed, decode
from notifier.engine.status import Status
from notifier.ports import Clock, Cluster, Recorder, Store

log = logging.getLogger(__name__)

SECRET_S: Final = 300.0
"""Seconds between two looks at the Secret if nothing calls for one."""

CREDENTIAL_S: Final = 10.0
"""Shortest time between two looks at the Secret because credentials are refused."""

AGAIN_S: Final = 30.0


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the central configuration lives."""

    namespace: str
    config_map: str
    secret: str


class Configuring:
    """Holds the configuration of the central scope and keeps it current."""

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
        on_change: Callable[[], None] = lambda: None,
        on_secrets: Callable[[str, Iterable[str]], None] = lambda _scope, _values: None,
    ) -> None:
        self._cluster = cluster
        self._store = store
        self._gates = gates
        self._compile = compile_with
        self._place = place
        self._clock = clock
        self._recorder = recorder
        self._status = status
        self._on_change = on_change
        self._on_secrets = on_secrets
        self._central = compile_with({}, {}, None)
        self._config_map: Mapping[str, str] = {}
        self._secret: Mapping[str, bytes] = {}
        self._read = False
        self._loaded = asyncio.Event()
        self._doubtful = asyncio.Event()
        self._unarmed: set[str] = set()

    # --- what others ask --------------------------------------------------------------------

    def for_namespace(self, namespace: str) -> Sequence[Configuration]:
        """Return the configurations that apply to a namespace, the central one last."""
        del namespace  # every namespace has the central configuration alone
        return (self._central,)

    def of_scope(self, scope: str) -> Configuration | None:
        """Return the configuration of a scope, None if there is none."""
        return self._central if scope == CENTRAL else None

    def doubt_credentials(self, scope: str) -> None:
        """Look at the Secret soon: a credential of the scope was refused."""
        if scope == CENTRAL:
            self._doubtful.set()

    async def loaded(self) -> None:
        """Wait until the configuration was read once; absent objects count as read."""
        await self._loaded.wait()

    # --- the tasks ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow ConfigMap and Secret for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_config_map(), name="follow ConfigMap")
            group.create_task(self._follow_secret(), name="follow Secret")

    async def _follow_config_map(self) -> None:
        place = self._place
        while True:
            watch = self._cluster.watch_object("ConfigMap", place.namespace, place.config_map)
            try:
                async for raw in watch:
                    self._status.degraded.pop("configuration", None)
                    secret = await self._fetch_secret()
                    self._apply(_text_data(raw), self._secret if secret is None else secret)
                    await self._rearm()
            except ClusterError as error:
                self._degrade("configuration", error)
                self._loaded.set()  # the catalogue works; what is refused is shown as degraded
            finally:
                await closed(watch)
            await self._clock.sleep(AGAIN_S)

    async def _follow_secret(self) -> None:
        await self._loaded.wait()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SECRET_S):
                    await self._doubtful.wait()
            secret = await self._fetch_secret()
            if secret is not None:
                self._apply(self._config_map, secret)
            await self._rearm()
            await self._clock.sleep(CREDENTIAL_S)
            self._doubtful.clear()

    async def _fetch_secret(self) -> Mapping[str, bytes] | None:
        """Return the data of the Secret, empty if there is none, None if it cannot be told."""
        place = self._place
        try:
            raw = await self._cluster.fetch("Secret", place.namespace, place.secret)
        except ClusterError as error:
            self._degrade("secret", error)
            return None
        self._status.degraded.pop("secret", None)
        return _binary_data(raw)

    def _degrade(self, part: str, error: ClusterError) -> None:
        if self._status.degraded.get(part) != str(error):
            self._status.degraded[part] = str(error)
            log.error("cannot read configuration", extra={"part": part, "error": str(error)})

    # --- a change -----------------------------------------------------------------------------

    def _apply(self, config_map: Mapping[str, str], secret: Mapping[str, bytes]) -> None:
        """Compile what changed and put it in force."""
        if self._read and config_map == self._config_map and secret == self._secret:
            return
        former = self._central
        self._on_secrets(CENTRAL, [item.decode("utf-8", "replace") for item in secret.values()])
        self._config_map, self._secret = config_map, secret
        self._central = self._compile(config_map, secret, former)
        changed = _changed(former, self._central) if self._read else set(self._central.services)
        self._read = True
        self._unarmed |= changed
        for service in changed:
            self._gates.changed(CENTRAL, service)
        self._report(former.problems)
        self._loaded.set()
        self._on_change()

    def _report(self, known: Sequence[Problem]) -> None:
        """Log every fault once per change, and that there is a new configuration."""
        current = self._central
        self._recorder.configured(CENTRAL, current.problems, self._clock.now())
        for problem in current.problems:
            if problem not in known:
                level = logging.ERROR if problem.severity == "error" else logging.WARNING
                log.log(level, "configuration fault", extra={"problem": str(problem)})
        log.info(
            "configuration in force",
            extra={
                "services": len(current.services),
                "triggers": len(current.triggers),
                "templates": len(current.templates),
                "faults": len(current.problems),
            },
        )

    async def _rearm(self) -> None:
        """Make the parked rows of changed services due; a store that fails is asked again at the
        next look."""
        for service in sorted(self._unarmed):
            try:
                rows = await self._store.rearm(
                    scope=CENTRAL, service=service, now=self._clock.now()
                )
            except StoreError as error:
                log.warning("could not re-arm", extra={"service": service, "error": str(error)})
                return
            self._unarmed.discard(service)
            if rows:
                log.info("parked deliveries re-armed", extra={"service": service, "rows": rows})
                self._on_change()


def _changed(former: Configuration, current: Configuration) -> set[str]:
    """Return the services that are new or no longer the same."""
    return {name for name, spec in current.services.items() if former.services.get(name) != spec}


def _text_data(raw: bytes | None) -> Mapping[str, str]:
    """Return the data of a ConfigMap; an absent one counts as empty."""
    data = decode(raw).get("data") if raw else None
    if not isinstance(data, dict):
        return {}
    return {key: text for key, text in data.items() if isinstance(text, str)}


def _binary_data(raw: bytes | None) -> Mapping[str, bytes]:
    """Return the data of a Secret; an absent one counts as empty."""
    data = decode(raw).get("data") if raw else None
    found: dict[str, bytes] = {}
    for key, text in data.items() if isinstance(data, dict) else ():
        with contextlib.suppress(binascii.Error, TypeError):
            found[key] = base64.b64decode(text, validate=True)
    return found
