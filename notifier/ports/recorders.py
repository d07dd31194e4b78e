"""What the engine counts and measures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

from notifier.core.errors import Problem
from notifier.core.model import Decision, Delivery, Resource, State


class Recorder(Protocol):
    """What the engine counts and measures (spec/operations.md 4); no method may raise or block.

    Label values are configured names or from closed sets; durations are seconds. `trigger` and
    `service` are names, `scope` is `central` or a namespace.
    """

    def transition(
        self, trigger: str, *, recovered: bool, missed: int, waited: float = 0.0
    ) -> None:
        """Count a new event, once it is committed; `waited` is observe to commit."""
        ...

    def decided(self, trigger: str, scope: str, decision: Decision) -> None:
        """Count the decision about one destination of a new event, once it is committed."""
        ...

    def render_failed(self, engine: str, scope: str) -> None:
        """Count a template that failed; the fallback text was planned in its place."""
        ...

    def render_killed(self, scope: str) -> None:
        """Count a template of a scope that was stopped together with its process."""
        ...

    def duplicates(self, where: Literal["merge", "scope", "id"], count: int) -> None:
        """Count what was dropped as a duplicate."""
        ...

    def committed(self, rows: int, seconds: float) -> None:
        """Measure T1 of one batch: rows in it (snapshots, events, deliveries), time in the
        store."""
        ...

    def first_attempt(self, trigger: str, service: str, seconds: float) -> None:
        """Measure commit to first attempt."""
        ...

    def attempt(
        self, service: str, result: str, reason: str, *, ambiguous: bool, seconds: float
    ) -> None:
        """Count and measure one attempt; `result` is delivered, retryable, permanent,
        misconfigured."""
        ...

    def ended(self, delivery: Delivery, state: State, reason: str, seconds: float) -> None:
        """Count an end; `seconds` is the age of the delivery."""
        ...

    def rate_limited(self, service: str) -> None:
        """Count a claim handed back because its channel has to wait."""
        ...

    def circuit(self, scope: str, service: str, state: Literal[0, 1, 2, 3]) -> None:
        """Show the circuit of a service of a scope: 0 closed, 1 half open, 2 open, 3 parked."""
        ...

    def configured(self, scope: str, problems: Sequence[Problem], at: float) -> None:
        """Show a (re)loaded configuration: its faults, and when (Unix seconds)."""
        ...

    def unconfigured(self, scope: str) -> None:
        """Forget the configuration of a scope that is gone."""
        ...

    def observed(self, resource: Resource, at: float) -> None:
        """Show when the last batch of a watch came (Unix seconds)."""
        ...

    def store_failed(self) -> None:
        """Count a refused or unreachable store."""
        ...

    def loop_lag(self, seconds: float) -> None:
        """Measure by how much the event loop was late."""
        ...

    def leading(self, *, leader: bool, epoch: int) -> None:
        """Show whether this replica observes, and under which epoch (0: none)."""
        ...

    def task_ended(self, task: str) -> None:
        """Count an eternal task that ended unexpectedly."""
        ...
