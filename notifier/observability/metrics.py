"""Prometheus metrics, by the names of spec/operations.md 4.

Label values come from closed sets or from configured names, never from objects or texts. Children
are looked up in a dict of ours (a quarter of the library's look-up), and every series of a closed
set exists from the start, so that a rate over it is 0 and not absent.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from notifier.core import lanes, lifecycle
from notifier.core.errors import Problem, Reason
from notifier.core.model import Decision, Delivery, Resource, State
from notifier.ports import Recorder
from notifier.version import __version__

_LATENCIES: Final = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 15, 60, 300, 1800)
_SHORT: Final = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1, 5)
_RESULTS: Final[Mapping[Decision, str]] = {
    Decision.SENT: "fired",
    Decision.CONDITION_FALSE: "not_fired",
    Decision.OPEN_OCCURRENCE: "not_fired",
    Decision.NEVER_FIRES: "not_fired",
    Decision.ONCE_PER: "not_fired",
    Decision.CONDITION_ERROR: "failed",
}

M = TypeVar("M", Counter, Gauge, Histogram)
_Label = TypeVar("_Label", bound=str)


class _Family(Generic[M]):
    """A metric whose children are cached by their label values."""

    __slots__ = ("_children", "_metric")

    def __init__(self, metric: M) -> None:
        self._metric: M = metric
        self._children: dict[tuple[str, ...], M] = {}

    def of(self, *values: str) -> M:
        """Return the child of these label values."""
        child = self._children.get(values)
        if child is None:
            child = self._metric.labels(*values) if values else self._metric
            self._children[values] = child
        return child

    def values(self) -> frozenset[tuple[str, ...]]:
        """Return the label values that have a child."""
        return frozenset(self._children)


def _show(family: _Family[Gauge], present: Mapping[_Label, float]) -> None:
    """Set a gauge of one label to exactly these values; what is not among them is 0."""
    for (value,) in family.values() - {(value,) for value in present}:
        family.of(value).set(0)
    for value, number in present.items():
        family.of(value).set(number)


class WatchCounts(Protocol):
    """What the watches count about themselves (kube.statistics), by resource and reason."""

    @property
    def relists(self) -> Mapping[tuple[str, str], int]:
        """Lists made."""
        ...

    @property
    def errors(self) -> Mapping[tuple[str, str], int]:
        """What went wrong."""
        ...


class Metrics(Recorder):
    """All metrics of the process; the engine records through `ports.Recorder`."""

    def __init__(self, *, sqlite: str = "") -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self.circuits: dict[str, int] = {}
        """State of the circuit by service, as last recorded: the admin API shows it too."""
        self._transitions = self._counter(
            "transitions", "Lifecycle transitions recorded.", "trigger", "recovered"
        )
        self._missed = self._counter(
            "transition_missed", "Earlier steps that a gap swallowed.", "trigger"
        )
        self._triggers = self._counter(
            "triggers", "Conditions evaluated for a destination.", "trigger", "scope", "result"
        )
        self._decisions = self._counter(
            "decisions", "Decisions about a destination, by their reason.", "decision"
        )
        self._deliveries = self._counter(
            "deliveries", "Ended deliveries.", "trigger", "service", "scope", "outcome", "reason"
        )
        self._attempts = self._counter(
            "attempts", "Attempts at a delivery.", "service", "result", "reason", "ambiguous"
        )
        self._attempt_time = self._histogram(
            "attempt_duration_seconds", "Time of one attempt.", _LATENCIES, "service"
        )
        self._commit_delay = self._histogram(
            "observe_to_commit_seconds", "Observation to commit.", _LATENCIES, "class"
        )
        self._first_delay = self._histogram(
            "commit_to_first_attempt_seconds",
            "Commit to first attempt.",
            _LATENCIES,
            "class",
            "service",
        )
        self._delivery_delay = self._histogram(
            "observe_to_delivered_seconds",
            "Commit of the event to acceptance by the receiver.",
            _LATENCIES,
            "class",
            "service",
        )
        self._outbox = self._gauge("outbox_rows", "Deliveries by state.", "state")
        self._oldest = self._gauge(
            "outbox_oldest_pending_seconds", "Age of the oldest waiting delivery.", "service"
        )
        self._dead = self._gauge("outbox_dead", "Dead deliveries that are kept.", "reason")
        self._shed = self._counter("outbox_shed", "Deliveries shed under overload.", "kind")
        self._circuits = self._gauge(
            "destination_circuit_state", "0 closed, 1 half open, 2 open, 3 parked.", "service"
        )
        self._limited = self._counter(
            "rate_limited", "Claims handed back for a rate limit.", "service"
        )
        self._renders = self._counter(
            "render_failures", "Templates that failed.", "engine", "scope"
        )
        self._conditions = self._counter(
            "condition_errors", "Conditions that could not be evaluated.", "trigger", "scope"
        )
        self._duplicates = self._counter("duplicates_dropped", "Duplicates dropped.", "where")
        self._faults = self._gauge("config_errors", "Faults of a configuration.", "scope", "kind")
        self._reloads = self._gauge(
            "config_last_reload_timestamp_seconds", "When a configuration was read.", "scope"
        )
        self._observed = self._gauge(
            "watch_last_event_timestamp_seconds", "When the last batch of a watch came.", "resource"
        )
        self._cache = self._gauge("cache_objects", "Objects remembered.", "resource")
        self._leader = self._plain("leader", "1 if this replica observes.")
        self._epoch = self._plain("lease_epoch", "Fencing epoch of the Lease.")
        self._commit_time = self._histogram("store_commit_seconds", "One commit.", _SHORT)
        self._commit_rows = self._histogram(
            "store_batch_rows", "Rows of one commit.", (1, 2, 5, 10, 20, 50, 100, 200, 500)
        )
        self._store_errors = self._counter("store_errors", "Refused or unreachable store.")
        self._lag = self._histogram("loop_lag_seconds", "Lateness of the event loop.", _SHORT)
        self._tasks = self._counter("tasks_ended_unexpectedly", "Eternal tasks that ended.", "task")
        build = self._gauge("build_info", "Which build runs.", "version", "python", "sqlite")
        build.of(__version__, platform.python_version(), sqlite).set(1)
        self._create_closed_sets()

    # --- construction -------------------------------------------------------------------------

    def _counter(self, name: str, text: str, *labels: str) -> _Family[Counter]:
        return _Family(Counter(f"notifier_{name}", text, labels, registry=self.registry))

    def _gauge(self, name: str, text: str, *labels: str) -> _Family[Gauge]:
        return _Family(Gauge(f"notifier_{name}", text, labels, registry=self.registry))

    def _plain(self, name: str, text: str) -> Gauge:
        return Gauge(f"notifier_{name}", text, registry=self.registry)

    def _histogram(
        self, name: str, text: str, buckets: Sequence[float], *labels: str
    ) -> _Family[Histogram]:
        metric = Histogram(
            f"notifier_{name}", text, labels, buckets=buckets, registry=self.registry
        )
        return _Family(metric)

    def _create_closed_sets(self) -> None:
        for trigger in lifecycle.NINE:
            self._missed.of(trigger)
            for recovered in ("false", "true"):
                self._transitions.of(trigger, recovered)
        for decision in Decision:
            self._decisions.of(decision)
        for state in State:
            self._outbox.of(state)
        for reason in Reason:
            self._dead.of(reason)
        for kind in ("progress", "paused", "news", "failure"):
            self._shed.of(kind)
            self._commit_delay.of(kind)
        for where in ("merge", "scope", "id"):
            self._duplicates.of(where)

    def observe_watches(self, counts: WatchCounts) -> None:
        """Show from now on what the watches count, each time the metrics are read."""
        self.registry.register(_Watches(counts))

    def render(self) -> bytes:
        """Return the exposition text; may take 25 ms, so not on the event loop."""
        return generate_latest(self.registry)

    # --- what the engine records (ports.Recorder) ---------------------------------------------

    @override
    def transition(
        self, trigger: str, *, recovered: bool, missed: int, waited: float = 0.0
    ) -> None:
        """Count a committed event."""
        self._transitions.of(trigger, "true" if recovered else "false").inc()
        self._commit_delay.of(lanes.kind(trigger)).observe(waited)
        if missed:
            self._missed.of(trigger).inc(missed)

    @override
    def decided(self, trigger: str, scope: str, decision: Decision) -> None:
        """Count a decision."""
        self._decisions.of(decision).inc()
        if result := _RESULTS.get(decision):
            self._triggers.of(trigger, scope, result).inc()
        if decision is Decision.CONDITION_ERROR:
            self._conditions.of(trigger, scope).inc()

    @override
    def render_failed(self, engine: str, scope: str) -> None:
        """Count a failed template."""
        self._renders.of(engine, scope).inc()

    @override
    def duplicates(self, where: Literal["merge", "scope", "id"], count: int) -> None:
        """Count duplicates."""
        self._duplicates.of(where).inc(count)

    @override
    def committed(self, rows: int, seconds: float) -> None:
        """Measure one commit."""
        self._commit_rows.of().observe(rows)
        self._commit_time.of().observe(seconds)

    @override
    def first_attempt(self, trigger: str, service: str, seconds: float) -> None:
        """Measure commit to first attempt."""
        self._first_delay.of(lanes.kind(trigger), service).observe(seconds)

    @override
    def attempt(
        self, service: str, result: str, reason: str, *, ambiguous: bool, seconds: float
    ) -> None:
        """Count and measure one attempt."""
        self._attempts.of(service, result, reason, "true" if ambiguous else "false").inc()
        self._attempt_time.of(service).observe(seconds)

    @override
    def ended(self, delivery: Delivery, state: State, reason: str, seconds: float) -> None:
        """Count an end."""
        to = delivery.destination
        self._deliveries.of(delivery.trigger, to.service, to.scope, state, reason).inc()
        if state is State.DELIVERED:
            self._delivery_delay.of(delivery.kind, to.service).observe(seconds)
        if state is State.SHED:
            self._shed.of(delivery.kind).inc()

    @override
    def rate_limited(self, service: str) -> None:
        """Count a claim handed back."""
        self._limited.of(service).inc()

    @override
    def circuit(self, service: str, state: Literal[0, 1, 2, 3]) -> None:
        """Show a circuit."""
        self.circuits[service] = state
        self._circuits.of(service).set(state)

    @override
    def configured(self, scope: str, problems: Sequence[Problem], at: float) -> None:
        """Show a configuration and its faults by severity."""
        for kind in ("error", "warning"):
            count = sum(1 for problem in problems if problem.severity == kind)
            self._faults.of(scope, kind).set(count)
        self._reloads.of(scope).set(at)

    @override
    def observed(self, resource: Resource, at: float) -> None:
        """Show when a watch spoke last."""
        self._observed.of(resource).set(at)

    @override
    def store_failed(self) -> None:
        """Count a failure of the store."""
        self._store_errors.of().inc()

    @override
    def loop_lag(self, seconds: float) -> None:
        """Measure the lateness of the loop."""
        self._lag.of().observe(seconds)

    @override
    def leading(self, *, leader: bool, epoch: int) -> None:
        """Show whether this replica observes, under which epoch."""
        self._leader.set(1 if leader else 0)
        self._epoch.set(epoch)

    @override
    def task_ended(self, task: str) -> None:
        """Count a task that ended."""
        self._tasks.of(task).inc()

    # --- what the composition root samples ----------------------------------------------------

    def outbox(
        self, counts: Mapping[State, int], dead: Mapping[str, int], oldest: Mapping[str, float]
    ) -> None:
        """Show the outbox: rows by state, dead ones by reason, oldest waiting by service."""
        _show(self._outbox, counts)
        _show(self._dead, dead)
        _show(self._oldest, oldest)

    def cache(self, objects: Mapping[Resource, int]) -> None:
        """Show how many objects are remembered, by resource."""
        _show(self._cache, objects)


class _Watches(Collector):
    """Reads the counters of the watches when the metrics are read: nothing on the hot path."""

    def __init__(self, counts: WatchCounts) -> None:
        self._counts = counts

    @override
    def collect(self) -> Iterator[Any]:
        """Yield the families."""
        for name, text, counts in (
            ("relists", "Lists made.", self._counts.relists),
            ("errors", "Watches that failed.", self._counts.errors),
        ):
            family = CounterMetricFamily(
                f"notifier_watch_{name}", text, labels=("resource", "reason")
            )
            for (resource, reason), count in list(counts.items()):
                family.add_metric((resource, reason), count)
            yield family
