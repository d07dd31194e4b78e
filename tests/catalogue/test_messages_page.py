"""docs/messages.md: its examples are what the catalogue prints, its table has every variable.

`UPDATE_GOLDEN=1` writes examples and generated parts anew.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from notifier.core import lifecycle, summaries
from notifier.languages.jinja import Jinja
from tests.catalogue import shipped
from tests.catalogue.cases import CASES
from tests.catalogue.test_golden import UPDATE

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "messages.md"
BEGIN, END = "<!-- examples:begin -->\n", "<!-- examples:end -->"
CASE = re.compile(r"<!-- case: (?P<name>[\w-]+) -->")
ROW = re.compile(r"\| `(?P<variable>[\w.\[\]]+)` \| (?P<meaning>.*?) ?\| (?P<example>.*?) ?\|")
FACTS = (
    "event", "change", "progress", "pause", "abort", "analysis", "analyses", "next", "scaling",
    "took", "commands",
)  # fmt: skip
WHOLE = {"rollout", "previous", "analysisRun", "analysisRuns", "document"}
LISTS_OF_METRICS = {"metrics", "failed", "errors", "inconclusive", "passed"}


def examples() -> str:
    """Return the section of the nine: description and message of each golden case."""
    parts = []
    further = sorted(set(shipped.shipped().triggers) - set(lifecycle.NINE))
    for trigger in (*lifecycle.NINE, *further):
        item = yaml.safe_load((ROOT / "triggers" / f"{trigger}.yaml").read_text())
        parts.append(f"### {trigger}\n\n{item['description']}\n")
        shown = [case for case in CASES if case.trigger == trigger and "hostile" not in case.name]
        messages = [shipped.send(case.occasion()).message for case in shown]
        parts.append(
            "```text\n" + "\n\n".join(_without_links(each) for each in messages) + "\n```\n"
        )
    return "\n".join(parts)


def _without_links(message: str) -> str:
    return "\n".join(
        line for line in message.split("\n") if not line.startswith(("Dashboard: ", "Runbook: "))
    )


def with_examples(page: str) -> str:
    """Return the page with its generated parts as they should be."""
    before, rest = page.split(BEGIN)
    after = rest.split(END)[1]
    lines = (before + BEGIN + examples() + "\n" + END + after).split("\n")
    found: dict[str, Any] = {}
    for at, line in enumerate(lines):
        if match := CASE.fullmatch(line):
            (case,) = [each for each in CASES if each.name == match["name"]]
            found = shipped.variables(case.occasion())
        elif row := ROW.fullmatch(line):
            example = _example(row["variable"], found)
            cell = f" `{example}` " if example else " "
            meaning = f" {row['meaning']} " if row["meaning"] else " "
            lines[at] = f"| `{row['variable']}` |{meaning}|{cell}|"
    return "\n".join(lines)


def _example(variable: str, found: dict[str, Any]) -> str:
    """Return how a variable prints."""
    return Jinja().compile("{{ " + variable + " }}").render(found).replace("|", "\\|")


def test_the_page_shows_what_is_sent() -> None:
    """Every example is rendered, none is invented."""
    page = PAGE.read_text()
    expected = with_examples(page)
    if UPDATE:
        PAGE.write_text(expected)
    assert PAGE.read_text() == expected


def test_every_variable_is_on_the_page() -> None:
    """A new fact needs its line, a removed one loses it."""
    documented = {match["variable"] for match in ROW.finditer(PAGE.read_text())}
    present: set[str] = set()
    for case in CASES:
        for name, value in shipped.variables(case.occasion()).items():
            if name in FACTS and isinstance(value, dict):
                present |= {f"{name}.{key}" for key in value}
                metrics = value.get("failed") if name == "analysis" else ()
                present |= {f"analysis.failed[0].{key}" for one in metrics or () for key in one}
            elif name not in WHOLE and name not in FACTS:
                present.add("context.cluster" if name == "context" else name)
    present -= {f"analysis.{name}" for name in LISTS_OF_METRICS}
    missing = present - documented
    assert not missing
    assert documented - present == {"rollout.metadata.name", "previous.status.phase"}
    assert all(f"`{name}`" in PAGE.read_text() for name in WHOLE | LISTS_OF_METRICS)


def test_the_palette_is_on_the_page() -> None:
    """Colours are those of the code."""
    page = PAGE.read_text()
    assert all(f"| {state} | `{colour}` " in page for state, colour in summaries.COLOURS.items())
