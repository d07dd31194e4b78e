"""From the watch to the store: observe, gather evidence, plan, hand over to the group commit.

Per rollout everything happens in the order observed: a change that needs something from the
cluster holds the later changes of its rollout, and of no other. Bytes are kept while something is
awaited; decoding, planning and rendering of an event happen in one go, without an await between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from notifier import ports
from notifier.core import evidence
from notifier.core.configuration import Configuration
from notifier.core.errors import Forbidden, NotFound
from notifier.core.model import Observation, Resource
from notifier.core.objects import RolloutVersion
from notifier.core.observer import Change, Observer
from notifier.engine.committing import Committing
from notifier.engine.gathering import closed
from notifier.engine.holding import Holding
from notifier.engine.patience import Patience
from notifier.engine.preparing import Held, Preparing
from notifier.engine.queueing import Seen
from notifier.engine.slices import Slices, Turns
from notifier.engine.status import Status

log = logging.getLogger(__name__)

ALWAYS: Final[tuple[Resource, ...]] = ("rollouts", "analysisruns", "experiments")
OPTIONAL: Final = frozenset[Resource]({"experiments", "replicasets"})
"""Resources that a cluster may lack without anything being wrong."""

AGAIN_S: Final = 300.0
"""Seconds at most until a resource that cannot be watched is tried again."""

BREATH_S: Final = 0.005
"""Seconds of observing after which others get a turn on the loop."""


class Intake:
    """Drives the watch of every resource into one Observer and plans what comes out.

    `configurations` returns those that apply to a namespace, its own first, the central one last.
    `on_crowded` learns whether the changes of a namespace take much of the loop.
    """

    def __init__(
        self,
        *,
        cluster: ports.Cluster,
        observer: Observer,
        committing: Committing,
        preparing: Preparing,
        configurations: Callable[[str], Sequence[Configuration]],
        clock: ports.Clock,
        recorder: ports.Recorder,
        status: Status,
        also: frozenset[Resource] = frozenset(),
        on_crowded: Callable[[bool], None] = lambda _: None,
    ) -> None:
        self._cluster = cluster
        self._observer = observer
        self._committing = committing
        self._preparing = preparing
        self._configurations = configurations
        self._clock = clock
        self._recorder = recorder
        self._status = status
        self._also = also
        self._holding = Holding(Turns(clock))
        self._slices = Slices(clock, on_crowded)
        self._watched: set[Resource] = set()
        self._children: set[asyncio.Task[None]] = set()
        self._group: asyncio.TaskGroup | None = None
        self._stopping = False
        self._told: dict[Resource, str] = {}
        self._missing: set[Resource] = set()
        observer.follows = self._follows

    async def run(self) -> None:
        """Observe until stopped, or until every stream has ended (a recording); then return once
        everything planned is committed."""
        self._status.expect(ALWAYS)
        async with asyncio.TaskGroup() as outer:
            outer.create_task(self._committing.run(), name="committing")
            slicing = outer.create_task(self._slices.run(), name="slices")
            if not self._stopping:
                async with asyncio.TaskGroup() as self._group:
                    for resource in (*ALWAYS, *sorted(self._also)):
                        self._watch(resource)
                    self.reconsider()
            self._group = None
            slicing.cancel()
            self._committing.close()

    def stop(self) -> None:
        """Stop observing; what was planned is still committed before `run` returns."""
        self._stopping = True
        for task in self._children:
            task.cancel()

    def reconsider(self) -> None:
        """Begin to watch ReplicaSets once the configuration or an annotation asks for scaling."""
        if "replicasets" in self._watched or self._group is None or self._stopping:
            return
        asked = "replicasets" in self._observer.wants
        if asked or any(evidence.wants_scaling(each) for each in self._configurations("")):
            self._watch("replicasets")

    # --- one resource -----------------------------------------------------------------------

    def _watch(self, resource: Resource) -> None:
        if resource not in self._watched:
            self._watched.add(resource)
            self._spawn(self._pump(resource), f"watch {resource}")

    async def _pump(self, resource: Resource) -> None:
        """Observe one resource; without the right to, degrade and try again later."""
        patience = Patience(self._clock, longest_s=AGAIN_S)
        while True:
            stream = self._cluster.observe(resource)
            try:
                async for batch in stream:
                    self._mend(resource)
                    patience.succeeded()
                    await self._take(resource, batch)
            except (Forbidden, NotFound) as error:
                self._degrade(resource, error)
                await patience.wait()
            else:
                return
            finally:
                await closed(stream)

    async def _take(self, resource: Resource, batch: Sequence[Observation]) -> None:
        at = Seen(self._clock.now(), self._clock.monotonic())
        self._status.last_seen[resource] = at.monotonic
        self._recorder.observed(resource, at.wall)
        turn = last = at.monotonic
        for observation in batch:
            namespace = ""
            for change in self._observer.observe(observation):
                self._accept(change, at, listed=observation.type == "LISTED")
                namespace = change.rollout.namespace
            if observation.type == "SYNCED" and not self._status.synced.get(resource):
                self._status.synced[resource] = True
                log.info("synced", extra={"resource": resource})
            now = self._clock.monotonic()
            if namespace:
                self._slices.take(namespace, now - last)
            last = now
            if now - turn > BREATH_S:
                await asyncio.sleep(0)
                turn = last = self._clock.monotonic()
        self._put_checkpoint(at)
        if (why := self._observer.unreadable.get(resource)) != self._told.get(resource):
            self._told[resource] = why or ""
            log.warning(
                "an object cannot be read and is skipped",
                extra={"resource": resource, "error": why},
            )
        if "replicasets" in self._observer.wants:
            self.reconsider()
        await self._holding.room()
        await self._committing.room()

    def _degrade(self, resource: Resource, error: Forbidden | NotFound) -> None:
        """Go on without a resource, visibly unless it is one that need not exist; told once."""
        self._status.synced[resource] = True
        if isinstance(error, NotFound) and resource in OPTIONAL:
            self._status.mend(resource)
            if resource not in self._missing:
                self._missing.add(resource)
                log.info("resource does not exist here", extra={"resource": resource})
            return
        self._missing.discard(resource)
        if self._status.degrade(resource, error):
            log.error("cannot watch", extra={"resource": resource, "error": str(error)})

    def _mend(self, resource: Resource) -> None:
        """Take note that a resource is watched."""
        self._status.mend(resource)
        if resource in self._missing:
            self._missing.discard(resource)
            log.info("resource exists now", extra={"resource": resource})

    # --- one change -------------------------------------------------------------------------

    def _accept(self, change: Change, at: Seen, *, listed: bool) -> None:
        """Plan a change at once, or let it and all that follow it wait for the cluster or for their
        turn."""
        namespace, key = change.rollout.namespace, change.rollout.uid or change.rollout.path
        prepared: ports.Intake | Held | None = Held(change)
        waits = key in self._holding
        if not waits and (listed or not self._slices.spent(namespace)):
            prepared = self._preparing.at_once(change, at.wall)
        if not isinstance(prepared, Held):
            self._put(change, prepared, at)
            return
        if not waits:
            self._spawn(self._work_off(key), f"gather {change.rollout.path}")
        self._holding.put(key, prepared, at, listed=listed)

    def _put(self, change: Change, intake: ports.Intake | None, at: Seen) -> None:
        if intake is not None:
            self._committing.put(intake, at, change.rollout.namespace)
        self._observer.queued(change.rollout.uid)

    def _put_checkpoint(self, at: Seen) -> None:
        """Queue the checkpoint behind the rows that it speaks of."""
        if (row := self._observer.checkpoint()) is not None:
            self._committing.put_behind_all(ports.Intake(snapshot=row), at)

    def _follows(self, version: RolloutVersion) -> bool:
        """Say whether a version matters whatever it changes: a condition may turn true in it, or
        what comes of a change that is held may wait for it."""
        held = version.rollout.metadata.uid in self._holding
        return held or self._preparing.follows(version)

    async def _work_off(self, key: str) -> None:
        """Take the changes of one rollout in order, as slowly as the cluster answers."""
        while (waiting := await self._holding.turn(key)) is not None:
            held, at = waiting.held, waiting.seen
            intake = await self._preparing.in_time(held, at.wall, waiting.pace)
            self._put(held.change, intake, at)
            self._put_checkpoint(at)
            self._holding.done(key)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        if self._group is None or self._stopping:
            work.close()
            return
        task = self._group.create_task(work, name=name)
        self._children.add(task)
        task.add_done_callback(self._children.discard)
