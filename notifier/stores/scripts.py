"""The SQL of a store: named blocks in its `queries/`, numbered files in its `migrations/`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Final

_NAME: Final = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def queries(package: str) -> Mapping[str, str]:
    """Return every named block of the package's `queries/*.sql`."""
    blocks: dict[str, str] = {}
    for entry in (resources.files(package) / "queries").iterdir():
        if entry.name.endswith(".sql"):
            _, *parts = _NAME.split(entry.read_text("utf-8"))
            blocks.update(zip(parts[::2], (text.strip() for text in parts[1::2]), strict=True))
    return blocks


@cache
def migrations(package: str) -> Sequence[str]:
    """Return the package's `migrations/` in order; the n-th leads to schema version n."""
    folder = (resources.files(package) / "migrations").iterdir()
    files = sorted((entry for entry in folder if entry.name.endswith(".sql")), key=lambda e: e.name)
    return [entry.read_text("utf-8") for entry in files]
