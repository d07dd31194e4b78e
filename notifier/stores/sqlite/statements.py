"""The SQL of this store: named blocks in `queries/`, numbered files in `migrations/`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_ROOT = "notifier.stores.sqlite"


@cache
def queries() -> Mapping[str, str]:
    """Return every named block of `queries/*.sql`."""
    blocks: dict[str, str] = {}
    for entry in (resources.files(_ROOT) / "queries").iterdir():
        if entry.name.endswith(".sql"):
            _, *parts = _NAME.split(entry.read_text("utf-8"))
            blocks.update(zip(parts[::2], (text.strip() for text in parts[1::2]), strict=True))
    return blocks


@cache
def migrations() -> Sequence[str]:
    """Return the scripts of `migrations/` in order; the n-th leads to schema version n."""
    folder = (resources.files(_ROOT) / "migrations").iterdir()
    files = sorted((entry for entry in folder if entry.name.endswith(".sql")), key=lambda e: e.name)
    return [entry.read_text("utf-8") for entry in files]


@cache
def with_values(name: str, columns: int, rows: int) -> str:
    """Return a query whose `{values}` are `rows` rows of `columns` placeholders."""
    row = "(" + ",".join("?" * columns) + ")"
    return queries()[name].replace("{values}", ",".join([row] * rows))
