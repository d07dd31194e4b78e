"""Dates and durations."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from notifier.languages import gotemplate
from notifier.languages.golang import runs

Render = Callable[..., str]

PRINTED = [
    pytest.param(
        (
            '{{date "2006-01-02 15:04:05 MST" 0}} {{date "15:04" (int64 3600)}} {{htmlDate '
            '86400}} {{htmlDateInZone 0 "America/New_York"}}'
        ),
        "1970-01-01 00:00:00 UTC 01:00 1970-01-02 1969-12-31",
        id="date-0",
    ),
    pytest.param(
        (
            '{{dateInZone "15:04 MST" 0 "Asia/Tokyo"}} {{date_in_zone "15:04 MST" 0 '
            '"Nowhere/Else"}} {{dateInZone "MST" 0 "Local"}} [{{dateInZone "" 0 ""}}]'
        ),
        "09:00 JST 00:00 UTC UTC []",
        id="date-1",
    ),
    pytest.param(
        (
            '{{toDate "2006-01-02" "2026-11-20"}} {{toDate "2006-01-02" "nonsense"}} '
            '{{mustToDate "15:04" "10:30" | date "15:04"}}'
        ),
        "2026-11-20 00:00:00 +0000 UTC 0001-01-01 00:00:00 +0000 UTC 10:30",
        id="toDate-0",
    ),
    pytest.param(
        (
            '{{$t := toDate "2006-01-02" "2026-11-20"}}{{dateModify "-1.5h" $t}} '
            '{{date_modify "bad" $t}} {{mustDateModify "24h" $t}} {{must_date_modify "1s" '
            "$t}}"
        ),
        (
            "2026-11-19 22:30:00 +0000 UTC 2026-11-20 00:00:00 +0000 UTC 2026-11-21 "
            "00:00:00 +0000 UTC 2026-11-20 00:00:01 +0000 UTC"
        ),
        id="modify-0",
    ),
    pytest.param(
        '{{unixEpoch (toDate "2006-01-02" "2026-11-20")}} {{unixEpoch (toDate "" "x")}}',
        "1795132800 -62135596800",
        id="unixEpoch-0",
    ),
    pytest.param(
        (
            '{{duration "95"}} {{duration 3665}} {{duration (int64 3665)}} {{duration '
            '"x"}} {{duration "-1"}} {{duration nil}} {{duration 1.5}} {{duration '
            '"99999999999999999999"}}'
        ),
        "1m35s 0s 1h1m5s 0s -1s 0s 0s -1s",
        id="duration",
    ),
    pytest.param(
        (
            '{{durationRound "2h10m5s"}} {{durationRound "26h"}} {{durationRound "900h"}} '
            '{{durationRound "9000h"}} {{durationRound "61s"}} {{durationRound "2s"}} '
            '{{durationRound "1s"}} {{durationRound "-3h"}} {{durationRound "bad"}} '
            '{{durationRound 5}} {{durationRound (int64 "2000000000")}} {{durationRound '
            "nil}}"
        ),
        "2h 1d 1mo 1y 1m 2s 0s 3h 0s 0s 2s 0s",
        id="durationRound",
    ),
]

FAILING = [
    pytest.param('{{mustToDate "2006-01-02" "nonsense"}}', id="toDate-1"),
    pytest.param('{{toDate "2006" "2026" | mustDateModify "bad"}}', id="modify-1"),
    pytest.param('{{dateModify "1h" 0}}', id="modify-2"),
    pytest.param("{{unixEpoch 0}}", id="unixEpoch-1"),
]


@pytest.mark.parametrize(("template", "expected"), PRINTED)
def test_prints_what_go_prints(render: Render, template: str, expected: str) -> None:
    """The output is that of Sprig 3.3 under Go."""
    assert render(template) == expected


@pytest.mark.parametrize("template", FAILING)
def test_fails_where_go_fails(render: Render, template: str) -> None:
    """The rendering ends with an error."""
    with pytest.raises(gotemplate.ExecError):
        render(template)


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
