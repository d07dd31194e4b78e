"""People who act in the very moment in which the controller does: another client patches the status
as the kubectl plugin would, as soon as a version shows that the controller is about to write.
"""

from __future__ import annotations

from tests.cluster import manifests
from tests.cluster.api import Object, RefusedError
from tests.cluster.manifests import weight
from tests.cluster.scenarios.registry import scenario
from tests.cluster.stage import Stage, revision_of

PLUGIN = "kubectl-argo-rollouts"
"""The plugin's field manager."""

STEPS = 24
EVERY = 4
"""Each so-and-so-manieth step is raced for."""

CONFLICT = 409


async def _updating(stage: Stage) -> None:
    steps = [weight(4 * number) for number in range(1, STEPS + 1)]
    await stage.apply(manifests.canary(steps))
    await stage.completed()
    await stage.update()


def _index(rollout: Object) -> int:
    """Return the current step of the second revision, -1 before it has begun."""
    status = rollout.get("status", {})
    begun = revision_of(rollout) == 2 and status.get("currentPodHash") != status.get("stableRS")
    return status.get("currentStepIndex", -1) if begun else -1


async def _write(stage: Stage, rollout: Object, **status: object) -> None:
    """Patch the status of exactly this version; somebody who was faster is no fault."""
    metadata = {"resourceVersion": rollout["metadata"]["resourceVersion"]}
    body = {"metadata": metadata, "status": status}
    try:
        await stage.patch(body, subresource="status", manager=PLUGIN)
    except RefusedError as refusal:
        if refusal.status != CONFLICT:
            raise


@scenario(
    repeats={"on-rollout-step-completed": STEPS // EVERY},
    certain=False,
    why="spec/transitions.md 7, row 72: a step that a person wrote is not the controller's",
)
async def race_for_steps(stage: Stage) -> None:
    """Promoted by hand whenever the controller is about to complete the same step."""
    await _updating(stage)
    async for rollout in stage.versions():
        index = _index(rollout)
        if index > STEPS - EVERY:
            break
        if index >= 0 and index % EVERY == 0:
            await _write(stage, rollout, currentStepIndex=index + 1)
    await stage.completed(2)


@scenario()
async def race_to_the_end(stage: Stage) -> None:
    """Promoted in full while the controller completes a step in the middle (row 62)."""
    await _updating(stage)
    async for rollout in stage.versions():
        if _index(rollout) >= STEPS // 2:
            await _write(stage, rollout, promoteFull=True)
            break
    await stage.completed(2)
