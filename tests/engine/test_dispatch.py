"""Dispatch: order, retries, ambiguity, expiry, supersession, rates, circuits, drain."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Sequence

import pytest
from msgspec.structs import replace
from typing_extensions import override

from notifier.core import circuits, lanes, retry
from notifier.core.errors import Misconfigured, Permanent, Reason, Retryable, StoreError
from notifier.core.model import CENTRAL, Delivery, Event, State, StoredSnapshot
from notifier.core.service import Block, Delivered, Outgoing
from notifier.engine.backlog import Backlog
from notifier.engine.digests import Digests
from notifier.ports import Intake, Store
from notifier.stores.memory import MemoryStore
from tests.engine import fakes
from tests.engine.conftest import Bench
from tests.engine.fakes import EPOCH, delivery

pytestmark = pytest.mark.looptime(start=0)


async def test_a_committed_row_is_sent_at_once(bench: Bench) -> None:
    """Waking dispatch after a commit sends without any wait, and the end is recorded."""
    row = delivery()
    async with bench.running() as dispatch:
        await asyncio.sleep(1)
        await bench.commit(row)
        dispatch.wake()
        await bench.until(State.DELIVERED, [row.id])
    assert bench.receiver.arrived == [(1.0, row.id)]
    assert bench.recorder.ends == [(row.id, State.DELIVERED, "")]
    found = await bench.store.delivery(row.id)
    assert found is not None
    assert [(each.number, each.result) for each in found[1]] == [(1, "delivered")]


async def test_the_first_attempt_is_measured_from_the_commit(bench: Bench) -> None:
    """The row is due from then on; the message was observed ten seconds before. One that has to
    wait for a rate waits from its observation on."""
    bench.configuration = fakes.configuration(
        services=[fakes.service(rate=circuits.Rate(per_s=0.1, burst=1))]
    )
    times = {"at": fakes.EPOCH - 10, "due_at": fakes.EPOCH - 1, "age": 600}
    await bench.commit(delivery(1, name="a", **times), delivery(1, name="b", **times))
    async with bench.running():
        await asyncio.sleep(30)
    first, second = bench.recorder.first_attempts
    assert first == pytest.approx(1, abs=0.1)
    assert second == pytest.approx(20, abs=1)


async def test_rows_of_a_former_process_are_found_without_a_wake(bench: Bench) -> None:
    """What waits in the store at the start is sent at once."""
    await bench.commit(delivery())
    async with bench.running():
        await bench.until(State.DELIVERED, [delivery().id])
    assert bench.receiver.arrived[0][0] == 0.0


async def test_a_failing_receiver_is_retried_by_the_schedule(bench: Bench) -> None:
    """Attempts at 0, 5 s, 35 s, 155 s, 455 s, then it is delivered; nothing else slept."""
    bench.receiver.answer = lambda outgoing: (
        Retryable(Reason.NETWORK) if outgoing.delivery.attempt < 5 else None
    )
    await bench.commit(delivery())
    async with bench.running():
        await asyncio.sleep(500)
    found = await bench.store.delivery(delivery().id)
    assert found is not None
    assert [round(each.started_at - EPOCH) for each in found[1]] == [0, 5, 35, 155, 455]


async def test_order_within_a_lane(bench: Bench) -> None:
    """Messages of one rollout to one recipient start in order, also over a failure; another lane
    does not wait."""
    first, second, other = delivery(1), delivery(2), delivery(3, recipient="dev")
    fails = Counter({first.id: 2})

    def answer(outgoing: Outgoing) -> object:
        if fails[outgoing.delivery.id] > 0:
            fails[outgoing.delivery.id] -= 1
            return Retryable(Reason.SERVER)
        return None

    bench.receiver.answer = answer
    await bench.commit(first, second, other)
    async with bench.running():
        await bench.until(State.DELIVERED, [first.id, second.id, other.id])
    assert bench.receiver.arrived == [(0.0, other.id), (35.0, first.id), (35.0, second.id)]


async def test_a_permanent_failure_frees_the_lane_at_once(bench: Bench) -> None:
    """A refused message is dead and the next one goes."""
    bench.receiver.answer = lambda outgoing: (
        Permanent(Reason.PAYLOAD, "no") if outgoing.delivery.id == delivery(1).id else None
    )
    await bench.commit(delivery(1), delivery(2))
    async with bench.running():
        await bench.until(State.DELIVERED, [delivery(2).id])
    assert bench.receiver.arrived == [(0.0, delivery(2).id)]
    assert (await bench.states())[delivery(1).id] == (State.DEAD, "payload")


async def test_no_answer_in_time_is_ambiguous(bench: Bench) -> None:
    """The deadline cancels the attempt; the repetition says that the first may have arrived."""
    bench.receiver.answer = lambda outgoing: (
        asyncio.sleep(100) if outgoing.delivery.attempt == 1 else None
    )
    await bench.commit(delivery())
    async with bench.running():
        await asyncio.sleep(16)
        assert (await bench.states())[delivery().id] == (State.AMBIGUOUS, "timeout")
        await bench.until(State.DELIVERED, [delivery().id])
    assert bench.receiver.arrived == [(20.0, delivery().id)]
    assert [each.repeat_of_ambiguous for each in bench.receiver.outgoing] == [False, True]


async def test_a_service_may_have_a_deadline_of_its_own(bench: Bench) -> None:
    """`timeout_s` of the options wins over the setting."""
    bench.configuration = fakes.configuration(services=[fakes.service(timeout_s=2.0)])
    bench.receiver.latency_s = 100
    await bench.commit(delivery())
    async with bench.running():
        await asyncio.sleep(2.5)
        assert (await bench.states())[delivery().id] == (State.AMBIGUOUS, "timeout")


async def test_a_service_may_have_waits_of_its_own(bench: Bench) -> None:
    """The policy in the options decides when a failed attempt is made again."""
    waits = retry.Policy(waits_s=(1.0, 2.0, 60.0))
    bench.configuration = fakes.configuration(services=[fakes.service(policy=waits)])
    bench.receiver.answer = lambda outgoing: (
        Retryable(Reason.SERVER) if outgoing.delivery.attempt < 4 else None
    )
    await bench.commit(delivery())
    async with bench.running():
        await bench.until(State.DELIVERED, [delivery().id])
    assert bench.receiver.arrived == [(63.0, delivery().id)]


async def test_an_unexpected_exception_is_ours_and_final_after_three(bench: Bench) -> None:
    """A defect of a service costs its message three tries, and no other message."""
    bench.receiver.answer = lambda outgoing: (
        ValueError("defect") if outgoing.delivery.id == delivery(1).id else None
    )
    await bench.commit(delivery(1), delivery(2, recipient="dev"))
    async with bench.running():
        await bench.until(State.DEAD, [delivery(1).id])
    assert (await bench.states())[delivery(1).id] == (State.DEAD, "internal")
    assert bench.recorder.counts["attempt", "retryable", "internal"] == 3
    assert bench.receiver.ids == [delivery(2, recipient="dev").id]


async def test_what_is_too_old_expires_unsent(bench: Bench) -> None:
    """A row past its maximum age ends when it is looked at."""
    await bench.commit(delivery(at=EPOCH - 8000))
    async with bench.running():
        await bench.until(State.EXPIRED, [delivery().id])
    assert bench.receiver.outgoing == []
    assert bench.recorder.ends == [(delivery().id, State.EXPIRED, "max_age")]


async def test_late_messages_say_so_in_every_attempt(bench: Bench) -> None:
    """From five minutes on the first attempt's lateness is given, and repeated unchanged."""
    bench.receiver.answer = lambda outgoing: (
        Retryable(Reason.SERVER) if outgoing.delivery.attempt < 3 else None
    )
    late, punctual = delivery(1, at=EPOCH - 600), delivery(2, at=EPOCH - 299, name="other")
    await bench.commit(late, punctual)
    async with bench.running():
        await bench.until(State.DELIVERED, [late.id, punctual.id])
    by_id = Counter((each.delivery.id, each.late_s) for each in bench.receiver.outgoing)
    assert by_id == {(late.id, 600.0): 3, (punctual.id, 0.0): 3}


