"""The JSON of the admin API. Fields are only added within one `apiVersion`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from notifier.core import sealing
from notifier.core.errors import Problem
from notifier.core.model import Attempt, Delivery, Event, JsonObject, Verdict

API_VERSION: Final = "notifier/v1"

PAYLOAD_LIMIT: Final = 64 * 1024
"""Bytes of a payload that are shown."""

Hide = Callable[[str], str]


def moment(seconds: float | None) -> str | None:
    """Return Unix seconds as RFC 3339 in UTC; None stays None."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")


def delivery(row: Delivery) -> JsonObject:
    """Return one line of the ledger, without its payload."""
    return {
        "id": row.id,
        "event": row.event_id,
        "rollout": row.rollout.path,
        "trigger": row.trigger,
        "scope": row.destination.scope,
        "service": row.destination.service,
        "serviceType": row.destination.service_type,
        "recipient": row.destination.recipient,
        "template": row.template,
        "kind": row.kind,
        "state": str(row.state),
        "reason": row.reason,
        "attempts": row.attempt,
        "created": moment(row.created_at),
        "due": moment(row.due_at) if row.ended_at is None else None,
        "expires": moment(row.expires_at),
        "ended": moment(row.ended_at),
        "reference": row.reference,
    }


def delivery_detail(row: Delivery, attempts: Sequence[Attempt], hide: Hide) -> JsonObject:
    """Return one delivery with its attempts and its payload, secrets hidden."""
    return {
        "apiVersion": API_VERSION,
        **delivery(row),
        "attemptLog": [attempt(item, hide) for item in attempts],
        "payload": payload(row.payload, hide),
    }


def attempt(item: Attempt, hide: Hide) -> JsonObject:
    """Return one attempt."""
    return {
        "number": item.number,
        "started": moment(item.started_at),
        "latencyMs": round(item.latency_s * 1000, 1),
        "result": item.result,
        "reason": item.reason,
        "status": item.status,
        "ambiguous": item.ambiguous,
        "detail": hide(item.detail),
    }


def payload(raw: bytes, hide: Hide) -> Any:
    """Return a payload as JSON if it is JSON, else as text; at most `PAYLOAD_LIMIT` bytes."""
    text = sealing.hidden(hide(raw[:PAYLOAD_LIMIT].decode(errors="replace")))
    if len(raw) > PAYLOAD_LIMIT:
        return f"{text}… {len(raw) - PAYLOAD_LIMIT} more bytes"
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def event(item: Event, verdicts: Sequence[Verdict]) -> JsonObject:
    """Return one recorded transition with the decision about every destination considered."""
    transition = item.transition
    return {
        "id": item.id,
        "trigger": transition.trigger,
        "reason": transition.reason,
        "rollout": transition.rollout.path,
        "uid": transition.rollout.uid,
        "key": transition.key,
        "resourceVersion": transition.resource_version,
        "observed": moment(item.observed_at),
        "time": transition.time,
        "recovered": transition.recovered,
        "missed": transition.missed,
        "analysisRun": transition.run.path if transition.run else None,
        "facts": dict(transition.facts),
        "verdicts": [verdict(one) for one in verdicts],
    }


def verdict(item: Verdict) -> JsonObject:
    """Return one decision."""
    return {
        "decision": str(item.decision),
        "scope": item.scope,
        "source": item.source,
        "trigger": item.trigger,
        "service": item.service,
        "recipient": item.recipient,
        "condition": item.condition,
        "template": item.template,
        "detail": item.detail,
        "delivery": item.delivery_id,
    }


def problem(item: Problem) -> JsonObject:
    """Return one fault of configuration."""
    return {
        "document": item.document,
        "key": item.key,
        "field": item.field,
        "line": item.line,
        "column": item.column,
        "severity": item.severity,
        "message": item.message,
        "fix": item.fix,
    }
