"""The life of a delivery: which state may follow which (spec/reliability.md 3).

Two rules. Everything that affects the life of a row is in this table; stores implement it and
tests walk it. And no end is silent: every row reaches exactly one ended state, which only an
operator's redelivery leaves again.

    pending ─┬─> sending ─┬─> delivered
    retry ───┤   ^        ├─> dead, expired, superseded, shadow
    ambiguous┤   └────────┴─> retry, ambiguous, parked (due again later), pending (handed back)
    parked ──┴─> expired, superseded, dropped; pending also shed
    ended ─────> pending  (redelivered: same id, next attempt)
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from notifier.core.errors import StoreError
from notifier.core.model import Delivery, State

HORIZON_S: Final = 7 * 86_400.0
"""Seconds that an id outlives its object at least, so that a replay stays a replay
(spec/reliability.md 2)."""

_PUT_ASIDE: Final = frozenset({State.EXPIRED, State.SUPERSEDED, State.DROPPED})
_OUTCOMES: Final = frozenset(
    {State.DELIVERED, State.RETRY, State.AMBIGUOUS, State.PARKED, State.DEAD}
)
# What a claimed row can also turn out to be before or instead of the next attempt: out of age, no
# longer true, or not to be sent at all; and what it was before, when it is handed back.
_UNSENT: Final = frozenset({State.EXPIRED, State.SUPERSEDED, State.SHADOW, State.PENDING})
_REDELIVERED: Final = frozenset({State.PENDING})

NEXT: Final[Mapping[State, frozenset[State]]] = MappingProxyType(
    {
        State.PENDING: _PUT_ASIDE | {State.SENDING, State.SHED},
        State.RETRY: _PUT_ASIDE | {State.SENDING},
        State.AMBIGUOUS: _PUT_ASIDE | {State.SENDING},
        State.PARKED: _PUT_ASIDE | {State.SENDING},
        State.SENDING: _OUTCOMES | _UNSENT,
        State.DELIVERED: _REDELIVERED,
        State.DEAD: _REDELIVERED,
        State.EXPIRED: _REDELIVERED,
        State.SUPERSEDED: _REDELIVERED,
        State.SHED: _REDELIVERED,
        State.DROPPED: _REDELIVERED,
        State.MUTED: _REDELIVERED,
        State.SHADOW: _REDELIVERED,
    }
)
"""THE TABLE."""

STARTS: Final = frozenset({State.PENDING, State.MUTED, State.SHADOW})
"""States a row may be committed in; the latter two are recorded only."""

WAITING: Final = frozenset({State.PENDING, State.RETRY, State.AMBIGUOUS, State.PARKED})
"""States a row can be claimed from when it is due and at the head of its lane."""

ENDED: Final = frozenset(State) - WAITING - {State.SENDING}
"""States that free the lane."""

PUT_ASIDE: Final = frozenset(state for source in WAITING for state in NEXT[source]) & ENDED
"""States that waiting rows can be ended in without an attempt."""


def follows(current: State, following: State) -> bool:
    """Say whether a row in state `current` may go to state `following`."""
    return following in NEXT[current]


def check_start(state: State) -> None:
    """Raise `StoreError` unless a delivery may be committed in that state."""
    if state not in STARTS:
        raise StoreError(f"a delivery cannot begin as {state}")


def check_settlement(state: State, *, attempted: bool) -> None:
    """Raise `StoreError` unless a claim may be settled so; `pending` only hands an unused claim
    back."""
    if not follows(State.SENDING, state) or (attempted and state is State.PENDING):
        tried = "tried" if attempted else "claimed"
        raise StoreError(f"a delivery that was {tried} cannot become {state}")


def check_end(state: State) -> None:
    """Raise `StoreError` unless waiting deliveries may be ended as that state."""
    if state not in PUT_ASIDE:
        raise StoreError(f"a waiting delivery cannot end as {state}")


def committed_at(delivery: Delivery) -> float:
    """Return when a row that was never tried was committed, Unix seconds: it is due from then on.

    One that was handed back unused has a reason and another due time; it waited longer than from
    its observation to its commit, so the observation stands for that.
    """
    return delivery.created_at if delivery.reason else delivery.due_at
