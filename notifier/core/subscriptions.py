"""Annotations, the global list and defaults to destinations: who listens to a trigger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from notifier.core.errors import Problem
from notifier.core.model import JsonObject, Subscription

if TYPE_CHECKING:
    from notifier.core.configuration import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalSubscription:
    """One item of `subscriptions`: recipients as (service, recipient), compiled label selector."""

    index: int
    recipients: Sequence[tuple[str, str]]
    triggers: Sequence[str] | None
    selector: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Who listens to one trigger, in order, de-duplicated, and what was wrong with the
    annotations."""

    subscriptions: Sequence[Subscription]
    problems: Sequence[Problem] = ()
    dropped: int = 0
    muted_until: str = ""


def resolve(trigger: str, rollout: JsonObject, configuration: Configuration) -> Resolved:
    """Return the subscriptions of one trigger on one rollout (spec/configuration.md 5)."""
    raise NotImplementedError
