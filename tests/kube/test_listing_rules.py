"""Lists, versions and their loss: W1 to W9 of spec/reliability.md 4.1."""

from __future__ import annotations

import json

import orjson
import pytest

from tests.emulator import Answer, Emulator, Inject, refusal
from tests.emulator.faults import event, status
from tests.emulator.filling import rollout
from tests.kube.laboratory import Bench, bench, until

ERROR_410 = event("ERROR", status(410, "Expired", "too old resource version: 1 (2)"))


BACKOFF = [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0]


async def test_w1_the_first_list_asks_for_the_newest_state(lab: Bench) -> None:
    """Start and restart list with no resourceVersion at all, which means quorum."""
    lab.emulator.apply(rollout("a"))
    first = lab.watch()
    await first.synced()
    first.task.cancel()
    await lab.watch().synced()
    assert [entry.query for entry in lab.emulator.asked("list")] == [{"limit": "250"}] * 2
    assert [o.contiguous for o in first.seen] == [False, False]


async def test_w2_pages_follow_the_token_without_a_version(lab: Bench) -> None:
    """600 objects come in three pages of one snapshot, later ones by token alone."""
    for number in range(600):
        lab.emulator.apply(rollout(f"r{number:03}"))
    watcher = lab.watch()
    await watcher.synced()
    assert len(watcher.objects()) == 600
    assert watcher.types() == ["LISTED"] * 600 + ["SYNCED"]
    queries = [entry.query for entry in lab.emulator.asked("list")]
    assert [set(query) for query in queries] == [{"limit"}, *[{"limit", "continue"}] * 2]


async def test_w2_an_expired_token_lists_once_more_and_whole(lab: Bench) -> None:
    """410 on page 3 leads to one list without limit; what went away meanwhile is absent."""
    for number in range(1000):
        lab.emulator.apply(rollout(f"r{number:04}"))
    lab.emulator.script("list", Inject(b"", end=False), Inject(b"", end=False), refusal(410))
    watcher = lab.watch()
    await watcher.synced()
    assert len(watcher.objects()) == 1000
    assert len(lab.emulator.asked("list")) == 4
    assert "limit" not in lab.emulator.asked("list")[-1].query


async def test_w3_a_list_replaces_what_was_known(lab: Bench) -> None:
    """After a gap: absent keys are reported, a namesake with another uid is another object."""
    for name in ("kept", "gone", "reborn"):
        lab.emulator.apply(rollout(name))
    watcher = lab.watch()
    await watcher.synced()
    await watcher.watching(lab.emulator)
    old = watcher.objects()["reborn"]["metadata"]["uid"]
    lab.emulator.storage.forget("rollouts", "default", "gone")
    lab.emulator.storage.forget("rollouts", "default", "reborn")
    new = rollout("reborn")
    new["metadata"]["uid"] = "another"
    lab.emulator.apply(new, announce=False)
    lab.emulator.compact()
    await watcher.synced(2)
    tail = [o for o in watcher.seen[4:] if o.type != "SYNCED"]
    absent = {orjson.loads(o.raw)["metadata"]["name"]: o for o in tail if o.type == "ABSENT"}
    assert set(absent) == {"gone", "reborn"}
    assert orjson.loads(absent["reborn"].raw)["metadata"]["uid"] == old
    assert watcher.objects()["reborn"]["metadata"]["uid"] == "another"
    assert set(watcher.objects()) == {"kept", "reborn"}
    assert not any(o.contiguous for o in tail)


async def test_w4_watches_start_at_the_list_and_end_at_random(emulator: Emulator) -> None:
    """The watch asks for bookmarks, the list's version and 5 to 10 minutes."""
    timeouts = set()
    for jitter in (0.0, 0.25, 0.999):
        async with bench(emulator, jitter=jitter) as lab:
            await lab.watch().watching(emulator, len(emulator.asked("watch")) + 1)
            query = emulator.asked("watch")[-1].query
            assert query["allowWatchBookmarks"] == "true"
            assert query["resourceVersion"] == str(emulator.storage.revision)
            timeouts.add(int(query["timeoutSeconds"]))
    assert timeouts == {300, 375, 600}


async def test_w6_bookmarks_move_the_version(lab: Bench) -> None:
    """A quiet resource with bookmarks survives compaction and a cut without a list."""
    watcher = lab.watch()
    await watcher.watching(lab.emulator)
    for number in range(5):
        lab.emulator.storage.apply({"kind": "ConfigMap", "metadata": {"name": f"{number}"}})
    lab.emulator.bookmark()
    lab.emulator.storage.compacted = lab.emulator.storage.revision
    lab.emulator.cut_watches()
    lab.clock.time += 2
    await watcher.watching(lab.emulator, 2)
    lab.emulator.apply(rollout("after"))
    await until(lambda: watcher.events() == [("ADDED", "after", True)])
    assert len(lab.emulator.asked("list")) == 1


