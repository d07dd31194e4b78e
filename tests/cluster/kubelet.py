"""Plays scheduler and kubelet: every pod is bound to a made-up node and its status is written.

A pod is Running and ready a moment after it appears, unless its annotations say otherwise:
`fake/delay` seconds until then; `fake/ready: "false"` never, `fake/ready-first: "1"` only the first
pod of its template; `fake/run` seconds until a pod of a Job ends, with exit code `fake/exit`.

`python -m tests.cluster.kubelet KUBECONFIG`
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import itertools
import sys
from pathlib import Path
from typing import Any

import aiohttp

from tests.cluster import api

NODE = "made-up"

DELAY_S = 0.25
RUN_S = 0.5
TERMINATION_S = 0.3

Object = dict[str, Any]


class Kubelet:
    """One node that runs every pod."""

    def __init__(self, client: api.Api) -> None:
        self._client = client
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._addresses = (
            f"10.{a}.{b}.{c}"
            for a, b, c in itertools.product(range(1, 255), range(255), range(1, 255))
        )
        self._templates: dict[str, int] = {}

    async def run(self) -> None:
        """Serve until cancelled; a watch that ends is begun again."""
        with contextlib.suppress(api.RefusedError):
            await self._client.create(
                {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}
            )
        while True:
            with contextlib.suppress(OSError, api.RefusedError, aiohttp.ClientError):
                await self._follow()
            await asyncio.sleep(0.3)

    async def _follow(self) -> None:
        listed = await self._client.request("GET", api.path("Pod"))
        for pod in listed["items"]:
            self._see(pod)
        version = listed["metadata"]["resourceVersion"]
        query = f"watch=1&resourceVersion={version}&allowWatchBookmarks=true"
        async for event in self._client.watch(f"{api.path('Pod')}?{query}"):
            if event["type"] == "ERROR":
                return
            if event["type"] in {"ADDED", "MODIFIED"}:
                self._see(event["object"])

    def _see(self, pod: Object) -> None:
        """Begin what a pod needs: a life, or an end."""
        uid = pod["metadata"]["uid"]
        deleted = "deletionTimestamp" in pod["metadata"]
        key = f"{uid}/{'end' if deleted else 'life'}"
        if key in self._tasks:
            return
        if deleted and (life := self._tasks.get(f"{uid}/life")):
            life.cancel()
        self._tasks[key] = asyncio.create_task(self._tend(pod, deleted=deleted))

    async def _tend(self, pod: Object, *, deleted: bool) -> None:
        try:
            await (self._end(pod) if deleted else self._live(pod))
        except api.RefusedError as refusal:
            if refusal.status not in {404, 409}:  # it is gone, or another of its name is there
                raise

    async def _live(self, pod: Object) -> None:
        wishes = pod["metadata"].get("annotations") or {}
        if not pod["spec"].get("nodeName"):
            await self._bind(pod)
        await asyncio.sleep(float(wishes.get("fake/delay", DELAY_S)))
        ip = pod.get("status", {}).get("podIP") or next(self._addresses)
        await self._write(pod, _running(pod, ip, ready=self._ready(pod, wishes)))
        if any(owner["kind"] == "Job" for owner in pod["metadata"].get("ownerReferences", ())):
            await asyncio.sleep(float(wishes.get("fake/run", RUN_S)))
            await self._write(pod, _ended(pod, int(wishes.get("fake/exit", "0"))))

    def _ready(self, pod: Object, wishes: Object) -> bool:
        template = (pod["metadata"].get("labels") or {}).get("rollouts-pod-template-hash", "")
        key = f"{pod['metadata']['namespace']}/{template}"
        self._templates[key] = number = self._templates.get(key, 0) + 1
        if first := wishes.get("fake/ready-first"):
            return number <= int(first)
        return wishes.get("fake/ready") != "false"

    async def _bind(self, pod: Object) -> None:
        meta = {"name": pod["metadata"]["name"], "namespace": pod["metadata"]["namespace"]}
        target = {"apiVersion": "v1", "kind": "Node", "name": NODE}
        binding = {"apiVersion": "v1", "kind": "Binding", "metadata": meta, "target": target}
        await self._client.request("POST", f"{_path(pod)}/binding", binding)

    async def _write(self, pod: Object, status: Object) -> None:
        await self._client.request(
            "PATCH", f"{_path(pod)}/status", {"status": status}, api.STRATEGIC
        )

    async def _end(self, pod: Object) -> None:
        await asyncio.sleep(TERMINATION_S)
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}}
        meta = pod["metadata"]
        await self._client.delete("Pod", meta["name"], meta["namespace"], options)


def _path(pod: Object) -> str:
    return api.path("Pod", pod["metadata"]["namespace"], pod["metadata"]["name"])


def _running(pod: Object, ip: str, *, ready: bool) -> Object:
    """Return the status of a running pod. Its address never changes: the server refuses a second
    one in `podIPs`."""
    now = _now()
    state = {"running": {"startedAt": now}}
    return {
        "phase": "Running",
        "startTime": now,
        "hostIP": "127.0.0.1",
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "conditions": [
            _condition("PodScheduled", now, holds=True),
            _condition("Initialized", now, holds=True),
            _condition("ContainersReady", now, holds=ready),
            _condition("Ready", now, holds=ready),
        ],
        "containerStatuses": _containers(pod, state, ready=ready),
    }


def _ended(pod: Object, code: int) -> Object:
    now = _now()
    state = {"terminated": {"exitCode": code, "startedAt": now, "finishedAt": now}}
    return {
        "phase": "Failed" if code else "Succeeded",
        "conditions": [_condition("Ready", now, holds=False)],
        "containerStatuses": _containers(pod, state, ready=False),
    }


def _containers(pod: Object, state: Object, *, ready: bool) -> list[Object]:
    return [
        {
            "name": container["name"],
            "image": container["image"],
            "imageID": "",
            "ready": ready,
            "started": ready,
            "restartCount": 0,
            "state": state,
        }
        for container in pod["spec"]["containers"]
    ]


def _condition(kind: str, now: str, *, holds: bool) -> Object:
    return {"type": kind, "status": "True" if holds else "False", "lastTransitionTime": now}


def _now() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")  # noqa: TID251 - a node's own clock


async def main(kubeconfig: Path) -> None:
    """Serve the cluster of a kubeconfig."""
    async with api.connect(kubeconfig) as client:
        await Kubelet(client).run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
