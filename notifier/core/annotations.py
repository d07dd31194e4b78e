"""The annotations of one object: who wants to be told (spec/configuration.md 5.2).

Tolerant as upstream where it decides what is sent; whatever was probably meant otherwise is a
problem of that annotation alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from notifier.core import decoding, yamltext
from notifier.core.errors import ConfigError, Problem

PREFIX: Final = "notifications.argoproj.io/"
SUBSCRIBE: Final = PREFIX + "subscribe."
SUBSCRIPTIONS: Final = PREFIX + "subscriptions"
MUTE_UNTIL: Final = PREFIX + "mute-until"
OWNER: Final = PREFIX + "owner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One service and its recipients; `triggers` None means the default triggers."""

    source: str
    service: str
    recipients: tuple[str, ...]
    triggers: tuple[str, ...] | None


@dataclass(slots=True)
class Annotations:
    """What the annotations of one object say, and what is wrong with them."""

    document: str
    wishes: list[Wish] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    muted_until: str = ""

    def warn(self, key: str, message: str, fix: str = "") -> None:
        """Note what probably means something else than it does."""
        self.problems.append(
            Problem(document=self.document, key=key, message=message, fix=fix, severity="warning")
        )

    def refuse(self, key: str, message: str, fix: str = "", line: int = 0, column: int = 0) -> None:
        """Note what cannot be understood: nobody is told because of it."""
        self.problems.append(
            Problem(
                document=self.document, key=key, message=message, fix=fix, line=line, column=column
            )
        )


def parse(annotations: Mapping[str, Any], *, document: str) -> Annotations:
    """Read all annotations of one object, by key. Never raises; `document` names the object."""
    result = Annotations(document)
    for key, value in sorted(annotations.items()):
        if not isinstance(value, str) or not key.startswith(PREFIX):
            continue
        if key.startswith(SUBSCRIBE):
            result.wishes.append(_subscribe(key, value))
        elif key.startswith(SUBSCRIPTIONS):
            _subscriptions(key, value, result)
        elif key == MUTE_UNTIL:
            _mute(key, value, result)
        elif key != OWNER:
            known = [name.removeprefix(PREFIX) for name in (SUBSCRIPTIONS, MUTE_UNTIL, OWNER)]
            fix = decoding.did_you_mean(key.removeprefix(PREFIX), [*known, "subscribe."])
            result.warn(key, "unknown annotation, ignored", fix)
    return result


def _subscribe(key: str, value: str) -> Wish:
    """Read `subscribe.<trigger>.<service>: recipient;recipient`."""
    parts = key.removeprefix(SUBSCRIBE).split(".")
    trigger, service = (parts[0], parts[1]) if len(parts) > 1 else ("", parts[0])
    trimmed = [recipient.strip() for recipient in value.split(";")]
    recipients = [""] if value == "" else [recipient for recipient in trimmed if recipient]
    return Wish(
        source=key,
        service=service,
        recipients=tuple(recipients),
        triggers=(trigger,) if trigger else None,
    )


def _subscriptions(key: str, value: str, result: Annotations) -> None:
    """Read the YAML form: a list of `{trigger: [names], destinations: [{service, recipients}]}`."""
    try:
        items = yamltext.read(value).value
    except ConfigError as error:
        fault = error.problem
        result.refuse(key, fault.message, fault.fix, fault.line, fault.column)
        return
    if items is not None and not isinstance(items, list):
        result.refuse(
            key, f"is {decoding.kind(items)}, but a list is expected", "begin with a dash"
        )
        return
    for at, item in enumerate(items or ()):
        if not isinstance(item, dict):
            result.refuse(key, f"[{at}] is {decoding.kind(item)}, but a mapping is expected")
            continue
        found = decoding.fields(item, ("trigger", "destinations"))
        for name in found.unknown:
            fix = decoding.did_you_mean(name, ("trigger", "destinations"))
            result.warn(key, f"[{at}].{name} is unknown and ignored", fix)
        triggers = _trigger(found.values.get("trigger"), key, at, result)
        _destinations(found.values.get("destinations"), triggers, key, at, result)


def _trigger(value: Any, key: str, at: int, result: Annotations) -> tuple[str, ...] | None:
    """Return the named triggers; None, with a warning, where the default ones apply."""
    names = _texts(value)
    if names is None:
        what = "is missing" if value is None else f"is {decoding.kind(value)}, not a list of names"
        result.warn(
            key, f"[{at}].trigger {what}: the default triggers apply", "write trigger: [on-…]"
        )
    return names or None


def _destinations(
    value: Any, triggers: tuple[str, ...] | None, key: str, at: int, result: Annotations
) -> None:
    """Add a wish for each destination of one item; recipients are taken as they are."""
    for item in value if isinstance(value, list) else ():
        known = ("service", "recipients")
        fields = decoding.fields(item, known).values if isinstance(item, dict) else {}
        service, recipients = fields.get("service"), _texts(fields.get("recipients"))
        if not isinstance(service, str) or (recipients is None and "recipients" in fields):
            result.refuse(
                key,
                f"[{at}].destinations has an item that is not understood",
                "write {service: name, recipients: [name]}",
            )
            continue
        if not recipients:
            result.warn(
                key,
                f"[{at}].destinations names no recipients of {service}: nobody is told",
                'a webhook needs recipients: [""]',
            )
            continue
        result.wishes.append(
            Wish(source=key, service=service, recipients=recipients, triggers=triggers)
        )


def _texts(value: Any) -> tuple[str, ...] | None:
    """Return a list of texts; None for anything else."""
    if not isinstance(value, list):
        return None
    try:
        return tuple(decoding.text_list(value))
    except decoding.Unfit:
        return None


def _mute(key: str, value: str, result: Annotations) -> None:
    """Read an RFC 3339 time with its zone."""
    try:
        moment = dt.datetime.fromisoformat(value.strip())
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        result.warn(key, "is no RFC 3339 time, so nothing is muted", "write 2026-01-31T18:00:00Z")
        return
    result.muted_until = value.strip()
