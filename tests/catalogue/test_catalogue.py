"""Every shipped item, found by globbing: its form, its template, when it fires and when not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from notifier.core import catalogue, lifecycle, triggers
from notifier.core.errors import TriggerError
from notifier.core.triggers import Fired
from tests.catalogue import recorded, shipped

ROOT = Path(__file__).parents[2]
TRIGGERS = sorted((ROOT / "triggers").glob("*.yaml"))
TEMPLATES = sorted((ROOT / "templates").glob("*.yaml"))

FIRES = {
    # trigger: recording in which it occurs, how often; one in which it does not beyond the first
    # deploy, how often that is
    "on-rollout-updated": ("canary-manual-promote", 2, "restart", 1),
    "on-rollout-step-completed": ("canary-manual-promote", 3, "canary-rollback-to-stable", 1),
    "on-rollout-paused": ("canary-manual-promote", 1, "spec-paused", 0),
    "on-rollout-completed": ("canary-manual-promote", 2, "canary-rollback-to-stable", 1),
    "on-rollout-aborted": ("canary-abort-paused", 1, "canary-abort-fully-promoted", 0),
    "on-scaling-replica-set": ("scale-to-zero-and-back", 3, "scale-replicaset-by-hand", 2),
    "on-analysis-run-running": ("analysis-step-fail", 1, "analysis-standalone", 0),
    "on-analysis-run-failed": ("analysis-step-fail", 1, "analysis-dry-run", 0),
    "on-analysis-run-error": ("analysis-step-error", 1, "analysis-standalone", 0),
    "on-analysis-run-inconclusive": ("analysis-step-inconclusive", 1, "analysis-step-pass", 0),
    "on-analysis-run-successful": ("analysis-step-pass", 1, "analysis-step-fail", 0),
    "on-rollout-rollback": ("canary-undo-older", 1, "canary-manual-promote", 0),
    "on-rollout-resumed": ("canary-update-timed-pause", 1, "canary-manual-promote", 0),
    "on-rollout-degraded": ("canary-deadline-no-abort", 1, "canary-deadline-abort", 0),
}


@pytest.mark.parametrize("path", TRIGGERS, ids=lambda path: path.stem)
def test_trigger_file(path: Path) -> None:
    """A trigger says in a sentence what it is for, and sends templates that exist."""
    item = yaml.safe_load(path.read_text())
    assert set(item) <= set(catalogue.FIELDS)
    assert item["transition"] == path.stem
    assert item["description"].endswith(".")
    for name in item["send"]:
        assert (ROOT / "templates" / f"{name}.yaml").exists()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_template_file(path: Path) -> None:
    """A template serves every channel and is sent by some trigger."""
    item = yaml.safe_load(path.read_text())
    assert set(item) == {"engine", "message", "slack", "email", "webhook"}
    assert item["engine"] == "jinja"
    assert not path.stem.startswith("on-")
    assert any(path.stem in yaml.safe_load(each.read_text())["send"] for each in TRIGGERS)


def test_the_nine_are_there() -> None:
    """Ready without configuration."""
    assert set(shipped.shipped().triggers) >= set(lifecycle.NINE)


def test_every_trigger_has_its_cases() -> None:
    """A new trigger needs a recording in which it fires and one in which it does not."""
    assert set(FIRES) == set(shipped.shipped().triggers)


@pytest.mark.parametrize("trigger", FIRES)
def test_fires(trigger: str) -> None:
    """Its transition occurs in the one recording and not in the other, and its condition holds."""
    positive, often, negative, seldom = FIRES[trigger]
    found = [one for one in recorded.occasions(positive) if one.trigger == trigger]
    assert len(found) == often
    (condition,) = shipped.shipped().triggers[trigger].conditions
    for occasion in found:
        assert triggers.evaluate(condition, shipped.variables(occasion)) == Fired()
    others = [one for one in recorded.occasions(negative) if one.trigger == trigger]
    assert len(others) == seldom


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("- send: [a]", "is no mapping", id="a list"),
        pytest.param("description: a: b", "not valid YAML", id="no YAML"),
        pytest.param(
            "{description: d., transition: on-rollout-paused, send: [a], condition: x}",
            "has unknown fields: condition", id="unknown field",
        ),
        pytest.param("{transition: on-rollout-paused}", "lacks description, send", id="missing"),
        pytest.param(
            "{description: d., transition: on-rollout-aborted, send: [a]}",
            "on-rollout-aborted is no transition of this name", id="another transition",
        ),
    ],
)  # fmt: skip
def test_a_trigger_file_of_another_form_is_refused(text: str, problem: str) -> None:
    """A fault in the catalogue names its file."""
    with pytest.raises(TriggerError, match=re.escape(problem)) as caught:
        catalogue.load({"triggers/on-rollout-paused.yaml": text}, shipped.TYPES)
    assert caught.value.problem.document == "triggers/on-rollout-paused.yaml"


def test_a_transition_that_does_not_exist_is_refused() -> None:
    """A trigger of the catalogue is a lifecycle trigger."""
    text = "{description: d., transition: on-purple, send: [a]}"
    with pytest.raises(TriggerError, match="no transition"):
        catalogue.load({"triggers/on-purple.yaml": text}, shipped.TYPES)


def test_conditions_of_a_trigger_file() -> None:
    """The file becomes one condition; its description is kept. Other files are not items."""
    files: dict[str, Any] = {
        "triggers/on-rollout-paused.yaml": (
            "{description: d., transition: on-rollout-paused, send: [a]}"
        ),
        "templates/a.yaml": "{engine: jinja, message: hello}",
        "README.md": "no item",
    }
    loaded = catalogue.load(files, shipped.TYPES)
    (condition,) = loaded.triggers["on-rollout-paused"].conditions
    assert (condition.send, condition.description, condition.text) == (("a",), "d.", "")
    assert set(loaded.templates) == {"a"}


def test_the_palette() -> None:
    """Templates take the colour of the state and invent none."""
    for path in TEMPLATES:
        assert not re.search(r"#[0-9a-fA-F]{3,6}\b", path.read_text()), path.name


def test_what_needs_a_person_is_broadcast() -> None:
    """The state decides, so a variant that goes on by itself stays in its thread."""
    broadcast = {
        path.stem
        for path in TEMPLATES
        if yaml.safe_load(path.read_text())["slack"].get("notifyBroadcast")
    }
    assert broadcast == {
        "rollout-paused", "rollout-aborted", "rollout-degraded", "analysis-run-failed",
        "analysis-run-error", "analysis-run-inconclusive",
    }  # fmt: skip
