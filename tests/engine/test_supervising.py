"""Supervision, heartbeat, readiness and housekeeping."""

from __future__ import annotations

import asyncio

import pytest

from notifier.core.errors import NotifierError
from notifier.core.model import State
from notifier.core.settings import StoreSettings
from notifier.engine.gates import Gates
from notifier.engine.housekeeping import keep_house
from notifier.engine.status import Status
from notifier.engine.supervising import Supervisor, beat
from notifier.ports import Intake
from notifier.stores.memory import MemoryStore
from tests.engine import fakes
from tests.engine.fakes import EPOCH, delivery

pytestmark = pytest.mark.looptime(start=0)


async def fail() -> None:
    """End with an exception."""
    raise RuntimeError("defect")


async def end() -> None:
    """End at once."""


async def stay() -> None:
    """Never end."""
    await asyncio.Event().wait()


@pytest.mark.parametrize("work", [fail, end], ids=["exception", "return"])
async def test_an_eternal_task_that_ends_is_a_failure(work: object) -> None:
    """It is named, counted, and the process is no longer alive."""
    recorder, status = fakes.Counting(), Status()
    supervisor = Supervisor(recorder, status)
    supervisor.start("others", stay())
    supervisor.start("eternal", work())  # type: ignore[operator]
    assert await asyncio.wait_for(supervisor.failure(), 1) == "eternal"
    assert recorder.counts["task_ended", "eternal"] == 1
    assert not status.alive(0.0)
    await supervisor.stop()


async def test_a_task_that_may_end_may_not_fail() -> None:
    """The end of a recording is none of the supervisor's business, a defect in it is."""
    supervisor = Supervisor(fakes.Counting(), Status())
    supervisor.start("recording", end(), may_end=True)
    assert await supervisor.finished("recording", 1)
    supervisor.start("broken", fail(), may_end=True)
    assert await asyncio.wait_for(supervisor.failure(), 1) == "broken"


@pytest.mark.parametrize("at_s", [0.0, 5.0], ids=["before", "meanwhile"])
async def test_what_needs_the_tasks_ends_with_them(at_s: float) -> None:
    """Work that would wait for a task that failed ends with an error that names it."""
    supervisor = Supervisor(fakes.Counting(), Status())

    async def fail_later() -> None:
        await asyncio.sleep(at_s)
        await fail()

    supervisor.start("eternal", fail_later())
    with pytest.raises(NotifierError, match="the task 'eternal' ended unexpectedly"):
        await supervisor.unless_failed(stay())
    assert asyncio.get_running_loop().time() == at_s


async def test_what_fails_by_itself_raises_its_own_error() -> None:
    """While the tasks live, work ends as it ends."""
    supervisor = Supervisor(fakes.Counting(), Status())
    supervisor.start("eternal", stay())
    await supervisor.unless_failed(end())
    with pytest.raises(RuntimeError, match="defect"):
        await supervisor.unless_failed(fail())
    await supervisor.stop()


async def test_what_is_stopped_is_no_failure() -> None:
    """Cancelling on purpose is not reported."""
    recorder = fakes.Counting()
    supervisor = Supervisor(recorder, Status())
    supervisor.start("eternal", stay())
    assert not await supervisor.finished("eternal", 1)
    await supervisor.stop("eternal")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(supervisor.failure(), 1)
    assert recorder.counts["task_ended", "eternal"] == 0


async def test_the_heart_beats_every_second() -> None:
    """Alive while it beats, not alive ten seconds after it stopped."""
    clock, recorder, status = fakes.LoopClock(), fakes.Counting(), Status()
    task = asyncio.create_task(beat(clock, recorder, status))
    await asyncio.sleep(60)
    task.cancel()
    assert status.alive(clock.monotonic())
    assert 58 <= recorder.counts["loop_lag",] <= 60
    await asyncio.sleep(11)
    assert not status.alive(clock.monotonic())


def ready(**fields: object) -> Status:
    """Return a status that is ready but for the given fields."""
    status = Status(started=True, synced={"rollouts": True})
    for name, value in fields.items():
        setattr(status, name, value)
    return status


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (ready(), ""),
        (ready(started=False), "syncing 1/1"),
        (ready(synced={"rollouts": True, "experiments": False}), "syncing 1/2"),
        (ready(store_faults={"commit": "full"}), "store"),
        (ready(watch_failing_since={"rollouts": 901.0}), ""),
        (ready(watch_failing_since={"rollouts": 879.0}), "watch"),
        (ready(degraded={"experiments": "forbidden"}), ""),
        (ready(draining=True, store_faults={"commit": "full"}), "draining"),
    ],
    ids=["ready", "starting", "listing", "store", "short", "away", "degraded", "draining"],
)
def test_readiness(status: Status, reason: str) -> None:
    """Each state of operations.md 3 has its reason; the API server may be away for two minutes."""
    assert status.reason(1000.0) == reason


async def test_the_ledger_is_tidied_every_hour() -> None:
    """Ended rows older than the retention go, soon after the start and then hourly."""
    store, clock = MemoryStore(), fakes.LoopClock()
    await store.open()
    task = asyncio.create_task(
        keep_house(store, (Gates(fakes.Counting()),), clock, StoreSettings(retention_days=1.0))
    )
    await commit_ended(store, 1, EPOCH - 90_000)
    await commit_ended(store, 2, EPOCH - 86_000)
    await asyncio.sleep(70)
    assert [each.id for each in await store.deliveries(fakes.ALL)] == [
        delivery(2, recipient="r2").id
    ]
    await asyncio.sleep(3700)
    assert await store.deliveries(fakes.ALL) == []
    task.cancel()


async def commit_ended(store: MemoryStore, number: int, at: float) -> None:
    """Commit a row and end it at a time."""
    row = delivery(number, at=at, recipient=f"r{number}")
    await store.commit([Intake(deliveries=[row])])
    await store.end([row.id], State.DROPPED, "test", now=at)
