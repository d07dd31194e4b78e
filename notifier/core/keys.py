"""Keys: what makes an occurrence the same on every replay (spec/transitions.md section 6).

A key is made of object data only and never of a resourceVersion, a clock or a watch event.
Timestamps of objects have one-second resolution and collide, so the *attempt* tells tries of one
revision apart: a counter per Rollout that advances when an abort is taken back, when the revision
changes and when the step index goes back (a user's rewind is a new attempt).
"""

from __future__ import annotations

from notifier.core.objects import RolloutStatus


def key(trigger: str, rollout_uid: str, discriminator: str) -> str:
    """Return the key of an occurrence."""
    return f"v1:{trigger}:{rollout_uid}:{discriminator}"


def advance(attempt: int, before: RolloutStatus, after: RolloutStatus) -> int:
    """Return the attempt that `after` belongs to, a new revision not counted."""
    index, next_index = before.current_step_index, after.current_step_index
    rewound = index is not None and next_index is not None and next_index < index
    return attempt + (before.abort and not after.abort) + rewound


def step(revision: str, status: RolloutStatus, attempt: int, index: int) -> str:
    """Return the discriminator of a completed step; `index` is the one reached."""
    return f"{revision}:{status.current_pod_hash}:{status.current_step_hash}:{attempt}:{index}"


def pause(status: RolloutStatus, attempt: int) -> str:
    """Return the discriminator of the pause that lasts; `status` must hold a pause condition."""
    first = (status.pause_conditions or ())[0]
    index = "-" if status.current_step_index is None else status.current_step_index
    return f"{status.current_pod_hash}:{attempt}:{index}:{first.reason}:{first.start_time}"
