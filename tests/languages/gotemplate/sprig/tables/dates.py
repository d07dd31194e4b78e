"""Dates and durations."""

from __future__ import annotations

import pytest

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
