"""One change of a Rollout and all conditions that it may concern. Pure.

    review = Review(past=past, configurations=…, now=now, policy=policy)
    review.close(transitions, gone=False)  # what a later version leaves behind
    review.first_look(event, evidence, gone=False)            # each transition
    for question in review.questions(version):       # if the change is a version of the Rollout
        review.look(question, evidence)
    review.standing(looked=True)                     # what is to be remembered

Every result is in the review; nothing is taken back, and the past it was made from stays as it was,
so a review can be tried and made again with more evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from notifier.core import (
    lanes,
    levels,
    model,
    occurrences,
    planning,
    retry,
    subscriptions,
    triggers,
)
from notifier.core.configuration import Configuration
from notifier.core.context import Evidence
from notifier.core.model import (
    Decision,
    Delivery,
    Event,
    JsonObject,
    ObjectRef,
    Transition,
    Verdict,
)
from notifier.core.occurrences import Opening, Reopened
from notifier.core.outside import NOTHING, Rendered, Task
from notifier.core.planning import Plan, Policy
from notifier.core.rulings import Judge
from notifier.core.standing import Errors, Level, Occurrence, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something to look at in a version: an open occurrence, or a level trigger (None). `event` is
    what a message would be about; `reads` are the variables that its conditions read."""

    event: Event
    reads: frozenset[str]
    occurrence: Occurrence | None = None

    @property
    def trigger(self) -> str:
        """The trigger's name."""
        return self.event.transition.trigger

    def previous(self, before: JsonObject | None) -> JsonObject | None:
        """Return the tracked fields before the event; `before` are those before this version."""
        if self.occurrence is None:
            return before
        found: JsonObject | None = msgspec.json.decode(self.occurrence.previous)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version of a Rollout, as far as questions depend on it. `triggers` are the level triggers
    that it may be asked about (`core/following.py`)."""

    reference: ObjectRef
    rollout: JsonObject
    triggers: Sequence[str]

    @property
    def resource_version(self) -> str:
        """Its resourceVersion."""
        return str((self.rollout.get("metadata") or {}).get("resourceVersion") or "")


def _reads(trigger: str, configurations: Iterable[Configuration]) -> frozenset[str]:
    found = [each.triggers[trigger] for each in configurations if trigger in each.triggers]
    return frozenset(name for each in found for name in triggers.reads(each.conditions))


@dataclass(kw_only=True)
class Review:
    """The review of one change, and its results so far.

    `events` are new, `verdicts` are about them; `amendments` are verdicts about events that were
    recorded before. `sending` names the events that something is sent for. A review with `pending`
    is to be made again once these texts were rendered (`core/outside.py`). `full` says of a kind of
    message why the namespace may have no more of it waiting, empty if it may.
    """

    past: Standing
    configurations: Sequence[Configuration]
    now: float
    policy: Policy
    rendered: Rendered = NOTHING
    full: Callable[[lanes.Kind], str] = lambda _: ""
    events: list[Event] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    amendments: list[Verdict] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    plans: list[Plan] = field(default_factory=list)
    sending: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.still_open: Sequence[Occurrence] = self.past.open
        self._errors = Errors(self.past.errors)
        self._opened: list[Occurrence] = []
        self._levels: dict[str, Level] = {}
        self._edges = dict(self.past.edges)

    def close(self, transitions: Sequence[Transition], *, gone: bool) -> None:
        """Close what the transitions of this change, the end of the Rollout or age leave behind."""
        self.still_open, closed = occurrences.close(
            self.past.open, transitions, gone=gone, now=self.now
        )
        self.amendments += closed

    def first_look(self, event: Event, evidence: Evidence, *, gone: bool) -> None:
        """Plan a transition; unless the Rollout is gone, who is not told now may wait."""
        self.events.append(event)
        if gone:
            self.verdicts += self._plan(event, evidence, None).verdicts
            return
        kind = lanes.kind(event.transition.trigger)
        until = event.observed_at + retry.max_age_s(kind, self.policy.max_age_s)
        opening = Opening(event, until=until, errors=self._errors)
        self.verdicts += self._plan(event, evidence, opening).verdicts
        if (opened := opening.opened(evidence.previous)) is not None:
            self._opened.append(opened)

    @property
    def pending(self) -> Sequence[Task]:
        """The texts that have to be rendered outside before anything of this can be committed."""
        return [task for plan in self.plans for task in plan.pending]

    @property
    def tells(self) -> bool:
        """Say whether there is anything that people can see."""
        return bool(self.events or self.amendments or self.deliveries)

    def questions(self, version: Version) -> Sequence[Question]:
        """Return what is to be looked at in a version: what is still open, oldest first, then the
        level triggers that somebody listens to."""
        waiting = [
            Question(
                event=each.event,
                reads=_reads(each.event.transition.trigger, self.configurations),
                occurrence=each,
            )
            for each in self.still_open
        ]
        asked = [
            Question(event=self._event(name, version), reads=_reads(name, self.configurations))
            for name in version.triggers
            if any(
                subscriptions.resolve(name, version.rollout, configuration).subscriptions
                for configuration in self.configurations
            )
        ]
        return [*waiting, *asked]

    def _event(self, trigger: str, version: Version) -> Event:
        """Return what a message of a level trigger would be about."""
        number = self.past.edges.get(trigger, 0) + 1
        transition = levels.transition(trigger, version.reference, version.resource_version, number)
        id_ = model.event_id(self.policy.cluster, transition.key)
        return Event(id=id_, transition=transition, observed_at=self.now)

    def look(self, question: Question, evidence: Evidence) -> None:
        """Look at an open occurrence again, or at the edges of a level trigger."""
        if question.occurrence is not None:
            self._again(question.event, question.occurrence, evidence)
        else:
            self._edge(question.event, evidence)

    def _again(self, event: Event, occurrence: Occurrence, evidence: Evidence) -> None:
        judge = Reopened(occurrence, errors=self._errors)
        self.amendments += self._plan(event, evidence, judge).verdicts
        self._replace(occurrence, judge.left())

    def _edge(self, event: Event, evidence: Evidence) -> None:
        judge = levels.Edges(
            self.past.levels,
            errors=self._errors,
            told=self.past.former,
            namespace=self.policy.namespace,
        )
        plan = self._plan(event, evidence, judge)
        self._levels |= judge.after
        if not plan.verdicts:
            return
        trigger = event.transition.trigger
        self._edges[trigger] = self._edges.get(trigger, 0) + 1
        self.events.append(levels.about(event, plan.verdicts))
        self.verdicts += plan.verdicts

    def _replace(self, occurrence: Occurrence, left: Occurrence | None) -> None:
        found = [left if each is occurrence else each for each in self.still_open]
        self.still_open = [each for each in found if each is not None]

    def fail(self, question: Question, detail: str) -> None:
        """Give up a question that a defect of ours answers: nobody waits for it any more, levels
        stay as they were."""
        if question.occurrence is None:
            place = f":{question.trigger}:"
            self._levels |= {key: level for key, level in self.past.levels.items() if place in key}
            return
        self._replace(question.occurrence, None)
        self.amendments += [
            each.verdict(question.event, Decision.CONFIG_ERROR, detail)
            for each in question.occurrence.waiting
        ]

    def _plan(self, event: Event, evidence: Evidence, judge: Judge | None) -> Plan:
        plan = planning.plan(
            event,
            evidence,
            self.configurations,
            now=self.now,
            policy=self.policy,
            judge=judge,
            told=self.past.former,
            rendered=self.rendered,
            full=self.full(lanes.kind(event.transition.trigger)),
        )
        self.plans.append(plan)
        self.deliveries += plan.deliveries
        if plan.deliveries or plan.pending:
            self.sending.add(event.id)
        return plan

    def standing(self, *, looked: bool) -> Standing:
        """Return what is to be remembered. `looked`: the change was a version of the Rollout, so
        levels that nobody asked about have no listener any more."""
        found = dict(self.past.levels)
        if looked:
            found = {
                key: level
                for key, level in found.items()
                if levels.unreadable(key, self.configurations)
            } | self._levels
        still_open = (*self.still_open, *self._opened)
        return Standing(
            levels=found,
            open=still_open,
            errors=self._errors.after(_conditions(found, still_open)),
            edges=self._edges,
            former=self.past.former,
        )


def _conditions(found: Mapping[str, Level], still_open: Iterable[Occurrence]) -> frozenset[str]:
    """Return the names of the conditions that are still of interest."""
    waiting = [
        f"{each.scope}:{occurrence.event.transition.trigger}:{each.key}"
        for occurrence in still_open
        for each in occurrence.waiting
    ]
    return frozenset([*waiting, *(levels.condition(key) for key in found)])
