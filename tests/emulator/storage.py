"""Objects, their versions and their history: etcd and the API machinery, without HTTP."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from tests.emulator import faults
from tests.emulator.resources import BY_KIND, RESOURCES, Resource
from tests.emulator.selectors import Matcher

Object = dict[str, Any]
Key = tuple[str, str]


class ApiError(Exception):
    """A refusal as the API server words it."""

    def __init__(self, code: int, reason: str, message: str, **details: Any) -> None:
        super().__init__(message)
        self.code = code
        self.status = faults.status(code, reason, message, **details)


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of an object: its metadata for selecting, its bytes for sending."""

    version: int
    metadata: Object
    raw: bytes


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the history. `before` is the version that was replaced."""

    version: int
    type: str
    now: Stored
    before: Stored | None

    def line(self, matches: Matcher | None) -> bytes:
        """Return the watch line a selector sees; empty if the change is none of its business."""
        shown = self.type
        if matches is not None:
            after = matches(self.now.metadata) and self.type != "DELETED"
            earlier = self.before is not None and matches(self.before.metadata)
            if not after and not earlier:
                return b""
            shown = ("MODIFIED" if earlier else "ADDED") if after else "DELETED"
        return b'{"type":"%s","object":%s}\n' % (shown.encode(), self.now.raw)


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a list."""

    version: int
    items: list[bytes]
    token: str
    remaining: int


