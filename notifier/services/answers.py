"""What an HTTP answer means for the delivery (spec/services.md 6.1). Pure; one table.

The words of an answer never matter and are never shown: only its status, and `Retry-After`.
"""

from __future__ import annotations

import email.utils
import math
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from notifier.core.errors import DeliveryError, Misconfigured, Permanent, Reason, Retryable

ABSURD_S: Final = 366 * 86_400.0
"""A wait beyond this is no wish but a fault, and ignored."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The class of an answer: which error, why, and whether its host wants a rest."""

    error: type[Retryable | Permanent | Misconfigured]
    reason: Reason
    throttles_host: bool = False
    ambiguous: bool = False

    def raised(
        self, detail: str, *, status: int | None = None, after_s: float | None = None
    ) -> DeliveryError:
        """Return the error for one answer; `after_s` matters to transient ones only."""
        if self.error is Retryable:
            return Retryable(
                self.reason,
                detail,
                after_s=after_s,
                status=status,
                ambiguous=self.ambiguous,
                throttles_host=self.throttles_host,
            )
        return self.error(self.reason, detail, status=status)


_PAYLOAD: Final = Rule(Permanent, Reason.PAYLOAD)
_CREDENTIAL: Final = Rule(Misconfigured, Reason.CREDENTIAL)
_SERVER: Final = Rule(Retryable, Reason.SERVER)
_THROTTLED: Final = Rule(Retryable, Reason.SERVER, throttles_host=True)

STATUSES: Final[Mapping[int, Rule]] = {
    401: _CREDENTIAL,
    403: _CREDENTIAL,
    404: Rule(Retryable, Reason.NOT_FOUND),
    407: _CREDENTIAL,
    408: Rule(Retryable, Reason.TIMEOUT),
    409: Rule(Retryable, Reason.CONFLICT),
    410: Rule(Permanent, Reason.GONE),
    425: _SERVER,
    429: Rule(Retryable, Reason.RATE_LIMITED, throttles_host=True),
    501: Rule(Retryable, Reason.UNSUPPORTED),
    502: _THROTTLED,
    504: _THROTTLED,
    505: Rule(Retryable, Reason.UNSUPPORTED),
}
"""The statuses that differ from their class."""

CLASSES: Final[Mapping[int, Rule]] = {
    1: Rule(Misconfigured, Reason.CONFIGURATION),
    3: Rule(Misconfigured, Reason.REDIRECT),
    4: _PAYLOAD,
    5: _SERVER,
}
"""Every other status, by its first digit."""

_STRANGE: Final = Rule(Retryable, Reason.UNKNOWN_ANSWER)


def rule(status: int) -> Rule | None:
    """Return what a status means; None for success."""
    if 200 <= status <= 299:
        return None
    return STATUSES.get(status) or CLASSES.get(status // 100, _STRANGE)


def refusal(
    status: int, headers: Mapping[str, str], place: str, *, now: float
) -> DeliveryError | None:
    """Return the error that an answer means, None for success.

    `place` is scheme and host of the receiver, `now` Unix seconds for answers without `Date`.
    """
    found = rule(status)
    if found is None:
        return None
    detail = f"{place} answered {status}{_phrase(status)}"
    if found.reason is Reason.REDIRECT:
        detail += f", a redirect to {redirect_target(headers.get('Location', ''))}"
    after_s = None
    if (asked := headers.get("Retry-After")) is not None:
        after_s = retry_after_s(asked, headers.get("Date"), now=now)
    return found.raised(detail, status=status, after_s=after_s)


def retry_after_s(asked: str, date: str | None, *, now: float) -> float | None:
    """Return the seconds that `Retry-After` asks for, None if it cannot be honoured.

    A date is taken against the answer's own `Date`, so that a wrong clock on either side cancels.
    """
    text = asked.strip()[:64]
    try:
        seconds = float(text)
    except ValueError:
        until = _http_date(text)
        if until is None:
            return None
        since = _http_date(date) if date else None
        seconds = until - (now if since is None else since)
    if not math.isfinite(seconds) or not 0 <= seconds <= ABSURD_S:
        return None
    return seconds


def redirect_target(location: str) -> str:
    """Name the host that a redirect points to, and nothing else of it."""
    scheme, separator, rest = location.partition("://")
    if not separator:
        return "another path of the same host"
    host = rest.split("/", 1)[0].split("?", 1)[0].rsplit("@", 1)[-1][:120]
    clean = all(character.isalnum() or character in ".-:[]" for character in host)
    known = scheme.lower() in ("http", "https") and host.isascii() and clean
    return f"{scheme.lower()}://{host}: use that address" if known and host else "an odd address"


def _phrase(status: int) -> str:
    try:
        return f" {HTTPStatus(status).phrase}"
    except ValueError:
        return ""


def _http_date(text: str) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(text[:64]).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
