"""Recorded streams as a cluster: order, turns, look-ups, pace, and bad files."""

from __future__ import annotations

import asyncio
import gzip
import json
from contextlib import aclosing
from pathlib import Path
from typing import Any

import orjson
import pytest

from notifier.core.errors import ClusterError, ConfigError
from notifier.core.model import Resource
from notifier.kube import streams
from notifier.kube.recording import Recording
from notifier.kube.resources import OBSERVED
from tests.kube.laboratory import FakeClock

RECORDINGS = Path(__file__).parent.parent / "recordings"
ALL: tuple[Resource, ...] = ("rollouts", "analysisruns", "experiments", "replicasets")


def line(type_: str, kind: str, name: str, version: int, t: float = 0.0, **labels: str) -> bytes:
    """Return a recorded line."""
    metadata = {"name": name, "namespace": "ns", "uid": name, "resourceVersion": str(version)}
    given = {"kind": kind, "metadata": {**metadata, "labels": labels}}
    return orjson.dumps({"t": t, "type": type_, "object": given})


def recording(*lines: bytes, **options: Any) -> Recording:
    """Return a recording of lines in memory."""
    return Recording(list(streams.read(lines, "memory")), **options)


async def consume(
    cluster: Recording, seen: list[tuple[str, str, str]], *resources: Resource, dawdle: int = 0
) -> None:
    """Observe several resources at once; each consumer dawdles between its batches."""

    async def one(resource: Resource) -> None:
        async with aclosing(cluster.observe(resource)) as batches:
            async for batch in batches:
                for observation in batch:
                    if observation.type != "SYNCED":
                        metadata = json.loads(observation.raw)["metadata"]
                        version = metadata["resourceVersion"]
                        seen.append((resource, observation.type, version))
                for _ in range(dawdle * (1 + len(resource) % 5)):
                    await asyncio.sleep(0)

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        for resource in resources:
            group.create_task(one(resource))


@pytest.mark.parametrize(
    "path", sorted(RECORDINGS.glob("*/stream.jsonl.gz")), ids=lambda path: path.parent.name
)
async def test_each_recording_is_delivered_whole_and_in_order(path: Path) -> None:
    """Every line of the four kinds, in the order of the file, whoever dawdles."""
    plurals = {kind.name: resource for resource, kind in OBSERVED.items()}
    with gzip.open(path) as file:
        expected = [
            (plurals[entry["object"]["kind"]], entry["type"], entry["object"]["metadata"])
            for entry in map(orjson.loads, file)
            if entry["type"] != "BOOKMARK"
        ]
    seen: list[tuple[str, str, str]] = []
    timeline = await asyncio.to_thread(streams.load, [path])
    await consume(Recording(timeline), seen, *ALL, dawdle=1)
    assert seen == [(plural, kind, data["resourceVersion"]) for plural, kind, data in expected]


async def test_the_timeline_waits_until_what_was_handed_out_is_consumed() -> None:
    """While one consumer works on its batch, nobody gets a later line."""
    cluster = recording(line("ADDED", "Rollout", "a", 1), line("ADDED", "AnalysisRun", "r", 2))
    rollouts, runs = cluster.observe("rollouts"), cluster.observe("analysisruns")
    assert [o.type for o in await anext(rollouts)] == ["SYNCED"]
    assert [o.type for o in await anext(runs)] == ["SYNCED"]
    late = asyncio.create_task(anext(runs))
    assert [o.type for o in await anext(rollouts)] == ["ADDED"]
    for _ in range(50):
        await asyncio.sleep(0)
    assert not late.done()
    ended = asyncio.create_task(anext(rollouts, None))
    assert [o.type for o in await late] == ["ADDED"]
    assert await anext(runs, None) is None
    assert await ended is None


async def test_what_nobody_observes_is_known_all_the_same() -> None:
    """ReplicaSets without a consumer can be fetched and listed at the state of their turn."""
    cluster = recording(
        line("ADDED", "ReplicaSet", "rs", 1, hash="x"),
        line("ADDED", "Rollout", "a", 2),
        line("MODIFIED", "ReplicaSet", "rs", 3, hash="x"),
    )
    seen: list[tuple[str, str, str]] = []
    await consume(cluster, seen, "rollouts")
    assert seen == [("rollouts", "ADDED", "2")]
    raw = await cluster.fetch("ReplicaSet", "ns", "rs")
    assert raw is not None
    assert json.loads(raw)["metadata"]["resourceVersion"] == "3"
    assert await cluster.list_owned("ReplicaSet", "ns", "hash=x") == [raw]


