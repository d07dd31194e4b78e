"""The `analysis` variable: what a run is for, how it stands, and its metrics by how they ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from notifier.core import durations, measurements
from notifier.core.measurements import number, shorten
from notifier.core.model import JsonObject

_KINDS: Final = {
    "Step": "step",
    "Background": "background",
    "PrePromotion": "pre-promotion",
    "PostPromotion": "post-promotion",
}
_SLOTS: Final = {
    "step": "step",
    "background": "background",
    "prePromotion": "pre-promotion",
    "postPromotion": "post-promotion",
    "experiment": "experiment",
}


def analysis(run: JsonObject | None, facts: Mapping[str, Any]) -> JsonObject:
    """Return the `analysis` variable of one run.

    `facts` are those of the transition: they name the run and its message if it is gone.
    """
    if run is None:
        return _empty() | {
            "run": str(facts.get("run", "")),
            "kind": _SLOTS.get(str(facts.get("slot", "")), ""),
            "phase": str(facts.get("phase", "")),
            "message": shorten(str(facts.get("message", ""))) if "phase" in facts else "",
            "names": str(facts.get("analysis", "")),
        }
    metadata, status = run.get("metadata") or {}, run.get("status") or {}
    labels = metadata.get("labels") or {}
    kind = _KINDS.get(str(labels.get("rollout-type", "")), "")
    step = labels.get("step-index")
    metrics = [
        measurements.metric(run, one) for one in (run.get("spec") or {}).get("metrics") or ()
    ]
    return _empty() | {
        "run": str(metadata.get("name", "")),
        "namespace": str(metadata.get("namespace", "")),
        "kind": kind or "experiment",
        "step": int(step) + 1 if step is not None and str(step).isdecimal() else 0,
        "phase": str(status.get("phase", "")),
        "message": shorten(str(status.get("message", ""))),
        "metrics": metrics,
        "failed": [one for one in metrics if one["phase"] == "Failed" and not one["dryRun"]],
        "errors": [one for one in metrics if one["phase"] == "Error" and not one["dryRun"]],
        "inconclusive": [
            one for one in metrics if one["phase"] == "Inconclusive" and not one["dryRun"]
        ],
        "passed": [one for one in metrics if one["phase"] == "Successful"],
        "names": ", ".join(one["metric"] for one in metrics),
    }


def earliest(run: JsonObject | None) -> float | None:
    """Return the Unix seconds at which the run can pass at the earliest; None if it is open.

    A metric without count measures until the rollout ends; one without interval measures once.
    """
    if run is None:
        return None
    started = durations.moment((run.get("status") or {}).get("startedAt"))
    if started is None:
        started = durations.moment((run.get("metadata") or {}).get("creationTimestamp"))
    latest = 0.0
    for metric in (run.get("spec") or {}).get("metrics") or ():
        interval = durations.seconds(metric.get("interval")) or 0.0
        count = number(metric.get("count")) or (0 if interval else 1)
        if not count:
            return None
        delay = durations.seconds(metric.get("initialDelay")) or 0.0
        latest = max(latest, delay + interval * (count - 1))
    return started + latest if started is not None and latest else None


def tally(runs: Sequence[JsonObject] | None) -> JsonObject:
    """Count the runs of the revision by how they ended."""
    phases = [str((run.get("status") or {}).get("phase", "")) for run in runs or ()]
    return {
        "total": len(phases),
        "passed": phases.count("Successful"),
        "failed": phases.count("Failed") + phases.count("Error"),
    }


def telling(runs: Sequence[JsonObject] | None, phases: Sequence[str]) -> JsonObject | None:
    """Return the newest run in one of the phases."""
    for run in runs or ():
        if (run.get("status") or {}).get("phase") in phases:
            return run
    return None


def _empty() -> JsonObject:
    """Return the variable without a run."""
    return {
        "run": "",
        "namespace": "",
        "kind": "",
        "step": 0,
        "phase": "",
        "message": "",
        "metrics": [],
        "failed": [],
        "errors": [],
        "inconclusive": [],
        "passed": [],
        "names": "",
        "earliest": "",
    }
