"""Fetching, listing what is owned, watching one object, and several namespaces at once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, cast

import pytest

from notifier.core.errors import ClusterError, Forbidden
from notifier.core.model import Observation
from notifier.core.observer import Observer
from notifier.kube.following import Follower
from notifier.kube.merging import merged
from tests.emulator import Answer, Emulator, Reset, refusal
from tests.emulator.filling import rollout
from tests.kube.laboratory import Bench, FakeClock, bench, until


def made(kind: str, name: str, namespace: str = "default", **labels: str) -> dict[str, Any]:
    """Return a small object."""
    versions = {
        "ReplicaSet": "apps/v1",
        "Deployment": "apps/v1",
        "AnalysisRun": "argoproj.io/v1alpha1",
    }
    metadata = {"name": name, "namespace": namespace, "labels": labels}
    return {"apiVersion": versions.get(kind, "v1"), "kind": kind, "metadata": metadata}


KINDS = [
    "Rollout", "AnalysisRun", "Experiment", "ReplicaSet", "Deployment", "StatefulSet",
    "PodTemplate", "ConfigMap", "Secret",
]  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
async def test_fetch_gets_each_kind(lab: Bench, kind: str) -> None:
    """The object's bytes, or None if it does not exist."""
    lab.emulator.apply(made(kind, "a"))
    found = await lab.reflector.fetch(kind, "default", "a")
    assert found is not None
    assert json.loads(found)["kind"] == kind
    assert await lab.reflector.fetch(kind, "default", "b") is None
    assert await lab.reflector.fetch(kind, "elsewhere", "a") is None


async def test_fetch_of_a_name_with_a_slash_asks_nobody(lab: Bench) -> None:
    """A tenant's workloadRef cannot lead to another path."""
    assert await lab.reflector.fetch("Deployment", "default", "../../secrets/x") is None
    assert lab.emulator.requests == []


async def test_fetch_raises_what_is_not_an_answer(lab: Bench) -> None:
    """Rights and failures are errors, not absence."""
    lab.emulator.forbid("secrets")
    with pytest.raises(Forbidden):
        await lab.reflector.fetch("Secret", "default", "a")
    lab.emulator.script("get", refusal(500))
    with pytest.raises(ClusterError, match="scripted 500"):
        await lab.reflector.fetch("ConfigMap", "default", "a")


async def test_list_owned_selects_and_names_the_kind(lab: Bench) -> None:
    """Lists of built-in kinds come without a kind; consumers get it all the same."""
    lab.emulator.apply(made("ReplicaSet", "a", hash="x"))
    lab.emulator.apply(made("ReplicaSet", "b", hash="y"))
    lab.emulator.apply(made("ReplicaSet", "c", "elsewhere", hash="x"))
    found = await lab.reflector.list_owned("ReplicaSet", "default", "hash=x")
    assert [json.loads(raw)["metadata"]["name"] for raw in found] == ["a"]
    assert json.loads(found[0])["kind"] == "ReplicaSet"
    lab.emulator.script("list", Answer(200, b"[]"))
    with pytest.raises(ClusterError, match="not a list"):
        await lab.reflector.list_owned("ReplicaSet", "default", "hash=x")


async def test_only_replicasets_of_rollouts_are_observed(lab: Bench) -> None:
    """The label selector keeps Deployments' ReplicaSets away; listed ones have their kind."""
    lab.emulator.apply(made("ReplicaSet", "mine", **{"rollouts-pod-template-hash": "x"}))
    lab.emulator.apply(made("ReplicaSet", "other"))
    watcher = lab.watch("replicasets")
    await watcher.watching(lab.emulator)
    assert {name: found["kind"] for name, found in watcher.objects().items()} == {
        "mine": "ReplicaSet"
    }
    lab.emulator.apply(made("ReplicaSet", "mine"))
    await until(lambda: watcher.events() == [("DELETED", "mine", True)])


async def test_watch_object_follows_one_name(lab: Bench) -> None:
    """Absent, created, changed, deleted, and unharmed by cuts; other names do not matter."""
    lab.emulator.restrict("configmaps", "cm")
    seen: list[Any] = []

    async def follow() -> None:
        found = lab.reflector.watch_object("ConfigMap", "default", "cm")
        async with aclosing(found) as objects:
            async for raw in objects:
                seen.append(None if raw is None else json.loads(raw).get("data"))  # noqa: PERF401 - one by one

    task = asyncio.create_task(follow())
    await until(lambda: seen == [None])
    lab.emulator.apply(made("ConfigMap", "other"))
    lab.emulator.apply({**made("ConfigMap", "cm"), "data": {"a": "1"}})
    await until(lambda: len(seen) == 2)
    lab.emulator.cut_watches()
    lab.emulator.apply({**made("ConfigMap", "cm"), "data": {"a": "2"}})
    await until(lambda: len(seen) == 3)
    lab.emulator.compact()
    await until(lambda: len(lab.emulator.asked("list")) == 2)
    lab.emulator.delete("configmaps", "default", "cm")
    await until(lambda: len(seen) == 4)
    assert seen == [None, {"a": "1"}, {"a": "2"}, None]
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_watch_object_notices_a_deletion_in_a_gap(lab: Bench) -> None:
    """What a list no longer shows is None."""
    lab.emulator.apply(made("ConfigMap", "cm"))
    async with aclosing(lab.reflector.watch_object("ConfigMap", "default", "cm")) as objects:
        assert await anext(objects) is not None
        lab.emulator.storage.forget("configmaps", "default", "cm")
        lab.emulator.script("watch", refusal(410, "Expired"))
        assert await anext(objects) is None


