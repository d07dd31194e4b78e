"""The sizes of spec/reliability.md F26 to F28, with the daemon as its operator runs it.

`notifier run`, the API server emulator that writes the updates, and the receiver are processes of
their own. Delays are what the daemon's own histograms say, over a window after it was ready.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.acceptance import gap
from tests.acceptance.harness import CONFIG_MAP, NAMESPACE, Harness, subscriptions, webhook
from tests.benchmarks.delivering import received, sink
from tests.benchmarks.report import Figure
from tests.benchmarks.residing import free_port

ROLLOUTS, NAMESPACES, CHANGED = 10_000, 500, 2_000
UPDATES = 100
TELLING = 5
"""Each fifth update is a new revision, with one message."""

WINDOW_S = 60.0

SENT_MS = 2_000
"""Bar of observe to sent with a receiver that is well."""

MEGABYTE = 1024 * 1024

TEAM = {
    "template.mine": "engine: jinja\nmessage: '{{ rollout.metadata.name }} has a new revision'",
    "trigger.on-rollout-updated": "- send: [mine]",
    "subscriptions": subscriptions("all:room", triggers=["on-rollout-updated"]),
}
"""What a team configures for itself: its own words by the operator's service."""

Buckets = Mapping[str, Mapping[float, float]]
"""Cumulative counts by histogram and upper bound, over all labels."""

_BUCKET = re.compile(r'^notifier_(\w+)_bucket\{.*?\ble="([^"]+)"[^}]*\} ([\d.e+]+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sizes:
    """What one run measured: seconds until ready, resident bytes at the end (with children) and at
    the peak (without), messages and histograms of the window."""

    ready_s: float
    resident: int
    peak: int
    messages: int
    window: Buckets


def quantile(buckets: Mapping[float, float], share: float) -> float:
    """Return a quantile as Prometheus estimates it: linear within a bucket. Needs one sample."""
    bounds = sorted(buckets)
    rank = share * buckets[bounds[-1]]
    below, count = 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= rank:
            if bound == float("inf"):
                return below
            return below + (bound - below) * (rank - count) / (buckets[bound] - count)
        below, count = bound, buckets[bound]
    return below


def histograms(text: str) -> Buckets:
    """Read the histograms out of `/metrics`, labels added up."""
    found: defaultdict[str, defaultdict[float, float]] = defaultdict(lambda: defaultdict(float))
    for name, bound, count in _BUCKET.findall(text):
        found[name][float(bound)] += float(count)
    return found


def between(before: Buckets, after: Buckets) -> Buckets:
    """Return what was counted in between; a histogram without a sample is not there before."""
    return {
        name: {
            bound: count - before.get(name, {}).get(bound, 0) for bound, count in buckets.items()
        }
        for name, buckets in after.items()
    }


def fetch(url: str) -> str:
    """GET a page of the daemon."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own daemon
        return str(answer.read().decode())


def memory(pid: int) -> dict[str, int]:
    """Return resident bytes of a process and its children, and the peak of the process alone."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = {
        name: int(kb) * 1024
        for name, kb in re.findall(r"^(Vm\w+):\s+(\d+) kB", status, re.MULTILINE)
    }
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    resident = found["VmRSS"] + sum(memory(int(child))["VmRSS"] for child in children)
    return {"VmRSS": resident, "VmHWM": found["VmHWM"]}


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


def one_run(count: int, seconds: float, *, teams: bool = False) -> Sizes:
    """Run at the full rate of updates for so long; with `teams`, each namespace has its own
    ConfigMap."""
    with tempfile.TemporaryDirectory(prefix="bench") as place, sink(None) as receiver:
        folder = Path(place)
        kubeconfig = folder / "kubeconfig"
        with emulator(kubeconfig, count, updates=UPDATES) as api:
            service = webhook(receiver, exportTo=[{"namespaces": ["team-*"], "recipients": ["*"]}])
            told = subscriptions("all:", triggers=["on-rollout-updated"])
            configure(api, NAMESPACE, {"service.webhook.all": service, "subscriptions": told})
            sections: dict[str, Any] = {}
            if teams:
                names = [f"team-{number:03}" for number in range(NAMESPACES)]
                for name in names:
                    configure(api, name, TEAM)
                sections["self_service"] = {"enabled": True, "namespaces": names}
            with daemon(folder, kubeconfig, **sections) as (pid, url):
                ready_s = until_ready(url)
                early = received(receiver)
                before = histograms(fetch(f"{url}/metrics"))
                time.sleep(seconds)
                after = histograms(fetch(f"{url}/metrics"))
                taken = memory(pid)
                return Sizes(
                    ready_s,
                    taken["VmRSS"],
                    taken["VmHWM"],
                    received(receiver) - early,
                    between(before, after),
                )


def after_a_gap(scale: float) -> gap.Outcome:
    """Start again after a gap in which a fifth of the Rollouts came to an end."""

    async def run() -> gap.Outcome:
        with tempfile.TemporaryDirectory(prefix="bench") as place:
            async with Harness(Path(place)) as harness:
                return await gap.relisted(
                    harness,
                    rollouts=int(ROLLOUTS * scale),
                    namespaces=NAMESPACES,
                    changed=int(CHANGED * scale),
                )

    return asyncio.run(run())


def measure(*, scale: float = 1.0) -> Iterator[Figure]:
    """Yield delays, memory and start at full size, the same with teams, and a relist."""
    count, seconds = int(ROLLOUTS * scale), WINDOW_S * scale
    plain = one_run(count, seconds)
    yield from _delays(plain)
    told = int(seconds * UPDATES / TELLING)
    yield from _sizes(plain, f"{count} Rollouts in {NAMESPACES} namespaces", told)
    with_teams = one_run(count, seconds, teams=True)
    yield from _sizes(with_teams, f"the same, {NAMESPACES} ConfigMaps of teams", told * 2)
    outcome = after_a_gap(scale)
    due, wrong = outcome.due.total(), outcome.arrived - outcome.due
    found = (outcome.arrived & outcome.due).total()
    yield Figure(name=f"after a gap: results of {due} due", value=found, unit="", bar=due)
    yield Figure(name="  others", value=wrong.total(), unit="", bar=0, most=True)
    yield Figure(name="  of the cold start before", value=outcome.first, unit="", bar=0, most=True)
    yield Figure(name="  start until the last one arrived", value=outcome.told_s, unit="s")


def _delays(sizes: Sizes) -> Iterator[Figure]:
    goals = (
        ("observe to commit, p50", "observe_to_commit_seconds", 0.5, 50),
        ("observe to commit, p99", "observe_to_commit_seconds", 0.99, 500),
        ("observe to sent, p99", "observe_to_delivered_seconds", 0.99, SENT_MS),
        ("lateness of the loop, p99", "loop_lag_seconds", 0.99, 50),
    )
    for name, histogram, share, bar in goals:
        value = quantile(sizes.window[histogram], share) * 1000
        yield Figure(name=name, value=value, unit="ms", bar=bar, most=True)


def _sizes(sizes: Sizes, name: str, told: int) -> Iterator[Figure]:
    megabytes = sizes.resident / MEGABYTE
    few = told * 0.95  # the last are on their way when the window ends
    yield Figure(name=f"  messages, {told} due", value=sizes.messages, unit="", bar=few)
    yield Figure(name=f"resident, {name}", value=megabytes, unit="MB", bar=400, most=True)
    yield Figure(
        name="  peak of a cold start", value=sizes.peak / MEGABYTE, unit="MB", bar=500, most=True
    )
    yield Figure(name="  cold start until ready", value=sizes.ready_s, unit="s", bar=20, most=True)
