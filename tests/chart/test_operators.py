"""The objects of operators that the chart can make: as those publish them, to the last field."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chart import kubernetes, operators, rendering

pytestmark = rendering.NEEDS_HELM

FREE = frozenset({"labels", "annotations", "matchLabels"})
"""Maps whose names are the user's."""

VALUES = {
    "services": {"slack": {"token": "$slack-token"}},
    "externalSecret": {
        "enabled": True,
        "secretStoreRef": {"name": "vault", "kind": "SecretStore"},
        "data": [{"secretKey": "slack-token", "remoteRef": {"key": "a", "property": "b"}}],
        "dataFrom": [{"extract": {"key": "c", "version": "1"}}],
    },
    "metrics": {
        "service": {"enabled": True},
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "prometheusRule": {"enabled": True},
    },
}


def made() -> list[rendering.Object]:
    """Return every such object."""
    pods = {"metrics": {"podMonitor": {"enabled": True, "interval": "1m30s"}}}
    found = [*rendering.objects(VALUES), *rendering.objects(pods)]
    return [one for one in found if one["apiVersion"] not in kubernetes.OWN]


@pytest.mark.parametrize("file", rendering.SCENARIOS, ids=lambda file: file.stem)
def test_the_objects_of_scenarios_are_valid(file: Any) -> None:
    """Whatever is not Kubernetes' own has a schema here, and fits it."""
    objects = [o for o in rendering.scenario(file) if o["apiVersion"] not in kubernetes.OWN]
    found = {one["kind"]: operators.faults(one) for one in objects}
    assert {kind: said for kind, said in found.items() if said} == {}


def test_every_kind_is_made_and_valid() -> None:
    """With everything on, there is one object for each schema."""
    objects = made()
    assert [operators.faults(one) for one in objects] == [[]] * len(objects)
    assert {(one["apiVersion"], one["kind"]) for one in objects} == set(operators.SCHEMAS)


def test_any_misspelt_field_is_found() -> None:
    """Each field of each object in turn, at every depth."""
    tried = 0
    for one in made():
        for path in fields(one):
            spoilt = misspelt(one, path)
            assert operators.faults(spoilt), f"{one['kind']}: {path}"
            tried += 1
    assert tried > 100


def test_a_value_of_another_type_is_found() -> None:
    """What the operators would refuse."""
    by_kind = {one["kind"]: one for one in made()}
    monitor, secret = by_kind["ServiceMonitor"], by_kind["ExternalSecret"]
    monitor["spec"]["endpoints"][0]["interval"] = "30 seconds"
    assert "does not match" in operators.faults(monitor)[0]
    secret["spec"]["secretStoreRef"]["kind"] = "Vault"
    assert "is not one of" in operators.faults(secret)[0]


def fields(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every field that is not the user's to name."""
    if isinstance(node, list):
        for at, each in enumerate(node):
            yield from fields(each, (*path, at))
    elif isinstance(node, dict):
        for name, each in node.items():
            yield (*path, name)
            if name not in FREE:
                yield from fields(each, (*path, name))


def misspelt(one: rendering.Object, path: tuple[Any, ...]) -> rendering.Object:
    """Return an object with one more letter in the name of a field."""
    spoilt = copy.deepcopy(one)
    node: Any = spoilt
    for step in path[:-1]:
        node = node[step]
    node[f"{path[-1]}x"] = node.pop(path[-1])
    return spoilt
