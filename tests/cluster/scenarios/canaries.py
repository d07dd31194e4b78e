"""Canaries that go well, and what people do to them on the way."""

from __future__ import annotations

from tests.cluster import manifests
from tests.cluster.manifests import NAME, PAUSE, pause, weight
from tests.cluster.scenarios.registry import scenario
from tests.cluster.stage import Stage

GATED = [weight(50), PAUSE, weight(80)]


@scenario()
async def canary_initial(stage: Stage) -> None:
    """First deploy of a canary with steps."""
    await stage.apply(manifests.canary([weight(20), PAUSE]))
    await stage.completed()


@scenario()
async def canary_timed_pause(stage: Stage) -> None:
    """Update through a weight and a timed pause."""
    await stage.apply(manifests.canary([weight(50), pause(1)]))
    await stage.completed()
    await stage.update()
    await stage.completed(2)


@scenario()
async def canary_manual_gate(stage: Stage) -> None:
    """Update that waits for a person, who promotes it."""
    await stage.apply(manifests.canary(GATED, replicas=2))
    await stage.completed()
    await stage.update()
    await stage.paused()
    await stage.promoted(2)


@scenario()
async def canary_promote_full(stage: Stage) -> None:
    """Promoted in full at the gate: no further step."""
    await stage.apply(manifests.canary([weight(50), PAUSE, weight(70), PAUSE], replicas=2))
    await stage.completed()
    await stage.update()
    await stage.paused()
    await stage.plugin("promote", NAME, "--full")
    await stage.completed(2)


@scenario()
async def canary_promote_full_timed(stage: Stage) -> None:
    """Promoted in full during a long timed pause."""
    await stage.apply(manifests.canary([weight(50), pause(600)], replicas=2))
    await stage.completed()
    await stage.update()
    await stage.paused()
    await stage.plugin("promote", NAME, "--full")
    await stage.completed(2)


@scenario()
async def canary_skip_all_steps(stage: Stage) -> None:
    """All steps skipped at the gate."""
    await stage.apply(manifests.canary(GATED, replicas=2))
    await stage.completed()
    await stage.update()
    await stage.paused()
    await stage.plugin("promote", NAME, "--skip-all-steps")
    await stage.completed(2)


@scenario()
async def canary_new_template_at_gate(stage: Stage) -> None:
    """A newer version replaces the one that waits."""
    await stage.apply(manifests.canary(GATED, replicas=2))
    await stage.completed()
    await stage.update()
    await stage.paused()
    second = await stage.template()
    await stage.update("v3")
    await stage.template_is_not(second)
    await stage.at_step(1)
    await stage.paused()
    await stage.promoted(3)


@scenario()
async def canary_rollback_to_stable(stage: Stage) -> None:
    """Back to the stable version from the gate: nothing completes, stable never changed."""
    await stage.apply(manifests.canary(GATED, replicas=2))
    await stage.completed()
    await stage.update()
    await stage.paused()
    await stage.plugin("undo", NAME)
    await stage.completed(3)


@scenario()
async def canary_rollback_beyond(stage: Stage) -> None:
    """Back to a version older than the stable one: the steps run again."""
    await stage.apply(manifests.canary([weight(50), pause(1)]))
    for revision, version in enumerate(("v1", "v2", "v3"), 1):
        if revision > 1:
            await stage.update(version)
        await stage.completed(revision)
    await stage.plugin("undo", NAME, "--to-revision=1")
    await stage.completed(4)


@scenario()
async def canary_rollback_window(stage: Stage) -> None:
    """Back within the rollback window: the only step is skipped, so none is completed."""
    window = {"revisions": 3}
    await stage.apply(manifests.canary([pause(1)], rollbackWindow=window))
    await stage.completed()
    await stage.aged()
    await stage.update()
    await stage.completed(2)
    await stage.plugin("undo", NAME)
    await stage.completed(3)


@scenario()
async def canary_without_steps(stage: Stage) -> None:
    """Ten replicas without steps, back to the first version half way."""
    surge = {"maxSurge": "20%", "maxUnavailable": 0}
    await stage.apply(manifests.canary(replicas=10, strategy=surge))
    await stage.completed()
    await stage.update()
    await stage.until(lambda r: r["status"].get("updatedReplicas", 0) >= 4, "half way")
    await stage.update("v1")
    await stage.completed(3)


