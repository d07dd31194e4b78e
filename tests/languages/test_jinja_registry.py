"""Whatever a template can call says what it does, and shows it."""

from __future__ import annotations

import inspect

import pytest

from notifier.languages import jinja
from notifier.languages.jinja import registry

ITEMS = [pytest.param(item, id=f"{item.kind}-{item.name}") for item in registry.ALL.values()]


@pytest.mark.parametrize("item", ITEMS)
def test_the_example_is_true(item: registry.Registered) -> None:
    """The example renders to what it claims."""
    assert jinja.Jinja().compile(item.example).render(item.data) == item.output


@pytest.mark.parametrize("item", ITEMS)
def test_there_is_a_docstring(item: registry.Registered) -> None:
    """A sentence says what it does."""
    assert item.doc.endswith(".")
    assert item.doc[0].isupper()


@pytest.mark.parametrize("item", ITEMS)
def test_any_number_of_arguments_is_bounded(item: registry.Registered) -> None:
    """Only `range` takes arguments without names."""
    kinds = {each.kind for each in inspect.signature(item.call).parameters.values()}
    assert inspect.Parameter.VAR_KEYWORD not in kinds
    assert inspect.Parameter.VAR_POSITIONAL not in kinds or item.name == "range"


def test_nothing_else_can_be_called() -> None:
    """The environment holds what is registered, and the four that only the rewriting names."""
    environment = jinja.Jinja()._environment
    assert set(environment.filters) - {"~", "#compare", "#each", "#slice"} == set(
        registry.named("filter")
    )
    assert set(environment.tests) == set(registry.named("test"))
    assert set(environment.globals) == set(registry.named("function"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ 0 | duration }} {{ 59.6 | duration }} {{ 60 | duration }}", "0 s 1 min 1 min"),
        (
            "{{ 599 | duration }} {{ 600 | duration }} {{ 3599 | duration }}",
            "9 min 59 s 10 min 1 h",
        ),
        ("{{ 7200 | duration }} {{ 90000 | duration }}", "2 h 1 d 1 h"),
        ("{{ 'soon' | clock }} {{ '2026-01-02T10:00:00' | clock }}", "soon 2026-01-02T10:00:00"),
        ("{{ none | clock }}|{{ none | date }}", "|"),
        ("{{ 'abc' | truncate(9) }} {{ 'abc' | truncate(-1, '') }}", "abc "),
        ("{{ '' | default('x', true) }} {{ '' | default('x') }} {{ none | d('y') }}", "x  y"),
        ("{{ -2.5 | round }} {{ '2.5' | round }} {{ '1e999' | round }}", "-3 3 inf"),
        ("{{ [] | first }}{{ [] | last }}{{ [] | min }}{{ [] | max }}", ""),
        ("{{ none | length }} {{ missing | count }} {{ none | items | list }}", "0 0 []"),
        (
            "{{ [1, 2] | truncate_items(2) }} {{ [1, 2] | truncate_items(-1) }}",
            '[1, 2] ["… 2 more"]',
        ),
        ("{{ [{'a': 2}, {'a': 1}] | sort('a') | map(attribute='a') | join }}", "12"),
        ("{{ [{'a': 2}, {}] | selectattr('a') | list | length }}", "1"),
        ("{{ [{'a': 2}, {}] | selectattr('a', 'defined') | length }}", "1"),
        ("{{ [{'a': 2}, {}] | selectattr('a', 'none') | length }}", "1"),
        ("{{ [{'a': 2}] | selectattr('a', 'in', [2]) | length }}", "1"),
        ("{{ [{'a': 2}] | rejectattr('a', 'not in', [2]) | length }}", "1"),
        (
            "{{ 9 | bar(3) }}{{ -1 | bar(2) }} {{ 1 | bar(2, 4) }} {{ 1 | bar(100) | length }}",
            "▰▰▰▱▱ ▰▰▱▱ 20",
        ),
        ("{{ 'x' | float }} {{ '1e999' | int(7) }} {{ 'é ' | urlencode }}", "0 7 %C3%A9%20"),
        ("{{ 2 | plural('day') }} {{ '1' | plural('day') }}", "2 days 1 day"),
        ("{{ {'a': 1} | tojson(2) }}", '{\n  "a": 1\n}'),
    ],
)
def test_edges(text: str, expected: str) -> None:
    """Empty, missing and large values have a plain answer."""
    assert jinja.Jinja().compile(text).render({}) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ 1 | items }}", "a mapping is expected"),
        ("{{ 1 | join }}", "a list is expected"),
        ("{{ [{}] | sort }}", "name an attribute"),
        ("{{ [1] | selectattr('a', 'like') }}", "no such test"),
        ("{{ range() }}", "one to three whole numbers"),
        ("{{ range('a') }}", "one to three whole numbers"),
        ("{{ range(1001) }}", "more than 1000 items"),
        ("{{ 1 | round(99) }}", "digits are 0 to 15"),
        ("{{ {} | tojson(99) }}", "indent is 0 to 8"),
        ("{{ 'x' | abs }}", "a number is expected"),
        ("{{ 1 | bar('inf') }}", "finite"),
    ],
)
def test_faults(text: str, message: str) -> None:
    """Wrong arguments are named."""
    with pytest.raises(jinja.LanguageError, match=message):
        jinja.Jinja().compile(text).render({})
