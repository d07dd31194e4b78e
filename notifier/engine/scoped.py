"""The configuration of one scope, kept current: its ConfigMap followed, its Secret re-read when it
may have changed.

The Secret is only ever fetched by name, never watched (spec/configuration.md 10): on a change of
the ConfigMap, after a refused credential, and every five minutes.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from notifier.core.configuration import Configuration
from notifier.core.errors import ClusterError, Problem, StoreError
from notifier.core.model import CENTRAL
from notifier.engine.gates import Gates
from notifier.engine.gathering import closed, decode
from notifier.engine.patience import Patience
from notifier.engine.status import Status
from notifier.ports import Clock, Cluster, Recorder, Store

log = logging.getLogger(__name__)

SECRET_S: Final = 300.0
"""Seconds between two looks at the Secret if nothing calls for one."""

CREDENTIAL_S: Final = 10.0
"""Shortest time between two looks at the Secret because credentials are refused."""

AGAIN_S: Final = 30.0
"""Seconds at most until a watch that was refused is tried again."""

EDIT_S: Final = 1.0
"""Shortest time between two compilations of what one team writes."""

POLL_S: Final = 60.0
"""Seconds between two looks at a ConfigMap that is not watched; half of it more or less."""

READS: Final = 16
"""Reads of all scopes at a time: hundreds of namespaces must not flood the API server."""

Compile: TypeAlias = Callable[
    [Mapping[str, str], Mapping[str, bytes], Configuration | None], Awaitable[Configuration]
]
"""ConfigMap, Secret and former configuration to the new one; never raises for the user's faults."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the configuration of a scope lives."""

    namespace: str
    config_map: str
    secret: str


@dataclass(slots=True, kw_only=True)
class Around:
    """What every scope works with; `on_secrets` learns the live secret values of a scope."""

    cluster: Cluster
    store: Store
    gates: Gates
    clock: Clock
    recorder: Recorder
    status: Status
    jitter: Callable[[], float] = lambda: 0.5
    on_change: Callable[[], None] = lambda: None
    on_secrets: Callable[[str, Iterable[str]], None] = lambda _scope, _values: None
    reads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(READS))


