"""Dates and durations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import runs

Render = Callable[..., str]


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{now}}", "2023-11-14 22:13:20 +0000 UTC"),
        ('{{date "2006-01-02" "no date"}} {{htmlDate .number}}', "2023-11-14 2023-11-14"),
        ('{{ago (toDate "2006-01-02" "2023-11-14")}} {{ago now}} {{ago "x"}}', "22h13m20s 0s 0s"),
        ("{{ago (int64 1700000000)}} {{ago 1699999990}}", "0s 10s"),
        ('{{durationRound (toDate "2006-01-02" "2023-11-10")}}', "4d"),
    ],
    ids=["now", "no date", "ago", "ago of seconds", "since"],
)
def test_now_is_the_clock_of_the_run(render: Render, template: str, expected: str) -> None:
    """The clock comes with the run: 14 November 2023, 22:13:20."""
    assert render(template) == expected


def test_the_local_zone_is_that_of_the_run() -> None:
    """Dates without a zone are read and shown in the zone of the surroundings."""
    template = gotemplate.parse(
        '{{toDate "15:04" "10:00"}} {{date "15:04 MST" 0}} {{now.Location}}'
    )
    run = runs.Run(surroundings=runs.Surroundings(zone="Asia/Tokyo"))
    assert template.execute({}, run) == "0000-01-01 10:00:00 +0918 LMT 09:00 JST Asia/Tokyo"
