"""Every file of `ci/`: what it gives is valid, consistent and safe, and the daemon can read it."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from notifier.app import compiling
from notifier.cli import settings_loading
from notifier.core.configuration import Configuration
from notifier.core.settings import Settings
from tests.chart import kubernetes, rendering

pytestmark = [
    rendering.NEEDS_HELM,
    pytest.mark.parametrize("file", rendering.SCENARIOS, ids=lambda file: file.stem),
]


def given(file: Path) -> Any:
    """Return the values of the file."""
    return yaml.safe_load(file.read_text())


def configuration(file: Path) -> Configuration | None:
    """Return what the daemon makes of the ConfigMap, None if the chart makes none."""
    found = [
        one
        for one in rendering.of_kind(rendering.scenario(file), "ConfigMap")
        if any(key.startswith("service.") for key in one["data"])
    ]
    if not found:
        return None
    texts = found[0]["data"].values()
    keys = {key for text in texts for key in re.findall(r"\$([a-z-]+)", text)}
    secret = dict.fromkeys(keys, b"x")
    return compiling.compile_central(found[0]["data"], secret, document="ConfigMap")


def test_has_a_heading(file: Path) -> None:
    """The first line says what the scenario is."""
    assert re.match(r"# \S.+\.$", file.read_text().splitlines()[0])


def test_passes_lint(file: Path) -> None:
    """Helm's linter says nothing about it, warnings included."""
    result = rendering.helm("lint", "--strict", str(rendering.CHART), "--values", str(file))
    assert result.returncode == 0, result.stdout


@pytest.mark.skipif(not kubernetes.FILES, reason="no schemas here: `make chart` fetches them")
@pytest.mark.parametrize("version", kubernetes.VERSIONS)
def test_objects_are_valid(file: Path, version: str) -> None:
    """The API server's schemas have nothing to say, unknown fields included."""
    objects = [o for o in rendering.scenario(file) if o["apiVersion"] in kubernetes.OWN]
    assert objects
    assert {
        f"{one['kind']} {one['metadata']['name']}": found
        for one in objects
        if (found := kubernetes.faults(one, version))
    } == {}


def test_no_two_objects_have_one_name(file: Path) -> None:
    """Each object is there once."""
    names = [
        (one["kind"], one["metadata"].get("namespace"), one["metadata"]["name"])
        for one in rendering.scenario(file)
    ]
    assert len(names) == len(set(names))


def test_every_object_of_ours_is_labelled(file: Path) -> None:
    """What belongs to the release can be found by its labels; `commonLabels` are everywhere."""
    wanted = {"app.kubernetes.io/instance": "rel", **given(file).get("commonLabels", {})}
    extra = {one["metadata"]["name"] for one in given(file).get("extraObjects", ())}
    for one in rendering.scenario(file):
        if one["metadata"]["name"] not in extra:
            assert wanted.items() <= one["metadata"]["labels"].items(), one["kind"]


def test_selectors_match(file: Path) -> None:
    """Whatever selects pods selects ours, by labels that no upgrade changes."""
    objects = rendering.scenario(file)
    labels = rendering.the(objects, "Deployment")["spec"]["template"]["metadata"]["labels"]
    for one in objects:
        spec = one.get("spec", {})
        selector = spec.get("selector") or spec.get("podSelector") or {}
        selector = selector.get("matchLabels", selector)
        assert selector.items() <= labels.items(), one["kind"]
        assert "helm.sh/chart" not in selector


def test_monitor_selects_the_service(file: Path) -> None:
    """The ServiceMonitor finds the Service, and its port exists there."""
    objects = rendering.scenario(file)
    for monitor in rendering.of_kind(objects, "ServiceMonitor"):
        service = rendering.the(objects, "Service")
        selector = monitor["spec"]["selector"]["matchLabels"]
        assert selector.items() <= service["metadata"]["labels"].items()
        assert monitor["spec"]["endpoints"][0]["port"] == service["spec"]["ports"][0]["name"]


def test_volumes_and_mounts_match(file: Path) -> None:
    """Each volume is mounted once, each mount has its volume, and one at most is writable."""
    pod = rendering.pod_of(rendering.scenario(file))
    mounts = pod["containers"][0]["volumeMounts"]
    assert sorted(m["name"] for m in mounts) == sorted(v["name"] for v in pod["volumes"])
    assert [m["name"] for m in mounts if not m.get("readOnly")] in (["outbox"], [])
    assert not any("hostPath" in volume for volume in pod["volumes"])


def test_claim_exists(file: Path) -> None:
    """The claim that is mounted is made, unless it is one's own."""
    objects = rendering.scenario(file)
    made = {one["metadata"]["name"] for one in rendering.of_kind(objects, "PersistentVolumeClaim")}
    used = {
        volume["persistentVolumeClaim"]["claimName"]
        for volume in rendering.pod_of(objects)["volumes"]
        if "persistentVolumeClaim" in volume
    }
    own = {
        given(file).get("store", {}).get("sqlite", {}).get("persistence", {}).get("existingClaim")
    }
    assert used - made <= own
    assert made <= used


