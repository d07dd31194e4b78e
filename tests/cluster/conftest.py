"""One control plane, one release of the chart and one performance of the scenarios for all tests.

Without `CLUSTER_TEST` (`make cluster-test` sets it) nothing here is collected: it takes minutes and
both cores.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from tests.cluster import binaries, control_plane, playing, processes, release
from tests.cluster.control_plane import ControlPlane
from tests.cluster.playing import PARALLEL, Result
from tests.cluster.release import Release
from tests.cluster.report import Report
from tests.cluster.scenarios import registry
from tests.cluster.stage import MetricServer

LEFT = {".log", ".ledger"}
"""Kinds of files that a run leaves; keys, tokens and stores go."""

REPORT = pytest.StashKey[Report]()

collect_ignore_glob = [] if os.environ.get("CLUSTER_TEST") else ["test_*.py"]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Show the table of the scenarios, if they were played."""
    report = terminalreporter.config.stash.get(REPORT, None)
    if report is not None and (text := report.text()):
        terminalreporter.section("controller and daemon")
        terminalreporter.write_line(text)


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A folder for this run, of which only logs are left; one run at a time."""
    binaries.CACHE.mkdir(parents=True, exist_ok=True)
    processes.end_with_us()
    with (binaries.CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = binaries.CACHE / "run"
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir()
        yield run
        for file in run.rglob("*"):
            if file.is_file() and file.suffix not in LEFT:
                file.unlink()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def plane(folder: Path) -> AsyncIterator[ControlPlane]:
    """A control plane with the controller."""
    async with control_plane.running(binaries.provide(), folder) as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    """A client for the daemons' ports."""
    async with aiohttp.ClientSession() as one:
        yield one


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def receiver(folder: Path) -> AsyncIterator[tuple[str, Path]]:
    """Where a receiver listens, and its ledger."""
    running, url, ledger = await release.receiver(folder)
    yield url, ledger
    await running.end()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def steady(
    plane: ControlPlane, session: aiohttp.ClientSession, receiver: tuple[str, Path]
) -> AsyncIterator[Release]:
    """A release whose daemon runs all the time."""
    one = Release(plane, "steady", session, receiver[0])
    await one.install()
    await one.start()
    yield one
    await one.kill()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def metrics() -> AsyncIterator[MetricServer]:
    """What web metrics are asked for."""
    async with MetricServer().running() as server:
        yield server


@pytest.fixture(scope="session")
def report(request: pytest.FixtureRequest, folder: Path) -> Report:
    """The table of this run, kept beside its logs."""
    return request.config.stash.setdefault(REPORT, Report())


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def results(
    report: Report,
    plane: ControlPlane,
    steady: Release,
    metrics: MetricServer,
    receiver: tuple[str, Path],
) -> Mapping[str, Result]:
    """Every scenario, played once; its table is printed and kept."""
    scenarios = registry.every().values()
    await steady.refresh()
    began = time.monotonic()
    found: dict[str, Result] = {}
    # Those that disturb the controller come last: it counts from nothing then.
    for alone in (False, True):
        some = [one for one in scenarios if one.alone is alone]
        failures = await playing.play(plane, some, metrics, parallel=1 if alone else PARALLEL)
        await playing.quiet(plane, steady)
        entries = playing.entries(receiver[1])
        found |= await playing.results(plane, steady, some, failures, entries)
    report.add_scenarios(found, time.monotonic() - began)
    return found
