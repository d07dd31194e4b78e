"""Prometheus metrics, by the names of spec/operations.md 4.

Label values come from closed sets or from configured names, never from objects or texts. Children
are looked up in a dict of ours (a quarter of the library's look-up), and every series of a closed
set exists from the start, so that a rate over it is 0 and not absent.
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, Protocol

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector
from typing_extensions import override

from notifier.core import lanes, lifecycle
from notifier.core.errors import Problem, Reason
from notifier.core.model import CENTRAL, Decision, Delivery, Resource, State
from notifier.observability import families, series
from notifier.ports import Recorder
from notifier.version import __version__

_RESULTS: Final[Mapping[Decision, str]] = {
    Decision.SENT: "fired",
    Decision.CONDITION_FALSE: "not_fired",
    Decision.OPEN_OCCURRENCE: "not_fired",
    Decision.NEVER_FIRES: "not_fired",
    Decision.ONCE_PER: "not_fired",
    Decision.CONDITION_ERROR: "failed",
}


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
        declare = families.Declaring(self.registry)
        self.labels: Mapping[str, Sequence[str]] = declare.labels
        self._decided = series.Decisions(declare)
        self._sent = series.Deliveries(declare)
        self._around = series.Surroundings(declare)
        build = declare.gauge("build_info", "Which build runs.", "version", "python", "sqlite")
        build.of(__version__, platform.python_version(), sqlite).set(1)
        self._create_closed_sets()

    # --- construction -------------------------------------------------------------------------

    def _create_closed_sets(self) -> None:
        for trigger in lifecycle.NINE:
            self._decided.missed.of(trigger)
            for recovered in ("false", "true"):
                self._decided.transitions.of(trigger, recovered)
        for decision in Decision:
            self._decided.decisions.of(decision)
        for state in State:
            self._sent.outbox.of(state)
        for reason in Reason:
            self._sent.dead.of(reason)
        for kind in ("progress", "paused", "news", "failure"):
            self._sent.shed.of(kind)
            self._decided.commit_delay.of(kind)
        for where in ("merge", "scope", "id"):
            self._decided.duplicates.of(where)

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
        self._decided.transitions.of(trigger, "true" if recovered else "false").inc()
        self._decided.commit_delay.of(lanes.kind(trigger)).observe(waited)
        if missed:
            self._decided.missed.of(trigger).inc(missed)

    @override
    def decided(self, trigger: str, scope: str, decision: Decision) -> None:
        """Count a decision."""
        self._decided.decisions.of(decision).inc()
        if result := _RESULTS.get(decision):
            self._decided.triggers.of(trigger, scope, result).inc()
        if decision is Decision.CONDITION_ERROR:
            self._decided.conditions.of(trigger, scope).inc()

    @override
    def render_failed(self, engine: str, scope: str) -> None:
        """Count a failed template."""
        self._decided.renders.of(engine, scope).inc()

    @override
    def render_killed(self, scope: str) -> None:
        """Count a template that was stopped; only Jinja is rendered outside."""
        self._decided.kills.of("jinja", scope).inc()

    @override
    def duplicates(self, where: Literal["merge", "scope", "id"], count: int) -> None:
        """Count duplicates."""
        self._decided.duplicates.of(where).inc(count)

    @override
    def committed(self, rows: int, seconds: float) -> None:
        """Measure one commit."""
        self._around.commit_rows.of().observe(rows)
        self._around.commit_time.of().observe(seconds)

    @override
    def first_attempt(self, trigger: str, service: str, seconds: float) -> None:
        """Measure commit to first attempt."""
        self._sent.first_delay.of(lanes.kind(trigger), service).observe(seconds)

    @override
    def attempt(
        self, service: str, result: str, reason: str, *, ambiguous: bool, seconds: float
    ) -> None:
        """Count and measure one attempt."""
        self._sent.attempts.of(service, result, reason, "true" if ambiguous else "false").inc()
        self._sent.attempt_time.of(service).observe(seconds)

    @override
    def ended(self, delivery: Delivery, state: State, reason: str, seconds: float) -> None:
        """Count an end."""
        to = delivery.destination
        self._sent.deliveries.of(delivery.trigger, to.service, to.scope, state, reason).inc()
        if state is State.DELIVERED:
            self._sent.delivery_delay.of(delivery.kind, to.service).observe(seconds)
        if state is State.SHED:
            self._sent.shed.of(delivery.kind).inc()

    @override
    def rate_limited(self, service: str) -> None:
        """Count a claim handed back."""
        self._sent.limited.of(service).inc()

    @override
    def circuit(self, scope: str, service: str, state: Literal[0, 1, 2, 3]) -> None:
        """Show a circuit. A closed one of a team has no series: there are too many of them."""
        if scope != CENTRAL and state == 0:
            self._sent.circuits.forget(scope, service)
        else:
            self._sent.circuits.of(scope, service).set(state)

    @override
    def configured(self, scope: str, problems: Sequence[Problem], at: float) -> None:
        """Show a configuration and its faults by severity."""
        for kind in ("error", "warning"):
            count = sum(1 for problem in problems if problem.severity == kind)
            self._around.faults.of(scope, kind).set(count)
        self._around.reloads.of(scope).set(at)

    @override
    def unconfigured(self, scope: str) -> None:
        """Show a configuration no more."""
        for kind in ("error", "warning"):
            self._around.faults.forget(scope, kind)
        self._around.reloads.forget(scope)

    @override
    def observed(self, resource: Resource, at: float) -> None:
        """Show when a watch spoke last."""
        self._around.observed.of(resource).set(at)

    @override
    def store_failed(self) -> None:
        """Count a failure of the store."""
        self._around.store_errors.of().inc()

    @override
    def loop_lag(self, seconds: float) -> None:
        """Measure the lateness of the loop."""
        self._around.lag.of().observe(seconds)

    @override
    def leading(self, *, leader: bool, epoch: int) -> None:
        """Show whether this replica observes, under which epoch."""
        self._around.leader.set(1 if leader else 0)
        self._around.epoch.set(epoch)

    @override
    def task_ended(self, task: str) -> None:
        """Count a task that ended."""
        self._around.tasks.of(task).inc()

    # --- what the composition root samples ----------------------------------------------------

    def outbox(
        self, counts: Mapping[State, int], dead: Mapping[str, int], oldest: Mapping[str, float]
    ) -> None:
        """Show the outbox: rows by state, dead ones by reason, oldest waiting by service."""
        families.show(self._sent.outbox, counts)
        families.show(self._sent.dead, dead)
        families.show(self._sent.oldest, oldest)

    def cache(self, objects: Mapping[Resource, int]) -> None:
        """Show how many objects are remembered, by resource."""
        families.show(self._around.cache, objects)


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
