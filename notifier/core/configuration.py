"""ConfigMap and catalogue to `Configuration`; one bad key disables itself and is reported."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.core.errors import Problem
from notifier.core.model import CENTRAL, JsonObject
from notifier.core.service import ServiceType
from notifier.core.subscriptions import GlobalSubscription
from notifier.core.templates import Template
from notifier.core.triggers import Trigger


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSpec:
    """A configured service. `options` is what its `ServiceType` decoded; never logged."""

    name: str
    type: ServiceType
    scope: str
    options: Any
    endpoint: str
    """Digest of resolved endpoint and credential: equal means the same receiver (spec 5.3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """Everything one scope says, compiled. Immutable: a change makes a new one."""

    scope: str = CENTRAL
    services: Mapping[str, ServiceSpec] = field(default_factory=dict)
    broken_services: Mapping[str, str] = field(default_factory=dict)
    """Services that a fault disabled, with the reason: deliveries to them get `config_error`."""
    triggers: Mapping[str, Trigger] = field(default_factory=dict)
    templates: Mapping[str, Template] = field(default_factory=dict)
    subscriptions: Sequence[GlobalSubscription] = ()
    default_triggers: Sequence[str] = ()
    default_triggers_by_service: Mapping[str, Sequence[str]] = field(default_factory=dict)
    context: JsonObject = field(default_factory=dict)
    problems: Sequence[Problem] = ()
