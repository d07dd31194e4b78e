"""Which of the messages that wait in one lane is still worth sending. Pure.

A lane is one rollout to one recipient (`model.lane`): first in, first out, one in flight. Only
its head is ever attempted; here is decided which waiting messages a newer one makes pointless, and
which are folded into one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from itertools import groupby
from typing import Final, Literal, TypeAlias

from notifier.core.model import Delivery, delivery_id

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

UNFOLDED: Final = 5
"""Messages that may wait in a lane before the middle ones are folded (spec/reliability.md 5.1)."""

DIGEST: Final = "(digest)"
"""What a digest has in place of the name of a template; no template can be called so."""

_RUNS: Final = 20


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


def foldable(waiting: Iterable[Delivery]) -> Sequence[Delivery]:
    """Return the messages of one lane that are folded into one digest, oldest first: of more than
    five the middle ones (spec/reliability.md 5.1). Nothing is folded that was tried before, for
    it may have arrived, and no digest.

    `waiting` holds the messages of a single lane that have not ended, in any order.
    """
    ordinary = sorted(
        (each for each in waiting if each.template != DIGEST), key=lambda each: each.created_at
    )
    if len(ordinary) <= UNFOLDED:
        return ()
    middle = [each for each in ordinary[1:-1] if each.attempt == 0]
    return middle if len(middle) > 1 else ()


def digest(folded: Sequence[Delivery], payload: bytes, *, now: float) -> Delivery:
    """Return the delivery that stands in for folded ones: it belongs to the event of the newest
    and is worth sending for as long as any of them. `now` is Unix seconds."""
    first, last = folded[0], folded[-1]
    return Delivery(
        id=digest_id(folded),
        event_id=last.event_id,
        rollout=last.rollout,
        trigger=last.trigger,
        destination=last.destination,
        template=DIGEST,
        payload=payload,
        lane=first.lane,
        kind="failure" if any(each.kind == "failure" for each in folded) else "news",
        created_at=now,
        expires_at=max(each.expires_at for each in folded),
        due_at=now,
    )


def digest_id(folded: Sequence[Delivery]) -> str:
    """Return the id of the digest of these deliveries, the same whenever they are folded."""
    first, last = folded[0], folded[-1]
    return delivery_id(last.event_id, last.destination, DIGEST, first.id)


def digest_text(folded: Sequence[Delivery]) -> str:
    """Return the line that a digest shows: which messages it stands for, and of when (UTC)."""
    runs = [(trigger, len(list(run))) for trigger, run in groupby(each.trigger for each in folded)]
    named = [name if count == 1 else f"{count} x {name}" for name, count in runs[:_RUNS]]
    if len(runs) > _RUNS:
        named.append("…")
    since, until = (_clock_time(each.created_at) for each in (folded[0], folded[-1]))
    rollout = folded[-1].rollout
    what = f"{len(folded)} more messages waited and were folded into this one"
    return f"{rollout.name} ({rollout.namespace}): {what}: {', '.join(named)} ({since} to {until})"


def _clock_time(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%H:%M")
