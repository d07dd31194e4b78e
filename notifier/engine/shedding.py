"""Keeps what waits in the outbox within its caps, so that nobody fills it for all others.

Who gives up what, `core/overload.py` decides. Every row that goes is recorded with its reason and
counted; of each burst the log and those who will miss most are told once (spec/reliability.md 5.2).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from msgspec.structs import replace

from notifier.core import lanes, overload
from notifier.core.configuration import Configuration, ServiceSpec
from notifier.core.errors import StoreError
from notifier.core.model import Delivery, State, delivery_id
from notifier.core.overload import Caps, Load
from notifier.engine.crowding import Crowding
from notifier.engine.digests import Digests
from notifier.engine.ending import end_waiting
from notifier.ports import Clock, Intake, Recorder, Store

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""Seconds between two looks, at least; a look may take a tenth of the time."""

SHED_AT_ONCE: Final = 2_000
"""Rows of one namespace that a look takes: whoever waits for the store waits for that, too."""

CALM_S: Final = 300.0
"""Seconds without shedding after which a burst is over."""

TOLD: Final = 10
"""Destinations that are told of a burst: those that miss most."""


@dataclass(slots=True)
class _Burst:
    """A time in which a namespace was shed again and again; `last` is monotonic."""

    last: float
    shed: int = 0


class Shedding:
    """Looks at the outbox for ever; runs where the cluster is observed, so once among replicas.

    `configuration_of` returns the configuration of a scope, None without one.
    """

    def __init__(
        self,
        *,
        store: Store,
        digests: Digests,
        configuration_of: Callable[[str], Configuration | None],
        clock: Clock,
        recorder: Recorder,
        caps: Caps,
        crowding: Crowding,
    ) -> None:
        self._store = store
        self._digests = digests
        self._configuration_of = configuration_of
        self._clock = clock
        self._recorder = recorder
        self._caps = caps
        self._crowding = crowding
        self._bursts: dict[str, _Burst] = {}

    async def run(self) -> None:
        """Look for ever; a store that fails is asked again."""
        took = 0.0
        while True:
            await self._clock.sleep(max(LOOK_S, took * 10))
            started = self._clock.monotonic()
            try:
                await self.look()
            except StoreError as error:
                log.debug("the outbox could not be looked at", extra={"error": str(error)})
            took = self._clock.monotonic() - started

    async def look(self) -> None:
        """Bring the outbox back within its caps. Raises `StoreError`."""
        loads = await self._store.loads()
        self._crowding.looked(loads)
        for namespace, give in overload.excess(loads, self._caps).items():
            await self._relieve(namespace, give, loads[namespace])
        self._calm_down()

    async def _relieve(self, namespace: str, give: Load, load: Load) -> None:
        now = self._clock.now()
        # Bytes without rows: as many rows as one look may take.
        limit = min(give.rows or SHED_AT_ONCE, SHED_AT_ONCE)
        rows = await self._store.sheddable(namespace, now=now, limit=limit)
        beyond = load.rows > self._caps.namespace
        choice = overload.choose(rows, give, beyond_quota=beyond, now=now)
        await self._end(choice.expired, State.EXPIRED, "max_age", now)
        await self._end(choice.superseded, State.SUPERSEDED, "newer", now)
        if not choice.shed:
            return
        burst = self._bursts.get(namespace)
        if burst is None:
            burst = self._bursts[namespace] = _Burst(self._clock.monotonic())
            log.warning(
                "too many messages wait: the least important are shed",
                extra={"namespace": namespace, "waiting": load.rows, "bytes": load.size},
            )
            await self._announce(choice.shed, now)
        burst.last = self._clock.monotonic()
        burst.shed += await self._end(choice.shed, State.SHED, overload.SHED, now)

    def _calm_down(self) -> None:
        """Forget the bursts that are over, and say how much they took."""
        now = self._clock.monotonic()
        for namespace, burst in list(self._bursts.items()):
            if now - burst.last >= CALM_S:
                del self._bursts[namespace]
                log.warning(
                    "no more messages are shed",
                    extra={"namespace": namespace, "shed": burst.shed},
                )

    async def _end(self, rows: Sequence[Delivery], state: State, reason: str, now: float) -> int:
        return await end_waiting(self._store, self._recorder, rows, state, reason, now=now)

    # --- telling ------------------------------------------------------------------------------

    async def _announce(self, shed: Sequence[Delivery], now: float) -> None:
        """Commit a summary to each of those who miss most, before anything is shed: cut off
        between the two, people are told too early rather than not at all."""
        missed = defaultdict[object, list[Delivery]](list)
        for row in shed:
            missed[row.destination].append(row)
        most = sorted(missed.values(), key=len, reverse=True)[:TOLD]
        told = [await self._summary(rows, now) for rows in most]
        await self._store.commit([Intake(deliveries=[row for row in told if row is not None])])

    async def _summary(self, rows: Sequence[Delivery], now: float) -> Delivery | None:
        """Return the message about rows of one destination; programs are told nothing, for they
        cannot read it."""
        newest = rows[-1]
        spec = self._spec(newest)
        if spec is None or spec.type.block.for_programs:
            return None
        id_ = delivery_id(newest.event_id, newest.destination, overload.SUMMARY, rows[0].id)
        text = overload.summary_text(rows, self._caps)
        payload = await self._digests.compose(newest, spec, text, id_)
        if payload is None:
            return None
        return replace(lanes.digest(rows, payload, now=now), id=id_)

    def _spec(self, delivery: Delivery) -> ServiceSpec | None:
        configuration = self._configuration_of(delivery.destination.scope)
        if configuration is None:
            return None
        return configuration.services.get(delivery.destination.service)
