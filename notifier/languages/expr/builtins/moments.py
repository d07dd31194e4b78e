"""Builtins on times and durations."""

from __future__ import annotations

from typing import Any, Final

from notifier.languages.expr import limits, natures
from notifier.languages.expr.builtins.registry import Natures, builtin
from notifier.languages.expr.errors import Fault
from notifier.languages.expr.natures import Nature
from notifier.languages.expr.operators import ask, text
from notifier.languages.expr.state import State
from notifier.languages.golang import durations, times, zones
from notifier.languages.golang.values import GoError

_LAYOUTS: Final = (
    "2006-01-02",
    "15:04:05",
    "2006-01-02 15:04:05",
    "2006-01-02T15:04:05Z07:00",
    "02 Jan 06 15:04 MST",
    "Monday, 02-Jan-06 15:04:05 MST",
    "Mon, 02 Jan 2006 15:04:05 MST",
)
"""What `date` tries in turn."""


def _now(_: str, arguments: Natures) -> Nature:
    if not arguments or (len(arguments) == 1 and arguments[0].type == natures.LOCATION.type):
        return natures.TIME
    raise Fault(f"invalid number of arguments (expected 0, got {len(arguments)})")


@builtin("type(now())", "time.Time", check=_now, arguments=(0, 1))
def now(state: State, zone: Any = None) -> times.Time:
    """Return the time of the evaluation, in a zone if one is given."""
    around = state.run.surroundings
    moment = times.from_unix(0, around.now, zones.load(around.zone))
    if zone is None:
        return moment
    if isinstance(zone, zones.Location):
        return ask(moment, "In", zone)  # type: ignore[no-any-return]
    raise Fault("invalid number of arguments (expected 0, got 1)")


@builtin("duration('1h').Minutes()", "60", "string -> duration", lenient=True)
def duration(_: State, value: Any) -> durations.Duration:
    """Return the duration that a text such as `1h30m` means."""
    return durations.parse(text(value))


def _date(_: str, arguments: Natures) -> Nature:
    if not arguments:
        raise Fault("invalid number of arguments (expected at least 1, got 0)")
    if arguments[0].type == natures.LOCATION.type:
        arguments = arguments[1:]
    if len(arguments) > 3:
        raise Fault(f"invalid number of arguments (expected at most 3, got {len(arguments)})")
    return natures.TIME


@builtin("date('2023-08-14T10:00:00Z').Year()", "2023", check=_date, arguments=(1, 4), lenient=True)
def date(state: State, *given: Any) -> times.Time:
    """Return the time that a text means; a layout and a zone may follow, a zone may lead."""
    zone = given[0] if isinstance(given[0], zones.Location) else None
    arguments = given[1:] if zone is not None else given
    if not arguments:
        raise Fault("runtime error: index out of range [0] with length 0")
    source = text(arguments[0])
    if len(arguments) == 2:
        return _parsed(state, text(arguments[1]), source, zone)
    if len(arguments) == 3:
        named = zones.load(text(arguments[2]))
        return _parsed(state, text(arguments[1]), source, named)
    for layout in _LAYOUTS:
        try:
            return _parsed(state, layout, source, zone)
        except GoError:
            continue
    raise Fault(f"invalid date {source}")


def _parsed(state: State, layout: str, source: str, zone: zones.Location | None) -> times.Time:
    state.turn(limits.HEAVY)
    if zone is not None:
        return times.parse(layout, source, zone, zone)
    return times.parse(layout, source, local=zones.load(state.run.surroundings.zone))


@builtin("string(timezone('UTC'))", "UTC", "string -> location", lenient=True)
def timezone(_: State, value: Any) -> zones.Location:
    """Return the time zone of a name such as `Asia/Tokyo`."""
    return zones.load(text(value))
