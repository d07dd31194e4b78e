"""Random texts and numbers come from the run: equal runs agree, unequal ones do not."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import runs

Render = Callable[..., str]


def drawn(template: str, seed: str) -> str:
    """Render with a seed."""
    run = runs.Run(surroundings=runs.Surroundings(seed=seed))
    return gotemplate.parse(template).execute({}, run)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("randAlpha", "[A-Za-z]"),
        ("randAlphaNum", "[A-Za-z0-9]"),
        ("randNumeric", "[0-9]"),
        ("randAscii", "[ -~]"),
    ],
)
def test_texts_have_their_length_and_letters(render: Render, name: str, letters: str) -> None:
    """As many characters as asked for, of the kind asked for; a negative count gives none."""
    assert re.fullmatch(f"{letters}{{60}}", render(f"{{{{{name} 60}}}}"))
    assert render(f"{{{{{name} -1}}}}") == ""


@pytest.mark.parametrize(
    "template",
    ["{{uuidv4}}", "{{randAlpha 20}}", "{{randBytes 9}}", "{{randInt 0 1000000000}}"],
)
def test_the_seed_decides(template: str) -> None:
    """Equal seeds give equal texts, others do not; neither do two calls in one run."""
    assert drawn(template, "a") == drawn(template, "a") != drawn(template, "b")
    first, second = drawn(f"{template} {template}", "a").split(" ")
    assert first != second


def test_a_uuid_is_one(render: Render) -> None:
    """The text reads as a UUID of version 4."""
    assert uuid.UUID(render("{{uuidv4}}")).version == 4


def test_numbers_stay_between_their_bounds(render: Render) -> None:
    """The lower bound can be drawn, the upper one not."""
    found = render("{{range until 200}}{{randInt -1 2}} {{end}}").split()
    assert set(found) == {"-1", "0", "1"}


def test_shuffling_keeps_the_characters(render: Render) -> None:
    """The same characters in another order."""
    text = "abcdefghijklmnopé"
    found = render(f'{{{{shuffle "{text}"}}}}')
    assert found != text
    assert sorted(found) == sorted(text)


@pytest.mark.parametrize("template", ["{{randInt 3 3}}", "{{randInt 3 1}}", "{{randBytes -1}}"])
def test_fails_where_go_fails(render: Render, template: str) -> None:
    """Nothing lies between bounds that leave nothing."""
    with pytest.raises(gotemplate.ExecError):
        render(template)
