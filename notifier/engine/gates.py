"""Who has to wait before the next attempt: circuits, rests asked for, rates per recipient.

Holds the values of `core/circuits.py`, in monotonic seconds. Forgetting them is harmless: they are
rebuilt from the next failures.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeAlias

from notifier.core import circuits, retry
from notifier.core.circuits import Bucket, Circuit, Rate
from notifier.core.errors import DeliveryError, Reason, Retryable
from notifier.core.model import Destination
from notifier.ports import Recorder

SERVICE_REST_S: Final = 5.0
"""Rest of a whole service after an answer that speaks for its host, if it names no time."""

RECIPIENT_REST_S: Final = 1.0

Key: TypeAlias = tuple[str, str, str | None]
"""Scope, service, recipient; None stands for the service itself: its credential and host."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no attempt now, and in how many seconds it is worth asking again."""

    wait_s: float
    reason: str
    parked: bool = False


class Gates:
    """Asked before each attempt, told after it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._circuits: dict[Key, Circuit] = {}
        self._refused: set[Key] = set()  # circuits held open by a refused credential
        self._rests: dict[Key, float] = {}
        self._buckets: dict[Key, Bucket] = {}
        self._queues: dict[Key, float] = {}  # until when the next messages are spoken for

    def refusal(self, to: Destination, now: float, rate: Rate | None = None) -> Refusal | None:
        """Return why the destination has to wait, None if it may be spoken to; `rate` is what its
        service is configured to take."""
        for key in _keys(to):
            circuit = self._circuits.get(key)
            if circuit is not None and (wait_s := circuit.wait_s(now)) > 0:
                return Refusal(wait_s, _circuit_reason(self._refused, key), key in self._refused)
            if (until := self._rests.get(key, 0.0)) > now:
                return Refusal(until - now, Reason.RATE_LIMITED)
        rate = rate or circuits.RATES.get(to.service_type)
        return self._rate_refusal(to, rate, now) if rate is not None else None

    def entered(self, to: Destination, now: float, rate: Rate | None = None) -> None:
        """Take note of an attempt that begins."""
        rate = rate or circuits.RATES.get(to.service_type)
        if rate is not None:
            own: Key = (to.scope, to.service, to.recipient)
            self._buckets[own] = self._buckets.get(own, Bucket()).taken(rate, now)
        if self._circuits:
            for key in _keys(to):
                if (circuit := self._circuits.get(key)) is not None:
                    self._circuits[key] = circuit.probing(now)

    def succeeded(self, to: Destination, now: float) -> None:
        """Take note of a success."""
        if not self._circuits:
            return
        for key in _keys(to):
            circuit = self._circuits.get(key)
            if circuit is None:
                continue
            after = circuit.succeeded(now)
            if after is None:
                del self._circuits[key]
                self._refused.discard(key)
                self._show(key)
            else:
                self._circuits[key] = after

    def failed(self, to: Destination, error: DeliveryError, now: float) -> None:
        """Take note of a failure."""
        service, recipient = _keys(to)
        if error.reason is Reason.CREDENTIAL:
            circuit = self._circuits.get(service, Circuit())
            self._circuits[service] = circuit.parked(now + retry.DEFAULT.slow_s)
            self._refused.add(service)
            self._show(service)
            return
        asked = error.after_s if isinstance(error, Retryable) else None
        if error.throttles_host:
            self._rest(service, now, asked, SERVICE_REST_S)
        elif error.reason is Reason.RATE_LIMITED:
            self._rest(recipient, now, asked, RECIPIENT_REST_S)
        if circuits.counts(error):
            for key in (service, recipient):
                self._circuits[key] = self._circuits.get(key, Circuit()).failed(now)
                self._show(key)
        else:
            self._answered(to)

    def changed(self, scope: str, service: str) -> None:
        """Forget what is held against a service whose configuration or credential changed."""
        for held in (self._circuits, self._rests):
            for key in [key for key in held if key[:2] == (scope, service)]:
                del held[key]
        self._refused.discard((scope, service, None))
        self._show((scope, service, None))

    def state(self, scope: str, service: str) -> str:
        """Return the state of a service's circuit in a word, as people see it."""
        key: Key = (scope, service, None)
        circuit = self._circuits.get(key)
        if circuit is None or circuit.closed:
            return "closed"
        return "parked" if key in self._refused else "open"

    def forget_idle(self, now: float) -> None:
        """Drop what has no effect any more; recipients are named by tenants, so this is what keeps
        the memory bounded."""
        for key in [key for key, circuit in self._circuits.items() if circuit.idle(now)]:
            del self._circuits[key]
        for key in [key for key, bucket in self._buckets.items() if bucket.idle(now)]:
            del self._buckets[key]
        for times in (self._rests, self._queues):
            for key in [key for key, until in times.items() if until <= now]:
                del times[key]

    def _answered(self, to: Destination) -> None:
        """A refusal of one message still shows that a receiver under probe is there."""
        for key in _keys(to):
            circuit = self._circuits.get(key)
            if circuit is not None and not circuit.closed:
                del self._circuits[key]
                self._refused.discard(key)
                self._show(key)

    def _rest(self, key: Key, now: float, asked: float | None, least: float) -> None:
        wait_s = min(max(asked or 0.0, least), retry.DEFAULT.retry_after_cap_s)
        self._rests[key] = max(self._rests.get(key, 0.0), now + wait_s)

    def _rate_refusal(self, to: Destination, rate: Rate, now: float) -> Refusal | None:
        """Return the wait for the recipient's next free place, one behind the other, so that a
        backlog does not come back all at once."""
        key: Key = (to.scope, to.service, to.recipient)
        bucket = self._buckets.get(key)
        wait_s = bucket.wait_s(rate, now) if bucket is not None else 0.0
        if wait_s == 0.0:
            return None
        at = max(now + wait_s, self._queues.get(key, 0.0))
        self._queues[key] = at + 1.0 / rate.per_s
        self._recorder.rate_limited(to.service)
        return Refusal(at - now, Reason.RATE_LIMITED)

    def _show(self, key: Key) -> None:
        """Report the state of a service's circuit; those of recipients would name what tenants
        write."""
        scope, service, recipient = key
        if recipient is not None:
            return
        circuit = self._circuits.get((scope, service, None))
        if circuit is None or circuit.closed:
            self._recorder.circuit(scope, service, 0)
        else:
            self._recorder.circuit(scope, service, 3 if key in self._refused else 2)


def _keys(to: Destination) -> tuple[Key, Key]:
    return (to.scope, to.service, None), (to.scope, to.service, to.recipient)


def _circuit_reason(refused: set[Key], key: Key) -> str:
    return Reason.CREDENTIAL if key in refused else "circuit_open"
