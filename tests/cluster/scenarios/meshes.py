"""Canaries with traffic routing by Istio's objects, which no mesh reads: only writes count."""

from __future__ import annotations

from tests.cluster import istio, manifests
from tests.cluster.api import Object
from tests.cluster.manifests import NAME, PAUSE, pause, weight
from tests.cluster.scenarios.registry import scenario
from tests.cluster.stage import Stage

SHORT = {"scaleDownDelaySeconds": 1, "abortScaleDownDelaySeconds": 1}


async def _deployed(stage: Stage, steps: manifests.Steps, routing: Object, **how: str) -> None:
    service = {"virtualService": {"name": "way", "routes": ["primary"]}}
    strategy = {**SHORT, **how, "trafficRouting": {"istio": {**service, **routing}}}
    await stage.apply(manifests.canary(steps, replicas=4, strategy=strategy))
    await stage.completed()
    await stage.update()


async def _between_hosts(stage: Stage, steps: manifests.Steps) -> None:
    await stage.apply(*manifests.services())
    await stage.apply(istio.virtual_service({"host": "active"}, {"host": "preview"}))
    await _deployed(stage, steps, {}, stableService="active", canaryService="preview")


async def _weighs(stage: Stage, *wanted: int) -> None:
    await stage.api.until(
        "VirtualService",
        "way",
        stage.namespace,
        lambda service: istio.weights(service) == list(wanted),
        f"weights {wanted}",
    )


@scenario()
async def istio_between_hosts(stage: Stage) -> None:
    """Weights of a VirtualService move from one Service to the other, and back to the first."""
    await _between_hosts(stage, [weight(25), PAUSE, weight(75), pause(1)])
    await stage.paused()
    await _weighs(stage, 75, 25)
    await stage.promoted(2)
    await _weighs(stage, 100, 0)
    await stage.scaled({1: 0, 2: 4})


@scenario()
async def istio_aborted(stage: Stage) -> None:
    """Aborted at a weight: the VirtualService sends everything to the stable pods again."""
    await _between_hosts(stage, [weight(50), PAUSE])
    await stage.paused()
    await _weighs(stage, 50, 50)
    await stage.plugin("abort", NAME)
    await stage.aborted()
    await _weighs(stage, 100, 0)
    await stage.scaled({1: 4, 2: 0})


@scenario()
async def istio_between_subsets(stage: Stage) -> None:
    """Weights move between two subsets of one host, by a DestinationRule."""
    ways = ({"host": "active", "subset": name} for name in ("stable", "canary"))
    await stage.apply(
        *manifests.services(), istio.virtual_service(*ways), istio.destination_rule("active")
    )
    names = {"name": "way", "canarySubsetName": "canary", "stableSubsetName": "stable"}
    await _deployed(stage, [weight(20), PAUSE, weight(60)], {"destinationRule": names})
    await stage.paused()
    await _weighs(stage, 80, 20)
    await stage.promoted(2)
    await stage.scaled({1: 0, 2: 4})
