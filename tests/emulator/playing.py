"""Recorded streams, written into the emulator as if the controller worked there."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from tests.emulator.resources import BY_KIND
from tests.emulator.storage import Storage


def read_stream(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a recorded stream, gzipped or not."""
    with path.open("rb") as file:
        for line in gzip.GzipFile(fileobj=file) if path.suffix == ".gz" else file:
            yield orjson.loads(line)


async def play(
    storage: Storage,
    lines: Iterable[dict[str, Any]],
    *,
    speed: float | None = None,
    wake: Any = None,
) -> dict[str, int]:
    """Write the objects of a stream in order and return the new version of each old one.

    `speed` 1.0 is real time, None as fast as possible. `wake` is called after each line.
    """
    versions: dict[str, int] = {}
    last = 0.0
    for line in lines:
        if line["type"] == "BOOKMARK":
            continue
        if speed is not None:
            await asyncio.sleep(max(0.0, line["t"] - last) / speed)
            last = line["t"]
        versions[line["object"]["metadata"]["resourceVersion"]] = write(storage, line)
        if wake is not None:
            wake()
    return versions


def write(storage: Storage, line: dict[str, Any]) -> int:
    """Write one line and return its new version."""
    given = line["object"]
    if line["type"] != "DELETED":
        return storage.apply(given, type_=line["type"])
    metadata = given["metadata"]
    plural = BY_KIND[given["kind"]].plural
    storage.delete(plural, metadata["namespace"], metadata["name"], last=given)
    return storage.revision
