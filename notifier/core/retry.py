"""One attempt and its outcome to the next due time or an end (spec/services.md 6). Pure.

Attempt times depend on the number of the attempt alone, so they are the same whatever replica
makes it. Rows wait in the outbox, never in a task.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from notifier.core.errors import DeliveryError, Reason, Retryable
from notifier.core.model import State

MAX_AGE_S: Final[Mapping[str, float]] = {
    "progress": 10 * 60.0,
    "paused": 30 * 60.0,
    "news": 2 * 3600.0,
    "failure": 24 * 3600.0,
}
"""How long a message is worth sending, by kind (spec/services.md 6.4); kinds: `core/lanes.py`."""


def max_age_s(kind: str, overrides: Mapping[str, float]) -> float:
    """Return how long what happened is worth telling; `overrides` are the operator's ages."""
    return overrides.get(kind, MAX_AGE_S[kind])


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The waits of spec/services.md 6, in seconds."""

    waits_s: tuple[float, ...] = (5.0, 30.0, 120.0, 300.0, 900.0, 1800.0, 3600.0)
    """Wait after the first, second … failed attempt; the last one repeats."""
    jitter: float = 0.2
    """Waits are spread by this share up and down."""
    retry_after_cap_s: float = 3600.0
    """The longest wait that a receiver can ask for."""
    not_found_s: float = 15 * 60.0
    """Age up to which a 404 is taken for a receiver that is being rolled out."""
    greylist_s: float = 300.0
    """Shortest wait after a relay greylisted us."""
    slow_s: float = 3600.0
    """Wait after an answer that only a person at the receiver's side can change; also between
    probes of a parked credential."""
    tries: Mapping[Reason, int] = field(
        default_factory=lambda: {
            Reason.CONFLICT: 3,
            Reason.UNSUPPORTED: 3,
            Reason.UNKNOWN_ANSWER: 3,
            Reason.TLS_REQUIRED: 3,
            Reason.INTERNAL: 3,
        }
    )
    """Attempts after which these reasons are final."""


DEFAULT: Final = Policy()

REDUCIBLE: Final = frozenset({Reason.TOO_LONG, Reason.THREAD})
"""Refusals worth one more try in a lesser form: as short plain text, or without the thread."""


@dataclass(frozen=True, slots=True)
class Next:
    """Try again: the state to wait in and when (Unix seconds). `reduce` asks for the lesser form
    that the reason allows."""

    state: State
    due_at: float
    reduce: bool = False


@dataclass(frozen=True, slots=True)
class End:
    """No further attempt: the end and its reason."""

    state: State
    reason: str


Decision: TypeAlias = Next | End


def decide(
    error: DeliveryError,
    *,
    number: int,
    now: float,
    created_at: float,
    expires_at: float,
    jitter: float,
    reduced: bool = False,
    policy: Policy = DEFAULT,
) -> Decision:
    """Return what follows a failed attempt.

    `number` counts attempts from 1, `jitter` lies in 0..1, times are Unix seconds, `reduced` says
    that a lesser form (shorter, or without thread) was tried already.
    """
    if error.reason is Reason.CREDENTIAL:
        return Next(State.PARKED, max(now, min(now + policy.slow_s, expires_at)))
    if error.reason in REDUCIBLE and not reduced:
        return Next(_state(error), now, reduce=True)
    if (final := _final(error, number, now - created_at, policy)) is not None:
        return final
    due = now + _wait(error, number, expires_at - now, jitter, policy)
    if due > expires_at:
        return End(State.EXPIRED, error.reason)
    return Next(_state(error), due)


def backoff_s(number: int, jitter: float, policy: Policy = DEFAULT) -> float:
    """Return the wait after attempt `number`: never shorter than the one before, whatever the
    jitter, until the waits stop growing."""
    base = policy.waits_s[min(max(number, 1), len(policy.waits_s)) - 1]
    return base * (1 - policy.jitter + 2 * policy.jitter * jitter)


def _state(error: DeliveryError) -> State:
    return State.AMBIGUOUS if error.ambiguous else State.RETRY


def _final(error: DeliveryError, number: int, age_s: float, policy: Policy) -> End | None:
    """Return the end that the reason itself demands, if any."""
    tries = policy.tries.get(error.reason)
    if tries is not None and number < tries:
        return None
    if tries is None and isinstance(error, Retryable):
        late = error.reason is Reason.NOT_FOUND and age_s >= policy.not_found_s
        return End(State.DEAD, error.reason) if late else None
    last = error.reason
    return End(State.DEAD, Reason.CONFIGURATION if last is Reason.TLS_REQUIRED else last)


def _wait(error: DeliveryError, number: int, left_s: float, jitter: float, policy: Policy) -> float:
    """Return the longest of our back-off, what the receiver asked for, and what the reason
    needs."""
    wait = backoff_s(number, jitter, policy)
    if error.reason is Reason.SLOW:
        wait = max(wait, policy.slow_s)
    if error.reason is Reason.GREYLISTED:
        wait = max(wait, policy.greylist_s)
    asked = error.after_s if isinstance(error, Retryable) else None
    if asked is not None and 0 < asked < float("inf"):  # absurd values are no request
        wait = max(wait, min(asked, policy.retry_after_cap_s, max(left_s, 0.0)))
    return wait
