"""Sprig's functions on dates and durations (trap 28).

Whole numbers are Unix seconds, and everything that is no date is now. The local zone and the clock
are the run's; an unknown zone is UTC.
"""

from __future__ import annotations

from typing import Any, Final

from notifier.languages.golang import durations, numbers, runs, times, zones
from notifier.languages.golang.times import Time
from notifier.languages.golang.values import GoError, Int32, Int64
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig import casts

LOCAL: Final = "Local"
_DAY: Final = "2006-01-02"
_WIDEST: Final = 9
"""Characters that a date can have for one of its layout."""
_UNITS: Final = ((365 * 24, "y"), (30 * 24, "mo"), (24, "d"), (1, "h"))
"""Hours and sign of the long units that `durationRound` knows, largest first."""


@register("-> time", "{{now.Year}}", "1970", metered=True)
def now(run: runs.Run) -> Time:
    """Return the current time."""
    return times.from_unix(0, run.surroundings.now, _zone(run, LOCAL))


@register(
    "string, any -> string", '{{date "2006-01-02 15:04" 0}}', "1970-01-01 00:00", metered=True
)
def date(run: runs.Run, layout: str, moment: Any) -> str:
    """Return a date in the local zone by a layout, which shows how 2 January 2006, 15:04:05 is
    written."""
    return date_in_zone(run, layout, moment, LOCAL)


@register("any -> string", "{{htmlDate 0}}", "1970-01-01", "htmlDate", metered=True)
def html_date(run: runs.Run, moment: Any) -> str:
    """Return a date in the local zone as date inputs of HTML take it."""
    return date_in_zone(run, _DAY, moment, LOCAL)


@register(
    "any, string -> string",
    '{{htmlDateInZone 0 "Asia/Tokyo"}}',
    "1970-01-01",
    "htmlDateInZone",
    metered=True,
)
def html_date_in_zone(run: runs.Run, moment: Any, zone: str) -> str:
    """Return a date in a zone as date inputs of HTML take it."""
    return date_in_zone(run, _DAY, moment, zone)


@register(
    "string, any, string -> string",
    '{{dateInZone "15:04" 0 "Asia/Tokyo"}}',
    "09:00",
    "dateInZone",
    "date_in_zone",
    metered=True,
)
def date_in_zone(run: runs.Run, layout: str, moment: Any, zone: str) -> str:
    """Return a date in a zone by a layout."""
    run.text(_WIDEST * len(layout))
    found = _moment(run, moment, (int, Int64, Int32))
    return found.at(_zone(run, zone)).format(layout)


def _moment(run: runs.Run, value: Any, seconds: tuple[type, ...]) -> Time:
    """Return the time that a value is, now if it is none; whole numbers of some types are Unix
    seconds."""
    if isinstance(value, Time):
        return value
    return times.from_unix(value) if type(value) in seconds else now(run)


def _zone(run: runs.Run, name: str) -> zones.Location:
    """Return a zone by name, UTC if there is none."""
    try:
        return zones.load(run.surroundings.zone if name == LOCAL else name)
    except GoError:
        return zones.UTC


@register(
    "string, string -> time",
    '{{(toDate "2006-01-02" "2026-11-20").Year}}',
    "2026",
    "toDate",
    metered=True,
)
def to_date(run: runs.Run, layout: str, text: str) -> Time:
    """Return the time that a text names by a layout, the zero time if it does not."""
    try:
        return must_to_date(run, layout, text)
    except GoError:
        return times.zero()


@register(
    "string, string -> time",
    '{{(mustToDate "2006-01-02" "2026-11-20").Year}}',
    "2026",
    "mustToDate",
    metered=True,
)
def must_to_date(run: runs.Run, layout: str, text: str) -> Time:
    """Return the time that a text names by a layout. Fails if it does not."""
    local = _zone(run, LOCAL)
    return times.parse(layout, text, default=local, local=local)


@register(
    "string, time -> time",
    '{{toDate "15:04" "10:00" | dateModify "-1.5h" | date "15:04"}}',
    "08:30",
    "dateModify",
    "date_modify",
)
def date_modify(duration: str, moment: Time) -> Time:
    """Return the time moved by a duration such as "-1.5h"; unmoved if it is none."""
    try:
        return must_date_modify(duration, moment)
    except GoError:
        return moment


@register(
    "string, time -> time",
    '{{toDate "15:04" "10:00" | mustDateModify "-1.5h" | date "15:04"}}',
    "08:30",
    "mustDateModify",
    "must_date_modify",
)
def must_date_modify(duration: str, moment: Time) -> Time:
    """Return the time moved by a duration such as "-1.5h". Fails if it is none."""
    return moment.add(durations.parse(duration))


@register("time -> string", '{{toDate "2006" "1971" | unixEpoch}}', "31536000", "unixEpoch")
def unix_epoch(moment: Time) -> str:
    """Return the Unix seconds of a time."""
    return str(moment.second)


@register("any -> string", "{{ago now}}", "0s", metered=True)
def ago(run: runs.Run, moment: Any) -> str:
    """Return how long ago a date was, in whole seconds."""
    passed = now(run).sub(_moment(run, moment, (int, Int64)))
    return passed.round(durations.Duration(durations.SECOND)).text()


@register("any -> string", '{{duration "95"}}', "1m35s")
def duration(seconds: Any) -> str:
    """Return seconds, given as text or int64, as a duration; anything else is none."""
    count = 0
    if type(seconds) is str:
        count = casts.clamped(seconds)
    elif type(seconds) is Int64:
        count = int(seconds)
    return durations.text(numbers.wrap_int64(count * durations.SECOND))


@register("any -> string", '{{durationRound "26h"}}', "1d", "durationRound", metered=True)
def duration_round(run: runs.Run, value: Any) -> str:
    """Return a duration (a text, nanoseconds as int64, or the time since a date) in the largest
    unit that it is longer than."""
    size = abs(_nanoseconds(run, value))
    for hours, sign in _UNITS:
        if size > hours * durations.HOUR:
            return f"{size // (hours * durations.HOUR)}{sign}"
    if size > durations.MINUTE:
        return f"{size // durations.MINUTE}m"
    return f"{size // durations.SECOND}s" if size > durations.SECOND else "0s"


def _nanoseconds(run: runs.Run, value: Any) -> int:
    if isinstance(value, Time):
        return now(run).sub(value).value
    if type(value) is Int64:
        return int(value)
    try:
        return durations.parse(value).value if type(value) is str else 0
    except GoError:
        return 0
