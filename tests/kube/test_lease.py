"""The Lease loop against the API server emulator, in real time, a tenth as long (spec 4.3)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import orjson
import pytest

from notifier.app.daemon import SystemClock
from notifier.core.secrets import Secret
from notifier.kube.client import Client
from notifier.kube.credentials import Access
from notifier.kube.lease import LeaseElection, Times
from notifier.kube.lease_objects import Lease
from tests.emulator import Answer, Emulator, Freeze, Reset, refusal
from tests.kube.laboratory import until

TIMES = Times(duration_s=2.0, renew_s=1.3, retry_s=0.2)

Candidate = Callable[[str], LeaseElection]


@pytest.fixture
async def candidate(emulator: Emulator) -> AsyncIterator[Candidate]:
    """Makes candidates for one Lease; lets them go afterwards."""

    async def load() -> Access:
        return Access(server=emulator.url, authorization=Secret(""))

    client = Client(load, clock=SystemClock())
    made: list[LeaseElection] = []

    def make(identity: str) -> LeaseElection:
        made.append(
            LeaseElection(
                client,
                clock=SystemClock(),
                jitter=lambda: 0.5,
                namespace="ops",
                name="notifier",
                identity=identity,
                times=TIMES,
            )
        )
        return made[-1]

    yield make
    emulator.clear_script()
    for one in made:
        await one.release()
    await client.close()


def spec(emulator: Emulator) -> dict[str, Any]:
    """Return the Lease's spec."""
    stored = emulator.storage.get("leases", "ops", "notifier")
    found: dict[str, Any] = orjson.loads(stored.raw)["spec"]
    return found


async def in_time(work: Awaitable[Any], seconds: float = 8.0) -> Any:
    """Await, but not for ever."""
    return await asyncio.wait_for(work, seconds)


async def test_the_first_candidate_creates_the_lease(
    emulator: Emulator, candidate: Candidate
) -> None:
    """It leads at once under the next epoch, and says so in the form that the server takes."""
    assert await in_time(candidate("a").acquire(above=0)) == 1
    found = spec(emulator)
    assert (found["holderIdentity"], found["leaseTransitions"]) == ("a", 1)
    assert found["leaseDurationSeconds"] == 2
    assert found["acquireTime"].endswith("Z")
    assert len(found["renewTime"]) == len("2026-01-02T03:04:05.000000Z")


async def test_the_epoch_is_above_what_the_store_knows(candidate: Candidate) -> None:
    """A Lease that was deleted and made again does not start at 1: its holder could not write."""
    assert await in_time(candidate("a").acquire(above=41)) == 42


async def test_a_second_candidate_waits(emulator: Emulator, candidate: Candidate) -> None:
    """While the holder renews, nobody else leads, however long it lasts."""
    await in_time(candidate("a").acquire(above=0))
    waiting = asyncio.create_task(candidate("b").acquire(above=0))
    renewals = len(emulator.asked("update", "leases"))
    await until(lambda: len(emulator.asked("update", "leases")) >= renewals + 15)
    assert not waiting.done()
    waiting.cancel()
    assert spec(emulator)["holderIdentity"] == "a"


async def test_releasing_hands_over_at_once(emulator: Emulator, candidate: Candidate) -> None:
    """The next holder has the next epoch and does not wait for the Lease to run out."""
    first = candidate("a")
    await in_time(first.acquire(above=0))
    waiting = asyncio.create_task(candidate("b").acquire(above=0))
    await until(lambda: emulator.asked("get", "leases"))
    await first.release()
    started = time.monotonic()
    assert await in_time(waiting) == 2
    assert time.monotonic() - started < TIMES.duration_s
    await first.release()  # nothing to let go any more
    assert spec(emulator)["holderIdentity"] == "b"


async def test_a_lease_that_is_not_renewed_runs_out(
    emulator: Emulator, candidate: Candidate
) -> None:
    """A holder that vanished is waited for by our own clock, whatever its times say."""
    emulator.apply(
        {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"namespace": "ops", "name": "notifier", "labels": {"kept": "yes"}},
            "spec": {
                "holderIdentity": "gone",
                "leaseDurationSeconds": 1,
                "leaseTransitions": 6,
                "renewTime": "2999-01-01T00:00:00.000000Z",
            },
        }
    )
    started = time.monotonic()
    assert await in_time(candidate("a").acquire(above=0)) == 7
    assert TIMES.duration_s <= time.monotonic() - started < 3 * TIMES.duration_s
    stored = orjson.loads(emulator.storage.get("leases", "ops", "notifier").raw)
    assert stored["metadata"]["labels"] == {"kept": "yes"}


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(Freeze(), id="hangs"),
        pytest.param(Reset(), id="resets"),
        pytest.param(refusal(500, "InternalError"), id="refuses"),
        pytest.param(Answer(502, b"<html>bad gateway", "text/html"), id="proxy"),
        pytest.param(Answer(200, b"{", "application/json"), id="half-json"),
        pytest.param(Answer(200, b"[]", "application/json"), id="no-object"),
        pytest.param(Answer(403, b"no", "text/plain"), id="forbidden"),
    ],
)
async def test_without_renewal_leading_ends_at_the_deadline(
    emulator: Emulator, candidate: Candidate, fault: Any
) -> None:
    """Whatever the server does instead of renewing, and however long a call hangs."""
    first = candidate("a")
    await in_time(first.acquire(above=0))
    started = time.monotonic()
    emulator.script("update", fault, resource="leases", times=None)
    emulator.script("get", fault, resource="leases", times=None)
    why = await in_time(first.lost())
    assert time.monotonic() - started < TIMES.renew_s + 0.4
    assert "no renewal for 1.3 s" in why


