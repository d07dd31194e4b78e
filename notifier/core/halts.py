"""Why a rollout stands still or went back, and what happens next (messages.md 2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from notifier.core import durations, progress
from notifier.core.measurements import shorten
from notifier.core.model import JsonObject

_ABORT_REASON: Final = re.compile(
    r"Rollout aborted update to revision \d+(?:: (?P<reason>.*))?$", re.DOTALL
)
_TIMED_OUT: Final = re.compile(r'ReplicaSet "(?P<name>[^"]*)" has timed out progressing')
_SLOTS: Final = {
    "Step-based analysis": "step",
    "Background analysis": "background",
    "Blue/green pre-promotion analysis": "pre-promotion",
    "Blue/green post-promotion analysis": "post-promotion",
    "Experiment analysis": "experiment",
}


def pause(rollout: JsonObject, now: float) -> JsonObject | None:
    """Return the `pause` variable: the first pause condition; None if the rollout is not paused.

    `kind` is manual, timed, inconclusive or bluegreen; `waits` says that a person must act.
    """
    status = rollout.get("status") or {}
    conditions = status.get("pauseConditions") or ()
    if not conditions:
        return None
    reason = str(conditions[0].get("reason", ""))
    since = durations.moment(conditions[0].get("startTime"))
    duration: float | None = None
    blue_green = progress.strategy(rollout).get("blueGreen") or {}
    if reason == "BlueGreenPause":
        kind = "bluegreen"
        duration = durations.seconds(blue_green.get("autoPromotionSeconds")) or None
    elif reason.startswith("Inconclusive"):
        kind = "inconclusive"
    else:
        duration = _step_duration(rollout)
        kind = "timed" if duration else "manual"
    until = since + duration if since is not None and duration else None
    return {
        "kind": kind,
        "reason": reason,
        "waits": not duration,
        "since": durations.rfc3339(since) if since is not None else "",
        "sinceText": durations.clock(since, now) if since is not None else "",
        "duration": durations.human(duration) if duration else "",
        "until": durations.rfc3339(until) if until is not None else "",
        "untilText": durations.clock(until, now) if until is not None else "",
        "previewService": str(blue_green.get("previewService") or ""),
        "services": _services(blue_green) if kind == "bluegreen" else "",
        "inText": durations.relative(until, now) if until is not None and until > now else "",
    }


def _services(blue_green: Mapping[str, Any]) -> str:
    """Name the services of a blue-green rollout: "preview service a, active service b"."""
    named = (("preview", "previewService"), ("active", "activeService"))
    return ", ".join(
        f"{what} service {blue_green[key]}" for what, key in named if blue_green.get(key)
    )


def _step_duration(rollout: JsonObject) -> float | None:
    """Return the seconds of the current pause step; None if it waits for a person."""
    steps = progress.steps_of(rollout)
    index = (rollout.get("status") or {}).get("currentStepIndex")
    if index is None or not 0 <= index < len(steps):
        return None
    return durations.seconds((steps[index].get("pause") or {}).get("duration")) or None


def abort(rollout: JsonObject) -> JsonObject | None:
    """Return the `abort` variable; None if the rollout is not aborted.

    `kind` is manual (no reason was given), analysis, deadline or other; `slot` names the role of
    the analysis, `replicaSet` the one that timed out.
    """
    status = rollout.get("status") or {}
    if not status.get("abort") and not status.get("abortedAt"):
        return None
    said = _ABORT_REASON.search(_abort_message(status))
    reason = (said["reason"] or "") if said else ""
    timed_out = _TIMED_OUT.search(reason)
    head, _, detail = reason.partition(": ")
    slot = next((name for text, name in _SLOTS.items() if head.startswith(text)), "")
    if timed_out:
        kind, text = "deadline", f"ReplicaSet {timed_out['name']} did not become ready in time"
        deadline = (rollout.get("spec") or {}).get("progressDeadlineSeconds")
        if deadline:
            text += f" (limit {durations.human(float(deadline))})"
    elif slot:
        kind, text = "analysis", f"{slot} analysis failed"
    elif reason:
        kind, text = "other", reason
    else:
        kind, text = "manual", "by hand"
    return {
        "kind": kind,
        "reason": shorten(reason),
        "text": shorten(text),
        "detail": shorten(detail) if slot else "",
        "slot": slot,
        "replicaSet": timed_out["name"] if timed_out else "",
        "at": str(status.get("abortedAt") or ""),
    }


def _abort_message(status: Mapping[str, Any]) -> str:
    """Return the message of the abort: that of the condition, else that of the status."""
    for condition in status.get("conditions") or ():
        if condition.get("type") == "Progressing" and condition.get("reason") == "RolloutAborted":
            return str(condition.get("message", ""))
    return str(status.get("message", ""))


def after_step(
    steps: Sequence[Mapping[str, Any]], index: int, at: float | None, now: float, version: str
) -> JsonObject:
    """Return what comes after a completed step: the step at `index` (from 0), begun at `at`."""
    if index >= len(steps):
        return coming("finish", f"{version} becomes the stable version")
    kind, text = progress.describe(steps[index])
    wait = durations.seconds((steps[index].get("pause") or {}).get("duration"))
    if kind != "wait" or at is None or not wait:
        return coming(kind, text)
    until = at + wait
    return coming(kind, f"{text}, until {durations.clock(until, now)}", durations.rfc3339(until))


def after_analysis(phase: str, kind: str, before: str) -> JsonObject:
    """Return what a run in that phase leads to; `before` names the stable version, "" if
    unknown."""
    version = before or "the version before"
    if phase == "Inconclusive":
        return coming("manual", "the rollout pauses until a person decides")
    match kind:
        case "pre-promotion":
            return coming("abort", f"the rollout is aborted, traffic stays on {version}")
        case "post-promotion":
            return coming("abort", f"the rollout is aborted and switches back to {version}")
        case _:
            return coming("abort", f"the rollout is aborted, traffic goes back to {version}")


def coming(kind: str, text: str, at: str = "") -> JsonObject:
    """Return the `next` variable."""
    return {"kind": kind, "text": text, "at": at}
