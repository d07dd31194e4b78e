"""Outbox and ledger: one package each, one registry line each.

A store is imported when it is built, so that commands which need none start quickly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from notifier.core.errors import StoreError
from notifier.core.settings import StoreSettings
from notifier.ports import Store


def _sqlite(settings: StoreSettings) -> Store:
    from notifier.stores.sqlite.store import SqliteStore

    return SqliteStore(settings.path)


def _postgres(settings: StoreSettings) -> Store:
    try:
        from notifier.stores.postgres.store import PostgresStore
    except ImportError as error:
        raise StoreError(
            f"store.type postgres: {error.name} is not installed: "
            "pip install 'rollout-notifier[postgres]'"
        ) from error
    return PostgresStore(settings.url, password_file=settings.password_file)


def _memory(_settings: StoreSettings) -> Store:
    from notifier.stores.memory import MemoryStore

    return MemoryStore()


STORES: Final[Mapping[str, Callable[[StoreSettings], Store]]] = {
    "sqlite": _sqlite,
    "postgres": _postgres,
    "memory": _memory,
}
"""Every kind of store by the name that the setting `store.type` gives it."""
