"""The golden cases: which recorded occasion shows which variant of messages.md 2.

Where no recording has a variant, a recorded occasion is edited; `edit` says how.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from notifier.core.context import Evidence
from tests.catalogue import recorded
from tests.catalogue.recorded import Occasion

Edit = Callable[[Evidence], Evidence]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One variant: the occasion number `at` (from 0) of its trigger in a recording."""

    name: str
    trigger: str
    recording: str
    at: int = 0
    edit: Edit | None = None
    gap: Callable[[Mapping[str, Any]], bool] | None = None

    def occasion(self) -> Occasion:
        """Return the occasion from the recording, edited if need be."""
        all_ = (
            recorded.occasions(self.recording)
            if self.gap is None
            else recorded.after_gap(self.recording, self.gap)
        )
        found = [one for one in all_ if one.trigger == self.trigger][self.at]
        if self.edit is None:
            return found
        return replace(found, evidence=self.edit(copy.deepcopy(found.evidence)))


def auto_promotion(seconds: int) -> Edit:
    """The blue-green rollout promotes by itself after so many seconds."""

    def edit(evidence: Evidence) -> Evidence:
        blue_green = evidence.rollout["spec"]["strategy"]["blueGreen"]
        blue_green.pop("autoPromotionEnabled", None)
        blue_green["autoPromotionSeconds"] = seconds
        return evidence

    return edit


def same_images(evidence: Evidence) -> Evidence:
    """The update changes something else than the image."""
    for item in (evidence.rollout, *evidence.replica_sets):
        item["spec"]["template"]["spec"]["containers"][0]["image"] = "demo:v1"
    return evidence


def many_metrics(evidence: Evidence) -> Evidence:
    """The failed run has eight failed metrics instead of one."""
    run = evidence.run
    assert run is not None
    metric, result = run["spec"]["metrics"][0], run["status"]["metricResults"][0]
    names = [f"metric-{at}" for at in range(1, 9)]
    run["spec"]["metrics"] = [metric | {"name": name} for name in names]
    run["status"]["metricResults"] = [result | {"name": name} for name in names]
    return evidence


def hostile(evidence: Evidence) -> Evidence:
    """A tenant tries to mention everybody and to smuggle HTML through texts of objects."""
    run = evidence.run
    assert run is not None
    evil = "<!channel> <https://evil.example|ok> & <img src=x onerror=alert(1)>"
    run["spec"]["metrics"][0] |= {"name": evil, "failureCondition": evil}
    run["status"]["metricResults"][0] |= {"name": evil}
    run["status"]["metricResults"][0]["measurements"][-1]["message"] = evil
    evidence.rollout["spec"]["template"]["spec"]["containers"][0]["image"] = f"x:{evil}"
    return evidence


def steps_missed(line: Mapping[str, Any]) -> bool:
    """Whatever happened to `quick-steps` between the second and the fifth step."""
    status = line["object"].get("status") or {}
    index = status.get("currentStepIndex")
    stable, current = status.get("stableRS"), status.get("currentPodHash")
    rolling = bool(stable) and stable != current
    return line["object"].get("kind") == "Rollout" and rolling and index in (3, 4, 5)


_UPDATED, _STEP = "on-rollout-updated", "on-rollout-step-completed"
_PAUSED, _ABORTED = "on-rollout-paused", "on-rollout-aborted"
_COMPLETED, _SCALED = "on-rollout-completed", "on-scaling-replica-set"
_RUNNING, _FAILED = "on-analysis-run-running", "on-analysis-run-failed"
_ERROR, _UNCLEAR = "on-analysis-run-error", "on-analysis-run-inconclusive"
_PASSED, _ROLLBACK = "on-analysis-run-successful", "on-rollout-rollback"
_RESUMED, _DEGRADED = "on-rollout-resumed", "on-rollout-degraded"


def _case(name: str, trigger: str, recording: str, at: int = 0, **more: Any) -> Case:
    return Case(name=name, trigger=trigger, recording=recording, at=at, **more)


