"""Conditions over time through the engine: real Observer, real conditions, restarts, few reads."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson
import pytest

from notifier.core import snapshots
from notifier.core.configuration import Configuration
from notifier.core.model import Observation, StoredSnapshot
from notifier.core.observer import Observer
from notifier.core.overload import Caps
from notifier.core.planning import Policy
from notifier.core.triggers import Condition
from notifier.engine.committing import Committing
from notifier.engine.crowding import Crowding
from notifier.engine.gathering import Gathering
from notifier.engine.intake import Intake
from notifier.engine.pauses import Pauses
from notifier.engine.preparing import Preparing
from notifier.engine.remembering import EVIDENCE, Remembering
from notifier.engine.status import Status
from notifier.languages import CONDITIONS
from notifier.stores.memory import MemoryStore
from tests.engine import fakes
from tests.engine.fakes import COMPLETED

pytestmark = pytest.mark.looptime(start=0)

PURPLE = "on-purple"
NOTIFIED = "notified.notifications.argoproj.io"
HASH = "rollouts-pod-template-hash"
MINE = {f"notifications.argoproj.io/subscribe.{PURPLE}.post": "ops"}


def when(text: str, *, once: str = "", **rest: Any) -> Condition:
    """Return a compiled condition."""
    expr = CONDITIONS["expr"]
    program = expr.compile(once) if once else None
    return fakes.condition(when=expr.compile(text), once_per=program, text=text, **rest)


def knows(trigger: str, text: str, **rest: Any) -> Configuration:
    """Return a configuration with one trigger, which only annotations subscribe to."""
    recipients = rest.pop("recipients", ())
    return fakes.configuration(
        triggers=[fakes.trigger(trigger, when(text, **rest))],
        templates=[fakes.template("t", "{rollout[status][colour]} {rollout[status][phase]}")],
        recipients=recipients,
    )


PURPLE_NOW = knows(PURPLE, "rollout.status.colour == 'purple'")
HEALTHY = knows(COMPLETED, "rollout.status.phase == 'Healthy'", recipients=[("post", "ops")])


@dataclass
class World:
    """One Rollout and whatever survives a process: the cluster and the store."""

    configuration: Configuration
    store: MemoryStore = field(default_factory=MemoryStore)
    recorder: fakes.Counting = field(default_factory=fakes.Counting)
    cluster: fakes.FakeCluster = field(default_factory=fakes.FakeCluster)
    annotations: dict[str, str] = field(default_factory=lambda: dict(MINE))
    spec: dict[str, Any] = field(default_factory=dict)
    number: int = 0
    commits: int = 0

    def __post_init__(self) -> None:
        self.store.commit = self._counted(self.store.commit)  # type: ignore[method-assign]

    def _counted(self, commit: Any) -> Any:
        async def counted(intakes: Sequence[Any], **options: Any) -> Any:
            self.commits += 1
            return await commit(intakes, **options)

        return counted

    def rollout(self, **status: Any) -> dict[str, Any]:
        """Return the next version of the Rollout."""
        self.number += 1
        seen = fakes.rollout()
        seen["metadata"] |= {
            "resourceVersion": str(self.number),
            "generation": 1,
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "annotations": {"rollout.argoproj.io/revision": "1", **self.annotations},
        }
        seen["spec"] |= self.spec
        seen["status"] |= {"colour": "red", "phase": "Progressing", "stableRS": "old"} | status
        return seen

    def process(self) -> tuple[Intake, Remembering]:
        """Build the intake of a new process."""
        clock, status, observer = fakes.LoopClock(), Status(), Observer()
        remembering = Remembering(lambda _: (self.configuration,))
        committing = Committing(
            store=self.store,
            clock=clock,
            recorder=self.recorder,
            status=status,
            on_deliveries=lambda _: None,
        )
        preparing = Preparing(
            observer=observer,
            gathering=Gathering(self.cluster, clock),
            pauses=Pauses(self.store, observer.still_paused),
            remembering=remembering,
            configurations=lambda _: (self.configuration,),
            recorder=self.recorder,
            crowding=Crowding(Caps()),
            policy=Policy(cluster="prod"),
        )
        intake = Intake(
            cluster=self.cluster,
            observer=observer,
            committing=committing,
            preparing=preparing,
            configurations=lambda _: (self.configuration,),
            clock=clock,
            recorder=self.recorder,
            status=status,
        )
        self.observer = observer
        return intake, remembering

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Remembering]:
        """Run a process from what is stored; it stops as one that is told to."""
        intake, remembering = self.process()
        stored = await self.store.snapshots()
        self.observer.restore(stored)
        remembering.restore(stored)
        task = asyncio.create_task(intake.run())
        try:
            yield remembering
            await asyncio.sleep(1)
            intake.stop()
            await asyncio.wait_for(task, 5)
        finally:
            task.cancel()

    async def show(self, *versions: Mapping[str, Any], kind: Any = "MODIFIED") -> None:
        """Let the watch show versions, and wait until they are taken in."""
        for version in versions:
            raw = orjson.dumps(version)
            seen = Observation("rollouts", kind, raw, contiguous=kind != "LISTED")
            self.cluster.streams["rollouts"].put_nowait([seen])
        await asyncio.sleep(1)

    async def told(self) -> list[bytes]:
        """Return what is in the outbox, oldest first."""
        rows = await self.store.deliveries(fakes.ALL)
        return [each.payload for each in sorted(rows, key=lambda each: each.created_at)]

    async def decided(self) -> list[tuple[str, list[str]]]:
        """Return every event's trigger and decisions, oldest first."""
        found = await self.store.events(limit=1000)
        return [
            (event.transition.trigger, [str(each.decision) for each in verdicts])
            for event, verdicts in reversed(found)
        ]


