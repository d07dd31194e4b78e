"""Which language a template is in (design.md 4)."""

from __future__ import annotations

import pytest

from notifier import languages
from notifier.languages import choosing
from notifier.languages.jinja import Jinja
from tests.strategies.tongues import BOTH, Go

JINJA_ONLY = {"jinja": Jinja()}


@pytest.mark.parametrize(
    ("texts", "engine", "expected"),
    [
        (["a", "b"], "", "plain"),
        (["a"], "go", "go"),
        (["{{ x }}"], "", "go"),
        (["{{ x }}"], "jinja", "jinja"),
        (["{{ x }}", "{% if x %}a{% endif %}"], "", "jinja"),
        (["{{ x | join }}", "plain"], "", "jinja"),
        ([], "", "plain"),
    ],
)
def test_go_if_all_fields_are_else_jinja(texts: list[str], engine: str, expected: str) -> None:
    """All fields of a template are in one language; a stated one settles it."""
    choice = choosing.choose(texts, engine, BOTH.templates, {})
    assert choice.engine == expected
    assert not choice.faults
    assert len(choice.programs) == len(texts)


def test_plain_fields_of_a_template_stay_plain() -> None:
    """A text without syntax is compiled by nobody."""
    go = Go()
    choice = choosing.choose(["a {{ x }}", "b"], "", {"go": go, "jinja": Jinja()}, {})
    assert [program.render({}) for program in choice.programs] == ["A {{ X }}", "b"]
    assert go.seen == ["a {{ x }}"]


@pytest.mark.parametrize(
    ("texts", "engine", "likelier", "index"),
    [
        (["{{ bad", "{% if x %}{{ y"], "", "jinja", 0),
        (["{{ bad .x }}{{ end }}{{"], "", "go", 0),
        (["a", "{{ bad }}"], "go", "go", 1),
        (["{{ bad", "{{ x }}"], "", "go", 0),
        (["{{ bad", "{{ x", "{{ ok }}"], "", "go", 0),
    ],
)
def test_an_error_shows_the_likelier_reading(
    texts: list[str], engine: str, likelier: str, index: int
) -> None:
    """The reading with fewer faults, then the one the text looks like."""
    choice = choosing.choose(texts, engine, BOTH.templates, {})
    assert choice.engine == likelier
    assert choice.faults[0].index == index
    assert choice.faults[0].error.line == 1


@pytest.mark.parametrize(
    ("texts", "engine", "message"),
    [
        (["a", "{{ x }}"], "", "may be a Go template and needs the go interpreter, not available"),
        (["a", "{% if x %}"], "", "engine: jinja"),
        (["{{ x }}"], "go", "needs the go interpreter, not available yet"),
        (["x"], "perl", "engine 'perl' does not exist: write go or jinja"),
    ],
)
def test_nothing_is_guessed_without_an_interpreter(
    texts: list[str], engine: str, message: str
) -> None:
    """A language that could claim the text but is not there is a fault of its own."""
    choice = choosing.choose(texts, engine, JINJA_ONLY, {})
    (fault,) = choice.faults
    assert message in fault.error.message
    assert fault.index == (1 if texts[0] == "a" else 0)


def test_what_is_installed_is_known_by_the_order() -> None:
    """Every registered language stands where the choice looks for it."""
    assert set(languages.TEMPLATES) <= set(choosing.ORDER)
    assert all(language.name == name for name, language in languages.TEMPLATES.items())
    assert all(language.name == name for name, language in languages.CONDITIONS.items())
    assert languages.INSTALLED.templates is languages.TEMPLATES


def test_looking_at_texts_is_linear() -> None:
    """The look that decides between two broken readings costs little."""
    choice = choosing.choose(["{{ bad " + "{{ a" * 15_000], "", BOTH.templates, {})
    assert choice.faults