async def test_short_faults_change_nothing(emulator: Emulator, candidate: Candidate) -> None:
    """One refused and one hanging renewal are made up for by the next."""
    first = candidate("a")
    await in_time(first.acquire(above=0))
    losing = asyncio.create_task(first.lost())
    emulator.script("update", refusal(500), Freeze(), resource="leases")
    renewals = len(emulator.asked("update", "leases"))
    await until(lambda: len(emulator.asked("update", "leases")) >= renewals + 10)
    assert not losing.done()
    losing.cancel()


async def test_a_lost_answer_is_noticed_by_reading(
    emulator: Emulator, candidate: Candidate
) -> None:
    """A version that moved although nobody else holds the Lease: we renew what we read."""
    first = candidate("a")
    await in_time(first.acquire(above=0))
    losing = asyncio.create_task(first.lost())
    found = orjson.loads(emulator.storage.get("leases", "ops", "notifier").raw)
    emulator.apply(found)  # the same content under a newer version
    renewals = len(emulator.asked("update", "leases"))
    await until(lambda: len(emulator.asked("update", "leases")) >= renewals + 9)
    assert not losing.done()
    losing.cancel()


async def test_another_holder_ends_leading_at_once(
    emulator: Emulator, candidate: Candidate
) -> None:
    """Somebody took the Lease by force: known with the next renewal, and it is left to them."""
    first = candidate("a")
    await in_time(first.acquire(above=0))
    found = orjson.loads(emulator.storage.get("leases", "ops", "notifier").raw)
    found["spec"]["holderIdentity"] = "b"
    emulator.apply(found)
    assert await in_time(first.lost()) == "another replica holds the Lease"
    await first.release()
    assert spec(emulator)["holderIdentity"] == "b"


async def test_a_deleted_lease_is_made_again(emulator: Emulator, candidate: Candidate) -> None:
    """The holder creates it anew, with its own epoch, and goes on leading."""
    first = candidate("a")
    assert await in_time(first.acquire(above=8)) == 9
    emulator.delete("leases", "ops", "notifier")
    await until(lambda: ("ops", "notifier") in emulator.storage.objects["leases"])
    found = spec(emulator)
    assert (found["holderIdentity"], found["leaseTransitions"]) == ("a", 9)


async def test_faults_before_leading_are_waited_out(
    emulator: Emulator, candidate: Candidate
) -> None:
    """A candidate survives every kind of answer and leads once the server is well."""
    emulator.script(
        "get", Freeze(), Reset(), refusal(500), Answer(200, b"", "application/json"),
        Answer(503, b"<html>", "text/html"), resource="leases",
    )  # fmt: skip
    assert await in_time(candidate("a").acquire(above=0), 15) == 1


async def test_of_many_candidates_one_leads(emulator: Emulator, candidate: Candidate) -> None:
    """Five at once: one leads; when it lets go, exactly one other does."""
    crowd = [candidate(str(number)) for number in range(5)]
    tasks = [asyncio.create_task(one.acquire(above=0)) for one in crowd]
    await until(lambda: any(task.done() for task in tasks))
    await until(lambda: len(emulator.asked("get", "leases")) > 20)
    (first,) = [number for number, task in enumerate(tasks) if task.done()]
    await crowd[first].release()
    await until(lambda: sum(task.done() for task in tasks) == 2)
    assert sorted(task.result() for task in tasks if task.done()) == [1, 2]
    for task in tasks:
        task.cancel()


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"spec": None},
        {"spec": {"holderIdentity": None, "leaseTransitions": None}},
        {"spec": {"leaseTransitions": "7", "leaseDurationSeconds": True}},
    ],
    ids=["no spec", "null", "null fields", "other types"],
)
def test_an_odd_lease_is_free_and_without_history(given: dict[str, Any]) -> None:
    """Whatever stands in a Lease, reading it does not fail."""
    lease = Lease.read(orjson.dumps({"metadata": {"name": "x"}, **given}))
    assert (lease.holder, lease.transitions, lease.duration_s) == ("", 0, 0)
