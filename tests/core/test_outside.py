"""Texts that are rendered elsewhere: a draft names them, the next plan has their outcomes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

import pytest

from notifier.core import outside, planning
from notifier.core.configuration import Configuration, compile_configuration
from notifier.core.context import Evidence
from notifier.core.outside import Outcome, Outside, Rendered, Task, Text, Verdicts
from notifier.core.planning import Plan
from notifier.languages import LanguageError, Languages
from notifier.services import TYPES
from tests.engine import fakes
from tests.engine.fakes import ABORTED, EPOCH


def compiled(template: str, verdicts: Verdicts | None = None) -> Configuration:
    """Return a team's configuration with one template, sent to a Slack and a webhook service."""
    return compile_configuration(
        {
            "service.slack": "token: t",
            "service.webhook.hook": "url: https://h.example/",
            "template.t": f"engine: jinja\n{template}",
            f"trigger.{ABORTED}": "- send: [t]",
            "subscriptions": f"- {{recipients: [slack:ops, hook], triggers: [{ABORTED}]}}",
        },
        {},
        Configuration(),
        TYPES,
        document="shop/cm",
        scope="shop",
        languages=Languages(templates={"jinja": Outside("jinja", verdicts or Verdicts())}),
    )


def plan(
    configuration: Configuration, done: Mapping[Task, Sequence[Outcome]] | None = None
) -> Plan:
    """Plan an abort."""
    return planning.plan(
        fakes.event(),
        Evidence(rollout=fakes.rollout()),
        [configuration],
        now=EPOCH,
        rendered=Rendered(done or {}),
    )


TEMPLATE = """
message: 'hello {{ trigger }}'
slack: {blocks: [{type: section, text: {type: mrkdwn, text: '*{{ rollout.metadata.name }}*'}}]}
webhook: {hook: {body: '{{ recipient }}'}, other: {body: '{{ never }}'}}
"""


def test_a_draft_names_what_each_destination_needs() -> None:
    """One task per message: the texts of its own block with the way data is defused there, and all
    variables as JSON. Nothing is sent yet."""
    draft = plan(compiled(TEMPLATE))
    assert draft.deliveries == ()
    assert [[(text.text, escape) for text, escape in task.texts] for task in draft.pending] == [
        [("hello {{ trigger }}", "slack"), ("*{{ rollout.metadata.name }}*", "slack")],
        [("hello {{ trigger }}", "none"), ("{{ recipient }}", "none")],
    ]
    assert {task.scope for task in draft.pending} == {"shop"}
    variables = [json.loads(task.data) for task in draft.pending]
    assert [(each["recipient"], each["serviceType"]) for each in variables] == [
        ("ops", "slack"),
        ("", "hook"),
    ]


def test_the_plan_with_outcomes_is_whole() -> None:
    """Each text stands where its template has it."""
    configuration = compiled(TEMPLATE)
    slack, hook = plan(configuration).pending
    planned = plan(configuration, {slack: ["one", "two"], hook: ["three", "four"]})
    assert planned.pending == ()
    assert [json.loads(each.payload) for each in planned.deliveries][1] == {
        "method": "POST", "body": "four",
    }  # fmt: skip
    assert b'"text":"one"' in planned.deliveries[0].payload
    assert b"two" in planned.deliveries[0].payload
    assert b"{{" not in planned.deliveries[0].payload


def test_a_plan_half_rendered_sends_what_is_done_and_names_the_rest() -> None:
    """Whoever drives the plan makes it again; what is missing is still named."""
    configuration = compiled(TEMPLATE)
    slack, hook = plan(configuration).pending
    draft = plan(configuration, {slack: ["one", "two"]})
    assert list(draft.pending) == [hook]


def test_an_error_that_came_back_becomes_plain_text() -> None:
    """As with any template that fails: told in plain words, with the error and its line."""
    configuration = compiled("message: '{{ trigger }}'")
    done = {task: [LanguageError("was stopped", line=1)] for task in plan(configuration).pending}
    planned = plan(configuration, done)
    assert len(planned.deliveries) == 2
    assert [(each.engine, each.scope) for each in planned.failed] == [("jinja", "shop")] * 2
    assert "was stopped" in planned.verdicts[0].detail


def test_plain_texts_need_no_child() -> None:
    """A text without template syntax is itself."""
    planned = plan(compiled("message: hello"))
    assert planned.pending == ()
    assert len(planned.deliveries) == 2


def test_unknown_texts_are_collected_and_taken_for_good() -> None:
    """Compiling is pure: what the child says comes with the next compilation."""
    verdicts = Verdicts()
    made = compiled("message: '{{ broken. }}'", verdicts)
    assert verdicts.unknown == [Text("{{ broken. }}")]
    assert [each for each in made.problems if each.severity == "error"] == []
    bad = Verdicts({Text("{{ broken. }}"): LanguageError("expected name", line=1)})
    again = compiled("message: '{{ broken. }}'", bad)
    (problem,) = [each for each in again.problems if each.key == "template.t"]
    assert (problem.message, problem.field) == ("expected name", "message")
    assert bad.unknown == []


def test_sources_are_bounded_before_the_child_sees_them() -> None:
    """32 KiB of text, and of what it includes."""
    language = Outside("jinja", Verdicts())
    with pytest.raises(LanguageError, match="longer than 32768"):
        language.compile("x" * (outside.SOURCE + 1))
    with pytest.raises(LanguageError, match="longer than 32768"):
        language.compile("{% include 'a' %}", {"a": "x" * (outside.SOURCE + 1)})
    assert language.compile("{{ a }}", {"a": "x" * (outside.SOURCE + 1)}) == Text("{{ a }}")


def test_rendering_one_here_is_refused() -> None:
    """No path renders a team's text in this process by mistake."""
    with pytest.raises(LanguageError, match="another process"):
        Text("{{ a }}").render({})
