"""What a metric of an analysis run measured: value, condition, counts beside their limits.

A metric fails if its failure condition holds, or, without one, if its success condition does not;
with both and neither holding it is inconclusive (argo-rollouts, utils/evaluate).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from notifier.core import durations
from notifier.core.model import JsonObject

_CONSECUTIVE_ERRORS: Final = 4
"""argo-rollouts' default of consecutiveErrorLimit."""
_VALUE_CHARACTERS: Final = 80
_MESSAGE_CHARACTERS: Final = 300


def metric(run: JsonObject, spec: Mapping[str, Any]) -> JsonObject:
    """Return one metric: what was asked, what was measured, and both in one line."""
    name = str(spec.get("name", ""))
    results = (run.get("status") or {}).get("metricResults") or ()
    result: Mapping[str, Any] = next((one for one in results if one.get("name") == name), {})
    phase = str(result.get("phase", ""))
    last = _telling_measurement(result, phase)
    entry: JsonObject = {
        "metric": name,
        "provider": provider(spec),
        "phase": phase,
        "value": shorten(str(last.get("value", "") or ""), _VALUE_CHARACTERS),
        "condition": condition(spec, phase),
        "successCondition": shorten(str(spec.get("successCondition", "") or "")),
        "failureCondition": shorten(str(spec.get("failureCondition", "") or "")),
        "count": number(result.get("count")) or 0,
        "successful": number(result.get("successful")) or 0,
        "failed": number(result.get("failed")) or 0,
        "inconclusive": number(result.get("inconclusive")) or 0,
        "errors": number(result.get("error")) or 0,
        "consecutiveErrors": number(result.get("consecutiveError")) or 0,
        "failureLimit": number(spec.get("failureLimit")) or 0,
        "inconclusiveLimit": number(spec.get("inconclusiveLimit")) or 0,
        "errorLimit": _or(number(spec.get("consecutiveErrorLimit")), _CONSECUTIVE_ERRORS),
        "message": shorten(str(last.get("message") or result.get("message") or "")),
        "job": str((last.get("metadata") or {}).get("job-name", "")),
        "dryRun": bool(result.get("dryRun", False)),
        "schedule": _schedule(spec),
    }
    head = f"{name} ({entry['provider']})"
    entry["text"] = _text(entry)
    entry["line"] = f"{head}: {entry['text']}" if entry["text"] else head
    entry["plan"] = " · ".join(filter(None, (f"{head}: {entry['schedule']}", _rule(spec))))
    return entry


def _or(value: int | None, default: int) -> int:
    """Return the value, the default if there is none."""
    return default if value is None else value


def _telling_measurement(result: Mapping[str, Any], phase: str) -> Mapping[str, Any]:
    """Return the last measurement that came to the metric's phase, else the last one."""
    measurements: Sequence[Mapping[str, Any]] = tuple(result.get("measurements") or ())
    telling = [one for one in measurements if one.get("phase") == phase] or measurements
    return telling[-1] if telling else {}


def provider(spec: Mapping[str, Any]) -> str:
    """Return the kind of a metric's provider: `prometheus`, `job`, the name of a plugin."""
    chosen = spec.get("provider") or {}
    kind = str(next(iter(chosen), ""))
    plugins = chosen.get("plugin") or {}
    return str(next(iter(plugins), "plugin")) if kind == "plugin" else kind


def condition(spec: Mapping[str, Any], phase: str) -> JsonObject:
    """Return the condition that decided: {kind, text, said}; empty texts if none did."""
    success = shorten(str(spec.get("successCondition", "") or ""))
    failure = shorten(str(spec.get("failureCondition", "") or ""))
    said, kind, text = "", "", ""
    if phase == "Failed" and failure:
        kind, text, said = "failure", failure, f"fails if {failure}"
    elif phase == "Inconclusive" and success and failure:
        text = f"{success} / {failure}"
        kind, said = "neither", f"{_rule(spec)}: neither holds"
    elif success:
        kind, text, said = "success", success, f"passes if {success}"
    elif failure:
        kind, text, said = "failure", failure, f"fails if {failure}"
    return {"kind": kind, "text": text, "said": said}


def _rule(spec: Mapping[str, Any]) -> str:
    """Say what a metric passes and fails by."""
    success = shorten(str(spec.get("successCondition", "") or ""))
    failure = shorten(str(spec.get("failureCondition", "") or ""))
    said = (f"passes if {success}" if success else "", f"fails if {failure}" if failure else "")
    return ", ".join(filter(None, said))


def _schedule(spec: Mapping[str, Any]) -> str:
    """Say how often a metric is measured: "5 times every 1 min", "every 30 s", "once"."""
    interval = durations.seconds(spec.get("interval"))
    count = number(spec.get("count"))
    if interval is None:
        return "once" if count in (None, 0, 1) else f"{count} times"
    often = f"every {durations.human(interval)}"
    if not count:
        return often
    return "once" if count == 1 else f"{count} times, {often}"


def _text(entry: Mapping[str, Any]) -> str:
    """Write a measured metric in one line: value, condition, counts beside their limits, message.

    Without a measurement it is only the provider and the schedule.
    """
    parts = []
    if entry["value"]:
        parts.append(f"last value {entry['value']}")
    if entry["condition"]["said"] and entry["phase"] != "Error":
        parts.append(entry["condition"]["said"])
    parts.extend(_counts(entry))
    if entry["job"]:
        parts.append(f"job {entry['job']}")
    if entry["message"] and entry["phase"] != "Successful":
        parts.append(entry["message"])
    return " · ".join(parts)


def _counts(entry: Mapping[str, Any]) -> list[str]:
    """Write what was counted, each number beside its limit."""
    match entry["phase"]:
        case "Failed":
            return [f"failed {entry['failed']} (limit {entry['failureLimit']})"]
        case "Error":
            return [f"errors in a row {entry['consecutiveErrors']} (limit {entry['errorLimit']})"]
        case "Inconclusive":
            return [f"inconclusive {entry['inconclusive']} (limit {entry['inconclusiveLimit']})"]
        case "Successful" | "Running" if entry["count"]:
            parts = [f"passed {entry['successful']} of {entry['count']}"]
            return parts + ([f"failed {entry['failed']}"] if entry["failed"] else [])
        case "Running":
            return ["running"]
        case _:
            return []


def shorten(text: str, limit: int = _MESSAGE_CHARACTERS) -> str:
    """Bring foreign text to one line of at most `limit` characters."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def number(value: Any) -> int | None:
    """Return a whole number written as number or text; None if it is neither."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return int(value)
    text = str(value or "")
    return int(text) if text.isdecimal() else None
