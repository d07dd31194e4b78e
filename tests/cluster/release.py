"""Our chart, installed by real Helm, and the daemon as its pods would run it: with the settings
that the chart rendered and a token of the ServiceAccount that it made, so with its rights and no
more.

The pods themselves exist too, on the made-up node: our processes stand for their containers.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.acceptance.harness import Daemon
from tests.cluster import api, events, processes, stage
from tests.cluster.binaries import ROOT
from tests.cluster.control_plane import ControlPlane, namespace
from tests.cluster.replica import Replica

CHART = ROOT / "charts" / "notifier"
HELM = ROOT / ".cache" / "helm" / "helm"

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
"""Labels of a namespace that admits only pods of the strictest level."""

DATABASE = "database"
"""The Secret with the password of the database."""

PASSWORD = "canary-of-a-database"
"""It; our server takes any."""

PAGE = 500
"""Most rows that the admin API gives at once."""


@dataclass
class Release:
    """One installed chart. Use `install`, then `start` as often as wanted.

    `servers` is how each replica reaches the API server, by default one directly; `database` is the
    URL of the PostgreSQL database that they share, else the one has SQLite.
    """

    plane: ControlPlane
    name: str
    session: aiohttp.ClientSession
    url: str
    """Where the messages go."""
    values: Mapping[str, Any] = field(default_factory=dict)
    servers: Sequence[str] = ()
    database: str = ""
    replicas: list[Replica] = field(default_factory=list)

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

    @property
    def daemon(self) -> Daemon | None:
        """The daemon of the first replica that runs, else of the first that did."""
        running = [one for one in self.replicas if one.runs]
        return next((one.daemon for one in running or self.replicas), None)

    # --- Helm ---------------------------------------------------------------------------------

    async def install(self) -> None:
        """Install it in a namespace of its own that admits restricted pods only."""
        self.folder.mkdir()
        await self.plane.api.apply(namespace(self.namespace, **RESTRICTED))
        if self.database:
            password = stage.secret(DATABASE, self.namespace, password=PASSWORD)
            await self.plane.api.apply(password)
        await self.helm("install", self.name, str(CHART), "--values", str(self._values()))
        await self.mount()

    async def mount(self) -> None:
        """Write the files that the pods would have mounted."""
        await self.renew_token()
        self.replicas = [self._replica(*each) for each in enumerate(self._servers())]

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
            **self._store(),
            "notifications": {
                "service.webhook.audit": {"url": f"{self.url}/{self.name}"},
                "subscriptions": [{"recipients": ["audit:"], "triggers": triggers}],
            },
            **self.values,
        }
        file = self.folder / "values.json"
        file.write_text(json.dumps(values))
        return file

    def _store(self) -> dict[str, Any]:
        if not self.database:
            return {"store": {"sqlite": {"persistence": {"enabled": False}}}}
        database = {"url": self.database, "existingSecret": DATABASE}
        store = {"type": "postgres", "postgres": database}
        return {"replicaCount": len(self._servers()), "store": store}

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

    def _servers(self) -> Sequence[str]:
        return self.servers or [self.plane.url]

    def _replica(self, number: int, server: str) -> Replica:
        """Return a replica that does not run yet, with the files it needs."""
        name = f"daemon-{number}"
        kubeconfig = self.folder / f"{name}.kubeconfig"
        credentials = {"tokenFile": str(self.token_file)}
        self.plane.authority.write_kubeconfig(kubeconfig, server, credentials)
        overrides: dict[str, Any] = {"store.path": self.folder / "notifier.db"}
        if self.database:
            password = self.folder / "database-password"
            password.write_text(PASSWORD)
            overrides = {"store.password_file": password}
        return Replica(name, self.folder, self.namespace, kubeconfig, self.session, overrides)

    async def settings(self) -> Path:
        """Return the file with the settings that the chart rendered, as they are now."""
        rendered = await self.plane.api.get("ConfigMap", f"{self.account}-settings", self.namespace)
        file = self.folder / "settings.yaml"
        file.write_text(rendered["data"]["settings.yaml"])
        return file

    # --- the daemon ---------------------------------------------------------------------------

    async def start(self) -> None:
        """Start every replica on the same store as before, and wait until all are ready."""
        settings = await self.settings()
        for replica in self.replicas:
            await replica.launch(settings)
        for replica in self.replicas:
            assert replica.daemon is not None
            await replica.daemon.ready()

    async def refresh(self) -> None:
        """Start the daemon anew: what another test did to the server may keep a watch waiting."""
        await self.kill()
        await self.start()

    async def kill(self) -> None:
        """Kill -9."""
        for replica in self.replicas:
            await replica.end()

    # --- what it says -------------------------------------------------------------------------

    async def recorded(self, rollout: events.Key) -> list[dict[str, Any]]:
        """Return the recorded events of the nine triggers of one Rollout, newest first."""
        items = await self._transitions(f"namespace={rollout[0]}&name={rollout[1]}&")
        assert len(items) < PAGE, f"{rollout}: more events than the API gives at once"
        return [item for item in items if item["trigger"] in events.TRIGGERS.values()]

    async def latest(self) -> list[dict[str, Any]]:
        """Return the newest recorded events of the nine triggers, newest first."""
        items = await self._transitions("")
        return [item for item in items if item["trigger"] in events.TRIGGERS.values()]

    async def _transitions(self, query: str) -> list[dict[str, Any]]:
        assert self.daemon is not None
        answer = await self.daemon.ask(f"/api/v1/transitions?{query}limit={PAGE}")
        items: list[dict[str, Any]] = answer["items"]
        return items

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
