"""Golden files: what each variant of each message looks like to each receiver, read by eye.

`UPDATE_GOLDEN=1 pytest tests/catalogue/test_golden.py` writes them anew; read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from notifier.core import lifecycle
from tests.catalogue import shipped
from tests.catalogue.cases import CASES, Case

GOLDEN = Path(__file__).parent / "golden"
UPDATE = bool(os.environ.get("UPDATE_GOLDEN"))


class _Readable(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Readable.add_representer(str, _text)


def shown(case: Case) -> str:
    """Return a case as its golden file has it."""
    sent = shipped.send(case.occasion())
    arguments = {
        name: value
        for name, value in sent.slack["arguments"].items()
        if name not in ("channel", "metadata", "text")
    }
    html = sent.email.get_body(("html",))
    assert html is not None
    whole: dict[str, Any] = {
        "message": sent.message,
        "slack": {"broadcast": sent.slack.get("broadcast", False), **arguments},
        "email": {
            "subject": str(sent.email["Subject"]),
            "html": html.get_content().replace("\r\n", "\n"),
        },
        "webhook": sent.document,
    }
    return yaml.dump(whole, Dumper=_Readable, sort_keys=False, allow_unicode=True, width=1000)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden(case: Case) -> None:
    """A message says what its golden file says, letter by letter."""
    path = GOLDEN / case.trigger.removeprefix("on-") / f"{case.name}.yaml"
    found = shown(case)
    if UPDATE:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found)
    assert path.read_text() == found


def test_every_golden_file_has_its_case() -> None:
    """A case that was taken out takes its file along."""
    files = {path.stem for path in GOLDEN.glob("*/*.yaml")}
    assert files == {case.name for case in CASES}


def test_every_trigger_has_a_case() -> None:
    """The nine all occur."""
    assert {case.trigger for case in CASES} >= set(lifecycle.NINE)


def test_case_names_are_unique() -> None:
    """Two cases would write one file."""
    assert len({case.name for case in CASES}) == len(CASES)
