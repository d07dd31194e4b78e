"""How much a namespace may send: a token bucket each, so that nobody floods a shared receiver.

What is beyond waits for its turn and is folded or expires by its own rules; nothing is dropped here
(spec/security.md S16). Namespaces that do not take part in self-service have no quota.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from notifier.core.circuits import Bucket, Rate
from notifier.core.errors import Reason
from notifier.engine.gates import Refusal


@dataclass(slots=True, kw_only=True)
class Quotas:
    """Asked before each attempt, told of each message's first one. `applies` says of a namespace
    whether it has a quota. Times are monotonic seconds."""

    rate: Rate
    applies: Callable[[str], bool]
    _buckets: dict[str, Bucket] = field(default_factory=dict)
    _queues: dict[str, float] = field(default_factory=dict)

    @classmethod
    def none(cls) -> Quotas:
        """Return quotas that bind nobody."""
        return cls(rate=Rate(per_s=1.0, burst=1), applies=lambda _: False)

    def refusal(self, namespace: str, now: float) -> Refusal | None:
        """Return the wait for the namespace's next free place, None if there is one now. Who asks
        takes a place in the queue, so that a backlog does not come back all at once."""
        bucket = self._buckets.get(namespace)
        wait_s = bucket.wait_s(self.rate, now) if bucket is not None else 0.0
        if wait_s == 0.0 or not self.applies(namespace):
            return None
        at = max(now + wait_s, self._queues.get(namespace, 0.0))
        self._queues[namespace] = at + 1.0 / self.rate.per_s
        return Refusal(at - now, Reason.RATE_LIMITED)

    def entered(self, namespace: str, now: float) -> None:
        """Take note of a message."""
        if self.applies(namespace):
            bucket = self._buckets.get(namespace, Bucket())
            self._buckets[namespace] = bucket.taken(self.rate, now)

    def forget_idle(self, now: float) -> None:
        """Drop what has no effect any more."""
        for namespace in [name for name, bucket in self._buckets.items() if bucket.idle(now)]:
            del self._buckets[namespace]
        for namespace in [name for name, until in self._queues.items() if until <= now]:
            del self._queues[namespace]
