"""What becomes of a condition that somebody listens to: the seam between planning and time.

`planning.plan` asks a *judge* about every condition of every subscription of one event. The
plainest one is here; those that look back are `core/occurrences.py` (lifecycle triggers, which may
wait) and `core/levels.py` (triggers of any other name, which look at edges).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from typing_extensions import override

from notifier.core.model import Decision, Subscription
from notifier.core.triggers import Condition, Failed, Fired, NotFired, Outcome


@dataclass(frozen=True, slots=True)
class Listener:
    """A condition and who listens to it."""

    subscription: Subscription
    condition: Condition

    @property
    def key(self) -> str:
        """The condition's name within its trigger."""
        return self.condition.key or str(self.condition.index)

    @property
    def condition_name(self) -> str:
        """The condition's name within a Rollout: whatever it gives, it gives it to all."""
        return f"{self.subscription.scope}:{self.subscription.trigger}:{self.key}"


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing is sent, and the verdict that says why."""

    decision: Decision
    detail: str


Ruling: TypeAlias = Fired | Refused | None
"""Fired: it is sent. None: there is nothing new to say about this destination."""

Evaluate: TypeAlias = Callable[[], Outcome]


class Judge(Protocol):
    """Rules on every condition that somebody listens to, of one event."""

    @property
    def looks_back(self) -> bool:
        """Say whether the event was looked at before, so that only what is new is worth a
        verdict."""
        ...

    def rule(self, listener: Listener, evaluate: Evaluate) -> Ruling:
        """Decide; `evaluate` gives the condition's outcome, once for all who listen to it."""
        ...


class AtOnce(Judge):
    """A condition holds now or never."""

    @property
    @override
    def looks_back(self) -> bool:
        return False

    @override
    def rule(self, listener: Listener, evaluate: Evaluate) -> Ruling:
        outcome = evaluate()
        if isinstance(outcome, Failed):
            return Refused(Decision.CONDITION_ERROR, outcome.error)
        if isinstance(outcome, NotFired):
            return Refused(Decision.CONDITION_FALSE, outcome.reason)
        return outcome
