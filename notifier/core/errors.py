"""The exception tree.

NotifierError
├ ConfigError            carries document, key, field, line and column, and the fix
│ ├ TriggerError  TemplateError  ServiceError  SubscriptionError  SettingsError
├ EvaluationError        a condition or template failed on a real object
├ DeliveryError          reason: a closed enum; detail already redacted; may be ambiguous
│ ├ Retryable(after)   Permanent   Misconfigured
├ ClusterError           the API server could not be reached or refused
│ ├ Forbidden  NotFound
└ StoreError             the store could not be reached or refused
  └ StaleLeader          a newer leader has written since
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Literal

from typing_extensions import override

DETAIL_LIMIT = 256
"""Characters of foreign text that an error keeps (spec/services.md 1.6)."""


class NotifierError(Exception):
    """Root of everything this project raises on purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One fault of configuration, as `check`, the log, the API and `explain` show it.

    `line` and `column` count from 1 in `document`; 0 where unknown.
    """

    document: str
    key: str
    message: str
    field: str = ""
    line: int = 0
    column: int = 0
    fix: str = ""
    severity: Literal["error", "warning"] = "error"

    @override
    def __str__(self) -> str:
        """Render as `document: key: field:line:column: message (fix)`."""
        place = self.document
        if self.line:
            place += f":{self.line}" + (f":{self.column}" if self.column else "")
        what = " ".join(part for part in (self.key, self.field) if part)
        fix = f" ({self.fix})" if self.fix else ""
        return f"{place}: {what}: {self.message}{fix}" if what else f"{place}: {self.message}{fix}"

    def within(self, *, document: str, key: str, line_offset: int = 0) -> Problem:
        """Return the problem as seen from the document that holds the key."""
        line = self.line + line_offset if self.line else line_offset
        return replace(self, document=document, key=key, line=line)


class ConfigError(NotifierError):
    """A configuration key cannot be used."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


class TriggerError(ConfigError):
    """A trigger cannot be compiled."""


class TemplateError(ConfigError):
    """A template cannot be compiled."""


class ServiceError(ConfigError):
    """A service's options cannot be used."""


class SubscriptionError(ConfigError):
    """A subscription cannot be understood."""


class SettingsError(ConfigError):
    """A setting of the daemon is wrong."""


class EvaluationError(NotifierError):
    """A condition or template failed on a real object."""

    def __init__(self, item: str, message: str, *, line: int = 0, field: str = "") -> None:
        super().__init__(f"{item}: {message}")
        self.item = item
        self.message = message
        self.line = line
        self.field = field


class Reason(enum.StrEnum):
    """Why an attempt failed; a metric label, so closed (spec/services.md 6)."""

    NETWORK = "network"  # DNS, refused, reset before the request was written
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    SERVER = "server"  # 5xx, service_unavailable, 4yz
    NOT_FOUND = "not_found"  # 404: transient for 15 minutes
    CONFLICT = "conflict"
    UNSUPPORTED = "unsupported"  # 501, 505: permanent after 3
    CREDENTIAL = "credential"  # parks every lane of the credential
    RECIPIENT = "recipient"
    GONE = "gone"
    PAYLOAD = "payload"
    TOO_LONG = "too_long"  # Slack: once as truncated plain text
    THREAD = "thread"  # Slack: once without thread
    REDIRECT = "redirect"
    CERTIFICATE = "certificate"
    BLOCKED = "blocked"
    TLS_REQUIRED = "tls_required"
    CONFIGURATION = "configuration"
    DEFECT = "defect"  # we sent something no receiver can accept
    UNKNOWN_ANSWER = "unknown_answer"  # permanent after 3
    SLOW = "slow"  # transient, hourly
    GREYLISTED = "greylisted"
    CANCELLED = "cancelled"
    LEASE_LOST = "lease_lost"
    INTERNAL = "internal"  # an unexpected exception of ours


class DeliveryError(NotifierError):
    """An attempt failed.

    `ambiguous` says that the receiver may have accepted the message all the same. `throttles_host`
    says that the whole host should be given a rest.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str = "",
        *,
        status: int | None = None,
        ambiguous: bool = False,
        throttles_host: bool = False,
    ) -> None:
        self.reason = reason
        self.detail = detail[:DETAIL_LIMIT]
        self.status = status
        self.ambiguous = ambiguous
        self.throttles_host = throttles_host
        super().__init__(f"{reason}: {self.detail}" if detail else str(reason))


class Retryable(DeliveryError):
    """Worth another attempt; `after_s` is what the receiver asked for, if it did."""

    def __init__(
        self,
        reason: Reason,
        detail: str = "",
        *,
        after_s: float | None = None,
        status: int | None = None,
        ambiguous: bool = False,
        throttles_host: bool = False,
    ) -> None:
        super().__init__(
            reason, detail, status=status, ambiguous=ambiguous, throttles_host=throttles_host
        )
        self.after_s = after_s


class Permanent(DeliveryError):
    """No further attempt can succeed: the message or the recipient is refused."""


class Misconfigured(DeliveryError):
    """Only a change of configuration can help; `CREDENTIAL` parks, everything else ends."""


class ClusterError(NotifierError):
    """The API server could not be reached or refused; `status` is the HTTP status, 0 without
    one."""

    def __init__(self, message: str, *, status: int = 0, after_s: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.after_s = after_s


class Forbidden(ClusterError):
    """The ServiceAccount lacks the right."""


class NotFound(ClusterError):
    """The object or the resource does not exist."""


class StoreError(NotifierError):
    """The store could not be reached or refused."""


class StaleLeader(StoreError):
    """A newer leader has written since: whoever gets this must stop observing (spec/reliability.md
    4.3)."""

    def __init__(self, epoch: int, newest: int) -> None:
        super().__init__(f"epoch {epoch} is over, epoch {newest} has written: stop observing")
        self.epoch = epoch
        self.newest = newest
