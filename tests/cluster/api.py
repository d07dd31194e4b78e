"""The API server as a test's hands see it: get, apply, patch, delete, and waiting for a state."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

Object = dict[str, Any]

PLURALS: Mapping[str, str] = {
    "AnalysisRun": "apis/argoproj.io/v1alpha1 analysisruns",
    "AnalysisTemplate": "apis/argoproj.io/v1alpha1 analysistemplates",
    "ClusterRole": "apis/rbac.authorization.k8s.io/v1 clusterroles",
    "ClusterRoleBinding": "apis/rbac.authorization.k8s.io/v1 clusterrolebindings",
    "ConfigMap": "api/v1 configmaps",
    "CustomResourceDefinition": "apis/apiextensions.k8s.io/v1 customresourcedefinitions",
    "Deployment": "apis/apps/v1 deployments",
    "DestinationRule": "apis/networking.istio.io/v1alpha3 destinationrules",
    "Experiment": "apis/argoproj.io/v1alpha1 experiments",
    "FlowSchema": "apis/flowcontrol.apiserver.k8s.io/v1 flowschemas",
    "Ingress": "apis/networking.k8s.io/v1 ingresses",
    "Job": "apis/batch/v1 jobs",
    "Namespace": "api/v1 namespaces",
    "Node": "api/v1 nodes",
    "Pod": "api/v1 pods",
    "PriorityLevelConfiguration": (
        "apis/flowcontrol.apiserver.k8s.io/v1 prioritylevelconfigurations"
    ),
    "ReplicaSet": "apis/apps/v1 replicasets",
    "Role": "apis/rbac.authorization.k8s.io/v1 roles",
    "RoleBinding": "apis/rbac.authorization.k8s.io/v1 rolebindings",
    "Rollout": "apis/argoproj.io/v1alpha1 rollouts",
    "Secret": "api/v1 secrets",
    "Service": "api/v1 services",
    "ServiceAccount": "api/v1 serviceaccounts",
    "VirtualService": "apis/networking.istio.io/v1alpha3 virtualservices",
}
"""Where each kind lives: prefix and plural."""

MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"
APPLY = "application/apply-patch+yaml"


class RefusedError(Exception):
    """The server's answer was no; `status` is its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Api:
    """A client with one identity. Use `connect`."""

    def __init__(self, session: aiohttp.ClientSession, server: str) -> None:
        self._session = session
        self._server = server

    async def request(
        self, method: str, path: str, body: Any = None, content: str = "application/json"
    ) -> Any:
        """Send a request and return the JSON. Raises `RefusedError`."""
        data = None if body is None else json.dumps(body).encode()
        return await self.send(method, path, data, content)

    async def send(
        self,
        method: str,
        path: str,
        data: bytes | AsyncIterator[bytes] | None,
        content: str = "application/json",
    ) -> Any:
        """Send a request with these bytes and return the JSON. Raises `RefusedError`."""
        headers = {"Content-Type": content}
        url = f"{self._server}/{path}"
        async with self._session.request(method, url, data=data, headers=headers) as answer:
            text = await answer.text()
            if answer.status >= 400:
                raise RefusedError(answer.status, text[:1500])
            return json.loads(text) if text[:1] == "{" else text

    async def watch(self, path: str) -> AsyncIterator[Object]:
        """Yield the events of a watch until the server ends it."""
        timeout = aiohttp.ClientTimeout(total=None)
        async with self._session.get(f"{self._server}/{path}", timeout=timeout) as answer:
            if answer.status >= 400:
                raise RefusedError(answer.status, (await answer.text())[:1500])
            async for line in answer.content:
                yield json.loads(line)

    async def get(self, kind: str, name: str, namespace: str = "") -> Object:
        """GET one object. Raises `RefusedError`."""
        found: Object = await self.request("GET", path(kind, namespace, name))
        return found

    async def list(self, kind: str, namespace: str = "", query: str = "") -> list[Object]:
        """LIST, of one namespace or of all."""
        answer = await self.request("GET", f"{path(kind, namespace)}?{query}")
        found: list[Object] = answer["items"]
        return found

    async def apply(self, obj: Object, *, manager: str = "kubectl") -> Object:
        """Server-side apply, by force."""
        meta = obj["metadata"]
        where = path(obj["kind"], meta.get("namespace", ""), meta["name"])
        query = f"fieldManager={manager}&force=true"
        applied: Object = await self.request("PATCH", f"{where}?{query}", obj, APPLY)
        return applied

    async def create(self, obj: Object) -> Object:
        """POST one object."""
        where = path(obj["kind"], obj["metadata"].get("namespace", ""))
        created: Object = await self.request("POST", where, obj)
        return created

    async def patch(
        self,
        kind: str,
        name: str,
        namespace: str,
        body: Object,
        *,
        subresource: str = "",
        manager: str = "driver",
        content: str = MERGE,
    ) -> Object:
        """Patch an object or a subresource of it."""
        where = path(kind, namespace, name) + (f"/{subresource}" if subresource else "")
        answer: Object = await self.request(
            "PATCH", f"{where}?fieldManager={manager}", body, content
        )
        return answer

    async def delete(
        self, kind: str, name: str, namespace: str = "", options: Object | None = None
    ) -> None:
        """DELETE one object, with options such as its propagation policy."""
        await self.request("DELETE", path(kind, namespace, name), options or {})

    async def until(
        self,
        kind: str,
        name: str,
        namespace: str,
        holds: Callable[[Object], Any],
        what: str,
        seconds: float = 60.0,
    ) -> Object:
        """Wait until an object is as wished and return it. Fails, showing its status, if not."""
        ends = time.monotonic() + seconds
        while True:
            try:
                found = await self.get(kind, name, namespace)
            except RefusedError as refusal:
                found = {"status": str(refusal)}
            else:
                if holds(found):
                    return found
            assert time.monotonic() < ends, (
                f"{namespace}/{name} not within {seconds:g} s: {what}; {found.get('status')}"
            )
            await asyncio.sleep(0.1)


def path(kind: str, namespace: str = "", name: str = "") -> str:
    """Return the path of a collection or an object."""
    prefix, plural = PLURALS[kind].split()
    parts = [prefix, *(("namespaces", namespace) if namespace else ()), plural]
    return "/".join([*parts, name] if name else parts)


@asynccontextmanager
async def connect(kubeconfig: Path) -> AsyncIterator[Api]:
    """Give a client with the identity of a kubeconfig that we wrote."""
    document = yaml.safe_load(kubeconfig.read_text())  # noqa: ASYNC240 - a small file, once
    cluster, user = document["clusters"][0]["cluster"], document["users"][0]["user"]
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    tls = ssl.create_default_context(cadata=authority)
    headers = {}
    if "token" in user:
        headers["Authorization"] = f"Bearer {user['token']}"
    else:
        pair = kubeconfig.with_suffix(".crt"), kubeconfig.with_suffix(".key")
        tls.load_cert_chain(*pair)
    connector = aiohttp.TCPConnector(ssl=tls, limit=0)
    async with aiohttp.ClientSession(
        connector=connector, headers=headers, read_bufsize=2**22
    ) as session:
        yield Api(session, cluster["server"])
