"""What conditions over time remember of one Rollout (spec/configuration.md 6.2, 8).

It is part of the Rollout's stored snapshot (`core/snapshots.py`), so it is committed with the
events and deliveries it led to, and a restart finds it. A Rollout without it costs nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Final, TypeAlias

import msgspec
from msgspec import Raw, Struct

from notifier.core.model import Decision, Event, Verdict

Level: TypeAlias = bool | str | None
"""Whether a level condition held when it was last evaluated. A text: it held, with the `oncePer`
value of that digest. None: it was looked at, but has never given an answer."""

ERRORS: Final = 8
"""Different error texts that are reported of one condition; one that always says something new
would flood the ledger."""


class Waiting(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A destination that is told as soon as a condition holds. `key` names the condition."""

    key: str
    scope: str
    source: str
    service: str
    recipient: str
    condition: str = ""
    template: str = ""

    def verdict(self, event: Event, decision: Decision, detail: str) -> Verdict:
        """Return a decision about it."""
        return Verdict(
            event_id=event.id,
            decision=decision,
            scope=self.scope,
            source=self.source,
            trigger=event.transition.trigger,
            service=self.service,
            recipient=self.recipient,
            condition=self.condition,
            template=self.template,
            detail=detail,
        )


class Occurrence(Struct, frozen=True, kw_only=True):
    """A transition that some destinations still wait for: it is *open*.

    `previous` are the tracked fields of the version before it, as JSON; `until` is when it closes
    by its age, Unix seconds.
    """

    event: Event
    waiting: tuple[Waiting, ...]
    until: float
    previous: Raw = Raw(b"null")


class Standing(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is remembered of one Rollout.

    `levels` by the key of `levels.key`; `open` oldest first; `errors` are digests of the error
    texts already reported, by condition; `edges` counts the events of each level trigger, for their
    keys; `former` are digests of the keys that the state annotation held at the first sight.
    """

    levels: Mapping[str, Level] = {}
    open: tuple[Occurrence, ...] = ()
    errors: Mapping[str, tuple[str, ...]] = {}
    edges: Mapping[str, int] = {}
    former: tuple[str, ...] = ()

    @property
    def asks(self) -> bool:
        """Say whether later versions matter whatever they change."""
        return bool(self.levels or self.open)


NOTHING: Final = Standing()

_encoder: Final = msgspec.json.Encoder(order="sorted")
_decoder: Final = msgspec.json.Decoder(Standing)


def encode(standing: Standing) -> bytes:
    """Encode what is remembered; nothing is no bytes. Equal bytes, equal memories."""
    return b"" if standing == NOTHING else _encoder.encode(standing)


def decode(encoded: bytes) -> Standing:
    """Decode what `encode` made. Raises `msgspec.DecodeError`."""
    return _decoder.decode(encoded) if encoded else NOTHING


def digest(text: str) -> str:
    """Return what stands for a text of any length: 16 characters."""
    return hashlib.blake2b(text.encode(errors="replace"), digest_size=8).hexdigest()


class Errors:
    """Which errors of conditions are news, and what is remembered of them afterwards.

    Of one condition each text is reported once, by the first version that shows it, to every
    destination.
    """

    def __init__(self, reported: Mapping[str, Sequence[str]]) -> None:
        self._reported = reported
        self._new: dict[str, str] = {}

    def report(self, condition: str, text: str) -> bool:
        """Note the error of a condition in this version; say whether it is news."""
        known, mark = self._reported.get(condition, ()), digest(text)
        if mark in known or len(known) >= ERRORS:
            return False
        self._new[condition] = mark
        return True

    def after(self, conditions: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Return all that was reported of the conditions that are still of interest, this version's
        news included."""
        found = {name: tuple(marks) for name, marks in self._reported.items() if name in conditions}
        for name, mark in self._new.items():
            found[name] = (*found.get(name, ()), mark)
        return found
