"""One claimed delivery to its settlement: what forbids the attempt, the attempt, what follows it.

Nothing is decided here that a pure function decides: ages and waits are `core/retry.py`, circuits
and rates `core/circuits.py`, supersession `core/lanes.py`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from msgspec.structs import replace

from notifier.core import deliveries, retry, sealing
from notifier.core.configuration import Configuration, ServiceSpec
from notifier.core.errors import DeliveryError, Misconfigured, Permanent, Reason, Retryable
from notifier.core.model import Attempt, Delivery, State
from notifier.core.service import Delivered, Outgoing
from notifier.engine.backlog import Backlog
from notifier.engine.gates import Gates, Refusal
from notifier.engine.pauses import Pauses
from notifier.engine.quotas import Quotas
from notifier.ports import Clock, Recorder, Referencing, Service, Settlement, Store

log = logging.getLogger(__name__)

LATE_S: Final = 300.0
"""Lateness of the first attempt from which a message says so (spec/services.md 1.3)."""

LONGEST_REFUSAL_S: Final = 300.0
"""A row that has to wait comes back after this time at the latest: what holds it may be gone."""

_TELLING: Final = frozenset({Reason.LEASE_LOST, *retry.REDUCIBLE})

REPEATS_REMEMBERED: Final = 10_000


@dataclass(frozen=True, slots=True)
class History:
    """What earlier attempts of a delivery mean for the next one."""

    first_started_at: float | None = None
    ambiguous: bool = False


FIRST: Final = History()


class Attempting:
    """Makes single attempts. `configuration_of` returns the configuration of a scope, `jitter`
    numbers in 0..1, `services_of` the services that a scope sends with (all the same without)."""

    def __init__(
        self,
        *,
        store: Store,
        services: Mapping[str, Service],
        configuration_of: Callable[[str], Configuration | None],
        gates: Gates,
        pauses: Pauses,
        backlog: Backlog,
        clock: Clock,
        recorder: Recorder,
        jitter: Callable[[], float],
        timeout_s: float,
        shadow: bool = False,
        quotas: Quotas | None = None,
        services_of: Callable[[ServiceSpec], Mapping[str, Service]] | None = None,
        on_credential: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._services = services
        self._services_of = services_of or (lambda _: services)
        self._quotas = quotas or Quotas.none()
        self._referencing = {
            name: service for name, service in services.items() if isinstance(service, Referencing)
        }
        self._configuration_of = configuration_of
        self._gates = gates
        self._pauses = pauses
        self._backlog = backlog
        self._clock = clock
        self._recorder = recorder
        self._jitter = jitter
        self._timeout_s = timeout_s
        self._shadow = shadow
        self._on_credential = on_credential
        self._sending: dict[str, tuple[float, float]] = {}
        self._repeats: dict[tuple[str, str, str, str], int] = {}

    async def attempt(self, delivery: Delivery) -> Settlement:
        """Return what became of a claim. Raises `StoreError` before anything was sent; when
        cancelled, ask `cut_short`."""
        now = self._clock.now()
        spec = self._spec(delivery)
        if (settlement := self._unsent(delivery, spec, now)) is not None:
            return settlement
        if spec is None:
            return self._park(delivery, now)
        if (reason := await self._superseded(delivery, spec, now)) is not None:
            return _settled(delivery, State.SUPERSEDED, now, reason)
        outgoing = await self._outgoing(delivery, now)
        if (refusal := self._refusal(delivery, spec)) is not None:
            return self._handed_back(delivery, refusal, now)
        return await self._send(delivery, spec, outgoing)

    def cut_short(self, delivery: Delivery) -> Settlement:
        """Return the settlement of an attempt that was cancelled: ambiguous once `send` began."""
        now = self._clock.now()
        begun = self._sending.pop(delivery.id, None)
        if begun is None:
            return _settled(delivery, State.PENDING, now, delivery.reason)
        error = Retryable(Reason.CANCELLED, "cancelled by shutdown", ambiguous=True)
        attempt = self._record(delivery, begun, "retryable", error)
        return replace(_settled(delivery, State.AMBIGUOUS, now, error.reason), attempt=attempt)

    # --- before the attempt -----------------------------------------------------------------

    def _spec(self, delivery: Delivery) -> ServiceSpec | None:
        """Return the service as configured now; credentials come from here, never from the row."""
        configuration = self._configuration_of(delivery.destination.scope)
        if configuration is None:
            return None
        spec = configuration.services.get(delivery.destination.service)
        return spec if spec is not None and spec.type.name in self._services else None

    def _unsent(
        self, delivery: Delivery, spec: ServiceSpec | None, now: float
    ) -> Settlement | None:
        """Return the settlement of what is not to be sent at all, or not now."""
        if now >= delivery.expires_at:
            return _settled(delivery, State.EXPIRED, now, delivery.reason or "max_age")
        if self._shadow:
            return _settled(delivery, State.SHADOW, now)
        if spec is None:
            return self._park(delivery, now)
        refusal = self._refusal(delivery, spec)
        return None if refusal is None else self._handed_back(delivery, refusal, now)

    def _refusal(self, delivery: Delivery, spec: ServiceSpec) -> Refusal | None:
        """Return why there is no attempt now: the receiver rests, the namespace had its share."""
        moment = self._clock.monotonic()
        refusal = self._gates.refusal(delivery.destination, moment, spec.terms.rate)
        if refusal is not None or delivery.attempt > 1:
            return refusal
        return self._quotas.refusal(delivery.rollout.namespace, moment)

    async def _superseded(self, delivery: Delivery, spec: ServiceSpec, now: float) -> str | None:
        """Return why the message is pointless by now, None if it is not (spec/services.md 6.4)."""
        if delivery.kind == "paused" and not await self._pauses.holds(delivery):
            return "no_longer_paused"
        return await self._backlog.thinned(delivery, spec, now)

    async def _outgoing(self, delivery: Delivery, now: float) -> Outgoing:
        """Return the attempt as the service gets it: equal in every attempt but for what an
        earlier one left open."""
        history = FIRST if delivery.attempt <= 1 else await self._history(delivery)
        started = now if history.first_started_at is None else history.first_started_at
        late_s = started - delivery.created_at
        references: Mapping[str, str] = {}
        referencing = self._referencing.get(delivery.destination.service_type)
        if referencing is not None and delivery.reason != Reason.THREAD:
            keys = referencing.references(delivery.payload)
            references = await self._store.references(keys) if keys else {}
        return Outgoing(
            delivery=delivery,
            references=references,
            late_s=late_s if late_s >= LATE_S else 0.0,
            repeat_of_ambiguous=history.ambiguous,
        )

    async def _history(self, delivery: Delivery) -> History:
        found = await self._store.delivery(delivery.id)
        attempts: Sequence[Attempt] = found[1] if found is not None else ()
        lost = delivery.reason == Reason.LEASE_LOST
        return History(
            first_started_at=min((each.started_at for each in attempts), default=None),
            ambiguous=lost or any(each.ambiguous for each in attempts),
        )

    def _revealed(self, outgoing: Outgoing) -> Outgoing:
        """Join in the secrets that its template printed: nothing before this holds one. Raises
        `Misconfigured` if the Secret or the operator's list has one of them no more."""
        delivery = outgoing.delivery
        if not sealing.sealed(delivery.payload):
            return outgoing
        configuration = self._configuration_of(delivery.destination.scope)
        values = {} if configuration is None else configuration.sealed
        try:
            payload = sealing.reveal(delivery.payload, values)
        except KeyError as error:
            detail = f"the message prints the secret {error}, which is not there (any more)"
            raise Misconfigured(Reason.CREDENTIAL, detail) from error
        return dataclasses.replace(outgoing, delivery=replace(delivery, payload=payload))

    def _park(self, delivery: Delivery, now: float) -> Settlement:
        """Let a delivery wait for its service to be configured (again)."""
        due = min(now + retry.DEFAULT.slow_s, delivery.expires_at)
        return _settled(delivery, State.PARKED, due, Reason.CONFIGURATION)

    def _handed_back(self, delivery: Delivery, refusal: Refusal, now: float) -> Settlement:
        wait_s = min(refusal.wait_s, LONGEST_REFUSAL_S)
        if refusal.parked:
            due = min(now + refusal.wait_s, delivery.expires_at)
            return _settled(delivery, State.PARKED, due, refusal.reason)
        due = min(now + wait_s, delivery.expires_at)
        return _settled(delivery, State.PENDING, due, _kept_reason(delivery, refusal.reason))

    # --- the attempt ------------------------------------------------------------------------

    async def _send(self, delivery: Delivery, spec: ServiceSpec, outgoing: Outgoing) -> Settlement:
        """Send once under the deadline and say what follows."""
        destination = delivery.destination
        begun = (self._clock.now(), self._clock.monotonic())
        self._gates.entered(destination, begun[1], spec.terms.rate)
        if delivery.attempt <= 1:
            self._quotas.entered(delivery.rollout.namespace, begun[1])
            waited_s = begun[0] - deliveries.committed_at(delivery)
            self._recorder.first_attempt(delivery.trigger, destination.service, waited_s)
        self._sending[delivery.id] = begun
        service = self._services_of(spec)[spec.type.name]
        deadline_s = spec.terms.timeout_s or self._timeout_s
        try:
            async with asyncio.timeout(deadline_s):
                delivered = await service.send(self._revealed(outgoing), spec.options)
        except DeliveryError as error:
            return self._failed(delivery, spec, begun, error)
        except TimeoutError:
            detail = f"no answer within {deadline_s:g} s"
            late = Retryable(Reason.TIMEOUT, detail, ambiguous=True)
            return self._failed(delivery, spec, begun, late)
        except Exception as defect:  # a defect of ours costs this message three tries, not the loop
            log.exception("service failed unexpectedly", extra=_identifiers(delivery))
            ours = Retryable(Reason.INTERNAL, type(defect).__name__, ambiguous=True)
            return self._failed(delivery, spec, begun, ours)
        return self._delivered(delivery, begun, delivered)

    def _delivered(
        self, delivery: Delivery, begun: tuple[float, float], delivered: Delivered
    ) -> Settlement:
        del self._sending[delivery.id]
        now = self._clock.monotonic()
        self._gates.succeeded(delivery.destination, now)
        latency_s = now - begun[1]
        service = delivery.destination.service
        self._recorder.attempt(service, "delivered", "", ambiguous=False, seconds=latency_s)
        if self._repeats:
            self._forget_repeats(delivery)
        if log.isEnabledFor(logging.INFO):
            log.info("delivered", extra=_identifiers(delivery))
        return Settlement(
            delivery_id=delivery.id,
            token=delivery.token,
            number=delivery.attempt,
            state=State.DELIVERED,
            due_at=begun[0],
            reference=delivered.reference,
            remember=delivered.remember,
            attempt=Attempt(
                delivery_id=delivery.id,
                number=delivery.attempt,
                started_at=begun[0],
                latency_s=latency_s,
                result="delivered",
                status=delivered.status,
            ),
        )

    def _failed(
        self,
        delivery: Delivery,
        spec: ServiceSpec,
        begun: tuple[float, float],
        error: DeliveryError,
    ) -> Settlement:
        del self._sending[delivery.id]
        now = self._clock.now()
        destination = delivery.destination
        self._gates.failed(destination, error, self._clock.monotonic())
        if error.reason is Reason.CREDENTIAL:
            self._on_credential(destination.scope)
        decision = retry.decide(
            error,
            number=delivery.attempt,
            now=now,
            created_at=delivery.created_at,
            expires_at=delivery.expires_at,
            jitter=self._jitter(),
            reduced=delivery.shortened or delivery.reason in retry.REDUCIBLE,
            policy=spec.terms.policy,
        )
        payload = None
        if isinstance(decision, retry.Next) and decision.reduce and error.reason is Reason.TOO_LONG:
            payload = spec.type.shorten(delivery.payload)
            if payload is None:
                decision = retry.End(State.DEAD, error.reason)
        attempt = self._record(delivery, begun, _result(error), error)
        self._log_failure(delivery, error, decision)
        if isinstance(decision, retry.Next):
            settlement = _settled(delivery, decision.state, decision.due_at, error.reason)
        else:
            settlement = _settled(delivery, decision.state, now, decision.reason)
        return replace(settlement, attempt=attempt, payload=payload)

    def _record(
        self, delivery: Delivery, begun: tuple[float, float], result: str, error: DeliveryError
    ) -> Attempt:
        """Return the entry of the attempt log, and count it."""
        latency_s = self._clock.monotonic() - begun[1]
        self._recorder.attempt(
            delivery.destination.service,
            result,
            error.reason,
            ambiguous=error.ambiguous,
            seconds=latency_s,
        )
        return Attempt(
            delivery_id=delivery.id,
            number=delivery.attempt,
            started_at=begun[0],
            latency_s=latency_s,
            result=result,
            reason=error.reason,
            status=error.status,
            ambiguous=error.ambiguous,
            detail=error.detail,
        )

    # --- the log ----------------------------------------------------------------------------

    def _log_failure(
        self, delivery: Delivery, error: DeliveryError, decision: retry.Decision
    ) -> None:
        """Log a failure at info the first time, its exact repetitions at debug with a count."""
        to = delivery.destination
        key = (to.scope, to.service, to.recipient, str(error.reason))
        if len(self._repeats) > REPEATS_REMEMBERED:
            self._repeats.clear()
        times = self._repeats[key] = self._repeats.get(key, 0) + 1
        ended = isinstance(decision, retry.End)
        level = logging.INFO if times == 1 or ended else logging.DEBUG
        level = logging.WARNING if ended else level
        if not log.isEnabledFor(level):
            return
        log.log(
            level,
            "delivery failed for good" if ended else "attempt failed",
            extra={
                **_identifiers(delivery),
                "reason": str(error.reason),
                "detail": error.detail,
                "ambiguous": error.ambiguous,
                "next": str(decision.state),
                "times": times,
            },
        )

    def _forget_repeats(self, delivery: Delivery) -> None:
        to = delivery.destination
        place = (to.scope, to.service, to.recipient)
        self._repeats = {key: n for key, n in self._repeats.items() if key[:3] != place}


def _settled(delivery: Delivery, state: State, due_at: float, reason: str = "") -> Settlement:
    """Return a settlement without an attempt."""
    return Settlement(
        delivery_id=delivery.id,
        token=delivery.token,
        number=delivery.attempt,
        state=state,
        due_at=due_at,
        reason=reason,
    )


def _kept_reason(delivery: Delivery, reason: str) -> str:
    """Return the reason of a row handed back: what the next attempt has to know is kept."""
    return delivery.reason if delivery.reason in _TELLING else reason


def _result(error: DeliveryError) -> str:
    if isinstance(error, Retryable):
        return "retryable"
    return "permanent" if isinstance(error, Permanent) else "misconfigured"


def _identifiers(delivery: Delivery) -> dict[str, Any]:
    to = delivery.destination
    return {
        "rollout": delivery.rollout.path,
        "trigger": delivery.trigger,
        "destination": f"{to.service}:{to.recipient}",
        "delivery_id": delivery.id,
        "attempt": delivery.attempt,
    }
