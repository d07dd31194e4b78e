"""What receivers demand of every message: Block Kit's limits, the webhook's schema, plain text.

Over every transition of every recording, whatever its trigger: no template errs, none prints a
missing value, none breaks a limit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from notifier.core import lifecycle, summaries
from tests.catalogue import recorded, shipped
from tests.catalogue.cases import CASES, Case
from tests.catalogue.shipped import Sent

SCHEMA = Path(__file__).parents[2] / "docs" / "webhook.schema.json"
MISSING = re.compile(
    r"<no value>|\bNone\b|\bundefined\b|\(\)|\[\]|\{\}|:\s*(?:\Z|</td>)|·\s*·|(?:· *|, *)$",
    re.MULTILINE,
)
EMPTY_LINE = re.compile(r":\s*$", re.MULTILINE)
MRKDWN_CONTROL = re.compile(r"<(?!https://)")


@cache
def validator() -> jsonschema.Draft202012Validator:
    """Return the validator of the published schema."""
    schema = json.loads(SCHEMA.read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def texts(item: Any) -> Iterator[str]:
    """Yield every text that Slack shows."""
    if isinstance(item, dict):
        for name, value in item.items():
            if name in ("text", "fallback", "pretext", "title") and isinstance(value, str):
                yield value
            else:
                yield from texts(value)
    elif isinstance(item, list):
        for each in item:
            yield from texts(each)


def check_blocks(blocks: list[dict[str, Any]]) -> None:
    """Block Kit: what Slack refuses with `invalid_blocks`."""
    assert len(blocks) <= 50
    for block in blocks:
        match block["type"]:
            case "section":
                assert set(block) <= {"type", "text", "fields"}
                assert "text" in block or block["fields"]
                shown = [block["text"]] if "text" in block else []
                limits = [(each, 3000) for each in shown]
                limits += [(each, 2000) for each in block.get("fields", [])]
                assert len(block.get("fields", [])) <= 10
            case "context":
                assert set(block) == {"type", "elements"}
                assert 1 <= len(block["elements"]) <= 10
                limits = [(each, 3000) for each in block["elements"]]
            case other:
                pytest.fail(f"block {other} is not checked yet")
        for each, limit in limits:
            assert set(each) == {"type", "text"}
            assert each["type"] in ("mrkdwn", "plain_text")
            assert 1 <= len(each["text"]) <= limit
            assert each["text"] == each["text"].strip()


def check_slack(sent: Sent) -> None:
    """Check one Slack message whole."""
    arguments = sent.slack["arguments"]
    (attachment,) = arguments["attachments"]
    assert attachment["color"] in summaries.COLOURS.values()
    assert attachment["fallback"]
    assert 1 <= len(arguments["text"]) <= 40_000
    assert arguments["blocks"], "without blocks Slack would show the fallback text as well"
    check_blocks(arguments["blocks"])
    check_blocks(attachment["blocks"])
    assert sent.slack["key"].startswith("slack/")
    for text in texts(arguments):
        assert not MRKDWN_CONTROL.search(text), text


def check(sent: Sent) -> None:
    """Check what every receiver gets."""
    check_slack(sent)
    validator().validate(sent.document)
    assert sent.webhook["method"] == "POST"
    assert sent.webhook["headers"] == {"Content-Type": "application/json"}
    html, text = sent.email.get_body(("html",)), sent.email.get_body(("plain",))
    assert html is not None
    assert text is not None
    assert text.get_content().replace("\r\n", "\n").strip() == sent.message
    assert 1 <= len(sent.email["Subject"]) <= 200
    first, *rest = sent.message.split("\n")
    assert first.endswith("]")
    assert all(rest), "an empty line"
    assert not EMPTY_LINE.search(sent.message), sent.message
    for shown in (sent.message, html.get_content(), *texts(sent.slack["arguments"])):
        found = MISSING.search(shown)
        assert found is None, shown[max(0, found.start() - 80) : found.end() + 20]


@pytest.mark.parametrize("recording", recorded.NAMES)
def test_every_transition_of_a_recording(recording: str) -> None:
    """Whatever the real controller did, the message about it is fit for its receivers."""
    for occasion in recorded.occasions(recording):
        if occasion.trigger in shipped.shipped().triggers:
            check(shipped.send(occasion))


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.name != "failed-hostile-texts"], ids=lambda it: it.name
)
def test_every_golden_case(case: Case) -> None:
    """The edited cases too."""
    check(shipped.send(case.occasion()))


def test_hostile_texts_are_only_text() -> None:
    """Mentions, links and tags in object data reach no receiver as such (security.md S14, S15)."""
    (case,) = [case for case in CASES if case.name == "failed-hostile-texts"]
    sent = shipped.send(case.occasion())
    check_slack(sent)
    html = sent.email.get_body(("html",))
    assert html is not None
    assert "<img" not in html.get_content()
    assert "<!channel>" not in json.dumps(sent.slack)
    validator().validate(sent.document)


@pytest.mark.parametrize("trigger", sorted(lifecycle.NINE))
def test_the_nine_occur_in_the_recordings(trigger: str) -> None:
    """The property above is not empty for any trigger."""
    assert any(
        occasion.trigger == trigger
        for recording in ("analysis-step-error", "analysis-step-fail", "canary-abort-paused")
        for occasion in recorded.occasions(recording)
    )


@pytest.mark.parametrize("field", ["trigger", "rollout", "text"])
def test_the_schema_refuses_a_body_without_its_fields(field: str) -> None:
    """A schema that accepted anything would prove nothing."""
    document = shipped.send(CASES[0].occasion()).document
    del document[field]
    assert not validator().is_valid(document)


def test_no_cluster_and_no_links() -> None:
    """Without a cluster's name and without links the lines stay clean."""
    occasion = CASES[0].occasion()
    from notifier.core import context, templates

    found = context.variables(occasion.event, occasion.evidence, {}, now=occasion.now)
    template = shipped.shipped().templates["rollout-updated"]
    message = templates.render([template], shipped.NO_BLOCK, "console", found)
    assert message.text.split("\n")[0].endswith(" [canary-manual-promote]")
    assert MISSING.search(message.text) is None
