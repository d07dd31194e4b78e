"""Lists as streams, and watches without a version to start from: W5 and W10."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence

import pytest
from typing_extensions import override

from notifier.core.errors import ClusterError, Forbidden
from notifier.core.secrets import Secret
from notifier.kube import decoding, listing, streaming
from notifier.kube.client import Client
from notifier.kube.credentials import Access
from tests.emulator import Answer, Cut, Emulator, Inject, refusal
from tests.emulator.answers import end_of_list
from tests.emulator.faults import event, status
from tests.emulator.filling import rollout
from tests.emulator.resources import RESOURCES
from tests.kube.laboratory import Bench, FakeClock, bench, until

SHUFFLED = ("d", "b", "j", "a", "h", "c", "i", "e", "g", "f")
"""Made in this order and shown in that of their names: versions go up and down."""


@pytest.fixture
async def server() -> AsyncIterator[Emulator]:
    """An API server that streams lists, with ten Rollouts."""
    async with Emulator(streams_lists=True) as made:
        for name in SHUFFLED:
            made.apply(rollout(name))
        yield made


@pytest.fixture
async def streaming_lab(server: Emulator) -> AsyncIterator[Bench]:
    """A reflector before it, without jitter."""
    async with bench(server) as made:
        yield made


def lines(emulator: Emulator, *names: str) -> list[bytes]:
    """Return the synthetic events of objects."""
    found = [emulator.storage.get("rollouts", "default", name) for name in names]
    return [b'{"type":"ADDED","object":%s}\n' % stored.raw for stored in found]


def end(version: int) -> bytes:
    """Return the mark of a list's end."""
    return end_of_list(RESOURCES["rollouts"], str(version))


# --- W5: no version to start from -------------------------------------------------------------


async def test_w5_a_cut_among_the_first_added_loses_none(emulator: Emulator) -> None:
    """A list without a version, a watch cut after 3 of 10 shuffled ADDED: the next watch starts
    without a version again, and all 10 are seen."""
    for name in SHUFFLED:
        emulator.apply(rollout(name))
    emulator.script("list", Answer(200, b'{"metadata":{},"items":[]}'))
    emulator.script("watch", Cut(after_bytes=len(b"".join(lines(emulator, "a", "b", "c")))))
    async with bench(emulator) as lab:
        watcher = lab.watch()
        await watcher.watching(emulator, 2)
        await until(lambda: set(watcher.objects()) == set(SHUFFLED))
        versions = [entry.query["resourceVersion"] for entry in emulator.asked("watch")]
        assert versions == ["", ""]
        assert not any(contiguous for *_, contiguous in watcher.events())
        assert len(emulator.asked("list")) == 1


@pytest.mark.parametrize("kind", ["BOOKMARK", "MODIFIED"])
async def test_w5_the_first_other_event_is_a_version_to_go_on_from(
    emulator: Emulator, kind: str
) -> None:
    """After the synthetic ADDED a bookmark or a change moves the version, and from then on ADDED
    does too; what it shows has no gap before it."""

    def line(type_: str, name: str, version: int) -> bytes:
        metadata = {"name": name, "uid": name, "resourceVersion": str(version)}
        return event(type_, {"metadata": metadata})

    first = [line("ADDED", "a", 700), line("ADDED", "b", 300)]
    later = [line(kind, "a", 1000), line("ADDED", "c", 1001)]
    emulator.script("list", Answer(200, b'{"metadata":{},"items":[]}'))
    emulator.script("watch", Inject(b"".join((*first, *later))))
    emulator.storage.revision = 1001
    async with bench(emulator) as lab:
        watcher = lab.watch()
        await watcher.watching(emulator, 2)
        assert watcher.events()[:2] == [("ADDED", "a", False), ("ADDED", "b", False)]
        assert watcher.events()[-1] == ("ADDED", "c", True)
        versions = [entry.query["resourceVersion"] for entry in emulator.asked("watch")]
        assert versions == ["", "1001"]


# --- W10: the streaming list ------------------------------------------------------------------


