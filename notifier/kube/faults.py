"""What the API server says when it says no, mapped once to errors that name what to do next.

Pure. A `Status` object reaches us in two forms, as the body of a refused request and as the object
of an ERROR event, and is trusted in neither: every field may be missing or of another type.

ClusterError
├ Forbidden  NotFound   the caller degrades
├ Expired               the version is too old: list again (W7)
├ TooLarge              the version is from the future: list at "" (W8)
├ Broken                an ERROR event nobody can explain: list again (W18)
├ UnknownType           an event of a type nobody knows: list again (W17)
├ Busy                  refused or throttled: wait, never list (W13)
└ Silent                nothing was heard for the read deadline: connect again at once (W16)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from notifier.core.errors import DETAIL_LIMIT, ClusterError, Forbidden, NotFound

LONGEST_WAIT_S: Final = 3600.0
"""Seconds that a Retry-After is believed at most."""

_TOO_LARGE: Final = "ResourceVersionTooLarge"


class Expired(ClusterError):
    """The resourceVersion or continue token is too old (410)."""


class TooLarge(ClusterError):
    """The resourceVersion is newer than anything the server knows."""


class Broken(ClusterError):
    """The stream reported an error that makes the state behind it doubtful."""


class UnknownType(ClusterError):
    """The stream sent an event of a type that nobody knows."""


class Busy(ClusterError):
    """The server refused the connection, or asked for patience (429)."""


class Silent(ClusterError):
    """No byte came for the read deadline: the connection may be half open."""


@dataclass(frozen=True, slots=True)
class Status:
    """A Kubernetes Status as far as it could be understood; zero values elsewhere."""

    code: int = 0
    reason: str = ""
    message: str = ""
    after_s: float | None = None
    causes: tuple[str, ...] = ()

    @property
    def too_large(self) -> bool:
        """Whether the version was from the future; old servers say so by text alone (W8)."""
        return _TOO_LARGE in self.causes or "Too large resource version" in self.message


def read_status(body: bytes) -> Status | None:
    """Return the Status in the bytes, or None if they hold no JSON object. Never raises."""
    try:
        data = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    details = data.get("details")
    details = details if isinstance(details, dict) else {}
    causes = details.get("causes")
    causes = causes if isinstance(causes, list) else []
    return Status(
        code=_number(data.get("code")),
        reason=_text(data.get("reason")),
        message=_text(data.get("message")),
        after_s=seconds(details.get("retryAfterSeconds")),
        causes=tuple(_text(cause.get("reason")) for cause in causes if isinstance(cause, dict)),
    )


def refused(what: str, status: int, headers: Mapping[str, str], body: bytes) -> ClusterError:
    """Return the error for an HTTP answer other than 2xx; `what` names the request."""
    form = headers.get("Content-Type", "no content type").partition(";")[0]
    named, found = None, read_status(body)
    if found is None and form == "text/plain":  # the API server itself, of unknown paths
        found = Status(message=body.decode(errors="replace").strip())
    elif found is None:  # a proxy: what it says of rights and existence is not the server's word
        found = Status(message=f"no Kubernetes status but {form}: is this the API server?")
        named = ClusterError if status in {403, 404} else None
    asked = [seconds(headers.get("Retry-After")), found.after_s]
    after_s = max((wait for wait in asked if wait is not None), default=None)
    detail = _detail(found)
    named = named or _type(status, found)
    return named(f"{what}: {status} {detail}", status=status, after_s=after_s)


def reported(what: str, body: bytes) -> ClusterError:
    """Return the error for an ERROR event, whatever its object looks like (W7, W18)."""
    found = read_status(body) or Status()
    named = _type(found.code, found)
    if named is ClusterError and found.code != _INTERNAL:
        named = Broken  # a code nobody explained: what was missed is unknown
    if found.reason == "StorageReadError" or "corrupt" in found.message:
        named = Broken
    return named(
        f"{what}: error event: {found.code or 'no code'} {_detail(found)}",
        status=found.code,
        after_s=found.after_s,
    )


def seconds(value: Any) -> float | None:
    """Read a Retry-After in seconds; None if it is none or no number."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return min(found, LONGEST_WAIT_S) if found >= 0 else None


_INTERNAL: Final = 500


def _detail(found: Status) -> str:
    """Return the server's words, cut."""
    return (found.message or found.reason or "no reason given")[:DETAIL_LIMIT]


def _type(code: int, found: Status) -> type[ClusterError]:
    """Name the error: the status code decides, the reason where there is no code."""
    if found.too_large:
        return TooLarge
    if code == 410 or found.reason in {"Expired", "Gone"}:
        return Expired
    return {403: Forbidden, 404: NotFound, 429: Busy}.get(code, ClusterError)


def _number(value: Any) -> int:
    """Return a whole number, 0 for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _text(value: Any) -> str:
    """Return a text, empty for anything else."""
    return value if isinstance(value, str) else ""