async def paused_event(bench: Bench) -> Delivery:
    """Commit a paused event with its delivery."""
    of = fakes.event(fakes.transition(fakes.PAUSED))
    row = delivery(kind="paused", trigger=fakes.PAUSED)
    row = Delivery(**{name: getattr(row, name) for name in row.__slots__} | {"event_id": of.id})
    snapshot = StoredSnapshot(kind="Rollout", uid="u", namespace="shop", name="c", data=b"")
    await bench.store.commit([Intake(snapshot=snapshot, events=[of], deliveries=[row])])
    return row


async def test_a_pause_that_is_over_is_not_announced(bench: Bench) -> None:
    """The pause is checked before the attempt, its key read from the ledger after a restart."""
    row = await paused_event(bench)
    async with bench.running():
        await bench.until(State.SUPERSEDED, [row.id])
    assert bench.receiver.outgoing == []


async def test_a_pause_is_checked_before_every_attempt(bench: Bench) -> None:
    """While it holds it is tried; once it is over the retry is superseded."""
    row = await paused_event(bench)
    bench.paused.add("v1:on-rollout-paused:uid-checkout:1")
    bench.receiver.answer = lambda _: Retryable(Reason.SERVER)
    async with bench.running():
        await asyncio.sleep(1)
        bench.paused.clear()
        await bench.until(State.SUPERSEDED, [row.id])
    assert len(bench.receiver.outgoing) == 1


