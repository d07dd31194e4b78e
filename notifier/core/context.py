"""The variables that templates and conditions see, computed once per transition.

Facts, not words: `progress`, `change`, `analysis`, `pause`, `abort`, `next` and their like hold
what messages.md 2 wants to say, and the templates arrange it. A fact that is not known is "", 0,
an empty list or None, so that a template can leave out its line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from notifier.core import analysis as analyses
from notifier.core import changes, documents, durations, halts, measurements, pointers, summaries
from notifier.core import progress as progresses
from notifier.core.model import Event, JsonObject
from notifier.core.objects import REVISION
from notifier.core.progress import Position

_UPDATED: Final = "on-rollout-updated"
_COMPLETED: Final = "on-rollout-completed"
_ABORTED: Final = "on-rollout-aborted"
_SCALING: Final = "on-scaling-replica-set"
_STEP: Final = "on-rollout-step-completed"
_MISSED: Final = {_STEP: "step", _UPDATED: "revision"}
_DECIDED: Final = ("Failed", "Error", "Inconclusive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the cluster knew when the transition was planned.

    `rollout` is the whole version that contains the transition (workload filled in), `previous` the
    tracked fields of the version before, `run` the analysis run the event is about, `runs` those of
    the current revision, newest first (None if none carries the hash). `replica_sets` are those the
    rollout owns, in any order: they know the images and revisions of other versions (empty: the
    message does without).
    """

    rollout: JsonObject
    previous: JsonObject | None = None
    run: JsonObject | None = None
    runs: Sequence[JsonObject] | None = None
    replica_sets: Sequence[JsonObject] = ()


PLAIN: Final = frozenset(
    {"rollout", "previous", "analysisRun", "analysisRuns", "trigger", "context", "time", "secrets"}
)
"""Variables that need no thought: conditions that read no others are cheap."""


def plain(event: Event, evidence: Evidence, context: Mapping[str, Any]) -> JsonObject:
    """Return the plain variables, but for those that a language gives (`time`, `secrets`)."""
    return {
        "rollout": shown(event, evidence.rollout),
        "previous": evidence.previous,
        "analysisRun": evidence.run,
        "analysisRuns": None if evidence.runs is None else list(evidence.runs),
        "trigger": event.transition.trigger,
        "context": dict(context),
    }


def shown(event: Event, rollout: JsonObject) -> JsonObject:
    """Return the object; in step-completed with the 0-based index of the completed step, whatever
    step the rollout is at by now."""
    if event.transition.trigger != _STEP:
        return rollout
    status = rollout.get("status") or {}
    reached = int(event.transition.facts.get("step") or status.get("currentStepIndex") or 0)
    return rollout | {"status": status | {"currentStepIndex": reached - 1}}


def variables(
    event: Event, evidence: Evidence, context: Mapping[str, Any], *, now: float
) -> JsonObject:
    """Return all variables but `recipient` and `serviceType` (spec/configuration.md 7.3,
    messages.md 2).

    `now` is Unix seconds and used for relative times only.
    """
    return _Facts(event, evidence, context, now).variables()


