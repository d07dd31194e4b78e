"""docs/functions.md says what the registries say, and what the examples give."""

from __future__ import annotations

from pathlib import Path

import pytest

from notifier.languages import expr, jinja, reference
from notifier.languages.expr.builtins import registry as builtins
from notifier.languages.golang import runs, times
from notifier.languages.gotemplate import registry
from notifier.languages.jinja import registry as jinja_registry

PAGE = Path(__file__).parents[2] / "docs" / "functions.md"


def test_the_page_is_up_to_date() -> None:
    """Else: `python -m notifier.languages.reference > docs/functions.md`."""
    assert PAGE.read_text(encoding="utf-8") == reference.text()


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("## Go templates", {*registry.ALL, *registry.OFF}),
        ("## Jinja", {name for _, name in jinja_registry.ALL}),
        ("## Conditions", set(builtins.FUNCTIONS)),
        ("## Times and durations", set(times.Time.METHODS)),
    ],
)
def test_everything_that_can_be_called_is_there(title: str, names: set[str]) -> None:
    """Under its language, and nothing is left out."""
    part = PAGE.read_text(encoding="utf-8").partition(f"\n{title}\n")[2].partition("\n## ")[0]
    assert [name for name in sorted(names) if f"`{name}" not in part] == []


@pytest.mark.parametrize(
    "item",
    [pytest.param(each, id=each.name) for each in jinja_registry.ALL.values() if each.data],
)
def test_an_example_with_variables_can_be_copied(item: jinja_registry.Registered) -> None:
    """The page shows it behind the variables that it needs."""
    shown = reference.with_data(item)
    assert jinja.Jinja().compile(shown).render({}) == item.output
    assert shown.replace("|", "\\|") in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('time.Parse("2026-11-20T09:30:00Z").Add(duration("1h")).Hour()', 10),
        ('time.Parse("2026-11-20T09:30:00Z").Month()', times.Month(11)),
        ('duration("1h30m10.5s").Minutes()', 90.175),
    ],
)
def test_times_come_about_as_the_page_says(condition: str, expected: object) -> None:
    """The examples of methods begin with values that a condition can make."""
    data = {"time": times.library(times.zero())}
    assert expr.compile(condition).run(data, runs.Run()) == expected