async def test_a_newer_step_supersedes_the_waiting_one(bench: Bench) -> None:
    """After an outage only the newest step is sent, and a failure between them too."""
    bench.receiver.answer = lambda outgoing: (
        Retryable(Reason.NETWORK) if outgoing.delivery.attempt < 2 else None
    )
    steps = [
        delivery(n, kind="progress", trigger=fakes.STEP, at=EPOCH - 60 + n, due_at=EPOCH)
        for n in (1, 2, 4)
    ]
    aborted = delivery(3, kind="failure", trigger=fakes.ABORTED, at=EPOCH - 57)
    await bench.commit(steps[0], steps[1], aborted, steps[2])
    async with bench.running():
        await bench.until(State.DELIVERED, [aborted.id, steps[2].id])
    states = await bench.states()
    assert states[steps[0].id] == states[steps[1].id] == (State.SUPERSEDED, "newer")
    assert bench.receiver.ids == [aborted.id, steps[2].id]


async def commit_with_events(bench: Bench, rows: Sequence[Delivery]) -> None:
    """Commit rows and the events they belong to."""
    events = [
        Event(id=each.event_id, transition=fakes.transition(each.trigger), observed_at=EPOCH)
        for each in rows
    ]
    await bench.store.commit([Intake(events=events, deliveries=rows)])


async def test_a_backlog_of_a_lane_is_folded_into_one_digest(bench: Bench) -> None:
    """After an outage the oldest and the newest message are sent, and one line for the rest; each
    of these ends with a reason that names the line. Other lanes are not touched."""
    bench.receiver.answer = lambda outgoing: (
        Retryable(Reason.NETWORK) if outgoing.delivery.attempt < 2 else None
    )
    rows = [delivery(n, at=EPOCH - 60 + n, due_at=EPOCH) for n in range(1, 9)]
    others = [delivery(n, recipient="dev", at=EPOCH - 60 + n, due_at=EPOCH) for n in range(1, 6)]
    await commit_with_events(bench, [*rows, *others])
    async with bench.running():
        await bench.until(State.DELIVERED, [rows[0].id, rows[7].id, *(each.id for each in others)])
        await asyncio.sleep(60)
    arrived = [each.delivery for each in bench.receiver.outgoing if each.delivery.attempt > 1]
    texts = [each.payload.decode() for each in arrived if each.lane == rows[0].lane]
    line = (
        "checkout (shop): 6 more messages waited and were folded into this one: "
        "6 x on-rollout-updated (22:12 to 22:12)"
    )
    assert texts == ["message 1", "message 8", line]
    (digest,) = [each for each in arrived if each.template == lanes.DIGEST]
    states = await bench.states()
    assert {states[each.id] for each in rows[1:7]} == {(State.SUPERSEDED, f"digest {digest.id}")}
    ends = Counter((state, reason) for _, state, reason in bench.recorder.ends)
    assert ends == {(State.SUPERSEDED, "digest"): 6, (State.DELIVERED, ""): 8}


