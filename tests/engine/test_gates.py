"""Gates: who has to wait, and what is forgotten."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from notifier.core.errors import DeliveryError, Misconfigured, Permanent, Reason, Retryable
from notifier.core.model import Destination
from notifier.engine.gates import Gates, Refusal
from tests.engine import fakes


def to(recipient: str = "a", service: str = "post", service_type: str = "") -> Destination:
    """Return a destination."""
    return Destination(
        scope="central",
        service=service,
        service_type=service_type or service,
        recipient=recipient,
    )


@pytest.fixture
def gates() -> Gates:
    """Gates that know nothing yet."""
    return Gates(fakes.Counting())


def fail(gates: Gates, *recipients: str, error: DeliveryError | None = None) -> None:
    """Report failures at second 0."""
    for recipient in recipients:
        gates.failed(to(recipient), error or Retryable(Reason.NETWORK), 0.0)


def test_a_dead_recipient_does_not_close_its_service(gates: Gates) -> None:
    """Failures of one recipient among successes of others open its circuit alone."""
    for _ in range(5):
        fail(gates, "dead")
        gates.succeeded(to("alive"), 0.0)
        gates.succeeded(to("alive"), 0.0)
    assert gates.refusal(to("dead"), 1.0) == Refusal(59.0, "circuit_open")
    assert gates.refusal(to("alive"), 1.0) is None


def test_failures_of_many_recipients_open_the_service(gates: Gates) -> None:
    """Five in a row, whoever they were for, speak for credential and host."""
    fail(gates, "a", "b", "c", "d", "e")
    assert gates.refusal(to("f"), 1.0) == Refusal(59.0, "circuit_open")
    assert gates.refusal(to("f", "other"), 1.0) is None


def test_a_refused_message_shows_that_the_receiver_is_there(gates: Gates) -> None:
    """A probe that is answered with a refusal of its message closes the circuit."""
    fail(gates, "a", "b", "c", "d", "e")
    gates.entered(to("f"), 60.0)
    gates.failed(to("f"), Permanent(Reason.PAYLOAD), 61.0)
    assert gates.refusal(to("g"), 61.0) is None


def test_a_refused_message_leaves_a_closed_circuit_alone(gates: Gates) -> None:
    """It neither counts as a failure nor breaks a series of failures."""
    fail(gates, "a", "a", "a", "a")
    fail(gates, "a", error=Permanent(Reason.PAYLOAD))
    assert gates.refusal(to("a"), 0.0) is None
    fail(gates, "a")
    assert gates.refusal(to("a"), 0.0) is not None


def test_a_refused_credential_parks(gates: Gates) -> None:
    """For an hour, whatever the recipient; a success of the probe lifts it."""
    fail(gates, "a", error=Misconfigured(Reason.CREDENTIAL))
    assert gates.refusal(to("b"), 10.0) == Refusal(3590.0, "credential", parked=True)
    gates.entered(to("b"), 3600.0)
    gates.succeeded(to("b"), 3601.0)
    assert gates.refusal(to("b"), 3601.0) is None


@pytest.mark.parametrize(
    ("error", "same", "other"),
    [
        (Retryable(Reason.RATE_LIMITED, after_s=30), 30.0, 0.0),
        (Retryable(Reason.RATE_LIMITED), 1.0, 0.0),
        (Retryable(Reason.RATE_LIMITED, after_s=30, throttles_host=True), 30.0, 30.0),
        (Retryable(Reason.SERVER, throttles_host=True), 5.0, 5.0),
        (Retryable(Reason.RATE_LIMITED, after_s=1e9), 3600.0, 0.0),
    ],
    ids=["channel", "channel, no time", "host", "host, no time", "capped"],
)
def test_rests(gates: Gates, error: DeliveryError, same: float, other: float) -> None:
    """A 429 rests the channel; an answer that speaks for the host rests the whole service."""
    fail(gates, "a", error=error)
    for recipient, wait in (("a", same), ("b", other)):
        refusal = gates.refusal(to(recipient), 0.0)
        assert (refusal.wait_s if refusal else 0.0) == wait
    assert gates.refusal(to("a"), same) is None


def test_a_change_of_configuration_forgets(gates: Gates) -> None:
    """Circuits and rests of that service close at once, those of others stay."""
    fail(gates, "a", "a", "a", "a", "a")
    gates.failed(to("a", "other"), Misconfigured(Reason.CREDENTIAL), 0.0)
    gates.changed("central", "post")
    assert gates.refusal(to("a"), 0.0) is None
    assert gates.refusal(to("a", "other"), 0.0) is not None


def test_a_backlog_queues_up_behind_its_channel(gates: Gates) -> None:
    """Rows that have to wait are sent away one second apart, not all to the same moment."""
    slack = to("#a", "slack")
    for _ in range(3):
        assert gates.refusal(slack, 0.0) is None
        gates.entered(slack, 0.0)
    waits = [refusal.wait_s for _ in range(4) if (refusal := gates.refusal(slack, 0.0))]
    assert waits == [1.0, 2.0, 3.0, 4.0]
    assert gates.refusal(to("#b", "slack"), 0.0) is None


def test_what_has_no_effect_is_forgotten(gates: Gates) -> None:
    """Names written by tenants do not pile up in memory."""
    for number in range(100):
        fail(gates, f"r{number}", error=Retryable(Reason.RATE_LIMITED, after_s=10))
        gates.entered(to(f"#{number}", "slack"), 0.0)
    fail(gates, "x")
    held = (gates._circuits, gates._rests, gates._buckets, gates._queues)
    assert sum(map(len, held)) >= 200
    gates.forget_idle(120.0)
    assert sum(map(len, held)) == 0


def test_circuits_are_shown_by_scope() -> None:
    """Teams may call their services as the operator does; recipients are never named."""
    recorder = fakes.Counting()
    gates = Gates(recorder)
    of_team = replace(to(), scope="team")
    gates.failed(of_team, Misconfigured(Reason.CREDENTIAL), 0.0)
    assert recorder.circuits == [("team", "post", 3)]
    gates.changed("central", "post")
    gates.changed("team", "post")
    assert recorder.circuits[1:] == [("central", "post", 0), ("team", "post", 0)]
    fail(gates, "a", "a", "a", "a", "a")
    assert {each[:2] for each in recorder.circuits[3:]} == {("central", "post")}