def test_bindings_name_what_exists(file: Path) -> None:
    """Each binding names a role that is made, for the account that the pod has."""
    objects = rendering.scenario(file)
    roles = {(one["kind"], one["metadata"]["name"]) for one in objects if "Role" in one["kind"]}
    account = rendering.pod_of(objects)["serviceAccountName"]
    home = rendering.the(objects, "Deployment")["metadata"]["namespace"]
    for one in objects:
        if one["kind"].endswith("Binding"):
            assert (one["roleRef"]["kind"], one["roleRef"]["name"]) in roles
            assert one["subjects"] == [
                {"kind": "ServiceAccount", "name": account, "namespace": home}
            ]


def test_pod_is_restricted(file: Path) -> None:
    """The pod is what Pod Security calls restricted, with a root that nobody can write."""
    pod = rendering.pod_of(rendering.scenario(file))
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & pod.keys()


def test_token_is_short_lived(file: Path) -> None:
    """The token is not the one that Kubernetes mounts by itself and prolongs to a year."""
    pod = rendering.pod_of(rendering.scenario(file))
    assert pod["automountServiceAccountToken"] is False
    (token,) = [v["projected"]["sources"][0] for v in pod["volumes"] if "projected" in v]
    assert token["serviceAccountToken"]["expirationSeconds"] <= 3600


def test_nothing_of_a_secret_is_shown(file: Path) -> None:
    """Values of the Secret stand there alone, and no argument or variable is a credential."""
    objects = rendering.scenario(file)
    items = given(file).get("notifications", {}).get("secret", {}).get("items", {})
    others = yaml.safe_dump_all([one for one in objects if one["kind"] != "Secret"])
    for value in items.values():
        assert value not in others
    for secret in rendering.of_kind(objects, "Secret"):
        assert {k: base64.b64decode(v).decode() for k, v in secret["data"].items()} == items
    container = rendering.pod_of(objects)["containers"][0]
    assert container["args"] == ["run", "--config", "/etc/notifier/settings.yaml"]
    plain = {one["name"] for one in container["env"] if "value" in one}
    assert plain == {one["name"] for one in given(file).get("extraEnv", ())}


def test_replicas_fit_the_store(file: Path) -> None:
    """One process owns an SQLite file, at any moment; only an election lets two pods overlap."""
    deployment = rendering.the(rendering.scenario(file), "Deployment")["spec"]
    settings = yaml.safe_load(rendering.settings_of(rendering.scenario(file)))
    elects = settings.get("election", {}).get("enabled", False)
    assert (deployment["strategy"]["type"] == "RollingUpdate") is elects
    if not elects:
        assert deployment["replicas"] == 1
    assert elects <= (settings.get("store", {}).get("type") == "postgres")


def test_daemon_takes_the_settings(file: Path, tmp_path: Path) -> None:
    """Our own loader reads the settings, and they are what the values say."""
    text = rendering.settings_of(rendering.scenario(file))
    target = tmp_path / "settings.yaml"
    target.write_text(text)
    environment = {"NOTIFIER_STORE_URL": "postgresql://u@h/n"} if "url" in file.stem else {}
    settings, warnings = settings_loading.load(target, environment, {})
    assert warnings == []
    values = given(file)
    assert settings.cluster.name == values.get("clusterName", "")
    for section, names in values.get("config", {}).items():
        for name, value in names.items():
            found = getattr(getattr(settings, section), name)
            assert found == (tuple(value) if isinstance(value, list) else value)


def test_probes_ask_where_the_daemon_listens(file: Path, tmp_path: Path) -> None:
    """The port of the probes is the public one, and there is time for a drain."""
    pod = rendering.pod_of(rendering.scenario(file))
    config = given(file).get("config", {})
    container = pod["containers"][0]
    assert container["ports"] == [
        {"name": "http", "containerPort": config.get("web", {}).get("port", Settings().web.port)}
    ]
    assert container["livenessProbe"]["httpGet"] == {"path": "/healthz", "port": "http"}
    assert container["readinessProbe"]["httpGet"] == {"path": "/readyz", "port": "http"}
    drain = config.get("delivery", {}).get("drain_s", Settings().delivery.drain_s)
    assert pod["terminationGracePeriodSeconds"] > drain


def test_configuration_has_no_fault(file: Path) -> None:
    """The daemon compiles the ConfigMap without a fault, and knows all services that are given."""
    found = configuration(file)
    if found is None:
        assert "services" not in given(file)
        return
    assert [problem for problem in found.problems if problem.severity == "error"] == []
    former = given(file).get("notifications", {}).get("notifiers") or {}
    keys = {*given(file).get("services", {}), *(key.partition(".")[2] for key in former)}
    assert {key.rpartition(".")[2] for key in keys} <= found.services.keys()
