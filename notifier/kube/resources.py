"""The kinds we read and where the API server keeps them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from notifier.core.errors import ClusterError, NotFound
from notifier.core.model import Resource

_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: `version` is its apiVersion, `plural` its name in paths."""

    name: str
    version: str
    plural: str

    def path(self, namespace: str = "", name: str = "") -> str:
        """Return the path of an object, of a namespace's collection, or of the cluster's.

        Raises `NotFound` for a name that no object can have: names come from tenants, and one with
        a slash would lead elsewhere.
        """
        root = "/apis/" if "/" in self.version else "/api/"
        parts = [root + self.version]
        if namespace:
            parts.append(f"namespaces/{_valid(namespace)}")
        parts.append(self.plural)
        if name:
            parts.append(_valid(name))
        return "/".join(parts)


def kind(name: str) -> Kind:
    """Return the kind of that name. Raises `ClusterError` for one this project does not read."""
    try:
        return KINDS[name]
    except KeyError as err:
        raise ClusterError(f"{name}: not one of the kinds read: {', '.join(KINDS)}") from err


def _valid(name: str) -> str:
    """Return the name if an object can have it."""
    if not _NAME.fullmatch(name):
        raise NotFound(f"{name[:64]!r} is not a name an object can have", status=404)
    return name


_ARGO: Final = "argoproj.io/v1alpha1"

KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("Rollout", _ARGO, "rollouts"),
        Kind("AnalysisRun", _ARGO, "analysisruns"),
        Kind("Experiment", _ARGO, "experiments"),
        Kind("ReplicaSet", "apps/v1", "replicasets"),
        Kind("Deployment", "apps/v1", "deployments"),
        Kind("StatefulSet", "apps/v1", "statefulsets"),
        Kind("PodTemplate", "v1", "podtemplates"),
        Kind("ConfigMap", "v1", "configmaps"),
        Kind("Secret", "v1", "secrets"),
        Kind("Namespace", "v1", "namespaces"),
    )
}
"""Kinds that can be fetched (spec/configuration.md 10)."""

OBSERVED: Final[Mapping[Resource, Kind]] = {
    "rollouts": KINDS["Rollout"],
    "analysisruns": KINDS["AnalysisRun"],
    "experiments": KINDS["Experiment"],
    "replicasets": KINDS["ReplicaSet"],
}
"""Resources that can be observed."""

SELECTORS: Final[Mapping[Resource, tuple[tuple[str, str], ...]]] = {
    "replicasets": (("labelSelector", "rollouts-pod-template-hash"),)
}
"""Query parameters that limit observed resources: only ReplicaSets of rollouts matter."""
