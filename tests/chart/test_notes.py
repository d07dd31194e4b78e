"""What an installation says in the end: the next step, and what is missing or risky."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.chart import rendering
from tests.chart.test_refusals import POLICY, POSTGRES

pytestmark = rendering.NEEDS_HELM

SLACK = {"services": {"slack": {"token": "$slack-token"}}}

WARNINGS: Mapping[str, tuple[Mapping[str, Any], str]] = {
    "no service": ({}, "no service is given here"),
    "only templates": ({"templates": {"a": {"message": "x"}}}, "no service is configured"),
    "both senders": (
        {**SLACK, "configMap": {"name": "argo-rollouts-notification-configmap"}},
        "every message is sent twice",
    ),
    "no volume": (
        {**SLACK, "store": {"sqlite": {"persistence": {"enabled": False}}}},
        "persistence is off",
    ),
    "secret in values": ({**SLACK, "secret": {"create": True}}, "credentials are in the values"),
    "simple mode": (
        {**SLACK, "selfService": {"enabled": True, "mode": "simple"}},
        "may read every ConfigMap of the cluster, and every Secret called",
    ),
    "database behind a policy": (
        {**SLACK, "store": POSTGRES, "networkPolicy": POLICY},
        "no rule for PostgreSQL",
    ),
}


@pytest.mark.parametrize("case", WARNINGS)
def test_warns(case: str) -> None:
    """Each risk has its warning, and no other is shown with it."""
    values, said = WARNINGS[case]
    text = rendering.notes(values)
    assert said in text
    assert text.count("WARNING") == 1


def test_says_the_next_step() -> None:
    """A sound installation has no warning; it names health, Secret with keys, and annotation."""
    text = rendering.notes(SLACK)
    assert "WARNING" not in text
    assert "rollout status deployment/rel-notifier" in text
    assert (
        "create secret generic argo-rollouts-notification-secret --from-literal=slack-token=..."
        in text
    )
    assert "notifications.argoproj.io/subscribe.on-rollout-aborted.slack" in text


def test_asks_for_no_secret_that_is_made() -> None:
    """With an ExternalSecret there is nothing to create by hand."""
    external = {"enabled": True, "secretStoreRef": {"name": "v"}, "dataFrom": [{"extract": {}}]}
    assert "create secret" not in rendering.notes({**SLACK, "externalSecret": external})


def test_says_how_a_team_takes_part() -> None:
    """For teams that are found by a label, the RoleBinding is shown, with names that exist."""
    values = {**SLACK, "selfService": {"enabled": True, "namespaceSelector": "team=yes"}}
    role = rendering.the(rendering.objects(values), "ClusterRole", "rel-notifier-ns-teams")
    text = rendering.notes(values)
    assert f"--clusterrole={role['metadata']['name']}" in text
    assert "--serviceaccount=ns:rel-notifier" in text
