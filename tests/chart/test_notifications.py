"""Values become the keys of the ConfigMap, and no character of a message changes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from notifier.core import yamltext
from tests.chart import rendering

pytestmark = rendering.NEEDS_HELM

NAME = "argo-rollouts-notification-cm"

TEXTS = (
    "{{.rollout.metadata.name}} {% if x %}y{% endif %}",
    '{{ tpl "{{ .Values.image }}" . }} {{ include "x" . }} {{ fail "no" }}',
    "a\n\nb\n",
    "a\n\n\n",
    "\n  indented first\nthen not",
    "  leading, trailing  ",
    "tab\there, cr\r\nlf",
    "trailing spaces  \nin the middle   \n",
    "'single' \"double\" \\back\\slash\\n",
    "# no comment\n---\n... no document\n",
    "key: value # text",
    "- [a, {b: c}]",
    "<a href='x'>&amp;</a>",
    "Zürich 🔴 \u00a0 \u200b",
    "yes", "null", "~", "1e3", "0x10", "12:30:00", "1_000", "2026-01-01", "",
    "*alias &anchor !tag %directive @at `tick`",
    "x" * 5000,
)  # fmt: skip


def data(values: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the content of the central ConfigMap."""
    content: Mapping[str, str] = rendering.the(rendering.objects(values), "ConfigMap", NAME)["data"]
    return content


def read(text: str) -> Any:
    """Return what the daemon's own YAML reader makes of a key."""
    return yamltext.read(text).value


def test_texts_pass_through_unchanged() -> None:
    """As a field, as a whole text and inside a list, the daemon reads what was given."""
    names = {f"t{number}": text for number, text in enumerate(TEXTS)}
    content = data(
        {
            "templates": {name: {"message": text} for name, text in names.items()},
            "triggers": {name: [{"when": text, "send": [text]}] for name, text in names.items()},
            "notifications": {f"partial.{name}": text for name, text in names.items()},
        }
    )
    for name, text in names.items():
        assert read(content[f"template.{name}"]) == {"message": text}
        assert read(content[f"trigger.{name}"]) == [{"when": text, "send": [text]}]
        assert content[f"partial.{name}"] == text


def test_values_keep_their_types() -> None:
    """Numbers of any size, truth values, null and what only looks like them stay what they are."""
    given = {"port": 587, "big": 1_000_000, "huge": 10_000_000_000, "half": 0.5, "no": False,
             "none": None, "text": "587", "yes": "yes", "list": [], "map": {}}  # fmt: skip
    assert read(data({"services": {"x": given}})["service.x"]) == given


def test_numbers_of_settings_stay_whole() -> None:
    """A great number does not become a floating one on its way through Helm."""
    found = rendering.objects({"config": {"store": {"retention_rows": 20_000_000}}})
    assert "retention_rows: 20000000\n" in rendering.settings_of(found)


def test_plain_names_become_keys() -> None:
    """Each map gives its own kind of key; lists and the context are one key each."""
    content = data(
        {
            "services": {"slack": {"token": "$t"}, "webhook.audit": {"url": "https://x.example"}},
            "triggers": {"on-x": [{"send": ["y"]}]},
            "templates": {"y": "message: hello"},
            "subscriptions": [{"recipients": ["slack:a"]}],
            "defaultTriggers": ["on-x"],
            "context": {"a": "b"},
        }
    )
    assert {key: read(text) for key, text in content.items()} == {
        "service.slack": {"token": "$t"},
        "service.webhook.audit": {"url": "https://x.example"},
        "trigger.on-x": [{"send": ["y"]}],
        "template.y": {"message": "hello"},
        "subscriptions": [{"recipients": ["slack:a"]}],
        "defaultTriggers": ["on-x"],
        "context": {"a": "b"},
    }


def test_null_disables_what_the_image_has() -> None:
    """A built-in trigger set to null is null in the ConfigMap: that is how it is disabled."""
    content = data({"notifications": {"trigger.on-rollout-paused": "null"}, "services": {"a": {}}})
    assert read(content["trigger.on-rollout-paused"]) is None


def test_section_of_the_former_chart_means_the_same() -> None:
    """Pasted as it is, it gives the keys that its own chart gives."""
    content = data(yaml.safe_load((rendering.CHART / "ci" / "migration-values.yaml").read_text()))
    assert sorted(content) == [
        "service.slack",
        "subscriptions",
        "template.my-purple-template",
        "trigger.on-purple",
    ]
    assert content["service.slack"] == "token: $slack-token\n"
    assert read(content["subscriptions"])[0]["recipients"] == ["slack:releases"]


def test_defaults_of_the_former_chart_make_nothing() -> None:
    """Its empty section gives no ConfigMap that would hide an existing one."""
    empty = {
        "configmap": {"create": True},
        "secret": {"create": False, "items": {}, "annotations": {}},
        **{key: {} for key in ("notifiers", "templates", "triggers")},
        "subscriptions": [],
    }
    found = rendering.of_kind(rendering.objects({"notifications": empty}), "ConfigMap")
    assert [one["metadata"]["name"] for one in found] == ["rel-notifier-settings"]


def test_config_map_can_be_someone_elses() -> None:
    """With `configmap.create: false` no ConfigMap is made, whatever is given."""
    values = {"notifications": {"configmap": {"create": False}, "service.slack": "token: $t"}}
    found = rendering.of_kind(rendering.objects(values), "ConfigMap")
    assert [one["metadata"]["name"] for one in found] == ["rel-notifier-settings"]


def test_extra_objects_are_not_evaluated() -> None:
    """What somebody adds is written as it is, braces included."""
    extra = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"},
             "stringData": {"a": "{{ .Release.Name }}\n"}}  # fmt: skip
    assert rendering.the(rendering.objects({"extraObjects": [extra]}), "Secret") == extra


def test_two_releases_share_no_name() -> None:
    """Installed twice, into one namespace or two, no object is in the way of another."""

    def names(release: str, namespace: str) -> set[tuple[str, str, str]]:
        result = rendering.helm(
            "template", release, str(rendering.CHART), "--namespace", namespace,
            "--values", str(Path(rendering.CHART / "ci" / "strict-teams-values.yaml")),
            "--set", f"configMap.name={release}-cm",
        )  # fmt: skip
        return {
            (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"])
            for one in yaml.safe_load_all(result.stdout)
        }

    assert not names("a", "x") & names("b", "x")
    assert not names("a", "x") & names("a", "y")


@pytest.mark.parametrize("name", ["notifier", "my-notifier", "n" * 53])
def test_names_fit(name: str) -> None:
    """The release's name is not doubled, and no name of ours is longer than a label may be."""
    result = rendering.helm("template", name, str(rendering.CHART), "--namespace", "ns")
    found = rendering.the([o for o in yaml.safe_load_all(result.stdout) if o], "Deployment")
    full = found["metadata"]["name"]
    assert len(full) <= 63
    assert full.count("notifier") == 1
