"""What the sender built into Argo Rollouts says it has sent: its annotation on a Rollout
(spec/configuration.md 8).

A JSON object of keys, `trigger:condition:service:recipient` and the like, and times. A part may
hold colons, so no key is ever split: the key of a known condition and destination is built and
looked up. Read once, at the first sight of a Rollout; never written.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from notifier.core import standing
from notifier.core.model import CENTRAL
from notifier.core.rulings import Listener

ANNOTATION: Final = "notified.notifications.argoproj.io"
MOST: Final = 100
"""Entries that the annotation holds at most, as upstream."""


class Unreadable(ValueError):
    """The annotation holds no JSON object; it counts as empty."""


def read(annotations: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the digests of the keys that the annotation holds. Raises `Unreadable`."""
    text = annotations.get(ANNOTATION)
    if not isinstance(text, str) or not text:
        return ()
    try:
        found = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError) as error:
        raise Unreadable(f"annotation {ANNOTATION} is ignored: {error}") from error
    return tuple(sorted(standing.digest(key) for key in list(found)[:MOST]))


def sent(former: tuple[str, ...], listener: Listener, once: str, *, namespace: str) -> bool:
    """Say whether the former sender has told this destination.

    `once` is the text of `oncePer`, empty without one; `namespace` that of the central
    configuration, which its keys may carry.
    """
    if not former:
        return False
    subscription = listener.subscription
    scope = namespace if subscription.scope == CENTRAL else subscription.scope
    to = f"{subscription.service}:{subscription.recipient}"
    rest = f"{subscription.trigger}:{listener.key}:{to}"
    first = f"{once}:" if once else ""
    keys = (f"{first}{rest}", f"{first}{scope}:{rest}")
    return any(standing.digest(key) in former for key in keys)
