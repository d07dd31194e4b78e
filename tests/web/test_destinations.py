"""The state of destinations, from rows."""

from __future__ import annotations

from notifier.core.configuration import Configuration
from notifier.core.model import CENTRAL, State
from notifier.web import destinations
from tests.web.ledger import NOW, delivery


def test_rows_become_the_state_of_their_service() -> None:
    """Waiting rows with the oldest, the last success, the parked reason, the circuit."""
    rows = [
        delivery(1, state=State.RETRY),
        delivery(2, state=State.PARKED, reason="credential"),
        delivery(3, state=State.DELIVERED, ended_at=NOW),
        delivery(4, state=State.DELIVERED, ended_at=NOW - 50),
        delivery(5, state=State.DEAD, reason="recipient"),
    ]
    (entry,) = destinations.summarise([], rows, lambda _scope, _service: "open")
    assert entry == {
        "scope": CENTRAL,
        "service": "slack",
        "serviceType": "slack",
        "circuit": "open",
        "waiting": 2,
        "oldestWaiting": "2027-01-15T07:58:21.000+00:00",
        "lastSuccess": "2027-01-15T08:00:00.000+00:00",
        "dead": 1,
        "parked": "credential",
        "broken": "",
    }


def test_services_without_rows_are_there_too() -> None:
    """A broken service is shown with its reason although nothing can wait for it."""
    configuration = Configuration(broken_services={"mail": "no host"})
    (entry,) = destinations.summarise([configuration], [], lambda _scope, _service: "closed")
    assert (entry["service"], entry["broken"], entry["waiting"]) == ("mail", "no host", 0)
    assert entry["circuit"] == "closed"
