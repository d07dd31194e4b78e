"""Blue-green Rollouts."""

from __future__ import annotations

from typing import Any

from tests.cluster import manifests
from tests.cluster.manifests import NAME, run_of
from tests.cluster.scenarios.registry import scenario
from tests.cluster.stage import Stage

GATE = {"autoPromotionEnabled": False}
PRE = "blueGreen.prePromotionAnalysisRunStatus"


async def _deployed(stage: Stage, strategy: dict[str, Any], **spec: Any) -> None:
    await stage.apply(*manifests.services())
    await stage.apply(manifests.blue_green(strategy=strategy, **spec))
    await stage.completed()


@scenario()
async def blue_green_initial(stage: Stage) -> None:
    """First deploy."""
    await _deployed(stage, GATE)


@scenario()
async def blue_green_automatic(stage: Stage) -> None:
    """Update that promotes itself."""
    await _deployed(stage, {}, replicas=2)
    await stage.update()
    await stage.completed(2)
    await stage.scaled({1: 0})


@scenario()
async def blue_green_manual(stage: Stage) -> None:
    """Update that waits for a person, who promotes it."""
    await _deployed(stage, GATE)
    await stage.update()
    await stage.paused()
    await stage.promoted(2)
    await stage.scaled({1: 0})


@scenario()
async def blue_green_timed(stage: Stage) -> None:
    """Update that promotes itself after some seconds."""
    await _deployed(stage, {"autoPromotionSeconds": 2})
    await stage.update()
    await stage.completed(2)
    await stage.scaled({1: 0})


@scenario()
async def blue_green_promote_full(stage: Stage) -> None:
    """Promoted in full at the gate, past its analysis."""
    await stage.apply(manifests.job("check", seconds=30))
    await _deployed(stage, {**GATE, "prePromotionAnalysis": run_of("check")})
    await stage.update()
    await stage.running(PRE)
    await stage.plugin("promote", NAME, "--full")
    await stage.completed(2)


@scenario()
async def blue_green_rollback_to_stable(stage: Stage) -> None:
    """Back to the stable version from the gate."""
    await _deployed(stage, GATE)
    await stage.update()
    await stage.paused()
    await stage.plugin("undo", NAME)
    await stage.completed(3)


@scenario()
async def blue_green_fast_rollback(stage: Stage) -> None:
    """Back to the version before while its pods still run."""
    await _deployed(stage, {**GATE, "scaleDownDelaySeconds": 20})
    await stage.aged()
    await stage.update()
    await stage.paused()
    await stage.promoted(2)
    await stage.plugin("undo", NAME)
    await stage.completed(3)


@scenario()
async def blue_green_abort_then_retry(stage: Stage) -> None:
    """Aborted at the gate, retried and promoted."""
    await _deployed(stage, {**GATE, "abortScaleDownDelaySeconds": 1})
    await stage.update()
    await stage.paused()
    await stage.plugin("abort", NAME)
    await stage.aborted()
    await stage.scaled({2: 0})
    await stage.plugin("retry", "rollout", NAME)
    await stage.paused()
    await stage.promoted(2)


@scenario()
async def blue_green_both_analyses_pass(stage: Stage) -> None:
    """Analyses before and after promotion, both succeed."""
    await stage.apply(manifests.job("check"))
    runs = {name: run_of("check") for name in ("prePromotionAnalysis", "postPromotionAnalysis")}
    await _deployed(stage, runs)
    await stage.update()
    await stage.completed(2)
    await stage.scaled({1: 0})


@scenario()
async def blue_green_pre_fails(stage: Stage) -> None:
    """The analysis before promotion fails."""
    await stage.apply(manifests.job("check", exit_code=1))
    await _deployed(stage, {"prePromotionAnalysis": run_of("check")})
    await stage.update()
    await stage.aborted()


@scenario()
async def blue_green_pre_errs(stage: Stage) -> None:
    """The analysis before promotion cannot be measured."""
    stage.metric(None)
    await stage.apply(manifests.web("check", stage.metric_url, consecutiveErrorLimit=0))
    await _deployed(stage, {"prePromotionAnalysis": run_of("check")})
    await stage.update()
    await stage.aborted()


@scenario()
async def blue_green_pre_inconclusive(stage: Stage) -> None:
    """The analysis before promotion says neither: a person decides."""
    stage.metric(0.5)
    await stage.apply(manifests.web("check", stage.metric_url))
    await _deployed(stage, {"prePromotionAnalysis": run_of("check")})
    await stage.update()
    await stage.paused("InconclusiveAnalysisRun")
    await stage.plugin("promote", NAME, "--full")
    await stage.completed(2)


@scenario()
async def blue_green_post_fails(stage: Stage) -> None:
    """The analysis after promotion fails; a retry aborts again at once, without a new run."""
    await stage.apply(manifests.job("check", exit_code=1))
    await _deployed(stage, {"postPromotionAnalysis": run_of("check"), "scaleDownDelaySeconds": 20})
    await stage.update()
    await stage.aborted()
    await stage.plugin("retry", "rollout", NAME)
    await stage.aborted()


@scenario()
async def blue_green_post_errs(stage: Stage) -> None:
    """The analysis after promotion cannot be measured."""
    stage.metric(None)
    await stage.apply(manifests.web("check", stage.metric_url, consecutiveErrorLimit=0))
    await _deployed(stage, {"postPromotionAnalysis": run_of("check"), "scaleDownDelaySeconds": 20})
    await stage.update()
    await stage.aborted()


@scenario()
async def blue_green_post_inconclusive(stage: Stage) -> None:
    """The analysis after promotion says neither."""
    stage.metric(0.5)
    await stage.apply(manifests.web("check", stage.metric_url))
    await _deployed(stage, {"postPromotionAnalysis": run_of("check"), "scaleDownDelaySeconds": 20})
    await stage.update()
    await stage.paused("InconclusiveAnalysisRun")


@scenario()
async def blue_green_workload(stage: Stage) -> None:
    """The template lives in a Deployment."""
    await stage.apply(manifests.deployment())
    reference = {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME}
    await _deployed(stage, GATE, template=None, selector=None, workloadRef=reference)
    await stage.apply(manifests.deployment("demo:v2"))
    await stage.at_revision(2)
    await stage.paused()
    await stage.promoted(2)
