"""What real configuration gets wrong is told where it stands, with the way out (templates.md
1.3)."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.core import context
from notifier.core.compiling import names
from notifier.core.configuration import Configuration, compile_configuration
from notifier.core.errors import Problem
from notifier.core.model import Event, ObjectRef, Transition
from tests.strategies.kinds import KINDS


def problems(**keys: str) -> list[Problem]:
    """Compile keys (`t_x` is a template, `g_x` a trigger) and return what is wrong."""
    kinds = {"t": "template.", "g": "trigger."}
    given = {kinds[key[0]] + key[2:].replace("_", "-"): text for key, text in keys.items()}
    found = compile_configuration(given, {}, Configuration(), KINDS, document="cm").problems
    return [each for each in found if "no trigger sends" not in each.message]


def the(**keys: str) -> Problem:
    """Return the only problem."""
    (problem,) = problems(**keys)
    return problem


@pytest.mark.parametrize(
    ("text", "message", "fix", "at"),
    [
        (
            "{{ .x | truncate 3 }}",
            'function "truncate" not defined',
            "did you mean trunc",
            "truncate",
        ),
        ("{{ .rollout | toYaml }}", 'function "toYaml" not defined', "Helm charts only", "toYaml"),
        ("{{ .rollout.spec.l[0] }}", "bad character U+005B '['", "(index .list 0)", "[0]"),
        ('{{ printf \\"a\\" }}', 'unexpected "\\\\" in operand', "no backslash", "\\"),
        (
            "{{ genPrivateKey `rsa` }}",
            "is switched off",
            "templates.allowFunctions",
            "genPrivateKey",
        ),
    ],
)
def test_a_template_that_does_not_parse(text: str, message: str, fix: str, at: str) -> None:
    """In Go's words, which users search for, at its line and column (of the block's text)."""
    problem = the(t_t=f"message: x\nemail:\n  subject: a\nslack:\n  attachments: |\n    {text}\n")
    assert problem.severity == "error"
    assert message in problem.message
    assert fix in problem.fix
    assert (problem.field, problem.line) == ("slack.attachments", 6)
    assert problem.column == text.index(at) + 1


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        ("{{.rolout.metadata.name}}", "there is no variable rolout", "did you mean rollout?"),
        ("{{range .l}}{{.x}}{{$.rolout}}{{end}}", "no variable l:", ""),
        ("{{.time.Hour}}", "time.Hour is nothing", "1h"),
        ("{{.strings.x}}", "there is no variable strings", "builtins"),
    ],
)
def test_a_template_that_reads_what_is_not_there(text: str, message: str, fix: str) -> None:
    """It prints `<no value>` for ever, so it is a warning."""
    found = problems(t_t=f"message: '{text}'")
    (problem,) = [each for each in found if message in each.message]
    assert (problem.severity, problem.field) == ("warning", "message")
    assert fix in problem.fix


@pytest.mark.parametrize(
    ("when", "severity", "message", "fix"),
    [
        ("rollout.status.currentStepIndex % 2 == 0", "warning", "whole numbers only", "int("),
        ("rolout.status == nil", "warning", "there is no variable rolout", "rollout?"),
        ("recipient == 'x'", "warning", "recipient is nothing in a condition", ""),
        ("time.Now().Sub(x) > time.Hour", "warning", "time.Hour is nothing", "duration("),
        ("repo.GetCommitMetadata()", "warning", "exists in Argo CD only", ""),
        ("rollout.x = 1", "error", "unexpected token Operator", ""),
        ("'a' == 1", "error", "mismatched types string and int", ""),
    ],
)
def test_conditions(when: str, severity: str, message: str, fix: str) -> None:
    """What fails on every object is told before there is one."""
    found = problems(t_t="message: x", g_on_rollout_completed=f'- when: "{when}"\n  send: [t]')
    (problem,) = [each for each in found if message in each.message]
    assert (problem.severity, problem.field) == (severity, "[0].when")
    assert problem.line == 1
    assert fix in problem.fix


@pytest.mark.parametrize(
    "when",
    [
        "int(rollout.status.currentStepIndex) % 2 == 0",
        "5 % 2 == 1",
        "rollout.status.phase == 'Healthy' and time.Now() > time.Parse(rollout.x)",
        "let a = 1; any(rollout.l, {.x > a})",
    ],
)
def test_good_conditions_are_silent(when: str) -> None:
    """No false alarm."""
    text = f'- when: "{when}"\n  send: [t]'
    assert problems(t_t="message: x", g_on_rollout_completed=text) == []


def test_known_names_are_those_that_exist() -> None:
    """The table and the variables of a real event agree."""
    rollout = ObjectRef(kind="Rollout", namespace="ns", name="app", uid="u")
    transition = Transition(
        trigger="on-rollout-completed",
        reason="RolloutCompleted",
        rollout=rollout,
        key="k",
        resource_version="1",
    )
    event = Event(id="e", transition=transition, observed_at=1.0)
    whole: dict[str, Any] = {"metadata": {"name": "app", "namespace": "ns"}}
    found = context.variables(event, context.Evidence(rollout=whole), {}, now=1.0)
    assert set(found) | {"time"} == names.SHARED
