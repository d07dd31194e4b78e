"""`core/circuits.py`: rests for failing receivers, and rates."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core.circuits import Bucket, Circuit, Rate, counts
from notifier.core.errors import DeliveryError, Misconfigured, Permanent, Reason, Retryable

SLACK = Rate(per_s=1.0, burst=3)


def failed(circuit: Circuit, times: int, now: float = 0.0) -> Circuit:
    """Return the circuit after so many failures at one time."""
    for _ in range(times):
        circuit = circuit.failed(now)
    return circuit


def test_five_failures_in_a_row_open() -> None:
    """The fifth consecutive failure opens for a minute, the fourth does not."""
    assert failed(Circuit(), 4).closed
    opened = failed(Circuit(), 5, now=100.0)
    assert not opened.closed
    assert opened.wait_s(100.0) == 60.0


def test_failures_far_apart_are_still_consecutive() -> None:
    """Consecutive means without a success between, however slowly they come."""
    circuit = Circuit()
    for minute in range(5):
        circuit = circuit.failed(minute * 600.0)
    assert not circuit.closed


def test_a_success_between_breaks_the_series() -> None:
    """Four failures, a success, four failures: closed."""
    circuit = failed(Circuit(), 4).succeeded(1.0)
    assert circuit is not None
    assert failed(circuit, 1, now=1.0).closed


def test_more_than_half_of_ten_in_a_minute_opens() -> None:
    """Six failures among eleven attempts within a minute open; five among ten do not."""
    circuit: Circuit | None = Circuit()
    for _ in range(5):
        assert circuit is not None
        circuit = circuit.failed(1.0).succeeded(1.0)
    assert circuit is not None
    assert circuit.closed
    assert not circuit.failed(1.0).closed


def test_the_window_is_one_minute() -> None:
    """Failures older than a minute count for the share no more."""
    circuit: Circuit | None = Circuit()
    for _ in range(5):
        assert circuit is not None
        circuit = circuit.failed(1.0).succeeded(1.0)
    assert circuit is not None
    assert circuit.failed(62.0).closed
    assert circuit.succeeded(62.0) is None


def test_the_rest_doubles_up_to_an_hour() -> None:
    """Each failed probe doubles the rest, at most to an hour."""
    now, circuit, rests = 0.0, failed(Circuit(), 5), []
    for _ in range(9):
        rests.append(circuit.wait_s(now))
        now += circuit.wait_s(now)
        circuit = circuit.probing(now).failed(now)
    assert rests == [60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]


def test_stragglers_do_not_lengthen_the_rest() -> None:
    """Attempts under way when the circuit opens fail too; the rest stays a minute."""
    assert failed(Circuit(), 12).wait_s(0.0) == 60.0


def test_half_open_lets_one_through() -> None:
    """After the rest the first may pass; others wait until it reports or a minute is over."""
    circuit = failed(Circuit(), 5)
    assert circuit.wait_s(60.0) == 0.0
    probing = circuit.probing(60.0)
    assert probing.wait_s(61.0) > 0
    assert probing.wait_s(120.0) == 0.0


def test_a_successful_probe_closes() -> None:
    """Nothing is remembered after the probe arrived."""
    assert failed(Circuit(), 5).probing(60.0).succeeded(61.0) is None


def test_a_closed_circuit_has_no_probe() -> None:
    """Attempts on a closed circuit do not exclude each other."""
    assert Circuit().probing(5.0).wait_s(5.0) == 0.0


def test_a_refused_credential_holds_open() -> None:
    """Parked means: no attempt before the given time."""
    assert Circuit().parked(3600.0).wait_s(600.0) == 3000.0


def test_idle_circuits_can_be_forgotten() -> None:
    """A closed circuit without a recent failure has no effect; an open one has."""
    assert Circuit().failed(0.0).idle(61.0)
    assert not Circuit().failed(0.0).idle(10.0)
    assert not failed(Circuit(), 5).idle(61.0)


@pytest.mark.parametrize(
    ("error", "counted"),
    [
        (Retryable(Reason.NETWORK), True),
        (Retryable(Reason.TIMEOUT), True),
        (Retryable(Reason.SERVER), True),
        (Retryable(Reason.RATE_LIMITED), False),
        (Retryable(Reason.GREYLISTED), False),
        (Retryable(Reason.INTERNAL), False),
        (Permanent(Reason.PAYLOAD), False),
        (Misconfigured(Reason.CREDENTIAL), False),
    ],
    ids=str,
)
def test_which_failures_count(error: DeliveryError, counted: bool) -> None:
    """Only transient faults of the receiver say something about its health."""
    assert counts(error) is counted


def test_a_burst_of_three_then_one_a_second() -> None:
    """A channel takes three at once and then waits a second for each."""
    bucket, waits = Bucket(), []
    now = 100.0
    for _ in range(6):
        wait = bucket.wait_s(SLACK, now)
        waits.append(wait)
        now += wait
        bucket = bucket.taken(SLACK, now)
    assert waits == [0, 0, 0, 1, 1, 1]


@given(gaps=st.lists(st.floats(0, 5), min_size=1, max_size=60))
def test_the_rate_holds_over_any_window(gaps: list[float]) -> None:
    """Whoever waits as told never sends more than burst + elapsed messages."""
    bucket, now, sent = Bucket(), 0.0, []
    for gap in gaps:
        now += gap
        now += bucket.wait_s(SLACK, now)
        bucket = bucket.taken(SLACK, now)
        sent.append(now)
    for first in range(len(sent)):
        for last in range(first, len(sent)):
            assert last - first + 1 <= 3 + (sent[last] - sent[first]) * 1.0 + 1e-6


def test_a_full_bucket_is_idle() -> None:
    """A bucket can be forgotten once all its tokens are back."""
    bucket = Bucket().taken(SLACK, 0.0)
    assert not bucket.idle(0.5)
    assert bucket.idle(1.0)
