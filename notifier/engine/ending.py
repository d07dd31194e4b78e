"""Waiting rows that end without an attempt: recorded with a reason, and counted."""

from __future__ import annotations

from collections.abc import Sequence

from notifier.core.model import Delivery, State
from notifier.ports import Recorder, Store


async def end_waiting(
    store: Store,
    recorder: Recorder,
    rows: Sequence[Delivery],
    state: State,
    reason: str,
    *,
    now: float,
    label: str = "",
) -> int:
    """End rows that still wait; return how many did. `label` is what the reason is counted as, if
    not as itself; `now` is Unix seconds. Raises `StoreError`."""
    if not rows:
        return 0
    waiting = {each.id: each for each in rows}
    ended = await store.end(list(waiting), state, reason, now=now)
    for id_ in ended:
        row = waiting[id_]
        recorder.ended(row, state, label or reason, now - row.created_at)
    return len(ended)
