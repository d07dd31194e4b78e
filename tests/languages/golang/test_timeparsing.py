"""Texts are read by layouts as `time.Parse` does; errors are worded as Go's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import layouts, times, zones
from notifier.languages.golang.values import GoError

LAYOUTS = [
    layouts.RFC3339_NANO,
    "2006-01-02 15:04:05.999999999 -0700",
    "Mon, 02 Jan 2006 15:04:05.999999999 -07:00",
    "2006 002 3:04:05.999999999PM Z07:00:00",
    "Monday January _2 2006 15h4m5,000000000s -07",
]


@given(
    st.sampled_from(LAYOUTS),
    st.integers(-62_135_596_800, 253_402_300_799 - 86_400),
    st.integers(0, 10**9 - 1),
    st.sampled_from([0, 3600, -7200, 36_000]),
)
def test_what_is_written_reads_back(layout: str, second: int, nano: int, offset: int) -> None:
    """Reading is the inverse of writing, where the layout has everything."""
    moment = times.from_unix(second, nano, zones.fixed("", offset) if offset else zones.UTC)
    if 0 <= moment.moment().year <= 9999:
        assert times.parse(layout, moment.format(layout)).compare(moment) == 0


@pytest.mark.parametrize(
    ("layout", "text", "time"),
    [
        ("2006-01-02", "2024-02-29", "2024-02-29 00:00:00 +0000 UTC"),
        ("15:04", "09:05", "0000-01-01 09:05:00 +0000 UTC"),
        ("3:04PM", "12:05AM", "0000-01-01 00:05:00 +0000 UTC"),
        ("3:04pm", "1:05pm", "0000-01-01 13:05:00 +0000 UTC"),
        ("3:04PM", "12:05PM", "0000-01-01 12:05:00 +0000 UTC"),
        ("06", "68", "2068-01-01 00:00:00 +0000 UTC"),
        ("06", "69", "1969-01-01 00:00:00 +0000 UTC"),
        ("06", "-5", "1995-01-01 00:00:00 +0000 UTC"),
        ("January Monday", "mARCH tuesday", "0000-03-01 00:00:00 +0000 UTC"),
        ("Mon 15", "wED 7", "0000-01-01 07:00:00 +0000 UTC"),
        ("Jan _2", "dec  5", "0000-12-05 00:00:00 +0000 UTC"),
        ("2006 __2", "2024  60", "2024-02-29 00:00:00 +0000 UTC"),
        ("2006002", "2023060", "2023-03-01 00:00:00 +0000 UTC"),
        ("2006-01-02 002", "2024-12-31 366", "2024-12-31 00:00:00 +0000 UTC"),
        ("15:04:05", "01:02:03.5", "0000-01-01 01:02:03.5 +0000 UTC"),
        ("15:04:05", "01:02:03,123456789123", "0000-01-01 01:02:03.123456789 +0000 UTC"),
        ("5.000", "3.250", "0000-01-01 00:00:03.25 +0000 UTC"),
        ("5.999 x", "3 x", "0000-01-01 00:00:03 +0000 UTC"),
        ("5.00", "3.+5", "0000-01-01 00:00:03.05 +0000 UTC"),
        ("2006  01", "2024 3", None),
        ("2006   1", "2024 3", "2024-03-01 00:00:00 +0000 UTC"),
        ("2006 ", "2024", "2024-01-01 00:00:00 +0000 UTC"),
        ("2006 -0700", "2024 +0200", "2024-01-01 00:00:00 +0200 +0200"),
        ("2006 Z0700", "2024 Z", "2024-01-01 00:00:00 +0000 UTC"),
        ("2006 Z07", "2024 -24", "2024-01-01 00:00:00 -2400 -2400"),
        ("2006 -07:00:00", "2024 +01:02:03", "2024-01-01 00:00:00 +0102 +0102"),
        ("2006 -07:00:00", "2024 -00:00:01", "2024-01-01 00:00:00 +0000 UTC"),
        ("2006 MST", "2024 UTC", "2024-01-01 00:00:00 +0000 UTC"),
        ("2006 MST", "2024 CEST", "2024-01-01 00:00:00 +0000 CEST"),
        ("2006 MST", "2024 GMT-3", "2023-12-31 21:00:00 -0300 GMT-3"),
        ("2006 MST", "2024 GMT", "2024-01-01 00:00:00 +0000 GMT"),
        ("2006 MST", "2024 ChST", "2024-01-01 00:00:00 +0000 ChST"),
        ("2006 MST", "2024 WITA", "2024-01-01 00:00:00 +0000 WITA"),
        ("2006 MST", "2024 +05", "2024-01-01 00:00:00 +0000 +05"),
        ("2006 -0700 MST", "2024 +0200 EET", "2024-01-01 00:00:00 +0200 EET"),
    ],
)
def test_parse(layout: str, text: str, time: str | None) -> None:
    """What is missing is the first of its kind; a zone that nobody knows counts as UTC."""
    if time is None:
        with pytest.raises(GoError):
            times.parse(layout, text)
    else:
        assert times.parse(layout, text).text() == time


@pytest.mark.parametrize(
    ("layout", "text", "message"),
    [
        ("2006", "x", '"x" as "2006": cannot parse "x" as "2006"'),
        ("2006", "20x4", '"20x4" as "2006": cannot parse "20x4" as "2006"'),
        ("2006", "202", '"202" as "2006": cannot parse "202" as "2006"'),
        ("06", "4", '"4" as "06": cannot parse "4" as "06"'),
        ("06", "x4", '"x4" as "06": cannot parse "x4" as "06"'),
        ("Jan", "Foo", '"Foo" as "Jan": cannot parse "Foo" as "Jan"'),
        ("01", "1", '"1" as "01": cannot parse "1" as "01"'),
        ("01", "13", '"13": month out of range'),
        ("2", "", '"" as "2": cannot parse "" as "2"'),
        ("2006-01-02", "2023-02-29", '"2023-02-29": day out of range'),
        ("15", "24", '"24": hour out of range'),
        ("3", "13", '"13": hour out of range'),
        ("4", "60", '"60": minute out of range'),
        ("5", "60", '"60": second out of range'),
        ("5.00", "1.-5", '"1.-5": fractional second out of range'),
        ("5.00", "1x25", '"1x25" as "5.00": cannot parse "x25" as ".00"'),
        ("5.00", "1.2x", '"1.2x" as "5.00": cannot parse ".2x" as ".00"'),
        ("PM", "XM", '"XM" as "PM": cannot parse "XM" as "PM"'),
        ("PM", "P", '"P" as "PM": cannot parse "P" as "PM"'),
        ("2006 002", "2023 366", '"2023 366": day-of-year out of range'),
        ("002", "12", '"12" as "002": cannot parse "12" as "002"'),
        ("01 002", "01 060", '"01 060": day-of-year does not match month'),
        ("02 002", "02 060", '"02 060": day-of-year does not match day'),
        ("2006", "20245", '"20245": extra text: "5"'),
        ("x2006", "y2024", '"y2024" as "x2006": cannot parse "y2024" as "x"'),
        ("a 2006", "ab2024", '"ab2024" as "a 2006": cannot parse "b2024" as "a "'),
        ("MST", "X", '"X" as "MST": cannot parse "X" as "MST"'),
        ("MST", "ABCDEF", '"ABCDEF" as "MST": cannot parse "ABCDEF" as "MST"'),
        ("MST", "+24", '"+24" as "MST": cannot parse "+24" as "MST"'),
        ("MST", "+5", '"+5" as "MST": cannot parse "+5" as "MST"'),
        ("-0700", "+25", '"+25" as "-0700": cannot parse "+25" as "-0700"'),
        ("-0700", "+2500", '"+2500": time zone offset hour out of range'),
        ("-0700", "+25x0", '"+25x0": time zone offset hour out of range'),
        ("-0700", "+0061", '"+0061": time zone offset minute out of range'),
        ("-0700", "+0x00", '"+0x00" as "-0700": cannot parse "+0x00" as "-0700"'),
        ("-07:00", "+01x00", '"+01x00" as "-07:00": cannot parse "+01x00" as "-07:00"'),
        ("-07", "x01", '"x01" as "-07": cannot parse "x01" as "-07"'),
    ],
)
def test_parse_refuses(layout: str, text: str, message: str) -> None:
    """The error names the text, and the part of it that does not fit or is out of range."""
    with pytest.raises(GoError) as caught:
        times.parse(layout, text)
    assert str(caught.value) == f"parsing time {message}"


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2024-02-29T01:02:03Z", "2024-02-29 01:02:03 +0000 UTC"),
        ("2024-02-29T01:02:03.5+05:30", "2024-02-29 01:02:03.5 +0530 +0530"),
        ("2024-02-29T01:02:03.1234567891-00:30", "2024-02-29 01:02:03.123456789 -0030 -0030"),
        ("2024-02-29T1:02:03Z", "2024-02-29 01:02:03 +0000 UTC"),
        ("2024-02-29T01:02:03,5Z", "2024-02-29 01:02:03.5 +0000 UTC"),
        ("2024-02-29T01:02:03+24:00", "2024-02-29 01:02:03 +2400 +2400"),
    ],
)
def test_rfc3339(text: str, time: str) -> None:
    """The usual form is read fast, what `time.Parse` takes beyond it slowly."""
    assert times.parse(layouts.RFC3339, text).text() == time


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-02-30T01:02:03Z",
        "2024-13-01T01:02:03Z",
        "2024-02-29T24:02:03Z",
        "2024-02-29T01:60:03Z",
        "2024-02-29T01:02:60Z",
        "2024-02-29T01:02:03",
        "2024-02-29 01:02:03Z",
        "2024-02-29t01:02:03z",
        "2024-02-29T01:02:03+25:00",
        "2024-02-29T01:02:03+01:61",
        "2024-02-29",
    ],
)
def test_rfc3339_refuses(text: str) -> None:
    """Everything else fails."""
    with pytest.raises(GoError, match=r"^parsing time"):
        times.parse(layouts.RFC3339, text)


@pytest.mark.parametrize(
    ("layout", "text", "zone", "time"),
    [
        ("2006-01-02", "2024-07-01", "Europe/Zurich", "2024-07-01 00:00:00 +0200 CEST"),
        ("2006-01 MST", "2024-07 CEST", "Europe/Zurich", "2024-07-01 00:00:00 +0200 CEST"),
        ("2006-01 MST", "2024-07 CET", "Europe/Zurich", "2024-07-01 01:00:00 +0200 CEST"),
        ("2006-01 MST", "2014-04 MSK", "Europe/Moscow", "2014-04-01 00:00:00 +0400 MSK"),
        ("2006-01 MST", "2024-07 EST", "Europe/Zurich", "2024-07-01 00:00:00 +0000 EST"),
        ("2006-01 -0700", "2024-07 +0200", "Europe/Zurich", "2024-07-01 00:00:00 +0200 CEST"),
        ("2006-01 -0700", "2024-07 +0100", "Europe/Zurich", "2024-07-01 00:00:00 +0100 +0100"),
        ("2006-01 MST", "2024-07 UTC", "UTC", "2024-07-01 00:00:00 +0000 UTC"),
        ("2006-01 -0700 MST", "2024-07 +0000 UTC", "UTC", "2024-07-01 00:00:00 +0000 UTC"),
    ],
)
def test_parse_in_a_zone(layout: str, text: str, zone: str, time: str) -> None:
    """Without a zone it is the given one; its own offsets and abbreviations are known."""
    location = zones.load(zone)
    assert times.parse(layout, text, location, location).text() == time
