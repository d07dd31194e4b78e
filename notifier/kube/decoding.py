"""One watch line or list page, decoded only as far as the reflector needs. Pure; the hot path.

The object itself stays bytes. Rollouts, the bulk of all events, are decoded as far as the Observer
needs them in the same pass: a second one over 13 KB would halve the speed.
"""

from __future__ import annotations

from typing import Final

import msgspec

from notifier.core.objects import WireRollout


class Metadata(msgspec.Struct, gc=False):
    """The part of `metadata` that identifies a version; `uid` is missing in bookmarks."""

    resource_version: str = msgspec.field(name="resourceVersion")
    name: str = ""
    namespace: str = ""
    uid: str = ""


class Head(msgspec.Struct, gc=False):
    """Any object."""

    metadata: Metadata
    kind: str = ""


class _Place(msgspec.Struct, gc=False):
    """Where an object is, whatever else is known of it."""

    name: str = ""
    namespace: str = ""


class _Placed(msgspec.Struct, gc=False):
    metadata: _Place


class _Notes(msgspec.Struct, gc=False):
    annotations: dict[str, str] | None = None


class _Bookmark(msgspec.Struct, gc=False):
    """The part of a bookmark that says what it marks."""

    metadata: _Notes


class _Line(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A watch event as the API server writes it."""

    type: str
    object: Head


class _RolloutLine(msgspec.Struct, gc=False, forbid_unknown_fields=True):
    """A watch event of a Rollout."""

    type: str
    object: WireRollout


class _LooseLine(msgspec.Struct, gc=False):
    """A watch event in any other spelling, and ERROR events of any shape."""

    type: str
    object: msgspec.Raw = msgspec.Raw(b"null")


class _ListMetadata(msgspec.Struct, gc=False):
    version: str = msgspec.field(name="resourceVersion", default="")
    more: str = msgspec.field(name="continue", default="")


class _List(msgspec.Struct, gc=False):
    metadata: _ListMetadata
    items: list[msgspec.Raw] | None = None


class Undecodable(ValueError):
    """The line or page is not what the API server sends; says what was wrong."""


_decode_line: Final = msgspec.json.Decoder(_Line).decode
_decode_rollout_line: Final = msgspec.json.Decoder(_RolloutLine).decode
_decode_loose: Final = msgspec.json.Decoder(_LooseLine).decode
_decode_head: Final = msgspec.json.Decoder(Head).decode
_decode_bookmark: Final = msgspec.json.Decoder(_Bookmark).decode
_decode_placed: Final = msgspec.json.Decoder(_Placed).decode
_decode_list: Final = msgspec.json.Decoder(_List).decode
_END_OF_LIST: Final = "k8s.io/initial-events-end"
_FAULTS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_PREFIXES: Final = {
    name: f'{{"type":"{name}","object":'.encode() for name in ("ADDED", "MODIFIED", "DELETED")
}


def line(data: memoryview, resource: str = "") -> tuple[str, Head | WireRollout | None, bytes]:
    """Return the type, head and bytes of the object; no head for ERROR and unknown types.

    One pass over the bytes; the object is cut out by position where the line is spelled as the API
    server spells it. The head of a line of `rollouts` is all that the Observer reads. Raises
    `Undecodable`.
    """
    event: _Line | _RolloutLine
    try:
        event = _decode_rollout_line(data) if resource == "rollouts" else _decode_line(data)
    except _FAULTS:
        return _loose(data)
    prefix = _PREFIXES.get(event.type)
    if prefix is None or data[: len(prefix)] != prefix or bytes(data[-2:]) != b"}}":
        return _loose(data)
    return event.type, event.object, bytes(data[len(prefix) : -1])


def _loose(data: memoryview) -> tuple[str, Head | None, bytes]:
    """Decode a line of unusual spelling."""
    try:
        event = _decode_loose(data)
        raw = bytes(event.object)
        if event.type in _PREFIXES or event.type == "BOOKMARK":
            return event.type, _decode_head(raw), raw
    except _FAULTS as err:
        raise Undecodable(str(err)) from err
    return event.type, None, raw


def head(data: bytes | msgspec.Raw) -> Head:
    """Return the head of an object. Raises `Undecodable`."""
    try:
        return _decode_head(data)
    except _FAULTS as err:
        raise Undecodable(str(err)) from err


def ends_list(bookmark: bytes) -> bool:
    """Say whether a bookmark is the one that ends the objects of a streaming list."""
    try:
        annotations = _decode_bookmark(bookmark).metadata.annotations or {}
    except _FAULTS:
        return False
    return annotations.get(_END_OF_LIST) == "true"


def place(data: bytes) -> tuple[str, str]:
    """Return namespace and name of an object that was observed, an absent one included."""
    metadata = _decode_placed(data).metadata
    return metadata.namespace, metadata.name


def page(data: bytes) -> tuple[list[msgspec.Raw], str, str]:
    """Return the items, the resourceVersion and the continue token of a list.

    Raises `Undecodable`.
    """
    try:
        found = _decode_list(data)
    except _FAULTS as err:
        raise Undecodable(str(err)) from err
    return found.items or [], found.metadata.version, found.metadata.more
