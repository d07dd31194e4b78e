"""Protocols between the engine and the edges, one module per port. Each is small; adapters live in
the rooms above."""

from __future__ import annotations

from notifier.ports.clocks import Clock
from notifier.ports.clusters import Cluster
from notifier.ports.elections import Election
from notifier.ports.recorders import Recorder
from notifier.ports.renderers import Renderer
from notifier.ports.services import Referencing, Service, ServiceModule
from notifier.ports.stores import DeliveryQuery, Intake, Settlement, Store, Timekeeping

__all__ = [
    "Clock",
    "Cluster",
    "DeliveryQuery",
    "Election",
    "Intake",
    "Recorder",
    "Referencing",
    "Renderer",
    "Service",
    "ServiceModule",
    "Settlement",
    "Store",
    "Timekeeping",
]
