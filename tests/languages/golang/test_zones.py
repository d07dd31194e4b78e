"""Zones have the offsets and names of the zone database, at any time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.languages.golang import zones
from notifier.languages.golang.values import GoError, kind, type_name
from notifier.languages.golang.zones import Period

ERA_S = 146_097 * 86_400


@pytest.mark.parametrize(
    ("zone", "second", "period"),
    [
        ("UTC", 0, Period("UTC", 0)),
        ("Europe/Zurich", 1_700_000_000, Period("CET", 3600)),
        ("Europe/Zurich", 1_720_000_000, Period("CEST", 7200, is_dst=True)),
        ("Europe/Zurich", -(10**11), Period("LMT", 2048)),
        ("America/New_York", -62_135_596_800, Period("LMT", -17_762)),
        ("Asia/Kathmandu", 1_700_000_000, Period("+0545", 20_700)),
        ("America/New_York", 10**12, Period("EDT", -14_400, is_dst=True)),
    ],
)
def test_lookup(zone: str, second: int, period: Period) -> None:
    """Also before the first and after the last rule."""
    assert zones.load(zone).lookup(second) == period


@given(st.integers(253_370_764_800, 10**15))
def test_rules_go_on_past_the_year_9999(second: int) -> None:
    """The same day of the calendar has the same offset 400 years later."""
    zone = zones.load("America/New_York")
    assert zone.lookup(second) == zone.lookup(second + ERA_S)


@pytest.mark.parametrize("name", ["", "UTC"])
def test_utc(name: str) -> None:
    """Both names are the one UTC."""
    assert zones.load(name) is zones.UTC


def test_local_is_what_the_caller_says() -> None:
    """The local zone is an argument, UTC by default."""
    zurich = zones.load("Europe/Zurich")
    assert zones.load("Local", zurich) is zurich
    assert zones.load("Local") is zones.UTC


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("Nowhere/City", "unknown time zone Nowhere/City"),
        ("America", "unknown time zone America"),
        ("zone.tab", "unknown time zone zone.tab"),
        ("Europe/Zürich", "unknown time zone Europe/Zürich"),
        ("x" * 65, "unknown time zone " + "x" * 65),
        ("../../etc/passwd", "time: invalid location name"),
        ("/etc/passwd", "time: invalid location name"),
        ("\\etc", "time: invalid location name"),
    ],
)
def test_load_refuses(name: str, message: str) -> None:
    """Names are no paths, and the error names what is unknown."""
    with pytest.raises(GoError) as caught:
        zones.load(name)
    assert str(caught.value) == message


def test_fixed_zones() -> None:
    """They have one offset; only unnamed whole hours are identical."""
    zone = zones.fixed("ABC", 60)
    assert zone.lookup(-(10**12)) == Period("ABC", 60)
    assert (zone.offset_named("ABC", 0), zone.offset_named("DEF", 0)) == (60, None)
    assert zone == zones.fixed("ABC", 60)
    assert hash(zone) == hash(zones.fixed("ABC", 60))
    assert not zone.identical(zones.fixed("ABC", 60))
    assert zones.fixed("", 3600).identical(zones.fixed("", 3600))
    assert not zones.fixed("", 15 * 3600).identical(zones.fixed("", 15 * 3600))


def test_a_location_is_a_pointer() -> None:
    """It prints its name and shows nothing in JSON."""
    zone = zones.load("Asia/Tokyo")
    assert (kind(zone), type_name(zone)) == ("ptr", "*time.Location")
    assert (zone.text(), zone.plain(), zone.go_text()) == ("Asia/Tokyo", {}, None)
    assert zones.Location.METHODS["String"].call(zone) == "Asia/Tokyo"


def test_a_zone_must_say_what_holds() -> None:
    """The base knows its name only."""
    bare = zones.Location("bare")
    with pytest.raises(NotImplementedError):
        bare.lookup(0)
    with pytest.raises(NotImplementedError):
        bare.offset_named("UTC", 0)
