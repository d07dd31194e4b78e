"""One daemon at the size of spec/reliability.md F26, as its operator runs it.

`notifier run`, the API server emulator that writes the updates, and the receiver are processes of
their own.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tests.acceptance.harness import CONFIG_MAP, NAMESPACE, subscriptions, webhook
from tests.benchmarks.delivering import received, sink
from tests.benchmarks.prometheus import Buckets, fetch, histograms
from tests.benchmarks.residing import free_port
from tests.benchmarks.sampling import Sample, sample

ROLLOUTS, NAMESPACES = 10_000, 500
UPDATES = 100
TELLING = 5
"""Each fifth update is a new revision, with one message."""

TEAM = {
    "template.mine": "engine: jinja\nmessage: '{{ rollout.metadata.name }} has a new revision'",
    "trigger.on-rollout-updated": "- send: [mine]",
    "subscriptions": subscriptions("all:room", triggers=["on-rollout-updated"]),
}
"""What a team configures for itself: its own words by the operator's service."""

Teams = Literal["", "strict", "simple"]
"""How the ConfigMaps of teams are read, one in each namespace; empty: there are none."""


@dataclass(frozen=True, slots=True)
class Running:
    """A daemon that became ready after so many seconds, and its receiver."""

    pid: int
    url: str
    ready_s: float
    receiver: str

    def counted(self) -> Buckets:
        """Return its histograms."""
        return histograms(fetch(f"{self.url}/metrics"))

    def sample(self) -> Sample:
        """Look at its process."""
        return sample(self.pid)

    def received(self) -> int:
        """Return how many messages have arrived."""
        return received(self.receiver)


@contextmanager
def running(count: int, *, teams: Teams = "", **sections: Any) -> Iterator[Running]:
    """Run it with so many Rollouts at the full rate of updates; `sections` are settings."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench")))
        receiver = stack.enter_context(sink(None))
        kubeconfig = folder / "kubeconfig"
        api = stack.enter_context(emulator(kubeconfig, count, updates=UPDATES))
        service = webhook(receiver, exportTo=[{"namespaces": ["team-*"], "recipients": ["*"]}])
        told = subscriptions("all:", triggers=["on-rollout-updated"])
        configure(api, NAMESPACE, {"service.webhook.all": service, "subscriptions": told})
        if teams:
            sections["self_service"] = _self_service(api, teams)
        pid, url = stack.enter_context(daemon(folder, kubeconfig, **sections))
        yield Running(pid, url, until_ready(url), receiver)


def _self_service(api: str, teams: Teams) -> dict[str, Any]:
    """Make a ConfigMap in each namespace; return the settings that read them."""
    names = [f"team-{number:03}" for number in range(NAMESPACES)]
    for name in names:
        configure(api, name, TEAM, **{"notifications.argoproj.io/self-service": "true"})
    chosen = {"namespaces": names} if teams == "strict" else {}
    return {"enabled": True, "mode": teams, **chosen}


@contextmanager
def emulator(kubeconfig: Path, count: int, *, updates: float) -> Iterator[str]:
    """Run the API server emulator with so many Rollouts; give its URL."""
    command = [
        sys.executable, "-m", "tests.emulator", "--kubeconfig", str(kubeconfig),
        "--fill", str(count), "--namespaces", str(NAMESPACES),
        "--updates", str(updates), "--telling", str(TELLING),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield json.loads(server.stdout.readline())["url"]
        finally:
            server.terminate()


def configure(url: str, namespace: str, data: Mapping[str, str], **labels: str) -> None:
    """Create the ConfigMap of a namespace."""
    metadata = {"name": CONFIG_MAP, "namespace": namespace, "labels": labels}
    made = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": dict(data)}
    request = urllib.request.Request(  # noqa: S310 - our own emulator
        f"{url}/api/v1/namespaces/{namespace}/configmaps",
        data=json.dumps(made).encode(),
        headers={"Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310 - our own emulator


@contextmanager
def daemon(folder: Path, kubeconfig: Path, **sections: Any) -> Iterator[tuple[int, str]]:
    """Run `notifier run`; give its process id and URL. It must end with 0."""
    port = free_port()
    settings = {
        "cluster": {"kubeconfig": str(kubeconfig)},
        "store": {"path": str(folder / "notifier.db")},
        "delivery": {"allow_addresses": ["127.0.0.1"]},
        "web": {"host": "127.0.0.1", "port": port, "admin_port": 0},
        "log": {"format": "json", "level": "warning"},
        **sections,
    }
    file = folder / "settings.yaml"
    file.write_text(json.dumps(settings))
    command = [sys.executable, "-m", "notifier", "run", "--config", str(file)]
    with (
        (folder / "daemon.log").open("ab") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            yield process.pid, f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(60)
    assert code == 0, f"ended with {code}: {(folder / 'daemon.log').read_text()[-2000:]}"


def until_ready(url: str) -> float:
    """Wait for readiness; return how many seconds it took. Fails after two minutes."""
    started = time.monotonic()
    while time.monotonic() < started + 120:
        try:
            fetch(f"{url}/readyz")
        except OSError:
            time.sleep(0.1)
        else:
            return time.monotonic() - started
    raise TimeoutError(f"not ready within two minutes: {url}")