async def test_w10_a_list_is_streamed_and_then_watched(streaming_lab: Bench) -> None:
    """One request gives the set, in pages as any list; the watch goes on at the end's version."""
    emulator = streaming_lab.emulator
    watcher = streaming_lab.watch()
    await watcher.watching(emulator)
    assert watcher.types() == ["LISTED"] * 10 + ["SYNCED"]
    assert set(watcher.objects()) == set(SHUFFLED)
    (asked,) = emulator.asked("watchlist")
    assert asked.query == {
        "watch": "true",
        "sendInitialEvents": "true",
        "resourceVersion": "",
        "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
        "timeoutSeconds": "60",
    }
    assert emulator.asked("list") == []
    assert emulator.asked("watch")[0].query["resourceVersion"] == str(emulator.storage.revision)
    emulator.apply(rollout("a", phase="Paused"))
    await until(lambda: watcher.events() == [("MODIFIED", "a", True)])


async def test_w10_an_empty_list_is_streamed_too(streaming_lab: Bench) -> None:
    """Nothing before the end is a complete list of nothing."""
    watcher = streaming_lab.watch("analysisruns")
    await watcher.synced()
    assert watcher.types() == ["SYNCED"]
    assert streaming_lab.emulator.asked("list") == []


async def test_w10_a_thousand_come_in_pages(streaming_lab: Bench) -> None:
    """However many objects a stream has, no batch is larger than a page."""
    for number in range(1000):
        streaming_lab.emulator.apply(rollout(f"r{number:04}"))
    found = streaming.Lists(streaming_lab.client, _path(), {}).pages("", verify=False)
    pages = [page async for page in found]
    assert [len(page.items) for page in pages] == [listing.PAGE] * 4 + [10]
    assert [(page.first, page.last) for page in pages] == [
        (True, False), *[(False, False)] * 3, (False, True)
    ]  # fmt: skip
    names = {decoding.head(item).metadata.name for page in pages for item in page.items}
    assert len(names) == 1010
    assert {page.version for page in pages} == {str(streaming_lab.emulator.storage.revision)}


async def test_w10_of_a_stream_that_was_cut_nothing_is_applied(server: Emulator) -> None:
    """Cut at each line, and right before the end's newline: no object shows, none is taken for
    deleted, and pages bring all of it."""
    known = b"".join(lines(server, *sorted(SHUFFLED)))
    whole = known + end(server.storage.revision)
    starts = [at + 1 for at, byte in enumerate(known) if byte == ord("\n")]
    for cut in (0, *starts, len(whole) - 1):
        server.requests.clear()
        async with bench(server) as lab:
            lab.clock.stop_at = lab.clock.time + 0.5
            server.script("watchlist", Cut(after_bytes=cut))
            watcher = lab.watch()
            await until(lambda clock=lab.clock: clock.sleeps)
            assert watcher.seen == []
        async with bench(server) as lab:
            server.script("watchlist", Cut(after_bytes=cut))
            watcher = lab.watch()
            await watcher.synced()
            assert watcher.types() == ["LISTED"] * 10 + ["SYNCED"]
            assert lab.clock.sleeps == [0.8]
        asked = [entry.verb for entry in server.requests if entry.verb != "watch"]
        assert asked == ["watchlist", "watchlist", "list"]


async def test_w10_half_a_list_deletes_nothing(streaming_lab: Bench) -> None:
    """A list that becomes necessary and is cut in the middle: what it did not show stays, what is
    gone is told once the list is whole."""
    emulator = streaming_lab.emulator
    watcher = streaming_lab.watch()
    await watcher.watching(emulator)
    emulator.storage.forget("rollouts", "default", "c")
    emulator.script("watchlist", Cut(after_bytes=len(b"".join(lines(emulator, "a", "b")))))
    emulator.compact()
    await watcher.synced(2)
    tail = watcher.types()[11:]
    assert tail == ["LISTED"] * 9 + ["ABSENT", "SYNCED"]
    assert set(watcher.objects()) == set(SHUFFLED) - {"c"}
    assert streaming_lab.reflector.statistics.relists["rollouts", "expired"] == 1


async def test_w10_changes_among_the_first_objects_count(streaming_lab: Bench) -> None:
    """Live events before the end: the newest state of each, and none of what was deleted."""
    emulator = streaming_lab.emulator
    first = lines(emulator, "a", "b", "c")
    changed = rollout("a", phase="Paused")
    changed["metadata"] |= {"uid": "a", "resourceVersion": "1020"}
    gone = emulator.storage.get("rollouts", "default", "b")
    live = [event("MODIFIED", changed), b'{"type":"DELETED","object":%s}\n' % gone.raw]
    plain = event("BOOKMARK", {"metadata": {"resourceVersion": "1021"}})
    emulator.script("watchlist", Inject(b"".join((*first, *live, plain, end(1022)))))
    emulator.script("watch", Inject(b"", end=False))
    watcher = streaming_lab.watch()
    await watcher.synced()
    assert set(watcher.objects()) == {"a", "c"}
    assert watcher.objects()["a"]["status"] == {"phase": "Paused"}
    await watcher.watching(emulator)
    assert emulator.asked("watch")[0].query["resourceVersion"] == "1022"


