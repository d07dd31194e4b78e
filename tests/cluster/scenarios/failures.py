"""Canaries that do not go well: aborts, retries, deadlines, deletion."""

from __future__ import annotations

from typing import Any

from tests.cluster import manifests
from tests.cluster.manifests import NAME, PAUSE, pause, weight
from tests.cluster.scenarios.registry import scenario
from tests.cluster.stage import Stage, reason_of

GATED = [weight(50), PAUSE, weight(80)]
TIMED_OUT = "ProgressDeadlineExceeded"


async def _at_gate(stage: Stage) -> None:
    await stage.apply(manifests.canary(GATED, replicas=2))
    await stage.completed()
    await stage.update()
    await stage.paused()


@scenario()
async def abort_at_gate(stage: Stage) -> None:
    """Aborted at the gate."""
    await _at_gate(stage)
    await stage.plugin("abort", NAME)
    await stage.aborted()
    await stage.scaled({1: 2, 2: 0})


@scenario()
async def abort_then_retry(stage: Stage) -> None:
    """Aborted at the gate, retried, and promoted at the same gate."""
    await _at_gate(stage)
    await stage.plugin("abort", NAME)
    await stage.aborted()
    await stage.plugin("retry", "rollout", NAME)
    await stage.paused()
    await stage.promoted(2)


@scenario()
async def abort_retry_abort(stage: Stage) -> None:
    """Aborted, retried and aborted again as fast as it goes: each is an abort."""
    await _at_gate(stage)
    for _ in range(3):
        await stage.plugin("abort", NAME)
        await stage.aborted()
        await stage.plugin("retry", "rollout", NAME)
        await stage.paused()
    await stage.plugin("abort", NAME)
    await stage.aborted()


@scenario()
async def abort_then_rollback(stage: Stage) -> None:
    """Aborted, then the template goes back to the stable one."""
    await _at_gate(stage)
    await stage.plugin("abort", NAME)
    await stage.aborted()
    await stage.update("v1")
    await stage.completed(3)


@scenario()
async def abort_then_promote_full(stage: Stage) -> None:
    """Aborted, then promoted in full all the same."""
    await _at_gate(stage)
    await stage.plugin("abort", NAME)
    await stage.aborted()
    await stage.plugin("promote", NAME, "--full")
    await stage.completed(2)


@scenario()
async def abort_when_nothing_moves(stage: Stage) -> None:
    """An abort of a Rollout that is fully promoted: taken back silently."""
    await stage.apply(manifests.canary(GATED, replicas=2))
    await stage.completed()
    await stage.patch({"status": {"abort": True}}, subresource="status")
    await stage.until(lambda r: not r["status"].get("abort"), "abort taken back")


@scenario(
    repeats={"on-rollout-aborted": 1},
    why="spec/transitions.md 9.2, row 20: the same abort, told again by an edit",
)
async def abort_then_template_and_replicas(stage: Stage) -> None:
    """Aborted, then one edit changes template and replicas: upstream tells the abort again."""
    await _at_gate(stage)
    await stage.plugin("abort", NAME)
    await stage.aborted()
    await stage.scaled({2: 0})
    template = manifests.pods("demo:v3")
    await stage.patch({"spec": {"replicas": 3, "template": template}})
    await stage.at_revision(3)
    await stage.paused()
    await stage.promoted(3)


@scenario(
    repeats={"on-rollout-aborted": 1},
    why="spec/transitions.md 1.10: upstream tells an abort by deadline twice",
)
async def deadline_with_abort(stage: Stage) -> None:
    """Pods that never get ready, `progressDeadlineAbort`."""
    spec: dict[str, Any] = {"progressDeadlineSeconds": 4, "progressDeadlineAbort": True}
    await stage.apply(manifests.canary([weight(50), pause(1)], **spec))
    await stage.completed()
    await _break(stage)
    await stage.aborted()
    await stage.scaled({2: 0})


@scenario()
async def deadline_without_abort(stage: Stage) -> None:
    """Pods that never get ready, then a version that does: the deadline itself tells nothing."""
    steps = [weight(50), pause(1)]
    await stage.apply(manifests.canary(steps, progressDeadlineSeconds=4))
    await stage.completed()
    await _break(stage)
    await stage.until(lambda r: reason_of(r) == TIMED_OUT, "deadline passed")
    await stage.patch({"spec": {"template": manifests.pods("demo:v3", fake_ready="true")}})
    await stage.completed(3)


@scenario()
async def deadline_of_first_deploy(stage: Stage) -> None:
    """A first version that never gets ready: completed it is, all the same."""
    template = manifests.pods(fake_ready="false")
    await stage.apply(manifests.canary(GATED, template=template, progressDeadlineSeconds=3))
    await stage.until(lambda r: reason_of(r) == TIMED_OUT, "deadline passed")


@scenario(counted=False)
async def delete_then_recreate(stage: Stage) -> None:
    """Deleted at the gate and created again under the same name."""
    await _at_gate(stage)
    await stage.delete()
    await stage.scaled({})
    await stage.apply(manifests.canary([weight(50), pause(1)]))
    await stage.completed(1)
    await stage.update()
    await stage.completed(2)


@scenario()
async def invalid_for_a_while(stage: Stage) -> None:
    """An invalid spec written and repaired: no trigger."""
    await stage.apply(manifests.canary([weight(50), pause(1)]))
    await stage.completed()
    await stage.patch({"spec": {"strategy": {"canary": {"maxSurge": 0, "maxUnavailable": 0}}}})
    await stage.until(lambda r: r["status"].get("phase") == "Degraded", "invalid")
    await stage.patch({"spec": {"strategy": {"canary": {"maxSurge": 1, "maxUnavailable": None}}}})
    await stage.completed()


async def _break(stage: Stage) -> None:
    template = manifests.pods("demo:v2", fake_ready="false")
    await stage.patch({"spec": {"template": template}})
    await stage.at_revision(2)
