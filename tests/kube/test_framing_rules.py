"""Cut, garbled and unknown lines: W17 to W19 of spec/reliability.md 4.1."""

from __future__ import annotations

import json
import random

import pytest

from tests.emulator import Answer, Cut, Emulator, Inject
from tests.emulator.faults import event
from tests.emulator.filling import rollout
from tests.kube.laboratory import Bench, bench, until


async def test_w17_cut_at_each_byte_ends_in_the_same_state(emulator: Emulator) -> None:
    """Whatever byte the connection ends at: both events are seen once, in order, no gap."""
    emulator.apply(rollout("a"))
    first = json.dumps(rollout("a", phase="Paused")).encode()
    emulator.storage.history["rollouts"].clear()
    start = emulator.storage.revision
    emulator.storage.apply(rollout("a", phase="Paused"))
    emulator.storage.apply(rollout("b"))
    size = sum(len(change.line(None)) for change in emulator.storage.history["rollouts"])
    assert size > len(first)
    for cut in range(size + 1):
        async with bench(emulator) as lab:
            emulator.script("list", _empty_list(start))
            emulator.script("watch", Cut(after_bytes=cut))
            watcher = lab.watch()
            await until(lambda seen=watcher: len(seen.events()) >= 2)
            assert watcher.events() == [("MODIFIED", "a", True), ("ADDED", "b", True)]
            assert set(watcher.objects()) == {"a", "b"}
        emulator.clear_script()


@pytest.mark.parametrize("piece", [1, 7, 1000])
async def test_w17_lines_are_framed_by_newline_alone(lab: Bench, piece: int) -> None:
    """Chunks of any size give the same events."""
    lines = b"".join(
        event("ADDED", {"metadata": {"name": f"r{n}", "uid": f"{n}", "resourceVersion": f"{n}"}})
        for n in range(1001, 1011)
    )
    lab.emulator.script("watch", Inject(lines, piece=piece))
    watcher = lab.watch()
    await until(lambda: len(watcher.events()) == 10)
    assert [name for _, name, _ in watcher.events()] == [f"r{n}" for n in range(1001, 1011)]


async def test_w17_lines_beyond_the_limit_are_dropped_and_larger_objects_pass(lab: Bench) -> None:
    """1.5 MiB passes, 9 MiB is dropped and counted; what follows may have a gap."""
    lines = b"".join(
        event(
            "MODIFIED",
            {"metadata": {"name": n, "uid": n, "resourceVersion": str(v)}, "pad": "x" * size},
        )
        for v, n, size in (
            (1001, "large", 1_500_000),
            (1002, "huge", 9 * 1024 * 1024),
            (1003, "small", 10),
            (1004, "small", 10),
        )
    )
    lab.emulator.script("watch", Inject(lines, end=False))
    watcher = lab.watch()
    await until(lambda: len(watcher.events()) == 3)
    assert watcher.events() == [
        ("MODIFIED", "large", True),
        ("MODIFIED", "small", False),
        ("MODIFIED", "small", True),
    ]
    assert lab.reflector.statistics.errors["rollouts", "line_too_long"] == 1
    assert len(lab.emulator.asked("watch")) == 1


async def test_w17_an_unknown_event_type_is_listed_away(lab: Bench) -> None:
    """A type nobody knows: what came before it counts, then the state is listed."""
    known = event("ADDED", {"metadata": {"name": "x", "uid": "x", "resourceVersion": "1001"}})
    lab.emulator.script("watch", Inject(known + event("TELEPORTED", {"metadata": {}}), end=False))
    watcher = lab.watch()
    await watcher.synced(2)
    assert watcher.types() == ["SYNCED", "ADDED", "ABSENT", "SYNCED"]
    assert lab.reflector.statistics.relists["rollouts", "unknown_type"] == 1


MALFORMED = [
    None, [], "", 7, True, {}, {"code": "410"}, {"code": None}, {"code": -1}, {"code": 1e99},
    {"message": 5}, {"reason": {}}, {"details": []}, {"details": {"causes": 3}},
    {"details": {"causes": [1, None]}}, {"details": {"retryAfterSeconds": "soon"}},
    {"details": {"retryAfterSeconds": -3}}, {"message": "corrupt object deleted", "code": 500},
    {"reason": "StorageReadError"}, {"code": 418, "message": "teapot"},
]  # fmt: skip


