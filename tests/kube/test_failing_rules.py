"""Refusals, silence and rights: W11 to W16, W23 and W24 of spec/reliability.md 4.1."""

from __future__ import annotations

import orjson
import pytest

from notifier.core.errors import Forbidden, NotFound
from notifier.kube.client import Deadlines
from tests.emulator import Answer, Emulator, Freeze, Inject, Reset, refusal
from tests.emulator.faults import event, status
from tests.emulator.filling import rollout
from tests.kube.laboratory import Bench, bench, until

BACKOFF = [0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30.0]


@pytest.mark.parametrize(
    "fault", [Reset(), refusal(503), refusal(500), Answer(502, b"<html>", "text/html")]
)
async def test_w11_a_dead_server_is_asked_at_most_eight_times_a_minute(
    lab: Bench, fault: Reset | Answer
) -> None:
    """Whatever refuses for 60 s: 0.8 s doubled to 30 s between requests."""
    lab.emulator.script("*", fault, times=None)
    lab.clock.stop_at = lab.clock.time + 60
    lab.watch()
    await until(lambda: lab.clock.time >= lab.clock.stop_at)
    assert len(lab.emulator.requests) <= 8
    assert lab.clock.sleeps == BACKOFF[: len(lab.clock.sleeps)]


async def test_w11_jitter_at_most_doubles_the_wait(emulator: Emulator) -> None:
    """Jitter of almost 1 gives almost twice the wait."""
    emulator.script("list", Reset(), times=3)
    async with bench(emulator, jitter=0.999) as lab:
        await lab.watch().synced()
        assert lab.clock.sleeps == pytest.approx([0.8 * 1.999, 1.6 * 1.999, 3.2 * 1.999])


async def test_w11_two_healthy_minutes_start_the_backoff_anew(lab: Bench) -> None:
    """After 121 s without a failure the next wait is the shortest."""
    lab.emulator.script("list", Reset(), Reset())
    watcher = lab.watch()
    await watcher.watching(lab.emulator)
    lab.clock.time += 121
    lab.emulator.script("watch", Reset())
    lab.emulator.end_watches()
    await watcher.watching(lab.emulator, 3)
    assert lab.clock.sleeps == [0.8, 1.6, 0.8]


async def test_w12_watches_that_end_at_once_are_failures(lab: Bench) -> None:
    """A storm of empty watches: at most eight requests a minute, never a list."""
    lab.emulator.script("watch", Inject(b""), times=None)
    lab.clock.stop_at = lab.clock.time + 60
    lab.watch()
    await until(lambda: lab.clock.time >= lab.clock.stop_at)
    assert len(lab.emulator.asked("watch")) <= 8
    assert len(lab.emulator.asked("list")) == 1
    assert lab.reflector.statistics.errors["rollouts", "short"] == len(lab.clock.sleeps)


async def test_w12_a_normal_end_watches_on_at_once_and_without_a_gap(lab: Bench) -> None:
    """The watch after a clean end starts at the last version seen."""
    watcher = lab.watch()
    await watcher.watching(lab.emulator)
    version = lab.emulator.apply(rollout("a"))
    await until(watcher.events)
    lab.emulator.end_watches()
    await watcher.watching(lab.emulator, 2)
    lab.emulator.apply(rollout("a", phase="Paused"))
    await until(lambda: len(watcher.events()) == 2)
    assert watcher.events()[1] == ("MODIFIED", "a", True)
    assert lab.emulator.asked("watch")[1].query["resourceVersion"] == str(version)
    assert lab.clock.sleeps == []


@pytest.mark.parametrize("retry_after", ["", "1"])
async def test_w13_a_throttled_watch_never_lists(lab: Bench, retry_after: str) -> None:
    """429 twenty times: waits, the same version, no list."""
    lab.emulator.apply(rollout("a"))
    answer = refusal(429, "TooManyRequests", retry_after=retry_after)
    lab.emulator.script("watch", answer, times=20)
    watcher = lab.watch()
    await watcher.watching(lab.emulator, 21)
    assert len(lab.emulator.asked("list")) == 1
    assert {entry.query["resourceVersion"] for entry in lab.emulator.asked("watch")} == {"1001"}
    assert len(lab.clock.sleeps) == 20


async def test_w13_a_refused_connection_never_lists(emulator: Emulator) -> None:
    """The server goes away for minutes and comes back: the same watch, nothing lost."""
    async with bench(emulator) as lab:
        watcher = lab.watch()
        await watcher.watching(emulator)
        await emulator.stop()
        await until(lambda: len(lab.clock.sleeps) > 12)
        assert lab.reflector.statistics.away_since == {"rollouts": pytest.approx(1000, abs=1)}
        await emulator.start()
        emulator.apply(rollout("a"))
        await until(lambda: watcher.events() == [("ADDED", "a", True)])
        assert len(emulator.asked("list")) == 1
        assert lab.reflector.statistics.errors["rollouts", "refused"] > 10
        assert not lab.reflector.statistics.away_since