@pytest.mark.parametrize("as_status", [True, False], ids=["status", "event"])
async def test_w7_an_expired_version_is_listed_again(as_status: bool) -> None:
    """410 in both forms: list no older than the last version, a gap, then watch on."""
    async with Emulator(expired_as_status=as_status) as emulator, bench(emulator) as lab:
        emulator.apply(rollout("a"))
        watcher = lab.watch()
        await watcher.watching(emulator)
        last = emulator.storage.revision
        emulator.apply(rollout("a", phase="Paused"), announce=False)
        emulator.compact()
        await watcher.synced(2)
        await watcher.watching(emulator, 3)
        emulator.apply(rollout("b"))
        await until(lambda: "b" in watcher.objects())
        query = emulator.asked("list")[-1].query
        assert query["resourceVersion"] == str(last)
        assert query["resourceVersionMatch"] == "NotOlderThan"
        assert watcher.objects()["a"]["status"] == {"phase": "Paused"}
        assert lab.reflector.statistics.relists["rollouts", "expired"] == 1


async def test_w7_a_storm_of_410_lists_once_per_backoff_step(lab: Bench) -> None:
    """A thousand 410 in a row: never two lists without a wait, nothing lost at the end."""
    lab.emulator.apply(rollout("a"))
    lab.emulator.script("watch", Inject(ERROR_410), refusal(410, "Expired"), times=500)
    watcher = lab.watch()
    await until(lambda: len(lab.clock.sleeps) >= 1000)
    await watcher.watching(lab.emulator, 1001)
    assert len(lab.emulator.asked("list")) == 1001
    assert lab.clock.sleeps[:8] == [*BACKOFF, 30.0]
    assert min(lab.clock.sleeps[6:]) == 30.0
    lab.emulator.apply(rollout("b"))
    await until(lambda: set(watcher.objects()) == {"a", "b"})


async def test_w7_if_the_list_is_expired_too_the_newest_is_asked_for(lab: Bench) -> None:
    """410 for the watch and for the list at its version: then at no version."""
    lab.emulator.script("watch", refusal(410, "Expired"))
    lab.emulator.script("list", Inject(b"", end=False), refusal(410, "Expired"))
    watcher = lab.watch()
    await watcher.synced(2)
    versions = [entry.query.get("resourceVersion") for entry in lab.emulator.asked("list")]
    assert versions == [None, "1000", None]


@pytest.mark.parametrize(
    "answer",
    [
        refusal(504, "Timeout", causes=[{"reason": "ResourceVersionTooLarge"}]),
        Answer(504, json.dumps(status(504, "", "Too large resource version: 9")).encode()),
    ],
    ids=["cause", "text"],
)
async def test_w8_a_version_from_the_future_lists_the_newest(lab: Bench, answer: Answer) -> None:
    """A list refused as too large recovers in one step."""
    lab.emulator.script("watch", refusal(410, "Expired"))
    lab.emulator.script("list", Inject(b"", end=False), answer)
    watcher = lab.watch()
    await watcher.synced(2)
    assert len(lab.emulator.asked("list")) == 3
    assert "resourceVersion" not in lab.emulator.asked("list")[-1].query
    assert lab.reflector.statistics.errors["rollouts", "too_large"] == 1


async def test_w9_the_periodic_list_finds_what_a_rewind_hid(lab: Bench) -> None:
    """A restored etcd lost versions silently: within 30 minutes the list replaces the state."""
    lab.emulator.storage.revision = 5000
    lab.emulator.apply(rollout("a"))
    watcher = lab.watch()
    await watcher.watching(lab.emulator)
    lab.emulator.storage.rewind(500)
    lab.emulator.apply(rollout("a", phase="Degraded"), announce=False)
    lab.clock.time += 1801
    lab.emulator.end_watches()
    await watcher.synced(2)
    assert watcher.objects()["a"]["status"] == {"phase": "Degraded"}
    await watcher.watching(lab.emulator, 2)
    lab.emulator.apply(rollout("b"))
    await until(lambda: ("ADDED", "b", True) in watcher.events())


async def test_w9_the_periodic_list_leaves_live_changes_to_the_watch(lab: Bench) -> None:
    """Changes made while it runs arrive from the watch, in order and without a gap."""
    lab.emulator.apply(rollout("a"))
    lab.emulator.apply(rollout("lost"))
    lab.emulator.apply(rollout("ghost"))
    watcher = lab.watch()
    await watcher.watching(lab.emulator)
    lab.emulator.apply(rollout("lost", phase="Paused"), announce=False)
    lab.emulator.storage.forget("rollouts", "default", "ghost")
    lab.emulator.apply(rollout("b"))
    await until(lambda: "b" in watcher.objects())
    lab.clock.time += 1801
    seen = len(watcher.seen)
    lab.emulator.end_watches()
    for phase in ("Progressing", "Paused", "Healthy"):
        lab.emulator.storage.apply(rollout("a", phase=phase))
    lab.emulator.storage.delete("rollouts", "default", "b")
    lab.emulator.hub.wake()
    await until(lambda: "ABSENT" in watcher.types()[seen:])
    tail = [(o.type, orjson.loads(o.raw), o.contiguous) for o in watcher.seen[seen:]]
    changes = [o["status"]["phase"] for kind, o, _ in tail if kind == "MODIFIED"]
    assert changes == ["Progressing", "Paused", "Healthy"]
    assert all(contiguous == (kind in {"MODIFIED", "DELETED"}) for kind, _, contiguous in tail)
    assert set(watcher.objects()) == {"a", "lost"}
    assert watcher.objects()["lost"]["status"] == {"phase": "Paused"}
    assert lab.reflector.statistics.relists["rollouts", "periodic"] == 1