async def test_watch_object_of_an_existing_object_begins_with_it(lab: Bench) -> None:
    """No None comes before an object that is there."""
    lab.emulator.apply(made("ConfigMap", "cm"))
    async with aclosing(lab.reflector.watch_object("ConfigMap", "default", "cm")) as objects:
        assert await anext(objects) is not None


async def test_w23_a_namespace_without_rights_harms_no_other(emulator: Emulator) -> None:
    """Three namespaces, one forbidden: the others deliver, SYNCED comes, the third is tried."""
    for space in ("one", "two", "three", "four"):
        emulator.apply(rollout("a", space))
    emulator.forbid("rollouts", "two")
    async with bench(emulator, namespaces=("one", "two", "three")) as lab:
        lab.clock.stop_at = lab.clock.time + 30
        watcher = lab.watch()
        await watcher.synced()
        await until(lambda: emulator.hub.open == 2)
        assert watcher.types() == ["LISTED", "LISTED", "SYNCED"]
        emulator.apply(rollout("b", "three"))
        emulator.apply(rollout("b", "four"))
        await until(lambda: watcher.events() == [("ADDED", "b", True)])
        assert list(lab.reflector.statistics.degraded) == ["rollouts/two"]
        assert {entry.namespace for entry in emulator.requests} == {"one", "two", "three"}


async def test_w23_a_right_that_comes_later_is_noticed(emulator: Emulator) -> None:
    """The forbidden namespace is listed as soon as it may be."""
    emulator.apply(rollout("a", "one"))
    emulator.apply(rollout("b", "two"))
    emulator.forbid("rollouts", "two")
    async with bench(emulator, namespaces=("one", "two")) as lab:
        watcher = lab.watch()
        await until(lambda: 60.0 in lab.clock.sleeps)
        emulator.allow("rollouts", "two")
        await until(lambda: set(watcher.objects()) == {"a", "b"})
        await until(lambda: not lab.reflector.statistics.degraded)


async def test_w23_what_may_not_be_listed_is_not_taken_for_deleted(emulator: Emulator) -> None:
    """After a restart a forbidden namespace, or one that is no longer observed, loses nothing;
    what vanished there is noticed once it may be listed."""
    for space in ("one", "two", "three"):
        emulator.apply(rollout("kept", space))
        emulator.apply(rollout("gone", space))
    async with bench(emulator) as lab:
        watcher = lab.watch()
        await watcher.synced()
        observer = Observer()
        first = [change for each in watcher.seen for change in observer.observe(each)]
    for space in ("one", "two", "three"):
        emulator.delete("rollouts", space, "gone")
    emulator.forbid("rollouts", "two")
    observer = Observer()
    observer.restore(change.snapshot for change in first if change.snapshot)

    def deleted() -> list[str]:
        changes = [change for each in watcher.seen for change in observer.observe(each)]
        watcher.seen.clear()
        return [each.rollout.path for change in changes for each in change.transitions]

    async with bench(emulator, namespaces=("one", "two")) as lab:
        watcher = lab.watch()
        await watcher.synced()
        assert deleted() == ["one/gone"]
        await until(lambda: 60.0 in lab.clock.sleeps)
        emulator.allow("rollouts", "two")
        await watcher.synced()
        assert deleted() == ["two/gone"]


async def test_w23_synced_comes_even_if_a_refusal_is_the_last_answer() -> None:
    """The end of the lists is told once no answer is outstanding, and says of which namespaces."""
    listed = asyncio.Event()

    class Listing:
        async def follow(self) -> AsyncGenerator[Sequence[Observation]]:
            yield [Observation("rollouts", "SYNCED", b"", covers=("one",))]
            listed.set()
            await asyncio.Event().wait()

    class Refused:
        async def follow(self) -> AsyncGenerator[Sequence[Observation]]:
            await listed.wait()
            raise Forbidden("no")
            yield []

    followers = cast("list[Follower]", [Listing(), Refused()])
    async with aclosing(merged(followers, FakeClock(stop_at=0.0))) as batches:
        batch = await asyncio.wait_for(anext(batches), 5)
    assert [(each.type, each.covers) for each in batch] == [("SYNCED", ("one",))]


async def test_w23_if_no_namespace_may_be_watched_the_caller_is_told(emulator: Emulator) -> None:
    """The last refusal is raised."""
    emulator.forbid("rollouts")
    async with bench(emulator, namespaces=("one", "two")) as lab:
        watcher = lab.watch()
        await until(lambda: watcher.error is not None)
        assert isinstance(watcher.error, Forbidden)
        assert set(lab.reflector.statistics.degraded) == {"rollouts/one", "rollouts/two"}


async def test_namespaces_survive_faults_of_one_another(emulator: Emulator) -> None:
    """A list that fails in one namespace is repeated there alone."""
    emulator.apply(rollout("a", "one"))
    emulator.apply(rollout("b", "two"))
    emulator.script("list", Reset())
    async with bench(emulator, namespaces=("one", "two")) as lab:
        watcher = lab.watch()
        await watcher.synced()
        assert watcher.types() == ["LISTED", "LISTED", "SYNCED"]
        assert len(emulator.asked("list")) == 3
