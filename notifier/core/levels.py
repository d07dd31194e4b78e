"""Level triggers: names that no lifecycle change has (`on-purple`), with a `when`.

Such a condition is looked at in every version of a Rollout, and a message is sent when it turns
true, per destination. What holds at the first look is a baseline: remembered, not sent
(spec/configuration.md 6.2). With `oncePer`, a new text while the condition holds is a new edge.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

import msgspec
from typing_extensions import override

from notifier.core import former, keys, lifecycle, standing
from notifier.core.configuration import Configuration
from notifier.core.model import Decision, Event, ObjectRef, Transition, Verdict
from notifier.core.rulings import Evaluate, Judge, Listener, Refused, Ruling
from notifier.core.standing import Errors, Level
from notifier.core.triggers import Failed, NotFired

_REASONS: Final = (
    (Decision.BASELINE, "ConditionHeldBefore"),
    (Decision.CONDITION_ERROR, "ConditionFailed"),
)


def named(configurations: Iterable[Configuration]) -> frozenset[str]:
    """Return the names of the level triggers that can fire."""
    return frozenset(
        name
        for configuration in configurations
        for name, trigger in configuration.triggers.items()
        if name not in lifecycle.ALL and any(each.when for each in trigger.conditions)
    )


def key(listener: Listener) -> str:
    """Return what a level is remembered by."""
    subscription = listener.subscription
    return f"{listener.condition_name}:{subscription.service}:{subscription.recipient}"


def condition(remembered: str) -> str:
    """Return the name of the condition (`Listener.condition_name`) that a level is about."""
    return ":".join(remembered.split(":", 3)[:3])


def unreadable(remembered: str, configurations: Iterable[Configuration]) -> bool:
    """Say whether a remembered level belongs to a trigger that a fault disabled: it is kept."""
    scope, trigger, _ = remembered.split(":", 2)
    return any(
        scope == configuration.scope and trigger in configuration.broken_triggers
        for configuration in configurations
    )


def transition(trigger: str, rollout: ObjectRef, resource_version: str, number: int) -> Transition:
    """Return the event of a level trigger as a transition: the `number`-th of the Rollout.

    Its key counts what was recorded before, so two observers that know the same give the same
    version the same key. Its reason is the one that upstream would make the name of.
    """
    words = trigger.removeprefix("on-").split("-")
    return Transition(
        trigger=trigger,
        reason="".join(word.capitalize() for word in words),
        rollout=rollout,
        key=keys.key(trigger, rollout.uid, f"level:{number}"),
        resource_version=resource_version,
    )


def about(event: Event, verdicts: Iterable[Verdict]) -> Event:
    """Return the event as it is recorded: what its verdicts are about, where nothing turned
    true."""
    decisions = {verdict.decision for verdict in verdicts}
    for decision, name in _REASONS:
        if decisions == {decision}:
            return msgspec.structs.replace(event, transition=replace(event.transition, reason=name))
    return event


class Edges(Judge):
    """Looks at one level trigger of one Rollout. `after` is what is to be remembered of it."""

    def __init__(
        self,
        known: Mapping[str, Level],
        *,
        errors: Errors,
        told: tuple[str, ...],
        namespace: str,
    ) -> None:
        self.after: dict[str, Level] = {}
        self._known = known
        self._errors = errors
        self._told = told
        self._namespace = namespace

    @property
    @override
    def looks_back(self) -> bool:
        return True

    @override
    def rule(self, listener: Listener, evaluate: Evaluate) -> Ruling:
        if listener.condition.when is None:
            return None
        remembered = key(listener)
        before = self._before(remembered, listener)
        outcome = evaluate()
        if isinstance(outcome, Failed):
            self.after[remembered] = before
            new = self._errors.report(listener.condition_name, outcome.error)
            return Refused(Decision.CONDITION_ERROR, outcome.error) if new else None
        if isinstance(outcome, NotFired):
            self.after[remembered] = False
            return None
        self.after[remembered] = now = standing.digest(outcome.once) if outcome.once else True
        if remembered not in self._known:
            return Refused(Decision.BASELINE, "it held when it was first looked at")
        return outcome if _rises(before, now) else None

    def _before(self, remembered: str, listener: Listener) -> Level:
        """Return what is known; at the first look what the former sender knew."""
        if remembered in self._known:
            return self._known[remembered]
        told = former.sent(self._told, listener, "", namespace=self._namespace)
        return True if told else None


def _rises(before: Level, now: Level) -> bool:
    """Say whether a level that holds now did not before, or for another `oncePer` value."""
    if isinstance(before, str) and isinstance(now, str):
        return before != now
    return not before
