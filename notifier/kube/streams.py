"""Recorded watch streams read from files: one JSON object a line, `.jsonl` or `.jsonl.gz`.

The format is that of the recorder: `{"t": seconds, "type": …, "object": {…}}`; a type LISTED marks
an object as a list would show it, after a gap. Bad input is one `ConfigError` naming file and line.
"""

from __future__ import annotations

import gzip
import heapq
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from notifier.core.errors import DETAIL_LIMIT, ConfigError, Problem

TYPES: Final = ("ADDED", "MODIFIED", "DELETED", "LISTED", "BOOKMARK")
_FIX: Final = 'one {"t": …, "type": …, "object": {…}} a line, as spec and README describe'


@dataclass(frozen=True, slots=True)
class Entry:
    """One recorded object version. `at_s` counts from the begin of the recording."""

    at_s: float
    type: str
    kind: str
    namespace: str
    name: str
    labels: dict[str, str]
    raw: bytes


class _Metadata(msgspec.Struct):
    name: str
    namespace: str = ""
    labels: dict[str, str] | None = None


class _Object(msgspec.Struct):
    kind: str
    metadata: _Metadata


class _Line(msgspec.Struct):
    type: str
    object: msgspec.Raw
    t: float = 0.0


_decode_line: Final = msgspec.json.Decoder(_Line).decode
_decode_object: Final = msgspec.json.Decoder(_Object).decode


def load(paths: Iterable[Path]) -> list[Entry]:
    """Read files and merge them by time; within a file the order of lines stays. Blocking.

    Raises `ConfigError`.
    """
    return merge(list(read_file(path)) for path in paths)


def merge(streams: Iterable[Sequence[Entry]]) -> list[Entry]:
    """Return one timeline; a line without a later time belongs right behind the one before it."""
    timed: list[list[tuple[float, int, int, Entry]]] = []
    for number, stream in enumerate(streams):
        latest = 0.0
        keyed = []
        for position, entry in enumerate(stream):
            latest = max(latest, entry.at_s)
            keyed.append((latest, number, position, entry))
        timed.append(keyed)
    return [entry for *_, entry in heapq.merge(*timed, key=lambda item: item[:3])]


def read_file(path: Path) -> Iterator[Entry]:
    """Yield the entries of one file. Raises `ConfigError`."""
    try:
        with path.open("rb") as file:
            opened = gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file
            yield from read(opened, str(path))
    except (OSError, EOFError, zlib.error) as err:
        reason = getattr(err, "strerror", None) or str(err)
        raise ConfigError(Problem(document=str(path), key="", message=reason)) from err


def read(lines: Iterable[bytes], document: str) -> Iterator[Entry]:
    """Yield the entries of lines in memory, bookmarks left out. Raises `ConfigError`."""
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        entry = _entry(line, document, number)
        if entry.type != "BOOKMARK":
            yield entry


def entry(type_: str, raw: bytes, at_s: float = 0.0) -> Entry:
    """Return the entry of an object. Raises `msgspec.DecodeError` if it is none."""
    head = _decode_object(raw)
    metadata = head.metadata
    place = (head.kind, metadata.namespace, metadata.name)
    return Entry(at_s, type_, *place, metadata.labels or {}, raw)


def _entry(line: bytes, document: str, number: int) -> Entry:
    """Decode one line."""
    try:
        found = _decode_line(line)
        if found.type == "BOOKMARK":
            return Entry(found.t, found.type, "", "", "", {}, b"")
        if found.type not in TYPES:
            raise msgspec.ValidationError(f"type {found.type[:32]!r} is none of {', '.join(TYPES)}")
        return entry(found.type, bytes(found.object), found.t)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as err:
        message = f"not a recorded event: {err}"[:DETAIL_LIMIT]
        problem = Problem(document=document, key="", message=message, line=number, fix=_FIX)
        raise ConfigError(problem) from err
