"""Intake: order per rollout, evidence, group commit, back-pressure, faults of store and cluster."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson
import pytest

from notifier.core.configuration import Configuration
from notifier.core.errors import ClusterError, Forbidden, NotFound, StoreError
from notifier.core.model import (
    Decision,
    Delivery,
    Event,
    Observation,
    Resource,
    Transition,
    Verdict,
)
from notifier.core.observer import Change, Wanted
from notifier.core.outside import Outcome, Task, Text
from notifier.core.overload import Caps
from notifier.core.planning import Policy
from notifier.core.templates import Leaf, Template
from notifier.engine.committing import QUEUE_LIMIT, Committing
from notifier.engine.crowding import Crowding
from notifier.engine.gathering import Gathering
from notifier.engine.holding import FLOOD, HELD_LIMIT, SHARE
from notifier.engine.intake import Intake
from notifier.engine.pauses import Pauses
from notifier.engine.preparing import Preparing
from notifier.engine.queueing import GROUP_EVENTS
from notifier.engine.remembering import Remembering
from notifier.engine.status import Status
from notifier.languages import LanguageError
from notifier.ports import Renderer
from notifier.stores.memory import MemoryStore
from tests.engine import fakes
from tests.engine.fakes import ABORTED, COMPLETED, EVERYTHING, STEP, transition

pytestmark = pytest.mark.looptime(start=0)


class SlowStore(MemoryStore):
    """A memory store whose commits take time and fail as told; remembers its groups."""

    def __init__(self) -> None:
        super().__init__()
        self.latency_s = 0.0
        self.failures = 0
        self.groups: list[tuple[float, int, int]] = []

    async def commit(self, intakes: Sequence[Any], *, epoch: int | None = None) -> frozenset[str]:
        """Commit after the latency, or refuse."""
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        if self.failures:
            self.failures -= 1
            raise StoreError("disk full")
        events = sum(len(each.events) for each in intakes)
        self.groups.append((asyncio.get_running_loop().time(), len(intakes), events))
        return await super().commit(intakes, epoch=epoch)


@dataclass
class House:
    """An intake with everything around it."""

    configuration: Configuration
    store: SlowStore = field(default_factory=SlowStore)
    cluster: fakes.FakeCluster = field(default_factory=fakes.FakeCluster)
    observer: fakes.Scripted = field(default_factory=fakes.Scripted)
    clock: fakes.LoopClock = field(default_factory=fakes.LoopClock)
    recorder: fakes.Counting = field(default_factory=fakes.Counting)
    status: Status = field(default_factory=Status)
    woken: list[float] = field(default_factory=list)
    numbers: int = 0
    renderer: Renderer | None = None
    caps: Caps = field(default_factory=Caps)

    def intake(self, also: frozenset[Resource] = frozenset()) -> Intake:
        """Build the intake of one process."""
        self.crowding = Crowding(self.caps)
        preparing = Preparing(
            observer=self.observer,
            gathering=Gathering(self.cluster, self.clock),
            pauses=Pauses(self.store, self.observer.still_paused),
            remembering=Remembering(lambda _: (self.configuration,)),
            configurations=lambda _: (self.configuration,),
            recorder=self.recorder,
            crowding=self.crowding,
            policy=Policy(cluster="prod"),
            renderer=self.renderer,
        )
        committing = Committing(
            store=self.store,
            clock=self.clock,
            recorder=self.recorder,
            status=self.status,
            on_deliveries=self.stored,
        )
        return Intake(
            cluster=self.cluster,
            observer=self.observer,
            committing=committing,
            preparing=preparing,
            configurations=lambda _: (self.configuration,),
            clock=self.clock,
            recorder=self.recorder,
            status=self.status,
            also=also,
        )

    def stored(self, rows: Sequence[Delivery]) -> None:
        """Take note of deliveries that are in the store."""
        self.crowding.stored(rows)
        self.woken.append(self.clock.monotonic())

    def change(self, *transitions: Transition, name: str = "checkout", **rest: Any) -> Observation:
        """Script a change of a rollout and return the observation that causes it."""
        self.numbers += 1
        token = str(self.numbers).encode()
        rest.setdefault("raw", orjson.dumps(fakes.rollout(name)) if transitions else b"")
        self.observer.changes[token] = [
            Change(
                rollout=fakes.reference(name),
                transitions=transitions,
                snapshot=fakes.snapshot(name, token),
                **rest,
            )
        ]
        return Observation("rollouts", "MODIFIED", token)

    def observe(self, *observations: Observation, resource: Resource = "rollouts") -> None:
        """Let the watch yield a batch."""
        self.cluster.streams[resource].put_nowait(observations)

    @asynccontextmanager
    async def running(self, **options: Any) -> AsyncIterator[Intake]:
        """Run an intake; stopped at the end."""
        intake = self.intake(**options)
        task = asyncio.create_task(intake.run())
        try:
            yield intake
            intake.stop()
            await asyncio.wait_for(task, 5)
        finally:
            task.cancel()

    async def events(self) -> list[str]:
        """Return the keys of the recorded events, oldest first."""
        found = await self.store.events(limit=10_000)
        return [event.transition.key.partition(":uid-")[2] for event, _ in reversed(found)]


@pytest.fixture
def house() -> House:
    """A house where everybody listens to everything."""
    return House(fakes.configuration(triggers=EVERYTHING, recipients=[("post", "ops")]))


def sync(*resources: Resource) -> Sequence[Observation]:
    """Return the end of a list per resource."""
    return [Observation(resource, "SYNCED", b"") for resource in resources]


async def test_a_transition_is_committed_with_its_deliveries(house: House) -> None:
    """Snapshot, event, verdicts and rows go into one transaction, and dispatch is woken."""
    house.observe(house.change(transition(STEP)))
    async with house.running():
        await asyncio.sleep(1)
    ((event, verdicts),) = await house.store.events()
    assert isinstance(event, Event)
    assert [each.decision for each in verdicts] == [Decision.SENT]
    (row,) = await house.store.deliveries(fakes.ALL)
    assert row.payload == b"on-rollout-step-completed to ops"
    assert [each.uid for each in await house.store.snapshots()] == ["uid-checkout"]
    assert house.store.groups == [(0.0, 1, 1)]
    assert house.woken == [0.0]
    assert house.recorder.counts["transition", STEP] == 1


async def test_a_replay_changes_nothing(house: House) -> None:
    """The same transition again is no new event and wakes nobody for a message."""
    house.observe(house.change(transition(STEP)), house.change(transition(STEP)))
    async with house.running():
        await asyncio.sleep(1)
    assert len(await house.store.deliveries(fakes.ALL)) == 1
    assert house.recorder.counts["transition", STEP] == 1
    assert house.recorder.counts["duplicates", "id"] == 1


async def test_evidence_holds_only_its_own_rollout(house: House) -> None:
    """A slow fetch holds the later changes of the same rollout in order, and no other rollout."""
    house.cluster.delay_s = lambda kind, _: 7.0 if kind == "ReplicaSet" else 0.0
    house.observe(
        house.change(transition(ABORTED, number=1)),
        house.change(transition(STEP, number=2)),
        house.change(),
        house.change(transition(STEP, name="cart"), name="cart"),
    )
    async with house.running():
        await asyncio.sleep(1)
        assert await house.events() == ["cart:1"]
        await asyncio.sleep(7)
    assert await house.events() == ["cart:1", "checkout:1", "checkout:2"]
    stored = {each.uid: each.data for each in await house.store.snapshots()}
    assert orjson.loads(stored["uid-checkout"])["resource_version"] == "3"


async def test_the_age_of_a_message_counts_from_the_observation(house: House) -> None:
    """However long the cluster takes to answer and the store to commit; it is due from the commit
    on, also if that takes several tries."""
    house.cluster.delay_s = lambda kind, _: 7.0 if kind == "ReplicaSet" else 0.0
    house.store.failures = 1
    house.observe(house.change(transition(ABORTED, number=1)))
    seen = house.clock.now()
    async with house.running():
        await asyncio.sleep(10)
    ((event, _),) = await house.store.events()
    (row,) = await house.store.deliveries(fakes.ALL)
    assert event.observed_at == row.created_at == seen
    assert row.due_at - seen == pytest.approx(7.1, abs=0.01)


async def test_nothing_is_fetched_that_nobody_would_read(house: House) -> None:
    """Without a listener the fact is recorded at once, without asking the cluster."""
    house.configuration = fakes.configuration(triggers=EVERYTHING)
    house.observe(house.change(transition(ABORTED)))
    async with house.running():
        await asyncio.sleep(1)
    assert house.cluster.reads == []
    ((_, verdicts),) = await house.store.events()
    assert [each.decision for each in verdicts] == [Decision.NO_SUBSCRIPTION]


async def test_the_run_and_the_workload_reach_the_template(house: House) -> None:
    """Evidence is filled in from the cluster: workload behind workloadRef, the run of the event."""
    house.configuration = fakes.configuration(
        triggers=EVERYTHING,
        recipients=[("post", "ops")],
        templates=[
            fakes.template("t", "{rollout[spec][template][image]} {analysisRun[metadata][name]}")
        ],
    )
    seen = fakes.rollout()
    seen["spec"]["workloadRef"] = {"kind": "Deployment", "name": "web", "apiVersion": "apps/v1"}
    meta = {"namespace": "shop", "name": "web"}
    house.cluster.put("Deployment", {"metadata": meta, "spec": {"template": {"image": "demo:v2"}}})
    house.cluster.put("AnalysisRun", {"metadata": {"namespace": "shop", "name": "run-1"}})
    run = fakes.reference("run-1")
    run = type(run)(kind="AnalysisRun", namespace="shop", name="run-1")
    house.observe(house.change(transition(ABORTED, run=run), raw=orjson.dumps(seen)))
    async with house.running():
        await asyncio.sleep(1)
    (row,) = await house.store.deliveries(fakes.ALL)
    assert row.payload == b"demo:v2 run-1"


async def test_a_change_without_an_object_fetches_the_rollout(house: House) -> None:
    """Changes seen on another object read the Rollout; of one that is gone the name is shown."""
    house.cluster.put("Rollout", fakes.rollout("checkout"))
    house.observe(
        house.change(transition(STEP), raw=b""),
        house.change(transition(STEP, name="gone"), name="gone", raw=b""),
    )
    async with house.running():
        await asyncio.sleep(1)
    assert sorted(await house.events()) == ["checkout:1", "gone:1"]
    assert len(await house.store.deliveries(fakes.ALL)) == 2


async def test_a_namesake_is_not_taken_for_the_rollout(house: House) -> None:
    """A Rollout recreated under the same name is not shown in place of the one that is gone."""
    house.configuration = fakes.configuration(
        triggers=EVERYTHING,
        recipients=[("post", "ops")],
        templates=[fakes.template("t", "{rollout[metadata][uid]}")],
    )
    other = fakes.rollout("checkout")
    other["metadata"]["uid"] = "another"
    house.cluster.put("Rollout", other)
    house.observe(house.change(transition(STEP), raw=b""))
    async with house.running():
        await asyncio.sleep(1)
    (row,) = await house.store.deliveries(fakes.ALL)
    assert row.payload == b"uid-checkout"


async def test_provisional_changes_are_resolved_first(house: House) -> None:
    """While keys are provisional the named objects are fetched and the Observer decides."""
    wanted = Wanted(kind="AnalysisRun", namespace="shop", name="run-1")
    house.observe(house.change(transition(STEP), wanted=(wanted,)))
    async with house.running():
        await asyncio.sleep(1)
    assert ("AnalysisRun", "run-1") in house.cluster.reads
    assert len(house.observer.resolved) == 1
    assert await house.events() == ["checkout:1"]


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        pytest.param(ClusterError("502"), 4.2, id="tried three times more"),
        pytest.param(Forbidden("no right"), 0.0, id="a missing right is not waited for"),
    ],
)
async def test_evidence_that_cannot_be_had_costs_no_message(
    house: House, fault: ClusterError, seconds: float
) -> None:
    """The message goes without what the cluster does not give."""
    house.cluster.fault = lambda kind, _: fault if kind == "ReplicaSet" else None
    house.observe(house.change(transition(ABORTED)))
    async with house.running():
        await asyncio.sleep(10)
    assert await house.events() == ["checkout:1"]
    assert house.store.groups[0][0] == pytest.approx(seconds, abs=0.01)


async def test_commits_are_grouped_while_one_is_under_way(house: House) -> None:
    """Whatever queued during a commit shares the next, up to fifty events."""
    house.store.latency_s = 1.0
    house.observe(*(house.change(transition(STEP, name=f"r{n}"), name=f"r{n}") for n in range(120)))
    async with house.running():
        await asyncio.sleep(10)
    assert [(at, events) for at, _, events in house.store.groups] == [
        (1.0, GROUP_EVENTS),
        (2.0, GROUP_EVENTS),
        (3.0, 20),
    ]


async def test_a_failing_store_loses_nothing(house: House) -> None:
    """Commits are tried again until the store is back; meanwhile the replica is not ready."""
    house.store.failures = 4
    house.observe(house.change(transition(STEP)))
    async with house.running():
        await asyncio.sleep(1)
        assert house.status.store_faults == {"commit": "disk full"}
        house.observe(house.change(transition(STEP, number=2)))
        await asyncio.sleep(5)
        assert house.status.store_faults == {}
    assert await house.events() == ["checkout:1", "checkout:2"]
    assert house.recorder.counts["store_failed",] == 4


async def test_a_slow_store_stops_the_watch(house: House) -> None:
    """With a full queue the streams are not read further, and go on when there is room."""
    house.store.latency_s = 1.0
    for n in range(60):
        batch = [house.change(transition(STEP, number=n * 100 + k)) for k in range(100)]
        house.observe(*batch)
    async with house.running():
        await asyncio.sleep(0.5)
        assert house.cluster.taken <= QUEUE_LIMIT // 100 + 2
        await asyncio.sleep(200)
        assert house.cluster.taken == 60
    assert len(await house.events()) == 6000


async def test_a_poisonous_object_harms_itself_alone(house: House) -> None:
    """An exception of ours while planning is a verdict of that event, and the daemon goes on."""
    house.configuration = fakes.configuration(
        triggers=[
            fakes.trigger(
                STEP,
                fakes.condition(
                    when=fakes.When(lambda v: 1 / (v["rollout"]["metadata"]["name"] != "bad"))
                ),
            )
        ],
        recipients=[("post", "ops")],
    )
    house.observe(
        house.change(transition(STEP, name="bad"), name="bad"), house.change(transition(STEP))
    )
    async with house.running():
        await asyncio.sleep(1)
    by_name: dict[str, Sequence[Verdict]] = {
        event.transition.rollout.name: verdicts for event, verdicts in await house.store.events()
    }
    assert "ZeroDivisionError" in by_name["bad"][0].detail
    assert by_name["checkout"][0].decision is Decision.OPEN_OCCURRENCE


async def test_an_unreadable_object_is_told_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """The same fault is one line, however often its object changes."""
    house.observer.unreadable["rollouts"] = "s/n: broken"
    for _ in range(3):
        house.observe(house.change())
    async with house.running():
        await asyncio.sleep(1)
    told = [each for each in caplog.records if "cannot be read" in each.message]
    assert [each.__dict__["error"] for each in told] == ["s/n: broken"]


async def test_readiness_waits_for_the_first_lists(house: House) -> None:
    """Ready only once every resource was listed whole."""
    async with house.running():
        await asyncio.sleep(0)
        house.status.started = True
        house.observe(*sync("rollouts"))
        await asyncio.sleep(1)
        assert house.status.reason(1.0) == "syncing 1/3"
        house.observe(*sync("analysisruns"), resource="analysisruns")
        house.observe(*sync("experiments"), resource="experiments")
        await asyncio.sleep(1)
        assert house.status.reason(2.0) == ""


async def test_a_missing_right_degrades_one_resource(house: House) -> None:
    """Without the right to watch runs the rest works, it is shown, and tried again later."""
    house.cluster.streams["analysisruns"].put_nowait(Forbidden("analysisruns: forbidden"))
    house.cluster.streams["experiments"].put_nowait(NotFound("no such resource"))
    async with house.running():
        house.observe(house.change(transition(STEP)), *sync("rollouts"))
        await asyncio.sleep(1)
        assert house.status.faults() == ("analysisruns: analysisruns: forbidden",)
        assert await house.events() == ["checkout:1"]
        house.status.started = True
        assert house.status.reason(1.0) == ""
        await asyncio.sleep(300)
        house.observe(*sync("analysisruns"), resource="analysisruns")
        await asyncio.sleep(1)
        assert house.status.faults() == ()


async def test_a_resource_that_need_not_exist_is_told_once(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """Per change of its state: it is not there (whatever was the matter before), it is there, it is
    gone; not at every try."""
    caplog.set_level(logging.INFO, "notifier.engine")
    stream = house.cluster.streams["experiments"]
    stream.put_nowait(Forbidden("experiments: forbidden"))
    for _ in range(12):
        stream.put_nowait(NotFound("no such resource"))
    async with house.running():
        await asyncio.sleep(2)
        assert house.status.faults() == ()
        await asyncio.sleep(12 * 300)
        house.observe(*sync("experiments"), resource="experiments")
        await asyncio.sleep(300)
        stream.put_nowait(NotFound("no such resource"))
        stream.put_nowait(NotFound("no such resource"))
        await asyncio.sleep(10)
    told = [
        (each.levelno, each.message)
        for each in caplog.records
        if each.__dict__.get("resource") == "experiments"
    ]
    assert told == [
        (logging.ERROR, "cannot watch"),
        (logging.INFO, "resource does not exist here"),
        (logging.INFO, "resource exists now"),
        (logging.INFO, "resource does not exist here"),
    ]


async def test_a_starting_server_refuses_for_a_moment_only(house: House) -> None:
    """A server that starts answers 403 until it has read the roles: it is asked again soon, and
    less and less often while the answer stays."""
    refusals = house.cluster.streams["rollouts"]
    for _ in range(3):
        refusals.put_nowait(Forbidden("rollouts: forbidden"))
    async with house.running():
        await asyncio.sleep(1 + 2 + 3.9)
        assert house.status.faults() == ("rollouts: rollouts: forbidden",)
        house.observe(house.change(transition(STEP)), *sync("rollouts"))
        await asyncio.sleep(0.2)
        assert house.status.faults() == ()
        assert await house.events() == ["checkout:1"]


@pytest.mark.parametrize("by", ["annotation", "configuration", "setting"])
async def test_replica_sets_are_watched_only_when_asked_for(house: House, by: str) -> None:
    """Scaling costs a watch, so somebody must want it: an annotation, the list, or the caller."""
    scaling = "on-scaling-replica-set"
    options = {"also": frozenset({"replicasets"})} if by == "setting" else {}
    async with house.running(**options) as intake:
        await asyncio.sleep(1)
        if by != "setting":
            assert "replicasets" not in house.cluster.streams
        if by == "annotation":
            house.observer.wanted_resources = frozenset({"replicasets"})
            house.observe(house.change())
        if by == "configuration":
            house.configuration = fakes.configuration(
                triggers=[fakes.trigger(scaling)], recipients=[("post", "ops")]
            )
            intake.reconsider()
        await asyncio.sleep(1)
        assert "replicasets" in house.cluster.streams


async def test_a_recording_ends_when_all_is_committed(house: House) -> None:
    """When the streams end, `run` returns after the last commit, held changes included."""
    house.store.latency_s = 1.0
    house.cluster.delay_s = lambda kind, _: 5.0 if kind == "ReplicaSet" else 0.0
    house.observe(house.change(transition(ABORTED)), house.change(transition(STEP, number=2)))
    house.cluster.end()
    await asyncio.wait_for(house.intake().run(), 60)
    assert await house.events() == ["checkout:1", "checkout:2"]


async def test_a_defect_ends_the_intake(house: House) -> None:
    """What nobody foresaw is not swallowed: the supervisor hears of it."""
    house.cluster.streams["rollouts"].put_nowait(RuntimeError("unforeseen"))
    with pytest.raises(ExceptionGroup):
        await asyncio.wait_for(house.intake().run(), 5)


async def test_order_holds_under_any_mix_of_fetches(house: House) -> None:
    """Changes of one rollout that alternately need the cluster are committed as observed."""
    delays: Callable[[str, str], float] = lambda kind, _: 0.3 if kind == "ReplicaSet" else 0.0  # noqa: E731
    house.cluster.delay_s = delays
    kinds = [ABORTED, STEP, STEP, COMPLETED, STEP, ABORTED]
    async with house.running():
        for number, kind in enumerate(kinds):
            house.observe(house.change(transition(kind, number=number)))
            await asyncio.sleep(0.1)
        await asyncio.sleep(5)
    assert await house.events() == [f"checkout:{number}" for number in range(len(kinds))]


async def test_what_was_wrong_is_counted(house: House) -> None:
    """Failed templates, merged subscriptions and duplicates across scopes reach the metrics."""
    house.configuration = fakes.configuration(
        triggers=EVERYTHING,
        templates=[fakes.template("t", "{nonsense}")],
        recipients=[("post", "ops"), ("post", "ops"), ("post", "a,a")],
    )
    house.observe(house.change(transition(STEP)))
    async with house.running():
        await asyncio.sleep(1)
    counts = house.recorder.counts
    assert counts["render_failed", "fake", "central"] == 2
    assert counts["duplicates", "merge"] == 1
    assert counts["duplicates", "scope"] == 1


async def test_changes_that_wait_for_the_cluster_are_bounded(house: House) -> None:
    """While thousands of changes wait for evidence nothing is read further."""
    house.cluster.delay_s = lambda kind, _: 5.0 if kind == "ReplicaSet" else 0.0
    async with house.running():
        await many(house, "LISTED", HELD_LIMIT // 100 + 5)
        await asyncio.sleep(1)
        assert house.cluster.taken == HELD_LIMIT // 100 + 1
        await asyncio.sleep(1000)
    assert len(await house.events()) == HELD_LIMIT + 500


# --- texts that are rendered elsewhere ---------------------------------------------------------


@dataclass
class Slow:
    """A renderer that answers after a second with what it was asked."""

    asked: list[Task] = field(default_factory=list)
    error: str = ""

    async def check(self, scope: str, texts: Sequence[Text]) -> Sequence[LanguageError | None]:
        """Find nothing wrong."""
        del scope
        return [None for _ in texts]

    async def render(self, task: Task) -> Sequence[Outcome]:
        """Return the text itself in capitals, or the error."""
        self.asked.append(task)
        await asyncio.sleep(1)
        if self.error:
            return [LanguageError(self.error) for _ in task.texts]
        return [text.text.upper() for text, _ in task.texts]


def outside(house: House) -> Slow:
    """Let all messages of the house be rendered elsewhere."""
    house.renderer = slow = Slow()
    template = Template(
        name="t", engine="jinja", message=Leaf(Text("elsewhere"), "message"), outside=True
    )
    house.configuration = fakes.configuration(
        scope="shop", triggers=EVERYTHING, templates=[template], recipients=[("post", "ops")]
    )
    return slow


async def test_a_message_waits_for_the_child_and_others_do_not(house: House) -> None:
    """The change is held as if the cluster were asked: its Rollout stays in order, others go on."""
    slow = outside(house)
    house.observe(house.change(transition(ABORTED)))
    house.observe(house.change(name="other"))
    async with house.running():
        await asyncio.sleep(0.5)
        assert [each[1] for each in house.store.groups] == [1]
        assert await house.events() == []
        await asyncio.sleep(1)
        assert await house.events() == ["checkout:1"]
    (row,) = await house.store.deliveries(fakes.ALL)
    assert row.payload == b"ELSEWHERE"
    assert [task.scope for task in slow.asked] == ["shop"]


async def test_evidence_comes_before_rendering(house: House) -> None:
    """A text is rendered once, with everything that the message can show."""
    slow = outside(house)
    house.cluster.delay_s = lambda kind, _: 2.0 if kind == "ReplicaSet" else 0.0
    house.observe(house.change(transition(ABORTED)))
    async with house.running():
        await asyncio.sleep(4)
    assert len(slow.asked) == 1
    assert len(await house.store.deliveries(fakes.ALL)) == 1


async def test_what_the_child_refuses_is_told_in_plain_words(house: House) -> None:
    """The message goes all the same, counted as a template that failed."""
    outside(house).error = "was stopped"
    house.observe(house.change(transition(ABORTED)))
    async with house.running():
        await asyncio.sleep(2)
    (row,) = await house.store.deliveries(fakes.ALL)
    assert b"aborted" in row.payload
    assert house.recorder.counts["render_failed", "jinja", "shop"] == 1
    ((_, verdicts),) = await house.store.events()
    assert "was stopped" in verdicts[0].detail


async def many(house: House, kind: Literal["MODIFIED", "LISTED"], batches: int) -> None:
    """Let the watch or a list bring so many hundred changes of one namespace, and then one of
    another Rollout that nobody is told of."""
    for batch in range(batches):
        changes = [
            house.change(transition(ABORTED, name=f"r{number}"), name=f"r{number}")
            for number in range(batch * 100, batch * 100 + 100)
        ]
        house.observe(*(Observation("rollouts", kind, each.raw) for each in changes))
        await asyncio.sleep(0.001)
    house.observe(house.change(name="other"))


async def texts(house: House) -> Counter[bool]:
    """Return how many messages were rendered elsewhere, and how many told in plain words."""
    rows = await house.store.deliveries(fakes.ALL)
    return Counter(row.payload == b"ELSEWHERE" for row in rows)


async def test_slow_templates_of_one_namespace_stop_nobody(house: House) -> None:
    """Beyond a share its changes wait for no child and no evidence: they are told in plain words,
    and the watch goes on."""
    slow = outside(house)
    house.cluster.delay_s = lambda kind, _: 2.0 if kind == "ReplicaSet" else 0.0
    async with house.running():
        await many(house, "MODIFIED", 15)
        await asyncio.sleep(0.5)
        assert house.cluster.taken == 16
        assert "uid-other" in {each.uid for each in await house.store.snapshots()}
        await asyncio.sleep(60)
    assert await texts(house) == {True: SHARE, False: 1500 - SHARE}
    assert len(slow.asked) == SHARE
    assert house.recorder.counts["render_failed", "jinja", "shop"] == 1500 - SHARE


async def test_a_flood_of_one_namespace_is_refused(house: House) -> None:
    """What comes at once beyond a thousand is told to nobody: a verdict says why."""
    outside(house)
    changes = [house.change(transition(ABORTED, name=f"r{n}"), name=f"r{n}") for n in range(1200)]
    house.observe(*changes)
    async with house.running():
        await asyncio.sleep(5)
    assert await texts(house) == {True: SHARE, False: FLOOD - SHARE}
    assert len(await house.events()) == 1200
    found = await house.store.events(limit=10_000)
    details = Counter(each.detail for _, verdicts in found for each in verdicts)
    assert details["too many changes of this namespace at once"] == 1200 - FLOOD


async def test_a_full_outbox_takes_no_more(house: House) -> None:
    """A namespace whose quota waits gets verdicts instead of messages, but for failures."""
    house.caps = Caps(namespace=5)
    for trigger in (STEP, ABORTED):
        names = [f"{trigger}-{number}" for number in range(8)]
        house.observe(*(house.change(transition(trigger, name=n), name=n) for n in names))
    async with house.running():
        await asyncio.sleep(5)
        read = len(house.cluster.reads)
        house.observe(house.change(transition(ABORTED, name="late"), name="late"))
        await asyncio.sleep(5)
        assert len(house.cluster.reads) == read
    rows = await house.store.deliveries(fakes.ALL)
    assert Counter(row.kind for row in rows) == {"progress": 5, "failure": 1}
    found = await house.store.events(limit=100)
    verdicts = [each for _, said in found for each in said if each.decision is Decision.QUOTA]
    assert len(verdicts) == 11
    assert verdicts[-1].detail == "too many messages of this namespace wait: 5 (limit: 5)"


async def test_a_list_waits_for_its_templates(house: House) -> None:
    """It is finite, and comes after an outage: then everybody gets his own words."""
    slow = outside(house)
    async with house.running():
        await many(house, "LISTED", 15)
        await asyncio.sleep(5)
    assert await texts(house) == {True: 1500}
    assert len(slow.asked) == 1500
