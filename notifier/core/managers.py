"""Who wrote a field: reading `metadata.managedFields` (spec/transitions.md 1.2 and 3).

The user and the controller are different field managers. The controller is whoever owns one of the
status fields that only the controller writes, so no manager's name needs to be known.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import Raw, Struct, field

CONTROLLER_FIELDS: Final = frozenset({"f:observedGeneration", "f:phase", "f:conditions"})
"""Fields of a Rollout's status that only the controller writes."""


class _Fields(Struct):
    status: dict[str, Raw] = field(default_factory=dict, name="f:status")
    spec: dict[str, Raw] = field(default_factory=dict, name="f:spec")


class _Entry(Struct):
    manager: str = ""
    subresource: str = ""
    time: str = ""
    fields: _Fields = field(default_factory=_Fields, name="fieldsV1")


_entries = msgspec.json.Decoder(list[_Entry])


@dataclass(frozen=True, slots=True)
class Writers:
    """Who owns what of a Rollout's status, and when the latest write of any field was."""

    controllers: tuple[str, ...] = ()
    index_by_controller: bool | None = None
    written_at: str = ""


def rollout_writers(managed_fields: Raw) -> Writers:
    """Read a Rollout's managedFields; `index_by_controller` is None if there are none."""
    entries = _decode(managed_fields)
    if not entries:
        return Writers()
    status = [entry for entry in entries if entry.subresource == "status"]
    controllers = {e.manager for e in status if not CONTROLLER_FIELDS.isdisjoint(e.fields.status)}
    owners = {e.manager for e in status if "f:currentStepIndex" in e.fields.status}
    return Writers(
        controllers=tuple(sys.intern(name) for name in sorted(controllers)),
        index_by_controller=not owners.isdisjoint(controllers),
        written_at=max(entry.time for entry in entries),
    )


@dataclass(frozen=True, slots=True)
class ReplicasWriter:
    """Who owns a ReplicaSet's `spec.replicas`: `by_scale` if written through `scale`."""

    manager: str = ""
    by_scale: bool = False
    written_at: str = ""


def replicas_writers(managed_fields: Raw) -> Sequence[ReplicasWriter]:
    """Read a ReplicaSet's managedFields; empty if nobody is known to own `spec.replicas`."""
    return [
        ReplicasWriter(entry.manager, entry.subresource == "scale", entry.time)
        for entry in _decode(managed_fields)
        if "f:replicas" in entry.fields.spec
    ]


def _decode(managed_fields: Raw) -> Sequence[_Entry]:
    """Decode the entries; malformed ones count as absent, for the fallback to take over."""
    if not bytes(managed_fields):
        return []
    try:
        return _entries.decode(managed_fields)
    except msgspec.DecodeError:
        return []
