"""Time zones: what Go's `time.Location` knows (templates.md 3.4 trap 28).

Zone data comes from `zoneinfo`, which ends with the year 9999; past it the rules go on.
"""

from __future__ import annotations

import datetime as dt
import functools
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from typing_extensions import override

from notifier.languages.golang.values import GoError, GoObject, Int64, Method, Pointer

_EARLIEST: Final = -62_135_510_400
"""0001-01-02: before it every zone has its first offset."""
_LATEST: Final = 253_370_764_800
"""9999-01-01: from here on the calendar is looked up whole eras earlier."""
_ERA_S: Final = 146_097 * 86_400
_NAME: Final = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")
_LONGEST_NAME: Final = 64
_SAMPLED: Final = (_EARLIEST, *range(-2_524_521_600, 2_145_916_800, 45 * 86_400))
"""The first moment, and 1890 to 2037 in steps that meet the names of a zone."""


@dataclass(frozen=True, slots=True)
class Period:
    """What holds in a zone at a moment: its name, seconds east of UTC, daylight saving or not."""

    name: str
    offset: int
    is_dst: bool = False


class LocationPointer(Pointer):
    """A *time.Location inside a time."""

    __slots__ = ()
    TYPE = "*time.Location"


class ZonePointer(Pointer):
    """A *time.zone inside a location."""

    __slots__ = ()
    TYPE = "*time.zone"


class Location(GoObject):
    """A *time.Location: a name and the periods of a zone."""

    __slots__ = ("name",)
    KIND = "ptr"
    TYPE = "*time.Location"

    def __init__(self, name: str) -> None:
        self.name = name

    def lookup(self, second: int) -> Period:
        """Return what holds at a Unix second."""
        raise NotImplementedError

    def offset_named(self, name: str, second: int) -> int | None:
        """Return the offset that a zone abbreviation has here around a local time, if any."""
        raise NotImplementedError

    @override
    def identical(self, other: object) -> bool:
        return self is other

    @override
    def text(self) -> str:
        return self.name

    @override
    def inside(self) -> tuple[tuple[str, Any], ...]:
        return (
            ("name", self.name),
            ("zone", []),
            ("tx", []),
            ("extend", ""),
            ("cacheStart", Int64(0)),
            ("cacheEnd", Int64(0)),
            ("cacheZone", ZonePointer(0)),
        )

    METHODS: ClassVar[Mapping[str, Method]] = {"String": Method(text)}


class Fixed(Location):
    """A zone with one offset for ever; its abbreviation is its name, or none."""

    __slots__ = ("period",)

    def __init__(self, name: str, offset: int) -> None:
        super().__init__(name)
        self.period = Period(name, offset)

    @override
    def lookup(self, second: int) -> Period:
        return self.period

    @override
    def offset_named(self, name: str, second: int) -> int | None:
        return self.period.offset if name == self.name else None

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fixed) and other.period == self.period

    @override
    def __hash__(self) -> int:
        return hash(self.period)


class Zone(Location):
    """A zone of the zone database."""

    __slots__ = ("_names", "_zone")

    def __init__(self, name: str, zone: zoneinfo.ZoneInfo) -> None:
        super().__init__(name)
        self._zone = zone
        self._names: dict[str, list[int]] | None = None

    @override
    def lookup(self, second: int) -> Period:
        if second >= _LATEST:
            second = _LATEST - _ERA_S + (second - _LATEST) % _ERA_S
        moment = dt.datetime.fromtimestamp(max(second, _EARLIEST), self._zone)
        offset, saving = moment.utcoffset(), moment.dst()
        assert offset is not None  # noqa: S101  # a zone of the database has one
        seconds = offset.days * 86_400 + offset.seconds
        return Period(moment.tzname() or "", seconds, bool(saving))

    @override
    def offset_named(self, name: str, second: int) -> int | None:
        if self._names is None:
            self._names = {}
            for sample in _SAMPLED:
                period = self.lookup(sample)
                known = self._names.setdefault(period.name, [])
                if period.offset not in known:
                    known.append(period.offset)
        offsets = self._names.get(name, [])
        for offset in offsets:
            period = self.lookup(second - offset)
            if period.name == name:
                return period.offset
        return offsets[0] if offsets else None


UTC: Final = Fixed("UTC", 0)


@functools.lru_cache(maxsize=128)
def load(name: str, local: Location = UTC) -> Location:
    """Return a zone by its IANA name; `""` is UTC, `Local` the local zone. Raises `GoError`."""
    if name in ("", "UTC"):
        return UTC
    if name == "Local":
        return local
    if ".." in name or name[0] in "/\\":
        raise GoError("time: invalid location name")
    try:
        if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
            raise ValueError(name)
        return Zone(name, zoneinfo.ZoneInfo(name))
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as err:
        raise GoError(f"unknown time zone {name}") from err


def fixed(name: str, offset: int) -> Location:
    """Return a zone with one offset (seconds east of UTC). Unnamed whole hours from -12 to 14 have
    one zone each, all others are identical to no other."""
    if not name and offset % 3600 == 0:
        return _HOURS.get(offset // 3600) or Fixed(name, offset)
    return Fixed(name, offset)


_HOURS: Final = {hour: Fixed("", hour * 3600) for hour in range(-12, 15)}
