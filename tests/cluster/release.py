"""Our chart, installed by real Helm, and the daemon as its pod would run it: with the settings that
the chart rendered and a token of the ServiceAccount that it made, so with its rights and no more.

The pod itself exists too, on the made-up node: our process stands for its container.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.acceptance.harness import Daemon
from tests.cluster import api, events, processes
from tests.cluster.binaries import CACHE, ROOT
from tests.cluster.control_plane import ControlPlane, namespace

CHART = ROOT / "charts" / "notifier"
HELM = ROOT / ".cache" / "helm" / "helm"

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
"""Labels of a namespace that admits only pods of the strictest level."""

PAGE = 500
"""Most rows that the admin API gives at once."""


@dataclass
class Release:
    """One installed chart. Use `install`, then `start` as often as wanted."""

    plane: ControlPlane
    name: str
    session: aiohttp.ClientSession
    url: str
    """Where the messages go."""
    values: Mapping[str, Any] = field(default_factory=dict)
    daemon: Daemon | None = None
    _process: processes.Running | None = None

    @property
    def namespace(self) -> str:
        """The namespace of the release."""
        return f"notifier-{self.name}"

    @property
    def account(self) -> str:
        """The name of its objects, the ServiceAccount among them."""
        return f"{self.name}-notifier"

    @property
    def folder(self) -> Path:
        """Where the files are that a pod would have mounted."""
        return self.plane.folder / self.namespace

    # --- Helm ---------------------------------------------------------------------------------

    async def install(self) -> None:
        """Install it in a namespace of its own that admits restricted pods only."""
        self.folder.mkdir()
        await self.plane.api.apply(namespace(self.namespace, **RESTRICTED))
        await self.helm("install", self.name, str(CHART), "--values", str(self._values()))
        await self.renew_token()
        self._write_kubeconfig()

    async def helm(self, *arguments: str) -> str:
        """Run Helm against the server, in the namespace of the release."""
        where = ["--kubeconfig", str(self.plane.kubeconfig), "--namespace", self.namespace]
        home = str(self.folder)
        environment = {f"HELM_{kind}_HOME": home for kind in ("CACHE", "CONFIG", "DATA")}
        return await processes.run(str(HELM), *arguments, *where, environment=environment)

    def _values(self) -> Path:
        """Every trigger goes to our receiver, and loopback may be reached."""
        triggers = list(events.TRIGGERS.values())
        values = {
            "clusterName": "live",
            "config": {"delivery": {"allow_addresses": ["127.0.0.1"]}},
            "store": {"sqlite": {"persistence": {"enabled": False}}},
            "notifications": {
                "service.webhook.audit": {"url": f"{self.url}/{self.name}"},
                "subscriptions": [{"recipients": ["audit:"], "triggers": triggers}],
            },
            **self.values,
        }
        file = self.folder / "values.json"
        file.write_text(json.dumps(values))
        return file

    # --- what a kubelet would mount -----------------------------------------------------------

    async def renew_token(self, **spec: Any) -> None:
        """Get a token of the ServiceAccount and put it where the daemon reads it. `spec` adds to
        the request, such as what it is bound to."""
        where = f"{api.path('ServiceAccount', self.namespace, self.account)}/token"
        answer = await self.plane.api.request(
            "POST", where, {"spec": {"expirationSeconds": 3600, **spec}}
        )
        self.token_file.write_text(answer["status"]["token"])

    @property
    def token_file(self) -> Path:
        """The mounted token."""
        return self.folder / "token"

    def kubeconfig(self) -> Path:
        """Return a kubeconfig with the token as it is now, for our own client."""
        credentials = {"token": self.token_file.read_text()}
        file = self.folder / "token.kubeconfig"
        return self.plane.authority.write_kubeconfig(file, self.plane.url, credentials)

    def _write_kubeconfig(self) -> None:
        credentials = {"tokenFile": str(self.token_file)}
        file = self.folder / "kubeconfig"
        self.plane.authority.write_kubeconfig(file, self.plane.url, credentials)

    async def _settings(self) -> Path:
        rendered = await self.plane.api.get("ConfigMap", f"{self.account}-settings", self.namespace)
        file = self.folder / "settings.yaml"
        file.write_text(rendered["data"]["settings.yaml"])
        return file

    # --- the daemon ---------------------------------------------------------------------------

    async def start(self) -> Daemon:
        """Start the daemon on the same store as before, and wait until it is ready."""
        log = self.folder / "daemon.log"
        begins = log.stat().st_size if log.exists() else 0
        overrides = {
            "store.path": self.folder / "notifier.db",
            "web.host": "127.0.0.1",
            "web.port": 0,
            "web.admin_port": 0,
        }
        command = [
            *(sys.executable, "-m", "notifier", "run"),
            *("--config", str(await self._settings())),
            *("--kubeconfig", str(self.folder / "kubeconfig")),
            *(word for key, value in overrides.items() for word in ("--set", f"{key}={value}")),
        ]
        environment = {
            "POD_NAMESPACE": self.namespace,
            # Start as fast as an installed package, whatever this machine does with bytecode.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(CACHE / "bytecode"),
        }
        self._process = await processes.start(self.name, command, log, environment)
        self.daemon = Daemon(self._process.process, self.session, log, begins)
        return await self.daemon.ready()

    async def refresh(self) -> None:
        """Start the daemon anew: what another test did to the server may keep a watch waiting."""
        await self.kill()
        await self.start()

    async def kill(self) -> None:
        """Kill -9."""
        if self._process is not None:
            await self._process.end()

    # --- what it says -------------------------------------------------------------------------

    async def recorded(self, rollout: events.Key) -> list[dict[str, Any]]:
        """Return the recorded events of the nine triggers of one Rollout, newest first."""
        assert self.daemon is not None
        query = f"namespace={rollout[0]}&name={rollout[1]}&limit={PAGE}"
        items: list[dict[str, Any]] = (await self.daemon.ask(f"/api/v1/transitions?{query}"))[
            "items"
        ]
        assert len(items) < PAGE, f"{rollout}: more events than the API gives at once"
        return [item for item in items if item["trigger"] in events.TRIGGERS.values()]

    async def ends(self, rollout: events.Key) -> dict[str, str]:
        """Return how the delivery of each event of one Rollout ended, by the event's id."""
        assert self.daemon is not None
        query = f"rollout={rollout[0]}/{rollout[1]}&limit={PAGE}"
        items = (await self.daemon.ask(f"/api/v1/deliveries?{query}"))["items"]
        return {item["event"]: item["state"] for item in items}


async def receiver(folder: Path) -> tuple[processes.Running, str, Path]:
    """Start a webhook receiver; return it, where it listens, and its ledger."""
    log, ledger = folder / "receiver.log", folder / "receiver.ledger"
    command = [sys.executable, "-m", "tests.receivers", "--ledger", str(ledger)]
    running = await processes.start("receiver", command, log)
    while not (url := log.read_text().strip()):
        assert not running.ended, running.tail()
        await asyncio.sleep(0.05)
    return running, url, ledger