async def test_a_level_trigger_is_told_at_its_edge() -> None:
    """Of versions in which nothing tracked changed, too; the message shows that version."""
    world = World(PURPLE_NOW)
    async with world.running():
        await world.show(*(world.rollout(colour=each) for each in ("red", "purple", "purple")))
        await world.show(*(world.rollout(colour=each) for each in ("blue", "purple")))
    assert await world.told() == [b"purple Progressing"] * 2
    assert await world.decided() == [(PURPLE, ["sent"]), (PURPLE, ["sent"])]


async def test_a_restart_at_any_version_changes_nothing() -> None:
    """What was committed is known, what was not is seen again."""
    colours = ("purple", "red", "purple", "purple", "red", "purple")
    for at in range(len(colours)):
        world = World(PURPLE_NOW)
        versions = [world.rollout(colour=each) for each in colours]
        async with world.running():
            await world.show(*versions[: at + 1])
        async with world.running():
            await world.show(versions[at], kind="LISTED")
            await world.show(*versions[at + 1 :])
        assert await world.told() == [b"purple Progressing"] * 2
        decided = await world.decided()
        assert [each for _, each in decided] == [["baseline"], ["sent"], ["sent"]]


async def test_an_edge_in_a_gap_is_told_after_the_restart() -> None:
    """False before, true at the list: it turned true while nobody looked."""
    world = World(PURPLE_NOW)
    async with world.running():
        await world.show(world.rollout())
    async with world.running():
        await world.show(world.rollout(colour="purple"), kind="LISTED")
    assert await world.told() == [b"purple Progressing"]


async def test_an_open_occurrence_survives_a_restart() -> None:
    """It is told once, of the version that is healthy, and its verdicts stand at its event."""
    world = World(HEALTHY, annotations={})
    async with world.running():
        await world.show(world.rollout())
        await world.show(world.rollout(stableRS="abc"))
        await world.show(world.rollout(stableRS="abc", other=1))
    async with world.running():
        healthy = world.rollout(stableRS="abc", phase="Healthy")
        await world.show(healthy, kind="LISTED")
        await world.show(world.rollout(stableRS="abc", phase="Healthy", other=2))
    assert await world.told() == [b"red Healthy"]
    assert await world.decided() == [(COMPLETED, ["open_occurrence", "sent"])]
    assert world.recorder.counts["decided", COMPLETED, "sent"] == 1
    (row,) = await world.store.snapshots()
    assert b"standing" not in row.data


async def test_deletion_closes_what_is_open() -> None:
    """The verdict is at the event that nobody was told of."""
    world = World(HEALTHY, annotations={})
    async with world.running():
        await world.show(world.rollout(), world.rollout(stableRS="abc"))
        await world.show(world.rollout(stableRS="abc"), kind="DELETED")
    assert (COMPLETED, ["open_occurrence", "superseded"]) in await world.decided()


