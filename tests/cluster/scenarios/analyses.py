"""Analyses of canaries: inline and in the background, and runs that belong to nobody."""

from __future__ import annotations

from typing import Any

from tests.cluster import manifests
from tests.cluster.manifests import NAME, PAUSE, analyse, pause, run_of, weight
from tests.cluster.scenarios.registry import scenario
from tests.cluster.stage import Stage

STEP = "canary.currentStepAnalysisRunStatus"
BACKGROUND = "canary.currentBackgroundAnalysisRunStatus"
INLINE = [weight(50), analyse("check"), pause(1)]


async def _updated(stage: Stage, steps: manifests.Steps, **strategy: Any) -> None:
    await stage.apply(manifests.canary(steps, strategy=strategy))
    await stage.completed()
    await stage.update()


@scenario()
async def inline_passes(stage: Stage) -> None:
    """An inline analysis by a Job succeeds."""
    await stage.apply(manifests.job("check"))
    await _updated(stage, INLINE)
    await stage.completed(2)


@scenario()
async def inline_fails(stage: Stage) -> None:
    """An inline analysis by a Job fails."""
    await stage.apply(manifests.job("check", exit_code=1))
    await _updated(stage, INLINE)
    await stage.aborted()


@scenario()
async def inline_fails_at_once(stage: Stage) -> None:
    """An inline web analysis fails with its first measurement."""
    stage.metric(0.0)
    await stage.apply(manifests.web("check", stage.metric_url))
    await _updated(stage, INLINE)
    await stage.aborted()


@scenario()
async def inline_errs(stage: Stage) -> None:
    """An inline web analysis cannot be measured."""
    stage.metric(None)
    await stage.apply(manifests.web("check", stage.metric_url, consecutiveErrorLimit=1))
    await _updated(stage, INLINE)
    await stage.aborted()


@scenario()
async def inline_invalid(stage: Stage) -> None:
    """An inline analysis that is invalid: an error that never began."""
    await stage.apply(manifests.web("check", stage.metric_url, count=2, interval=None))
    await _updated(stage, INLINE)
    await stage.aborted()


@scenario()
async def inline_inconclusive(stage: Stage) -> None:
    """An inline analysis says neither, and a person promotes."""
    stage.metric(0.5)
    await stage.apply(manifests.web("check", stage.metric_url))
    await _updated(stage, INLINE)
    await stage.paused("InconclusiveAnalysisRun")
    await stage.promoted(2)


@scenario()
async def inline_fails_then_retry(stage: Stage) -> None:
    """An inline analysis fails, and passes when it is tried again: another run."""
    stage.metric(0.0)
    await stage.apply(manifests.web("check", stage.metric_url, count=2))
    await _updated(stage, INLINE)
    await stage.aborted()
    stage.metric(1.0)
    await stage.plugin("retry", "rollout", NAME)
    await stage.completed(2)


@scenario()
async def inline_terminated(stage: Stage) -> None:
    """An inline analysis ended by a person: the step is done."""
    stage.metric(1.0)
    await stage.apply(manifests.web("check", stage.metric_url, count=600))
    await _updated(stage, INLINE)
    await stage.running(STEP)
    rollout = await stage.api.get("Rollout", NAME, stage.namespace)
    run = rollout["status"]["canary"]["currentStepAnalysisRunStatus"]["name"]
    await stage.plugin("terminate", "analysisrun", run)
    await stage.completed(2)


@scenario()
async def inline_passed_by_hand(stage: Stage) -> None:
    """Promoted while the inline analysis runs: the user moves the index, no step is completed."""
    await stage.apply(manifests.job("check", seconds=60))
    await _updated(stage, [weight(50), analyse("check"), PAUSE])
    await stage.running(STEP)
    await stage.plugin("promote", NAME)
    await stage.paused()
    await stage.promoted(2)


@scenario()
async def inline_dry_run(stage: Stage) -> None:
    """A failing metric in dry-run mode does not fail the run."""
    stage.metric(0.0)
    web = manifests.web("x", stage.metric_url)["spec"]["metrics"][0]
    job = manifests.job("x")["spec"]["metrics"][0]
    dry = [{"metricName": "web"}]
    await stage.apply(manifests.analysis_template("check", web, job, dryRun=dry))
    await _updated(stage, INLINE)
    await stage.completed(2)


