"""What one stream knows of the server's state: which objects exist, and up to which version. Pure.

Turns list pages and watch lines into observations. A list is a *Replace*: objects it does not show
are gone, and a namesake with another uid is another object (W3).

The periodic list (W9) must not turn live changes into gaps, so it *verifies*: the watch goes on
from where it stopped, objects changed since are left to it, and only what the watch should have
shown already is compared. If the server's version went back (a restored etcd), it replaces instead.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from notifier.core.errors import ClusterError
from notifier.core.model import Observation, Resource
from notifier.core.objects import WireRollout
from notifier.kube import decoding, faults
from notifier.kube.resources import Kind

Key = tuple[str, str]


class Replica:
    """The keys, uids and version of one resource in one namespace or the whole cluster."""

    def __init__(self, resource: Resource, kind: Kind, namespace: str = "") -> None:
        self._resource = resource
        self._kind = kind
        self._covers = (namespace,) if namespace else ()
        self._uids: dict[Key, str] = {}
        self._unlisted: dict[Key, str] = {}
        self._suspects: tuple[int, dict[Key, str]] | None = None
        self._verify_after: int | None = None
        self._trusted: set[str] | None = None
        self.version = ""
        self.undecodable = 0

    def begin(self, version: str, *, verify: bool) -> None:
        """Start a list that shows the state at `version`; `verify` is the periodic one."""
        self._unlisted = dict(self._uids)
        before, now = _ordinal(self.version), _ordinal(version)
        may_verify = verify and before is not None and now is not None and now >= before
        self._verify_after = before if may_verify else None

    def listed(self, items: Iterable[msgspec.Raw]) -> list[Observation]:
        """Take objects of the list."""
        found: list[Observation] = []
        for item in items:
            try:
                head = decoding.head(item)
            except decoding.Undecodable:
                self.undecodable += 1
                continue
            key = (head.metadata.namespace, head.metadata.name)
            self._unlisted.pop(key, None)
            if self._left_to_the_watch(head.metadata.resource_version):
                continue
            uid = self._uids.get(key)
            if uid is not None and uid != head.metadata.uid:
                found.append(self._absent(key, uid))
            self._uids[key] = head.metadata.uid
            if self._trusted is not None:
                self._trusted.add(head.metadata.uid)
            raw = self._with_kind(bytes(item), head)
            found.append(Observation(self._resource, "LISTED", raw, contiguous=False))
        return found

    def complete(self, version: str) -> list[Observation]:
        """Finish the list: what it did not show is gone."""
        if self._verify_after is not None:
            self._suspects = (_ordinal(version) or 0, self._unlisted)
            self._unlisted = {}
            return self._confirm_suspects()
        self.version = version
        self._suspects = None
        self._trusted = None
        found = [self._absent(key, uid) for key, uid in self._unlisted.items()]
        self._drop(self._unlisted)
        self._unlisted = {}
        mark = Observation(self._resource, "SYNCED", b"", contiguous=False, covers=self._covers)
        return [*found, mark]

    def watched(self, lines: Sequence[memoryview]) -> tuple[list[Observation], ClusterError | None]:
        """Take lines of the watch; a fault among them ends the watch after the observations.

        The version moves with every event and bookmark (W6); without one to start from, not with
        the ADDED that show what there is, in any order (W5). An undecodable line is skipped and
        counted (W19); as it may have been any object's, each object's next version is a gap.
        """
        found: list[Observation] = []
        fault: ClusterError | None = None
        for data in lines:
            try:
                event, head, raw = decoding.line(data, self._resource)
            except decoding.Undecodable:
                self.undecodable += 1
                self.lost()
                continue
            if head is None:
                fault = self._fault(event, raw)
                break
            if event != "BOOKMARK" and not (head.metadata.uid and head.metadata.name):
                self.undecodable += 1
                self.lost()
                continue
            if event != "BOOKMARK":
                found.append(self._changed(event, head, raw))
            if self.version or event != "ADDED":
                self.version = head.metadata.resource_version
        if self._suspects is not None:
            found += self._confirm_suspects()
        return found, fault

    def lost(self) -> None:
        """Note that a line of the watch was lost, whoever's it was."""
        self._trusted = set()

    def _changed(self, event: str, head: decoding.Head | WireRollout, raw: bytes) -> Observation:
        """Return the observation of a watch event."""
        metadata = head.metadata
        if event == "ADDED":
            self._uids[metadata.namespace, metadata.name] = metadata.uid
        elif event == "DELETED":
            self._uids.pop((metadata.namespace, metadata.name), None)
        contiguous = bool(self.version) or event != "ADDED"
        if self._trusted is not None:
            contiguous = metadata.uid in self._trusted
            self._trusted.add(metadata.uid)
        decoded = head if isinstance(head, WireRollout) else None
        return Observation(self._resource, event, raw, contiguous, decoded)  # type: ignore[arg-type]  # decoding lets three types pass

    def _fault(self, event: str, raw: bytes) -> ClusterError:
        """Return why the watch cannot go on."""
        what = f"watch {self._kind.plural}"
        if event == "ERROR":
            return faults.reported(what, raw)
        return faults.UnknownType(f"{what}: event of unknown type {event[:32]!r}")

    def _left_to_the_watch(self, version: str) -> bool:
        """Say whether the watch, resumed where it stopped, is still to show this version."""
        if self._verify_after is None:
            return False
        ordinal = _ordinal(version)
        return ordinal is not None and ordinal > self._verify_after

    def _confirm_suspects(self) -> list[Observation]:
        """Report objects missing in the verifying list, once the watch is past that list."""
        if self._suspects is None:
            return []
        horizon, suspects = self._suspects
        if (_ordinal(self.version) or 0) < horizon:
            return []
        self._suspects = None
        gone = {key: uid for key, uid in suspects.items() if self._uids.get(key) == uid}
        self._drop(gone)
        return [self._absent(key, uid) for key, uid in gone.items()]

    def _drop(self, gone: Mapping[Key, str]) -> None:
        """Forget objects."""
        for key in gone:
            self._uids.pop(key, None)

    def _absent(self, key: Key, uid: str) -> Observation:
        """Return the observation of an object that is gone."""
        metadata = {"namespace": key[0], "name": key[1], "uid": uid}
        stub = {"apiVersion": self._kind.version, "kind": self._kind.name, "metadata": metadata}
        return Observation(self._resource, "ABSENT", json.dumps(stub).encode(), contiguous=False)

    def _with_kind(self, raw: bytes, head: decoding.Head) -> bytes:
        """Return the object with its kind, which the server omits in lists of built-in kinds."""
        return raw if head.kind else with_kind(raw, self._kind)


def with_kind(raw: bytes, kind: Kind) -> bytes:
    """Return the object's bytes with `kind` and `apiVersion` put first."""
    start = f'{{"kind":"{kind.name}","apiVersion":"{kind.version}",'.encode()
    return start + raw.lstrip()[1:].lstrip()


def _ordinal(version: str) -> int | None:
    """Read a resourceVersion as a number; None if it is none (they are opaque by contract)."""
    return int(version) if version.isascii() and version.isdigit() else None
