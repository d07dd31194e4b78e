"""Sprig's semantic versions (Masterminds/semver 3.3): values with methods.

`constraints.py` says which ones meet a constraint.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from typing_extensions import override

from notifier.languages.golang import numbers
from notifier.languages.golang.values import GoError, GoObject, Method, Uint64
from notifier.languages.gotemplate.registry import register

SIZE: Final = 1024
"""Characters of a version or constraint that is read at all."""

_IDENTIFIERS: Final = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION: Final = re.compile(
    rf"v?([0-9]+)(?:\.([0-9]+))?(?:\.([0-9]+))?(?:-({_IDENTIFIERS}))?(?:\+({_IDENTIFIERS}))?"
)
_LEADING_ZERO: Final = re.compile(r"0[0-9]+")


class Version(GoObject):
    """A version as a value; `semver` gives a pointer to one."""

    __slots__ = ("major", "metadata", "minor", "original", "patch", "prerelease")
    TYPE = "semver.Version"

    def __init__(
        self,
        numbers_: tuple[int, int, int],
        prerelease: str = "",
        metadata: str = "",
        original: str | None = None,
    ) -> None:
        self.major, self.minor, self.patch = numbers_
        self.prerelease = prerelease
        self.metadata = metadata
        self.original = self.text() if original is None else original

    @override
    def text(self) -> str:
        prerelease = f"-{self.prerelease}" if self.prerelease else ""
        metadata = f"+{self.metadata}" if self.metadata else ""
        return f"{self.major}.{self.minor}.{self.patch}{prerelease}{metadata}"

    @override
    def plain(self) -> str:
        return self.text()

    @override
    def inside(self) -> tuple[tuple[str, Any], ...]:
        return (
            ("major", Uint64(self.major)),
            ("minor", Uint64(self.minor)),
            ("patch", Uint64(self.patch)),
            ("pre", self.prerelease),
            ("metadata", self.metadata),
            ("original", self.original),
        )

    @override
    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.inside() == other.inside()

    @override
    def __hash__(self) -> int:
        return hash(self.inside())

    def compare(self, other: Version) -> int:
        """Return -1, 0 or 1 as this version is lower, equal or higher; metadata does not count."""
        ours, theirs = _numbers(self), _numbers(other)
        if ours != theirs:
            return -1 if ours < theirs else 1
        if not self.prerelease or not other.prerelease:
            return bool(other.prerelease) - bool(self.prerelease)
        return compare_prereleases(self.prerelease, other.prerelease)

    def raised(self, *, major: int = 0, minor: int = 0) -> Version:
        """Return the next major, minor or patch version, without prerelease and metadata; the
        release of a prerelease counts as its next patch."""
        if major:
            following = (self.major + 1, 0, 0)
        elif minor:
            following = (self.major, self.minor + 1, 0)
        else:
            following = (self.major, self.minor, self.patch + (not self.prerelease))
        return _rewritten(self, following, "", "")


class VersionPointer(Version):
    """What `semver` gives: it has a few methods more than the version itself."""

    __slots__ = ()
    KIND = "ptr"
    TYPE = "*semver.Version"


def _numbers(version: Version) -> tuple[int, int, int]:
    return version.major, version.minor, version.patch


def _rewritten(
    version: Version, following: tuple[int, ...], prerelease: str, metadata: str
) -> Version:
    """Return a version made from another one; a leading "v" is remembered."""
    major, minor, patch = (number & numbers.MAX_UINT64 for number in following)
    made = Version((major, minor, patch), prerelease, metadata)
    prefix = "v" if version.original.startswith("v") else ""
    return Version((major, minor, patch), prerelease, metadata, prefix + made.text())


def parse(text: str) -> VersionPointer:
    """Read a version; minor and patch may be missing. Raises `GoError`."""
    found = _VERSION.fullmatch(text) if len(text) <= SIZE else None
    if found is None:
        raise GoError("Invalid Semantic Version")
    major, minor, patch = (_segment(found[place] or "0") for place in (1, 2, 3))
    prerelease, metadata = found[4] or "", found[5] or ""
    _check_prerelease(prerelease)
    return VersionPointer((major, minor, patch), prerelease, metadata, text)


def _segment(digits: str) -> int:
    try:
        return numbers.parse_uint(digits, 10, 64)
    except GoError as error:
        raise GoError(f"Error parsing version segment: {error}") from error


def _check_prerelease(prerelease: str) -> None:
    if any(_LEADING_ZERO.fullmatch(part) for part in prerelease.split(".")):
        raise GoError("Version segment starts with 0")


def compare_prereleases(ours: str, theirs: str) -> int:
    """Return -1, 0 or 1: part by part, numbers by size and below texts, fewer parts first."""
    left, right = ours.split("."), theirs.split(".")
    for place in range(max(len(left), len(right))):
        pair = (_rank(left, place), _rank(right, place))
        if pair[0] != pair[1]:
            return -1 if pair[0] < pair[1] else 1
    return 0


def _rank(parts: list[str], place: int) -> tuple[int, int, str]:
    if place >= len(parts) or not parts[place]:
        return 0, 0, ""
    try:
        return 1, numbers.parse_uint(parts[place], 10, 64), ""
    except GoError:
        return 2, 0, parts[place]


def _with_prerelease(version: Version, prerelease: str) -> Version:
    if prerelease:
        _check_identifiers(prerelease, "Invalid Prerelease string")
        _check_prerelease(prerelease)
    return _rewritten(version, _numbers(version), prerelease, version.metadata)


def _with_metadata(version: Version, metadata: str) -> Version:
    if metadata:
        _check_identifiers(metadata, "Invalid Metadata string")
    return _rewritten(version, _numbers(version), version.prerelease, metadata)


def _check_identifiers(text: str, refusal: str) -> None:
    if len(text) > SIZE or re.fullmatch(r"[0-9A-Za-z.-]*", text) is None:
        raise GoError(refusal)


_OTHER: Final = ("*semver.Version",)

VALUE_METHODS: Final[Mapping[str, Method]] = {
    "IncMajor": Method(lambda version: version.raised(major=1)),
    "IncMinor": Method(lambda version: version.raised(minor=1)),
    "IncPatch": Method(lambda version: version.raised()),
    "Major": Method(lambda version: Uint64(version.major)),
    "MarshalJSON": Method(lambda version: f'"{version.text()}"'.encode()),
    "MarshalText": Method(lambda version: version.text().encode()),
    "Metadata": Method(lambda version: version.metadata),
    "Minor": Method(lambda version: Uint64(version.minor)),
    "Patch": Method(lambda version: Uint64(version.patch)),
    "Prerelease": Method(lambda version: version.prerelease),
    "SetMetadata": Method(_with_metadata, ("string",)),
    "SetPrerelease": Method(_with_prerelease, ("string",)),
    "String": Method(lambda version: version.text()),
    "Value": Method(lambda version: version.text()),
}
"""What a version can be asked."""

POINTER_METHODS: Final[Mapping[str, Method]] = {
    **VALUE_METHODS,
    "Compare": Method(lambda version, other: version.compare(other), _OTHER),
    "Equal": Method(lambda version, other: version.compare(other) == 0, _OTHER),
    "GreaterThan": Method(lambda version, other: version.compare(other) > 0, _OTHER),
    "GreaterThanEqual": Method(lambda version, other: version.compare(other) >= 0, _OTHER),
    "LessThan": Method(lambda version, other: version.compare(other) < 0, _OTHER),
    "LessThanEqual": Method(lambda version, other: version.compare(other) <= 0, _OTHER),
    "Original": Method(lambda version: version.original),
}
"""What a pointer to a version can be asked. The methods that would change the version are left
out: values are immutable here."""

Version.METHODS = VALUE_METHODS
VersionPointer.METHODS = POINTER_METHODS


@register("string -> any", '{{(semver "v1.2.3-beta.1").Minor}}', "2")
def semver(text: str) -> VersionPointer:
    """Return the version with its parts and comparisons as methods. Fails on a bad one."""
    return parse(text)
