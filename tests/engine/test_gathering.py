"""Gathering: how long the cluster is asked, and what is done without its answer."""

from __future__ import annotations

import asyncio

import pytest

from notifier.core.errors import ClusterError, Forbidden, NotFound
from notifier.core.evidence import Needs
from notifier.core.model import ObjectRef
from notifier.core.observer import Wanted
from notifier.engine.gathering import CONCURRENT, Gathering, decode
from tests.engine import fakes

pytestmark = pytest.mark.looptime(start=0)

RUN = ObjectRef(kind="AnalysisRun", namespace="shop", name="run-1")


@pytest.fixture
def cluster() -> fakes.FakeCluster:
    """An empty cluster."""
    return fakes.FakeCluster()


def gathering(cluster: fakes.FakeCluster) -> Gathering:
    """Return a gathering over the cluster, in loop time."""
    return Gathering(cluster, fakes.LoopClock())


def now() -> float:
    """Return the loop's time."""
    return asyncio.get_running_loop().time()


async def test_the_rollout_is_asked_for_until_there_is_an_answer(
    cluster: fakes.FakeCluster,
) -> None:
    """Without it nobody is known to listen, so it is not done without."""
    cluster.put("Rollout", fakes.rollout())
    cluster.fault = lambda _kind, _name: ClusterError("503") if now() < 120 else None
    raw = await gathering(cluster).rollout(fakes.reference())
    assert decode(raw or b"")["metadata"]["name"] == "checkout"
    assert 120 <= now() <= 160
    assert len(cluster.reads) < 15


async def test_retry_after_is_respected(cluster: fakes.FakeCluster) -> None:
    """A server that names a time is not asked before."""
    cluster.fault = lambda _kind, _name: ClusterError("429", after_s=7) if now() < 7 else None
    assert await gathering(cluster).rollout(fakes.reference()) is None
    assert len(cluster.reads) == 2
    assert now() == 7


@pytest.mark.parametrize("fault", [Forbidden("no right"), NotFound("no such kind")])
async def test_what_may_not_be_read_is_missing_at_once(
    cluster: fakes.FakeCluster, fault: ClusterError, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither evidence nor wanted objects wait for a right; the log says it once."""
    cluster.fault = lambda _kind, _name: fault
    one = gathering(cluster)
    wanted = Wanted(kind="AnalysisRun", namespace="shop", selector="a=b")
    assert await one.wanted([wanted]) == {wanted: ()}
    found = await one.evidence(Needs(run=RUN, runs="a=b", replica_sets="a=b"), "shop")
    assert (found.run, found.runs, found.replica_sets) == (None, None, ())
    assert now() == 0
    assert len([each for each in caplog.records if each.levelname == "WARNING"]) == 1


async def test_wanted_objects_by_name_and_by_selector(cluster: fakes.FakeCluster) -> None:
    """Each comes with what was found, empty where there is nothing."""
    cluster.put("AnalysisRun", {"metadata": {"namespace": "shop", "name": "run-1"}})
    cluster.lists["ReplicaSet", "shop"] = [b"{}", b"{}"]
    by_name = Wanted(kind="AnalysisRun", namespace="shop", name="run-1")
    missing = Wanted(kind="AnalysisRun", namespace="shop", name="run-2")
    by_label = Wanted(kind="ReplicaSet", namespace="shop", selector="a=b")
    found = await gathering(cluster).wanted([by_name, missing, by_label])
    assert [len(found[each]) for each in (by_name, missing, by_label)] == [1, 0, 2]


async def test_a_server_that_never_answers_is_given_up(cluster: fakes.FakeCluster) -> None:
    """Each read has its deadline; after four the message goes without."""
    cluster.delay_s = lambda _kind, _name: 1000.0
    found = await gathering(cluster).evidence(Needs(run=RUN), "shop")
    assert found.run is None
    assert now() == pytest.approx(44.2)


@pytest.mark.parametrize(("asked_s", "waited_s"), [(0.5, 4.5), (5.0, 15.0), (9999.0, 90.0)])
async def test_evidence_waits_as_asked_but_not_for_long(
    cluster: fakes.FakeCluster, asked_s: float, waited_s: float
) -> None:
    """What the server asks for counts between each of four attempts, up to half a minute."""
    cluster.fault = lambda _kind, _name: ClusterError("429", after_s=asked_s)
    found = await gathering(cluster).evidence(Needs(run=RUN), "shop")
    assert (found.run, len(cluster.reads)) == (None, 4)
    assert now() == pytest.approx(waited_s)


async def test_reads_are_bounded(cluster: fakes.FakeCluster) -> None:
    """However many rollouts change at once, the API server sees few reads at a time."""
    under_way = most = 0

    def delay(_kind: str, _name: str) -> float:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        return 1.0

    def done(_kind: str, _name: str) -> None:
        nonlocal under_way
        under_way -= 1

    cluster.delay_s, cluster.fault = delay, done
    one = gathering(cluster)
    await asyncio.gather(*(one.evidence(Needs(run=RUN), "shop") for _ in range(100)))
    assert most == CONCURRENT
    assert now() == 4.0


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null"])
def test_what_is_no_object_is_empty(raw: bytes) -> None:
    """Undecodable bytes harm nobody."""
    assert decode(raw) == {}
