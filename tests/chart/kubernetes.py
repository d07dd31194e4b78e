"""The schemas of Kubernetes' own objects, from the file that `make chart` fetches.

The strict ones: a field that does not exist is an error.
"""

from __future__ import annotations

import functools
import json
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from tests.chart.rendering import ROOT, Object

FILES: Final = sorted((ROOT / ".cache" / "kubernetes").glob("kubernetes_validate-*.whl"))
VERSIONS: Final = ("1.27", "1.37")
"""The oldest that the chart takes, and the newest that there are schemas for."""

OWN: Final = frozenset({"v1", "apps/v1", "rbac.authorization.k8s.io/v1", "policy/v1",
                        "networking.k8s.io/v1"})  # fmt: skip
"""Versions of Kubernetes' own; all others belong to operators."""


def faults(one: Object, version: str) -> Sequence[str]:
    """Return what is wrong with an object of Kubernetes' own."""
    validator = _validator(one["apiVersion"], one["kind"], version)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(one)]


@functools.cache
def _validator(group_version: str, kind: str, version: str) -> Draft202012Validator:
    group, _, name = group_version.rpartition("/")
    group = f"{group.partition('.')[0]}-" if group else ""
    schema = _read(f"{kind.lower()}-{group}{name}.json", version)
    return Draft202012Validator(schema, registry=_registry(version))


@functools.cache
def _registry(version: str) -> Registry[Any]:
    definitions = Resource.from_contents(_read("_definitions.json", version), DRAFT202012)
    return Registry().with_resource("/api/_definitions.json", definitions)


def _read(name: str, version: str) -> Any:
    folder = Path("kubernetes_validate/kubernetes-json-schema") / f"v{version}.0-local-strict"
    with zipfile.ZipFile(FILES[-1]) as archive:
        return json.loads(archive.read(str(folder / name)))
