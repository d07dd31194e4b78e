"""The daemon as `notifier run` starts it, beside a probe of its loop; prints figures as JSON."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import signal
import sys
import time
import urllib.request
from pathlib import Path

import uvloop

from notifier.app import running
from notifier.core.settings import (
    ClusterSettings,
    LogSettings,
    Settings,
    StoreSettings,
    WebSettings,
)
from notifier.observability import logs
from notifier.observability.logs import Redactor

PROBE_S = 0.005


def memory() -> dict[str, int]:
    """Return resident bytes now and at their peak."""
    status = Path("/proc/self/status").read_text()
    found = dict(re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB$", status, re.MULTILINE))
    return {name: int(kilobytes) * 1024 for name, kilobytes in found.items()}


async def probe(lags: list[float]) -> None:
    """Note how late the loop is, every few milliseconds."""
    while True:
        due = time.monotonic() + PROBE_S
        await asyncio.sleep(PROBE_S)
        lags.append(time.monotonic() - due)


def ready(port: int) -> bool:
    """Ask the daemon whether it is."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


async def run(settings: Settings, seconds: float) -> None:
    """Serve until ready, then for so long; print the figures."""
    lags: list[float] = []
    probing = asyncio.create_task(probe(lags))
    serving = asyncio.create_task(running.serve(settings, Redactor()))
    started = time.monotonic()
    while not await asyncio.to_thread(ready, settings.web.port):
        await asyncio.sleep(0.1)
    synced_s = time.monotonic() - started
    cold = max(lags)
    lags.clear()
    before = time.process_time()
    await asyncio.sleep(seconds)
    probing.cancel()
    lags.sort()
    figures = {
        **memory(),
        "synced_s": synced_s,
        "cold_lag_s": cold,
        "lag_s": lags[-1],
        "lag_p99_s": lags[int(len(lags) * 0.99)],
        "cpu": (time.process_time() - before) / seconds,
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    os.kill(os.getpid(), signal.SIGTERM)
    await serving


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--kubeconfig", required=True)
    parser.add_argument("--store", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    logs.configure("json", "warning", Redactor())
    chosen = Settings(
        cluster=ClusterSettings(kubeconfig=given.kubeconfig),
        store=StoreSettings(path=given.store),
        web=WebSettings(host="127.0.0.1", port=given.port, admin_port=0),
        log=LogSettings(level="warning"),
    )
    running.warm_up()
    uvloop.run(run(chosen, given.seconds))