async def test_nothing_is_folded_before_the_digest_is_committed(bench: Bench) -> None:
    """A crash between digest and ends repeats messages, it does not lose any: when the rows are
    looked at again they are folded into the same digest."""
    rows = [delivery(n, at=EPOCH - 60 + n, due_at=EPOCH) for n in range(1, 8)]
    await commit_with_events(bench, rows)
    backlog = Backlog(FailingEnds(bench.store), bench.recorder, Digests(bench.store))
    (claimed,) = await bench.store.claim(now=EPOCH, limit=1, lease_s=60.0)
    head = replace(claimed, reason="rate_limited")
    with pytest.raises(StoreError):
        await backlog.thinned(head, fakes.service(), EPOCH)
    before = await bench.states()
    assert [id_ for id_ in before if id_ not in {each.id for each in rows}]
    assert {before[each.id][0] for each in rows[1:]} == {State.PENDING}
    await Backlog(bench.store, bench.recorder, Digests(bench.store)).thinned(
        head, fakes.service(), EPOCH + 1
    )
    after = await bench.states()
    assert after.keys() == before.keys()
    found = Counter(state for state, _ in after.values())
    assert found == {State.SENDING: 1, State.PENDING: 2, State.SUPERSEDED: 5}


@pytest.mark.parametrize("problem", ["no event", "nobody", "nothing"])
async def test_what_cannot_be_folded_is_sent_as_it_is(bench: Bench, problem: str) -> None:
    """Without the event, or if the service composes no single plain message, all stay."""
    recipient = "ops" if problem == "no event" else problem
    rows = [delivery(n, recipient=recipient, at=EPOCH - 60 + n) for n in range(1, 8)]
    if problem == "no event":
        await bench.commit(*rows)
    else:
        await commit_with_events(bench, rows)
    backlog = Backlog(bench.store, bench.recorder, Digests(bench.store))
    assert await backlog.thinned(replace(rows[0], attempt=2), fakes.service(), EPOCH) is None
    assert {state for state, _ in (await bench.states()).values()} == {State.PENDING}


async def test_messages_for_programs_are_never_folded(bench: Bench) -> None:
    """A program can do nothing with a digest, and needs each message."""
    rows = [delivery(n, at=EPOCH - 60 + n) for n in range(1, 8)]
    await commit_with_events(bench, rows)
    spec = fakes.service()
    spec.type.block = Block(name="post", for_programs=True)
    backlog = Backlog(bench.store, bench.recorder, Digests(bench.store))
    assert await backlog.thinned(replace(rows[0], attempt=2), spec, EPOCH) is None
    assert {state for state, _ in (await bench.states()).values()} == {State.PENDING}


class FailingEnds(MemoryStore):
    """A store that dies before it ends a row."""

    def __init__(self, store: Store) -> None:
        self.deliveries = store.deliveries  # type: ignore[method-assign]
        self.events = store.events  # type: ignore[method-assign]
        self.commit = store.commit  # type: ignore[method-assign]

    @override
    async def end(self, *_: object, **__: object) -> Sequence[str]:
        raise StoreError("away")