@scenario()
async def canary_quick_steps(stage: Stage) -> None:
    """Many weights in quick succession, several in one second."""
    await stage.apply(manifests.canary([weight(10 * step) for step in range(1, 9)]))
    await stage.completed()
    await stage.update()
    await stage.completed(2)


@scenario()
async def canary_adjacent_pauses(stage: Stage) -> None:
    """Two timed pauses directly after one another."""
    await stage.apply(manifests.canary([pause(1), pause(1), weight(50)]))
    await stage.completed()
    await stage.update()
    await stage.completed(2)


@scenario()
async def canary_scaled(stage: Stage) -> None:
    """Scaled while stable, at the gate, to nothing and back."""
    await stage.apply(manifests.canary(GATED, replicas=2))
    await stage.completed()
    await stage.patch({"spec": {"replicas": 4}}, subresource="scale")
    await stage.scaled({1: 4})
    await stage.completed()
    await stage.update()
    await stage.paused()
    await stage.patch({"spec": {"replicas": 6}}, subresource="scale")
    await stage.scaled({1: 3, 2: 3})
    await stage.promoted(2)
    await stage.patch({"spec": {"replicas": 0}}, subresource="scale")
    await stage.scaled({2: 0})
    await stage.patch({"spec": {"replicas": 2}}, subresource="scale")
    await stage.scaled({2: 2})
    await stage.completed()


@scenario()
async def canary_restarted(stage: Stage) -> None:
    """All pods restarted: nothing that a trigger tells."""
    await stage.apply(manifests.canary(GATED, replicas=2))
    await stage.completed()
    await stage.plugin("restart", NAME)
    await stage.until(lambda r: r["status"].get("restartedAt"), "restarted")
    await stage.completed()


@scenario()
async def canary_paused_by_spec(stage: Stage) -> None:
    """`spec.paused` set and unset, while stable and before a version: no trigger for it."""
    await stage.apply(manifests.canary([weight(50), pause(1)]))
    await stage.completed()
    await stage.patch({"spec": {"paused": True}})
    await stage.until(lambda r: r["status"].get("phase") == "Paused", "paused by its spec")
    await stage.update()
    await stage.at_revision(2)
    await stage.patch({"spec": {"paused": False}})
    await stage.completed(2)


@scenario()
async def canary_synced_meanwhile(stage: Stage) -> None:
    """A GitOps controller applies the same manifest all the time, through gate and promotion."""
    first = manifests.canary(GATED, replicas=2)
    second = manifests.canary(GATED, replicas=2, template=manifests.pods("demo:v2"))
    async with stage.synced(first):
        await stage.completed()
    async with stage.synced(second):
        await stage.paused()
        await stage.promoted(2)
    async with stage.synced(first):
        await stage.paused()
        await stage.plugin("abort", NAME)
        await stage.aborted()


@scenario(
    repeats={"on-rollout-updated": 1},
    why="spec/transitions.md 1.3: upstream tells a restored annotation as an update",
)
async def canary_revision_stripped(stage: Stage) -> None:
    """The revision annotation is taken away at the gate, and restored by the controller."""
    await stage.apply(manifests.canary(GATED, replicas=2))
    await stage.completed()
    await stage.update()
    await stage.paused()
    await stage.patch({"metadata": {"annotations": {"rollout.argoproj.io/revision": None}}})
    await stage.at_revision(2)
    await stage.promoted(2)


@scenario()
async def canary_steps_edited_at_gate(stage: Stage) -> None:
    """Other steps at the gate: they start again from the first."""
    await stage.apply(manifests.canary(GATED, replicas=2))
    await stage.completed()
    await stage.update()
    await stage.paused()
    steps = [weight(20), PAUSE]
    await stage.patch({"spec": {"strategy": {"canary": {"steps": steps}}}})
    await stage.paused()
    await stage.at_step(1)
    await stage.promoted(2)


@scenario()
async def canary_edited_while_stable(stage: Stage) -> None:
    """Labels, annotations, steps and `minReadySeconds` edited while stable: no trigger."""
    await stage.apply(manifests.canary(GATED, replicas=2))
    await stage.completed()
    await stage.patch({"metadata": {"labels": {"team": "red"}, "annotations": {"note": "x"}}})
    await stage.patch({"spec": {"strategy": {"canary": {"steps": [weight(20), PAUSE]}}}})
    await stage.completed()
    await stage.patch({"spec": {"minReadySeconds": 1}})
    await stage.completed()
