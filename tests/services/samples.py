"""Values for tests of services: an event, a composition, a delivery, a clock that stands still."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifier.core.model import Delivery, Destination, Event, ObjectRef, Transition
from notifier.core.service import Composed, Composition, Message, Outgoing, ServiceType

NOW = 1_780_000_000.0
DELIVERY_ID = "dlv_0123456789abcdef"

ROLLOUT = ObjectRef(kind="Rollout", namespace="shop", name="checkout", uid="uid-1")
EVENT = Event(
    id="evt_1",
    transition=Transition(
        trigger="on-rollout-aborted",
        reason="RolloutAborted",
        rollout=ROLLOUT,
        key="k",
        resource_version="7",
        facts={"revision": "42"},
    ),
    observed_at=NOW,
)


class StillClock:
    """A clock that shows one time."""

    def now(self) -> float:
        """Return the time it shows."""
        return NOW

    def monotonic(self) -> float:
        """Return the same."""
        return NOW

    async def sleep(self, seconds: float) -> None:
        """Never called: services do not sleep."""
        raise AssertionError(f"a service slept for {seconds} s")


def destination(kind: str, recipient: str, service: str = "") -> Destination:
    """Return a central destination."""
    return Destination(
        scope="central", service=service or kind, service_type=kind, recipient=recipient
    )


def composition(kind: str, recipient: str, service: str = "") -> Composition:
    """Return what a service needs to compose."""
    return Composition(
        event=EVENT,
        destination=destination(kind, recipient, service),
        delivery_id=DELIVERY_ID,
        cluster="prod",
        revision="42",
    )


def compose(
    kind: ServiceType,
    options: Any,
    text: str = "hello",
    block: Mapping[str, Any] | None = None,
    recipient: str = "someone",
) -> Sequence[Composed]:
    """Compose a message."""
    message = Message(text=text, block=block, templates=("t",))
    return kind.compose(message, options, composition(kind.name, recipient))


def outgoing(kind: ServiceType, composed: Composed, **more: Any) -> Outgoing:
    """Return the first attempt at a composed message."""
    delivery = Delivery(
        id=DELIVERY_ID,
        event_id=EVENT.id,
        rollout=ROLLOUT,
        trigger=EVENT.transition.trigger,
        destination=destination(kind.name, composed.recipient),
        template="t",
        payload=composed.payload,
        lane="lane",
        kind="failure",
        created_at=NOW,
        expires_at=NOW + 3600,
        due_at=NOW,
        attempt=1,
    )
    return Outgoing(delivery=delivery, **more)
