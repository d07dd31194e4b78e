"""What has to be tidied up now and then: the ledger's past (T4) and forgotten circuits."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final, Protocol

from notifier.core.errors import StoreError
from notifier.core.settings import StoreSettings
from notifier.ports import Clock, Store

log = logging.getLogger(__name__)

TIDY_S: Final = 60.0
COLLECT_S: Final = 3600.0
DAY_S: Final = 86_400.0


class Forgetful(Protocol):
    """What remembers things that have no effect after a while."""

    def forget_idle(self, now: float) -> None:
        """Forget them; `now` is monotonic."""
        ...


async def keep_house(
    store: Store, gates: Iterable[Forgetful], clock: Clock, settings: StoreSettings
) -> None:
    """Tidy up for ever: gates every minute, the store every hour and soon after the start."""
    collected_at = clock.monotonic() - COLLECT_S
    while True:
        await clock.sleep(TIDY_S)
        now = clock.monotonic()
        for gate in gates:
            gate.forget_idle(now)
        if now - collected_at >= COLLECT_S:
            collected_at = now
            await _collect(store, clock, settings)


async def _collect(store: Store, clock: Clock, settings: StoreSettings) -> None:
    before = clock.now() - settings.retention_days * DAY_S
    try:
        deleted = await store.collect(before=before, keep=settings.retention_rows)
    except StoreError as error:
        log.warning("could not delete old deliveries", extra={"error": str(error)})
        return
    if deleted:
        log.info("old deliveries deleted", extra={"rows": deleted})
