"""Deliveries, events and attempts as rows, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from notifier.core.model import (
    Attempt,
    Delivery,
    Destination,
    Event,
    ObjectRef,
    State,
    Transition,
    Verdict,
)

_TRANSITION: Final = msgspec.json.Decoder(Transition)
_VERDICTS: Final = msgspec.json.Decoder(list[Verdict])

Row = tuple[Any, ...]


def of_event(event: Event, verdicts: Sequence[Verdict]) -> Row:
    """Return the values of `insert_events`."""
    rollout = event.transition.rollout
    return (
        event.id,
        rollout.namespace,
        rollout.name,
        rollout.uid,
        event.observed_at,
        msgspec.json.encode(event.transition),
        of_verdicts(verdicts),
    )


def of_verdicts(verdicts: Sequence[Verdict]) -> bytes:
    """Return the verdicts of an event as they are stored."""
    return msgspec.json.encode(verdicts)


def verdicts(encoded: bytes) -> Sequence[Verdict]:
    """Return the verdicts of an event."""
    return _VERDICTS.decode(encoded)


def event(row: Row) -> tuple[Event, Sequence[Verdict]]:
    """Return the event and its verdicts from a row of `events`."""
    id_, transition, observed_at, said = row
    recorded = Event(id=id_, transition=_TRANSITION.decode(transition), observed_at=observed_at)
    return recorded, verdicts(said)


def of_delivery(number: int, delivery: Delivery) -> Row:
    """Return the values of `insert_deliveries`."""
    rollout, destination = delivery.rollout, delivery.destination
    return (
        number,
        delivery.id,
        delivery.event_id,
        delivery.lane,
        delivery.state,
        delivery.attempt,
        delivery.token,
        0.0,
        delivery.due_at,
        delivery.created_at,
        delivery.expires_at,
        delivery.ended_at,
        delivery.reason,
        delivery.reference,
        delivery.shortened,
        rollout.kind,
        rollout.namespace,
        rollout.name,
        rollout.uid,
        delivery.trigger,
        destination.scope,
        destination.service,
        destination.service_type,
        destination.recipient,
        delivery.template,
        delivery.kind,
    )


def delivery(row: Row) -> Delivery:
    """Return the delivery from a row of `deliveries` and its payload."""
    (
        _, id_, event_id, lane, state, attempt, token, _, due_at, created_at, expires_at, ended_at,
        reason, reference, shortened, rollout_kind, namespace, name, uid, trigger, scope, service,
        service_type, recipient, template, kind, payload,
    ) = row  # fmt: skip
    return Delivery(
        id=id_,
        event_id=event_id,
        rollout=ObjectRef(kind=rollout_kind, namespace=namespace, name=name, uid=uid),
        trigger=trigger,
        destination=Destination(
            scope=scope, service=service, service_type=service_type, recipient=recipient
        ),
        template=template,
        payload=payload,
        lane=lane,
        kind=kind,
        created_at=created_at,
        expires_at=expires_at,
        due_at=due_at,
        state=State(state),
        attempt=attempt,
        token=token,
        reason=reason,
        reference=reference,
        ended_at=ended_at,
        shortened=bool(shortened),
    )


def of_attempt(number: int, attempt: Attempt) -> Row:
    """Return the values of `insert_attempts` for the delivery in row `number`."""
    return (
        number,
        attempt.number,
        attempt.started_at,
        attempt.latency_s,
        attempt.result,
        attempt.reason,
        attempt.status,
        attempt.ambiguous,
        attempt.detail,
    )


def attempt(delivery_id: str, row: Row) -> Attempt:
    """Return the attempt from a row of `attempts`."""
    number, started_at, latency_s, result, reason, status, ambiguous, detail = row
    return Attempt(
        delivery_id=delivery_id,
        number=number,
        started_at=started_at,
        latency_s=latency_s,
        result=result,
        reason=reason,
        status=status,
        ambiguous=bool(ambiguous),
        detail=detail,
    )
