"""The metrics of spec/operations.md 4, declared: name, help, labels, buckets."""

from __future__ import annotations

from typing import Final

from notifier.observability.families import Declaring

_LATENCIES: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 1800)
_SHORT: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5)


class Decisions:
    """What was seen, and what was decided about it."""

    def __init__(self, declare: Declaring) -> None:
        self.transitions = declare.counter(
            "transitions", "Lifecycle transitions recorded.", "trigger", "recovered"
        )
        self.missed = declare.counter(
            "transition_missed", "Earlier steps that a gap swallowed.", "trigger"
        )
        self.triggers = declare.counter(
            "triggers", "Conditions evaluated for a destination.", "trigger", "scope", "result"
        )
        self.decisions = declare.counter(
            "decisions", "Decisions about a destination, by their reason.", "decision"
        )
        self.conditions = declare.counter(
            "condition_errors", "Conditions that could not be evaluated.", "trigger", "scope"
        )
        self.renders = declare.counter(
            "render_failures", "Templates that failed.", "engine", "scope"
        )
        self.kills = declare.counter(
            "render_kills", "Templates stopped together with their process.", "engine", "scope"
        )
        self.duplicates = declare.counter("duplicates_dropped", "Duplicates dropped.", "where")
        self.commit_delay = declare.histogram(
            "observe_to_commit_seconds", "Observation to commit.", _LATENCIES, "class"
        )


class Deliveries:
    """What became of messages, and of the outbox."""

    def __init__(self, declare: Declaring) -> None:
        self.deliveries = declare.counter(
            "deliveries", "Ended deliveries.", "trigger", "service", "scope", "outcome", "reason"
        )
        self.attempts = declare.counter(
            "attempts", "Attempts at a delivery.", "service", "result", "reason", "ambiguous"
        )
        self.attempt_time = declare.histogram(
            "attempt_duration_seconds", "Time of one attempt.", _LATENCIES, "service"
        )
        self.first_delay = declare.histogram(
            "commit_to_first_attempt_seconds",
            "Commit to first attempt.",
            _LATENCIES,
            "class",
            "service",
        )
        self.delivery_delay = declare.histogram(
            "observe_to_delivered_seconds",
            "Observation to acceptance by the receiver.",
            _LATENCIES,
            "class",
            "service",
        )
        self.outbox = declare.gauge("outbox_rows", "Deliveries by state.", "state")
        self.oldest = declare.gauge(
            "outbox_oldest_pending_seconds", "Age of the oldest waiting delivery.", "service"
        )
        self.dead = declare.gauge("outbox_dead", "Dead deliveries that are kept.", "reason")
        self.shed = declare.counter("outbox_shed", "Deliveries shed under overload.", "kind")
        self.circuits = declare.gauge(
            "destination_circuit_state",
            "0 closed, 1 half open, 2 open, 3 parked; of a team while it is not closed.",
            "scope",
            "service",
        )
        self.limited = declare.counter(
            "rate_limited", "Claims handed back for a rate limit.", "service"
        )


class Surroundings:
    """Configuration, watches, store, and the process itself."""

    def __init__(self, declare: Declaring) -> None:
        self.faults = declare.gauge("config_errors", "Faults of a configuration.", "scope", "kind")
        self.reloads = declare.gauge(
            "config_last_reload_timestamp_seconds", "When a configuration was read.", "scope"
        )
        self.observed = declare.gauge(
            "watch_last_event_timestamp_seconds", "When the last batch of a watch came.", "resource"
        )
        self.cache = declare.gauge("cache_objects", "Objects remembered.", "resource")
        self.leader = declare.plain("leader", "1 if this replica observes.")
        self.epoch = declare.plain("lease_epoch", "Fencing epoch of the Lease.")
        self.commit_time = declare.histogram("store_commit_seconds", "One commit.", _SHORT)
        self.commit_rows = declare.histogram(
            "store_batch_rows", "Rows of one commit.", (1, 2, 5, 10, 20, 50, 100, 200, 500)
        )
        self.store_errors = declare.counter("store_errors", "Refused or unreachable store.")
        self.lag = declare.histogram("loop_lag_seconds", "Lateness of the event loop.", _SHORT)
        self.tasks = declare.counter(
            "tasks_ended_unexpectedly", "Eternal tasks that ended.", "task"
        )