UNSUPPORTED = {
    "older server": refusal(422, "Invalid"),
    "parameter unknown": refusal(400, "BadRequest"),
    "old etcd": Inject(event("ERROR", status(500, "InternalError", "etcd: no progress requests"))),
    "malformed error": Inject(event("ERROR", None)),
    "unknown type": Inject(event("TELEPORTED", {"metadata": {}})),
    "garbage": Inject(b"<html>\n"),
    "too long": Inject(b"x" * (9 * 1024 * 1024) + b"\n"),
}


@pytest.mark.parametrize("fault", UNSUPPORTED.values(), ids=UNSUPPORTED.keys())
async def test_w10_a_server_that_does_not_stream_is_asked_for_pages(
    streaming_lab: Bench, fault: Answer | Inject
) -> None:
    """At once, without a wait and an error, and for later lists too."""
    emulator = streaming_lab.emulator
    emulator.script("watchlist", fault)
    watcher = streaming_lab.watch()
    await watcher.watching(emulator)
    assert set(watcher.objects()) == set(SHUFFLED)
    assert streaming_lab.clock.sleeps == []
    assert not streaming_lab.reflector.statistics.errors
    emulator.compact()
    await watcher.synced(2)
    assert len(emulator.asked("watchlist")) == 1
    assert len(emulator.asked("list")) == 2


PASSING = {
    "throttled": (refusal(429, retry_after="7"), 7.0),
    "expired": (refusal(410, "Expired"), 0.8),
    "too large": (refusal(504, "Timeout", causes=[{"reason": "ResourceVersionTooLarge"}]), 0.8),
    "throttled later": (
        Inject(event("ERROR", status(429, "TooManyRequests", "", retryAfterSeconds=7))),
        7.0,
    ),
}


@pytest.mark.parametrize(("fault", "wait_s"), PASSING.values(), ids=PASSING.keys())
async def test_w10_what_any_list_may_meet_is_no_reason_for_pages(
    streaming_lab: Bench, fault: Answer | Inject, wait_s: float
) -> None:
    """Waits as any list does, and streams again."""
    streaming_lab.emulator.script("watchlist", fault)
    watcher = streaming_lab.watch()
    await watcher.synced()
    assert streaming_lab.clock.sleeps == [wait_s]
    assert len(streaming_lab.emulator.asked("watchlist")) == 2
    assert streaming_lab.emulator.asked("list") == []


async def test_w10_a_server_that_is_away_is_asked_to_stream_again(streaming_lab: Bench) -> None:
    """A refused connection says nothing of what the server can do."""
    await streaming_lab.emulator.stop()
    watcher = streaming_lab.watch()
    await until(lambda: len(streaming_lab.clock.sleeps) >= 3)
    await streaming_lab.emulator.start()
    await watcher.synced()
    assert next(entry.verb for entry in streaming_lab.emulator.requests) == "watchlist"
    assert streaming_lab.emulator.asked("list") == []


async def test_w10_a_stream_may_not_be_allowed(streaming_lab: Bench) -> None:
    """403 is raised as for any list; once there are rights again, it is streamed."""
    streaming_lab.emulator.forbid("rollouts", verb="watch")
    refused = streaming_lab.watch()
    await until(lambda: refused.error is not None)
    assert isinstance(refused.error, Forbidden)
    streaming_lab.emulator.allow("rollouts", verb="watch")
    await streaming_lab.watch().synced()
    assert streaming_lab.emulator.asked("list") == []


async def test_w10_an_expired_watch_streams_what_is_no_older(streaming_lab: Bench) -> None:
    """A relist asks for the last version at least, as with pages (W7)."""
    emulator = streaming_lab.emulator
    watcher = streaming_lab.watch()
    await watcher.watching(emulator)
    last = emulator.storage.revision
    emulator.apply(rollout("a", phase="Paused"), announce=False)
    emulator.compact()
    await watcher.synced(2)
    assert emulator.asked("watchlist")[-1].query["resourceVersion"] == str(last)
    assert watcher.objects()["a"]["status"] == {"phase": "Paused"}