class _Facts:
    """One transition's facts, in the order in which they build on one another."""

    def __init__(
        self, event: Event, evidence: Evidence, context: Mapping[str, Any], now: float
    ) -> None:
        self.event = event
        self.transition = event.transition
        self.facts = event.transition.facts
        self.trigger = event.transition.trigger
        self.evidence = evidence
        self.now = now
        self.context = dict(context)
        self.rollout = evidence.rollout
        self.metadata = self.rollout.get("metadata") or {}
        self.status = self.rollout.get("status") or {}
        self.before = (evidence.previous or {}).get("status") or {}
        self.steps = progresses.steps_of(self.rollout)
        self.at = durations.moment(event.transition.time)

    def variables(self) -> JsonObject:
        """Put them together."""
        revision = self._revision()
        name, namespace = self.transition.rollout.name, self.transition.rollout.namespace
        cluster = str(self.context.get("cluster") or "")
        pause, abort = self._halts()
        run = self._telling_run(pause, abort)
        analysis = analyses.analysis(run, self.facts)
        analysis["earliest"] = self._earliest(run)
        if abort is not None and abort["slot"] and analysis["phase"] == "Error":
            abort["text"] = f"{abort['slot']} analysis could not measure"
        change = changes.change(
            self.rollout,
            self.evidence.previous,
            self.evidence.replica_sets,
            revision,
            replaced=str(self.facts.get("from_hash") or ""),
        )
        started = self._started()
        position = self._position()
        facts: JsonObject = {
            **plain(self.event, self.evidence, self.context),
            "place": f"{cluster}/{namespace}" if cluster else namespace,
            "links": pointers.links(self.context),
            "change": change,
            "progress": progresses.progress(self.rollout, position, started, self.now)
            | {"ran": self._ran(change)},
            "pause": pause,
            "abort": abort,
            "analysis": analysis,
            "analyses": analyses.tally(self.evidence.runs),
            "next": self._next(pause, analysis, change),
            "scaling": self._scaling(),
            "took": None if change["kind"] == "first" else self._took(started),
            "commands": pointers.commands(name, namespace, analysis, change["previousRevision"]),
        }
        facts["event"] = self._event()
        summary = summaries.summary(self.trigger, self.transition.reason, name, facts)
        facts["event"] |= summary.fields()
        facts["document"] = documents.document(facts, cluster=cluster, revision=revision)
        return facts

    def _halts(self) -> tuple[JsonObject | None, JsonObject | None]:
        """Return pause and abort. The version of an update still has the status of the revision
        before, which says nothing about this one."""
        if self.trigger == _UPDATED:
            return None, None
        return halts.pause(self.rollout, self.now), halts.abort(self.rollout)

    def _started(self) -> float | None:
        """Return when the revision began to roll out, if the controller says so."""
        if self.trigger == _UPDATED:
            return None
        return durations.moment((self.status.get("duration") or {}).get("rolloutStartedAt"))

    def _revision(self) -> str:
        """Return the revision the event is about; a scaled ReplicaSet may be of an older one."""
        annotations = self.metadata.get("annotations") or {}
        own = None if self.trigger == _SCALING else self.facts.get("revision")
        return str(own or annotations.get(REVISION) or "")

    def _position(self) -> Position | None:
        """Return the step a message is about.

        An abort resets the index in the version that shows it, so the version before tells; after a
        gap that one may be long past and says nothing.
        """
        count = len(self.steps)
        index = self.status.get("currentStepIndex")
        if self.trigger == _UPDATED:
            return None
        if self.trigger == _STEP:
            index = int(self.facts.get("step") or index or 0)
            return Position(index, index, index - 1, progresses.routed_weight(self.status))
        if self.status.get("abort"):
            before = self.facts.get("step_index", self.before.get("currentStepIndex"))
            same = self.before.get("currentPodHash") == self.status.get("currentPodHash")
            if before is None or not same or self.transition.recovered or before >= count:
                return None
            return Position(before + 1, before, before, progresses.routed_weight(self.before))
        if index is None:
            return None
        routed = progresses.routed_weight(self.status)
        return Position(min(index + 1, count), min(index, count), index, routed)

    def _telling_run(self, pause: JsonObject | None, abort: JsonObject | None) -> JsonObject | None:
        """Return the run that the message is about: the event's, else the one that explains it."""
        runs = self.evidence.runs
        if self.evidence.run is not None or not runs:
            return self.evidence.run
        if abort is not None:
            return analyses.telling(runs, ("Failed", "Error")) if abort["slot"] else None
        if pause is not None and pause["kind"] == "inconclusive":
            return analyses.telling(runs, ("Inconclusive",))
        return runs[0]

    def _earliest(self, run: JsonObject | None) -> str:
        """Say when a run can pass at the earliest, "" if that is past or open."""
        at = analyses.earliest(run)
        if at is None or at <= self.now:
            return ""
        return f"{durations.clock(at, self.now)}, {durations.relative(at, self.now)}"

    def _event(self) -> JsonObject:
        """Return the `event` variable."""
        transition = self.transition
        return {
            "id": self.event.id,
            "reason": transition.reason,
            "time": transition.time or durations.rfc3339(self.event.observed_at),
            "timeText": durations.clock(
                self.event.observed_at if self.at is None else self.at, self.now
            ),
            "message": measurements.shorten(
                str(self.facts.get("message") or self.status.get("message") or "")
            ),
            "detail": str(self.facts.get("degraded_reason") or ""),
            "recovered": transition.recovered,
            "missed": transition.missed,
            "note": note(self.trigger, recovered=transition.recovered, missed=transition.missed),
        }

    def _next(
        self, pause: JsonObject | None, analysis: JsonObject, change: JsonObject
    ) -> JsonObject | None:
        """Return the `next` variable; None where nothing is known to follow."""
        if self.trigger == _STEP:
            index = int(self.facts.get("step") or self.status.get("currentStepIndex") or 0)
            return halts.after_step(self.steps, index, self.at, self.now, str(change["version"]))
        if self.trigger.startswith("on-analysis-run-") and analysis["phase"] in _DECIDED:
            before = str(change["previousVersion"])
            return halts.after_analysis(analysis["phase"], analysis["kind"], before)
        if pause is not None:
            if pause["waits"]:
                return halts.coming("manual", "waits until a person promotes or aborts")
            verb = "switches" if pause["kind"] == "bluegreen" else "goes on"
            return halts.coming("wait", f"{verb} by itself at {pause['untilText']}", pause["until"])
        return None

    def _ran(self, change: JsonObject) -> str:
        """Say how the revision got here: its plan or that it was promoted in full, and analyses."""
        if self.trigger != _COMPLETED or change["kind"] == "first":
            return ""
        full = self.before.get("promoteFull") or self.status.get("promoteFull")
        parts = ["promoted in full" if full else progresses.plan(self.rollout)]
        if passed := analyses.tally(self.evidence.runs)["passed"]:
            parts.append(f"{passed} {'analysis' if passed == 1 else 'analyses'} passed")
        return ", ".join(parts)

    def _scaling(self) -> JsonObject | None:
        """Return the `scaling` variable; None if nothing was scaled."""
        if "new_replicas" not in self.facts:
            return None
        old, new = int(self.facts.get("old_replicas") or 0), int(self.facts["new_replicas"] or 0)
        return {
            "replicaSet": str(self.facts.get("replica_set", "")),
            "revision": str(self.facts.get("revision", "")),
            "from": old,
            "to": new,
            "direction": "up" if new > old else "down",
            "role": role(self.status, str(self.facts.get("hash", ""))),
        }

    def _took(self, started: float | None) -> JsonObject | None:
        """Return how long the revision took (status.duration of recent controllers); else None."""
        duration = self.status.get("duration") or {}
        ended = durations.moment(duration.get("finishedAt")) or self.at
        over = self.trigger in (_COMPLETED, _ABORTED)
        if not over or started is None or ended is None or ended - started < 1:
            return None
        waiting = durations.seconds(duration.get("totalManualPauseDurationSeconds")) or 0.0
        return {
            "seconds": int(ended - started),
            "text": durations.human(ended - started),
            "waitingSeconds": int(waiting),
            "waitingText": durations.human(waiting) if waiting >= 1 else "",
        }


def note(trigger: str, *, recovered: bool, missed: int) -> str:
    """Say that an event was seen late and what was not announced; "" for a live one."""
    if not recovered:
        return ""
    if not missed:
        return "seen after a gap"
    what = _MISSED.get(trigger, "event") + ("" if missed == 1 else "s")
    return f"seen after a gap; {missed} earlier {what} not announced"


def role(status: Mapping[str, Any], pod_hash: str) -> str:
    """Return what a ReplicaSet is to the rollout: stable, canary, active, preview, old, or new (of
    the first deploy)."""
    stable, current = status.get("stableRS"), status.get("currentPodHash")
    active = (status.get("blueGreen") or {}).get("activeSelector")
    if not pod_hash:
        return ""
    if not stable:
        return "new"
    if pod_hash == (active or stable):
        return "active" if active else "stable"
    if pod_hash != current:
        return "old"
    return "preview" if active else "canary"
