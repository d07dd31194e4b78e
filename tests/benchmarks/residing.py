"""Resident memory per Rollout and lateness of the loop, with 13 KB Rollouts and 100 updates/s."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.benchmarks.report import Figure

FEW, MANY = 2_000, 10_000
UPDATES = 100


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def reside(directory: Path, count: int, *, seconds: float = 10.0) -> dict[str, Any]:
    """Run the daemon against the emulator; return what it took."""
    kubeconfig = directory / f"kubeconfig-{count}"
    emulator = [
        sys.executable, "-m", "tests.emulator", "--kubeconfig", str(kubeconfig),
        "--fill", str(count), "--namespaces", "500", "--updates", str(UPDATES),
    ]  # fmt: skip
    daemon = [
        sys.executable, "-m", "tests.benchmarks.resident", "--kubeconfig", str(kubeconfig),
        "--store", str(directory / f"{count}.db"), "--port", str(free_port()),
        "--seconds", str(seconds),
    ]  # fmt: skip
    with subprocess.Popen(emulator, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        server.stdout.readline()
        try:
            result = subprocess.run(daemon, stdout=subprocess.PIPE, text=True, check=True)
        finally:
            server.terminate()
    found: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return found


def measure(*, scale: float = 1.0) -> Iterator[Figure]:
    """Yield the slope of memory between two sizes, the peak of a cold start, and the lags."""
    few, many = int(FEW * scale), int(MANY * scale)
    with tempfile.TemporaryDirectory(prefix="bench") as place:
        small, large = reside(Path(place), few), reside(Path(place), many)
    megabyte = 1024 * 1024
    more = many - few
    yield Figure(
        name=f"resident per Rollout, settled (slope {few}..{many})",
        value=(large["VmRSS"] - small["VmRSS"]) / more / 1024,
        unit="KB",
        bar=5,
        most=True,
    )
    yield Figure(
        name="  the same at the peak of a cold start",
        value=(large["VmHWM"] - small["VmHWM"]) / more / 1024,
        unit="KB",
    )
    yield Figure(
        name=f"resident with {many} Rollouts", value=large["VmRSS"] / megabyte, unit="MB", bar=400,
        most=True,
    )  # fmt: skip
    yield Figure(name="  at the peak", value=large["VmHWM"] / megabyte, unit="MB")
    yield Figure(
        name="cold start until ready", value=large["synced_s"], unit="s", bar=20, most=True
    )
    yield Figure(
        name="longest loop block in a cold start", value=large["cold_lag_s"] * 1000, unit="ms",
        bar=50, most=True,
    )  # fmt: skip
    yield Figure(
        name=f"longest loop block at {UPDATES} updates/s", value=large["lag_s"] * 1000, unit="ms",
        bar=50, most=True,
    )  # fmt: skip
    yield Figure(name="  p99", value=large["lag_p99_s"] * 1000, unit="ms")
    yield Figure(name=f"CPU at {UPDATES} updates/s", value=large["cpu"] * 100, unit="% of a core")
