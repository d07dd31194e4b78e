"""What the pages show of the chart works: Helm's commands, values, names of objects."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.chart import rendering

PAGES = (
    rendering.ROOT / "README.md",
    rendering.ROOT / "docs" / "operating.md",
    rendering.CHART / "README.md",
)
BLOCK = re.compile(r"^[ ]*```(\w+)\n(.*?)^[ ]*```", re.MULTILINE | re.DOTALL)
VALUES = {"clusterName", "services", "replicaCount", "subscriptions", "selfService", "config"}
"""A YAML block with one of these is a file of values."""


def blocks(language: str) -> Iterator[tuple[Path, str]]:
    """Yield (page, text) of each fenced block in the language."""
    for page in PAGES:
        for found, text in BLOCK.findall(page.read_text()):
            if found == language:
                yield page, text


def commands(program: str) -> list[str]:
    """Return the commands that start the program."""
    lines = [line.strip() for _, text in blocks("shell") for line in text.splitlines()]
    return sorted({line for line in lines if line.startswith(f"{program} ")})


def values_blocks() -> list[str]:
    """Return the examples of values."""
    return [text for _, text in blocks("yaml") if VALUES & yaml.safe_load(text).keys()]


@rendering.NEEDS_HELM
@pytest.mark.parametrize("command", commands("helm"))
def test_helm_command_works(command: str, tmp_path: Path) -> None:
    """Each command renders, with each example of values as its file."""
    words = shlex.split(command)
    assert words[1] in {"install", "upgrade", "template"}
    for text in values_blocks():
        (tmp_path / "values.yaml").write_text(text)
        paths = {
            "charts/notifier": str(rendering.CHART),
            "values.yaml": str(tmp_path / "values.yaml"),
        }
        arguments = [paths.get(word, word) for word in words[2:]]
        result = rendering.helm("template", *arguments)
        assert result.returncode == 0, result.stderr


@rendering.NEEDS_HELM
@pytest.mark.parametrize("command", commands("kubectl"))
def test_kubectl_command_names_what_is_installed(command: str) -> None:
    """Deployment, Secret and namespace of the commands are those of `helm install`."""
    result = rendering.helm(
        "template", "notifier", str(rendering.CHART), "--namespace", "argo-rollouts"
    )
    objects = [one for one in yaml.safe_load_all(result.stdout) if one]
    names = {
        f"deploy/{one['metadata']['name']}" for one in rendering.of_kind(objects, "Deployment")
    }
    names |= {name.replace("deploy/", "deployment/") for name in names}
    settings = yaml.safe_load(rendering.settings_of(objects))
    names.add(settings["configuration"]["secret"])
    words = shlex.split(command.rstrip("& "))
    assert words[1:3] == ["-n", "argo-rollouts"]
    assert names & set(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.parent.name)
def test_values_that_are_named_exist(page: Path) -> None:
    """A dotted name in code style that starts like a value is one."""
    schema = yaml.safe_load((rendering.CHART / "values.schema.json").read_text())
    top = schema["properties"].keys() - {"global", "config"}
    for name in re.findall(r"`([a-z]\w+(?:\.\w+)+)(?:: [^`]*)?`", page.read_text()):
        first, *rest = name.split(".")
        # `store.path` and the like are settings, which the pages name too.
        part = schema["properties"].get(first, {})
        if first not in top or "_" in name or name in {"store.path", "store.url"}:
            continue
        for word in rest:
            if "properties" not in part:
                break  # open: any name is fine
            part = part["properties"].get(word)
            assert part is not None, name


@rendering.NEEDS_HELM
def test_role_binding_of_a_team_is_the_charts() -> None:
    """The RoleBinding that a team makes itself is the one that the chart makes for others."""
    shown = [yaml.safe_load(text) for _, text in blocks("yaml") if "kind: RoleBinding" in text]
    where = ("--namespace", "argo-rollouts", "--set", "selfService.enabled=true")
    result = rendering.helm(
        "template", "notifier", str(rendering.CHART), *where, "--set", "selfService.namespaces={x}"
    )
    (made,) = [
        one
        for one in yaml.safe_load_all(result.stdout)
        if one and one["kind"] == "RoleBinding" and one["metadata"]["namespace"] == "x"
    ]
    assert [(one["roleRef"], one["subjects"]) for one in shown] == [
        (made["roleRef"], made["subjects"])
    ]


def test_links_of_the_chart_lead_somewhere() -> None:
    """Files that the chart's README links exist in the repository."""
    for target in re.findall(r"\]\(([^)\s#]+)", (rendering.CHART / "README.md").read_text()):
        assert (rendering.CHART / target).exists(), target
