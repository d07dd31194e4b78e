"""Watch to decision: unchanged events decoded and compared, against the client library's own watch.

One server process streams the same prepared bytes to both; what counts is the CPU time of this
process, so the server's speed does not matter.
"""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
import time
from pathlib import Path

import uvloop

from tests.benchmarks.report import Figure

EVENTS = 60_000
THEIRS = 6_000
GOAL_EVENTS = 50_000
GOAL_RATIO = 15


async def ours(kubeconfig: Path, events: int) -> float:
    """Return events per CPU second of the reflector feeding the observer."""
    from notifier.app.daemon import SystemClock
    from notifier.core.observer import Observer
    from notifier.core.settings import ClusterSettings
    from notifier.kube.client import Client
    from notifier.kube.credentials import loader
    from notifier.kube.reflector import Reflector

    clock = SystemClock()
    client = Client(loader(ClusterSettings(kubeconfig=str(kubeconfig))), clock=clock)
    reflector = Reflector(client, clock=clock, jitter=random.SystemRandom().random)
    observer = Observer()
    seen = 0
    started = 0.0
    async for batch in reflector.observe("rollouts"):
        for observation in batch:
            observer.observe(observation)
        live = sum(observation.type == "MODIFIED" for observation in batch)
        if live and not started:
            started = time.process_time()
        elif started:
            seen += live
        if seen >= events:
            break
    spent = time.process_time() - started
    await client.close()
    return seen / spent


async def theirs(kubeconfig: Path, events: int) -> float:
    """Return events per CPU second of `kubernetes_asyncio.watch`, which only decodes them."""
    from kubernetes_asyncio import client, config, watch

    await config.load_kube_config(str(kubeconfig))
    seen = 0
    started = 0.0
    async with client.ApiClient() as api:
        watching = watch.Watch()
        stream = watching.stream(
            client.CustomObjectsApi(api).list_cluster_custom_object,
            "argoproj.io",
            "v1alpha1",
            "rollouts",
        )
        async for event in stream:
            if event["type"] != "MODIFIED":
                continue
            if not started:
                started = time.process_time()
            seen += 1
            if seen >= events:
                break
        await watching.close()
    return seen / (time.process_time() - started)


def measure(directory: Path, *, rounds: int = 3, scale: float = 1.0) -> list[Figure]:
    """Return the median figures of interleaved rounds."""
    kubeconfig = directory / "kubeconfig"
    command = [
        sys.executable, "-m", "tests.benchmarks.flood", "--kubeconfig", str(kubeconfig),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        json.loads(server.stdout.readline())
        try:
            pairs = [
                (
                    uvloop.run(ours(kubeconfig, int(EVENTS * scale))),
                    uvloop.run(theirs(kubeconfig, int(THEIRS * scale))),
                )
                for _ in itertools.repeat(None, rounds)
            ]
        finally:
            server.terminate()
    mine, library = (sorted(column)[rounds // 2] for column in zip(*pairs, strict=True))
    return [
        Figure(
            name="unchanged watch events decoded and compared",
            value=mine,
            unit="events/CPU-s",
            bar=GOAL_EVENTS,
        ),
        Figure(
            name="  the same through kubernetes_asyncio.watch", value=library, unit="events/CPU-s"
        ),
        Figure(name="  ratio", value=mine / library, unit="x", bar=GOAL_RATIO),
    ]
