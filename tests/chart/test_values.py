"""The values, their meanings and their schema agree; what is made from them is up to date."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest
import yaml

from notifier.core.settings import Settings
from notifier.version import __version__
from tests.chart import documents, rendering

OPEN = {"securityContext", "containerSecurityContext", "resources", "livenessProbe",
        "readinessProbe"}  # fmt: skip
"""Values that are Kubernetes' own, with defaults of ours."""


def paths(values: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield the paths of all values that are no mapping, or an empty one."""
    for key, value in values.items():
        if isinstance(value, Mapping) and value and key not in OPEN:
            yield from paths(value, f"{above}{key}.")
        else:
            yield f"{above}{key}"


def schema_paths(part: Mapping[str, Any], above: str = "") -> Iterator[str]:
    """Yield the paths of all values that the schema knows, but for what Helm adds and what is
    refused with its new name."""
    for key, value in part["properties"].items():
        if "properties" in value and key not in {"config", "notifications"}:
            yield from schema_paths(value, f"{above}{key}.")
        elif f"{above}{key}" not in {"global", "persistence"}:
            yield f"{above}{key}"


def schema() -> Any:
    """Return the schema."""
    return json.loads(documents.SCHEMA.read_text())


def values() -> Any:
    """Return the defaults."""
    return yaml.safe_load(documents.VALUES.read_text())


def test_table_of_the_readme_is_up_to_date() -> None:
    """Else: `python -m tests.chart.documents`."""
    text = documents.README.read_text()
    assert documents.readme(text) == text


def test_schema_of_settings_is_up_to_date() -> None:
    """Else: `python -m tests.chart.documents`."""
    text = documents.SCHEMA.read_text()
    assert documents.schema(text) == text


@rendering.NEEDS_HELM
@pytest.mark.parametrize("name", ["defaults", "rights"])
def test_snapshot_is_up_to_date(name: str) -> None:
    """What an installation gets, and what the daemon may do, changes only where the change shows.
    Else: `python -m tests.chart.documents`."""
    made = {"defaults": documents.defaults, "rights": documents.rights}[name]()
    assert made == (documents.SNAPSHOTS / f"{name}.yaml").read_text()


def test_every_value_has_a_meaning() -> None:
    """Each row of the table says something, in one line without a full stop."""
    assert [v.path for v in documents.values() if not v.meaning or v.meaning.endswith(".")] == []


def test_table_has_every_value() -> None:
    """No value is missing from the table, nor is a whole group one row."""
    rows = {value.path for value in documents.values()}
    assert {p for p in paths(values()) if p not in rows} == set()


def test_schema_knows_the_values_and_no_other() -> None:
    """The schema has each value once, and none that `values.yaml` does not show."""
    assert sorted(schema_paths(schema())) == sorted(paths(values()))


def test_schema_is_one() -> None:
    """It is valid itself, and takes the defaults."""
    jsonschema.Draft7Validator.check_schema(schema())
    jsonschema.Draft7Validator(schema()).validate(values())


def test_schema_closes_every_level_of_ours() -> None:
    """Wherever the schema lists names, no other is allowed."""

    def closed(part: Any) -> bool:
        if isinstance(part, list):
            return all(map(closed, part))
        if not isinstance(part, dict):
            return True
        shut = "properties" not in part or part.get("additionalProperties") is False
        return shut and all(map(closed, part.values()))

    whole = schema()
    assert closed({**whole, "properties": None})
    assert all(closed(part) for part in whole["properties"].values())


def test_values_do_not_restate_the_catalogue() -> None:
    """Triggers and messages come with the image."""
    found = values()
    assert [found[key] for key in ("services", "triggers", "templates", "subscriptions")] == [
        {}, {}, {}, [],
    ]  # fmt: skip


def test_names_of_objects_are_the_daemons_defaults() -> None:
    """What the chart names by default is what the daemon reads by default."""
    configuration = Settings().configuration
    assert values()["configMap"]["name"] == configuration.config_map
    assert values()["secret"]["name"] == configuration.secret


def test_chart_is_of_this_version() -> None:
    """`appVersion` is the package's, and the current version has its changes."""
    chart = yaml.safe_load((rendering.CHART / "Chart.yaml").read_text())
    assert chart["appVersion"] == __version__
    changes = yaml.safe_load(chart["annotations"]["artifacthub.io/changes"])
    assert {change["kind"] for change in changes} <= {"added", "changed", "fixed", "removed"}


def exists(path: str) -> bool:
    """Say whether somebody can give a value: it is there, or a group, or inside an open one."""
    known = set(paths(values()))
    inside = any(path.startswith(f"{each}.") for each in known)
    return inside or any(each == path or each.startswith(f"{path}.") for each in known)


def test_every_template_reads_only_values_that_exist() -> None:
    """No template asks for a value that nobody can give."""
    for file in sorted((rendering.CHART / "templates").iterdir()):
        for path in re.findall(r"\.Values\.([A-Za-z.]+[A-Za-z])", file.read_text()):
            assert exists(path), f"{file.name}: {path}"


def test_settings_that_are_decided_elsewhere_name_a_value() -> None:
    """Whoever is refused a setting is sent to a value that exists."""
    text = (rendering.CHART / "templates" / "_settings.tpl").read_text()
    settled = dict(re.findall(r"^(\w+\.\w+): (\S+)$", text, re.MULTILINE))
    assert len(settled) > 10
    assert [value for value in settled.values() if not exists(value)] == []


def test_no_template_evaluates_values() -> None:
    """`tpl` is never called: messages and Helm share their braces."""
    for file in sorted((rendering.CHART / "templates").iterdir()):
        assert not re.search(r"\btpl\b", file.read_text()), file.name
