"""One subscription to one condition that holds: the identity and the rows of its message. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from notifier.core import lanes, model, retry
from notifier.core.configuration import Configuration, ServiceSpec
from notifier.core.model import Delivery, Destination, Event, State, Subscription
from notifier.core.triggers import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One subscription to one condition, with everything needed to serve it. `once` is the text of
    `oncePer`, empty without one."""

    configuration: Configuration
    subscription: Subscription
    spec: ServiceSpec
    condition: Condition
    once: str
    muted: bool

    @property
    def destination(self) -> Destination:
        """Where the message goes."""
        return Destination(
            scope=self.spec.scope,
            service=self.spec.name,
            service_type=self.spec.type.name,
            recipient=self.subscription.recipient,
        )

    def identity(self, event: Event, destination: Destination, slot: str) -> str:
        """Return the id of a row. With `oncePer` it is made of the rollout in place of the event,
        so that the store's unique key keeps later events with the same text from being sent."""
        source = event.id
        if self.once:
            source = f"{event.transition.rollout.uid}:{event.transition.trigger}"
        key = self.condition.key or str(self.condition.index)
        return model.delivery_id(source, destination, key, slot, self.once)

    def delivery(
        self,
        event: Event,
        identity: str,
        destination: Destination,
        payload: bytes,
        *,
        state: State,
        now: float,
        max_age_s: Mapping[str, float],
    ) -> Delivery:
        """Return a row of the outbox, due at once. `max_age_s` overrides the ages of kinds."""
        transition = event.transition
        kind = lanes.kind(transition.trigger)
        age = self.spec.terms.max_age_s
        if age is None:
            age = retry.max_age_s(kind, max_age_s)
        return Delivery(
            id=identity,
            event_id=event.id,
            rollout=transition.rollout,
            trigger=transition.trigger,
            destination=destination,
            template=",".join(self.condition.send),
            payload=payload,
            lane=model.lane(transition.rollout.uid, destination),
            kind=kind,
            created_at=now,
            expires_at=now + age,
            due_at=now,
            state=state,
            ended_at=None if state is State.PENDING else now,
        )