@scenario()
async def background_passes(stage: Stage) -> None:
    """A background analysis runs through a canary."""
    stage.metric(1.0)
    await stage.apply(manifests.web("check", stage.metric_url, count=None))
    steps = [weight(50), pause(1), weight(80), pause(1)]
    await _updated(stage, steps, analysis=run_of("check"))
    await stage.completed(2)


@scenario()
async def background_fails(stage: Stage) -> None:
    """A background analysis fails at the gate."""
    await _background_turns(stage, 0.0)
    await stage.aborted()


@scenario()
async def background_errs(stage: Stage) -> None:
    """A background analysis cannot be measured any more at the gate."""
    await _background_turns(stage, None)
    await stage.aborted()


@scenario()
async def background_inconclusive(stage: Stage) -> None:
    """A background analysis says neither at the gate: a second reason for the same pause."""
    await _background_turns(stage, 0.5)
    await stage.paused("InconclusiveAnalysisRun")
    await stage.promoted(2)


@scenario()
async def background_fails_then_retry(stage: Stage) -> None:
    """A background analysis fails, and passes when it is tried again."""
    await _background_turns(stage, 0.0)
    await stage.aborted()
    stage.metric(1.0)
    await stage.plugin("retry", "rollout", NAME)
    await stage.paused("CanaryPauseStep")
    await stage.promoted(2)


@scenario()
async def background_from_second_step(stage: Stage) -> None:
    """A background analysis that begins later."""
    stage.metric(1.0)
    await stage.apply(manifests.web("check", stage.metric_url, count=None))
    analysis = {**run_of("check"), "startingStep": 2}
    await _updated(stage, [weight(30), pause(1), weight(60), pause(1)], analysis=analysis)
    await stage.completed(2)


@scenario()
async def background_during_abort(stage: Stage) -> None:
    """Aborted while the background analysis runs: what becomes of the run is not told."""
    await stage.apply(manifests.job("check", exit_code=1, seconds=4))
    await _updated(stage, [weight(50), PAUSE], analysis=run_of("check"))
    await stage.running(BACKGROUND)
    await stage.paused()
    await stage.plugin("abort", NAME)
    await stage.aborted()


@scenario(
    repeats={"on-analysis-run-running": 1},
    why="spec/transitions.md 1.10, row 34: the same run, told again from an empty slot",
)
async def steps_edited_during_background(stage: Stage) -> None:
    """Steps edited while a background analysis runs: the same run is taken up again."""
    stage.metric(1.0)
    await stage.apply(manifests.web("check", stage.metric_url, count=None))
    await _updated(stage, [weight(50), PAUSE], analysis=run_of("check"))
    await stage.running(BACKGROUND)
    await stage.paused()
    steps = [weight(20), PAUSE, weight(60)]
    await stage.patch({"spec": {"strategy": {"canary": {"steps": steps}}}})
    await stage.paused()
    await stage.at_step(1)
    await stage.promoted(2)


@scenario()
async def standalone_run(stage: Stage) -> None:
    """A run that belongs to no Rollout fails beside one: nothing is told of it."""
    await stage.apply(manifests.canary([weight(50), pause(1)]))
    await stage.completed()
    stage.metric(0.0)
    metrics = manifests.web("x", stage.metric_url)["spec"]["metrics"]
    run = {"metadata": {"name": "alone"}, "spec": {"metrics": metrics}}
    await stage.apply({"apiVersion": "argoproj.io/v1alpha1", "kind": "AnalysisRun", **run})
    await stage.api.until(
        "AnalysisRun",
        "alone",
        stage.namespace,
        lambda one: one.get("status", {}).get("phase") == "Failed",
        "the run fails",
    )


@scenario()
async def template_missing(stage: Stage) -> None:
    """The analysis template does not exist: an invalid spec, no trigger."""
    await stage.apply(manifests.canary(INLINE))
    await stage.until(lambda r: r["status"].get("phase") == "Degraded", "invalid")
    await stage.apply(manifests.job("check"))
    await stage.completed()


async def _background_turns(stage: Stage, value: float | None) -> None:
    """Bring a canary to its gate with a good background analysis, which then turns."""
    stage.metric(1.0)
    metric = {"count": None, "consecutiveErrorLimit": 0}
    await stage.apply(manifests.web("check", stage.metric_url, **metric))
    await _updated(stage, [weight(50), PAUSE, weight(80)], analysis=run_of("check"))
    await stage.running(BACKGROUND)
    await stage.paused()
    stage.metric(value)
