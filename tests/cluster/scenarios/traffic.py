"""Canaries with traffic routing by Ingress objects that nobody serves: only writes count."""

from __future__ import annotations

from tests.cluster import manifests
from tests.cluster.api import Object
from tests.cluster.manifests import NAME, PAUSE, pause, weight
from tests.cluster.scenarios.registry import scenario
from tests.cluster.stage import Stage


def _ingress() -> Object:
    backend = {"service": {"name": "active", "port": {"number": 80}}}
    path = {"path": "/", "pathType": "Prefix", "backend": backend}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": {"name": "way"},
        "spec": {"rules": [{"host": "demo.test", "http": {"paths": [path]}}]},
    }


async def _deployed(stage: Stage, steps: manifests.Steps, *, dynamic: bool = False) -> None:
    await stage.apply(*manifests.services(), _ingress())
    routed = {
        "stableService": "active",
        "canaryService": "preview",
        "trafficRouting": {"nginx": {"stableIngress": "way"}},
        "dynamicStableScale": dynamic,
        **({} if dynamic else {"scaleDownDelaySeconds": 1, "abortScaleDownDelaySeconds": 1}),
    }
    await stage.apply(manifests.canary(steps, replicas=4, strategy=routed))
    await stage.completed()
    await stage.update()


@scenario()
async def traffic_updated(stage: Stage) -> None:
    """Weights and pauses; the old pods stay a while."""
    await _deployed(stage, [weight(25), pause(1), weight(75), pause(1)])
    await stage.completed(2)
    await stage.scaled({1: 0, 2: 4})


@scenario()
async def traffic_aborted(stage: Stage) -> None:
    """Aborted at a weight; the new pods stay a while."""
    await _deployed(stage, [weight(50), PAUSE])
    await stage.paused()
    await stage.plugin("abort", NAME)
    await stage.aborted()
    await stage.scaled({1: 4, 2: 0})


@scenario()
async def traffic_with_dynamic_stable_scale(stage: Stage) -> None:
    """The stable pods shrink as the weight grows, and come back step by step after an abort."""
    await _deployed(stage, [weight(50), weight(75), PAUSE], dynamic=True)
    await stage.paused()
    await stage.plugin("abort", NAME)
    await stage.aborted()
    await stage.scaled({1: 4, 2: 0})


@scenario()
async def traffic_canary_scale(stage: Stage) -> None:
    """Steps that set the number of canary pods apart from the weight."""
    replicas = {"setCanaryScale": {"replicas": 3}}
    percent = {"setCanaryScale": {"weight": 50}}
    matching = {"setCanaryScale": {"matchTrafficWeight": True}}
    await _deployed(stage, [replicas, weight(25), percent, pause(1), matching, weight(60)])
    await stage.completed(2)
    await stage.scaled({1: 0, 2: 4})