@pytest.mark.parametrize("value", MALFORMED, ids=[json.dumps(value) for value in MALFORMED])
async def test_w18_error_events_of_any_shape_lead_to_a_list(lab: Bench, value: object) -> None:
    """Twenty malformed ERROR events: the loop lives, waits and lists."""
    lab.emulator.script("watch", Inject(event("ERROR", value), end=False))
    watcher = lab.watch()
    await watcher.synced(2)
    assert watcher.error is None
    assert lab.clock.sleeps == [0.8]
    assert lab.reflector.statistics.relists["rollouts", "error_event"] == 1


async def test_w19_garbage_lines_are_skipped_and_counted(lab: Bench) -> None:
    """Ten thousand mutated lines: the loop lives, and good lines among them arrive."""
    source = random.Random(7)  # noqa: S311 - a seed, no secret
    good = [
        event("ADDED", {"metadata": {"name": f"r{n}", "uid": f"{n}", "resourceVersion": f"{n}"}})
        for n in range(2000, 2100)
    ]
    bad = [_mutated(source, source.choice(good)) for _ in range(10_000)]
    mixed = [line for n in range(100) for line in (*bad[n * 100 : n * 100 + 100], good[n])]
    last = event("ADDED", {"metadata": {"name": "last", "uid": "l", "resourceVersion": "2100"}})
    lab.emulator.script("watch", Inject(b"".join((*mixed, last)), end=False))
    watcher = lab.watch()
    await until(lambda: ("ADDED", "last") in [entry[:2] for entry in watcher.events()])
    names = [name for _, name, _ in watcher.events()]
    assert {f"r{n}" for n in range(2000, 2100)} <= set(names)
    assert lab.reflector.statistics.errors["rollouts", "undecodable"] > 5000
    assert len(lab.emulator.asked("list")) == 1


async def test_w19_after_a_lost_line_each_object_has_one_gap(lab: Bench) -> None:
    """The lost line may have been anybody's: each next version is a gap, later ones are not."""

    def line(name: str, version: int) -> bytes:
        metadata = {"name": name, "uid": name, "resourceVersion": str(version)}
        return event("MODIFIED", {"metadata": metadata})

    stream = [line("a", 1), b"garbage\n", line("a", 2), line("b", 3), line("a", 4), line("b", 5)]
    lab.emulator.script("watch", Inject(b"".join(stream), end=False))
    watcher = lab.watch()
    await until(lambda: len(watcher.events()) == 5)
    assert [(name, contiguous) for _, name, contiguous in watcher.events()] == [
        ("a", True), ("a", False), ("b", False), ("a", True), ("b", True)
    ]  # fmt: skip


async def test_w19_an_unreadable_item_of_a_list_is_skipped(lab: Bench) -> None:
    """One broken object hides no other."""
    items = b'[{"metadata":7},{"metadata":{"name":"a","uid":"a","resourceVersion":"5"}}]'
    body = b'{"metadata":{"resourceVersion":"1000"},"items":' + items + b"}"
    lab.emulator.script("list", Answer(200, body))
    watcher = lab.watch()
    await watcher.synced()
    assert set(watcher.objects()) == {"a"}
    assert lab.reflector.statistics.errors["rollouts", "undecodable"] == 1


def _empty_list(version: int) -> Answer:
    """Return a list without items at a version."""
    metadata = {"resourceVersion": str(version)}
    return Answer(200, json.dumps({"metadata": metadata, "items": []}).encode())


def _mutated(source: random.Random, line: bytes) -> bytes:
    """Damage a line, newline excluded; ERROR and unknown types would be other rules."""
    kind = source.randrange(5)
    body = line[:-1]
    at = source.randrange(20, len(body))
    if kind == 0:
        body = body[:at]
    elif kind == 1:
        body = body[:at] + bytes([source.randrange(128, 256)]) + body[at + 1 :]
    elif kind == 2:
        body = body.replace(b'"metadata"', b'"metadatum"')
    elif kind == 3:
        body = b"<html>" + body
    else:
        body = body.replace(b"resourceVersion", b'resourceVersion":{},"x')
    return body + b"\n"
