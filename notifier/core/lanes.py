"""Which of the messages that wait in one lane is still worth sending. Pure.

A lane is one rollout to one recipient (`model.lane`): first in, first out, one in flight. Only
its head is ever attempted; here is decided which waiting messages a newer one makes pointless.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias

from notifier.core.model import Delivery

Kind: TypeAlias = Literal["progress", "paused", "news", "failure"]

_PROGRESS: Final = frozenset(
    {"on-rollout-step-completed", "on-scaling-replica-set", "on-traffic-weight-updated"}
)
_FAILURE: Final = frozenset(
    {
        "on-rollout-aborted",
        "on-rollout-degraded",
        "on-rollout-rollback",
        "on-analysis-run-failed",
        "on-analysis-run-error",
        "on-analysis-run-inconclusive",
    }
)


def kind(trigger: str) -> Kind:
    """Return the class of a trigger that decides its maximum age (spec/services.md 6.4)."""
    if trigger in _PROGRESS:
        return "progress"
    if trigger == "on-rollout-paused":
        return "paused"
    return "failure" if trigger in _FAILURE else "news"


def superseded(waiting: Iterable[Delivery]) -> Sequence[str]:
    """Return the ids of the progress messages of one lane that a newer one of the same trigger
    makes pointless (spec/services.md 6.4), oldest first.

    `waiting` holds messages of a single lane that have not ended, in any order.
    """
    progress = [each for each in waiting if each.kind == "progress"]
    progress.sort(key=lambda each: each.created_at)
    newest = {each.trigger: each.event_id for each in progress}
    return [each.id for each in progress if each.event_id != newest[each.trigger]]
