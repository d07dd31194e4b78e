"""One change to what is committed of it: evidence, plan, and the rows.

Two ways to the same result: at once, if nothing is needed from the cluster, or in time, with what
the cluster answers. In both, decoding, planning and rendering are one go without an await.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from notifier import ports
from notifier.core import evidence, planning, subscriptions
from notifier.core.configuration import Configuration
from notifier.core.context import Evidence
from notifier.core.errors import DETAIL_LIMIT
from notifier.core.model import Decision, Event, JsonObject, Transition, Verdict, event_id
from notifier.core.observer import Change, Observer
from notifier.engine.gathering import Gathered, Gathering, decode
from notifier.engine.pauses import Pauses

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """A change that waits for the cluster, and what it needs if that is known."""

    change: Change
    needs: Sequence[evidence.Needs] | None = None


class Preparing:
    """Turns changes of the Observer into intakes for the store.

    `configurations` returns those that apply to a namespace, its own first, the central one last.
    """

    def __init__(
        self,
        *,
        observer: Observer,
        gathering: Gathering,
        pauses: Pauses,
        configurations: Callable[[str], Sequence[Configuration]],
        clock: ports.Clock,
        recorder: ports.Recorder,
        policy: planning.Policy,
    ) -> None:
        self._observer = observer
        self._gathering = gathering
        self._pauses = pauses
        self._configurations = configurations
        self._clock = clock
        self._recorder = recorder
        self._policy = policy

    def at_once(self, change: Change) -> ports.Intake | Held:
        """Return the intake of a change, or what is held if the cluster has to be asked first."""
        if change.wanted:
            return Held(change)
        if not change.transitions:
            return ports.Intake(snapshot=change.snapshot, forget=change.forget)
        if not change.raw:
            return Held(change)
        needs = self._needs(change, evidence.outline(change.raw))
        if any(needs):
            return Held(change, needs)
        nothing = [Gathered()] * len(change.transitions)
        return self._planned(change, decode(change.raw), nothing)

    async def in_time(self, held: Held) -> ports.Intake:
        """Return the intake of a change once the cluster has answered."""
        change, needs = held.change, held.needs
        if change.wanted:
            found = await self._gathering.wanted(change.wanted)
            change = self._observer.resolve(change, found)
        if not change.transitions:
            return ports.Intake(snapshot=change.snapshot, forget=change.forget)
        raw = change.raw or await self._gathering.rollout(change.rollout)
        if needs is None:
            seen = evidence.outline(raw) if raw else evidence.stub(change.rollout)
            needs = self._needs(change, seen)
        namespace = change.rollout.namespace
        gathered = {
            each: await self._gathering.evidence(each, namespace) for each in dict.fromkeys(needs)
        }
        return self._planned(change, _rollout(change, raw), [gathered[each] for each in needs])

    def _needs(self, change: Change, rollout: JsonObject) -> Sequence[evidence.Needs]:
        """Return what each transition needs; nothing where nobody listens."""
        all_needs = [evidence.needs(each, rollout) for each in change.transitions]
        return [
            needs if needs and self._anybody_listens(each, rollout) else evidence.NOTHING
            for each, needs in zip(change.transitions, all_needs, strict=True)
        ]

    def _anybody_listens(self, transition: Transition, rollout: JsonObject) -> bool:
        return any(
            subscriptions.resolve(transition.trigger, rollout, configuration).subscriptions
            for configuration in self._configurations(transition.rollout.namespace)
        )

    def _planned(
        self, change: Change, rollout: JsonObject, gathered: Sequence[Gathered]
    ) -> ports.Intake:
        """Return the intake of a change with all its events."""
        now = self._clock.now()
        events: list[Event] = []
        plans: list[planning.Plan] = []
        for transition, found in zip(change.transitions, gathered, strict=True):
            event = Event(
                id=event_id(self._policy.cluster, transition.key),
                transition=transition,
                observed_at=now,
            )
            known = evidence.assemble(
                rollout,
                previous=change.previous,
                workload=decode(found.workload) if found.workload else None,
                run=decode(found.run) if found.run else None,
                runs=None if found.runs is None else [decode(raw) for raw in found.runs],
                replica_sets=[decode(raw) for raw in found.replica_sets],
            )
            events.append(event)
            plans.append(self._plan(event, known, now))
        return ports.Intake(
            snapshot=change.snapshot,
            forget=change.forget,
            events=events,
            verdicts=[verdict for plan in plans for verdict in plan.verdicts],
            deliveries=[delivery for plan in plans for delivery in plan.deliveries],
        )

    def _plan(self, event: Event, known: Evidence, now: float) -> planning.Plan:
        """Plan one event; a defect of ours costs its messages, not the daemon."""
        configurations = self._configurations(event.transition.rollout.namespace)
        try:
            plan = planning.plan(event, known, configurations, now=now, policy=self._policy)
        except Exception as error:  # one poisonous object must not stop all others
            log.exception(
                "planning failed",
                extra={
                    "rollout": event.transition.rollout.path,
                    "trigger": event.transition.trigger,
                },
            )
            return planning.Plan(verdicts=(_defect(event, error),), deliveries=())
        self._count(plan)
        if any(delivery.kind == "paused" for delivery in plan.deliveries):
            self._pauses.remember(event)
        return plan

    def _count(self, plan: planning.Plan) -> None:
        for engine, scope in plan.failed:
            self._recorder.render_failed(engine, scope)
        if plan.dropped:
            self._recorder.duplicates("merge", plan.dropped)
        across = sum(1 for each in plan.verdicts if each.decision is Decision.DUPLICATE)
        if across:
            self._recorder.duplicates("scope", across)


def _rollout(change: Change, raw: bytes | None) -> JsonObject:
    return decode(raw) if raw else evidence.stub(change.rollout)


def _defect(event: Event, error: Exception) -> Verdict:
    return Verdict(
        event_id=event.id,
        decision=Decision.CONFIG_ERROR,
        trigger=event.transition.trigger,
        detail=f"planning failed: {type(error).__name__}: {error}"[:DETAIL_LIMIT],
    )
