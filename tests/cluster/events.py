"""Two accounts of the same happenings, made comparable: the controller's log, and our ledger.

The controller is believed: each of its log lines with `event_reason` is an event that it emitted.
An account is split into the streams that no order holds between: what the Rollout's own status
tells, its ReplicaSets, its Experiments (spec/transitions.md 1.0 and 3).
"""

from __future__ import annotations

import difflib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typing_extensions import override

TRIGGERS: Mapping[str, str] = {
    "RolloutCompleted": "on-rollout-completed",
    "RolloutStepCompleted": "on-rollout-step-completed",
    "RolloutUpdated": "on-rollout-updated",
    "RolloutAborted": "on-rollout-aborted",
    "RolloutPaused": "on-rollout-paused",
    "ScalingReplicaSet": "on-scaling-replica-set",
    "AnalysisRunRunning": "on-analysis-run-running",
    "AnalysisRunFailed": "on-analysis-run-failed",
    "AnalysisRunError": "on-analysis-run-error",
}
"""The nine lifecycle triggers by the reason that the controller gives."""

SCALING = "on-scaling-replica-set"

_EXPERIMENT = re.compile(r"AnalysisRun '(\S+)' transitioned")

_DETAILS: Mapping[str, str] = {
    "RolloutCompleted": r"revision (\d+) \((\w+)\)",
    "RolloutStepCompleted": r"step (\d+)/",
    "RolloutUpdated": r"revision (\d+)",
    "RolloutPaused": r"\((\w+)\)",
    "ScalingReplicaSet": r"ReplicaSet (\S+) \(revision (\d+)\) from (\d+) to (\d+)",
    "AnalysisRunRunning": r"'(\S+)'",
    "AnalysisRunFailed": r"'(\S+)'",
    "AnalysisRunError": r"'(\S+)'",
}
"""What tells one event from the next in the controller's message; an abort's message varies."""

_FACTS: Mapping[str, tuple[str, ...]] = {
    "on-rollout-completed": ("revision", "hash"),
    "on-rollout-step-completed": ("step",),
    "on-rollout-updated": ("revision",),
    "on-rollout-paused": ("pause_reason",),
    "on-scaling-replica-set": ("replica_set", "revision", "old_replicas", "new_replicas"),
    "on-analysis-run-running": ("run",),
    "on-analysis-run-failed": ("run",),
    "on-analysis-run-error": ("run",),
}
"""The same among our facts."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: its stream, its trigger, and what tells it from others of its kind."""

    stream: str
    trigger: str
    detail: str

    @override
    def __str__(self) -> str:
        return f"{self.trigger.removeprefix('on-')}({self.detail})"


Key = tuple[str, str]
"""Namespace and name of a Rollout."""


@dataclass(frozen=True, slots=True)
class Differences:
    """What only the controller told, and what only we did; a wrong order shows in both."""

    missing: Sequence[Happening]
    invented: Sequence[Happening]


def emitted(log: Path) -> dict[Key, list[Happening]]:
    """Return what the controller emitted on each Rollout, in its order."""
    found: dict[Key, list[Happening]] = defaultdict(list)
    for line in _lines(log):
        reason = line["event_reason"]
        if reason in TRIGGERS and "rollout" in line:
            found[line["namespace"], line["rollout"]].append(_emitted(reason, line["msg"]))
    return found


def _emitted(reason: str, message: str) -> Happening:
    trigger = TRIGGERS[reason]
    if run := _EXPERIMENT.match(message):
        return Happening("experiments", trigger, run[1])
    match = re.search(_DETAILS[reason], message) if reason in _DETAILS else None
    detail = " ".join(match.groups()) if match else ""
    return Happening("replicasets" if trigger == SCALING else "rollout", trigger, detail)


def told(items: Iterable[Mapping[str, Any]]) -> list[Happening]:
    """Return our events of the nine triggers in order, from the ledger's items, newest first."""
    return [_told(item) for item in reversed(list(items)) if item["trigger"] in TRIGGERS.values()]


def _told(item: Mapping[str, Any]) -> Happening:
    trigger, facts = item["trigger"], item["facts"]
    if facts.get("slot") == "experiment":
        return Happening("experiments", trigger, facts["analysis"])
    detail = " ".join(str(facts[name]) for name in _FACTS.get(trigger, ()))
    return Happening("replicasets" if trigger == SCALING else "rollout", trigger, detail)


def compare(theirs: Sequence[Happening], ours: Sequence[Happening]) -> Differences:
    """Return the differences, stream by stream."""
    missing: list[Happening] = []
    invented: list[Happening] = []
    for stream in ("rollout", "replicasets", "experiments"):
        a = [one for one in theirs if one.stream == stream]
        b = [one for one in ours if one.stream == stream]
        for operation, i, j, k, m in difflib.SequenceMatcher(
            None, a, b, autojunk=False
        ).get_opcodes():
            if operation != "equal":
                missing += a[i:j]
                invented += b[k:m]
    return Differences(missing, invented)


def counted(metrics: str) -> dict[Key, Counter[str]]:
    """Return the controller's own counter, by Rollout and trigger (`rollout_events_total`)."""
    found: dict[Key, Counter[str]] = defaultdict(Counter)
    for line in metrics.splitlines():
        if line.startswith("rollout_events_total{"):
            labels = dict(re.findall(r'(\w+)="([^"]*)"', line))
            if trigger := TRIGGERS.get(labels["reason"]):
                path = labels["namespace"], labels["name"]
                found[path][trigger] += int(float(line.rsplit(" ", 1)[1]))
    return found


def short(happenings: Iterable[Happening]) -> str:
    """Return a list of events on one line, repetitions as a number."""
    words = [_WORDS[one.trigger] for one in happenings]
    return " ".join(_runs(words))


def _runs(words: Sequence[str]) -> Iterator[str]:
    begin = 0
    for end in range(1, len(words) + 1):
        if end == len(words) or words[end] != words[begin]:
            yield words[begin] if end - begin == 1 else f"{words[begin]}({end - begin})"
            begin = end


_WORDS: Mapping[str, str] = {
    "on-rollout-completed": "DONE",
    "on-rollout-step-completed": "STEP",
    "on-rollout-updated": "UPD",
    "on-rollout-aborted": "ABRT",
    "on-rollout-paused": "PAUS",
    "on-scaling-replica-set": "SCALE",
    "on-analysis-run-running": "RUN",
    "on-analysis-run-failed": "FAIL",
    "on-analysis-run-error": "ERR",
}


def _lines(log: Path) -> Iterator[Mapping[str, Any]]:
    with log.open(errors="replace") as lines:
        for line in lines:
            if '"event_reason"' in line:
                yield json.loads(line)