async def test_another_controller_instance_closes_what_is_open() -> None:
    """A Rollout that is no longer ours is forgotten, and that is said."""
    world = World(HEALTHY, annotations={})
    async with world.running() as remembering:
        await world.show(world.rollout(), world.rollout(stableRS="abc"))
        others = world.rollout(stableRS="abc", phase="Healthy")
        others["metadata"]["labels"] = {"argo-rollouts.argoproj.io/controller-instance-id": "b"}
        await world.show(others)
        assert remembering.encoded("uid-checkout") == b""
    assert await world.decided() == [(COMPLETED, ["open_occurrence", "superseded"])]
    assert await world.told() == []


async def test_nobody_pays_who_does_not_ask() -> None:
    """A Rollout that subscribes to no level trigger is not looked at between its changes."""
    world = World(PURPLE_NOW, annotations={})
    async with world.running():
        await world.show(world.rollout())
        before = world.commits
        await world.show(*(world.rollout(other=number) for number in range(20)))
    assert world.commits == before
    assert await world.decided() == []


async def test_a_version_that_decides_nothing_is_not_committed() -> None:
    """A Rollout that is followed costs no write until its conditions change their mind."""
    world = World(PURPLE_NOW)
    async with world.running():
        await world.show(world.rollout())
        before = world.commits
        await world.show(*(world.rollout(other=number) for number in range(20)))
        assert world.commits == before
        await world.show(world.rollout(colour="purple"))
    assert world.commits == before + 1


async def test_a_configuration_change_waits_for_the_next_version() -> None:
    """It evaluates nothing by itself; what already holds then is a baseline."""
    world = World(fakes.configuration())
    async with world.running() as remembering:
        await world.show(world.rollout(colour="purple"))
        world.configuration = PURPLE_NOW
        remembering.reconfigured()
        await asyncio.sleep(1)
        assert await world.decided() == []
        await world.show(world.rollout(colour="purple"))
        assert await world.decided() == [(PURPLE, ["baseline"])]
        await world.show(world.rollout(), world.rollout(colour="purple"))
    assert await world.told() == [b"purple Progressing"]


async def test_a_condition_that_needs_no_evidence_asks_for_none() -> None:
    """Only the edge reads: what a message can show."""
    world = World(PURPLE_NOW)
    async with world.running():
        await world.show(*(world.rollout(other=number) for number in range(5)))
        assert world.cluster.reads == []
        await world.show(world.rollout(colour="purple"))
        assert [kind for kind, _ in world.cluster.reads] == ["ReplicaSet"]


def run(name: str, phase: str) -> bytes:
    """Return an analysis run of the current revision."""
    return orjson.dumps(
        {
            "metadata": {
                "name": name,
                "namespace": "shop",
                "uid": f"uid-{name}",
                "labels": {HASH: "abc"},
                "annotations": {"rollout.argoproj.io/revision": "1"},
                "ownerReferences": [{"kind": "Rollout", "uid": "uid-checkout"}],
            },
            "status": {"phase": phase},
        }
    )


async def test_runs_are_read_once_per_change_not_per_version() -> None:
    """A condition on `analysisRuns` sees them; versions that change nothing reuse them."""
    text = "len(analysisRuns ?? []) > 0 and analysisRuns[0].status.phase == 'Failed'"
    canary = {"steps": [{"analysis": {}}]}
    world = World(knows(PURPLE, text), spec={"strategy": {"canary": canary}})
    world.cluster.lists["AnalysisRun", "shop"] = [run("a", "Running")]
    async with world.running():
        await world.show(*(world.rollout(other=number) for number in range(6)))
        assert [kind for kind, _ in world.cluster.reads] == ["AnalysisRun"]
        world.cluster.lists["AnalysisRun", "shop"] = [run("a", "Failed")]
        await world.show(world.rollout(phase="Degraded"))
    assert await world.told() == [b"red Degraded"]
    reads = [kind for kind, _ in world.cluster.reads]
    assert reads.count("AnalysisRun") <= 3


