"""A ledger with one rollout's history, and an admin port over it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from notifier.core.configuration import Configuration
from notifier.core.model import (
    CENTRAL,
    Attempt,
    Decision,
    Delivery,
    Destination,
    Event,
    JsonObject,
    ObjectRef,
    State,
    Transition,
    Verdict,
)
from notifier.ports import Intake, Settlement
from notifier.stores.memory import MemoryStore
from notifier.web import admin, serving

NOW = 1_800_000_000.0
ROLLOUT = ObjectRef(kind="Rollout", namespace="shop", name="checkout", uid="u-1")
SECRET = "xoxb-canary-1"
SLACK = Destination(scope=CENTRAL, service="slack", service_type="slack", recipient="#ops")


@dataclass
class FixedClock:
    """Time stands still at NOW until moved."""

    at: float = NOW

    def now(self) -> float:
        """Wall clock."""
        return self.at

    def monotonic(self) -> float:
        """Monotonic clock."""
        return self.at

    async def sleep(self, seconds: float) -> None:
        """Move on."""
        self.at += seconds


def event(number: int, trigger: str = "on-rollout-aborted") -> Event:
    """Return an event of the rollout."""
    transition = Transition(
        trigger=trigger,
        reason="RolloutAborted",
        rollout=ROLLOUT,
        key=f"key-{number}",
        resource_version=str(number),
        facts={"step": 3},
    )
    return Event(id=f"evt_{number}", transition=transition, observed_at=NOW - 100 + number)


def delivery(number: int, **changes: Any) -> Delivery:
    """Return a delivery of the event of the same number."""
    return replace(
        Delivery(
            id=f"dlv_{number}",
            event_id=f"evt_{number}",
            rollout=ROLLOUT,
            trigger="on-rollout-aborted",
            destination=SLACK,
            template="rollout-aborted",
            payload=b'{"text": "aborted ' + SECRET.encode() + b'"}',
            lane=f"lane-{number}",
            kind="failure",
            created_at=NOW - 100 + number,
            expires_at=NOW + 1000,
            due_at=NOW - 100 + number,
        ),
        **changes,
    )


def verdict(number: int, decision: Decision = Decision.SENT, **changes: Any) -> Verdict:
    """Return a decision about the event of the same number."""
    return replace(
        Verdict(
            event_id=f"evt_{number}",
            decision=decision,
            source="notifications.argoproj.io/subscribe.on-rollout-aborted.slack",
            trigger="on-rollout-aborted",
            service="slack",
            recipient="#ops",
            template="rollout-aborted",
            delivery_id=f"dlv_{number}" if decision is Decision.SENT else "",
        ),
        **changes,
    )


@dataclass
class Admin:
    """An admin port and what is behind it."""

    store: MemoryStore = field(default_factory=MemoryStore)
    clock: FixedClock = field(default_factory=FixedClock)
    configurations: list[Configuration] = field(default_factory=list)
    rollouts: dict[tuple[str, str], JsonObject] = field(default_factory=dict)
    woken: int = 0
    url: str = ""

    async def commit(self, *numbers: int, **changes: Any) -> None:
        """Commit one event with one delivery per number."""
        intakes = [
            Intake(events=[event(n)], verdicts=[verdict(n)], deliveries=[delivery(n, **changes)])
            for n in numbers
        ]
        await self.store.commit(intakes)

    async def settle(self, state: State, reason: str = "", detail: str = "") -> None:
        """Attempt everything that is due once, with this outcome."""
        claimed = await self.store.claim(now=NOW, limit=100, lease_s=60)
        settlements = [
            Settlement(
                delivery_id=row.id,
                token=row.token,
                number=row.attempt,
                state=state,
                due_at=NOW + 30,
                reason=reason,
                attempt=Attempt(
                    delivery_id=row.id,
                    number=row.attempt,
                    started_at=NOW,
                    latency_s=0.25,
                    result="delivered" if state is State.DELIVERED else "retryable",
                    reason=reason,
                    status=200,
                    detail=detail,
                ),
            )
            for row in claimed
        ]
        await self.store.settle(settlements, now=NOW)

    def wake(self) -> None:
        """Count."""
        self.woken += 1

    async def rollout(self, namespace: str, name: str) -> JsonObject | None:
        """Return the Rollout."""
        return self.rollouts.get((namespace, name))

    async def destinations(self) -> list[JsonObject]:
        """Return one destination."""
        return [{"service": "slack", "state": "closed"}]


@asynccontextmanager
async def admin_port() -> AsyncIterator[Admin]:
    """Serve an admin port over an empty memory store."""
    here = Admin()
    await here.store.open()
    view = admin.AdminView(
        store=here.store,
        clock=here.clock,
        configurations=lambda _namespace: here.configurations,
        rollout=here.rollout,
        destinations=here.destinations,
        wake=here.wake,
        hide=lambda text: text.replace(SECRET, "***"),
    )
    served = await serving.serve(admin.application(view), "127.0.0.1", 0)
    here.url = f"http://127.0.0.1:{served.port}"
    try:
        yield here
    finally:
        await served.stop()
        await here.store.close()