@pytest.mark.parametrize("code", [429, 500, 503])
@pytest.mark.parametrize("verb", ["list", "watch"])
@pytest.mark.parametrize("form", ["header", "details"])
async def test_w14_retry_after_is_honoured(lab: Bench, code: int, verb: str, form: str) -> None:
    """7 s asked for, in the header or the details: no request before 7 s."""
    if form == "header":
        lab.emulator.script(verb, refusal(code, retry_after="7"))
    else:
        lab.emulator.script(verb, refusal(code, retryAfterSeconds=7))
    await lab.watch().watching(lab.emulator)
    assert lab.clock.sleeps == [7.0]


@pytest.mark.parametrize(
    "fault",
    [refusal(500, "InternalError"), Inject(event("ERROR", status(500, "InternalError", "etcd")))],
    ids=["status", "event"],
)
async def test_w15_internal_errors_list_once_per_deadline(
    lab: Bench, fault: Answer | Inject
) -> None:
    """500 for ever: a list every 60 s or so, not with every failure."""
    lab.emulator.script("watch", fault, times=None)
    lab.clock.stop_at = lab.clock.time + 600
    lab.watch()
    await until(lambda: lab.clock.time >= lab.clock.stop_at)
    assert 3 <= len(lab.emulator.asked("list")) <= 10
    relists = lab.reflector.statistics.relists["rollouts", "internal_errors"]
    assert relists in {len(lab.emulator.asked("list")) - 1, len(lab.emulator.asked("list"))}


async def test_w16_a_frozen_stream_is_opened_again_without_loss(emulator: Emulator) -> None:
    """Nothing for the read deadline, 90 s by default: a new connection at once, at the last
    version."""
    assert Deadlines().read_s == 90
    emulator.apply(rollout("a"))
    async with bench(emulator, read_s=0.05) as lab:
        emulator.script("watch", Freeze(after_bytes=0))
        watcher = lab.watch()
        await watcher.synced()
        emulator.apply(rollout("b"))
        await until(lambda: watcher.events() == [("ADDED", "b", True)])
        assert lab.reflector.statistics.errors["rollouts", "silent"] >= 1
        assert len(emulator.asked("list")) == 1
        assert lab.clock.sleeps == []


async def test_w16_a_server_that_never_answers_is_given_up(emulator: Emulator) -> None:
    """No header within the deadline: a failure like any other, then a new connection."""
    async with bench(emulator, connect_s=0.05, header_s=0.05) as lab:
        emulator.script("list", Freeze())
        await lab.watch().synced()
        assert lab.clock.sleeps == [0.8]


@pytest.mark.parametrize(("missing", "expected"), [(False, Forbidden), (True, NotFound)])
async def test_w23_what_cannot_be_watched_is_raised_to_the_caller(
    lab: Bench, missing: bool, expected: type[Exception]
) -> None:
    """403 and 404 end this observe only, and the caller may try again later."""
    if missing:
        lab.emulator.remove_resource("experiments")
    else:
        lab.emulator.forbid("experiments")
    lab.emulator.apply(rollout("a"))
    refused, other = lab.watch("experiments"), lab.watch("rollouts")
    await until(lambda: refused.error is not None)
    await other.synced()
    assert isinstance(refused.error, expected)
    assert list(lab.reflector.statistics.degraded) == ["experiments"]
    lab.emulator.add_resource("experiments")
    lab.emulator.allow("experiments")
    await lab.watch("experiments").synced()
    assert not lab.reflector.statistics.degraded


async def test_w23_a_right_revoked_later_ends_the_watch_that_needed_it(lab: Bench) -> None:
    """The next watch is refused: raised, and after the right is back all is listed as a gap."""
    lab.emulator.apply(rollout("a"))
    lab.emulator.apply(rollout("b"))
    watcher = lab.watch()
    await watcher.watching(lab.emulator)
    lab.emulator.forbid("rollouts")
    lab.emulator.cut_watches()
    await until(lambda: watcher.error is not None)
    assert isinstance(watcher.error, Forbidden)
    lab.emulator.delete("rollouts", "default", "b")
    lab.emulator.allow("rollouts")
    again = lab.watch()
    await again.synced()
    assert again.types() == ["LISTED", "ABSENT", "SYNCED"]


async def test_w24_updates_arrive_in_order_through_every_cut(lab: Bench) -> None:
    """A hundred fast updates while connections end: non-decreasing, none lost or doubled."""
    watcher = lab.watch()
    await watcher.watching(lab.emulator)
    for number in range(100):
        lab.emulator.apply(rollout("a", step=number))
        if number % 9 == 4:
            await until(lambda count=number: len(watcher.events()) > count)
            lab.emulator.cut_watches()
            lab.clock.time += 2
    await until(lambda: len(watcher.events()) == 100)
    steps = [orjson.loads(o.raw)["status"]["step"] for o in watcher.seen if o.raw]
    assert steps == list(range(100))
    assert all(contiguous for *_, contiguous in watcher.events())
