"""What two scopes of one Rollout know of each other (spec/configuration.md 5.3). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from notifier.core.compiling.services import ServiceSpec
from notifier.core.model import Decision, Verdict
from notifier.core.service import Message

_UNKNOWN: Final = frozenset({Decision.UNKNOWN_SERVICE, Decision.UNKNOWN_TRIGGER})


class Received:
    """Which scope was the first to send a message to a receiver, during one plan."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str, str, str], str] = {}

    def elsewhere(self, spec: ServiceSpec, recipient: str, message: Message) -> str:
        """Return the scope that already sends this message to this receiver, "" if no other does:
        type, endpoint with credential, recipient and rendered text are equal."""
        body = f"{message.text}\0{message.block!r}"
        key = (spec.type.name, spec.endpoint, recipient, body)
        first = self._first.setdefault(key, spec.scope)
        return "" if first == spec.scope else first


def without_served_elsewhere(verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    """Drop "unknown here" where another scope knows the name and decided: what one scope lacks the
    other serves."""
    decided = {(each.service, each.recipient) for each in verdicts if each.decision not in _UNKNOWN}
    for each in verdicts:
        if each.decision not in _UNKNOWN or (each.service, each.recipient) not in decided:
            yield each
