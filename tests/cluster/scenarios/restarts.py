"""The controller ends and starts again while a Rollout waits: that alone is no event.

Nobody else plays meanwhile, and its counter begins again at nothing.
"""

from __future__ import annotations

import signal

from tests.cluster import manifests
from tests.cluster.manifests import NAME, PAUSE, analyse, weight
from tests.cluster.scenarios.registry import scenario
from tests.cluster.stage import Stage

PAUSED = "on-rollout-paused"
GATED = [weight(50), PAUSE, weight(80)]


async def _at_gate(stage: Stage) -> None:
    await stage.apply(manifests.canary(GATED, replicas=2))
    await stage.completed()
    await stage.update()
    await stage.paused()
    await stage.told(PAUSED)


@scenario(alone=True, counted=False)
async def restarted_at_gate(stage: Stage) -> None:
    """Stopped and started while a canary waits for a person, who promotes it afterwards."""
    await _at_gate(stage)
    await stage.plane.stop_controller(signal.SIGTERM)
    await stage.plane.start_controller()
    await stage.promoted(2)


@scenario(alone=True, counted=False)
async def promoted_without_controller(stage: Stage) -> None:
    """Killed at the gate; a person promotes before it is back, and the version is changed once
    more."""
    await _at_gate(stage)
    await stage.plane.stop_controller()
    await stage.plugin("promote", NAME)
    await stage.plane.start_controller()
    await stage.completed(2)
    await stage.update("v3")
    await stage.paused()


@scenario(alone=True, counted=False)
async def aborted_without_controller(stage: Stage) -> None:
    """Killed at the gate; a person aborts before it is back, and retries afterwards."""
    await _at_gate(stage)
    await stage.plane.stop_controller()
    await stage.plugin("abort", NAME)
    await stage.plane.start_controller()
    await stage.aborted()
    await stage.plugin("retry", "rollout", NAME)
    await stage.paused()
    await stage.promoted(2)


@scenario(alone=True, counted=False)
async def restarted_within_analysis(stage: Stage) -> None:
    """Killed while an analysis runs, which ends before it is back."""
    await stage.apply(manifests.job("check", seconds=2))
    await stage.apply(manifests.canary([weight(50), analyse("check"), PAUSE]))
    await stage.completed()
    await stage.update()
    await stage.running("canary.currentStepAnalysisRunStatus")
    await stage.told("on-analysis-run-running")
    await stage.plane.stop_controller()
    await stage.jobs_ended()
    await stage.plane.start_controller()
    await stage.paused()
    await stage.promoted(2)


@scenario(alone=True, counted=False)
async def blue_green_restarted_at_gate(stage: Stage) -> None:
    """Stopped and started while a blue-green Rollout waits for a person."""
    await stage.apply(*manifests.services())
    gated = {"autoPromotionEnabled": False}
    await stage.apply(manifests.blue_green(strategy=gated))
    await stage.completed()
    await stage.update()
    await stage.paused()
    await stage.told(PAUSED)
    await stage.plane.stop_controller(signal.SIGTERM)
    await stage.plane.start_controller()
    await stage.promoted(2)
