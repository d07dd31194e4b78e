"""Reading a service's options: known fields, typed values, warnings for the rest. Pure.

Types are strict, as upstream, except that a text that came from a Secret is turned into the type of
its field (spec/configuration.md 3 and 4).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from notifier.core import decoding, durations
from notifier.core.secrets import Secret, Substituted

TRANSPORT: Final = (
    "timeout", "maxAge", "tls", "proxy", "oauth2", "rateLimit", "maxConcurrency",
    "maxConnsPerHost", "allowedRecipients", "exportTo",
)  # fmt: skip
"""Common transport keys of spec/services.md 1; `services/transport.py` reads them."""

POOLING: Final = ("maxIdleConns", "maxIdleConnsPerHost", "idleConnTimeout")
"""Accepted without effect: pooling is ours."""

LONGEST_TIMEOUT_S: Final = 300.0

LONGEST_AGE_S: Final = 72 * 3600.0
"""Ids are remembered for a week at least: whatever is still tried must be younger than that."""

_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_FALSE: Final = frozenset({"false", "no", "off", "0", ""})


class Options:
    """The options of one service while they are read. Every method raises `ValueError` with the
    field's name as it was written and the fix."""

    def __init__(
        self,
        raw: Mapping[str, Any],
        known: Iterable[str],
        *,
        later: Sequence[str] = (),
        idle: Sequence[str] = (),
        within: str = "",
    ) -> None:
        self._within = within
        names = (*known, *later, *idle)
        found = decoding.fields({str(key): value for key, value in raw.items()}, names)
        self._values = {name: value for name, value in found.values.items() if value is not None}
        self._written = found.written
        self.warnings: list[str] = []
        for name in found.unknown:
            hint = decoding.did_you_mean(name, names)
            fault = "unknown field" + (f": {hint}" if hint else "")
            self.warnings.append(f"{within}{name}: {fault}")
        for name in later:
            if name in self._values:
                self.warn(name, "not supported yet, it has no effect")
        for name in idle:
            if name in self._values and name not in POOLING:
                self.warn(name, "has no effect")
        for name in (*later, *idle):  # nobody reads what has no effect
            self._values.pop(name, None)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def warn(self, name: str, what: str) -> None:
        """Add a warning about a field."""
        self.warnings.append(f"{self._within}{self._written.get(name, name)}: {what}")

    def wrong(self, name: str, what: str) -> ValueError:
        """Return the error about a field."""
        return ValueError(f"{self._within}{self._written.get(name, name)}: {what}")

    def text(self, name: str, default: str = "") -> str:
        """Return a text; a number or boolean is converted as the upstream decoder does."""
        if name not in self._values:
            return default
        try:
            return decoding.text(self._values[name])
        except decoding.Unfit as error:
            raise self.wrong(name, str(error)) from None

    def required(self, name: str, fix: str) -> str:
        """Return a text that must not be empty; `fix` says what to write."""
        value = self.text(name)
        if not value:
            raise self.wrong(name, f"is missing: {fix}")
        return value

    def secret(self, name: str) -> Secret:
        """Return a text that is never shown."""
        return Secret(self.text(name))

    def flag(self, name: str, *, default: bool = False) -> bool:
        """Return a boolean."""
        value = self._values.get(name, default)
        if isinstance(value, bool):
            return value
        if isinstance(value, Substituted):
            word = value.strip().casefold()
            if word in _TRUE or word in _FALSE:
                return word in _TRUE
            raise self.wrong(name, "the Secret's entry is neither true nor false")
        fix = "write true or false without quotes"
        raise self.wrong(name, f"is {decoding.kind(value)}, but true or false is expected: {fix}")

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        """Return an integer from `low` to `high`."""
        value = self._values.get(name, default)
        if isinstance(value, Substituted):
            digits = value.strip()
            if not digits.removeprefix("-").isdecimal() or len(digits) > 20:
                raise self.wrong(name, "the Secret's entry is not a number")
            value = int(digits)
        if isinstance(value, bool) or not isinstance(value, int):
            fix = "write it without quotes" if isinstance(value, str) else "write a whole number"
            raise self.wrong(name, f"is {decoding.kind(value)}, but a number is expected: {fix}")
        if not low <= value <= high:
            raise self.wrong(name, f"is out of range: write {low} to {high}")
        return value

    def duration_s(self, name: str, default: float) -> float:
        """Return seconds of a Go duration text, or of integer nanoseconds as upstream has them."""
        value = self._values.get(name)
        if value is None:
            return default
        if isinstance(value, int) and not isinstance(value, bool):
            seconds: float | None = value / 1e9
        else:
            seconds = durations.seconds(value) if isinstance(value, str) else None
        if seconds is None or seconds < 0:
            raise self.wrong(name, 'is no duration: write "5s", "1m30s" or nanoseconds')
        return seconds

    def timeout_s(self) -> float | None:
        """Return `timeout` in seconds, None for the daemon's own."""
        return self._own_duration_s("timeout", LONGEST_TIMEOUT_S, "300s")

    def max_age_s(self) -> float | None:
        """Return `maxAge` in seconds, None for the one of each kind of message."""
        return self._own_duration_s("maxAge", LONGEST_AGE_S, "72h")

    def _own_duration_s(self, name: str, longest_s: float, shown: str) -> float | None:
        """Return the seconds of a key of our own: there nobody means nanoseconds by a number."""
        value = self._values.get(name)
        if value is None:
            return None
        if isinstance(value, int) and not isinstance(value, bool) and value <= longest_s:
            seconds = float(value)
        else:
            seconds = self.duration_s(name, 0.0)
        if not 0 < seconds <= longest_s:
            raise self.wrong(name, f"is out of range: write up to {shown}")
        return seconds

    def choice(self, name: str, among: Sequence[str], default: str) -> str:
        """Return one of a few words; case does not matter."""
        value = self.text(name, default).casefold() or default
        if value not in among:
            raise self.wrong(name, f"is not known: write one of {', '.join(among)}")
        return value

    def mapping(self, name: str) -> Mapping[str, Any]:
        """Return a mapping with text keys; empty if the field is absent."""
        value = self._values.get(name, {})
        if not isinstance(value, dict):
            raise self.wrong(name, f"is {decoding.kind(value)}, but a mapping is expected")
        return {str(key): item for key, item in value.items()}

    def section(self, name: str, known: Iterable[str]) -> Options:
        """Return the options in a mapping; empty if the field is absent. Warnings and errors name
        both fields."""
        within = f"{self._within}{self._written.get(name, name)}."
        inner = Options(self.mapping(name), known, within=within)
        self.warnings += [each for each in inner.warnings if each not in self.warnings]
        return inner

    def is_text(self, name: str) -> bool:
        """Say whether the field is there and a text."""
        return isinstance(self._values.get(name), str)

    def texts(self, name: str) -> Sequence[str]:
        """Return a list of texts; empty if the field is absent."""
        value = self._values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.wrong(name, "a list of texts is expected: write `- …`")
        return value

    def items(self, name: str) -> Sequence[Mapping[str, Any]]:
        """Return a list of mappings; empty if the field is absent."""
        value = self._values.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self.wrong(name, "a list of mappings is expected: write `- name: …`")
        return value


def transport(raw: Mapping[str, Any], known: Iterable[str], **kinds: Sequence[str]) -> Options:
    """Read the options of a service that speaks over the network: the common keys are added."""
    names = tuple(known)
    without = (*names, *kinds.get("later", ()), *kinds.get("idle", ()))
    return Options(
        raw,
        (*names, *(name for name in TRANSPORT if name not in without)),
        later=kinds.get("later", ()),
        idle=(*kinds.get("idle", ()), *POOLING),
    )
