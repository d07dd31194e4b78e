"""The ledger: what reached a receiver, on disk before the sender hears of it."""

from __future__ import annotations

import base64
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One request or mail as it arrived; `id` is the delivery's own."""

    id: str
    at: float
    body: bytes
    kind: str = "webhook"
    facts: dict[str, Any]


class Ledger:
    """Appends entries, each synced; without a path they are kept in memory only.

    `sync=False` is for benchmarks that measure the sender alone.
    """

    def __init__(self, path: Path | str | None = None, *, sync: bool = True) -> None:
        self.entries: list[Entry] = []
        self._sync = sync
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = None if path is None else os.open(path, flags, 0o644)

    def append(self, id: str, body: bytes, *, kind: str = "webhook", **facts: Any) -> Entry:  # noqa: A002
        """Write an entry and return it; it is durable then."""
        entry = Entry(id=id, at=time.time(), body=body, kind=kind, facts=facts)  # noqa: TID251 - a receiver's own clock
        self.entries.append(entry)
        if self._file is not None:
            line = {
                "id": entry.id,
                "at": entry.at,
                "kind": kind,
                "body": base64.b64encode(body).decode(),
                **facts,
            }
            os.write(self._file, json.dumps(line).encode() + b"\n")
            if self._sync:
                os.fsync(self._file)
        return entry

    @property
    def ids(self) -> list[str]:
        """The delivery ids in order of arrival."""
        return [entry.id for entry in self.entries]

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def read(path: Path | str) -> Iterator[dict[str, Any]]:
    """Yield the entries of a ledger file; a line that was cut by a kill is left out."""
    with Path(path).open("rb") as lines:
        for line in lines:
            if line.endswith(b"\n"):
                entry = json.loads(line)
                entry["body"] = base64.b64decode(entry["body"])
                yield entry
