"""Deliveries, events and attempts as the JSON rows of statements, and back.

PostgreSQL keeps no NUL character in a text: there it becomes the replacement character. Bodies are
bytes and keep it; so does the JSON of transitions and verdicts, where it is an escape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from notifier.core.deliveries import ENDED
from notifier.core.model import Attempt, Delivery, Event, Verdict
from notifier.ports import Settlement
from notifier.stores import rows as stored

_NUL: Final = "\x00"

JsonRow = Mapping[str, Any]


def of_event(event: Event, verdicts: Sequence[Verdict]) -> JsonRow:
    """Return the row of `insert_events`."""
    rollout = event.transition.rollout
    return {
        "id": event.id,
        "namespace": rollout.namespace,
        "name": rollout.name,
        "uid": rollout.uid,
        "observed_at": event.observed_at,
        "transition": msgspec.json.encode(event.transition).decode(),
        "verdicts": stored.of_verdicts(verdicts).decode(),
    }


def of_delivery(delivery: Delivery) -> JsonRow:
    """Return the row of `insert_deliveries`."""
    rollout, destination = delivery.rollout, delivery.destination
    return _storable(
        {
            "id": delivery.id,
            "event_id": delivery.event_id,
            "lane": delivery.lane,
            "state": delivery.state,
            "attempt": delivery.attempt,
            "token": delivery.token,
            "due_at": delivery.due_at,
            "created_at": delivery.created_at,
            "expires_at": delivery.expires_at,
            "ended_at": delivery.ended_at,
            "reason": delivery.reason,
            "reference": delivery.reference,
            "shortened": delivery.shortened,
            "rollout_kind": rollout.kind,
            "namespace": rollout.namespace,
            "name": rollout.name,
            "uid": rollout.uid,
            "trigger": delivery.trigger,
            "scope": destination.scope,
            "service": destination.service,
            "service_type": destination.service_type,
            "recipient": destination.recipient,
            "template": delivery.template,
            "kind": delivery.kind,
        }
    )


def of_outcome(settlement: Settlement, now: float) -> JsonRow:
    """Return the row of `settle`: a claim handed back gives its attempt number back."""
    return _storable(
        {
            "id": settlement.delivery_id,
            "state": settlement.state,
            "attempt": settlement.number - (settlement.attempt is None),
            "due_at": settlement.due_at,
            "ended_at": now if settlement.state in ENDED else None,
            "reason": settlement.reason,
            "reference": settlement.reference,
            "shortened": settlement.payload is not None,
            "number": settlement.number,
            "token": settlement.token,
        }
    )


def of_attempt(attempt: Attempt) -> JsonRow:
    """Return the row of `insert_attempts`."""
    return _storable(
        {
            "delivery_id": attempt.delivery_id,
            "number": attempt.number,
            "started_at": attempt.started_at,
            "latency_s": attempt.latency_s,
            "result": attempt.result,
            "reason": attempt.reason,
            "status": attempt.status,
            "ambiguous": attempt.ambiguous,
            "detail": attempt.detail,
        }
    )


def storable(text: str) -> str:
    """Return the text without what a text column refuses."""
    return text.replace(_NUL, "\ufffd") if _NUL in text else text


def _storable(row: dict[str, Any]) -> JsonRow:
    for name, value in row.items():
        if isinstance(value, str) and _NUL in value:
            row[name] = storable(value)
    return row
