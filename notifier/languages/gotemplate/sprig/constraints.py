"""Sprig's `semverCompare`: a version against constraints (Masterminds/semver 3.3).

A constraint is an operator and a version whose last parts may be left out or be "x". Constraints
with white space or a comma between must all hold, `||` stands between alternatives, and
`1.2 - 1.4` is a range. A prerelease fits only constraints that name a prerelease.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from notifier.languages.golang import runs
from notifier.languages.golang.values import GoError
from notifier.languages.gotemplate.registry import register
from notifier.languages.gotemplate.sprig import versions
from notifier.languages.gotemplate.sprig.versions import Version

_SPACE: Final = r"[\t\n\f\r ]"
_VERSION: Final = (
    r"v?([0-9|xX*]+)(\.[0-9|xX*]+)?(\.[0-9|xX*]+)?"
    r"(-(?:[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(\+(?:[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
_RANGE: Final = re.compile(rf"{_SPACE}*({_VERSION}){_SPACE}+-{_SPACE}+({_VERSION}){_SPACE}*")
_ONE: Final = re.compile(rf"{_SPACE}*(!=|>=|=>|<=|=<|~>|[=><~^]|){_SPACE}*{_VERSION}")
_BETWEEN: Final = re.compile(rf"{_SPACE}*,|{_SPACE}")
_SPACES: Final = "\t\n\f\r "
_WILDCARDS: Final = ("", ".x", ".X", ".*", "x", "X", "*")


@dataclass(frozen=True, slots=True)
class Constraint:
    """One operator with its version. `any_minor` and `any_patch` say which parts are left open,
    `open` that some are (also the major one)."""

    operator: str
    version: Version
    open: bool
    any_minor: bool
    any_patch: bool

    def fits(self, version: Version) -> bool:
        """Tell whether a version meets the constraint."""
        unasked = bool(version.prerelease and not self.version.prerelease)
        if unasked and (self.open or self.operator != "!="):
            return False
        return _OPERATORS[self.operator](self, version)


def _differs(wanted: Constraint, version: Version) -> bool:
    if not wanted.open or version.major != wanted.version.major:
        return version.compare(wanted.version) != 0
    if wanted.any_minor:
        return False
    if wanted.any_patch and version.minor == wanted.version.minor:
        return versions.compare_prereleases(version.prerelease, wanted.version.prerelease) != 0
    return version.compare(wanted.version) != 0


def _above(wanted: Constraint, version: Version) -> bool:
    if version.major == wanted.version.major and wanted.any_minor:
        return False
    if version.major == wanted.version.major and wanted.any_patch:
        return version.minor > wanted.version.minor
    return version.compare(wanted.version) > 0


def _below(wanted: Constraint, version: Version) -> bool:
    return version.compare(wanted.version) < 0


def _at_least(wanted: Constraint, version: Version) -> bool:
    return version.compare(wanted.version) >= 0


def _at_most(wanted: Constraint, version: Version) -> bool:
    if not wanted.open:
        return version.compare(wanted.version) <= 0
    if version.major != wanted.version.major:
        return version.major < wanted.version.major
    return wanted.any_minor or version.minor <= wanted.version.minor


def _about(wanted: Constraint, version: Version) -> bool:
    """Tell whether only the last of the parts named is higher."""
    if _below(wanted, version):
        return False
    named = (wanted.version.major, wanted.version.minor, wanted.version.patch)
    if not any(named) and not wanted.any_minor and not wanted.any_patch:
        return True
    same_minor = wanted.any_minor or version.minor == wanted.version.minor
    return version.major == wanted.version.major and same_minor


def _equals(wanted: Constraint, version: Version) -> bool:
    return _about(wanted, version) if wanted.open else version.compare(wanted.version) == 0


def _compatible(wanted: Constraint, version: Version) -> bool:
    """Tell whether the first part that is not zero is the same."""
    if _below(wanted, version) or version.major != wanted.version.major:
        return False
    if wanted.version.major or wanted.any_minor:
        return True
    if version.minor != wanted.version.minor:
        return False
    if wanted.version.minor or wanted.any_patch:
        return True
    return version.patch == wanted.version.patch


_OPERATORS: Final[Mapping[str, Callable[[Constraint, Version], bool]]] = {
    "": _equals,
    "=": _equals,
    "!=": _differs,
    ">": _above,
    "<": _below,
    ">=": _at_least,
    "=>": _at_least,
    "<=": _at_most,
    "=<": _at_most,
    "~": _about,
    "~>": _about,
    "^": _compatible,
}


def parse(text: str) -> list[list[Constraint]]:
    """Read constraints: alternatives of what must hold together. Raises `GoError`."""
    if len(text) > versions.SIZE:
        raise GoError("improper constraint: too long")
    for found in _RANGE.finditer(text):
        text = text.replace(found[0], f">= {found[1]}, <= {found[7]} ", 1)
    return [_parse_together(part) for part in text.split("||")]


def _parse_together(text: str) -> list[Constraint]:
    """Read constraints that must hold together. Raises `GoError`."""
    wanted = []
    text = text.rstrip(_SPACES)
    place = 0
    while found := _ONE.match(text, place):
        wanted.append(_parse(found))
        place = found.end()
        if place == len(text):
            return wanted
        between = _BETWEEN.match(text, place)
        if between is None:
            break
        place = between.end()
    raise GoError(f"improper constraint: {text}")


def _parse(found: re.Match[str]) -> Constraint:
    operator, major, minor, patch, prerelease, metadata = (part or "" for part in found.groups())
    any_major = major in _WILDCARDS
    any_minor = not any_major and minor in _WILDCARDS
    any_patch = not any_major and not any_minor and patch in _WILDCARDS
    if any_major:
        exact = f"0.0.0{prerelease}"
    elif any_minor:
        exact = f"{major}.0.0{prerelease}"
    elif any_patch:
        exact = f"{major}{minor}.0{prerelease}"
    else:
        exact = f"{major}{minor}{patch}{prerelease}{metadata}"
    try:
        version = versions.parse(exact)
    except GoError as error:
        raise GoError("constraint Parser Error") from error
    return Constraint(operator, version, any_major or any_minor or any_patch, any_minor, any_patch)


@register(
    "string, string -> bool",
    '{{semverCompare "^1.2.0" "1.5.1"}} {{semverCompare "<1.2 || 2.x" "1.5.1"}}',
    "true false",
    "semverCompare",
    metered=True,
)
def semver_compare(run: runs.Run, constraint: str, version: str) -> bool:
    """Tell whether the version meets the constraint. Fails if one of them is none."""
    run.step(len(constraint) + len(version))
    alternatives = parse(constraint)
    found = versions.parse(version)
    return any(all(each.fits(found) for each in together) for together in alternatives)
