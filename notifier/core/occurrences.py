"""Open occurrences: a lifecycle change happened, but its condition does not hold yet.

The most common real condition on `on-rollout-completed` is `rollout.status.phase == 'Healthy'`,
and the phase turns Healthy some versions after the completion. So an occurrence whose condition is
false stays open and is looked at again at every version of the Rollout, until each destination that
waits is told once, or until it is closed (spec/configuration.md 6.2).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

import msgspec
from msgspec import Raw
from msgspec.structs import replace
from typing_extensions import override

from notifier.core import durations
from notifier.core.model import Decision, Event, JsonObject, Transition, Verdict
from notifier.core.rulings import Evaluate, Judge, Listener, Refused, Ruling
from notifier.core.standing import Errors, Occurrence, Waiting
from notifier.core.triggers import Failed, Fired

UPDATED: Final = "on-rollout-updated"


class Opening(Judge):
    """The first look at an event: who is not told now waits, whether it was false or failed.

    `until` is when it closes by its age, Unix seconds.
    """

    def __init__(self, event: Event, *, until: float, errors: Errors) -> None:
        self._event = event
        self._until = until
        self._errors = errors
        self._waiting: list[Waiting] = []

    @property
    @override
    def looks_back(self) -> bool:
        return False

    @override
    def rule(self, listener: Listener, evaluate: Evaluate) -> Ruling:
        outcome = evaluate()
        if isinstance(outcome, Fired):
            return outcome
        self._waiting.append(_waiting(listener))
        if isinstance(outcome, Failed):
            self._errors.report(listener.condition_name, outcome.error)
            return Refused(Decision.CONDITION_ERROR, outcome.error)
        by = durations.rfc3339(self._until)
        detail = f"{outcome.reason}; looked at again at every version, until {by} at the latest"
        return Refused(Decision.OPEN_OCCURRENCE, detail)

    def opened(self, previous: JsonObject | None) -> Occurrence | None:
        """Return the open occurrence, None if nobody waits. `previous` are the tracked fields of
        the version before the event."""
        if not self._waiting:
            return None
        return Occurrence(
            event=self._event,
            waiting=tuple(self._waiting),
            until=self._until,
            previous=Raw(msgspec.json.encode(previous)),
        )


class Reopened(Judge):
    """A later look at an open occurrence: whoever waits and whose condition holds now is told."""

    def __init__(self, occurrence: Occurrence, *, errors: Errors) -> None:
        self._occurrence = occurrence
        self._errors = errors
        self._waiting = {_place(each): each for each in occurrence.waiting}

    @property
    @override
    def looks_back(self) -> bool:
        return True

    @override
    def rule(self, listener: Listener, evaluate: Evaluate) -> Ruling:
        place = _place(_waiting(listener))
        if place not in self._waiting:
            return None
        outcome = evaluate()
        if isinstance(outcome, Fired):
            del self._waiting[place]
            return outcome
        if isinstance(outcome, Failed) and self._errors.report(
            listener.condition_name, outcome.error
        ):
            return Refused(Decision.CONDITION_ERROR, outcome.error)
        return None

    def left(self) -> Occurrence | None:
        """Return what is still open, None if nobody waits any more."""
        waiting = tuple(self._waiting.values())
        return replace(self._occurrence, waiting=waiting) if waiting else None


def close(
    occurrences: Sequence[Occurrence],
    transitions: Sequence[Transition],
    *,
    gone: bool,
    now: float,
) -> tuple[Sequence[Occurrence], Sequence[Verdict]]:
    """Return what stays open when the transitions of a later version are known, and a verdict for
    each destination that will not be told of the rest."""
    triggers = {each.trigger for each in transitions}
    left: list[Occurrence] = []
    verdicts: list[Verdict] = []
    for occurrence in occurrences:
        end = _end(occurrence, triggers, gone=gone, now=now)
        if end is None:
            left.append(occurrence)
            continue
        decision, why = end
        detail = f"{why} before the condition held"
        verdicts += [
            each.verdict(occurrence.event, decision, detail) for each in occurrence.waiting
        ]
    return left, verdicts


def _end(
    occurrence: Occurrence, triggers: Collection[str], *, gone: bool, now: float
) -> tuple[Decision, str] | None:
    """Return why an occurrence closes, if it does."""
    trigger = occurrence.event.transition.trigger
    if now >= occurrence.until:
        return Decision.EXPIRED, "its maximum age passed"
    if gone:
        return Decision.SUPERSEDED, "the Rollout was deleted"
    if UPDATED in triggers:
        return Decision.SUPERSEDED, "a new revision began"
    if trigger in triggers:
        return Decision.SUPERSEDED, f"the next {trigger} came"
    return None


def _waiting(listener: Listener) -> Waiting:
    subscription, condition = listener.subscription, listener.condition
    return Waiting(
        key=listener.key,
        scope=subscription.scope,
        source=subscription.source,
        service=subscription.service,
        recipient=subscription.recipient,
        condition=condition.text,
        template=",".join(condition.send),
    )


def _place(waiting: Waiting) -> tuple[str, str, str, str]:
    return waiting.scope, waiting.key, waiting.service, waiting.recipient
