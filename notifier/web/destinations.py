"""The state of every destination, from the ledger: what waits, what succeeded, what is parked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from notifier.core.configuration import Configuration
from notifier.core.deliveries import WAITING
from notifier.core.model import Delivery, JsonObject, State
from notifier.web import shapes


@dataclass(slots=True)
class _Tally:
    """What is known of one service of one scope."""

    type: str = ""
    waiting: int = 0
    dead: int = 0
    oldest_waiting: float | None = None
    last_success: float | None = None
    parked: str = ""

    def add(self, row: Delivery) -> None:
        """Count one delivery."""
        self.type = self.type or row.destination.service_type
        if row.state in WAITING:
            self.waiting += 1
            self.oldest_waiting = min(row.created_at, self.oldest_waiting or row.created_at)
        if row.state is State.PARKED:
            self.parked = row.reason
        if row.state is State.DEAD:
            self.dead += 1
        if row.state is State.DELIVERED:
            self.last_success = max(row.ended_at or 0.0, self.last_success or 0.0)


def summarise(
    configurations: Iterable[Configuration],
    rows: Iterable[Delivery],
    circuit: Callable[[str, str], str],
) -> Sequence[JsonObject]:
    """Return one entry per service of every scope, by scope and name.

    `rows` are recent deliveries and all that wait; `circuit` returns the state of a scope's
    service in a word. No recipients: tenants name them.
    """
    tallies: dict[tuple[str, str], _Tally] = {}
    broken: dict[tuple[str, str], str] = {}
    for configuration in configurations:
        for name, spec in configuration.services.items():
            tallies[configuration.scope, name] = _Tally(type=spec.type.name)
        for name, reason in configuration.broken_services.items():
            tallies.setdefault((configuration.scope, name), _Tally())
            broken[configuration.scope, name] = reason
    for row in rows:
        key = (row.destination.scope, row.destination.service)
        tallies.setdefault(key, _Tally()).add(row)
    return [
        {
            "scope": key[0],
            "service": key[1],
            "serviceType": tally.type,
            "circuit": circuit(*key),
            "waiting": tally.waiting,
            "oldestWaiting": shapes.moment(tally.oldest_waiting),
            "lastSuccess": shapes.moment(tally.last_success),
            "dead": tally.dead,
            "parked": tally.parked,
            "broken": broken.get(key, ""),
        }
        for key, tally in sorted(tallies.items())
    ]
