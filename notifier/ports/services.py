"""What sends: the acting half of a service, and its line in the registry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, runtime_checkable

from notifier.core.service import Delivered, Outgoing, ServiceType


class Service(Protocol):
    """The acting half of a service: one attempt, within the caller's deadline."""

    async def send(self, outgoing: Outgoing, options: Any) -> Delivered:
        """Send once. Raises `Retryable`, `Permanent` or `Misconfigured`; never retries or
        sleeps."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


@runtime_checkable
class Referencing(Protocol):
    """Optional second half of a `Service` whose messages refer to earlier ones (Slack threads)."""

    def references(self, payload: bytes) -> Sequence[str]:
        """Return the keys named in a payload whose stored values `send` wants; cheap, never
        raises."""
        ...


class ServiceModule(Protocol):
    """One registry line: the pure type and how to build the acting half."""

    type: ServiceType

    def build(self, **resources: Any) -> Service:
        """Build the service from shared resources (`session`, `clock`, `hostname`, `out`)."""
        ...