async def test_look_ups_give_the_latest_version_else_the_next_to_come() -> None:
    """Before its first line an object is the next version, after DELETED it is none."""
    cluster = recording(
        line("ADDED", "Rollout", "first", 1),
        line("ADDED", "AnalysisRun", "run", 2, run="yes"),
        line("MODIFIED", "AnalysisRun", "run", 3, run="yes"),
        line("DELETED", "AnalysisRun", "run", 4, run="yes"),
        expected=("rollouts", "analysisruns"),
    )

    async def now() -> str | None:
        raw = await cluster.fetch("AnalysisRun", "ns", "run")
        listed = await cluster.list_owned("AnalysisRun", "ns", "run=yes")
        assert listed == ([] if raw is None else [raw])
        return None if raw is None else json.loads(raw)["metadata"]["resourceVersion"]

    versions = [await now()]
    rollouts = asyncio.create_task(consume(cluster, [], "rollouts"))
    async with aclosing(cluster.observe("analysisruns")) as batches:
        async for _ in batches:
            versions.append(await now())  # noqa: PERF401 - one after each batch
    await rollouts
    assert versions == ["2", "2", "2", "3", None]
    assert await cluster.fetch("AnalysisRun", "ns", "nobody") is None


async def test_nothing_is_played_without_the_expected() -> None:
    """A consumer that comes late still gets everything as it happened."""
    cluster = recording(
        line("ADDED", "Rollout", "a", 1),
        line("ADDED", "ReplicaSet", "r", 2),
        expected=("rollouts", "replicasets"),
    )
    seen: list[tuple[str, str, str]] = []
    early = asyncio.create_task(consume(cluster, seen, "rollouts"))
    for _ in range(100):
        await asyncio.sleep(0)
    assert seen == []
    await consume(cluster, seen, "replicasets")
    await early
    assert seen == [("rollouts", "ADDED", "1"), ("replicasets", "ADDED", "2")]


async def test_who_joins_later_begins_with_a_list() -> None:
    """As a reflector would: LISTED, not contiguous, then what comes."""
    cluster = recording(line("ADDED", "Rollout", "a", 1), line("MODIFIED", "Rollout", "a", 2))
    await consume(cluster, [], "rollouts")
    async with aclosing(cluster.observe("rollouts")) as batches:
        batch = await anext(batches)
        assert [(o.type, o.contiguous) for o in batch] == [("LISTED", False), ("SYNCED", False)]
        assert await anext(batches, None) is None


async def test_a_gap_in_a_stream_is_not_contiguous() -> None:
    """LISTED lines stand for a list after a gap; live lines are contiguous."""
    cluster = recording(line("ADDED", "Rollout", "a", 1), line("LISTED", "Rollout", "a", 9))
    async with aclosing(cluster.observe("rollouts")) as batches:
        found = [observation async for batch in batches for observation in batch]
    assert [(o.type, o.contiguous) for o in found[1:]] == [("ADDED", True), ("LISTED", False)]


async def test_objects_given_beside_the_stream_exist_from_the_start() -> None:
    """ConfigMaps and workloads can be fetched and watched."""
    raw = orjson.dumps({"kind": "ConfigMap", "metadata": {"name": "cm", "namespace": "ns"}})
    cluster = recording(line("ADDED", "Rollout", "a", 1), objects=[streams.entry("ADDED", raw)])
    assert await cluster.fetch("ConfigMap", "ns", "cm") == raw

    async def watched(name: str) -> list[bytes | None]:
        return [found async for found in cluster.watch_object("ConfigMap", "ns", name)]

    watching = [asyncio.create_task(watched(name)) for name in ("cm", "other")]
    await consume(cluster, [], "rollouts")
    assert await asyncio.gather(*watching) == [[raw], [None]]


async def test_speed_sleeps_the_recorded_time_scaled() -> None:
    """Between lines the recorded pause, divided by the speed; over lines nobody sees too."""
    clock = FakeClock()
    lines = [line("ADDED", "Rollout", f"r{n}", n, t=t) for n, t in ((1, 1.0), (2, 1.0), (3, 5.0))]
    lines.insert(2, line("ADDED", "ReplicaSet", "x", 9, t=3.0))
    await consume(recording(*lines, speed=2.0, clock=clock), [], "rollouts")
    assert clock.sleeps == [0.5, 0.0, 1.0, 1.0]


