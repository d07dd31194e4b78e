"""High availability: replicas killed, frozen, cut off from the API server or the database.

Times are three fifths of the defaults; `REPLICAS_LONG=1` runs with the defaults, more often.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests import postgres
from tests.acceptance.harness import Harness, report, until
from tests.acceptance.replicas import Replicas
from tests.emulator import Freeze
from tests.stores import places

LONG = bool(os.environ.get("REPLICAS_LONG"))
SEED = int(os.environ.get("ACCEPTANCE_SEED", "20261127"))
TIMES = {
    "duration_s": 15.0 if LONG else 9.0,
    "renew_s": 10.0 if LONG else 6.0,
    "retry_s": 2.0 if LONG else 1.2,
}
KILLS = 40 if LONG else 4
FREEZES = 10 if LONG else 1
PER_SECOND = 60.0

PASSWORD = "canary-of-a-database"

TAKEOVER_S = TIMES["duration_s"] + 5.0
CLEAN_TAKEOVER_S = 3.0

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600 if LONG else 120),
    pytest.mark.skipif(not places.available(), reason=postgres.missing() or "there is a server"),
]


@asynccontextmanager
async def trial(folder: Path, url: str, count: int = 2) -> AsyncIterator[Replicas]:
    """Replicas that run, one of them observing."""
    async with Harness(folder) as harness:
        url = url.replace("postgres@", f"postgres:{PASSWORD}@")
        replicas = Replicas(harness, url, count=count, seed=SEED, times=TIMES)
        await replicas.begin()
        yield replicas
        assert PASSWORD.encode() not in harness.raw_log()


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    """A server of its own, that a test may stop."""
    folder = places.readable(tmp_path_factory.mktemp("server"))
    with postgres.Server(folder / "cluster").running() as running:
        yield running


@pytest.mark.parametrize("count", [2, 3])
async def test_any_replica_may_be_killed(tmp_path: Path, count: int) -> None:
    """Kill -9 of whoever observes and of whoever does not, under load: nothing is lost, the next
    one observes in time, and copies are those of attempts that were cut."""
    dice = random.Random(SEED + count)  # noqa: S311 - reproducible, guards nothing
    takeovers: list[float] = []
    async with trial(tmp_path, postgres.shared().database(), count) as replicas:
        async with replicas.load.running(PER_SECOND):
            for number in range(KILLS if count == 2 else KILLS // 2):
                await asyncio.sleep(dice.uniform(0.5, 1.5))
                leader = await replicas.led()
                killed = leader if number % 2 == 0 else replicas.follower(leader)
                started = time.monotonic()
                await replicas.daemons[killed].kill()
                if killed == leader:
                    await replicas.term_ended()
                    await replicas.led(other_than=killed, seconds=TAKEOVER_S)
                    takeovers.append(time.monotonic() - started)
                await replicas.start(killed)
        figures = await replicas.finish()
    assert figures.events > 50
    report(f"\n{count} replicas, takeovers of {[round(each, 1) for each in takeovers]} s")
    report(figures)


async def test_a_frozen_leader_changes_nothing_when_it_wakes(tmp_path: Path) -> None:
    """SIGSTOP for twice the Lease: another observes; the old one ends, and none of its writes
    counts: each event is there once, in order."""
    async with trial(tmp_path, postgres.shared().database()) as replicas:
        async with replicas.load.running(PER_SECOND):
            for _ in range(FREEZES):
                await asyncio.sleep(1.0)
                leader = await replicas.led()
                replicas.daemons[leader].freeze()
                replicas.frozen.add(leader)
                await replicas.term_ended()
                await replicas.led(other_than=leader, seconds=TAKEOVER_S)
                await asyncio.sleep(TIMES["duration_s"])
                replicas.daemons[leader].thaw()
                await until(
                    lambda frozen=replicas.daemons[leader]: frozen.ended,  # type: ignore[misc]
                    "the former leader ended",
                )
                assert replicas.daemons[leader].process.returncode != 0
                replicas.frozen.discard(leader)
                await replicas.start(leader)
        figures = await replicas.finish()
    report(f"\n{figures}")


async def test_a_leader_without_answers_stops_in_time(tmp_path: Path) -> None:
    """The API server takes renewals and never answers: the leader stops at its deadline and ends,
    before anybody else may observe."""
    async with trial(tmp_path, postgres.shared().database()) as replicas:
        async with replicas.load.running(PER_SECOND):
            await asyncio.sleep(1.0)
            leader = await replicas.led()
            emulator = replicas.harness.emulator
            emulator.script("update", Freeze(), resource="leases", times=None)
            started = time.monotonic()
            daemon = replicas.daemons[leader]
            await until(
                lambda: bool(daemon.logged("leadership lost, observing stopped")),
                "the leader gave up",
                TIMES["renew_s"] + 3.0,
            )
            gave_up = time.monotonic() - started
            await until(lambda: daemon.ended, "the former leader ended", 25)
            assert daemon.process.returncode != 0
            await replicas.term_ended()
            assert not await replicas.leader()
            emulator.clear_script()
            await replicas.led(other_than=leader, seconds=TAKEOVER_S)
            await replicas.start(leader)
        figures = await replicas.finish()
    report(f"\ngave up after {gave_up:.1f} s; {figures}")


async def test_a_clean_exit_hands_over_at_once(tmp_path: Path) -> None:
    """SIGTERM releases the Lease last of all: another observes within three seconds of the end."""
    async with trial(tmp_path, postgres.shared().database()) as replicas:
        async with replicas.load.running(PER_SECOND):
            await asyncio.sleep(1.0)
            leader = await replicas.led()
            await replicas.daemons[leader].stop()
            started = time.monotonic()
            await replicas.led(other_than=leader)
            seconds = time.monotonic() - started
            await replicas.start(leader)
        await replicas.daemons[leader].settled(60)
    assert seconds < CLEAN_TAKEOVER_S
    report(f"\nhanded over in {seconds:.1f} s")


async def test_the_database_may_go_away(tmp_path: Path, server: postgres.Server) -> None:
    """PostgreSQL restarted under load, and every connection cut: nothing is lost, nobody ends,
    and all of it resumes in fifteen seconds."""
    url = server.database()
    async with trial(tmp_path, url) as replicas:
        async with replicas.load.running(PER_SECOND):
            await asyncio.sleep(1.0)
            for _ in range(3):
                server.cut(url)
                await asyncio.sleep(0.5)
            await asyncio.to_thread(server.stop, signal.SIGINT)
            await asyncio.sleep(3.0)
            await asyncio.to_thread(server.start)
            back = time.monotonic()
            await until(lambda: _all_ready(replicas), "every replica is ready again", 15.0)
            seconds = time.monotonic() - back
            await asyncio.sleep(1.0)
        assert not [daemon for daemon in replicas.daemons.values() if daemon.ended]
        figures = await replicas.finish()
    report(f"\nresumed in {seconds:.1f} s; {figures}")


async def _all_ready(replicas: Replicas) -> bool:
    answers = [(await daemon.get("/readyz"))[0] for daemon in replicas.daemons.values()]
    return set(answers) == {200}