CASES: Sequence[Case] = (
    _case("updated-canary", _UPDATED, "canary-manual-promote", 1),
    _case("updated-blue-green-manual", _UPDATED, "bluegreen-manual-promotion", 1),
    _case("updated-blue-green-auto", _UPDATED, "bluegreen-update-auto", 1),
    _case(
        "updated-blue-green-after-5-min", _UPDATED, "bluegreen-update-auto", 1,
        edit=auto_promotion(300),
    ),
    _case("updated-first-deploy", _UPDATED, "canary-initial"),
    _case("updated-rollback", _UPDATED, "canary-undo-older", 2),
    _case("updated-rollback-midway", _UPDATED, "canary-rollback-to-stable", 2),
    _case("updated-configuration-only", _UPDATED, "canary-manual-promote", 1, edit=same_images),
    _case("updated-workload-unknown", _UPDATED, "workloadref-update", 1),
    _case("step-completed-then-wait", _STEP, "canary-update-timed-pause"),
    _case("step-completed-then-gate", _STEP, "canary-manual-promote"),
    _case("step-completed-then-analysis", _STEP, "analysis-step-pass"),
    _case("step-completed-last", _STEP, "canary-manual-promote", 2),
    _case("step-completed-routed", _STEP, "traffic-update"),
    _case("step-completed-recovered", _STEP, "quick-steps", gap=steps_missed),
    _case("paused-manual", _PAUSED, "canary-manual-promote"),
    _case("paused-manual-analysis-so-far", _PAUSED, "analysis-background-fail"),
    _case("paused-timed", _PAUSED, "canary-promote-full-timed-pause"),
    _case("paused-inconclusive", _PAUSED, "analysis-step-inconclusive"),
    _case("paused-inconclusive-experiment", _PAUSED, "experiment-inconclusive"),
    _case("paused-blue-green-manual", _PAUSED, "bluegreen-manual-promotion"),
    _case(
        "paused-blue-green-auto", _PAUSED, "bluegreen-manual-promotion", edit=auto_promotion(300)
    ),
    _case("aborted-by-hand", _ABORTED, "canary-abort-paused"),
    _case("aborted-by-analysis", _ABORTED, "analysis-background-fail"),
    _case("aborted-by-error", _ABORTED, "analysis-step-error"),
    _case("aborted-by-deadline", _ABORTED, "canary-deadline-abort-later-step"),
    _case("aborted-before-promotion", _ABORTED, "bluegreen-pre-analysis-fail"),
    _case("aborted-after-promotion", _ABORTED, "bluegreen-post-analysis-error"),
    _case("aborted-by-experiment", _ABORTED, "experiment-analysis-missing-template"),
    _case("completed", _COMPLETED, "canary-manual-promote", 1),
    _case("completed-first-deploy", _COMPLETED, "canary-initial"),
    _case("completed-rollback", _COMPLETED, "canary-undo-older", 2),
    _case("completed-with-analyses", _COMPLETED, "bluegreen-pre-analysis-pass", 1),
    _case("completed-in-full", _COMPLETED, "canary-promote-full", 1),
    _case("scaled-up", _SCALED, "canary-manual-promote", 1),
    _case("scaled-down-old", _SCALED, "bluegreen-manual-promotion", 2),
    _case("running-job", _RUNNING, "analysis-step-fail"),
    _case("running-web", _RUNNING, "analysis-step-terminated-web"),
    _case("running-background", _RUNNING, "analysis-background-pass"),
    _case("running-before-promotion", _RUNNING, "bluegreen-pre-analysis-pass"),
    _case("failed-job", _FAILED, "analysis-step-fail"),
    _case("failed-web", _FAILED, "analysis-background-fail"),
    _case("failed-before-promotion", _FAILED, "bluegreen-pre-analysis-fail"),
    _case("failed-in-experiment", _FAILED, "experiment-analysis-fail"),
    _case("failed-many-metrics", _FAILED, "analysis-background-fail", edit=many_metrics),
    _case("failed-hostile-texts", _FAILED, "analysis-background-fail", edit=hostile),
    _case("error-web", _ERROR, "analysis-step-error"),
    _case("error-after-promotion", _ERROR, "bluegreen-post-analysis-error"),
    _case("error-invalid-spec", _ERROR, "analysis-step-spec-error"),
    _case("error-without-run", _ERROR, "experiment-analysis-missing-template"),
    _case("inconclusive-web", _UNCLEAR, "analysis-step-inconclusive"),
    _case("successful-web", _PASSED, "analysis-step-inconclusive-retry"),
    _case("rollback-to-older", _ROLLBACK, "canary-undo-older"),
    _case("rollback-to-stable", _ROLLBACK, "canary-rollback-to-stable"),
    _case("resumed-canary", _RESUMED, "canary-update-timed-pause"),
    _case("degraded-by-deadline", _DEGRADED, "canary-deadline-no-abort"),
    _case("degraded-by-spec", _DEGRADED, "invalid-spec"),
)  # fmt: skip
