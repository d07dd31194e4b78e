"""What the engine knows of its own health. The engine writes it, readiness reads it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from notifier.core.model import Resource

API_GRACE_S: Final = 120.0
"""Seconds without the API server before the replica is no longer ready (spec/operations.md 3)."""

HEARTBEAT_S: Final = 10.0
"""Seconds without a heartbeat after which the loop counts as stuck."""


@dataclass(slots=True)
class Status:
    """Mutable, one per process. Times are monotonic seconds.

    `watch_failing_since` is for the reflector: when a resource's watch began to fail, absent while
    it works.
    """

    synced: dict[Resource, bool] = field(default_factory=dict)
    degraded: dict[str, str] = field(default_factory=dict)
    store_faults: dict[str, str] = field(default_factory=dict)
    """What the store refuses, by commit, claim and settle; empty while it works."""
    watch_failing_since: dict[str, float] = field(default_factory=dict)
    last_seen: dict[Resource, float] = field(default_factory=dict)
    started: bool = False
    role: Literal["leader", "delivering"] = "leader"
    """`delivering`: another replica observes (spec/operations.md 3)."""
    draining: bool = False
    ended_task: str = ""
    heartbeat: float = 0.0
    parts: dict[str, Any] = field(default_factory=dict)
    """More detail for `/readyz?verbose`: the store's line, the configuration's state."""

    def expect(self, resources: Iterable[Resource]) -> None:
        """Wait for the first complete list of these before the replica is ready."""
        for resource in resources:
            self.synced.setdefault(resource, False)

    def alive(self, now: float) -> bool:
        """Say whether the loop runs and every eternal task lives."""
        return not self.ended_task and now - self.heartbeat < HEARTBEAT_S

    def reason(self, now: float) -> str:
        """Return why the replica is not ready, empty if it is."""
        if self.draining:
            return "draining"
        done = sum(self.synced.values())
        if not self.started or done < len(self.synced):
            return f"syncing {done}/{len(self.synced)}"
        if self.store_faults:
            return "store"
        since = min(self.watch_failing_since.values(), default=now)
        return "watch" if now - since > API_GRACE_S else ""

    def degrade(self, part: str, why: Exception) -> bool:
        """Show that a part does not work; say whether that was not known yet, and is to be told."""
        told = self.degraded.get(part) == str(why)
        self.degraded[part] = str(why)
        return not told

    def mend(self, part: str) -> None:
        """Show that a part works."""
        self.degraded.pop(part, None)

    def faults(self) -> tuple[str, ...]:
        """Return what does not work although the replica may be ready."""
        return tuple(f"{part}: {why}" for part, why in sorted(self.degraded.items()))

    def detail(self, now: float) -> Mapping[str, Any]:
        """Return what `/readyz?verbose` shows beside the verdict."""
        return {
            "synced": dict(self.synced),
            "seconds_since_last_event": {
                resource: round(now - at, 1) for resource, at in self.last_seen.items()
            },
            "store_faults": dict(self.store_faults),
            **self.parts,
        }
