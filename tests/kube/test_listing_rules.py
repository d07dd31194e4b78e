"""Lists, versions and their loss: W1 to W9 of spec/reliability.md 4.1."""

from __future__ import annotations

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from notifier.core.observer import Observer
from tests.emulator import Answer, Emulator, Inject, play, read_stream, refusal
from tests.emulator.faults import event, status
from tests.emulator.filling import rollout
from tests.kube.laboratory import Bench, Watcher, bench, name, until

RECORDINGS = Path(__file__).parent.parent / "recordings"

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


@pytest.mark.parametrize("then", ["list", "watch"])
async def test_w1_old_states_of_a_frozen_server_announce_nothing(then: str) -> None:
    """A restart that lists from a server frozen ten minutes ago, then the fresh state, by a list or
    as the watch catches up: nothing is told of what is old."""
    lines = [
        line
        for line in read_stream(RECORDINGS / "canary-new-template-while-paused" / "stream.jsonl.gz")
        if line["object"].get("kind") == "Rollout" and line["type"] != "BOOKMARK"
    ]
    paused = next(at for at, line in enumerate(lines) if _status(line).get("pauseConditions"))
    newer = next(
        at for at, line in enumerate(lines) if _status(line).get("observedGeneration") == "4"
    )
    async with Emulator() as emulator:
        await play(emulator.storage, lines[: paused + 1])
        frozen = emulator.storage.list("rollouts", "", None)
        await play(emulator.storage, lines[paused + 1 : newer + 1])
        before, after = Observer(), Observer()
        async with bench(emulator) as lab:
            watcher = lab.watch()
            await watcher.synced()
            known = [change for each in watcher.seen for change in before.observe(each)]
        after.restore(change.snapshot for change in known if change.snapshot)
        head = b'{"metadata":{"resourceVersion":"%d"},"items":[' % frozen.version
        emulator.script("list", Answer(200, head + b",".join(frozen.items) + b"]}"))
        if then == "list":
            emulator.script("watch", refusal(410, "Expired"))
        async with bench(emulator) as lab:
            watcher = lab.watch()
            await until(lambda: _versions(watcher) == {str(emulator.storage.revision)})
            changes = [change for each in watcher.seen for change in after.observe(each)]
    assert [found.trigger for change in changes for found in change.transitions] == []
    assert after.stale >= 1


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
    """410 on page 3 of 40 leads to one more list, without limit: all 10,000 objects are there."""
    for number in range(10_000):
        lab.emulator.apply(rollout(f"r{number:05}"))
    lab.emulator.script("list", Inject(b"", end=False), Inject(b"", end=False), refusal(410))
    watcher = lab.watch()
    await watcher.synced()
    assert len(watcher.objects()) == 10_000
    assert len(lab.emulator.asked("list")) == 4
    assert "limit" not in lab.emulator.asked("list")[-1].query


async def test_w3_a_list_replaces_what_was_known(lab: Bench) -> None:
    """After a gap: absent keys are reported, a namesake with another uid is another object."""
    for each in ("kept", "gone", "reborn"):
        lab.emulator.apply(rollout(each))
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
    absent = {name(o): o for o in tail if o.type == "ABSENT"}
    assert sorted(name(o) for o in tail if o.type == "ABSENT") == ["gone", "reborn"]
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


async def test_w4_reconnects_are_spread_over_the_window(emulator: Emulator) -> None:
    """Of 50 watches each fifth of the 5 to 10 minutes has its share, none lies outside."""
    source = random.Random(4)  # noqa: S311 - a seed, no secret
    async with bench(emulator, jitter=source.random) as lab:
        watcher = lab.watch()
        for number in range(1, 51):
            await watcher.watching(emulator, number)
            lab.clock.time += 2
            emulator.end_watches()
    timeouts = [int(entry.query["timeoutSeconds"]) for entry in emulator.asked("watch")[:50]]
    assert all(300 <= timeout <= 600 for timeout in timeouts)
    shares = Counter(min((timeout - 300) // 60, 4) for timeout in timeouts)
    assert sorted(shares) == [0, 1, 2, 3, 4]
    assert min(shares.values()) >= 4


async def test_w6_bookmarks_move_the_version(lab: Bench) -> None:
    """A quiet hour: others change, bookmarks come, watches end and begin; then etcd is compacted
    and the connection cut. No list but the verifying ones."""
    watcher = lab.watch()
    await watcher.watching(lab.emulator)
    for ended in range(1, 13):
        for number in range(5):
            other = {"kind": "ConfigMap", "metadata": {"name": f"{ended}-{number}"}}
            lab.emulator.storage.apply(other)
            lab.emulator.bookmark()
        lab.clock.time += 300
        lab.emulator.end_watches()
        await watcher.watching(lab.emulator, ended + 1)
        version = lab.emulator.asked("watch")[-1].query["resourceVersion"]
        assert version == str(lab.emulator.storage.revision)
    lab.emulator.storage.compacted = lab.emulator.storage.revision
    lab.emulator.cut_watches()
    lab.clock.time += 2
    await watcher.watching(lab.emulator, 14)
    lab.emulator.apply(rollout("after"))
    await until(lambda: watcher.events() == [("ADDED", "after", True)])
    reasons = {reason for _, reason in lab.reflector.statistics.relists}
    assert reasons == {"start", "periodic"}
    assert lab.reflector.statistics.errors == {("rollouts", "failed"): 1}  # the cut


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


async def test_w7_who_waited_for_the_server_lists_at_once(lab: Bench) -> None:
    """A server that was away and knows no older version then costs its time and no more; if the
    next watch is expired, too, there is a wait again."""
    lab.emulator.apply(rollout("a"))
    lab.emulator.script("watch", refusal(503, "ServiceUnavailable"), times=3)
    lab.emulator.script("watch", refusal(410, "Expired"), times=2)
    watcher = lab.watch()
    await watcher.watching(lab.emulator, 6)
    assert lab.clock.sleeps == [*BACKOFF[:3], BACKOFF[3]]
    assert [each.verb for each in lab.emulator.requests][-5:] == [
        "watch", "list", "watch", "list", "watch",
    ]  # fmt: skip
    assert set(watcher.objects()) == {"a"}


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
    lab.clock.time += 1800
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


def _status(line: dict[str, Any]) -> dict[str, Any]:
    """Return the status of the Rollout in a recorded line."""
    found: dict[str, Any] = line["object"].get("status", {})
    return found


def _versions(watcher: Watcher) -> set[str]:
    """Return the versions of the objects that a consumer has now."""
    return {found["metadata"]["resourceVersion"] for found in watcher.objects().values()}
