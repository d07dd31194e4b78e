"""The nouns of the domain, frozen. Every room speaks in these.

A *transition* is a lifecycle change of one rollout, derived from object state
(`core/transitions.py`). Recorded and shown to templates it is called an *event*. Planning turns it
into *deliveries*, one per destination, and a *verdict* for every destination that gets none.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import msgspec

Json: TypeAlias = "Mapping[str, Any] | Sequence[Any] | str | int | float | bool | None"
JsonObject: TypeAlias = dict[str, Any]

CENTRAL = "central"
"""The scope of the operator's own ConfigMap; every other scope is a namespace's name."""


class ObjectRef(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One Kubernetes object. `uid` is empty where only the name is known yet."""

    kind: str
    namespace: str
    name: str
    uid: str = ""

    @property
    def path(self) -> str:
        """`namespace/name`, as people and commands write it."""
        return f"{self.namespace}/{self.name}"


Resource = Literal["rollouts", "analysisruns", "experiments", "replicasets"]


@dataclass(frozen=True, slots=True)
class Observation:
    """One object version, undecoded: `raw` are the JSON bytes of the object itself.

    `contiguous` is False if versions between this and the previous observation of the object may
    have been missed. `type` is ADDED, MODIFIED or DELETED for a live watch, LISTED for an object of
    a (re)list, SYNCED (empty raw) once a list is complete, and ABSENT (raw: a stub object with
    metadata only) for an object that a relist no longer shows. `decoded` is the object as far as
    its reader needs it, where decoding the line gave that already (`core.objects.WireRollout`).
    `covers` are the namespaces that a SYNCED speaks for; empty: all of them.
    """

    resource: Resource
    type: Literal["ADDED", "MODIFIED", "DELETED", "LISTED", "SYNCED", "ABSENT"]
    raw: bytes
    contiguous: bool = True
    decoded: Any = None
    covers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """One lifecycle change, with the key that is the same on every replay (spec/transitions.md 6).

    `facts` holds plain data of the change itself (revision, step, slot, old and new replicas …),
    `time` the RFC 3339 time the object itself gives for it, if any.
    """

    trigger: str
    reason: str
    rollout: ObjectRef
    key: str
    resource_version: str
    recovered: bool = False
    missed: int = 0
    time: str | None = None
    run: ObjectRef | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


class Subscription(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where a wish to be told comes from: `source` names the annotation or the list item."""

    scope: str
    source: str
    trigger: str
    service: str
    recipient: str


class Destination(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A service of a scope and one of its recipients."""

    scope: str
    service: str
    service_type: str
    recipient: str


class Decision(enum.StrEnum):
    """Why a destination was or was not given a delivery (spec/operations.md 5). An error is
    never a "no"."""

    SENT = "sent"
    NO_SUBSCRIPTION = "no_subscription"
    UNKNOWN_SERVICE = "unknown_service"
    UNKNOWN_TRIGGER = "unknown_trigger"
    CONDITION_FALSE = "condition_false"
    CONDITION_ERROR = "condition_error"
    OPEN_OCCURRENCE = "open_occurrence"
    ONCE_PER = "once_per"
    DUPLICATE = "duplicate"
    BASELINE = "baseline"
    MUTED = "muted"
    QUOTA = "quota"
    RECIPIENT_NOT_ALLOWED = "recipient_not_allowed"
    CONFIG_ERROR = "config_error"
    NEVER_FIRES = "never_fires"
    NOT_OBSERVED = "not_observed"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


class Verdict(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The decision about one considered destination of one event."""

    event_id: str
    decision: Decision
    scope: str = CENTRAL
    source: str = ""
    trigger: str = ""
    service: str = ""
    recipient: str = ""
    condition: str = ""
    template: str = ""
    detail: str = ""
    delivery_id: str = ""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A transition as it is recorded. `observed_at` is Unix seconds of the wall clock."""

    id: str
    transition: Transition
    observed_at: float


class State(enum.StrEnum):
    """States of a delivery; their table is `core/deliveries.py`."""

    PENDING = "pending"
    SENDING = "sending"
    RETRY = "retry"
    AMBIGUOUS = "ambiguous"
    PARKED = "parked"
    DELIVERED = "delivered"
    DEAD = "dead"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    SHED = "shed"
    DROPPED = "dropped"
    MUTED = "muted"
    SHADOW = "shadow"


class Delivery(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One message to one destination, as it waits in the outbox.

    `payload` are the bytes the service composed before the commit; they never change and hold no
    credential. Times are Unix seconds of the wall clock; `created_at` is that of the observation
    it comes from. `kind` is the class of spec/services.md 6.4 that decides the maximum age and what
    supersedes it.
    """

    id: str
    event_id: str
    rollout: ObjectRef
    trigger: str
    destination: Destination
    template: str
    payload: bytes
    lane: str
    kind: str
    created_at: float
    expires_at: float
    due_at: float
    state: State = State.PENDING
    attempt: int = 0
    token: str = ""
    reason: str = ""
    reference: str = ""
    ended_at: float | None = None
    shortened: bool = False
    """Sent once more as truncated plain text after the receiver refused the payload (services.md
    6.2)."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One try at a delivery. `detail` is redacted and at most 256 characters."""

    delivery_id: str
    number: int
    started_at: float
    latency_s: float
    result: str
    reason: str = ""
    status: int | None = None
    ambiguous: bool = False
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSnapshot:
    """What is remembered of one object between two observations: `data` is core/snapshots'
    encoding."""

    kind: str
    uid: str
    namespace: str
    name: str
    data: bytes


def event_id(cluster: str, key: str) -> str:
    """Return the stable id of an event: the same for a replay, a relist and a second replica."""
    return "evt_" + _digest(cluster, key)


def delivery_id(
    event: str, destination: Destination, condition: str, slot: str, once: str = ""
) -> str:
    """Return the stable id that every attempt of one message carries (spec/reliability.md 2)."""
    place = (destination.scope, destination.service, destination.recipient)
    return "dlv_" + _digest(event, *place, condition, slot, once)


def lane(rollout_uid: str, destination: Destination) -> str:
    """Return the name of what must stay in order: one rollout to one recipient."""
    return _digest(rollout_uid, destination.scope, destination.service, destination.recipient)


def _digest(*parts: str) -> str:
    """Hash the parts unambiguously (each is length-prefixed)."""
    data = [part.encode() for part in parts]
    prefixed = b"".join([b"%d:%b" % (len(part), part) for part in data])
    return hashlib.blake2b(prefixed, digest_size=16).hexdigest()
