"""What conditions over time remember of each Rollout, in memory: the stored copy is in its
snapshot, and goes into the same transaction as what it led to."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from notifier.core import evidence, following, former, snapshots, standing
from notifier.core.configuration import Configuration
from notifier.core.following import Following
from notifier.core.model import JsonObject, StoredSnapshot
from notifier.core.objects import RolloutVersion
from notifier.core.observer import Change
from notifier.core.standing import Standing
from notifier.engine.gathering import Gathered

log = logging.getLogger(__name__)

EVIDENCE: Final = 64
"""Rollouts whose evidence for conditions is kept from one version to the next."""

_ANNOTATION: Final = former.ANNOTATION.encode()

Found = Mapping[evidence.Needs, Gathered]


class Remembering:
    """The memories by uid, kept as bytes; which Rollouts are followed version by version; and the
    evidence that their conditions read.

    `configurations` returns those that apply to a namespace.
    """

    def __init__(self, configurations: Callable[[str], Sequence[Configuration]]) -> None:
        self._configurations = configurations
        self._encoded: dict[str, bytes] = {}
        self._asking: set[str] = set()
        self._followings: dict[str, Following] = {}
        self._evidence: OrderedDict[str, dict[evidence.Needs, Gathered]] = OrderedDict()

    def restore(self, stored: Iterable[StoredSnapshot]) -> None:
        """Take over what a former process committed; a row that cannot be read is nothing."""
        for row in stored:
            if row.kind != snapshots.KIND:
                continue
            try:
                encoded = snapshots.standing(row)
                self.keep(row.uid, standing.decode(encoded), encoded)
            except msgspec.DecodeError as error:
                log.warning(
                    "stored conditions cannot be read and start anew",
                    extra={"rollout": f"{row.namespace}/{row.name}", "error": str(error)},
                )

    def reconfigured(self) -> None:
        """Forget what the configuration asked for: it has changed."""
        self._followings.clear()

    # --- which versions matter ------------------------------------------------------------------

    def follows(self, version: RolloutVersion) -> bool:
        """Say whether a version of a Rollout matters whatever it changes; quick."""
        metadata = version.rollout.metadata
        if metadata.uid in self._asking:
            return True
        return self._following(metadata.namespace).concerns(version.annotations)

    def concerns(self, change: Change) -> bool:
        """Say whether a change without transitions may concern a condition."""
        uid = change.rollout.uid
        if change.forget:
            return uid in self._encoded
        if not change.version:
            return False
        if uid in self._asking or (change.version == "first" and _ANNOTATION in change.raw):
            return True
        asked = self._following(change.rollout.namespace)
        return asked != following.NOBODY and asked.concerns(
            _annotations(evidence.outline(change.raw))
        )

    def triggers(self, rollout: JsonObject, namespace: str) -> Sequence[str]:
        """Return the level triggers that a Rollout may be asked about."""
        return self._following(namespace).triggers(_annotations(rollout))

    def _following(self, namespace: str) -> Following:
        found = self._followings.get(namespace)
        if found is None:
            found = following.of(self._configurations(namespace))
            self._followings[namespace] = found
        return found

    # --- one Rollout ----------------------------------------------------------------------------

    def past(self, change: Change, rollout: JsonObject) -> Standing:
        """Return what is remembered; at the first sight what the former sender left behind."""
        encoded = self._encoded.get(change.rollout.uid, b"")
        if encoded or change.version != "first":
            return standing.decode(encoded)
        try:
            return Standing(former=former.read(_annotations(rollout)))
        except former.Unreadable as error:
            log.warning(str(error), extra={"rollout": change.rollout.path})
            return standing.NOTHING

    def encoded(self, uid: str) -> bytes:
        """Return what is remembered as it is stored."""
        return self._encoded.get(uid, b"")

    def keep(self, uid: str, memory: Standing, encoded: bytes) -> None:
        """Remember; `encoded` is the memory's stored form."""
        if encoded:
            self._encoded[uid] = encoded
        else:
            self._encoded.pop(uid, None)
        if memory.asks:
            self._asking.add(uid)
        else:
            self._asking.discard(uid)

    def forget(self, uid: str) -> None:
        """Forget a Rollout that is gone."""
        self.keep(uid, standing.NOTHING, b"")
        self._evidence.pop(uid, None)

    # --- evidence -------------------------------------------------------------------------------

    def evidence(self, change: Change) -> Found:
        """Return the evidence that the conditions of a Rollout read last. Once something tracked
        changed it is no longer good, so there is no read per version."""
        if change.version != "same":
            self._evidence.pop(change.rollout.uid, None)
        return self._evidence.get(change.rollout.uid, {})

    def keep_evidence(self, uid: str, found: Found) -> None:
        """Keep the evidence of a Rollout's conditions for its next versions."""
        if found:
            self._evidence[uid] = dict(found)
            self._evidence.move_to_end(uid)
        if len(self._evidence) > EVIDENCE:
            self._evidence.popitem(last=False)


def _annotations(rollout: JsonObject) -> Mapping[str, Any]:
    found = (rollout.get("metadata") or {}).get("annotations")
    return found if isinstance(found, dict) else {}
