"""What the process does that the crash tests kill; imports little, so that it starts quickly."""

from __future__ import annotations

import os

from notifier.core.model import Delivery
from notifier.stores.sqlite.store import SqliteStore
from tests.stores import examples
from tests.stores.examples import NOW


async def work(path: str, start: int) -> None:
    """Commit, claim and settle for ever; print each acknowledgement before the next call."""
    store = SqliteStore(path)
    await store.open()
    number = start
    while True:
        row = numbered(number)
        await examples.put(store, row)
        say(f"committed {row.id}")
        for claimed in await examples.take(store):
            if number % 3:  # the others stay in flight
                await store.settle([examples.outcome(claimed)], now=NOW)
                say(f"delivered {claimed.id}")
        number += 1


def say(line: str) -> None:
    """Write one line that a killed process cannot take back."""
    os.write(1, line.encode() + b"\n")


def numbered(number: int) -> Delivery:
    """Return the delivery of a number, in a lane of its own."""
    return examples.delivery(str(number), recipient=f"#{number}")
