"""What the watches count about themselves; observability reads it (spec/operations.md, metrics)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

RELIST_REASONS: Final = (
    "start", "expired", "too_large", "periodic", "error_event", "unknown_type", "internal_errors",
)  # fmt: skip
"""Why a list was made: label values of `notifier_watch_relists_total`."""

ERROR_REASONS: Final = (
    "refused", "failed", "silent", "short", "expired", "too_large", "forbidden", "not_found",
    "error_event", "unknown_type", "undecodable", "line_too_long",
)  # fmt: skip
"""What went wrong: label values of `notifier_watch_errors_total`."""


@dataclass(slots=True)
class WatchStatistics:
    """Counters of all watches of the process; keys are (resource, reason), resource or stream.

    A stream is `resource` for the whole cluster or `resource/namespace`.
    """

    relists: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    events: Counter[str] = field(default_factory=Counter)
    last_event_at: dict[str, float] = field(default_factory=dict)
    """Unix seconds of the last event of a resource."""
    away_since: dict[str, float] = field(default_factory=dict)
    """Monotonic seconds since a stream has not been connected; absent while it is (readiness)."""
    degraded: dict[str, str] = field(default_factory=dict)
    """Streams that cannot be watched at all, and why."""
    synced: set[str] = field(default_factory=set)
    """Streams that completed a list."""
