"""The small keys: `subscriptions`, `defaultTriggers`, `context` (spec/configuration.md 2, 5.1)."""

from __future__ import annotations

from typing import Any, Final

from notifier.core import decoding, selectors
from notifier.core.compiling.reporting import Report
from notifier.core.subscriptions import GlobalSubscription
from notifier.core.yamltext import Path

FIELDS: Final = ("recipients", "triggers", "selector")


def compile_subscriptions(report: Report) -> list[GlobalSubscription] | None:
    """Compile the list in `report.yaml`, each bad item left out and reported; None if it is no
    list."""
    raw = report.yaml.value
    if raw is None:
        return []
    if not isinstance(raw, list):
        report.error(
            f"subscriptions are a list, this is {decoding.kind(raw)}",
            fix="begin each with a dash: `- recipients: [slack:channel]`",
        )
        return None
    items = (_subscription(index, item, report) for index, item in enumerate(raw))
    return [item for item in items if item is not None]


def _subscription(index: int, item: Any, report: Report) -> GlobalSubscription | None:
    """Compile one item."""
    path: Path = (index,)
    if not isinstance(item, dict):
        report.error(f"a subscription is a mapping, this is {decoding.kind(item)}", path)
        return None
    found = decoding.fields(item, FIELDS)
    report.unknown(found.unknown, path, FIELDS)
    at = path
    try:
        at = (index, found.written.get("recipients", "recipients"))
        recipients = decoding.text_list(found.values.get("recipients"))
        at = (index, found.written.get("triggers", "triggers"))
        triggers = decoding.text_list(found.values.get("triggers"))
        at = (index, found.written.get("selector", "selector"))
        selector = decoding.text(found.values.get("selector"))
        compiled = selectors.parse(selector)
    except ValueError as error:
        report.error(str(error), at)
        return None
    if not recipients:
        report.warning("has no recipients", path, fix="add `recipients: [service:recipient]`")
    return GlobalSubscription(
        index=index,
        recipients=tuple(split(recipient) for recipient in recipients),
        triggers=tuple(triggers) or None,
        selector=selector,
        compiled=compiled,
    )


def split(recipient: str) -> tuple[str, str]:
    """Split at the first colon into service and recipient; nothing is trimmed."""
    service, _, rest = recipient.partition(":")
    return service, rest


def compile_names(report: Report) -> tuple[str, ...] | None:
    """Compile a list of trigger names; None, reported, if it is none."""
    try:
        return tuple(decoding.text_list(report.yaml.value))
    except decoding.Unfit as error:
        report.error(str(error))
        return None


def compile_context(report: Report) -> dict[str, str] | None:
    """Compile the mapping of texts that templates see as `context`; None, reported, if it is
    none."""
    raw = {} if report.yaml.value is None else report.yaml.value
    if not isinstance(raw, dict):
        report.error(f"context is a mapping of texts, this is {decoding.kind(raw)}")
        return None
    result = {}
    for name, value in raw.items():
        try:
            result[name] = decoding.text(value)
        except decoding.Unfit as error:
            report.error(str(error), (name,))
    return None if report.errors else result
