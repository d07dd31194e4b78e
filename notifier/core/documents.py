"""The event as a machine reads it: the body of the shipped webhooks (docs/webhook.schema.json).

Schema version 1. Field names are stable and fields are only added; what is not known is null.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from notifier.core.model import JsonObject

SCHEMA: Final = 1

_METRIC: Final = (
    "metric", "provider", "phase", "value", "successCondition", "failureCondition", "count",
    "failed", "failureLimit", "inconclusive", "inconclusiveLimit", "errors", "consecutiveErrors",
    "errorLimit", "message", "job",
)  # fmt: skip
_PROGRESS: Final = ("strategy", "step", "steps", "weight", "desiredWeight", "startedAt")
_PAUSE: Final = ("kind", "reason", "waits", "since", "until")
_ABORT: Final = ("kind", "reason", "at", "replicaSet")


def document(variables: Mapping[str, Any], *, cluster: str, revision: str) -> JsonObject:
    """Return the `document` variable, made of the other variables."""
    metadata = variables["rollout"].get("metadata") or {}
    event, progress = variables["event"], variables["progress"]
    return {
        "schema": SCHEMA,
        "id": event["id"],
        "trigger": variables["trigger"],
        "time": event["time"],
        "recovered": event["recovered"],
        "missed": event["missed"],
        "cluster": cluster,
        "rollout": {
            "namespace": metadata.get("namespace", ""),
            "name": metadata.get("name", ""),
            "uid": metadata.get("uid", ""),
            "revision": int(revision) if revision.isdecimal() else None,
            "strategy": progress["strategy"],
            "labels": metadata.get("labels") or {},
        },
        "change": _change(variables["change"]),
        "progress": _progress(progress),
        "pause": _chosen(variables["pause"], _PAUSE),
        "abort": _chosen(variables["abort"], _ABORT),
        "analysis": _analysis(variables["analysis"]),
        "scaling": variables["scaling"],
        "took": _chosen(variables["took"], ("seconds", "waitingSeconds")),
        "next": _known(variables["next"]) if variables["next"] else None,
        "text": event["summary"],
    }


def _change(change: Mapping[str, Any]) -> JsonObject:
    """Return what changed."""
    return {
        "kind": change["kind"],
        "images": change["images"],
        "version": change["version"],
        "previousVersion": change["previousVersion"] or None,
    }


def _progress(progress: Mapping[str, Any]) -> JsonObject | None:
    """Return how far a canary with steps is; None for the others."""
    return _chosen(progress, _PROGRESS) if progress["steps"] else None


def _analysis(analysis: Mapping[str, Any]) -> JsonObject | None:
    """Return the run the message is about; None without one."""
    if not analysis["run"]:
        return None
    return {
        "run": analysis["run"],
        "namespace": analysis["namespace"] or None,
        "kind": analysis["kind"] or None,
        "phase": analysis["phase"] or None,
        "message": analysis["message"] or None,
    } | {
        name: [_chosen(one, _METRIC) for one in analysis[name]]
        for name in ("failed", "errors", "inconclusive")
    }


def _chosen(value: Mapping[str, Any] | None, names: Sequence[str]) -> JsonObject | None:
    """Return some fields; None of nothing."""
    return None if value is None else _known({name: value[name] for name in names})


def _known(value: Mapping[str, Any]) -> JsonObject:
    """Return the fields with null for an empty text."""
    return {name: None if item == "" else item for name, item in value.items()}
