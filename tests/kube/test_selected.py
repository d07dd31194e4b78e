"""Watching all objects that a label selector selects; streams that end leave nothing behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

import pytest

from notifier.core.errors import Forbidden
from tests.emulator import Emulator
from tests.kube.laboratory import Bench, bench, until

SELECTOR = "notify=yes"


@pytest.fixture
async def lab() -> AsyncIterator[Bench]:
    """A reflector before an emulator."""
    async with Emulator() as emulator, bench(emulator) as made:
        yield made


def namespace(name: str, *, labelled: bool = True) -> dict[str, Any]:
    """Return a namespace with or without the label."""
    metadata = {"name": name, "labels": {"notify": "yes"} if labelled else {}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def config_map(space: str, **data: str) -> dict[str, Any]:
    """Return a labelled ConfigMap."""
    metadata = {"namespace": space, "name": "cm", "labels": {"notify": "yes"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


class Follower:
    """Consumes one `watch_objects` in a task."""

    def __init__(self, lab: Bench, kind: str) -> None:
        self.seen: list[tuple[bool, Mapping[tuple[str, str], bytes | None]]] = []
        self.task = asyncio.create_task(self._follow(lab, kind))

    async def _follow(self, lab: Bench, kind: str) -> None:
        async with aclosing(lab.reflector.watch_objects(kind, SELECTOR)) as found:
            async for item in found:
                self.seen.append(item)

    @property
    def present(self) -> dict[str, Any]:
        """Return what there is now, by namespace and name, with its data."""
        state: dict[str, Any] = {}
        for _, changes in self.seen:
            for key, raw in changes.items():
                path = "/".join(key).strip("/")
                state.pop(path, None)
                if raw is not None:
                    state[path] = json.loads(raw).get("data")
        return state

    async def end(self) -> None:
        """Stop."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


async def test_selected_namespaces_are_followed(lab: Bench) -> None:
    """All at once when they are listed; then one is labelled, one loses its label, one is made and
    deleted, also while the watch is cut."""
    lab.emulator.apply(namespace("a"))
    lab.emulator.apply(namespace("b", labelled=False))
    follower = Follower(lab, "Namespace")
    await until(lambda: follower.seen)
    assert follower.seen[0][0]
    assert set(follower.present) == {"a"}
    lab.emulator.apply(namespace("b"))
    await until(lambda: set(follower.present) == {"a", "b"})
    lab.emulator.apply(namespace("a", labelled=False))
    await until(lambda: set(follower.present) == {"b"})
    lab.emulator.cut_watches()
    lab.emulator.apply(namespace("c"))
    lab.emulator.delete("namespaces", "", "b")
    await until(lambda: set(follower.present) == {"c"})
    assert not any(whole for whole, _ in follower.seen[1:])
    await follower.end()


async def test_nothing_selected_is_told_too(lab: Bench) -> None:
    """An empty list is an answer: nobody waits for more."""
    follower = Follower(lab, "Namespace")
    await until(lambda: follower.seen)
    assert follower.seen == [(True, {})]
    await follower.end()


async def test_labelled_config_maps_of_the_whole_cluster(lab: Bench) -> None:
    """One watch, whatever namespace they are in."""
    lab.emulator.apply(config_map("one", a="1"))
    follower = Follower(lab, "ConfigMap")
    await until(lambda: follower.seen)
    lab.emulator.apply(config_map("two", a="2"))
    lab.emulator.apply(config_map("one", a="3"))
    await until(lambda: follower.present == {"one/cm": {"a": "3"}, "two/cm": {"a": "2"}})
    assert len(lab.emulator.asked("watch", "configmaps")) == 1
    await follower.end()


async def test_what_a_gap_deleted_is_told(lab: Bench) -> None:
    """A relist that no longer shows an object says so."""
    lab.emulator.apply(config_map("one", a="1"))
    follower = Follower(lab, "ConfigMap")
    await until(lambda: follower.seen and lab.emulator.hub.open)
    lab.emulator.storage.forget("configmaps", "one", "cm")
    lab.emulator.compact()
    await until(lambda: follower.present == {})
    await follower.end()


async def test_without_the_right_it_is_refused(lab: Bench) -> None:
    """The caller degrades; the stream is no reason not to be ready, and leaves nothing behind."""
    lab.emulator.forbid("namespaces")
    with pytest.raises(Forbidden):
        await anext(lab.reflector.watch_objects("Namespace", SELECTOR))
    assert lab.reflector.statistics.away_since == {}
    assert lab.reflector.statistics.degraded == {}


async def test_a_refused_watch_is_no_missing_server(lab: Bench) -> None:
    """A resource that may not be watched degrades alone: the server answered (W23)."""
    lab.emulator.forbid("experiments")
    with pytest.raises(Forbidden):
        await anext(lab.reflector.observe("experiments"))
    assert lab.reflector.statistics.away_since == {}
    assert set(lab.reflector.statistics.degraded) == {"experiments"}


async def test_a_watched_object_leaves_nothing_behind(lab: Bench) -> None:
    """Hundreds of namespaces come and go: each stream ends with whoever follows it."""
    for number in range(20):
        async with aclosing(lab.reflector.watch_object("ConfigMap", f"n{number}", "cm")) as found:
            assert await anext(found) is None
    statistics = lab.reflector.statistics
    assert statistics.away_since == {}
    assert not statistics.synced
    assert lab.reflector._followers == {}


async def test_the_hosts_of_the_api_server_are_known(lab: Bench) -> None:
    """So that nothing else may be sent there."""
    assert "127.0.0.1" in await lab.client.addresses()