async def test_nothing_is_true_before_its_time() -> None:
    """At a speed, an object that nobody observes changes at its recorded time, not before."""

    class Looking(FakeClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            versions.append((self.time, await version()))

    async def version() -> str:
        raw = await cluster.fetch("Deployment", "ns", "d")
        return str(json.loads(raw or b"{}")["metadata"]["resourceVersion"])

    versions: list[tuple[float, str]] = []
    cluster = recording(
        line("ADDED", "Deployment", "d", 1),
        line("ADDED", "Rollout", "a", 2),
        line("MODIFIED", "Deployment", "d", 3, 10.0),
        line("MODIFIED", "Rollout", "a", 4, 30.0),
        speed=1.0,
        clock=Looking(time=0.0),
    )
    await consume(cluster, [], "rollouts")
    assert versions == [(0.0, "1"), (0.0, "1"), (10.0, "1"), (30.0, "3")]


async def test_who_joins_while_time_passes_misses_nothing() -> None:
    """A resource that is observed only from now on gets what was about to be passed over."""

    class Joining(FakeClock):
        async def sleep(self, seconds: float) -> None:
            if seconds and not tasks:
                tasks.append(asyncio.create_task(consume(cluster, seen, "replicasets")))
                for _ in range(10):
                    await asyncio.sleep(0)
            await super().sleep(seconds)

    tasks: list[asyncio.Task[None]] = []
    seen: list[tuple[str, str, str]] = []
    cluster = recording(
        line("ADDED", "Rollout", "a", 1),
        line("ADDED", "ReplicaSet", "r", 2, 10.0),
        line("MODIFIED", "Rollout", "a", 3, 20.0),
        speed=1.0,
        clock=Joining(),
    )
    await consume(cluster, [], "rollouts")
    await asyncio.gather(*tasks)
    assert seen == [("replicasets", "ADDED", "2")]


def test_files_are_merged_by_time_and_keep_their_own_order(tmp_path: Path) -> None:
    """A line without a time stays right behind the one before it."""
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl.gz"
    untimed = {"type": "ADDED", "object": {"kind": "Rollout", "metadata": {"name": "b"}}}
    first = [line("ADDED", "Rollout", "a", 1, t=2.0), orjson.dumps(untimed)]
    one.write_bytes(b"\n".join([*first, b"", line("ADDED", "Rollout", "e", 1, t=9.0)]))
    second = [line("ADDED", "Rollout", "x", 1, t=1.0), line("ADDED", "Rollout", "y", 1, t=5.0)]
    two.write_bytes(gzip.compress(b"\n".join(second) + b"\n"))
    assert [entry.name for entry in streams.load([one, two])] == ["x", "a", "b", "y", "e"]


GOOD = line("ADDED", "Rollout", "a", 1)


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        (b"{", "truncated"),
        (b"[]", "Expected `object`"),
        (b'{"type":"ERROR","object":{"kind":"Status","metadata":{"name":"x"}}}', "type 'ERROR'"),
        (b'{"type":"ADDED"}', "missing required field `object`"),
        (b'{"type":"ADDED","object":{"kind":"Rollout"}}', "metadata"),
        (b'{"type":"ADDED","object":{"kind":"Rollout","metadata":{"name":5}}}', "metadata.name"),
        (b'{"type":"ADDED","object":"\xff"}', "not a recorded event"),
        (b'{"type":"ADDED","object":' + b"[" * 5000, "not a recorded event"),
    ],
    ids=["cut", "array", "type", "no object", "no metadata", "name", "bytes", "depth"],
)
def test_a_bad_line_is_one_error_with_file_and_line(tmp_path: Path, bad: bytes, says: str) -> None:
    """The third line of the file is named, with what is wrong and the expected form."""
    path = tmp_path / "stream.jsonl"
    path.write_bytes(b"\n".join([GOOD, b"", bad, GOOD]))
    with pytest.raises(ConfigError) as caught:
        streams.load([path])
    problem = caught.value.problem
    assert (problem.document, problem.line) == (str(path), 3)
    assert says in problem.message
    assert problem.fix


@pytest.mark.parametrize(
    "content", [b"not gzip", gzip.compress(GOOD)[:-9], None], ids=["plain", "cut", "missing"]
)
def test_an_unreadable_file_is_one_error(tmp_path: Path, content: bytes | None) -> None:
    """Not gzip, cut off, or missing: the file is named."""
    path = tmp_path / "stream.jsonl.gz"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        streams.load([path])
    assert caught.value.problem.document == str(path)


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("", {"a", "b", "c"}), ("k", {"a", "b"}), ("!k", {"c"}), ("k=1", {"a"}), ("k==1", {"a"}),
        ("k!=1", {"b", "c"}), ("k,l=2", {"b"}), ("k=3", set()),
    ],
)  # fmt: skip
async def test_selectors_of_recordings(selector: str, names: set[str]) -> None:
    """Equality and existence, joined by commas."""
    cluster = recording(
        line("ADDED", "Rollout", "a", 1, k="1"),
        line("ADDED", "Rollout", "b", 2, k="2", l="2"),
        line("ADDED", "Rollout", "c", 3),
    )
    await consume(cluster, [], "rollouts")
    found = await cluster.list_owned("Rollout", "ns", selector)
    assert {json.loads(raw)["metadata"]["name"] for raw in found} == names
    with pytest.raises(ClusterError, match="only equality"):
        await cluster.list_owned("Rollout", "ns", "k in (1,2)")