async def test_a_refused_credential_parks_all_of_the_service(bench: Bench) -> None:
    """One refusal parks every lane of the service without further attempts; a change of the
    configuration re-arms them at once."""
    refused = True
    bench.receiver.answer = lambda _: Misconfigured(Reason.CREDENTIAL) if refused else None
    rows = [delivery(1, recipient=f"r{n}") for n in range(20)]
    await bench.commit(*rows)
    async with bench.running(workers=1) as dispatch:
        await bench.until(State.PARKED, [each.id for each in rows])
        assert len(bench.receiver.outgoing) == 1
        assert bench.doubted == ["central"]
        assert (CENTRAL, "post", 3) in bench.recorder.circuits
        refused = False
        bench.gates.changed("central", "post")
        await bench.store.rearm(scope="central", services=["post"], now=bench.clock.now())
        dispatch.wake()
        await bench.until(State.DELIVERED, [each.id for each in rows])
    assert bench.receiver.arrived[-1][0] < 1


async def test_a_parked_credential_is_probed_hourly(bench: Bench) -> None:
    """Without a change one attempt an hour finds out that the credential works again."""
    bench.receiver.answer = lambda _: (
        Misconfigured(Reason.CREDENTIAL) if bench.clock.monotonic() < 3601 else None
    )
    rows = [delivery(1, recipient=f"r{n}", age=86_400.0) for n in range(5)]
    await bench.commit(*rows)
    async with bench.running(workers=1):
        await asyncio.sleep(7400)
    assert bench.recorder.counts["attempt", "misconfigured", "credential"] == 2
    assert len(bench.receiver.arrived) == 5
    assert all(7200 <= at < 7300 for at, _ in bench.receiver.arrived)


async def test_a_service_that_is_gone_parks_its_rows(bench: Bench) -> None:
    """A service missing at send time makes the row wait for the configuration."""
    bench.configuration = fakes.configuration(services=[fakes.service("other")])
    await bench.commit(delivery())
    async with bench.running():
        await bench.until(State.PARKED, [delivery().id])
        assert (await bench.states())[delivery().id][1] == "configuration"
    assert bench.receiver.outgoing == []


async def test_credentials_are_those_of_the_moment(bench: Bench) -> None:
    """Options are looked up when sending, so a rotated token is used by waiting rows."""
    bench.receiver.answer = lambda outgoing: (
        Retryable(Reason.SERVER) if outgoing.delivery.attempt == 1 else None
    )
    await bench.commit(delivery())
    async with bench.running():
        await asyncio.sleep(1)
        bench.configuration = fakes.configuration(services=[fakes.service(token="new")])
        await bench.until(State.DELIVERED, [delivery().id])
    assert [each.token for each in bench.receiver.options] == ["t", "new"]


async def test_a_circuit_spares_a_dead_receiver(bench: Bench) -> None:
    """After five failures in a row no further message is tried for a minute; then one probes, and
    its success lets all others go."""
    bench.receiver.answer = lambda _: (
        Retryable(Reason.NETWORK) if bench.clock.monotonic() < 30 else None
    )
    rows = [delivery(1, recipient=f"r{n}") for n in range(40)]
    await bench.commit(*rows)
    async with bench.running(workers=1):
        await asyncio.sleep(59)
        assert len(bench.receiver.outgoing) == 5
        await bench.until(State.DELIVERED, [each.id for each in rows])
    assert bench.receiver.arrived[0][0] >= 60
    assert bench.receiver.arrived[-1][0] < 200
    assert bench.recorder.circuits[0] == (CENTRAL, "post", 0)
    assert (CENTRAL, "post", 2) in bench.recorder.circuits


async def test_half_open_lets_one_through(bench: Bench) -> None:
    """While the probe of an open circuit is on its way, no other attempt slips through."""
    bench.receiver.answer = lambda _: (
        Retryable(Reason.NETWORK) if bench.clock.monotonic() < 50 else asyncio.sleep(5)
    )
    rows = [delivery(1, recipient=f"r{n}") for n in range(30)]
    await bench.commit(*rows[:5])
    async with bench.running(workers=8) as dispatch:
        await asyncio.sleep(1)
        await bench.commit(*rows[5:])
        dispatch.wake()
        await asyncio.sleep(58)
        before = len(bench.receiver.outgoing)
        await asyncio.sleep(5)
        assert len(bench.receiver.outgoing) == before + 1
        await bench.until(State.DELIVERED, [each.id for each in rows])


