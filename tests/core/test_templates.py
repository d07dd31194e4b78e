"""Rendering and merging the templates of one send (configuration.md 7.2)."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.core import templates
from notifier.core.configuration import Configuration, compile_configuration
from notifier.core.errors import EvaluationError
from notifier.core.service import Block, BlockField, Message
from notifier.core.templates import Template
from tests.strategies.kinds import CONSOLE, EMAIL, KINDS, SLACK, WEBHOOK

DATA = {"name": "a<b>", "n": 1}


def compiled(*texts: str) -> list[Template]:
    """Compile Jinja templates named a, b, c …"""
    keys = {f"template.{chr(97 + at)}": f"engine: jinja\n{text}" for at, text in enumerate(texts)}
    configuration = compile_configuration(keys, {}, Configuration(), KINDS, document="cm")
    assert not [each for each in configuration.problems if each.severity == "error"]
    return [configuration.templates[name] for name in sorted(configuration.templates)]


def render(kind: Any, *texts: str, service: str = "hook") -> Message:
    """Render templates for a service type."""
    return templates.render(compiled(*texts), kind.block, service, DATA)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["message: one", "message: two"], "two"),
        (["message: one", "message: ''"], "one"),
        (["message: one", "message: '{{ missing }}'"], "one"),
        (["message: one", "message: ' '"], " "),
        (["message: one", "slack: {}"], "one"),
        (["slack: {}"], ""),
        (["message:"], ""),
    ],
)
def test_the_last_message_that_is_not_empty_wins(texts: list[str], expected: str) -> None:
    """White space counts as content."""
    assert render(CONSOLE, *texts).text == expected


def test_fields_merge_one_by_one() -> None:
    """In an e-mail the last non-empty value of each field wins."""
    message = render(
        EMAIL,
        "email: {subject: s1, body: b1, headers: {X-A: '{{ n }}'}}",
        "email: {subject: '', body: b2}",
        "message: m",
    )
    assert message.block == {"subject": "s1", "body": "b2", "headers": {"X-A": "1"}}
    assert message.templates == ("a", "b", "c")
    assert render(EMAIL, "email: {subject: ''}").block == {"subject": ""}


def test_a_later_block_overwrites_the_whole_one() -> None:
    """Slack's fields are overwritten even by nothing."""
    message = render(
        SLACK,
        "slack: {username: u, attachments: '[]', notifyBroadcast: true}",
        "slack: {username: '', blocks: [{text: '{{ name }}', size: 1, ok: true, nil: null}]}",
    )
    assert message.block == {
        "username": "",
        "blocks": [{"text": "a&lt;b&gt;", "size": 1, "ok": True, "nil": None}],
    }


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["slack: {}"], {}),
        (["slack:"], None),
        (["slack: {username: u}", "slack:"], {"username": "u"}),
        (["slack: {username: u}", "slack: {}"], {}),
        (["message: m"], None),
    ],
)
def test_an_empty_mapping_exists_and_an_empty_value_does_not(
    texts: list[str], expected: Any
) -> None:
    """`{}` overwrites, nothing does not."""
    assert render(SLACK, *texts).block == expected


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ("hook", {"method": "PUT", "body": "{{ second }}"}),
        ("other", {"path": "/any"}),
        ("third", {"path": "/any"}),
    ],
)
def test_webhooks_merge_whole_entries_by_service(service: str, expected: Any) -> None:
    """The entry of the service, else of every service; a later one replaces it."""
    message = render(
        WEBHOOK,
        "webhook: {hook: {path: /first, body: first}, '*': {path: /any}, other: null}",
        "webhook: {hook: {method: PUT, body: \"{{ '{{ second }}' }}\"}}",
        service=service,
    )
    assert message.block == expected


def test_data_is_escaped_as_the_block_says() -> None:
    """Message and fields have their own way each."""
    assert render(SLACK, "message: '<{{ name }}>'").text == "<a&lt;b&gt;>"
    assert render(EMAIL, "message: '{{ name }}'").text == "a<b>"
    assert render(EMAIL, "email: {subject: '{{ name }}', body: '<b>{{ name }}</b>'}").block == {
        "subject": "a<b>",
        "body": "<b>a&lt;b&gt;</b>",
    }
    assert render(WEBHOOK, "webhook: {hook: {body: {k: ['{{ name }}']}}}").block == {
        "body": {"k": ["a<b>"]}
    }


def test_only_the_needed_block_is_rendered() -> None:
    """A fault in the e-mail does not harm Slack (configuration.md 7.1)."""
    text = "message: m\nslack: {username: u}\nemail: {body: '{{ 1 / 0 }}'}"
    assert render(SLACK, text).block == {"username": "u"}
    assert render(CONSOLE, text).block is None
    with pytest.raises(EvaluationError, match="division by zero"):
        render(EMAIL, text)


def test_a_fault_names_template_field_and_line() -> None:
    """The line is that of the key's text, inside a block scalar too."""
    with pytest.raises(EvaluationError) as caught:
        render(
            SLACK,
            "message: m",
            "slack:\n  attachments:\n    - text: |\n        a\n        {{ 1 / 0 }}\n",
        )
    error = caught.value
    assert (error.item, error.field, error.line) == ("b", "slack.attachments[0].text", 6)
    assert "division by zero" in error.message


def test_an_empty_map_is_empty_and_a_false_literal_is_not() -> None:
    """Merging by fields skips what has no content; false and 0 have some."""
    message = render(EMAIL, "email: {headers: {a: '1'}}", "email: {headers: {}}")
    assert message.block == {"headers": {"a": "1"}}
    block = Block(name="b", fields=(BlockField(name="flag", form="literal"),))
    given = [
        Template(name="a", engine="plain", blocks={"b": {"flag": flag}}) for flag in (1, False)
    ]
    assert templates.render(given, block, "", {}).block == {"flag": False}
