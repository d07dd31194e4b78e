"""What can be seen only with every key at hand: names that lead nowhere, items nobody uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from notifier.core import decoding, lifecycle
from notifier.core.errors import Problem
from notifier.core.subscriptions import GlobalSubscription

KEYS: Final = (
    "subscriptions",
    "defaultTriggers",
    "context",
)
PREFIXES: Final = ("service.", "template.", "trigger.", "defaultTriggers.", "partial.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names one configuration knows; broken items count as known."""

    document: str
    services: frozenset[str]
    triggers: frozenset[str]
    own_templates: frozenset[str]
    sent: frozenset[str]

    def warning(self, key: str, message: str, fix: str = "", field: str = "") -> Problem:
        """Return one warning of this document."""
        return Problem(
            document=self.document,
            key=key,
            message=message,
            field=field,
            fix=fix,
            severity="warning",
        )


def lint(
    names: Names,
    subscriptions: Sequence[GlobalSubscription],
    defaults: Mapping[str, Sequence[str]],
    secret: Iterable[str],
    used: set[str],
) -> Iterator[Problem]:
    """Yield warnings over the whole configuration.

    `defaults` are lists of default triggers by their key, `secret` the keys of the Secret.
    """
    for item in subscriptions:
        yield from _subscription(names, item)
        if item.recipients and item.triggers is None and not defaults.get("defaultTriggers"):
            yield names.warning(
                "subscriptions",
                "sends nothing: it names no triggers, and there are no defaultTriggers",
                "add `triggers: [on-rollout-aborted]`",
                f"[{item.index}]",
            )
    for key, triggers in defaults.items():
        yield from _triggers(names, key, triggers, "")
        service = key.partition(".")[2]
        if service and service not in names.services:
            yield names.warning(
                key, f"no service {service} exists", decoding.did_you_mean(service, names.services)
            )
    for name in sorted(names.own_templates - names.sent):
        yield names.warning(f"template.{name}", "no trigger sends this template")
    for key in sorted(set(secret) - used):
        yield names.warning("", f"the Secret's key {key} is used by no service", field=key)


def _subscription(names: Names, item: GlobalSubscription) -> Iterator[Problem]:
    """Yield what leads nowhere in one item of the global list."""
    for service, _ in item.recipients:
        if service not in names.services:
            yield names.warning(
                "subscriptions",
                f"no service {service} exists",
                decoding.did_you_mean(service, names.services),
                f"[{item.index}].recipients",
            )
    yield from _triggers(names, "subscriptions", item.triggers or (), f"[{item.index}].triggers")


def _triggers(names: Names, key: str, triggers: Sequence[str], field: str) -> Iterator[Problem]:
    """Yield the trigger names that do not exist."""
    for trigger in triggers:
        if trigger not in names.triggers and trigger not in lifecycle.ALL:
            yield names.warning(
                key,
                f"no trigger {trigger} exists",
                decoding.did_you_mean(trigger, names.triggers | lifecycle.ALL),
                field,
            )


def unknown_key(document: str, key: str) -> Problem:
    """Return the warning about a key that is none of ours."""
    fix = decoding.did_you_mean(key, KEYS)
    head, dot, rest = key.partition(".")
    if dot:
        prefix = decoding.nearest(f"{head}.", PREFIXES)
        fix = f"did you mean {prefix}{rest}?" if prefix else fix
    return Problem(
        document=document,
        key=key,
        message="unknown key, ignored",
        fix=fix,
        severity="warning",
    )
