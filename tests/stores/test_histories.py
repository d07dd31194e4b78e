"""Equal histories: every store and a small model, driven side by side (spec/reliability.md F32)."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections.abc import Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from notifier.core.deliveries import HORIZON_S
from notifier.core.model import Delivery, State
from notifier.core.overload import Load
from notifier.ports import Intake, Settlement, Store
from notifier.stores import STORES
from tests.stores import examples
from tests.stores import places as stores_here
from tests.stores.examples import LEASE_S, NOW

T = TypeVar("T")

EXAMPLES = int(os.environ.get("HISTORIES", "40"))
"""How many histories are told; the long form is 10,000."""

WAITING = {State.PENDING, State.RETRY, State.AMBIGUOUS, State.PARKED}


@dataclass
class Row:
    """What the model knows of one delivery."""

    delivery: Delivery
    state: State = State.PENDING
    attempt: int = 0
    due_at: float = NOW
    ended_at: float | None = None
    reason: str = ""
    until: float = 0.0
    logged: int = 0

    @property
    def place(self) -> tuple[str, str]:
        """Namespace and service: what the caps of a claim count."""
        return self.delivery.rollout.namespace, self.delivery.destination.service

    @property
    def untried(self) -> bool:
        """Whether it waits for its first attempt."""
        return self.state is State.PENDING and self.attempt == 0

    @property
    def seen(self) -> tuple[object, ...]:
        """What an observer of a store sees of the row."""
        return self.state, self.attempt, self.due_at, self.ended_at, self.reason, self.logged


class Model:
    """The promises of the port, said once more in the plainest way."""

    def __init__(self) -> None:
        self.rows: list[Row] = []  # in order of insertion
        self.kept: dict[str, float] = {}
        self.alive: dict[str, bool] = {}
        self.graves: dict[str, float] = {}

    def find(self, delivery_id: str) -> Row | None:
        """Return the row of an id."""
        return next((row for row in self.rows if row.delivery.id == delivery_id), None)

    def commit(self, deliveries: list[Delivery]) -> None:
        """Add what is not known yet."""
        for delivery in deliveries:
            if self.find(delivery.id) is None and delivery.id not in self.kept:
                self.rows.append(Row(delivery, due_at=delivery.due_at))

    def remember(self, uid: str, *, exists: bool) -> None:
        """Note that an object exists or is gone."""
        if exists or uid in self.alive:
            if exists or self.alive[uid]:
                self.graves.pop(uid, None)
            self.alive[uid] = exists

    def waiting(self, namespace: str) -> list[Row]:
        """Return the rows of a namespace that wait."""
        rows = [row for row in self.rows if row.state in WAITING]
        return [row for row in rows if row.delivery.rollout.namespace == namespace]

    def loads(self) -> dict[str, Load]:
        """Return how many there are, and of how many bytes."""
        found = {}
        for namespace in {row.delivery.rollout.namespace for row in self.rows}:
            if rows := self.waiting(namespace):
                size = sum(len(row.delivery.payload) for row in rows)
                found[namespace] = Load(len(rows), size)
        return found

    def heads(self) -> list[Row]:
        """Return the first row of every lane that has none in flight."""
        busy = {row.delivery.lane for row in self.rows if row.state is State.SENDING}
        heads: dict[str, Row] = {}
        for row in self.rows:
            if row.state in WAITING and row.delivery.lane not in busy:
                heads.setdefault(row.delivery.lane, row)
        return list(heads.values())

    def lose(self, now: float) -> None:
        """Make claims ambiguous whose lease has run out."""
        for row in self.rows:
            if row.state is State.SENDING and row.until <= now:
                row.state, row.reason = State.AMBIGUOUS, "lease_lost"

    def claim(
        self, now: float, blocked: frozenset[str], cap: int | None, each: int | None
    ) -> set[str]:
        """Take every due head within the caps of its namespace and of its service there."""
        self.lose(now)
        due = [row for row in self.heads() if row.due_at <= now]
        due = [row for row in due if f"central/{row.delivery.destination.service}" not in blocked]
        flying = [row.place for row in self.rows if row.state is State.SENDING]
        taken = set()
        for row in sorted(due, key=lambda row: (row.due_at, self.rows.index(row))):
            here = sum(namespace == row.place[0] for namespace, _ in flying)
            fits = each is None or flying.count(row.place) < each
            if fits and (cap is None or here < cap):
                flying.append(row.place)
                row.state, row.until = State.SENDING, now + LEASE_S
                row.attempt += 1
                taken.add(row.delivery.id)
        return taken

    def settle(self, settlement: Settlement, held: bool, now: float) -> None:
        """Write an outcome, or only the attempt if the claim is lost."""
        row = self.find(settlement.delivery_id)
        if row is None:
            return
        row.logged += settlement.attempt is not None
        if held:
            row.attempt -= settlement.attempt is None
            row.state, row.due_at = settlement.state, settlement.due_at
            row.reason = settlement.reason
            row.ended_at = None if row.state in WAITING else now

    def collect(self, before: float, keep: int) -> None:
        """Delete what is old or too much; forget what nobody can replay any more."""
        ended = [row for row in self.rows if row.ended_at is not None]
        ended.sort(key=lambda row: (row.delivery.created_at, row.delivery.id))
        surplus = ended[: max(0, len(ended) - keep)]
        for row in ended:
            assert row.ended_at is not None
            if row in surplus or row.ended_at < before:
                self.rows.remove(row)
                self.kept[row.delivery.id] = row.ended_at
        for uid, alive in list(self.alive.items()):
            if not alive and self.graves.setdefault(uid, before + HORIZON_S) <= before:
                del self.alive[uid], self.graves[uid]
        uids = {examples.delivery(*key).id: examples.delivery(*key).rollout.uid for key in KEYS}
        self.kept = {
            id_: at for id_, at in self.kept.items() if at >= before or uids[id_] in self.alive
        }


ROLLOUTS = [examples.rollout("shop", "team-a"), examples.rollout("cart", "team-b")]
KEYS = [(str(number), ref) for ref in ROLLOUTS for number in range(5)]
SERVICES = ["slack", "mail"]


def make(place: int, at: float) -> Delivery:
    """Return the delivery of a key; every third goes through another service."""
    return replace(
        examples.delivery(*KEYS[place]),
        destination=examples.destination(service=SERVICES[place % 3 == 0]),
        created_at=at,
        due_at=at,
    )


LOOKED_AT = 3
"""Rows that are asked for."""


async def ids_sheddable(store: Store, namespace: str) -> list[str]:
    """Ask for the first rows that may go; return their ids."""
    found = await store.sheddable(namespace, now=0.0, limit=LOOKED_AT)
    assert all(each.size and not each.delivery.payload for each in found)
    return [each.delivery.id for each in found]


places = st.integers(0, len(KEYS) - 1)
ATTEMPTED = [State.DELIVERED, State.RETRY, State.AMBIGUOUS, State.PARKED, State.DEAD]
UNUSED = [State.PENDING, State.RETRY, State.EXPIRED, State.SUPERSEDED, State.SHADOW]
Outcome: TypeAlias = tuple[State, bool, float]
outcomes = st.tuples(
    st.sampled_from(ATTEMPTED), st.just(True), st.sampled_from([0.0, 5.0, 90.0])
) | st.tuples(st.sampled_from(UNUSED), st.just(False), st.sampled_from([0.0, 5.0, 90.0]))


class Histories(RuleBasedStateMachine):
    """Drives all stores of the registry and the model with the same calls."""

    @initialize(chosen=st.lists(places, min_size=3, max_size=8))
    def open(self, chosen: list[int]) -> None:
        """Start with something to work on."""
        self.folder = Path(tempfile.mkdtemp())
        self.loop = asyncio.new_event_loop()
        self.model = Model()
        self.now = NOW
        self.claims: list[dict[str, Delivery]] = []
        self.stores = {
            name: STORES[name](stores_here.empty(name, self.folder)) for name in stores_here.kinds()
        }
        for store in self.stores.values():
            self.run(store.open())
        self.commit(chosen)

    def teardown(self) -> None:
        """Close what was opened."""
        for store in self.stores.values():
            self.run(store.close())
        self.loop.close()
        shutil.rmtree(self.folder)

    def run(self, call: Coroutine[Any, Any, T]) -> T:
        """Await one call."""
        return self.loop.run_until_complete(call)

    def same(self, ask: Any) -> Any:
        """Ask every store; they must agree."""
        answers = {name: self.run(ask(store)) for name, store in self.stores.items()}
        first = next(iter(answers.values()))
        assert all(answer == first for answer in answers.values()), answers
        return first

    @rule(seconds=st.sampled_from([1.0, 20.0, LEASE_S, 4000.0]))
    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds

    @rule(chosen=st.lists(places, max_size=6))
    def commit(self, chosen: list[int]) -> None:
        """Commit deliveries, new and known."""
        rows = [make(place, self.now) for place in chosen]
        self.same(lambda store: store.commit([Intake(deliveries=rows)]))
        self.model.commit(rows)

    @rule(ref=st.sampled_from(ROLLOUTS), exists=st.booleans())
    def see(self, ref: Any, exists: bool) -> None:
        """Remember or forget an object."""
        seen = examples.snapshot(ref.uid)
        intake = Intake(snapshot=seen) if exists else Intake(forget=ref.uid)
        self.same(lambda store: store.commit([intake]))
        self.model.remember(ref.uid, exists=exists)

    @rule(
        blocked=st.frozensets(st.sampled_from(["central/slack", "central/mail"]), max_size=1),
        cap=st.sampled_from([None, None, 1, 2]),
        each=st.sampled_from([None, None, 1, 2]),
    )
    def claim(self, blocked: frozenset[str], cap: int | None, each: int | None) -> None:
        """Claim all that is due."""
        taken = self.model.claim(self.now, blocked, cap, each)
        found: dict[str, list[Delivery]] = {}
        for name, store in self.stores.items():
            found[name] = list(
                self.run(
                    store.claim(
                        now=self.now,
                        limit=99,
                        lease_s=LEASE_S,
                        blocked=blocked,
                        per_namespace=cap,
                        per_service=each,
                    )
                )
            )
            assert {row.id for row in found[name]} == taken
            assert all(row.token and row.state is State.SENDING for row in found[name])
            assert [row.due_at for row in found[name]] == sorted(row.due_at for row in found[name])
        for rows in zip(*found.values(), strict=True):
            self.claims.append(dict(zip(found, rows, strict=True)))

    @rule(seconds=st.sampled_from([0.0, 1.0, 90.0]), outcomes=st.lists(outcomes, max_size=6))
    def work(self, seconds: float, outcomes: list[Outcome]) -> None:
        """Claim and settle as a dispatcher does, leaving some in flight."""
        self.now += seconds
        self.claim(frozenset(), None, None)
        for claims, outcome in zip(self.flying(), outcomes, strict=False):
            self.judge(claims, *outcome)

    @rule(seconds=st.sampled_from([5.0, 90.0]), outcomes=st.lists(outcomes, max_size=6))
    def work_on(self, seconds: float, outcomes: list[Outcome]) -> None:
        """The same once more, so that rows grow old more often than not."""
        self.work(seconds, outcomes)

    @precondition(lambda self: self.claims)
    @rule(data=st.data(), outcome=outcomes)
    def settle(self, data: st.DataObject, outcome: Outcome) -> None:
        """Settle a claim, held, lost or settled before."""
        self.judge(data.draw(st.sampled_from([*self.claims[-6:], *self.flying()])), *outcome)

    def judge(
        self, claims: dict[str, Delivery], state: State, attempted: bool, delay: float
    ) -> None:
        """Settle one claim on every store."""
        held: dict[str, bool] = {}
        due_at = self.now + delay
        for name, claimed in claims.items():
            settlement = (
                examples.outcome(claimed, state, due_at=due_at, reason="server")
                if attempted
                else examples.unused(claimed, state, due_at=due_at)
            )
            held[name] = bool(self.run(self.stores[name].settle([settlement], now=self.now)))
        row = self.model.find(settlement.delivery_id)
        expected = (
            row is not None
            and row.state is State.SENDING
            and row.attempt == settlement.number
            and claims is self.latest(settlement.delivery_id)
        )
        assert set(held.values()) == {expected}
        self.model.settle(settlement, expected, self.now)

    def flying(self) -> list[dict[str, Delivery]]:
        """Return the claims that are held."""
        rows = [row for row in self.model.rows if row.state is State.SENDING]
        return [self.latest(row.delivery.id) for row in rows]

    def latest(self, delivery_id: str) -> dict[str, Delivery]:
        """Return the newest claim of a delivery."""
        return next(
            claims
            for claims in reversed(self.claims)
            if next(iter(claims.values())).id == delivery_id
        )

    @rule(
        chosen=st.lists(places, max_size=4),
        state=st.sampled_from([State.EXPIRED, State.SUPERSEDED, State.SHED, State.DROPPED]),
    )
    def end(self, chosen: list[int], state: State) -> None:
        """End waiting rows."""
        ids = [make(place, NOW).id for place in chosen]
        legal = WAITING if state is not State.SHED else {State.PENDING}
        rows = [self.model.find(id_) for id_ in dict.fromkeys(ids)]
        ended = [row for row in rows if row is not None and row.state in legal]
        found = self.same(lambda store: store.end(ids, state, "asked", now=self.now))
        assert found == [row.delivery.id for row in ended]
        for row in ended:
            row.state, row.reason, row.ended_at = state, "asked", self.now

    @rule(chosen=st.lists(places, max_size=4))
    def redeliver(self, chosen: list[int]) -> None:
        """Put ended rows back."""
        ids = [make(place, NOW).id for place in chosen]
        rows = [self.model.find(id_) for id_ in dict.fromkeys(ids)]
        ended = [row for row in rows if row is not None and row.ended_at is not None]
        found = self.same(lambda store: store.redeliver(ids, now=self.now, expires_at=NOW))
        assert found == [row.delivery.id for row in ended]
        for row in ended:
            row.state, row.reason, row.ended_at, row.due_at = State.PENDING, "", None, self.now

    @rule(service=st.sampled_from(SERVICES))
    def rearm(self, service: str) -> None:
        """Make parked rows due."""
        rows = [
            row
            for row in self.model.rows
            if row.state is State.PARKED and row.delivery.destination.service == service
        ]
        found = self.same(lambda s: s.rearm(scope="central", services=[service], now=self.now))
        assert found == len(rows)
        for row in rows:
            row.due_at = min(row.due_at, self.now)

    @rule(age=st.sampled_from([0.0, 30.0, 5000.0, -HORIZON_S]), keep=st.integers(0, 8))
    def collect(self, age: float, keep: int) -> None:
        """Delete past the horizon."""
        before = self.now - age
        self.same(lambda store: store.collect(before=before, keep=keep))
        self.model.collect(before, keep)

    @rule()
    def restart(self) -> None:
        """Close and open: claims in flight become ambiguous."""
        for store in self.stores.values():
            self.run(store.close())
            self.run(store.open())
        self.model.lose(float("inf"))

    @invariant()
    def equal(self) -> None:
        """Every store shows the history of the model."""
        due = [row.due_at for row in self.model.heads()]
        assert self.same(lambda store: store.next_due()) == min(due, default=None)
        assert self.same(lambda store: store.loads()) == self.model.loads()
        for namespace in {ref.namespace for ref in ROLLOUTS}:
            found = self.same(lambda store, name=namespace: ids_sheddable(store, name))
            untried = [row for row in self.model.waiting(namespace) if row.untried]
            assert found == [row.delivery.id for row in untried][:LOOKED_AT]
        for name, store in self.stores.items():
            assert self.run(self.shown(store)) == {
                row.delivery.id: row.seen for row in self.model.rows
            }, name

    async def shown(self, store: Store) -> dict[str, tuple[object, ...]]:
        """Return what the store shows of every row."""
        found = {}
        for row in await examples.all_rows(store):
            entry = await store.delivery(row.id)
            assert entry is not None
            assert entry[0] == row
            found[row.id] = (
                row.state,
                row.attempt,
                row.due_at,
                row.ended_at,
                row.reason,
                len(entry[1]),
            )
        return found


@pytest.mark.slow
@pytest.mark.timeout(300)  # what fails is made as short as possible first
def test_histories_are_equal() -> None:
    """Whatever happens, in whatever order, all stores and the model tell the same story."""
    run_state_machine_as_test(
        Histories,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
