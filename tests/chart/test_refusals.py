"""What cannot work is refused before anything is installed, with the value to set instead."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.chart import rendering

pytestmark = rendering.NEEDS_HELM

POSTGRES = {"type": "postgres", "postgres": {"existingSecret": "s", "url": "postgresql://u@h/n"}}
POLICY = {"enabled": True, "apiServer": {"cidrs": ["10.0.0.1/32"]}}

TOGETHER: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "former name": ({"persistence": {"enabled": False}}, "is now store.sqlite.persistence"),
    "replicas on a file": ({"replicaCount": 2}, "store.type to postgres"),
    "no election": (
        {"replicaCount": 2, "store": POSTGRES, "leaderElection": {"enabled": False}},
        "leaderElection.enabled: several replicas",
    ),
    "no database secret": ({"store": {"type": "postgres"}}, "store.postgres.existingSecret"),
    "no database": (
        {"store": {"type": "postgres", "postgres": {"existingSecret": "s"}}},
        "either url",
    ),
    "two databases": (
        {"store": {"type": "postgres", "postgres": {**POSTGRES["postgres"], "urlKey": "uri"}}},
        "either url",
    ),
    "name of the cluster": ({"config": {"cluster": {"name": "x"}}}, "value clusterName"),
    "name of the ConfigMap": (
        {"config": {"configuration": {"config_map": "x"}}},
        "value configMap.name",
    ),
    "store": ({"config": {"store": {"type": "memory"}}}, "value store.type"),
    "path": ({"config": {"store": {"path": "/x"}}}, "value store.sqlite.persistence"),
    "drain": ({"config": {"delivery": {"drain_s": 45}}}, "terminationGracePeriodSeconds"),
    "nobody takes part": ({"selfService": {"enabled": True}}, "nobody takes part"),
    "simple without rights": (
        {"clusterWide": False, "selfService": {"enabled": True, "mode": "simple"}},
        "Set clusterWide to true",
    ),
    "selector without rights": (
        {"clusterWide": False, "selfService": {"enabled": True, "namespaceSelector": "a=b"}},
        "Set clusterWide to true",
    ),
    "two secrets": (
        {"secret": {"create": True}, "externalSecret": {"enabled": True}},
        "Choose one",
    ),
    "external secret of nothing": ({"externalSecret": {"enabled": True}}, "data or dataFrom"),
    "external secret from nowhere": (
        {"externalSecret": {"enabled": True, "data": [{"secretKey": "a"}]}},
        "secretStoreRef",
    ),
    "two monitors": (
        {"metrics": {"serviceMonitor": {"enabled": True}, "podMonitor": {"enabled": True}}},
        "Choose one",
    ),
    "policy without API server": (
        {"networkPolicy": {"enabled": True}},
        "kubectl get endpointslices",
    ),
    "service twice": (
        {"services": {"slack": {}}, "notifications": {"notifiers": {"service.slack": "a: b"}}},
        "service.slack is given twice",
    ),
}

ALONE: Mapping[str, Mapping[str, Any]] = {
    "unknown": {"replicas": 1},
    "nested": {"secret": {"nme": "x"}},
    "deep": {"store": {"sqlite": {"persistence": {"sise": "1Gi"}}}},
    "store": {"store": {"type": "mysql"}},
    "setting": {"config": {"log": {"levle": "debug"}}},
    "section": {"config": {"logs": {"level": "debug"}}},
    "level": {"config": {"log": {"level": "loud"}}},
    "type": {"config": {"delivery": {"workers": "many"}}},
    "full name": {"services": {"service.slack": {}}},
    "plain name": {"notifications": {"notifiers": {"slack": {}}}},
    "name": {"templates": {"not a key": {}}},
    "verbatim": {"notifications": {"servce.slack": {}}},
    "digest": {"image": {"digest": "latest"}},
    "range": {"networkPolicy": {**POLICY, "apiServer": {"cidrs": ["10.0.0.1"]}}},
    "url": {"store": {"type": "postgres", "postgres": {"url": "mysql://h"}}},
    "negative": {"replicaCount": -1},
}


@pytest.mark.parametrize("case", TOGETHER)
def test_contradiction_is_refused(case: str) -> None:
    """Values that are fine alone and cannot work together fail, and the text says what to set."""
    values, said = TOGETHER[case]
    result = rendering.attempt(values)
    assert result.returncode != 0
    assert said in result.stderr


@pytest.mark.parametrize("case", ALONE)
def test_typo_is_refused(case: str) -> None:
    """The schema refuses a name or value it does not know, and says where."""
    result = rendering.attempt(ALONE[case])
    assert result.returncode != 0
    assert "values don't meet the specifications" in result.stderr
