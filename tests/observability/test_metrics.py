"""Metrics: names and labels of the specification, closed sets present from the start."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families

from notifier.core.errors import Problem, Reason
from notifier.core.lifecycle import NINE
from notifier.core.model import (
    CENTRAL,
    Decision,
    Delivery,
    Destination,
    ObjectRef,
    State,
)
from notifier.observability.metrics import Metrics


def samples(metrics: Metrics) -> dict[str, dict[tuple[str, ...], float]]:
    """Return what a scraper reads: name to label values (sorted by label name) to number."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(metrics.render().decode()):
        for sample in family.samples:
            labels = tuple(value for _, value in sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


def delivery(**changes: object) -> Delivery:
    """Return a delivery."""
    values: dict[str, object] = {
        "id": "dlv_1",
        "event_id": "evt_1",
        "rollout": ObjectRef(kind="Rollout", namespace="shop", name="checkout"),
        "trigger": "on-rollout-aborted",
        "destination": Destination(
            scope=CENTRAL, service="slack", service_type="slack", recipient="#ops"
        ),
        "template": "rollout-aborted",
        "payload": b"{}",
        "lane": "l",
        "kind": "failure",
        "created_at": 0.0,
        "expires_at": 10.0,
        "due_at": 0.0,
    }
    return Delivery(**(values | changes))  # type: ignore[arg-type]


def test_closed_sets_exist_from_the_start() -> None:
    """A rate over a series that never moved is 0, not absent."""
    read = samples(Metrics())
    assert {trigger for _, trigger in read["notifier_transitions_total"]} == set(NINE)
    assert {state for (state,) in read["notifier_outbox_rows"]} == set(State)
    assert {reason for (reason,) in read["notifier_outbox_dead"]} == set(Reason)
    assert set(read["notifier_duplicates_dropped_total"]) == {("merge",), ("scope",), ("id",)}
    assert set(read["notifier_leader"].values()) == {0.0}


def test_every_recorder_method_moves_its_series() -> None:
    """What the engine records is what a scraper reads, under the labels of the specification."""
    metrics = Metrics(sqlite="3.51.3")
    metrics.transition("on-rollout-aborted", recovered=True, missed=2, waited=0.01)
    metrics.decided("on-rollout-aborted", CENTRAL, Decision.SENT)
    metrics.decided("on-rollout-aborted", "team", Decision.CONDITION_ERROR)
    metrics.render_failed("go", CENTRAL)
    metrics.duplicates("merge", 3)
    metrics.committed(7, 0.002)
    metrics.first_attempt("on-rollout-aborted", "slack", 0.1)
    metrics.attempt("slack", "retryable", "timeout", ambiguous=True, seconds=15.0)
    metrics.ended(delivery(), State.DELIVERED, "", 1.5)
    metrics.ended(delivery(kind="progress"), State.SHED, "quota", 1.5)
    metrics.rate_limited("slack")
    metrics.configured(CENTRAL, [Problem(document="d", key="k", message="m")], 1000.0)
    metrics.observed("rollouts", 1001.0)
    metrics.store_failed()
    metrics.loop_lag(0.001)
    metrics.task_ended("intake")
    metrics.leading(leader=True, epoch=4)
    metrics.cache({"rollouts": 12})
    read = samples(metrics)
    assert read["notifier_transitions_total"]["true", "on-rollout-aborted"] == 1
    assert read["notifier_transition_missed_total"]["on-rollout-aborted",] == 2
    assert read["notifier_triggers_total"] == {
        ("fired", CENTRAL, "on-rollout-aborted"): 1,
        ("failed", "team", "on-rollout-aborted"): 1,
    }
    assert read["notifier_decisions_total"]["condition_error",] == 1
    assert read["notifier_condition_errors_total"] == {("team", "on-rollout-aborted"): 1}
    assert read["notifier_render_failures_total"] == {("go", CENTRAL): 1}
    assert read["notifier_duplicates_dropped_total"]["merge",] == 3
    assert read["notifier_store_batch_rows_sum"][()] == 7
    assert read["notifier_store_commit_seconds_count"][()] == 1
    assert read["notifier_observe_to_commit_seconds_count"]["failure",] == 1
    assert read["notifier_commit_to_first_attempt_seconds_count"] == {("failure", "slack"): 1}
    assert read["notifier_attempts_total"] == {("true", "timeout", "retryable", "slack"): 1}
    assert read["notifier_attempt_duration_seconds_sum"] == {("slack",): 15}
    assert read["notifier_deliveries_total"] == {
        ("delivered", "", CENTRAL, "slack", "on-rollout-aborted"): 1,
        ("shed", "quota", CENTRAL, "slack", "on-rollout-aborted"): 1,
    }
    assert read["notifier_observe_to_delivered_seconds_sum"] == {("failure", "slack"): 1.5}
    assert read["notifier_outbox_shed_total"]["progress",] == 1
    assert read["notifier_rate_limited_total"] == {("slack",): 1}
    assert read["notifier_config_errors"] == {("error", CENTRAL): 1, ("warning", CENTRAL): 0}
    assert read["notifier_config_last_reload_timestamp_seconds"] == {(CENTRAL,): 1000}
    assert read["notifier_watch_last_event_timestamp_seconds"] == {("rollouts",): 1001}
    assert read["notifier_store_errors_total"] == {(): 1}
    assert read["notifier_loop_lag_seconds_count"] == {(): 1}
    assert read["notifier_tasks_ended_unexpectedly_total"] == {("intake",): 1}
    assert read["notifier_leader"] == {(): 1}
    assert read["notifier_lease_epoch"] == {(): 4}
    assert read["notifier_cache_objects"] == {("rollouts",): 12}
    assert list(read["notifier_build_info"].values()) == [1]


def test_a_circuit_of_a_team_is_shown_while_it_is_not_closed() -> None:
    """The operator's services always have a series; closed ones of teams would be too many."""
    metrics = Metrics()
    metrics.circuit(CENTRAL, "slack", 2)
    metrics.circuit("team", "slack", 3)
    metrics.circuit("other", "slack", 2)
    metrics.circuit("other", "slack", 0)
    assert samples(metrics)["notifier_destination_circuit_state"] == {
        (CENTRAL, "slack"): 2,
        ("team", "slack"): 3,
    }


def test_the_outbox_gauges_fall_back_to_zero() -> None:
    """A state, reason or service without rows any more reads 0, not its last value."""
    metrics = Metrics()
    metrics.outbox({State.RETRY: 2, State.DEAD: 1}, {"recipient": 1}, {"slack": 90.0})
    metrics.outbox({State.DEAD: 1}, {}, {})
    read = samples(metrics)
    assert read["notifier_outbox_rows"]["retry",] == 0
    assert read["notifier_outbox_rows"]["dead",] == 1
    assert read["notifier_outbox_dead"]["recipient",] == 0
    assert read["notifier_outbox_oldest_pending_seconds"] == {("slack",): 0}


@dataclass
class Counts:
    """What a watch counts."""

    relists: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)


def test_watch_counters_are_read_at_each_scrape() -> None:
    """The watches count in plain counters; the scraper sees their present values."""
    metrics, counts = Metrics(), Counts()
    metrics.observe_watches(counts)
    counts.relists["rollouts", "start"] += 1
    counts.errors["rollouts", "network"] += 2
    read = samples(metrics)
    assert read["notifier_watch_relists_total"] == {("start", "rollouts"): 1}
    assert read["notifier_watch_errors_total"] == {("network", "rollouts"): 2}