async def test_a_configured_rate_holds_per_recipient(bench: Bench) -> None:
    """`rateLimit` of a service spaces its messages to one recipient, and to that one alone."""
    bench.configuration = fakes.configuration(
        services=[fakes.service(rate=circuits.Rate(per_s=0.5, burst=1))]
    )
    rows = [delivery(1, name=f"r{n}", recipient="a", age=600) for n in range(4)]
    other = delivery(1, name="other", recipient="b", age=600)
    await bench.commit(*rows, other)
    async with bench.running():
        await bench.until(State.DELIVERED, [other.id, *(each.id for each in rows)])
    times = [at for at, id_ in bench.receiver.arrived if id_ != other.id]
    assert all(after - before >= 2 for before, after in itertools.pairwise(times))
    assert times[-1] - times[0] < 8


async def test_the_slack_rate_per_channel(bench: Bench) -> None:
    """One channel takes three at once and then one a second; another is not held up."""
    bench.services["slack"] = bench.receiver
    bench.configuration = fakes.configuration(services=[fakes.service("slack")])
    rows = [
        delivery(1, name=f"r{n}", service_name="slack", recipient="#a", age=600) for n in range(20)
    ]
    other = delivery(1, name="other", service_name="slack", recipient="#b", age=600)
    await bench.commit(*rows, other)
    async with bench.running():
        await bench.until(State.DELIVERED, [other.id, *(each.id for each in rows)])
    times = [at for at, id_ in bench.receiver.arrived if id_ != other.id]
    assert bench.receiver.arrived[3][1] == other.id or other.id in bench.receiver.ids[:4]
    for first in range(len(times)):
        for last in range(first, len(times)):
            assert last - first + 1 <= 3 + times[last] - times[first] + 0.01
    assert 16 <= times[-1] <= 20
    assert bench.recorder.counts["attempt", "delivered", ""] == 21


async def test_retry_after_rests_the_channel(bench: Bench) -> None:
    """A 429 holds the other lanes of that recipient as well, never shorter than asked."""
    bench.receiver.answer = lambda _: (
        Retryable(Reason.RATE_LIMITED, after_s=30) if bench.clock.monotonic() < 1 else None
    )
    rows = [delivery(1, name=f"r{n}") for n in range(5)]
    await bench.commit(*rows)
    async with bench.running(workers=1):
        await bench.until(State.DELIVERED, [each.id for each in rows])
    assert bench.recorder.counts["attempt", "retryable", "rate_limited"] == 1
    assert all(at >= 30 for at, _ in bench.receiver.arrived)


async def test_too_long_is_sent_once_more_shortened(bench: Bench) -> None:
    """The shortened payload replaces the refused one; refused again it is dead."""
    bench.receiver.answer = lambda outgoing: (
        Permanent(Reason.TOO_LONG) if len(outgoing.delivery.payload) > 5 else None
    )
    stubborn = delivery(2, recipient="dev", payload=b"12345")
    await bench.commit(delivery(), stubborn)
    async with bench.running():
        await bench.until(State.DELIVERED, [delivery().id])
    sent = [each.delivery for each in bench.receiver.outgoing if each.delivery.id != stubborn.id]
    assert [each.payload for each in sent] == [b"message 1", b"messa"]
    assert sent[1].shortened


async def test_nothing_to_shorten_is_dead(bench: Bench) -> None:
    """A refused payload without a shorter form ends at once."""
    bench.receiver.answer = lambda _: Permanent(Reason.TOO_LONG)
    await bench.commit(delivery(payload=b"12345"))
    async with bench.running():
        await bench.until(State.DEAD, [delivery().id])
    assert len(bench.receiver.outgoing) == 1


class Threads(fakes.Receiver):
    """A receiver whose payloads name a thread."""

    def references(self, payload: bytes) -> list[str]:
        """Every payload belongs to one thread."""
        return ["thread"] if payload else []


