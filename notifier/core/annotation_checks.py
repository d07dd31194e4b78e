"""The annotations of a Rollout against configurations: which lead nowhere, and why.

What the daemon tells in verdicts once something happens, `check` tells before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from notifier.core import decoding, lifecycle
from notifier.core.annotations import SUBSCRIBE, Annotations, Wish
from notifier.core.annotations import parse as parse_annotations
from notifier.core.configuration import Configuration
from notifier.core.errors import Problem


def check(
    written: Mapping[str, Any], configurations: Sequence[Configuration], *, document: str
) -> list[Problem]:
    """Return what is wrong with the annotations of one object; `document` names it. Never raises.

    `configurations` are those that serve it, the namespace's own first. What one of them serves is
    fine; what none does is told as the first one sees it (spec/configuration.md 5.3).
    """
    found = parse_annotations(written, document=document)
    for wish in found.wishes:
        for trigger in wish.triggers or (None,):
            seen = [list(_faults(wish, trigger, each, document)) for each in configurations]
            if all(seen):
                found.problems += [each for each in seen[0] if each not in found.problems]
        if not wish.recipients:
            found.warn(wish.source, "names no recipients: nobody is told", "write a recipient")
    return found.problems


def _faults(
    wish: Wish, trigger: str | None, configuration: Configuration, document: str
) -> Iterator[Problem]:
    """Yield why a configuration does not serve a wish; `trigger` None are its default triggers."""
    told = Annotations(document)
    _service(wish, configuration, told)
    if trigger is not None:
        _trigger(trigger, wish, configuration, told)
    elif not _defaults(wish, configuration):
        told.warn(
            wish.source,
            "names no trigger, and there are no defaultTriggers: nobody is told",
            f"write {SUBSCRIBE}on-rollout-aborted.{wish.service}",
        )
    yield from told.problems


def _service(wish: Wish, configuration: Configuration, found: Annotations) -> None:
    if wish.service in configuration.broken_services:
        fault = configuration.broken_services[wish.service]
        found.warn(wish.source, f"service {wish.service} cannot be used: {fault}")
    elif wish.service not in configuration.services:
        found.warn(
            wish.source,
            f"no service {wish.service} is configured: nobody is told",
            service_hint(wish.service, configuration)
            or f"add service.{wish.service} to the ConfigMap",
        )


def _trigger(trigger: str, wish: Wish, configuration: Configuration, found: Annotations) -> None:
    if trigger in configuration.broken_triggers:
        fault = configuration.broken_triggers[trigger]
        found.warn(wish.source, f"trigger {trigger} cannot be used: {fault}")
    elif trigger not in configuration.triggers:
        nearest = lifecycle.UNOBSERVABLE.get(trigger)
        found.warn(
            wish.source,
            f"no trigger {trigger} exists: nobody is told",
            f"the nearest trigger is {nearest}"
            if nearest
            else decoding.did_you_mean(trigger, configuration.triggers),
        )


def service_hint(name: str, configuration: Configuration) -> str:
    """Return which configured service was probably meant; empty if none is alike."""
    of_type = sorted(
        each for each, spec in configuration.services.items() if spec.type.name == name
    )
    if of_type:
        return f"the configuration calls it {' or '.join(of_type)}"
    return decoding.did_you_mean(name, configuration.services)


def _defaults(wish: Wish, configuration: Configuration) -> Sequence[str]:
    by_service = configuration.default_triggers_by_service
    return by_service.get(wish.service, configuration.default_triggers)
