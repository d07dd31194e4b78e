"""The promised defaults of every setting."""

from __future__ import annotations

import dataclasses

from notifier.core.settings import Settings

DEFAULTS = {
    "cluster": {
        "name": "",
        "kubeconfig": "",
        "context": "",
        "namespaces": (),
        "instance_id": "",
    },
    "configuration": {
        "namespace": "",
        "config_map": "argo-rollouts-notification-cm",
        "secret": "argo-rollouts-notification-secret",
    },
    "store": {
        "type": "sqlite",
        "path": "/var/lib/notifier/notifier.db",
        "retention_days": 7.0,
        "retention_rows": 100_000,
    },
    "delivery": {
        "workers": 64,
        "timeout_s": 15.0,
        "lease_s": 60.0,
        "drain_s": 20.0,
        "max_age_s": {},
        "allow_addresses": (),
        "shadow": False,
    },
    "templates": {"secret_keys": ()},
    "web": {"host": "0.0.0.0", "port": 8080, "admin_port": 8081},
    "log": {"format": "json", "level": "info"},
}


def test_every_default_is_the_promised_one() -> None:
    """Nobody changes or adds a default without changing this table."""
    assert dataclasses.asdict(Settings()) == DEFAULTS
