"""The variables that templates and conditions see, computed once per transition."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from notifier.core.model import Event, JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the cluster knew when the transition was planned.

    `rollout` is the whole version that contains the transition (workload filled in), `previous` the
    tracked fields of the version before, `run` the analysis run the event is about, `runs` those of
    the current revision, newest first (None if none carries the hash).
    """

    rollout: JsonObject
    previous: JsonObject | None = None
    run: JsonObject | None = None
    runs: Sequence[JsonObject] | None = None


def variables(
    event: Event, evidence: Evidence, context: Mapping[str, Any], *, now: float
) -> JsonObject:
    """Return all variables but `recipient` and `serviceType` (spec/configuration.md 7.3,
    messages.md 2).

    `now` is Unix seconds and used for relative times only.
    """
    raise NotImplementedError
