"""Which resources the emulator serves, and how they differ."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource: `group` is the part of the path behind /api or /apis.

    `status` says whether it has a status subresource (then only spec changes bump generation);
    `custom` whether a CRD defines it (its lists name the kind of each item, and its updates must
    carry a resourceVersion).
    """

    plural: str
    kind: str
    group: str
    status: bool = False
    custom: bool = False
    namespaced: bool = True


RESOURCES = {
    resource.plural: resource
    for resource in (
        Resource("rollouts", "Rollout", "argoproj.io/v1alpha1", status=True, custom=True),
        Resource("analysisruns", "AnalysisRun", "argoproj.io/v1alpha1", custom=True),
        Resource("experiments", "Experiment", "argoproj.io/v1alpha1", custom=True),
        Resource("replicasets", "ReplicaSet", "apps/v1", status=True),
        Resource("deployments", "Deployment", "apps/v1", status=True),
        Resource("statefulsets", "StatefulSet", "apps/v1", status=True),
        Resource("leases", "Lease", "coordination.k8s.io/v1"),
        Resource("podtemplates", "PodTemplate", "v1"),
        Resource("configmaps", "ConfigMap", "v1"),
        Resource("secrets", "Secret", "v1"),
        Resource("namespaces", "Namespace", "v1", namespaced=False),
    )
}

BY_KIND = {resource.kind: resource for resource in RESOURCES.values()}