class Scoped:
    """One scope: what its configuration was made of, and what is in force (`current`)."""

    def __init__(
        self,
        scope: str,
        place: Place,
        around: Around,
        compile_with: Compile,
        current: Configuration,
    ) -> None:
        self.scope = scope
        self.current = current
        self.loaded = asyncio.Event()
        self._place = place
        self._around = around
        self._compile = compile_with
        self._applying = asyncio.Lock()
        self._config_map: Mapping[str, str] = {}
        self._secret: Mapping[str, bytes] = {}
        self._read = False
        self._exists = scope == CENTRAL
        self._doubtful = asyncio.Event()
        self._unread = False
        self._unarmed: set[str] = set()

    # --- what follows the cluster -------------------------------------------------------------

    async def watch(self) -> None:
        """Watch the ConfigMap for ever; what is refused is shown as degraded and tried again."""
        place, around = self._place, self._around
        patience = Patience(around.clock, longest_s=AGAIN_S, spread=self._spread)
        while True:
            watch = around.cluster.watch_object("ConfigMap", place.namespace, place.config_map)
            try:
                async for raw in watch:
                    patience.succeeded()
                    self._mend("configuration")
                    await self.take(raw)
                    if self.scope != CENTRAL:
                        await around.clock.sleep(EDIT_S)
            except ClusterError as error:
                self._degrade("configuration", error)
                self.loaded.set()  # others work; what is refused is shown as degraded
            finally:
                await closed(watch)
            await patience.wait()

    async def poll(self) -> None:
        """Look at the ConfigMap once in a while, for ever: there are too many to watch."""
        place, around = self._place, self._around
        known: bytes | None = None
        patience = Patience(around.clock, longest_s=POLL_S, spread=self._spread)
        while True:
            try:
                async with around.reads:
                    raw = await around.cluster.fetch("ConfigMap", place.namespace, place.config_map)
                self._mend("configuration")
                digest = hashlib.blake2b(raw or b"").digest()
                if digest != known:
                    await self.take(raw)
                    known = digest
            except ClusterError as error:
                self._degrade("configuration", error)
                self.loaded.set()
                await patience.wait()
            else:
                patience.succeeded()
                await around.clock.sleep(self._spread(POLL_S))

    async def follow_secret(self) -> None:
        """Look at the Secret once in a while and when credentials are refused, for ever."""
        await self.loaded.wait()
        patience = Patience(self._around.clock, longest_s=SECRET_S, spread=self._spread)
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._spread(SECRET_S)):
                    await self._doubtful.wait()
            secret = await self._fetch_secret() if self._exists else None
            if secret is not None:
                await self._apply(self._config_map, secret)
            await self._rearm()
            if self._unread:
                await patience.wait()
                continue
            patience.succeeded()
            await self._around.clock.sleep(CREDENTIAL_S)
            if not self._unread:
                self._doubtful.clear()

    async def take(self, raw: bytes | None) -> None:
        """Put a version of the ConfigMap in force, None if there is none."""
        appeared = raw is not None and not self._exists
        self._exists = self._exists or appeared
        secret = await self._fetch_secret() if self._exists else {}
        known = self._secret if secret is None else secret
        await self._apply(_text_data(raw), known, anyway=appeared)
        await self._rearm()

    async def again(self) -> None:
        """Compile once more what is there: what it stands on has changed."""
        if self._read:
            await self._apply(self._config_map, self._secret, anyway=True)
            await self._rearm()

    def doubt(self) -> None:
        """Look at the Secret soon: a credential was refused."""
        self._doubtful.set()

    def leave(self) -> None:
        """Forget what the scope showed to others; it is gone."""
        for part in ("configuration", "secret"):
            self._mend(part)
        self._around.on_secrets(self.scope, ())
        self._around.recorder.unconfigured(self.scope)
        for service in self.current.services:
            self._around.gates.changed(self.scope, service)

    async def _fetch_secret(self) -> Mapping[str, bytes] | None:
        """Return the data of the Secret, empty if there is none, None if it cannot be told."""
        place, around = self._place, self._around
        try:
            async with around.reads:
                raw = await around.cluster.fetch("Secret", place.namespace, place.secret)
        except ClusterError as error:
            self._degrade("secret", error)
            self._unread = True
            self._doubtful.set()
            return None
        self._unread = False
        self._mend("secret")
        return _binary_data(raw)

    def _spread(self, seconds: float) -> float:
        """Spread what all teams do, three quarters to five quarters of the time."""
        return seconds if self.scope == CENTRAL else seconds * (0.75 + self._around.jitter() / 2)

    def _part(self, part: str) -> str:
        return part if self.scope == CENTRAL else f"{part}/{self.scope}"

    def _mend(self, part: str) -> None:
        self._around.status.mend(self._part(part))

    def _degrade(self, part: str, error: ClusterError) -> None:
        part = self._part(part)
        if self._around.status.degrade(part, error):
            log.error("cannot read configuration", extra={"part": part, "error": str(error)})

    # --- a change -----------------------------------------------------------------------------

    async def _apply(
        self, config_map: Mapping[str, str], secret: Mapping[str, bytes], *, anyway: bool = False
    ) -> None:
        """Compile what changed and put it in force."""
        async with self._applying:
            same = config_map == self._config_map and secret == self._secret
            if self._read and same and not anyway:
                return
            values = [item.decode("utf-8", "replace") for item in secret.values()]
            self._around.on_secrets(self.scope, values)
            former = self.current
            current = await self._compile(config_map, secret, former)
            self._config_map, self._secret = config_map, secret
            self._put_in_force(former, current)

    def _put_in_force(self, former: Configuration, current: Configuration) -> None:
        self.current = current
        changed = _changed(former, current) if self._read else set(current.services)
        self._read = True
        self._unarmed |= changed
        for service in changed:
            self._around.gates.changed(self.scope, service)
        if self._exists:
            self._report(former.problems)
        self.loaded.set()
        self._around.on_change()

    def _report(self, known: Sequence[Problem]) -> None:
        """Log every fault once per change, and that there is a new configuration."""
        current, around = self.current, self._around
        around.recorder.configured(self.scope, current.problems, around.clock.now())
        for problem in current.problems:
            if problem not in known:
                level = logging.ERROR if problem.severity == "error" else logging.WARNING
                extra = {"scope": self.scope, "problem": str(problem)}
                log.log(level, "configuration fault", extra=extra)
        log.info(
            "configuration in force",
            extra={
                "scope": self.scope,
                "services": len(current.services),
                "triggers": len(current.triggers),
                "templates": len(current.templates),
                "faults": len(current.problems),
            },
        )

    async def _rearm(self) -> None:
        """Make the parked rows of changed services due; a store that fails is asked again at the
        next look."""
        around, services = self._around, frozenset(self._unarmed)
        if not services:
            return
        try:
            rows = await around.store.rearm(
                scope=self.scope, services=services, now=around.clock.now()
            )
        except StoreError as error:
            log.warning("could not re-arm", extra={"scope": self.scope, "error": str(error)})
            return
        self._unarmed -= services
        if rows:
            log.info("parked deliveries re-armed", extra={"scope": self.scope, "rows": rows})
            around.on_change()


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
