"""What one observation leads to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from notifier.core.model import JsonObject, ObjectRef, StoredSnapshot, Transition
from notifier.core.surroundings import Wanted

Found = Mapping[Wanted, Sequence[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one observation leads to.

    `snapshot` is to be committed with the transitions (None: nothing to store), `forget` the uid
    that ceased to exist. `raw` are the bytes of the Rollout version that contains the transitions
    (of one that is gone: its last), empty if they were seen on another object: then GET the
    Rollout. `previous` are the tracked fields of the version before, as a Rollout-shaped map; it is
    None at the first sight of a Rollout and where `raw` is empty. `version` says what `raw` is to
    the version before: the first, one in which something tracked changed, or one that is the same
    as far as is tracked (only on request); empty if `raw` is no new version. While `wanted` is not
    empty the transitions are provisional: fetch, then call `Observer.resolve`, which alone uses
    `again`.
    """

    rollout: ObjectRef
    transitions: Sequence[Transition] = ()
    snapshot: StoredSnapshot | None = None
    forget: str = ""
    raw: bytes = b""
    previous: JsonObject | None = None
    version: Literal["", "first", "changed", "same"] = ""
    wanted: Sequence[Wanted] = ()
    again: Callable[[Found], Sequence[Transition]] | None = field(
        default=None, repr=False, compare=False
    )
