"""The table of states: reachable, closed, and the sets derived from it."""

from __future__ import annotations

import pytest

from notifier.core import deliveries
from notifier.core.deliveries import ENDED, NEXT, PUT_ASIDE, STARTS, WAITING, follows
from notifier.core.errors import StoreError
from notifier.core.model import State

SPECIFIED = {
    State.PENDING: {State.SENDING, State.EXPIRED, State.SUPERSEDED, State.SHED},
    State.SENDING: {
        State.DELIVERED,
        State.RETRY,
        State.AMBIGUOUS,
        State.PARKED,
        State.DEAD,
    },
    State.RETRY: {State.SENDING, State.EXPIRED, State.SUPERSEDED},
    State.AMBIGUOUS: {State.SENDING, State.EXPIRED, State.SUPERSEDED},
    State.PARKED: {State.SENDING, State.EXPIRED, State.SUPERSEDED},
}
"""The table of spec/reliability.md 3, as it is printed there."""


def test_the_specified_changes_are_legal() -> None:
    """Every change that the specification lists is in the table."""
    for current, following in SPECIFIED.items():
        assert following <= NEXT[current], current


def test_what_the_table_adds_to_the_specification() -> None:
    """Beyond the list: the operator's drop, a claim that is not used, and redelivery."""
    added = {
        (current, following)
        for current, possible in NEXT.items()
        for following in possible - SPECIFIED.get(current, set())
    }
    dropped = {(waiting, State.DROPPED) for waiting in WAITING}
    unused = {
        (State.SENDING, state)
        for state in (State.PENDING, State.EXPIRED, State.SUPERSEDED, State.SHADOW)
    }
    redelivered = {(ended, State.PENDING) for ended in ENDED}
    assert added == dropped | unused | redelivered


def test_every_state_has_a_line_and_one_part() -> None:
    """Waiting, in flight and ended are disjoint and make up all states."""
    assert set(NEXT) == set(State)
    assert WAITING | {State.SENDING} | ENDED == set(State)
    assert not WAITING & ENDED
    assert len(ENDED) == 8


def test_every_state_can_be_reached_from_a_start() -> None:
    """No line of the table is dead."""
    reached = set(STARTS)
    while new := {state for known in reached for state in NEXT[known]} - reached:
        reached |= new
    assert reached == set(State)


def test_an_end_is_left_by_redelivery_only() -> None:
    """Ended rows go back to pending and nowhere else."""
    assert {follower for ended in ENDED for follower in NEXT[ended]} == {State.PENDING}


def test_put_aside_are_the_ends_without_an_attempt() -> None:
    """What `Store.end` accepts are exactly the four ends its port names."""
    assert {State.EXPIRED, State.SUPERSEDED, State.SHED, State.DROPPED} == PUT_ASIDE


def test_only_pending_rows_are_shed() -> None:
    """A row that may have been sent already is not shed."""
    assert {state for state in State if follows(state, State.SHED)} == {State.PENDING}


@pytest.mark.parametrize("state", State)
def test_start_check_agrees_with_the_table(state: State) -> None:
    """A row begins as pending, or as one that is only recorded."""
    if state in {State.PENDING, State.MUTED, State.SHADOW}:
        deliveries.check_start(state)
    else:
        with pytest.raises(StoreError, match=f"begin as {state}"):
            deliveries.check_start(state)


@pytest.mark.parametrize("attempted", [True, False], ids=["attempted", "handed-back"])
@pytest.mark.parametrize("state", State)
def test_settlement_check_agrees_with_the_table(state: State, attempted: bool) -> None:
    """An attempt leads anywhere the table allows, but never back to "not yet tried"."""
    legal = follows(State.SENDING, state) and not (attempted and state is State.PENDING)
    if legal:
        deliveries.check_settlement(state, attempted=attempted)
    else:
        with pytest.raises(StoreError, match=f"cannot become {state}"):
            deliveries.check_settlement(state, attempted=attempted)


@pytest.mark.parametrize("state", State)
def test_end_check_agrees_with_the_table(state: State) -> None:
    """Only the ends without an attempt can be asked for."""
    if state in PUT_ASIDE:
        deliveries.check_end(state)
    else:
        with pytest.raises(StoreError, match=f"cannot end as {state}"):
            deliveries.check_end(state)
