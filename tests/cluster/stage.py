"""Where one scenario plays: a namespace, hands that act, and eyes that wait for a state."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web

from tests.cluster import events, manifests
from tests.cluster.api import Object, path
from tests.cluster.control_plane import ControlPlane, namespace

ARGO_CD = "argocd-controller"
"""The field manager of a GitOps sync."""


class Stage:
    """One namespace with one Rollout. Everything waits on its state, never on time."""

    def __init__(self, plane: ControlPlane, name: str, metrics: MetricServer) -> None:
        self.plane = plane
        self.api = plane.api
        self.namespace = name
        self._metrics = metrics
        self.metric_url = f"{metrics.url}/{name}"

    async def open(self) -> None:
        """Make the namespace."""
        await self.api.apply(namespace(self.namespace))

    # --- hands --------------------------------------------------------------------------------

    async def apply(self, *objects: Object, manager: str = "kubectl") -> None:
        """Apply manifests in this namespace."""
        for obj in objects:
            placed = {**obj, "metadata": {**obj["metadata"], "namespace": self.namespace}}
            await self.api.apply(placed, manager=manager)

    async def plugin(self, *arguments: str) -> None:
        """Run the kubectl plugin here."""
        await self.plane.plugin("-n", self.namespace, *arguments)

    async def update(self, version: str = "v2") -> None:
        """Set another image with the plugin."""
        await self.plugin("set", "image", manifests.NAME, f"app=demo:{version}")

    async def patch(self, body: Object, **how: Any) -> None:
        """Merge into the Rollout, or into a subresource of it."""
        await self.api.patch("Rollout", manifests.NAME, self.namespace, body, **how)

    async def delete(self, kind: str = "Rollout", name: str = manifests.NAME) -> None:
        """Delete an object and what it owns."""
        options = {"propagationPolicy": "Background"}
        await self.api.delete(kind, name, self.namespace, options)

    def metric(self, value: float | None) -> None:
        """Set what the metric server answers here; None is an error."""
        self._metrics.values[self.namespace] = value

    @contextlib.asynccontextmanager
    async def synced(self, manifest: Object) -> AsyncIterator[None]:
        """Apply a manifest again and again meanwhile, as a GitOps controller does."""
        tracked = {**manifest, "metadata": {**manifest["metadata"]}}
        tracked["metadata"]["annotations"] = {"argocd.argoproj.io/tracking-id": "demo:argoproj.io"}

        async def sync() -> None:
            while True:
                await self.apply(tracked, manager=ARGO_CD)
                await asyncio.sleep(0.2)

        syncing = asyncio.create_task(sync())
        try:
            yield
        finally:
            syncing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await syncing

    # --- eyes ---------------------------------------------------------------------------------

    async def until(
        self, holds: Callable[[Object], Any], what: str, seconds: float = 60.0
    ) -> Object:
        """Wait until the Rollout is as wished and its controller has seen its newest version."""

        def settled(rollout: Object) -> bool:
            status = rollout.get("status", {})
            seen = str(rollout["metadata"]["generation"]) == status.get("observedGeneration")
            return seen and bool(holds(rollout))

        return await self.api.until(
            "Rollout", manifests.NAME, self.namespace, settled, what, seconds
        )

    async def versions(self) -> AsyncIterator[Object]:
        """Yield the Rollout as it is, and then each version of it."""
        rollout = await self.api.get("Rollout", manifests.NAME, self.namespace)
        yield rollout
        since = rollout["metadata"]["resourceVersion"]
        where = path("Rollout", self.namespace)
        async for event in self.api.watch(f"{where}?watch=1&resourceVersion={since}"):
            yield event["object"]

    async def jobs_ended(self) -> None:
        """Wait until every Job here has ended."""

        async def ended() -> bool:
            jobs = await self.api.list("Job", self.namespace)
            return bool(jobs) and all(job["status"].get("completionTime") for job in jobs)

        await eventually(ended, f"{self.namespace}: jobs ended")

    async def completed(self, revision: int | None = None) -> None:
        """Wait until the current template is the stable one and healthy."""
        await self.until(lambda r: _is_completed(r, revision), f"completed {revision or ''}")

    async def promoted(self, revision: int) -> None:
        """Promote at a gate and wait until that is completed. As a person would, promote again if
        the controller pauses again: it was just about to write when the first one came."""
        while True:
            await self.plugin("promote", manifests.NAME)
            found = await self.until(
                lambda r: _is_completed(r, revision) or r["status"].get("pauseConditions"),
                f"promoted to {revision}",
            )
            if _is_completed(found, revision):
                return

    async def paused(self, reason: str = "") -> None:
        """Wait until the controller pauses, for any reason or for this one."""
        await self.until(
            lambda r: any(
                reason in {"", one["reason"]} for one in r["status"].get("pauseConditions") or ()
            ),
            f"paused {reason}",
        )

    async def aborted(self) -> None:
        """Wait until the controller has aborted."""
        await self.until(
            lambda r: r["status"].get("abort") and reason_of(r) == "RolloutAborted", "aborted"
        )

    async def at_step(self, index: int) -> None:
        """Wait until the current step is this one."""
        await self.until(lambda r: r["status"].get("currentStepIndex") == index, f"step {index}")

    async def at_revision(self, revision: int) -> None:
        """Wait until the revision annotation has this number. Changes behind a `workloadRef` do
        not change the generation, so nothing else tells."""
        await self.until(lambda r: revision_of(r) == revision, f"revision {revision}")

    async def template_is_not(self, *hashes: str) -> None:
        """Wait until the controller works on another pod template than these."""
        await self.until(
            lambda r: r["status"].get("currentPodHash") not in {None, *hashes}, "another template"
        )

    async def template(self) -> str:
        """Return the hash of the pod template that the controller works on."""
        rollout = await self.api.get("Rollout", manifests.NAME, self.namespace)
        current: str = rollout["status"]["currentPodHash"]
        return current

    async def running(self, slot: str) -> None:
        """Wait until the analysis of a slot runs, such as `canary.currentStepAnalysisRunStatus`."""
        strategy, field_name = slot.split(".")
        await self.until(
            lambda r: (
                (r["status"].get(strategy, {}).get(field_name) or {}).get("status") == "Running"
            ),
            f"{slot} runs",
        )

    async def scaled(self, counts: Mapping[int, int]) -> None:
        """Wait until the ReplicaSets of these revisions have these numbers of replicas."""

        async def found() -> dict[int, int]:
            listed = await self.api.list("ReplicaSet", self.namespace)
            return {revision_of(one): one["spec"].get("replicas", 0) for one in listed}

        await eventually(lambda: _has(found, counts), f"{self.namespace}: replicas {counts}")

    async def aged(self) -> None:
        """Wait until a ReplicaSet that comes now is younger than all others. Times of creation have
        whole seconds, and by them the controller tells the way back from the way on."""

        async def all_older() -> bool:
            listed = await self.api.list("ReplicaSet", self.namespace)
            newest = max(one["metadata"]["creationTimestamp"] for one in listed)
            return time.time() >= datetime.fromisoformat(newest).timestamp() + 1  # noqa: TID251 - of the server, on this machine

        await eventually(all_older, f"{self.namespace}: a second is over")

    async def told(self, trigger: str) -> None:
        """Wait until the controller has told of it: it writes the status first, and if it is killed
        between the two, its log lacks what happened."""
        log, key = self.plane.log("rollouts-controller"), (self.namespace, manifests.NAME)

        async def is_told() -> bool:
            return any(one.trigger == trigger for one in events.emitted(log).get(key, ()))

        await eventually(is_told, f"{self.namespace}: the controller tells {trigger}")


def _is_completed(rollout: Object, revision: int | None) -> bool:
    status = rollout["status"]
    stable = status.get("stableRS") == status.get("currentPodHash")
    right = revision in {None, revision_of(rollout)}
    return stable and right and status.get("phase") == "Healthy"


async def _has(found: Callable[[], Awaitable[dict[int, int]]], counts: Mapping[int, int]) -> bool:
    return (await found()).items() >= counts.items()


async def eventually(
    holds: Callable[[], Awaitable[bool]], what: str, seconds: float = 60.0
) -> None:
    """Wait until something holds. Fails, naming `what`, if it does not in time."""
    async with asyncio.timeout(seconds) as limit:
        try:
            while not await holds():  # noqa: ASYNC110 - asks a server, which tells nothing
                await asyncio.sleep(0.15)
        except asyncio.CancelledError:
            assert not limit.expired(), f"not within {seconds:g} s: {what}"
            raise


def revision_of(obj: Object) -> int:
    """Return the revision of a Rollout or a ReplicaSet, 0 if it has none."""
    annotations = obj["metadata"].get("annotations") or {}
    return int(annotations.get("rollout.argoproj.io/revision", 0))


def reason_of(rollout: Object) -> str:
    """Return the reason of the Progressing condition."""
    conditions = rollout.get("status", {}).get("conditions", ())
    return next((one["reason"] for one in conditions if one["type"] == "Progressing"), "")


@dataclass
class MetricServer:
    """Answers web metrics on loopback: one value per path, HTTP 500 for None."""

    values: dict[str, float | None] = field(default_factory=dict)
    url: str = ""

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[MetricServer]:
        """Listen on a free port meanwhile."""
        runner = web.ServerRunner(web.Server(self._answer), access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        value = self.values.get(request.path.strip("/"))
        return web.Response(status=500) if value is None else web.json_response({"value": value})


def secret(name: str, namespace: str, **values: str) -> Object:
    """Return the manifest of a Secret."""
    data = {key: base64.b64encode(text.encode()).decode() for key, text in values.items()}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "data": data,
    }
