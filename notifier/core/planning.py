"""`plan()`: one event and its evidence to deliveries, and a verdict for every "no". Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from notifier.core.configuration import Configuration
from notifier.core.context import Evidence
from notifier.core.model import Delivery, Event, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one event leads to."""

    verdicts: Sequence[Verdict]
    deliveries: Sequence[Delivery]


def plan(
    event: Event, evidence: Evidence, configurations: Sequence[Configuration], *, now: float
) -> Plan:
    """Decide who is told what about one event. Idempotent: equal arguments, equal ids and bytes."""
    raise NotImplementedError
