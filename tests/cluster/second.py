"""A second API server of the control plane, on the same etcd, that serves nobody else.

It has what would be in the way of everything else: a certificate authority of its own that is
replaced, and API priority and fairness, which refuses whom it is told to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from tests.cluster import api, pki, processes
from tests.cluster.control_plane import ControlPlane, binding, flag_list

USER = "second-observer"


class SecondServer:
    """The server, and how `USER` reaches it. Use `running`."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self._plane = plane
        self._folder = folder
        (port,) = processes.free_ports(1)
        self._port = port
        self.url = f"https://127.0.0.1:{port}"
        self.authority = self._new_authority(1)
        self.pair = self.authority.server()
        self._user = self._plane.authority.client(USER)
        self._admin = self._plane.authority.client("second-admin", "system:masters")
        self.kubeconfig = self.trust()

    def trust(self) -> Path:
        """Write whom `USER` trusts now into its kubeconfig, and return the file."""
        return self._kubeconfig(self._user)

    def everything(self) -> Path:
        """Return the kubeconfig of somebody who is never throttled."""
        return self._kubeconfig(self._admin)

    def _kubeconfig(self, pair: pki.Pair) -> Path:
        file = pair.key.with_suffix(".kubeconfig")
        return self.authority.write_kubeconfig(file, self.url, pki.credentials(pair))

    def rotate(self) -> None:
        """Let the server show a certificate of a new authority; it reads the files again by itself.

        The kubeconfig is left as it is.
        """
        self.authority = self._new_authority(2)
        made = self.authority.server()
        made.key.replace(self.pair.key)
        made.certificate.replace(self.pair.certificate)

    async def start(self) -> processes.Running:
        """Start it and wait until it is ready."""
        flags = self._plane.server_flags(self._port, self.pair)
        flags["enable-priority-and-fairness"] = "true"
        command = [str(self._plane.programs.apiserver), *flag_list(flags)]
        running = await processes.start("second", command, self._folder / "second.log")
        await self._ready(running)
        return running

    async def _ready(self, running: processes.Running) -> None:
        ends = time.monotonic() + 60
        while True:
            try:
                async with api.connect(self.kubeconfig) as client:
                    await client.request("GET", "readyz")
                    # The first watch of a custom kind makes its cache, and is refused (429).
                    where = f"{api.path('Rollout')}?watch=1&timeoutSeconds=1"
                    async for _ in client.watch(where):
                        pass
                    return
            except (OSError, aiohttp.ClientError, api.RefusedError):
                assert not running.ended, running.tail()
                assert time.monotonic() < ends, running.tail()
                await asyncio.sleep(0.3)

    def _new_authority(self, number: int) -> pki.Authority:
        folder = self._folder / f"authority-{number}"
        folder.mkdir(parents=True)
        return pki.Authority(folder)


@asynccontextmanager
async def running(plane: ControlPlane, folder: Path) -> AsyncIterator[SecondServer]:
    """Give a second server that works, whose `USER` may see everything; end it afterwards."""
    await plane.api.apply(binding(USER, "cluster-admin", USER))
    server = SecondServer(plane, folder)
    started = await server.start()
    try:
        yield server
    finally:
        await started.end()
