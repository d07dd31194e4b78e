"""Analysis runs as the Rollout's own status shows them (spec/transitions.md 1.7-1.9).

Only *current* runs count: those in the four slots of the status. The stream of AnalysisRun objects
would fire too often; a run object gives the uid, and what failed unseen in a gap.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from notifier.core.objects import RolloutStatus, RunStatus
from notifier.core.owned_objects import POD_HASH, AnalysisRun
from notifier.core.versions import Occurrence, Versions

PHASES: Final = ("Running", "Failed", "Error", "Successful", "Inconclusive")
CANARY_SLOTS: Final = frozenset({"step", "background"})


def slots(status: RolloutStatus) -> Mapping[str, RunStatus]:
    """Return the runs that are current, by role, in the order in which upstream looks at them."""
    canary, blue_green = status.canary, status.blue_green
    runs = {
        "postPromotion": blue_green.post_promotion_analysis_run_status if blue_green else None,
        "prePromotion": blue_green.pre_promotion_analysis_run_status if blue_green else None,
        "step": canary.current_step_analysis_run_status if canary else None,
        "background": canary.current_background_analysis_run_status if canary else None,
    }
    return {slot: run for slot, run in runs.items() if run is not None}


def analysis_runs(v: Versions) -> Iterator[Occurrence]:
    """A run's phase appeared or changed in its slot."""
    before = slots(v.before)
    for slot, now in slots(v.after).items():
        # A canary slot may change once more after the abort, without an event.
        if slot in CANARY_SLOTS and v.before.abort and v.before.aborted_at and v.after.abort:
            continue
        then = before.get(slot)
        same_run = then is not None and then.name == now.name
        changed = then is None or (same_run and then.status != now.status)
        replaced_unseen = not same_run and not v.contiguous
        if now.status in PHASES and (changed or replaced_unseen):
            yield occurrence(v, slot, now)


def occurrence(v: Versions, slot: str, run: RunStatus, *, uid: str = "") -> Occurrence:
    """Return the phase of a run as an occurrence, keyed by the run's uid where it is known."""
    if not uid:
        known = v.around.run(run.name, run.status)
        uid = known.uid if known else ""
    key = uid or f"{slot}:{run.name}:{v.after.current_pod_hash}"
    return Occurrence(
        key=f"{key}:{run.status}",
        name=run.status,
        facts={
            **v.facts,
            "slot": slot,
            "run": run.name,
            "run_uid": uid,
            "phase": run.status,
            "message": run.message,
        },
        time=v.written_at,
        run=run.name,
        run_uid=uid,
    )


def recovered_runs(v: Versions) -> Iterator[Occurrence]:
    """A run failed in a gap and has left its slot since: the object still tells (section 2)."""
    if v.contiguous or not v.around.uses_analysis or _unmoved(v.before, v.after):
        return
    hashes = {v.before.current_pod_hash, v.after.current_pod_hash} - {""}
    current = {run.name for run in slots(v.after).values()}
    for run in v.around.owned_runs(f"{POD_HASH} in ({','.join(sorted(hashes))})"):
        status = run.status
        if run.metadata.name not in current and _failed_unseen(v, run):
            slot = RunStatus(run.metadata.name, status.phase, status.message)
            yield occurrence(v, "", slot, uid=run.metadata.uid)


def _unmoved(before: RolloutStatus, after: RolloutStatus) -> bool:
    """Say that nothing happened after which a run would have left its slot."""

    def state(status: RolloutStatus) -> tuple[object, ...]:
        progressing = status.condition("Progressing")
        return (
            status.current_pod_hash,
            status.current_step_index,
            status.abort,
            [run.name for run in slots(status).values()],
            progressing.last_update_time if progressing else "",
        )

    return state(before) == state(after)


def _failed_unseen(v: Versions, run: AnalysisRun) -> bool:
    """Say whether the run is the Rollout's, failed in the gap and was current then.

    It was current if it was in a slot before the gap, and no abort had ended it, or began in the
    gap; and if it ended no later than the abort that would have ended it.
    """
    owner = run.metadata.controller("Rollout")
    if owner is None or owner.uid != v.uid or run.status.phase not in {"Failed", "Error"}:
        return False
    since = latest_time(v.before)
    ended = run.status.completed_at or run.status.started_at or run.metadata.creation_timestamp
    was_current = not v.before.abort and run.metadata.name in {
        slot.name for slot in slots(v.before).values()
    }
    began = run.metadata.creation_timestamp >= since
    return (was_current or began) and since <= ended <= (v.after.aborted_at or ended)


def latest_time(status: RolloutStatus) -> str:
    """Return the latest time that the status itself mentions: it was written then or later."""
    times = [condition.last_update_time for condition in status.conditions or ()]
    times += [pause.start_time for pause in status.pause_conditions or ()]
    return max([*times, status.aborted_at or ""])
