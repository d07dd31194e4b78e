"""A run counts what an evaluation takes and builds, and hands out chance that can be repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import runs

SMALL = runs.Limits(steps=10, text=100, items=8, built=150)


def test_steps_run_out() -> None:
    """The limit is said in the error."""
    run = runs.Run(SMALL)
    run.step(10)
    with pytest.raises(runs.Exceeded, match="takes more than 10 steps"):
        run.step()


def test_texts_are_limited_alone_and_together() -> None:
    """One text, and the sum of all."""
    run = runs.Run(SMALL)
    with pytest.raises(runs.Exceeded, match="text of more than 100 characters"):
        run.text(101)
    run.text(100)
    with pytest.raises(runs.Exceeded, match="builds more than 150 characters and items"):
        run.text(51)


def test_items_take_steps_too() -> None:
    """A list is limited in length, and walking it costs."""
    run = runs.Run(SMALL)
    with pytest.raises(runs.Exceeded, match="list of more than 8 items"):
        run.items(9)
    run.items(8)
    assert (run.steps, run.built) == (2, 142)


@given(st.text(), st.lists(st.integers(0, 200), max_size=5))
def test_chance_is_the_same_for_the_same_seed(seed: str, counts: list[int]) -> None:
    """Two runs draw the same bytes, each time so many as asked for."""
    around = runs.Surroundings(seed=seed)
    first, second = (runs.Run(surroundings=around) for _ in range(2))
    for count in counts:
        drawn = first.chance(count)
        assert len(drawn) == count
        assert second.chance(count) == drawn


def test_chance_differs_between_draws_and_seeds() -> None:
    """No draw repeats another one."""
    run = runs.Run(surroundings=runs.Surroundings(seed="a"))
    other = runs.Run(surroundings=runs.Surroundings(seed="b"))
    assert len({run.chance(16), run.chance(16), other.chance(16)}) == 3


def test_chance_is_charged() -> None:
    """Before any byte is made."""
    with pytest.raises(runs.Exceeded):
        runs.Run(SMALL).chance(101)
