"""The stored form of what is remembered of a Rollout: one row is everything a restart needs.

JSON, so that a person can read it in the store. Fields are only ever added, each with a default:
an older release ignores what it does not know, a newer one fills in what is missing.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import msgspec
from msgspec import Raw, Struct

from notifier.core.model import ObjectRef, StoredSnapshot
from notifier.core.objects import Rollout
from notifier.core.remembered import Known, KnownExperiment, KnownReplicaSet

KIND = "Rollout"
CHECKPOINT = "Checkpoint"
"""Kind of the one row that says up to which creation time every Rollout has a row."""


class Snapshot(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A Rollout's last version, what is known beside it, and its ReplicaSets and Experiments.

    `rollout` is the encoded `objects.Rollout`; `standing` what `core/standing.py` encodes, which
    planning adds to what was observed.
    """

    resource_version: str
    rollout: Raw
    known: Known = Known()
    replica_sets: tuple[KnownReplicaSet, ...] = ()
    experiments: Mapping[str, KnownExperiment] = {}
    standing: Raw = Raw()


_encoder = msgspec.json.Encoder()
_snapshots = msgspec.json.Decoder(Snapshot)
_rollouts = msgspec.json.Decoder(Rollout)


def encode_rollout(rollout: Rollout) -> bytes:
    """Encode the tracked fields: equal bytes, equal versions."""
    return _encoder.encode(rollout)


def decode_rollout(encoded: bytes | Raw) -> Rollout:
    """Decode what `encode_rollout` made."""
    return _rollouts.decode(encoded)


def encode(snapshot: Snapshot, rollout: ObjectRef) -> StoredSnapshot:
    """Make the row of a Rollout."""
    return StoredSnapshot(
        kind=KIND,
        uid=rollout.uid,
        namespace=rollout.namespace,
        name=rollout.name,
        data=_encoder.encode(snapshot),
    )


def decode(stored: StoredSnapshot) -> tuple[Snapshot, Rollout]:
    """Read a row. Raises `msgspec.DecodeError` if it is none."""
    snapshot = _snapshots.decode(stored.data)
    return snapshot, decode_rollout(snapshot.rollout)


def checkpoint(created: str) -> StoredSnapshot:
    """Make the row of a checkpoint: a creation time in RFC 3339."""
    data = _encoder.encode(created)
    return StoredSnapshot(
        kind=CHECKPOINT, uid="checkpoint", namespace="", name="checkpoint", data=data
    )


def decode_checkpoint(stored: StoredSnapshot) -> str:
    """Read what `checkpoint` made. Raises `msgspec.DecodeError` if it is none."""
    return msgspec.json.decode(stored.data, type=str)


def pause_key(stored: StoredSnapshot) -> str:
    """Return the key of the pause that lasts, empty without one. Raises `msgspec.DecodeError`."""
    return _snapshots.decode(stored.data).known.pause_key


def with_standing(stored: StoredSnapshot, standing: bytes) -> StoredSnapshot:
    """Return a row with what planning remembers; no bytes are nothing."""
    if not standing:
        return stored
    snapshot = msgspec.structs.replace(_snapshots.decode(stored.data), standing=Raw(standing))
    return dataclasses.replace(stored, data=_encoder.encode(snapshot))


class _Standing(Struct):
    standing: Raw = Raw()


_standings = msgspec.json.Decoder(_Standing)


def standing(stored: StoredSnapshot) -> bytes:
    """Return what planning remembers in a row. Raises `msgspec.DecodeError` if it is none."""
    return bytes(_standings.decode(stored.data).standing)
