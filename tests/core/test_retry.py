"""`core/retry.py`: what follows a failed attempt."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core import lanes, retry
from notifier.core.errors import DeliveryError, Misconfigured, Permanent, Reason, Retryable
from notifier.core.model import State

NOW = 1_000_000.0
DAY = 86_400.0


def decide(
    error: DeliveryError,
    *,
    number: int = 1,
    age: float = 0.0,
    left: float = DAY,
    jitter: float = 0.5,
    reduced: bool = False,
) -> retry.Decision:
    """Decide about a delivery of an age with some time left."""
    return retry.decide(
        error,
        number=number,
        now=NOW,
        created_at=NOW - age,
        expires_at=NOW + left,
        jitter=jitter,
        reduced=reduced,
    )


def test_the_schedule_is_the_promised_one() -> None:
    """Without jitter the waits are 5 s, 30 s, 2, 5, 15, 30 min, 1 h, then hourly."""
    waits = [retry.backoff_s(number, 0.5) for number in range(1, 10)]
    assert waits == [5, 30, 120, 300, 900, 1800, 3600, 3600, 3600]


@given(first=st.floats(0, 1), second=st.floats(0, 1), number=st.integers(1, 50))
def test_waits_grow_whatever_the_jitter(first: float, second: float, number: int) -> None:
    """A later attempt never waits less, until it stays an hour; none exceeds 72 min."""
    earlier, later = retry.backoff_s(number, first), retry.backoff_s(number + 1, second)
    assert 4 <= earlier <= 4320.1
    assert later >= earlier or number >= 7


@pytest.mark.parametrize(
    ("error", "number", "expected"),
    [
        pytest.param(Retryable(Reason.SERVER), 1, retry.Next(State.RETRY, NOW + 5), id="first"),
        pytest.param(Retryable(Reason.SERVER), 3, retry.Next(State.RETRY, NOW + 120), id="third"),
        pytest.param(
            Retryable(Reason.TIMEOUT, ambiguous=True),
            1,
            retry.Next(State.AMBIGUOUS, NOW + 5),
            id="ambiguous",
        ),
        pytest.param(
            Retryable(Reason.RATE_LIMITED, after_s=60),
            1,
            retry.Next(State.RETRY, NOW + 60),
            id="retry-after longer than ours",
        ),
        pytest.param(
            Retryable(Reason.RATE_LIMITED, after_s=2),
            2,
            retry.Next(State.RETRY, NOW + 30),
            id="retry-after shorter than ours",
        ),
        pytest.param(
            Retryable(Reason.RATE_LIMITED, after_s=9e9),
            1,
            retry.Next(State.RETRY, NOW + 3600),
            id="retry-after capped at an hour",
        ),
        pytest.param(
            Retryable(Reason.RATE_LIMITED, after_s=-3),
            1,
            retry.Next(State.RETRY, NOW + 5),
            id="negative retry-after",
        ),
        pytest.param(
            Retryable(Reason.RATE_LIMITED, after_s=float("inf")),
            1,
            retry.Next(State.RETRY, NOW + 5),
            id="infinite retry-after",
        ),
        pytest.param(
            Retryable(Reason.RATE_LIMITED, after_s=float("nan")),
            1,
            retry.Next(State.RETRY, NOW + 5),
            id="retry-after is no number",
        ),
        pytest.param(
            Retryable(Reason.GREYLISTED), 1, retry.Next(State.RETRY, NOW + 300), id="greylisted"
        ),
        pytest.param(Retryable(Reason.SLOW), 1, retry.Next(State.RETRY, NOW + 3600), id="slow"),
        pytest.param(
            Misconfigured(Reason.CREDENTIAL),
            1,
            retry.Next(State.PARKED, NOW + 3600),
            id="credential parks",
        ),
        pytest.param(
            Misconfigured(Reason.CERTIFICATE),
            1,
            retry.End(State.DEAD, Reason.CERTIFICATE),
            id="configuration error",
        ),
        pytest.param(
            Permanent(Reason.PAYLOAD), 1, retry.End(State.DEAD, Reason.PAYLOAD), id="payload"
        ),
        pytest.param(
            DeliveryError(Reason.DEFECT), 1, retry.End(State.DEAD, Reason.DEFECT), id="bare error"
        ),
        pytest.param(
            Retryable(Reason.INTERNAL), 3, retry.End(State.DEAD, Reason.INTERNAL), id="our defect"
        ),
        pytest.param(
            Retryable(Reason.UNSUPPORTED), 2, retry.Next(State.RETRY, NOW + 30), id="501, second"
        ),
        pytest.param(
            Permanent(Reason.UNSUPPORTED),
            2,
            retry.Next(State.RETRY, NOW + 30),
            id="permanent after three is not permanent before",
        ),
        pytest.param(
            Permanent(Reason.UNSUPPORTED),
            3,
            retry.End(State.DEAD, Reason.UNSUPPORTED),
            id="501, third",
        ),
        pytest.param(
            Retryable(Reason.UNKNOWN_ANSWER),
            3,
            retry.End(State.DEAD, Reason.UNKNOWN_ANSWER),
            id="unknown answer, third",
        ),
        pytest.param(
            Retryable(Reason.CONFLICT), 3, retry.End(State.DEAD, Reason.CONFLICT), id="409, third"
        ),
        pytest.param(
            Retryable(Reason.TLS_REQUIRED),
            3,
            retry.End(State.DEAD, Reason.CONFIGURATION),
            id="STARTTLS missing three times is a configuration error",
        ),
    ],
)
def test_outcomes(error: DeliveryError, number: int, expected: retry.Decision) -> None:
    """Each class of failure leads to its own state, time or end."""
    assert decide(error, number=number) == expected


@pytest.mark.parametrize("reason", [Reason.TOO_LONG, Reason.THREAD])
def test_a_lesser_form_is_tried_once(reason: Reason) -> None:
    """A refusal that a lesser form may cure is tried at once, and then no more."""
    assert decide(Permanent(reason)) == retry.Next(State.RETRY, NOW, reduce=True)
    assert decide(Permanent(reason), reduced=True) == retry.End(State.DEAD, reason)


def test_not_found_is_a_rollout_of_the_receiver_for_a_quarter_of_an_hour() -> None:
    """A 404 is retried while the message is younger than 15 min, then final."""
    assert isinstance(decide(Retryable(Reason.NOT_FOUND), age=899), retry.Next)
    ended = retry.End(State.DEAD, Reason.NOT_FOUND)
    assert decide(Retryable(Reason.NOT_FOUND), age=900) == ended


def test_what_is_due_after_its_age_expires_now() -> None:
    """A row whose next attempt lies past its maximum age ends as expired, with the last reason."""
    expired = retry.End(State.EXPIRED, Reason.SERVER)
    assert decide(Retryable(Reason.SERVER), number=3, left=119) == expired


def test_retry_after_never_outlives_the_message() -> None:
    """A longer Retry-After than the remaining age leads to one last attempt at the end of it."""
    decision = decide(Retryable(Reason.RATE_LIMITED, after_s=3000), left=600)
    assert decision == retry.Next(State.RETRY, NOW + 600)


def test_a_parked_row_comes_back_to_expire() -> None:
    """Parking never reaches past the maximum age, so that the row is looked at and ended then."""
    assert decide(Misconfigured(Reason.CREDENTIAL), left=60) == retry.Next(State.PARKED, NOW + 60)


@given(
    error=st.builds(
        Retryable,
        st.sampled_from(Reason),
        after_s=st.none() | st.floats(allow_nan=True, allow_infinity=True),
        ambiguous=st.booleans(),
    ),
    number=st.integers(1, 100),
    age=st.floats(0, DAY),
    left=st.floats(0, DAY),
    jitter=st.floats(0, 1),
)
def test_due_times_are_bounded(
    error: Retryable, number: int, age: float, left: float, jitter: float
) -> None:
    """Whatever happens, the next attempt lies neither in the past nor past the maximum age, nor
    further away than 72 minutes."""
    match decide(error, number=number, age=age, left=left, jitter=jitter):
        case retry.Next(_, due_at):
            assert NOW <= due_at <= NOW + left
            assert due_at <= NOW + 4320.1
        case retry.End(state, _):
            assert state in {State.DEAD, State.EXPIRED}


def test_a_failing_receiver_is_asked_less_and_less_until_the_age() -> None:
    """The life of a message that never arrives: some 30 attempts in a day, ever further apart."""
    now, number, times = 0.0, 1, [0.0]
    while True:
        decision = retry.decide(
            Retryable(Reason.NETWORK),
            number=number,
            now=now,
            created_at=0.0,
            expires_at=DAY,
            jitter=0.5,
        )
        if isinstance(decision, retry.End):
            break
        now, number = decision.due_at, number + 1
        times.append(now)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert gaps == sorted(gaps)
    assert 25 <= len(times) <= 31
    assert decision == retry.End(State.EXPIRED, Reason.NETWORK)


@pytest.mark.parametrize(
    ("trigger", "age"),
    [
        ("on-rollout-step-completed", 600),
        ("on-scaling-replica-set", 600),
        ("on-traffic-weight-updated", 600),
        ("on-rollout-paused", 1800),
        ("on-rollout-updated", 7200),
        ("on-rollout-completed", 7200),
        ("on-rollout-resumed", 7200),
        ("on-analysis-run-successful", 7200),
        ("on-rollout-aborted", DAY),
        ("on-rollout-degraded", DAY),
        ("on-rollout-rollback", DAY),
        ("on-analysis-run-failed", DAY),
        ("on-analysis-run-error", DAY),
    ],
)
def test_maximum_ages(trigger: str, age: float) -> None:
    """Every kind of message lives as long as the specification says."""
    assert retry.MAX_AGE_S[lanes.kind(trigger)] == age
