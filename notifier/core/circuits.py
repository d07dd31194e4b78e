"""When a failing destination is given a rest, and when a channel may be spoken to again. Pure.

Values of monotonic seconds; whoever holds them replaces them (spec/services.md 6.5 and 2.3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from notifier.core.errors import DeliveryError, Reason, Retryable

CONSECUTIVE: Final = 5
WINDOW_S: Final = 60.0
WINDOW_ATTEMPTS: Final = 10
FIRST_REST_S: Final = 60.0
LONGEST_REST_S: Final = 3600.0
LONGEST_PROBE_S: Final = 60.0
"""A probe that never reports makes room for the next after this time."""

_OWN_CONCERN: Final = frozenset(
    {
        Reason.RATE_LIMITED,  # a bucket's affair, not a fault
        Reason.GREYLISTED,
        Reason.CONFLICT,
        Reason.TOO_LONG,
        Reason.THREAD,
        Reason.CANCELLED,
        Reason.LEASE_LOST,
        Reason.INTERNAL,
    }
)


def counts(error: DeliveryError) -> bool:
    """Say whether a failure tells something about the health of the receiver."""
    return isinstance(error, Retryable) and error.reason not in _OWN_CONCERN


@dataclass(frozen=True, slots=True)
class Circuit:
    """What is known of one recipient, credential or host.

    Closed while `open_until` is 0; open until that time; then half open: one attempt at a time is
    let through until one succeeds (closed) or fails (open for twice as long, up to an hour).
    """

    consecutive: int = 0
    since: float = 0.0
    attempts: int = 0
    failures: int = 0
    rest_s: float = 0.0
    open_until: float = 0.0
    probe_until: float = 0.0

    @property
    def closed(self) -> bool:
        """Whether attempts pass freely."""
        return self.open_until == 0.0

    def wait_s(self, now: float) -> float:
        """Return how long to wait before the next attempt, 0 if it may be made now."""
        if self.closed:
            return 0.0
        return max(self.open_until - now, self.probe_until - now, 0.0)

    def probing(self, now: float) -> Circuit:
        """Return the circuit once an attempt was let through: others wait for its outcome."""
        return self if self.closed else replace(self, probe_until=now + LONGEST_PROBE_S)

    def idle(self, now: float) -> bool:
        """Say whether the circuit remembers nothing that matters any more."""
        return self.closed and now - self.since > WINDOW_S

    def succeeded(self, now: float) -> Circuit | None:
        """Return the circuit after a success, None if there is nothing left to remember."""
        if not self.closed or self._over(now):
            return None
        return replace(self, consecutive=0, attempts=self.attempts + 1)

    def failed(self, now: float) -> Circuit:
        """Return the circuit after a failure that counts; attempts that were under way when it
        opened do not lengthen the rest."""
        if not self.closed:
            return self if now < self.open_until else self._opened(now)
        fresh = Circuit(since=now, consecutive=self.consecutive) if self._over(now) else self
        seen = replace(
            fresh,
            consecutive=fresh.consecutive + 1,
            attempts=fresh.attempts + 1,
            failures=fresh.failures + 1,
        )
        mostly = seen.attempts >= WINDOW_ATTEMPTS and seen.failures * 2 > seen.attempts
        return seen._opened(now) if mostly or seen.consecutive >= CONSECUTIVE else seen

    def parked(self, until: float) -> Circuit:
        """Return the circuit held open until a given time (a refused credential)."""
        return replace(self, open_until=until, rest_s=FIRST_REST_S, probe_until=0.0)

    def _over(self, now: float) -> bool:
        return self.attempts == 0 or now - self.since > WINDOW_S

    def _opened(self, now: float) -> Circuit:
        rest = min(max(self.rest_s * 2, FIRST_REST_S), LONGEST_REST_S)
        return replace(self, rest_s=rest, open_until=now + rest, probe_until=0.0)


@dataclass(frozen=True, slots=True)
class Rate:
    """Messages per second that a recipient takes, and how many at once."""

    per_s: float
    burst: int


RATES: Final[Mapping[str, Rate]] = {"slack": Rate(per_s=1.0, burst=3)}
"""Limits per recipient, by service type (spec/services.md 2.3)."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A token bucket: `full_at` is when all tokens are back; it grows by one message per take."""

    full_at: float = 0.0

    def wait_s(self, rate: Rate, now: float) -> float:
        """Return how long to wait for the next message, 0 if it may go now."""
        return max(self.full_at - (rate.burst - 1) / rate.per_s - now, 0.0)

    def taken(self, rate: Rate, now: float) -> Bucket:
        """Return the bucket after one message went out."""
        return Bucket(max(self.full_at, now) + 1.0 / rate.per_s)

    def idle(self, now: float) -> bool:
        """Say whether the bucket is full, so that a new one serves as well."""
        return self.full_at <= now