async def test_w10_the_verifying_list_is_never_streamed(streaming_lab: Bench) -> None:
    """A stream would come from the memory that the watches come from: W9 asks for pages."""
    emulator = streaming_lab.emulator
    watcher = streaming_lab.watch()
    await watcher.watching(emulator)
    streaming_lab.clock.time += 1801
    emulator.end_watches()
    await watcher.watching(emulator, 2)
    assert [entry.query for entry in emulator.asked("list")] == [{"limit": "250"}]
    assert len(emulator.asked("watchlist")) == 1


class Slow(Client):
    """A server that takes its time over each chunk."""

    def __init__(self, *chunks: tuple[float, bytes]) -> None:
        super().__init__(self._nobody, clock=FakeClock())
        self._chunks = chunks

    @staticmethod
    async def _nobody() -> Access:
        return Access(server="http://127.0.0.1:9", authorization=Secret(""))

    @override
    async def get(self, path: str, params: Mapping[str, str] | None = None) -> bytes:
        return b'{"metadata":{"resourceVersion":"9"},"items":[]}'

    @override
    async def stream(self, path: str, params: Mapping[str, str]) -> AsyncGenerator[bytes]:
        yield b""
        for seconds, chunk in self._chunks:
            await asyncio.sleep(seconds)
            yield chunk


async def listed(*chunks: tuple[float, bytes]) -> Sequence[listing.Page]:
    """Return the pages of a slow stream."""
    found = streaming.Lists(Slow(*chunks), _path(), {}).pages("", verify=False)
    return [page async for page in found]


@pytest.mark.looptime(start=0)
@pytest.mark.parametrize(("seconds", "warnings"), [(9.0, 0), (11.0, 1), (50.0, 1)])
async def test_w10_a_list_that_takes_long_is_told_once(
    caplog: pytest.LogCaptureFixture, seconds: float, warnings: int
) -> None:
    """Without its end after 10 s, a line says how far it is; not before, and not after the end."""
    added = event("ADDED", {"metadata": {"name": "a", "uid": "a", "resourceVersion": "1"}})
    with caplog.at_level(logging.WARNING, logger="notifier"):
        pages = await listed((1.0, added), (seconds - 1.0, end(5)))
        await asyncio.sleep(60)
    assert [len(page.items) for page in pages] == [1]
    told = [record for record in caplog.records if "has not ended" in record.message]
    assert [(record.__dict__["objects"], record.__dict__["seconds"]) for record in told] == [
        (1, 10.0)
    ] * warnings


@pytest.mark.looptime(start=0)
async def test_w10_a_watch_that_never_ends_is_no_list() -> None:
    """A server that does not know the wish sends events for ever: pages after a minute."""
    line = event("MODIFIED", {"metadata": {"name": "a", "uid": "a", "resourceVersion": "1"}})
    pages = await listed(*[(0.5, line)] * 1000)
    assert [(len(page.items), page.version) for page in pages] == [(0, "9")]
    assert asyncio.get_running_loop().time() == streaming.LONGEST_S


async def test_w10_a_stream_without_an_end_is_a_failure() -> None:
    """A server that ignores the wish and ends its watch: an error that says so."""
    added = event("ADDED", {"metadata": {"name": "a", "uid": "a", "resourceVersion": "1"}})
    with pytest.raises(ClusterError, match="ended before its list did"):
        await listed((0.0, added))


@pytest.mark.parametrize(
    "annotations", [None, {}, {"other": "true"}, {"k8s.io/initial-events-end": "false"}]
)
def test_w10_only_the_annotated_bookmark_ends_a_list(annotations: object) -> None:
    """Any other bookmark is one of the usual ones, and what is none ends nothing."""
    metadata = {"resourceVersion": "5", "annotations": annotations}
    assert not decoding.ends_list(json.dumps({"metadata": metadata}).encode())
    assert not decoding.ends_list(b'{"metadata":{"annotations":7}}')
    assert decoding.ends_list(json.dumps(json.loads(end(5))["object"]).encode())


def _path() -> str:
    return "/apis/argoproj.io/v1alpha1/rollouts"
