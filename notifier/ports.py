"""Protocols between the engine and the edges. Each is small; adapters live in the rooms above."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from notifier.core.errors import Problem
from notifier.core.model import (
    Attempt,
    Decision,
    Delivery,
    Event,
    JsonObject,
    Observation,
    Resource,
    State,
    StoredSnapshot,
    Verdict,
)
from notifier.core.service import Delivered, Outgoing, ServiceType

# --- time -------------------------------------------------------------------------------------


class Clock(Protocol):
    """Time as the engine sees it: fakeable."""

    def now(self) -> float:
        """Wall clock, Unix seconds: stored due times and ages only."""
        ...

    def monotonic(self) -> float:
        """Seconds that never jump: deadlines, leases, circuits."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


# --- the cluster ------------------------------------------------------------------------------


class Cluster(Protocol):
    """Read-only view of the cluster; the reflector and the recording implement it."""

    def observe(self, resource: Resource) -> AsyncIterator[Sequence[Observation]]:
        """Yield batches of observations for ever (a recording ends). Never raises for a fault it
        can
        wait out; raises `Forbidden` or `NotFound` when the resource cannot be watched at all,
        for the
        caller to degrade and to try again later.
        """
        ...

    async def fetch(self, kind: str, namespace: str, name: str) -> bytes | None:
        """GET one object (Rollout, AnalysisRun, ReplicaSet, Deployment, StatefulSet,
        PodTemplate, ConfigMap, Secret).

        None if it does not exist. Raises `ClusterError`.
        """
        ...

    async def list_owned(self, kind: str, namespace: str, selector: str) -> Sequence[bytes]:
        """LIST objects of a namespace by label selector. Raises `ClusterError`."""
        ...

    def watch_object(self, kind: str, namespace: str, name: str) -> AsyncIterator[bytes | None]:
        """Yield the named object now and after each change (None: it does not exist); for ever."""
        ...


