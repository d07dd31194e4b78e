"""Helm, offline and without the caller's configuration; what it renders, as objects."""

from __future__ import annotations

import functools
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

ROOT: Final = Path(__file__).parents[2]
CHART: Final = ROOT / "charts" / "notifier"
HELM: Final = ROOT / ".cache" / "helm" / "helm"
SCENARIOS: Final = sorted((CHART / "ci").glob("*-values.yaml"))

NEEDS_HELM: Final = pytest.mark.skipif(
    not HELM.exists(), reason="no Helm here: `make chart` fetches one"
)

Object = dict[str, Any]


def helm(*arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run Helm; `given` is its standard input."""
    environment = {**os.environ, "KUBECONFIG": "/nonexistent"}
    return subprocess.run(
        [str(HELM), *arguments],
        input=given,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )


def attempt(values: Mapping[str, Any]) -> subprocess.CompletedProcess[str]:
    """Render the chart with these values, whatever comes of it."""
    text = json.dumps(dict(values), ensure_ascii=False)  # leaves no type open, as YAML would
    return helm("template", "rel", str(CHART), "--namespace", "ns", "--values", "-", given=text)


def objects(values: Mapping[str, Any]) -> Sequence[Object]:
    """Return the objects that these values give."""
    return _opened(attempt(values))


@functools.cache
def scenario(file: Path) -> Sequence[Object]:
    """Return the objects of a file of `ci/`; not to be changed."""
    arguments = ("template", "rel", str(CHART), "--namespace", "ns", "--values", str(file))
    return _opened(helm(*arguments))


def notes(values: Mapping[str, Any]) -> str:
    """Return what an installation with these values says in the end."""
    text = json.dumps(dict(values), ensure_ascii=False)
    where = ("--namespace", "ns", "--dry-run=client", "--values", "-")
    result = helm("install", "rel", str(CHART), *where, given=text)
    assert result.returncode == 0, result.stderr
    return result.stdout.partition("\nNOTES:\n")[2]


def of_kind(found: Sequence[Object], kind: str) -> Sequence[Object]:
    """Return the objects of a kind."""
    return [one for one in found if one["kind"] == kind]


def the(found: Sequence[Object], kind: str, name: str = "") -> Object:
    """Return the only object of a kind, or of a kind and name."""
    (one,) = [o for o in of_kind(found, kind) if name in {"", o["metadata"]["name"]}]
    return one


def settings_of(found: Sequence[Object]) -> str:
    """Return the text of the daemon's settings."""
    (one,) = [o for o in of_kind(found, "ConfigMap") if "settings.yaml" in o["data"]]
    text: str = one["data"]["settings.yaml"]
    return text


def pod_of(found: Sequence[Object]) -> Object:
    """Return the pod's specification."""
    pod: Object = the(found, "Deployment")["spec"]["template"]["spec"]
    return pod


def _opened(result: subprocess.CompletedProcess[str]) -> Sequence[Object]:
    assert result.returncode == 0, result.stderr
    return [one for one in yaml.safe_load_all(result.stdout) if one]