async def test_references_are_fetched_and_remembered(bench: Bench) -> None:
    """What one message remembers the next one of the thread gets; a refused thread is left out
    once."""
    receiver = bench.receiver = Threads(answer=lambda _: Delivered(remember={"thread": "17.1"}))
    await bench.commit(delivery(1), delivery(2))
    async with bench.running():
        await bench.until(State.DELIVERED, [delivery(2).id])
        receiver.answer = lambda outgoing: Permanent(Reason.THREAD) if outgoing.references else None
        await bench.commit(delivery(3))
        await bench.until(State.DELIVERED, [delivery(3).id])
    assert [dict(each.references) for each in receiver.outgoing] == [
        {},
        {"thread": "17.1"},
        {"thread": "17.1"},
        {},
    ]


@pytest.mark.parametrize(("names", "most"), [(["post"], 4), (["post", "web", "mail"], 8)])
async def test_in_flight_is_bounded(bench: Bench, names: list[str], most: int) -> None:
    """Never more than eight attempts of one namespace, never more than four through one of its
    services."""
    bench.receiver.latency_s = 1
    bench.services |= dict.fromkeys(names, bench.receiver)
    bench.configuration = fakes.configuration(services=[fakes.service(name) for name in names])
    rows = [
        delivery(1, recipient=f"r{n}", service_name=names[n % len(names)]) for n in range(5 * most)
    ]
    await bench.commit(*rows)
    async with bench.running(workers=64):
        await bench.until(State.DELIVERED, [row.id for row in rows])
    assert bench.receiver.most == most
    assert bench.receiver.arrived[-1][0] == 5.0


async def test_workers_bound_attempts_of_all_namespaces(bench: Bench) -> None:
    """With many namespaces the number of workers is the limit."""
    bench.receiver.latency_s = 1
    bench.services["web"] = bench.receiver
    bench.configuration = fakes.configuration(services=[fakes.service(), fakes.service("web")])
    rows = [in_namespace(n, ("post", "web")[n % 2]) for n in range(50)]
    await bench.commit(*rows)
    async with bench.running(workers=10):
        await bench.until(State.DELIVERED, [each.id for each in rows])
    assert bench.receiver.most == 10
    assert bench.receiver.arrived[-1][0] == 5.0


def in_namespace(number: int, service_name: str = "post") -> Delivery:
    """Return a delivery of a rollout in a namespace of its own."""
    row = delivery(1, name=f"r{number}", service_name=service_name)
    of = type(row.rollout)(kind="Rollout", namespace=f"ns{number}", name="r", uid=row.rollout.uid)
    return Delivery(**{name: getattr(row, name) for name in row.__slots__} | {"rollout": of})


async def test_a_receiver_that_never_answers_does_not_hold_up_the_others(bench: Bench) -> None:
    """Two hundred rows of a service that hangs leave the others' delivery times as they were."""
    stuck = fakes.Receiver(latency_s=1000)
    bench.services["stuck"] = stuck
    bench.configuration = fakes.configuration(services=[fakes.service(), fakes.service("stuck")])
    await bench.commit(*(in_namespace(n, "stuck") for n in range(200)))
    async with bench.running(workers=16) as dispatch:
        for moment in range(10):
            await asyncio.sleep(3)
            await bench.commit(*(in_namespace(1000 + moment * 5 + n) for n in range(5)))
            dispatch.wake()
        await asyncio.sleep(1)
    waits = [at % 3 for at, _ in bench.receiver.arrived]
    assert len(waits) == 50
    assert max(waits) < 0.1
    assert stuck.most == 8


async def test_shadow_sends_nothing(bench: Bench) -> None:
    """Rows of a former process end as shadow once the setting is on."""
    bench.shadow = True
    await bench.commit(delivery())
    async with bench.running():
        await bench.until(State.SHADOW, [delivery().id])
    assert bench.receiver.outgoing == []