class Storage:
    """Every object of the cluster. One counter gives all versions, as in etcd."""

    def __init__(self, *, revision: int = 1000) -> None:
        self.revision = revision
        self.compacted = 0
        self.objects: dict[str, dict[Key, Stored]] = {name: {} for name in RESOURCES}
        self.history: dict[str, list[Change]] = {name: [] for name in RESOURCES}
        self._snapshots: dict[str, tuple[int, list[Stored]]] = {}
        self._made = 0

    # --- reading ------------------------------------------------------------------------------

    def get(self, resource: str, namespace: str, name: str) -> Stored:
        """Return an object. Raises `ApiError` 404."""
        try:
            return self.objects[resource][namespace, name]
        except KeyError:
            raise ApiError(404, "NotFound", f'{resource} "{name}" not found') from None

    def select(self, resource: str, namespace: str, matches: Matcher | None) -> list[Stored]:
        """Return the objects of a namespace (empty: all), in the order of their keys."""
        return [
            stored
            for (space, _), stored in sorted(self.objects[resource].items())
            if (not namespace or space == namespace)
            and (matches is None or matches(stored.metadata))
        ]

    def list(
        self,
        resource: str,
        namespace: str,
        matches: Matcher | None,
        *,
        version: str = "",
        match: str = "",
        limit: int = 0,
        token: str = "",
    ) -> Listing:
        """Return a page. Raises `ApiError`: 410 for an expired token, 504 for a future version."""
        if token:
            at, found = self._resume(token)
        else:
            self.check_version(version, exact=match == "Exact" or (bool(limit) and not match))
            at, found = self.revision, self.select(resource, namespace, matches)
        if version == "0":
            limit = 0  # the watch cache does not page
        page, rest = (found[:limit], found[limit:]) if limit else (found, [])
        more = self._continue_token(at, rest) if rest else ""
        return Listing(at, [stored.raw for stored in page], more, len(rest))

    def since(self, resource: str, position: int) -> Iterator[Change]:
        """Yield the changes behind a position of the history."""
        changes = self.history[resource]
        for index in range(position, len(changes)):
            yield changes[index]

    def position(self, resource: str, version: int) -> int:
        """Return where in the history a watch from `version` starts. Raises `ApiError` 410."""
        if version < self.compacted:
            raise ApiError(
                410, "Expired", f"too old resource version: {version} ({self.compacted})"
            )
        changes = self.history[resource]
        position = len(changes)
        while position and changes[position - 1].version > version:
            position -= 1
        return position

    def check_version(self, version: str, *, exact: bool) -> None:
        """Refuse a version of the future, and one of the past where it must be exact.

        Raises `ApiError` 504, 410.
        """
        if not version or version == "0":
            return
        if int(version) > self.revision:
            raise ApiError(
                504,
                "Timeout",
                f"Too large resource version: {version}, current: {self.revision}",
                causes=[{"reason": "ResourceVersionTooLarge"}],
                retryAfterSeconds=1,
            )
        if exact and int(version) < self.compacted:
            raise ApiError(410, "Expired", f"The provided resource version is too old: {version}")

    # --- writing ------------------------------------------------------------------------------

    def apply(self, given: Object, *, type_: str = "", announce: bool = True) -> int:
        """Write an object as it is, new or not, and return its version.

        `announce=False` keeps it from the watches, as an etcd restore can.
        """
        resource = BY_KIND[given["kind"]]
        metadata = given["metadata"]
        key = (metadata.get("namespace", ""), metadata["name"])
        before = self.objects[resource.plural].get(key)
        filled = self._fill(given, before)
        stored = self._store(resource, key, filled)
        kind = type_ or ("MODIFIED" if before else "ADDED")
        if announce:
            self._record(resource.plural, Change(stored.version, kind, stored, before))
        return stored.version

    def create(self, resource: Resource, namespace: str, given: Object) -> Stored:
        """Create. Raises `ApiError` 409 if it exists."""
        name = given.get("metadata", {}).get("name", "")
        if not name:
            raise ApiError(422, "Invalid", "metadata.name: Required value: name is required")
        if (namespace, name) in self.objects[resource.plural]:
            raise ApiError(409, "AlreadyExists", f'{resource.plural} "{name}" already exists')
        metadata = {**given["metadata"], "namespace": namespace, "generation": 1}
        if not resource.namespaced:
            del metadata["namespace"]
        self.apply(_typed(resource, {**given, "metadata": metadata}))
        return self.get(resource.plural, namespace, name)

    def replace(
        self, resource: Resource, namespace: str, name: str, given: Object, *, status: bool = False
    ) -> Stored:
        """Update, or update the status alone. Raises `ApiError` 404, 409, 422."""
        before = self.get(resource.plural, namespace, name)
        metadata = given.get("metadata", {})
        stated = metadata.get("resourceVersion", "")
        if not stated and (resource.custom or resource.kind == "Lease"):
            raise ApiError(
                422, "Invalid", "metadata.resourceVersion: must be specified for an update"
            )
        if stated and stated != str(before.version):
            raise ApiError(
                409,
                "Conflict",
                f'Operation cannot be fulfilled on {resource.plural} "{name}": the object has been '
                "modified; please apply your changes to the latest version and try again",
            )
        return self._update(resource, before, given, status=status)

    def patch(
        self, resource: Resource, namespace: str, name: str, patch: Object, *, status: bool = False
    ) -> Stored:
        """Apply a JSON merge patch. Raises `ApiError` 404, 409."""
        before = self.get(resource.plural, namespace, name)
        stated = patch.get("metadata", {}).get("resourceVersion")
        if stated and stated != str(before.version):
            raise ApiError(409, "Conflict", f'{resource.plural} "{name}" has been modified')
        merged = merge(orjson.loads(before.raw), patch)
        return self._update(resource, before, merged, status=status)

    def delete(self, resource: str, namespace: str, name: str, last: Object | None = None) -> None:
        """Delete; watches see the last state, with the version of the deletion."""
        before = self.get(resource, namespace, name)
        del self.objects[resource][namespace, name]
        gone = last or orjson.loads(before.raw)
        self.revision += 1
        stored = _stored(self.revision, gone)
        self._record(resource, Change(self.revision, "DELETED", stored, before))

    def forget(self, resource: str, namespace: str, name: str) -> None:
        """Delete without telling any watch, as an etcd restore can."""
        del self.objects[resource][namespace, name]
        self.revision += 1

    def compact(self) -> None:
        """Forget the history: versions and tokens before now are expired."""
        self.revision += 1
        self.compacted = self.revision
        for changes in self.history.values():
            changes.clear()

    def rewind(self, by: int) -> None:
        """Set the counter back, as an etcd restored from a backup does."""
        self.revision -= by
        for changes in self.history.values():
            changes.clear()

    # --- inside -------------------------------------------------------------------------------

    def _update(self, resource: Resource, before: Stored, given: Object, *, status: bool) -> Stored:
        """Write an update; what the path does not concern stays."""
        old = orjson.loads(before.raw)
        if status:
            made = {**old, "status": given.get("status", {})}
        elif resource.status:
            made = {**given, "status": old.get("status", {})}
            if not old.get("status"):
                del made["status"]
        else:
            made = dict(given)
        fixed = {"uid", "creationTimestamp", "namespace", "name", "generation"}
        source = old if status else given
        metadata = {key: value for key, value in source["metadata"].items() if key not in fixed}
        metadata |= {key: value for key, value in old["metadata"].items() if key in fixed}
        if not status and _content(made, resource) != _content(old, resource):
            metadata["generation"] = metadata.get("generation", 0) + 1
        self.apply(_typed(resource, {**made, "metadata": metadata}))
        space, name = metadata.get("namespace", ""), metadata["name"]
        return self.get(resource.plural, space, name)

    def _fill(self, given: Object, before: Stored | None) -> Object:
        """Return the object with what the server adds: version, uid, creation time."""
        self.revision += 1
        metadata = {**given["metadata"], "resourceVersion": str(self.revision)}
        if before is not None:
            metadata.setdefault("uid", before.metadata["uid"])
            metadata.setdefault("creationTimestamp", before.metadata["creationTimestamp"])
        else:
            self._made += 1
            metadata.setdefault("uid", str(uuid.UUID(int=self._made, version=4)))
            now = datetime.now(UTC)  # noqa: TID251 - a peer has a clock of its own
            metadata.setdefault("creationTimestamp", now.strftime("%Y-%m-%dT%H:%M:%SZ"))
        return {**given, "metadata": metadata}

    def _store(self, resource: Resource, key: Key, filled: Object) -> Stored:
        """Put the object where it can be found."""
        stored = _stored(self.revision, filled)
        self.objects[resource.plural][key] = stored
        return stored

    def _record(self, resource: str, change: Change) -> None:
        """Add to the history."""
        self.history[resource].append(change)

    def _continue_token(self, at: int, rest: list[Stored]) -> str:
        """Keep the rest of a snapshot and return its token."""
        text = json.dumps({"rv": at, "start": len(self._snapshots)}).encode()
        token = base64.urlsafe_b64encode(text).decode()
        self._snapshots[token] = (at, rest)
        return token

    def _resume(self, token: str) -> tuple[int, list[Stored]]:
        """Return the rest of a snapshot. Raises `ApiError` 410, 400."""
        if token not in self._snapshots:
            raise ApiError(400, "BadRequest", "continue key is not valid")
        at, rest = self._snapshots[token]
        if at < self.compacted:
            error = ApiError(410, "Expired", "The provided continue parameter is too old")
            error.status["metadata"] = {"continue": self._continue_token(self.revision, rest)}
            raise error
        return at, rest


def merge(target: Any, patch: Any) -> Any:
    """Return the target after a JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return patch
    made = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = merge(made.get(key), value)
    return made


def _stored(version: int, filled: Object) -> Stored:
    """Encode an object at a version."""
    metadata = {**filled["metadata"], "resourceVersion": str(version)}
    return Stored(version, metadata, orjson.dumps({**filled, "metadata": metadata}))


def _typed(resource: Resource, given: Object) -> Object:
    """Return the object with its kind."""
    version = resource.group
    return {**given, "kind": resource.kind, "apiVersion": version}


def _content(given: Object, resource: Resource) -> Object:
    """Return the part whose change bumps the generation."""
    left = {"metadata"} | ({"status"} if resource.status else set())
    return {key: value for key, value in given.items() if key not in left}
