"""Annotations, the global list and defaults to destinations: who listens to a trigger.

Annotations are a tenant's text (spec/security.md S16): whatever they hold, resolving never raises,
and one annotation never influences another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from notifier.core.annotations import Annotations, Wish
from notifier.core.annotations import parse as parse_annotations
from notifier.core.errors import Problem
from notifier.core.model import JsonObject, Subscription
from notifier.core.selectors import Selector

if TYPE_CHECKING:
    from notifier.core.configuration import Configuration

MOST: Final = 50
"""Destinations one rollout's annotations may name (spec/configuration.md 5.2); planning refuses the
rest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GlobalSubscription:
    """One item of `subscriptions`: recipients as (service, recipient), compiled label selector.

    `triggers` None means the default triggers.
    """

    index: int
    recipients: Sequence[tuple[str, str]]
    triggers: Sequence[str] | None
    selector: str = ""
    compiled: Selector = field(default_factory=Selector)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """Who listens to one trigger, in order, de-duplicated, and what was wrong with the annotations.

    `dropped` counts duplicates left out, `total` the destinations that the object's annotations
    name over all triggers. `muted_until` is an RFC 3339 time, empty without one.
    """

    subscriptions: Sequence[Subscription]
    problems: Sequence[Problem] = ()
    dropped: int = 0
    muted_until: str = ""
    total: int = 0


def resolve(trigger: str, rollout: JsonObject, configuration: Configuration) -> Resolved:
    """Return the subscriptions of one trigger on one rollout (spec/configuration.md 5).

    Global items come first in list order, then annotations by key. Never raises.
    """
    metadata = _mapping(rollout.get("metadata"))
    written = parse_annotations(
        _mapping(metadata.get("annotations")),
        document=f"{metadata.get('namespace', '')}/{metadata.get('name', '')}",
    )
    found: dict[tuple[str, str], Subscription] = {}
    dropped = 0
    wanted = [
        *_global(trigger, _mapping(metadata.get("labels")), configuration),
        *_annotated(trigger, written, configuration),
    ]
    for source, service, recipient in wanted:
        if (service, recipient) in found:
            dropped += 1
            continue
        found[service, recipient] = Subscription(
            scope=configuration.scope,
            source=source,
            trigger=trigger,
            service=service,
            recipient=recipient,
        )
    return Resolved(
        subscriptions=tuple(found.values()),
        problems=written.problems,
        dropped=dropped,
        muted_until=written.muted_until,
        total=len(set(_destinations(written, configuration))),
    )


def _global(
    trigger: str, labels: Mapping[str, Any], configuration: Configuration
) -> Iterator[tuple[str, str, str]]:
    """Yield what the global list says, as (source, service, recipient)."""
    for item in configuration.subscriptions:
        triggers = configuration.default_triggers if item.triggers is None else item.triggers
        if trigger in triggers and item.compiled.matches(labels):
            for service, recipient in item.recipients:
                yield f"subscriptions[{item.index}]", service, recipient


def _annotated(
    trigger: str, written: Annotations, configuration: Configuration
) -> Iterator[tuple[str, str, str]]:
    """Yield what the annotations say, as (source, service, recipient)."""
    for wish in written.wishes:
        if trigger in _triggers(wish, configuration):
            for recipient in wish.recipients:
                yield wish.source, wish.service, recipient


def _destinations(
    written: Annotations, configuration: Configuration
) -> Iterator[tuple[str, str, str]]:
    """Yield every (trigger, service, recipient) that the annotations name."""
    for wish in written.wishes:
        for trigger in _triggers(wish, configuration):
            for recipient in wish.recipients:
                yield trigger, wish.service, recipient


def _triggers(wish: Wish, configuration: Configuration) -> Sequence[str]:
    """Return the triggers a wish is about; the defaults of its service if it names none."""
    if wish.triggers is not None:
        return wish.triggers
    by_service = configuration.default_triggers_by_service
    return by_service.get(wish.service, configuration.default_triggers)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
