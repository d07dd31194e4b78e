"""Rollouts whose template lives in another object."""

from __future__ import annotations

from tests.cluster import manifests
from tests.cluster.manifests import NAME, PAUSE, weight
from tests.cluster.scenarios.registry import scenario
from tests.cluster.stage import Stage

REFERENCE = {"apiVersion": "apps/v1", "kind": "Deployment", "name": NAME}


@scenario()
async def workload_updated(stage: Stage) -> None:
    """The Deployment behind a canary changes twice."""
    await stage.apply(manifests.deployment())
    steps = [weight(50), PAUSE]
    reference = {"workloadRef": REFERENCE, "template": None, "selector": None}
    await stage.apply(manifests.canary(steps, replicas=2, **reference))
    await stage.completed()
    await stage.apply(manifests.deployment("demo:v2"))
    await stage.at_revision(2)
    await stage.paused()
    await stage.promoted(2)
    second = await stage.template()
    await stage.apply(manifests.deployment("demo:v3"))
    await stage.template_is_not(second)
    await stage.paused()
