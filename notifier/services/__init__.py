"""Delivery services: one module each, one registry line each.

Importing this loads no client library: those are imported when a service is built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from typing_extensions import override

from notifier.core.service import ServiceType
from notifier.ports import Service, ServiceModule
from notifier.services import console, email, slack, unavailable, webhook


class Registered(ServiceModule):
    """A registry line: the pure type and how to build the acting half from shared resources:
    `session`, `clock`, `guard`, `hostname`, `out`."""

    def __init__(self, kind: ServiceType, build: Callable[..., Service]) -> None:
        self.type = kind
        self._build = build

    @override
    def build(self, **resources: Any) -> Service:
        """Build the acting half; it takes what it needs of the resources."""
        return self._build(**resources)


REGISTRY: Final[Mapping[str, ServiceModule]] = {
    "console": Registered(console.TYPE, console.build),
    "email": Registered(email.TYPE, email.build),
    "slack": Registered(slack.TYPE, slack.build),
    "webhook": Registered(webhook.TYPE, webhook.build),
    **{
        name: Registered(unavailable.Unavailable(name, row), unavailable.build)
        for name, row in unavailable.TYPES.items()
    },
}
"""Every service type by name."""

TYPES: Final[Mapping[str, ServiceType]] = {name: line.type for name, line in REGISTRY.items()}
"""The pure halves, as configuration and planning want them."""


def build_all(**resources: Any) -> Mapping[str, Service]:
    """Build every acting half, by type name."""
    return {name: line.build(**resources) for name, line in REGISTRY.items()}
