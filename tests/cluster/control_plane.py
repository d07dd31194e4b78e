"""A control plane on loopback: etcd, kube-apiserver, kube-controller-manager, our kubelet, and the
Argo Rollouts controller with the CRDs and the rights that its release ships.

No controller that evicts pods from a node without heartbeats runs; the API server's own admission
(Pod Security included) does.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from tests.cluster import api, binaries, istio, pki, processes

CONTROLLER_NAMESPACE = "argo-rollouts"
CONTROLLER_USER = f"system:serviceaccount:{CONTROLLER_NAMESPACE}:argo-rollouts"
MANAGER_USER = "system:kube-controller-manager"

MANAGED = (
    "replicaset-controller",
    "deployment-controller",
    "job-controller",
    "endpointslice-controller",
    "endpoints-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "serviceaccount-controller",
    "disruption-controller",
    "ttl-after-finished-controller",
)
"""What kube-controller-manager runs: nothing that watches over nodes."""


@dataclass(frozen=True, slots=True)
class Ports:
    """One of each on loopback."""

    etcd: int
    etcd_peer: int
    server: int
    manager: int
    metrics: int
    health: int


class ControlPlane:
    """The processes, and a client with every right. Use `running`."""

    def __init__(self, programs: binaries.Programs, folder: Path) -> None:
        self.programs = programs
        self.folder = folder
        self.ports = Ports(*processes.free_ports(6))
        self.url = f"https://127.0.0.1:{self.ports.server}"
        self.authority = pki.Authority(folder)
        self._server_pair = self.authority.server()
        self._token_key = pki.token_key(folder)
        self.kubeconfig = self.authority.kubeconfig(self.url, "admin", "system:masters")
        self._running: dict[str, processes.Running] = {}
        self.api: api.Api

    # --- whole --------------------------------------------------------------------------------

    async def start(self) -> None:
        """Start everything, in the order in which each needs the others."""
        await self.start_etcd()
        await self.start_server()
        await self._grant()
        await self._start_manager()
        await self._install_rollouts()
        kubelet = [sys.executable, "-m", "tests.cluster.kubelet", str(self.kubeconfig)]
        await self._spawn("kubelet", kubelet)
        await self.start_controller()

    async def stop(self) -> None:
        """Kill everything, in reverse order; SIGTERM would wait for open watches."""
        for one in reversed(self._running.values()):
            await one.end()
        shutil.rmtree(self.folder / "etcd", ignore_errors=True)

    # --- parts --------------------------------------------------------------------------------

    async def start_etcd(self) -> None:
        """Start etcd. Its data is thrown away, so it need not be safe from a power cut."""
        client, peer = (
            f"http://127.0.0.1:{port}" for port in (self.ports.etcd, self.ports.etcd_peer)
        )
        flags = {
            "data-dir": self.folder / "etcd",
            "listen-client-urls": client,
            "advertise-client-urls": client,
            "listen-peer-urls": peer,
            "initial-advertise-peer-urls": peer,
            "initial-cluster": f"default={peer}",
            "watch-progress-notify-interval": "5s",  # as kubeadm sets it: bookmarks need it
        }
        command = [str(self.programs.etcd), *flag_list(flags), "--unsafe-no-fsync"]
        await self._spawn("etcd", command)

    async def start_server(self) -> None:
        """Start the API server and wait until it is ready."""
        flags = self.server_flags(self.ports.server, self._server_pair)
        server = await self._spawn(
            "kube-apiserver", [str(self.programs.apiserver), *flag_list(flags)]
        )
        await self._eventually(server, self._answers)

    def server_flags(self, port: int, pair: pki.Pair) -> dict[str, Any]:
        """Return how an API server of this control plane is started."""
        return {
            "etcd-servers": f"http://127.0.0.1:{self.ports.etcd}",
            "bind-address": "127.0.0.1",
            "advertise-address": "127.0.0.1",
            "secure-port": port,
            "endpoint-reconciler-type": "none",
            "service-cluster-ip-range": "10.0.0.0/24",
            "authorization-mode": "RBAC",
            "anonymous-auth": "false",
            "client-ca-file": self.authority.file,
            "tls-cert-file": pair.certificate,
            "tls-private-key-file": pair.key,
            "service-account-issuer": "https://kubernetes.default.svc",
            "service-account-key-file": self._token_key,
            "service-account-signing-key-file": self._token_key,
            "disable-admission-plugins": "ServiceAccount",  # refuses pods of a young namespace
            "enable-priority-and-fairness": "false",
            "feature-gates": "ListFromCacheSnapshot=false",  # pages expire when etcd compacts
        }

    async def stop_server(self) -> None:
        """Kill the API server: every connection to it ends at once."""
        await self._running.pop("kube-apiserver").end()

    async def start_controller(self) -> None:
        """Start the Argo Rollouts controller and wait until it leads its queues."""
        flags = {
            "kubeconfig": self.authority.kubeconfig(self.url, CONTROLLER_USER),
            "namespace": CONTROLLER_NAMESPACE,
            "leader-elect": "false",
            "logformat": "json",
            "loglevel": "info",
            "metricsPort": self.ports.metrics,
            "healthzPort": self.ports.health,
            "qps": 200,
            "burst": 400,
        }
        command = [str(self.programs.rollouts), *flag_list(flags)]
        log = self.log("rollouts-controller")
        begins = log.stat().st_size if log.exists() else 0
        controller = await self._spawn("rollouts-controller", command)
        await self._eventually(controller, lambda: self._controller_counts(begins))

    async def stop_controller(self, how: signal.Signals = signal.SIGKILL) -> None:
        """End the Argo Rollouts controller; its log goes on when it is started again."""
        await self._running.pop("rollouts-controller").end(how)

    async def compact(self) -> None:
        """Make etcd forget every version but the newest."""
        url = f"http://127.0.0.1:{self.ports.etcd}/v3/kv"
        async with aiohttp.ClientSession() as session:
            async with session.post(f"{url}/range", json={"key": "AA=="}) as answer:
                newest = (await answer.json())["header"]["revision"]
            order = {"revision": newest, "physical": True}
            async with session.post(f"{url}/compaction", json=order) as answer:
                answer.raise_for_status()

    def log(self, name: str) -> Path:
        """Return the file that a process writes to."""
        return self.folder / f"{name}.log"

    async def change_crd(self, plural: str) -> None:
        """Change a CRD of Argo Rollouts a little: the server ends all its watches and forgets the
        versions they stood at."""
        kind, name = "CustomResourceDefinition", f"{plural}.argoproj.io"
        versions = (await self.api.get(kind, name))["spec"]["versions"]
        columns = versions[0].setdefault("additionalPrinterColumns", [])
        note = {"type": "string", "jsonPath": ".metadata.annotations.note"}
        columns.append({"name": f"Note{len(columns)}", **note})
        await self.api.patch(kind, name, "", {"spec": {"versions": versions}})

    async def metrics(self) -> str:
        """Return the controller's metrics."""
        url = f"http://127.0.0.1:{self.ports.metrics}/metrics"
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.text()

    async def plugin(self, *arguments: str) -> str:
        """Run the real kubectl plugin."""
        command = [str(self.programs.plugin), "--kubeconfig", str(self.kubeconfig), *arguments]
        return await processes.run(*command)

    # --- inside -------------------------------------------------------------------------------

    async def _start_manager(self) -> None:
        flags = {
            "kubeconfig": self.authority.kubeconfig(self.url, MANAGER_USER),
            "bind-address": "127.0.0.1",
            "secure-port": self.ports.manager,
            "leader-elect": "false",
            "service-account-private-key-file": self._token_key,
            "root-ca-file": self.authority.file,
            "controllers": ",".join(MANAGED),
            "kube-api-qps": 200,
            "kube-api-burst": 400,
        }
        command = [str(self.programs.controller_manager), *flag_list(flags)]
        await self._spawn("kube-controller-manager", command)

    async def _grant(self) -> None:
        """Bind the controllers' users: the manager to everything, Argo Rollouts to its own role."""
        role = _documents(self.programs.manifests / "role" / "argo-rollouts-clusterrole.yaml")[0]
        await self.api.apply(role)
        await self.api.apply(binding("manager", "cluster-admin", MANAGER_USER))
        await self.api.apply(binding("argo", role["metadata"]["name"], CONTROLLER_USER))

    async def _install_rollouts(self) -> None:
        await self.api.apply(namespace(CONTROLLER_NAMESPACE))
        definitions = istio.definitions()
        for file in sorted((self.programs.manifests / "crds").glob("*-crd.yaml")):
            definitions += _documents(file)
        for crd in definitions:
            await self.api.apply(crd)
            await self.api.until(crd["kind"], crd["metadata"]["name"], "", _established, "CRD")

    async def _spawn(self, name: str, command: list[str]) -> processes.Running:
        running = await processes.start(name, command, self.log(name))
        self._running[name] = running
        return running

    async def _eventually(
        self, process: processes.Running, holds: Callable[[], Any], seconds: float = 60.0
    ) -> None:
        ends = time.monotonic() + seconds
        while True:
            try:
                await holds()
            except (OSError, aiohttp.ClientError, api.RefusedError, LookupError):
                assert not process.ended, f"{process.name} ended: {process.tail()}"
                assert time.monotonic() < ends, f"{process.name} is not ready: {process.tail()}"
            else:
                return
            await asyncio.sleep(0.2)

    async def _answers(self) -> None:
        await self.api.request("GET", "readyz")
        await self.api.get("Namespace", "kube-system")

    async def _controller_counts(self, begins: int) -> None:
        if b"Started rollout workers" not in self.log("rollouts-controller").read_bytes()[begins:]:
            raise LookupError
        await self.metrics()


@asynccontextmanager
async def running(programs: binaries.Programs, folder: Path) -> AsyncIterator[ControlPlane]:
    """Give a control plane that works; end every process of it afterwards."""
    plane = ControlPlane(programs, folder)
    async with AsyncExitStack() as stack:
        plane.api = await stack.enter_async_context(api.connect(plane.kubeconfig))
        stack.push_async_callback(plane.stop)
        await plane.start()
        yield plane


def namespace(name: str, **labels: str) -> api.Object:
    """Return the manifest of a namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def binding(name: str, role: str, user: str) -> api.Object:
    """Return the manifest that gives a user a ClusterRole."""
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": f"cluster-test-{name}"},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": group, "kind": "User", "name": user}],
    }


def _established(crd: api.Object) -> bool:
    conditions = crd.get("status", {}).get("conditions") or ()
    return any(one["type"] == "Established" and one["status"] == "True" for one in conditions)


def _documents(file: Path) -> list[api.Object]:
    return [document for document in yaml.safe_load_all(file.read_text()) if document]


def flag_list(flags: dict[str, Any]) -> list[str]:
    """Return flags as a command takes them."""
    return [f"--{name}={value}" for name, value in flags.items()]
