"""Deliveries, events and outcomes with every field set, for the tests of stores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from notifier.core import model
from notifier.core.model import (
    Attempt,
    Decision,
    Delivery,
    Destination,
    Event,
    ObjectRef,
    State,
    StoredSnapshot,
    Transition,
    Verdict,
)
from notifier.ports import DeliveryQuery, Intake, Settlement, Store

NOW = 1_800_000_000.0
"""A wall clock time; tests count from it."""

LEASE_S = 60.0


def rollout(name: str = "shop", namespace: str = "team-a") -> ObjectRef:
    """Return a rollout whose uid follows from its name."""
    return ObjectRef(kind="Rollout", namespace=namespace, name=name, uid=f"uid-{namespace}-{name}")


def event(key: str = "1", ref: ObjectRef | None = None, *, at: float = NOW) -> Event:
    """Return an event of the rollout with every field of its transition set."""
    ref = ref or rollout()
    transition = Transition(
        trigger="on-rollout-aborted",
        reason="RolloutAborted",
        rollout=ref,
        key=f"{ref.uid}/aborted/{key}",
        resource_version="1234",
        recovered=True,
        missed=2,
        time="2026-01-02T03:04:05Z",
        run=ObjectRef(kind="AnalysisRun", namespace=ref.namespace, name="run", uid="uid-run"),
        facts={"revision": 7, "hash": "6d4cf56db6", "weights": [10, 20], "ünï": None},
    )
    return Event(
        id=model.event_id("cluster", transition.key), transition=transition, observed_at=at
    )


def destination(recipient: str = "#deploys", service: str = "slack") -> Destination:
    """Return a destination of the central scope."""
    return Destination(
        scope=model.CENTRAL, service=service, service_type="slack", recipient=recipient
    )


def delivery(
    key: str = "1",
    ref: ObjectRef | None = None,
    *,
    recipient: str = "#deploys",
    service: str = "slack",
    at: float = NOW,
) -> Delivery:
    """Return the delivery of `event(key, ref)` to one recipient, due at once."""
    ref = ref or rollout()
    cause = event(key, ref, at=at)
    place = destination(recipient, service)
    return Delivery(
        id=model.delivery_id(cause.id, place, "condition", ""),
        event_id=cause.id,
        rollout=ref,
        trigger=cause.transition.trigger,
        destination=place,
        template="rollout-aborted",
        payload=b'{"text": "\xf0\x9f\x9a\x80 \\u0000"}\x00\xff',
        lane=model.lane(ref.uid, place),
        kind="failure",
        created_at=at,
        expires_at=at + 86_400,
        due_at=at,
    )


def verdict(cause: Event, decision: Decision = Decision.CONDITION_FALSE) -> Verdict:
    """Return a verdict with every field set."""
    return Verdict(
        event_id=cause.id,
        decision=decision,
        scope="team-a",
        source="annotation",
        trigger="on-rollout-aborted",
        service="slack",
        recipient="#deploys",
        condition="rollout.status.abort",
        template="rollout-aborted",
        detail="false",
        delivery_id="dlv_1",
    )


def snapshot(uid: str = "uid-1", data: bytes = b"\x00state") -> StoredSnapshot:
    """Return the snapshot of a rollout."""
    return StoredSnapshot(kind="Rollout", uid=uid, namespace="team-a", name="shop", data=data)


def attempt(claimed: Delivery, result: str = "delivered") -> Attempt:
    """Return the log entry of a claim's attempt, every field set."""
    return Attempt(
        delivery_id=claimed.id,
        number=claimed.attempt,
        started_at=NOW + 1.5,
        latency_s=0.25,
        result=result,
        reason="server",
        status=503,
        ambiguous=True,
        detail="HTTP 503",
    )


def outcome(
    claimed: Delivery,
    state: State = State.DELIVERED,
    *,
    due_at: float = 0.0,
    reason: str = "",
    reference: str = "",
    remember: Mapping[str, str] | None = None,
    payload: bytes | None = None,
) -> Settlement:
    """Return the settlement of a claim after an attempt."""
    return Settlement(
        delivery_id=claimed.id,
        token=claimed.token,
        number=claimed.attempt,
        state=state,
        due_at=due_at,
        reason=reason,
        reference=reference,
        attempt=attempt(claimed, str(state)),
        remember=remember or {},
        payload=payload,
    )


def unused(claimed: Delivery, state: State = State.PENDING, *, due_at: float = NOW) -> Settlement:
    """Return the settlement that hands a claim back without an attempt."""
    return replace(outcome(claimed, state, due_at=due_at), attempt=None)


async def put(store: Store, *deliveries: Delivery) -> None:
    """Commit deliveries with the events they refer to, in order."""
    await store.commit([Intake(deliveries=[row]) for row in deliveries])


async def take(store: Store, now: float = NOW, limit: int = 100) -> Sequence[Delivery]:
    """Claim whatever is due."""
    return await store.claim(now=now, limit=limit, lease_s=LEASE_S)


async def take_one(store: Store, now: float = NOW) -> Delivery:
    """Claim the one delivery that is due."""
    (claimed,) = await take(store, now)
    return claimed


async def row(store: Store, delivery_id: str) -> Delivery:
    """Return a delivery as it is stored."""
    found = await store.delivery(delivery_id)
    assert found is not None
    return found[0]


async def all_rows(store: Store) -> Sequence[Delivery]:
    """Return every delivery, newest first."""
    return await store.deliveries(DeliveryQuery(limit=10_000))
