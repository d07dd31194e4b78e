"""What the container of one pod would run: the daemon, with its own way to the API server."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from tests.acceptance.harness import Daemon
from tests.cluster import processes
from tests.cluster.binaries import CACHE

LOCAL: Mapping[str, Any] = {"web.host": "127.0.0.1", "web.port": 0, "web.admin_port": 0}
"""Settings that a pod need not share with others, but processes on one machine must."""


@dataclass
class Replica:
    """Use `launch` as often as wanted. `overrides` are settings over those of the release: where a
    pod would have a volume."""

    name: str
    folder: Path
    namespace: str
    kubeconfig: Path
    session: aiohttp.ClientSession
    overrides: Mapping[str, Any] = field(default_factory=dict)
    daemon: Daemon | None = None
    _process: processes.Running | None = None

    @property
    def runs(self) -> bool:
        """Whether its process is there."""
        return self._process is not None and not self._process.ended

    @property
    def log(self) -> Path:
        """What it says; all its runs share the file."""
        return self.folder / f"{self.name}.log"

    async def launch(self, settings: Path) -> Daemon:
        """Start the daemon on the same store as before."""
        begins = self.log.stat().st_size if self.log.exists() else 0
        overrides = {**LOCAL, **self.overrides}
        command = [
            *(sys.executable, "-m", "notifier", "run"),
            *("--config", str(settings)),
            *("--kubeconfig", str(self.kubeconfig)),
            *(word for key, value in overrides.items() for word in ("--set", f"{key}={value}")),
        ]
        environment = {
            "POD_NAMESPACE": self.namespace,
            # Start as fast as an installed package, whatever this machine does with bytecode.
            "PYTHONDONTWRITEBYTECODE": "",
            "PYTHONPYCACHEPREFIX": str(CACHE / "bytecode"),
        }
        self._process = await processes.start(self.name, command, self.log, environment)
        self.daemon = Daemon(self._process.process, self.session, self.log, begins)
        return self.daemon

    async def end(self, how: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal and return the exit code."""
        return 0 if self._process is None else await self._process.end(how)

    async def leads(self) -> bool:
        """Say whether it observes, and has listed everything."""
        if not self.runs or self.daemon is None or not self.daemon.public:
            return False
        try:
            detail = json.loads((await self.daemon.get("/readyz?verbose"))[1])
        except aiohttp.ClientError:
            return False  # it ends just now
        return bool(detail["ready"]) and detail["role"] == "leader"
