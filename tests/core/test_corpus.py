"""Every real configuration loads, with the faults it has and no other (configuration.md 16).

Some fields are no Go templates and two conditions no expressions, as the original engines say too:
they are kept as inputs that must be reported, not guessed at.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notifier import services
from notifier.core import yamltext
from notifier.core.configuration import Configuration, compile_configuration
from notifier.core.errors import Problem
from notifier.core.yamltext import Limits
from tests.strategies.kinds import KINDS

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus"
FILES = sorted(path for path in CORPUS.glob("*.yaml") if path.name != "README.yaml")

pytestmark = pytest.mark.skipif(not FILES, reason="the corpus is not beside this checkout")

LIST = "a trigger is a list of"
KEY = "this key of a mapping is"
TRUNCATE = 'function "truncate" not defined'
BRACKET = "bad character U+005B '['"
BACKSLASH = 'unexpected "\\\\" in operand'
FAULTS: dict[str, set[tuple[str, str]]] = {
    "003": {("template.deployment-ready#3", "not valid YAML: did not find")},
    "005": {("template.deployment-ready#2", BRACKET)},
    "007": {("template.app-sync-succeeded#3", KEY)},
    "011": {("template.opsgenie", KEY)},
    "023": {("service.opsgenie", "a service is a mapping, this")},
    "024": {("trigger.on-deployed-trigger", LIST), ("trigger.on-deployed-trigger#2", LIST)},
    "025": {("template.trigger-webhook", "not valid YAML: found unexpected end")},
    "026": {("trigger.on-deployed", LIST)},
    "039": {
        ("template.sync-failed-webhook", "a template is a mapping, this"),
        ("trigger.on-health-degraded", LIST),
        ("trigger.on-sync-failed", LIST),
    },
    "040": {("trigger.on-sync-failed", LIST)},
    "061": {
        ("template.app-event-to-webhook", "not valid YAML: could not find"),
        ("trigger.on-deployed", LIST),
        ("service.custom-webhook", "there is no service type custom-webhook"),
    },
    "064": {("template.app-sync-succeeded", BACKSLASH)},
    "071": {
        ("template.app-drift-detected", BACKSLASH),
        ("template.app-health-degraded", BACKSLASH),
        ("template.app-sync-failed", BACKSLASH),
        ("template.app-sync-succeeded", BACKSLASH),
    },
    "073": {("template.app-health-degraded", BRACKET)},
    "074": {("template.app-deployed", TRUNCATE)},
    "095": {("trigger.on-deployed", LIST)},
    "103": {
        ("service.slack-deployments", "there is no service type slack-deployments"),
        ("service.slack-health", "there is no service type slack-health"),
    },
    "112": {("template.app-sync-succeeded#3", KEY)},
    "122": {
        ("template.app-sync-running", TRUNCATE),
        ("template.app-sync-succeeded", TRUNCATE),
    },
    "u-3444782551": {
        ("template.rollout-completed", BRACKET),
        ("template.rollout-started", BRACKET),
    },
    "u-52408846169": {
        ("template.app-health-degraded", BACKSLASH),
        ("template.app-sync-failed", BACKSLASH),
    },
    "u-54488178847": {("template.slack-deployment", TRUNCATE)},
    "u-55075005189": {("template.rollout-aborted", BRACKET)},
    "u-57943375502": {
        ("trigger.complex-condition", 'unexpected token Operator("=")'),
        ("trigger.on-resource-failed", 'unexpected token Bracket("]")'),
    },
    "u-53412574138": {("template.rollout-started", "alias *Rollout is not defined above")},
    "u-63218677616": {
        ("template.my-purple-template", "not valid YAML: could not find"),
        ("trigger.on-purple", "not valid YAML: did not find"),
        ("subscriptions", "not valid YAML: did not find"),
    },
}
"""What is wrong, by file."""


TYPES = {**services.TYPES, **KINDS}
"""Stand-ins for the types whose options are checked; the values here are placeholders."""


class AnySecret(dict[str, bytes]):
    """A Secret that has every key."""

    def get(self, key: str, default: Any = None) -> bytes:  # noqa: ARG002 - a mapping's signature
        """Return something."""
        return b"value"

    def __missing__(self, key: str) -> bytes:
        return b"value"


def data(path: Path) -> dict[str, str]:
    """Return the ConfigMap keys of a corpus file."""
    document = yamltext.read(path.read_text(), Limits(size=1 << 20, nodes=10_000)).value
    assert document["flavour"] in ("argo-rollouts", "argo-cd", "other")
    return {
        key: value
        for key, value in document["data"].items()
        if value is not None and not (key.startswith("service.") and "#" in key)
    }


def errors(path: Path) -> list[Problem]:
    """Return what is an error of a corpus file."""
    configuration = compile_configuration(
        data(path), AnySecret(), Configuration(), TYPES, document=path.name
    )
    return [problem for problem in configuration.problems if problem.severity == "error"]


def kinds(problems: list[Problem]) -> set[tuple[str, str]]:
    """Return the errors by key and first words, those of missing templates apart."""
    return {
        (each.key, " ".join(each.message.split()[:6]))
        for each in problems
        if "sends template" not in each.message
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:30])
def test_each_file_loads_with_its_own_faults(path: Path) -> None:
    """The known faults and no other; what a missing template makes of its triggers apart."""
    name = path.stem if path.stem.startswith("u-") else path.name[:3]
    assert kinds(errors(path)) == FAULTS.get(name, set())


def test_every_known_fault_is_of_a_file() -> None:
    """The table has no row for a file that is gone, and the corpus is whole."""
    assert len(FILES) == 160
    assert all(any(path.name.startswith(name) for path in FILES) for name in FAULTS)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:30])
def test_a_missing_template_is_named_and_no_other_is(path: Path) -> None:
    """A trigger that sends what its file does not define is an error, and only such a one."""
    keys = data(path)
    defined = {key.removeprefix("template.") for key in keys if key.startswith("template.")}
    broken = {key for key, _ in kinds(errors(path))}
    for problem in errors(path):
        if problem.message.startswith("sends template"):
            name = problem.message.split()[2].rstrip(",")
            assert name not in defined or f"template.{name}" in broken


def test_every_text_that_is_no_template_is_reported() -> None:
    """Eighteen fields and two conditions, each with its line and column."""
    words = (TRUNCATE, BRACKET, BACKSLASH, "unexpected token")
    found = [each for path in FILES for each in errors(path) if each.message.startswith(words)]
    assert all(each.line and each.column for each in found)
    assert len([each for each in found if each.key.startswith("trigger.")]) == 2
    assert len({(each.document, each.key, each.field) for each in found}) == 20