async def test_no_version_is_overlooked_while_an_event_waits_for_evidence() -> None:
    """The cluster is slow: a version that is healthy for a moment still counts."""
    world = World(HEALTHY, annotations={})
    world.cluster.delay_s = lambda kind, _: 5.0 if kind == "ReplicaSet" else 0.0
    async with world.running():
        await world.show(world.rollout())
        await world.show(
            world.rollout(stableRS="abc"),
            world.rollout(stableRS="abc", ready=True),
            world.rollout(stableRS="abc"),
        )
        world_ready = knows(COMPLETED, "rollout.status.ready == true", recipients=[("post", "ops")])
        world.configuration = world_ready
        await asyncio.sleep(20)
    assert await world.told() == [b"red Progressing"]
    assert await world.decided() == [(COMPLETED, ["open_occurrence", "sent"])]


async def test_the_former_senders_annotation_is_read_at_the_first_sight_only() -> None:
    """What it says then is known; what a tenant writes later says nothing."""
    once = knows(PURPLE, "rollout.status.colour == 'purple'", once="rollout.status.phase")
    told = {NOTIFIED: json.dumps({"Old:on-purple:[0]:post:ops": 1})}
    world = World(once, annotations={**MINE, **told})
    async with world.running():
        await world.show(world.rollout())
        await world.show(world.rollout(colour="purple", phase="Old"))
        world.annotations[NOTIFIED] = json.dumps({"New:on-purple:[0]:post:ops": 1})
        await world.show(world.rollout(colour="purple", phase="New"))
    async with world.running():
        await world.show(world.rollout(colour="purple", phase="Old"), kind="LISTED")
    assert [each for _, each in await world.decided()] == [["once_per"], ["sent"], ["once_per"]]
    assert await world.told() == [b"purple New"]


async def test_an_annotation_that_cannot_be_read_is_empty(caplog: Any) -> None:
    """It is said, once, and harms nothing."""
    world = World(PURPLE_NOW, annotations={**MINE, NOTIFIED: "{"})
    async with world.running():
        await world.show(*(world.rollout(colour=each) for each in ("red", "purple")))
    assert await world.told() == [b"purple Progressing"]
    warned = [each.message for each in caplog.records if NOTIFIED in each.message]
    assert len(warned) == 1


async def test_a_defect_in_a_level_condition_harms_itself_alone() -> None:
    """An exception of ours is logged; the daemon goes on and levels stay."""
    poison = fakes.condition(
        when=fakes.When(lambda seen: 1 / (seen["rollout"]["status"]["colour"] != "bad") > 2)
    )
    world = World(fakes.configuration(triggers=[fakes.trigger(PURPLE, poison)]))
    async with world.running():
        await world.show(*(world.rollout(colour=each) for each in ("red", "bad", "red")))
    assert await world.decided() == []


async def test_stored_memories_that_cannot_be_read_start_anew(caplog: Any) -> None:
    """It is logged with the Rollout's name."""
    remembering = Remembering(lambda _: (PURPLE_NOW,))
    row = fakes.snapshot()
    remembering.restore(
        [StoredSnapshot(**{**_fields(row), "data": b'{"standing": {"levels": 3}}'})]
    )
    assert remembering.encoded(row.uid) == b""
    (warned,) = [each for each in caplog.records if "start anew" in each.message]
    assert warned.rollout == "shop/checkout"


def _fields(row: StoredSnapshot) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("kind", "uid", "namespace", "name", "data")}


def test_a_row_without_memories_is_as_it_was() -> None:
    """A Rollout without conditions over time costs not a byte."""
    row = fakes.snapshot()
    assert snapshots.with_standing(row, b"") is row
    assert snapshots.standing(row) == b""
    kept = snapshots.with_standing(row, b'{"edges":{"on-purple":1}}')
    assert snapshots.standing(kept) == b'{"edges":{"on-purple":1}}'


def test_evidence_of_few_rollouts_is_kept() -> None:
    """The oldest is let go, and is read again when it is wanted."""
    from notifier.core.evidence import Needs
    from notifier.core.observer import Change
    from notifier.engine.gathering import Gathered

    remembering = Remembering(lambda _: ())
    found = {Needs(runs="a=b"): Gathered()}
    for number in range(EVIDENCE + 1):
        remembering.keep_evidence(f"uid-{number}", found)

    def known(uid: str) -> Any:
        change = Change(rollout=fakes.reference(uid), version="same")
        return remembering.evidence(change)

    assert known("0") == {}
    assert known(str(EVIDENCE)) == found
    remembering.forget(f"uid-{EVIDENCE}")
    assert known(str(EVIDENCE)) == {}
