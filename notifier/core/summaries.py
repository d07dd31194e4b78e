"""The first line of every message: symbol, state, and what happened to which rollout.

One table for the shipped triggers (messages.md 2). A trigger that is not in it gets its reason in
words, so a new one needs no code. The state decides the colour, the same everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from notifier.core.model import JsonObject

COLOURS: Final = {
    "progress": "#2f6fd0",  # blue: goes on by itself
    "waiting": "#e5a50a",  # amber: waits for a person, or undecided
    "failed": "#d1242f",  # red
    "done": "#2da44e",  # green
    "info": "#8c959f",  # grey
}
"""Colour of each state, as CSS and Slack take it."""

_NAMED: Final = 3
"""Metrics that a first line names."""
_DEGRADED: Final = {
    "ProgressDeadlineExceeded": "no progress within its deadline",
    "InvalidSpec": "its spec is invalid",
    "TimedOut": "timed out",
}
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Summary:
    """`title` is short enough for a subject, `rest` what the full first line adds to it."""

    symbol: str
    state: str
    title: str
    rest: str = ""
    urgent: bool = False
    """A person must look: such a message also goes to the whole channel."""

    def fields(self) -> JsonObject:
        """Return what `event` shows of it."""
        return {
            "symbol": self.symbol,
            "state": self.state,
            "color": COLOURS[self.state],
            "title": self.title,
            "summary": self.title + self.rest,
            "urgent": self.urgent,
        }


def summary(trigger: str, reason: str, name: str, facts: Mapping[str, Any]) -> Summary:
    """Return the first line of a trigger, given the variables of the message."""
    write = _TABLE.get(trigger)
    if write is not None:
        return write(name, facts)
    words = _words(reason or trigger.removeprefix("on-").replace("-", " "))
    return Summary("ℹ", "info", f"{name}: {words.removeprefix('rollout ')}")


def _updated(name: str, facts: Mapping[str, Any]) -> Summary:
    change = facts["change"]
    match change["kind"]:
        case "first":
            title = f"{name}: first deploy, {change['version']}"
        case "rollback":
            title = f"{name}: going back to revision {change['toRevision']}"
            if not str(change["version"]).startswith("revision"):
                title += f", {change['version']}"
        case _:
            title = f"{name}: {change['version']} is rolling out"
            title += ", configuration only" if change["configurationOnly"] else ""
    return Summary("🚀", "progress", title)


def _step_completed(name: str, facts: Mapping[str, Any]) -> Summary:
    progress = facts["progress"]
    title = f"{name}: step {progress['step']} of {progress['steps']} done"
    return Summary("🔵", "progress", f"{title}, {progress['weight']} % canary")


def _paused(name: str, facts: Mapping[str, Any]) -> Summary:
    pause, progress, change = facts["pause"], facts["progress"], facts["change"]
    if pause is None:
        return Summary("⏸", "waiting", f"{name} was paused")
    match pause["kind"]:
        case "inconclusive":
            what = f"{name}: analysis is inconclusive, a person must decide"
            return Summary("❔", "waiting", what, urgent=True)
        case "bluegreen":
            return _paused_blue_green(f"{name}: {change['version']}", pause)
        case "timed":
            where = f"{progress['weight']} %" if progress["weight"] else _at_step(progress)
            until = f" until {pause['untilText']}" if pause["untilText"] else ""
            return Summary(
                "⏳", "progress", f"{name} holds at {where}{until} ({pause['duration']})"
            )
        case _:
            return Summary(
                "⏸",
                "waiting",
                f"{name} waits for you at {_at_step(progress)}",
                f" ({progress['weight']} % canary)" if progress["steps"] else "",
                urgent=True,
            )


def _paused_blue_green(subject: str, pause: Mapping[str, Any]) -> Summary:
    ready = f"{subject} is on preview" if pause["previewService"] else f"{subject} is ready"
    if pause["waits"]:
        return Summary("⏸", "waiting", f"{ready}, waiting for promotion", urgent=True)
    when = f"at {pause['untilText']}" if pause["untilText"] else f"after {pause['duration']}"
    return Summary("⏳", "progress", f"{ready}, switches {when}")


def _at_step(progress: Mapping[str, Any]) -> str:
    return f"step {progress['step']} of {progress['steps']}" if progress["step"] else "its pause"


def _aborted(name: str, facts: Mapping[str, Any]) -> Summary:
    change, progress, abort = facts["change"], facts["progress"], facts["abort"]
    title = f"{name}: {change['version']} aborted"
    if progress["step"]:
        title += f" at step {progress['step']} of {progress['steps']}"
    stable = change["previousVersion"]
    never_moved = progress["strategy"] == "blue-green" and (
        abort is None or abort["slot"] != "post-promotion"
    )
    rest = f", traffic {'stays' if never_moved else 'is back'} on {stable}" if stable else ""
    return Summary("🔴", "failed", title, rest, urgent=True)


def _completed(name: str, facts: Mapping[str, Any]) -> Summary:
    change = facts["change"]
    title = f"{name}: {change['version']} is live"
    if change["kind"] == "first":
        title += ", first deploy"
    elif change["kind"] == "rollback":
        title += f", back to revision {change['toRevision']}"
    return Summary("✅", "done", title)


def _scaling(name: str, facts: Mapping[str, Any]) -> Summary:
    scaling = facts["scaling"]
    if scaling is None:
        return Summary("↕", "info", f"{name}: a ReplicaSet was scaled")
    what = scaling["role"] or scaling["replicaSet"]
    if what in ("old", "new"):
        what = f"{what} revision {scaling['revision']}".rstrip()
    return Summary("↕", "info", f"{name}: {what} scaled {scaling['from']} → {scaling['to']}")


def _running(name: str, facts: Mapping[str, Any]) -> Summary:
    analysis = facts["analysis"]
    if analysis["kind"] in ("step", ""):
        what = "analysis started" + (f" (step {analysis['step']})" if analysis["step"] else "")
    else:
        what = f"{analysis['kind']} analysis started"
    return Summary("🔬", "progress", f"{name}: {what}")


def _failed(name: str, facts: Mapping[str, Any]) -> Summary:
    metrics = _names(facts["analysis"], "failed")
    return Summary("🔴", "failed", f"{name}: analysis failed{metrics}", urgent=True)


def _error(name: str, facts: Mapping[str, Any]) -> Summary:
    metrics = _names(facts["analysis"], "errors")
    return Summary("⚠", "waiting", f"{name}: analysis could not measure{metrics}", urgent=True)


def _inconclusive(name: str, facts: Mapping[str, Any]) -> Summary:
    metrics = _names(facts["analysis"], "inconclusive")
    return Summary("❔", "waiting", f"{name}: analysis is inconclusive{metrics}", urgent=True)


def _successful(name: str, facts: Mapping[str, Any]) -> Summary:
    metrics = _names(facts["analysis"], "passed")
    return Summary("✅", "progress", f"{name}: analysis passed{metrics}")


def _rolled_back(name: str, facts: Mapping[str, Any]) -> Summary:
    change = facts["change"]
    title = f"{name}: rollback"
    if change["toRevision"]:
        title += f" to revision {change['toRevision']}"
        if not str(change["version"]).startswith("revision"):
            title += f", {change['version']}"
    return Summary("⏪", "progress", title)


def _resumed(name: str, _facts: Mapping[str, Any]) -> Summary:
    return Summary("▶", "progress", f"{name} goes on after its pause")


def _degraded(name: str, facts: Mapping[str, Any]) -> Summary:
    reason = str(facts["event"]["detail"])
    why = _DEGRADED.get(reason, _words(reason))
    return Summary("🔴", "failed", f"{name} is degraded" + (f": {why}" if why else ""), urgent=True)


def _words(reason: str) -> str:
    """Split a reason of the controller at its capitals."""
    return _WORDS.sub(" ", reason).lower()


def _names(analysis: Mapping[str, Any], which: str) -> str:
    """Name the metrics of a run that failed, the first few of them; else the run."""
    names = [one["metric"] for one in analysis[which]]
    if not names:
        named = analysis["run"] or analysis["names"]
        return f": {named}" if named else ""
    more = len(names) - _NAMED
    return ": " + ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


_TABLE: Final[Mapping[str, Callable[[str, Mapping[str, Any]], Summary]]] = {
    "on-rollout-updated": _updated,
    "on-rollout-step-completed": _step_completed,
    "on-rollout-paused": _paused,
    "on-rollout-aborted": _aborted,
    "on-rollout-completed": _completed,
    "on-scaling-replica-set": _scaling,
    "on-analysis-run-running": _running,
    "on-analysis-run-failed": _failed,
    "on-analysis-run-error": _error,
    "on-analysis-run-inconclusive": _inconclusive,
    "on-analysis-run-successful": _successful,
    "on-rollout-rollback": _rolled_back,
    "on-rollout-resumed": _resumed,
    "on-rollout-degraded": _degraded,
}
