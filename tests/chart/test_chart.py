"""The chart, rendered by real Helm (`make chart` fetches it)."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
HELM = ROOT / ".cache" / "helm" / "helm"
CHART = ROOT / "charts" / "notifier"

pytestmark = pytest.mark.skipif(not HELM.exists(), reason="no Helm here: `make chart` fetches one")


def helm(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Helm offline and without the caller's configuration."""
    return subprocess.run([str(HELM), *arguments], capture_output=True, text=True, check=False)


def render(tmp_path: Path, values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Render the chart with the values; return the objects by kind (ConfigMaps: by name)."""
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values))
    result = helm("template", "rel", str(CHART), "--namespace", "ns", "--values", str(file))
    assert result.returncode == 0, result.stderr
    objects: Iterable[dict[str, Any]] = filter(None, yaml.safe_load_all(result.stdout))
    return {o["metadata"]["name"] if o["kind"] == "ConfigMap" else o["kind"]: o for o in objects}


def test_defaults_read_an_existing_config_map(tmp_path: Path) -> None:
    """With no values the chart creates no notification ConfigMap and names the usual one."""
    objects = render(tmp_path, {})
    assert "argo-rollouts-notification-cm" not in objects
    settings = yaml.safe_load(objects["rel-notifier-settings"]["data"]["settings.yaml"])
    assert settings["configuration"]["config_map"] == "argo-rollouts-notification-cm"


def test_message_text_passes_through_unchanged(tmp_path: Path) -> None:
    """Templates keep their braces: Helm's engine never evaluates them."""
    text = "message: |\n  {{.rollout.metadata.name}} {% if x %}y{% endif %}\n"
    objects = render(
        tmp_path, {"notifications": {"template.a": text, "service.slack": {"token": "$t"}}}
    )
    data = objects["argo-rollouts-notification-cm"]["data"]
    assert data["template.a"] == text
    assert yaml.safe_load(data["service.slack"]) == {"token": "$t"}


def test_pod_is_restricted(tmp_path: Path) -> None:
    """The pod runs as nobody, with a read-only root and no capability."""
    pod = render(tmp_path, {})["Deployment"]["spec"]["template"]["spec"]
    container = pod["containers"][0]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_rights_are_read_only(tmp_path: Path) -> None:
    """No verb that changes anything, and Secrets only by name."""
    objects = render(tmp_path, {})
    rules = objects["ClusterRole"]["rules"] + objects["Role"]["rules"]
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list", "watch"}
    secrets = [rule for rule in rules if "secrets" in rule["resources"]]
    assert [rule["verbs"] for rule in secrets] == [["get"]]
    assert secrets[0]["resourceNames"] == ["argo-rollouts-notification-secret"]


def test_selectors_match(tmp_path: Path) -> None:
    """Deployment and Service select the pods that are made."""
    objects = render(tmp_path, {})
    labels = objects["Deployment"]["spec"]["template"]["metadata"]["labels"]
    for selector in (
        objects["Deployment"]["spec"]["selector"]["matchLabels"],
        objects["Service"]["spec"]["selector"],
    ):
        assert selector.items() <= labels.items()


def test_a_typo_is_refused(tmp_path: Path) -> None:
    """The schema refuses a key it does not know, and two replicas on one volume."""
    for setting in ("replicas=1", "replicaCount=2", "secret.nme=x"):
        result = helm("template", "rel", str(CHART), "--set", setting)
        assert result.returncode != 0, setting