# --- the store --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """What one observation commits, all or nothing: state, event, verdicts, deliveries.

    `snapshot` None leaves the stored one; `forget` names uids whose snapshot becomes a tombstone.
    `amendments` are later verdicts about events of this or an earlier intake (a condition that took
    its time): each is added once, behind those that the event has; of an event that is not there
    any more they are dropped.
    """

    snapshot: StoredSnapshot | None = None
    forget: str = ""
    events: Sequence[Event] = ()
    verdicts: Sequence[Verdict] = ()
    amendments: Sequence[Verdict] = ()
    deliveries: Sequence[Delivery] = ()


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one claim (T3), a compare-and-set on (id, attempt, token).

    With `attempt` None the claim is handed back without having been an attempt (rate limit,
    circuit).
    """

    delivery_id: str
    token: str
    number: int
    state: State
    due_at: float
    reason: str = ""
    reference: str = ""
    attempt: Attempt | None = None
    remember: Mapping[str, str] = msgspec.field(default_factory=dict)
    payload: bytes | None = None
    """A shortened payload that replaces the refused one (services.md 6.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryQuery:
    """Filters of `deliveries list`; empty means any. `before` pages (created_at, id), newest
    first."""

    rollout: str = ""
    service: str = ""
    recipient: str = ""
    states: frozenset[State] = frozenset()
    trigger: str = ""
    since: float = 0.0
    before: tuple[float, str] | None = None
    limit: int = 100


class Store(Protocol):
    """The outbox and the ledger. One conformance suite runs over every implementation.

    Every method raises `StoreError` if the store cannot be reached or refuses.
    """

    async def open(self) -> str:
        """Open, check and migrate; return one line that says which store and version it is."""
        ...

    async def close(self) -> None:
        """Checkpoint and close."""
        ...

    async def snapshots(self) -> Sequence[StoredSnapshot]:
        """Return every stored snapshot, tombstones excluded."""
        ...

    async def commit(self, intakes: Sequence[Intake]) -> frozenset[str]:
        """T1: write all in one transaction; return the ids of the events that were new.

        An event or delivery whose id exists already changes nothing.
        """
        ...

    async def claim(
        self,
        *,
        now: float,
        limit: int,
        lease_s: float,
        blocked: frozenset[str] = frozenset(),
        per_namespace: int | None = None,
        per_service: int | None = None,
    ) -> Sequence[Delivery]:
        """T2: take lane heads that are due, oldest due first, one per lane, as `sending`.

        Increments `attempt` and sets `token`. `blocked` are `scope/service` names not to take.
        Expired leases become `ambiguous` first and may be claimed at once. Namespaces take turns;
        none gets more than `per_namespace` in flight, and no service in it more than `per_service`
        (None: no cap).
        """
        ...

    async def settle(self, settlements: Sequence[Settlement], *, now: float) -> Sequence[str]:
        """T3: write outcomes in one transaction; return the ids whose claim was still held.

        The outcome of a lost claim is logged as an extra attempt and changes nothing else.
        """
        ...

    async def end(
        self, ids: Iterable[str], state: State, reason: str, *, now: float
    ) -> Sequence[str]:
        """End waiting rows (expired, superseded, shed, dropped); return the ids that were
        waiting."""
        ...

    async def redeliver(
        self, ids: Iterable[str], *, now: float, expires_at: float
    ) -> Sequence[str]:
        """Put ended rows back to `pending`, same id; return the ids that were."""
        ...

    async def rearm(self, *, scope: str, service: str, now: float) -> int:
        """Make the parked rows of a service due now (its configuration changed); return how
        many."""
        ...

    async def next_due(self) -> float | None:
        """Return when the next waiting lane head is due, or None if nothing waits."""
        ...

    async def references(self, keys: Iterable[str]) -> Mapping[str, str]:
        """Return what was remembered under the keys (Slack threads)."""
        ...

    async def deliveries(self, query: DeliveryQuery) -> Sequence[Delivery]:
        """Return deliveries, newest first."""
        ...

    async def delivery(self, delivery_id: str) -> tuple[Delivery, Sequence[Attempt]] | None:
        """Return one delivery with its attempts."""
        ...

    async def events(
        self, *, namespace: str = "", name: str = "", limit: int = 100
    ) -> Sequence[tuple[Event, Sequence[Verdict]]]:
        """Return events with their verdicts, newest first."""
        ...

    async def counts(self) -> Mapping[State, int]:
        """Return how many deliveries are in each state."""
        ...

    async def collect(self, *, before: float, keep: int) -> int:
        """T4: delete ended deliveries and events older than `before`, and the oldest beyond
        `keep`."""
        ...


# --- services ---------------------------------------------------------------------------------


class Service(Protocol):
    """The acting half of a service: one attempt, within the caller's deadline."""

    async def send(self, outgoing: Outgoing, options: Any) -> Delivered:
        """Send once. Raises `Retryable`, `Permanent` or `Misconfigured`; never retries or
        sleeps."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


@runtime_checkable
class Referencing(Protocol):
    """Optional second half of a `Service` whose messages refer to earlier ones (Slack threads)."""

    def references(self, payload: bytes) -> Sequence[str]:
        """Return the keys named in a payload whose stored values `send` wants; cheap, never
        raises."""
        ...


class ServiceModule(Protocol):
    """One registry line: the pure type and how to build the acting half."""

    type: ServiceType

    def build(self, **resources: Any) -> Service:
        """Build the service from shared resources (`session`, `clock`, `hostname`, `out`)."""
        ...


# --- rendering of foreign templates -----------------------------------------------------------


class Renderer(Protocol):
    """Renders a tenant's template outside this process."""

    async def render(self, source: str, variables: JsonObject) -> str:
        """Return the text. Raises `EvaluationError`."""
        ...


# --- what the engine counts -------------------------------------------------------------------


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

    def circuit(self, service: str, state: Literal[0, 1, 2, 3]) -> None:
        """Show the circuit of a service: 0 closed, 1 half open, 2 open, 3 parked."""
        ...

    def configured(self, scope: str, problems: Sequence[Problem], at: float) -> None:
        """Show a (re)loaded configuration: its faults, and when (Unix seconds)."""
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

    def task_ended(self, task: str) -> None:
        """Count an eternal task that ended unexpectedly."""
        ...