async def test_drain_lets_attempts_end(bench: Bench) -> None:
    """Nothing new is begun, what is in flight ends, what was claimed is handed back unharmed."""
    bench.receiver.latency_s = 3
    rows = [in_namespace(n) for n in range(6)]
    await bench.commit(*rows)
    dispatch = bench.dispatch(workers=8)
    task = asyncio.create_task(dispatch.run())
    await asyncio.sleep(1)
    assert await dispatch.drain(20) == 0
    await asyncio.wait_for(task, 1)
    states = Counter(state for state, _ in (await bench.states()).values())
    assert states == {State.DELIVERED: 4, State.PENDING: 2}
    assert bench.clock.monotonic() == pytest.approx(3, abs=0.1)


async def test_drain_records_what_it_cuts_short_as_ambiguous(bench: Bench) -> None:
    """After the grace the attempts are cancelled; nothing runs on."""
    bench.receiver.latency_s = 100
    await bench.commit(delivery())
    dispatch = bench.dispatch()
    task = asyncio.create_task(dispatch.run())
    await asyncio.sleep(1)
    assert await dispatch.drain(5) == 1
    await task
    assert (await bench.states())[delivery().id] == (State.AMBIGUOUS, "cancelled")
    assert bench.receiver.in_flight == 0
    found = await bench.store.delivery(delivery().id)
    assert found is not None
    assert [each.ambiguous for each in found[1]] == [True]


async def test_a_hard_cancel_still_writes_outcomes(bench: Bench) -> None:
    """Cancelling the whole task marks attempts in flight as ambiguous instead of leaving them to
    their lease."""
    bench.receiver.latency_s = 100
    await bench.commit(delivery())
    async with bench.running():
        await asyncio.sleep(1)
    assert (await bench.states())[delivery().id] == (State.AMBIGUOUS, "cancelled")


async def test_an_idle_dispatch_rests(bench: Bench) -> None:
    """With nothing to do the store is asked a few times a minute, not in a loop."""
    claims = 0
    claim = bench.store.claim

    async def counted(**arguments: object) -> object:
        nonlocal claims
        claims += 1
        return await claim(**arguments)  # type: ignore[arg-type]

    bench.store.claim = counted  # type: ignore[method-assign, assignment]
    async with bench.running():
        await asyncio.sleep(60)
    assert claims <= 8


async def test_a_store_that_fails_before_the_attempt_makes_the_row_wait(bench: Bench) -> None:
    """Nothing is sent while it cannot be told whether the pause still holds; then it goes."""
    row = await paused_event(bench)
    bench.paused.add("v1:on-rollout-paused:uid-checkout:1")
    events = bench.store.events

    async def refusing(**arguments: object) -> object:
        if bench.clock.monotonic() < 3:
            raise StoreError("locked")
        return await events(**arguments)  # type: ignore[arg-type]

    bench.store.events = refusing  # type: ignore[method-assign, assignment]
    async with bench.running():
        await bench.until(State.DELIVERED, [row.id])
    assert bench.receiver.arrived == [(5.0, row.id)]


async def test_rows_that_waited_too_long_for_a_worker_are_handed_back(bench: Bench) -> None:
    """A claim is not used when its lease could end during the attempt; no attempt is counted."""
    bench.receiver.latency_s = 8
    rows = [in_namespace(n) for n in range(6)]
    await bench.commit(*rows)
    async with bench.running(workers=2, lease_s=10.0):
        await asyncio.sleep(100)
    attempts = [await bench.store.delivery(each.id) for each in rows]
    assert all(found is not None and len(found[1]) == 1 for found in attempts)
    assert len(bench.receiver.arrived) == 6


async def test_a_lost_claim_changes_nothing(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    """An outcome that comes after its lease is kept as an attempt and counts for no end."""
    bench.receiver.latency_s = 12
    await bench.commit(delivery())
    async with bench.running(workers=4, lease_s=5.0):
        await asyncio.sleep(40)
    assert any(each.message == "claim was lost" for each in caplog.records)
    ends = [state for id_, state, _ in bench.recorder.ends if id_ == delivery().id]
    assert len(ends) <= 1
