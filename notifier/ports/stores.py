"""The outbox and the ledger, and what goes into them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import msgspec

from notifier.core.model import Attempt, Delivery, Event, State, StoredSnapshot, Verdict
from notifier.core.overload import Load, Sheddable


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

    async def snapshots(self, *, uid: str = "") -> Sequence[StoredSnapshot]:
        """Return every stored snapshot, or that of one object; tombstones excluded."""
        ...

    async def commit(
        self, intakes: Sequence[Intake], *, epoch: int | None = None
    ) -> frozenset[str]:
        """T1: write all in one transaction; return the ids of the events that were new.

        An event or delivery whose id exists already changes nothing. `epoch` is that of the leader
        who writes: of an older one than has written before nothing is written, and `StaleLeader` is
        raised; None asks for no such check.
        """
        ...

    async def epoch(self) -> int:
        """Return the newest epoch that has written, 0 before the first."""
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

    async def rearm(self, *, scope: str, services: Collection[str], now: float) -> int:
        """Make the parked rows of services due now (their configuration changed); return how
        many."""
        ...

    async def next_due(self) -> float | None:
        """Return when the next waiting lane head is due, or None if nothing waits."""
        ...

    async def loads(self) -> Mapping[str, Load]:
        """Return how much waits, by namespace; one of which nothing waits may be left out."""
        ...

    async def sheddable(self, namespace: str, *, now: float, limit: int) -> Sequence[Sheddable]:
        """Return waiting rows of a namespace that may go, in the order in which they do and oldest
        first (`core.overload.sheddable` and `weight`), without their payloads."""
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


@runtime_checkable
class Timekeeping(Protocol):
    """Optional second half of a `Store` that several replicas share: one clock for all of them."""

    def now(self) -> float | None:
        """Return the store's wall clock, Unix seconds, as last measured; None before that."""
        ...
