"""One change to what is committed of it: evidence, plan, and the rows.

Two ways to the same result: at once, if nothing is needed from the cluster, or in time, with what
the cluster answers. In both, decoding, planning and rendering are one go without an await.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, TypeAlias

from notifier import ports
from notifier.core import evidence, lanes, planning, review, snapshots, standing, subscriptions
from notifier.core.configuration import Configuration
from notifier.core.context import Evidence
from notifier.core.errors import DETAIL_LIMIT
from notifier.core.model import Decision, Event, JsonObject, Transition, Verdict, event_id
from notifier.core.objects import RolloutVersion
from notifier.core.observer import Change, Observer
from notifier.core.outside import NOTHING, Outcome, Rendered, Task
from notifier.core.review import Question, Review
from notifier.engine.crowding import Crowding
from notifier.engine.gathering import Gathered, Gathering, decode
from notifier.engine.pauses import Pauses
from notifier.engine.remembering import Found, Remembering
from notifier.engine.telling import Telling
from notifier.languages import LanguageError

log = logging.getLogger(__name__)

TOO_MANY: Final = "was not rendered: too many changes of this namespace wait"
FLOODED: Final = "too many changes of this namespace at once"

Pace: TypeAlias = Literal["patient", "hurried", "refused"]
"""How a change is prepared whose namespace has many of them: with all evidence and texts; with what
is at hand, in plain words for what has to be rendered elsewhere; or without telling anybody."""


@dataclass(frozen=True, slots=True)
class Held:
    """A change that waits for the cluster, and what it needs if that is known."""

    change: Change
    needs: Sequence[evidence.Needs] | None = None


@dataclass(frozen=True, slots=True)
class _Work:
    """A review of a change, and the evidence that it lacks: with it, it is made again. `read` is
    what conditions read."""

    review: Review
    lacks: Sequence[evidence.Needs] = ()
    read: Sequence[evidence.Needs] = ()

    @property
    def unfinished(self) -> bool:
        """Say whether it has to be made again, with more evidence or with rendered texts."""
        return bool(self.lacks or self.review.pending)


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
        remembering: Remembering,
        configurations: Callable[[str], Sequence[Configuration]],
        recorder: ports.Recorder,
        policy: planning.Policy,
        crowding: Crowding,
        renderer: ports.Renderer | None = None,
    ) -> None:
        self._observer = observer
        self._gathering = gathering
        self._pauses = pauses
        self._remembering = remembering
        self._configurations = configurations
        self._recorder = recorder
        self._telling = Telling(recorder)
        self._policy = policy
        self._crowding = crowding
        self._renderer = renderer

    def follows(self, version: RolloutVersion) -> bool:
        """Say whether a version matters even if nothing tracked changed in it."""
        return self._remembering.follows(version)

    def at_once(self, change: Change, seen_at: float) -> ports.Intake | Held | None:
        """Return the intake of a change, None if there is nothing to commit, or what is held if the
        cluster has to be asked first. `seen_at` is when it was observed, Unix seconds: its time,
        however long planning it takes."""
        if change.wanted:
            return Held(change)
        if not self._matters(change):
            return self._observed(change)
        if not change.raw and not change.forget:
            return Held(change)
        needs = self._needs(change, evidence.outline(change.raw))
        if any(needs):
            return Held(change, needs)
        known = self._remembering.evidence(change)
        work = self._work(change, change.raw, needs, known, now=seen_at)
        return Held(change, needs) if work.unfinished else self._done(change, work)

    async def in_time(
        self, held: Held, seen_at: float, pace: Pace = "patient"
    ) -> ports.Intake | None:
        """Return the intake of a change once the cluster has answered."""
        change, needs = held.change, held.needs
        if change.wanted:
            found = await self._gathering.wanted(change.wanted)
            change = self._observer.resolve(change, found)
        if not self._matters(change):
            return self._observed(change)
        raw: bytes | None = change.raw
        if not raw and not change.forget:
            raw = await self._gathering.rollout(change.rollout)
        if needs is None:
            needs = self._needs(change, evidence.outline(raw) if raw else _stub(change))
        lacks = [each for each in dict.fromkeys(needs) if each and pace == "patient"]
        gathered = dict(self._remembering.evidence(change))
        rendered: dict[Task, Sequence[Outcome]] = {}
        while True:
            for each in lacks:
                gathered[each] = await self._gathering.evidence(each, change.rollout.namespace)
            work = self._work(
                change, raw, needs, gathered, now=seen_at, rendered=rendered, pace=pace
            )
            if not work.unfinished:
                read = {each: gathered[each] for each in work.read}
                self._remembering.keep_evidence(change.rollout.uid, read)
                return self._done(change, work)
            lacks = list(work.lacks)
            pending = () if lacks else work.review.pending
            del work  # nothing decoded is held while others answer
            for task in pending:
                rendered[task] = await self._render(task, pace)

    async def _render(self, task: Task, pace: Pace) -> Sequence[Outcome]:
        if self._renderer is None:
            return [LanguageError("cannot be rendered here")] * len(task.texts)
        if pace != "patient":
            return [LanguageError(TOO_MANY)] * len(task.texts)
        return await self._renderer.render(task)

    def _matters(self, change: Change) -> bool:
        """Say whether there is anything to decide."""
        return bool(change.transitions) or self._remembering.concerns(change)

    def _observed(self, change: Change) -> ports.Intake | None:
        """Return the intake of a change that nobody can want to hear of."""
        if change.version == "same" or change.snapshot is None:
            return ports.Intake(forget=change.forget) if change.forget else None
        remembered = self._remembering.encoded(change.rollout.uid)
        snapshot = snapshots.with_standing(change.snapshot, remembered)
        return ports.Intake(snapshot=snapshot, forget=change.forget)

    def _needs(self, change: Change, rollout: JsonObject) -> Sequence[evidence.Needs]:
        """Return what each transition needs; nothing where nobody listens."""
        all_needs = [evidence.needs(each, rollout) for each in change.transitions]
        return [
            needs if needs and self._anybody_listens(each, rollout) else evidence.NOTHING
            for each, needs in zip(change.transitions, all_needs, strict=True)
        ]

    def _anybody_listens(self, transition: Transition, rollout: JsonObject) -> bool:
        """Say whether a message may come of a transition."""
        kind = lanes.kind(transition.trigger)
        if self._crowding.full(transition.rollout.namespace, kind):
            return False
        return any(
            subscriptions.resolve(transition.trigger, rollout, configuration).subscriptions
            for configuration in self._configurations(transition.rollout.namespace)
        )

    # --- the review of a change -----------------------------------------------------------------

    def _work(
        self,
        change: Change,
        raw: bytes | None,
        needs: Sequence[evidence.Needs],
        gathered: Found,
        *,
        now: float,
        rendered: Mapping[Task, Sequence[Outcome]] = NOTHING.done,
        pace: Pace = "patient",
    ) -> _Work:
        """Review a change with the evidence and the texts that there are. Changes nothing."""
        rollout = decode(raw) if raw else _stub(change)
        made = Review(
            past=self._remembering.past(change, rollout),
            configurations=self._configurations(change.rollout.namespace),
            now=now,
            policy=self._policy,
            rendered=Rendered(rendered),
            full=partial(self._full, change.rollout.namespace, pace),
        )
        made.close(change.transitions, gone=bool(change.forget))
        for transition, each in zip(change.transitions, needs, strict=True):
            event = Event(
                id=event_id(self._policy.cluster, transition.key),
                transition=transition,
                observed_at=made.now,
            )
            known = _evidence(rollout, change.previous, gathered.get(each, Gathered()))
            self._first_look(made, event, known, gone=bool(change.forget))
        if not change.version:
            return _Work(made)
        return self._looked(change, rollout, made, gathered)

    def _full(self, namespace: str, pace: Pace, kind: lanes.Kind) -> str:
        """Return why there is no room for a message, empty if there is."""
        return FLOODED if pace == "refused" else self._crowding.full(namespace, kind)

    def _looked(self, change: Change, rollout: JsonObject, made: Review, gathered: Found) -> _Work:
        """Look at everything that a version may turn true."""
        version = review.Version(
            reference=change.rollout,
            rollout=rollout,
            triggers=self._remembering.triggers(rollout, change.rollout.namespace),
        )
        lacks: list[evidence.Needs] = []
        read: list[evidence.Needs] = []
        for question in made.questions(version):
            whole = evidence.needs(question.event.transition, rollout)
            part = evidence.of_conditions(whole, question.reads)
            if whole in gathered:
                part = whole
            if part:
                (read if part in gathered else lacks).append(part)
            found = gathered.get(part, Gathered())
            self._look(
                made, question, _evidence(rollout, question.previous(change.previous), found)
            )
            if question.event.id in made.sending and whole and whole not in gathered:
                lacks.append(whole)
        return _Work(made, lacks, read)

    def _first_look(self, made: Review, event: Event, known: Evidence, *, gone: bool) -> None:
        """Plan one event; a defect of ours costs its messages, not the daemon."""
        try:
            made.first_look(event, known, gone=gone)
        except Exception as error:  # one poisonous object must not stop all others
            log.exception("planning failed", extra=_identity(event))
            made.verdicts.append(_defect(event, error))

    def _look(self, made: Review, question: Question, known: Evidence) -> None:
        """Look at one condition over time, as guarded as an event."""
        try:
            made.look(question, known)
        except Exception as error:  # nor one poisonous condition
            log.exception("planning failed", extra=_identity(question.event))
            made.fail(question, _defect(question.event, error).detail)

    def _done(self, change: Change, work: _Work) -> ports.Intake | None:
        """Take over what a review found, and return what is to be committed of it."""
        made, uid = work.review, change.rollout.uid
        memory = made.standing(looked=bool(change.version))
        encoded = standing.encode(memory)
        new = encoded != self._remembering.encoded(uid)
        if change.forget:
            self._remembering.forget(uid)
        else:
            self._remembering.keep(uid, memory, encoded)
        if not (new or change.version != "same" or made.tells):
            return None
        self._count(made, change.rollout.path)
        self._crowding.planned(made.deliveries)
        snapshot = change.snapshot
        return ports.Intake(
            snapshot=snapshot and snapshots.with_standing(snapshot, encoded),
            forget=change.forget,
            events=made.events,
            verdicts=made.verdicts,
            amendments=made.amendments,
            deliveries=made.deliveries,
        )

    def _count(self, made: Review, rollout: str) -> None:
        for plan in made.plans:
            for fault in plan.failed:
                self._telling.failed(fault, rollout)
            if plan.dropped:
                self._recorder.duplicates("merge", plan.dropped)
            across = sum(1 for each in plan.verdicts if each.decision is Decision.DUPLICATE)
            if across:
                self._recorder.duplicates("scope", across)
        paused = {each.event_id for each in made.deliveries if each.kind == "paused"}
        for event in made.events:
            if event.id in paused:
                self._pauses.remember(event)


def _evidence(rollout: JsonObject, previous: JsonObject | None, found: Gathered) -> Evidence:
    return evidence.assemble(
        rollout,
        previous=previous,
        workload=decode(found.workload) if found.workload else None,
        run=decode(found.run) if found.run else None,
        runs=None if found.runs is None else [decode(raw) for raw in found.runs],
        replica_sets=[decode(raw) for raw in found.replica_sets],
    )


def _stub(change: Change) -> JsonObject:
    return evidence.stub(change.rollout)


def _identity(event: Event) -> JsonObject:
    return {"rollout": event.transition.rollout.path, "trigger": event.transition.trigger}


def _defect(event: Event, error: Exception) -> Verdict:
    return Verdict(
        event_id=event.id,
        decision=Decision.CONFIG_ERROR,
        trigger=event.transition.trigger,
        detail=f"planning failed: {type(error).__name__}: {error}"[:DETAIL_LIMIT],
    )
