"""What a batch of intakes comes to: the last word on each object, the first on each id. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from msgspec.structs import replace

from notifier.core.deliveries import ENDED
from notifier.core.model import Delivery, Event, StoredSnapshot, Verdict
from notifier.ports import Intake


def snapshots(intakes: Sequence[Intake]) -> tuple[Sequence[StoredSnapshot], Collection[str]]:
    """Return the newest snapshot of each uid, and the uids buried after theirs or without one."""
    kept: dict[str, StoredSnapshot] = {}
    buried: dict[str, None] = {}
    for intake in intakes:
        if intake.snapshot is not None:
            kept[intake.snapshot.uid] = intake.snapshot
            buried.pop(intake.snapshot.uid, None)
        if intake.forget:
            buried[intake.forget] = None
    return list(kept.values()), list(buried)


def events(intakes: Sequence[Intake]) -> Sequence[tuple[Event, Sequence[Verdict]]]:
    """Return each event once, in order, with the verdicts of the intake that brought it first."""
    wanted: dict[str, tuple[Event, list[Verdict]]] = {}
    for intake in intakes:
        fresh: dict[str, tuple[Event, list[Verdict]]] = {
            event.id: (event, []) for event in intake.events if event.id not in wanted
        }
        for verdict in intake.verdicts:
            if verdict.event_id in fresh:
                fresh[verdict.event_id][1].append(verdict)
        wanted |= fresh
    return list(wanted.values())


def amendments(intakes: Sequence[Intake]) -> Mapping[str, Sequence[Verdict]]:
    """Return the later verdicts by the id of their event, each once, in order."""
    later: dict[str, dict[Verdict, None]] = {}
    for intake in intakes:
        for verdict in intake.amendments:
            later.setdefault(verdict.event_id, {})[verdict] = None
    return {id_: list(said) for id_, said in later.items()}


def deliveries(intakes: Sequence[Intake]) -> Sequence[Delivery]:
    """Return each delivery once, in order, as its row begins."""
    wanted: dict[str, Delivery] = {}
    for intake in intakes:
        for delivery in intake.deliveries:
            wanted.setdefault(delivery.id, delivery)
    return [_started(delivery) for delivery in wanted.values()]


def _started(delivery: Delivery) -> Delivery:
    """One that is only recorded has ended already."""
    if delivery.state in ENDED and delivery.ended_at is None:
        return replace(delivery, ended_at=delivery.created_at)
    return delivery
