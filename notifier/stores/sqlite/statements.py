"""The SQL of this store, and statements for as many rows as a batch has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

from notifier.stores import scripts

_ROOT = "notifier.stores.sqlite"


def queries() -> Mapping[str, str]:
    """Return every named block of `queries/*.sql`."""
    return scripts.queries(_ROOT)


def migrations() -> Sequence[str]:
    """Return the scripts of `migrations/` in order; the n-th leads to schema version n."""
    return scripts.migrations(_ROOT)


@cache
def with_values(name: str, columns: int, rows: int) -> str:
    """Return a query whose `{values}` are `rows` rows of `columns` placeholders."""
    row = "(" + ",".join("?" * columns) + ")"
    return queries()[name].replace("{values}", ",".join([row] * rows))
