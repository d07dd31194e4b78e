"""The daemon's own settings, typed, every default documented under its field.

Loading (file, environment, flags) is in `notifier/cli/settings_loading.py`; a test pins each
default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterSettings:
    """Which cluster, and which of its objects."""

    name: str = ""
    """Name of the cluster: in every event id and message. Empty: none is shown."""
    kubeconfig: str = ""
    """Path of a kubeconfig. Empty: in-cluster, else the usual places."""
    context: str = ""
    """Context of the kubeconfig. Empty: its current one."""
    namespaces: tuple[str, ...] = ()
    """Namespaces to observe. Empty: all."""
    instance_id: str = ""
    """Controller instance id whose objects are ours. Empty: objects without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationSettings:
    """Where the notification configuration lives."""

    namespace: str = ""
    """Namespace of ConfigMap and Secret. Empty: the daemon's own."""
    config_map: str = "argo-rollouts-notification-cm"
    """Name of the central ConfigMap."""
    secret: str = "argo-rollouts-notification-secret"  # noqa: S105 - the name of an object
    """Name of the central Secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreSettings:
    """The outbox."""

    type: Literal["sqlite", "memory"] = "sqlite"
    """Kind of store."""
    path: str = "/var/lib/notifier/notifier.db"
    """SQLite file; its directory must be a local, writable volume."""
    retention_days: float = 7.0
    """Days that ended deliveries and their ids are kept; always longer than the greatest max
    age."""
    retention_rows: int = 100_000
    """Rows of the ledger that are kept at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverySettings:
    """Sending."""

    workers: int = 64
    """Attempts in flight at most."""
    timeout_s: float = 15.0
    """Seconds one attempt may take unless its service says otherwise."""
    lease_s: float = 60.0
    """Seconds a claim is held; then it counts as ambiguous."""
    drain_s: float = 20.0
    """Seconds that attempts in flight may finish in on shutdown."""
    max_age_s: Mapping[str, float] = field(default_factory=dict)
    """Maximum age per kind, over the defaults of core/retry.py."""
    allow_addresses: tuple[str, ...] = ()
    """Hosts or CIDR ranges that may be reached although loopback, link-local or metadata."""
    shadow: bool = False
    """Do everything but send; rows end as `shadow`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSettings:
    """What templates may do beyond the usual."""

    secret_keys: tuple[str, ...] = ()
    """Keys of the Secret that templates may print as `secrets.<key>`. Empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """HTTP endpoints."""

    host: str = "0.0.0.0"  # noqa: S104 - probes and Prometheus come from other hosts
    """Address of the public port (health, metrics)."""
    port: int = 8080
    """Public port; 0 picks a free one."""
    admin_port: int = 8081
    """Admin port, always on loopback; 0 picks a free one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogSettings:
    """Logs."""

    format: Literal["json", "text"] = "json"
    """One JSON object a line, or text for people."""
    level: Literal["debug", "info", "warning", "error"] = "info"
    """Lowest level that is written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of them."""

    cluster: ClusterSettings = field(default_factory=ClusterSettings)
    configuration: ConfigurationSettings = field(default_factory=ConfigurationSettings)
    store: StoreSettings = field(default_factory=StoreSettings)
    delivery: DeliverySettings = field(default_factory=DeliverySettings)
    templates: TemplateSettings = field(default_factory=TemplateSettings)
    web: WebSettings = field(default_factory=WebSettings)
    log: LogSettings = field(default_factory=LogSettings)
