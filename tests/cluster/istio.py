"""Istio without a mesh: the two kinds that the controller writes, and nobody who reads them."""

from __future__ import annotations

from typing import Any

from tests.cluster.api import Object

GROUP, VERSION = "networking.istio.io", "v1alpha3"
API = f"{GROUP}/{VERSION}"
KINDS = ("VirtualService", "DestinationRule")


def definitions() -> list[Object]:
    """Return CRDs that take anything. The controller looks for them once, when it starts."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
    }
    return [
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{kind.lower()}s.{GROUP}"},
            "spec": {
                "group": GROUP,
                "scope": "Namespaced",
                "names": {"kind": kind, "plural": f"{kind.lower()}s"},
                "versions": [version],
            },
        }
        for kind in KINDS
    ]


def virtual_service(stable: Object, canary: Object) -> Object:
    """Return a route between two destinations, all of it to the stable one."""
    ways = [{"destination": stable, "weight": 100}, {"destination": canary, "weight": 0}]
    spec = {"hosts": ["demo.test"], "http": [{"name": "primary", "route": ways}]}
    return _object("VirtualService", spec)


def destination_rule(host: str) -> Object:
    """Return two subsets of one host, which the controller labels."""
    labels = {"app": "demo"}
    subsets = [{"name": name, "labels": labels} for name in ("stable", "canary")]
    return _object("DestinationRule", {"host": host, "subsets": subsets})


def weights(service: Object) -> list[int]:
    """Return the weights of the route."""
    route: list[dict[str, Any]] = service["spec"]["http"][0]["route"]
    return [way.get("weight", 0) for way in route]


def _object(kind: str, spec: Object) -> Object:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": "way"}, "spec": spec}
