"""Conformance: what the store says of the rows that wait."""

from __future__ import annotations

from msgspec.structs import replace

from notifier.core import lanes
from notifier.core.model import State
from notifier.core.overload import Load, Sheddable
from notifier.ports import Store
from tests.stores import examples
from tests.stores.examples import NOW


async def test_loads_by_namespace(store: Store) -> None:
    """What is in flight or has ended does not wait."""
    ours = [examples.delivery(str(number), recipient=f"#{number}") for number in range(4)]
    theirs = examples.delivery(ref=examples.rollout("cart", "team-b"))
    size = len(theirs.payload)
    await examples.put(store, *ours, theirs)
    assert await store.loads() == {"team-a": Load(4, 4 * size), "team-b": Load(1, size)}
    flying = await examples.take(store, limit=5)
    assert await store.loads() == {}
    mine = [row for row in flying if row.rollout.namespace == "team-a"]
    outcomes = [examples.outcome(mine[0]), examples.outcome(mine[1], State.RETRY, due_at=NOW)]
    await store.settle([*outcomes, examples.unused(mine[2])], now=NOW)
    assert await store.loads() == {"team-a": Load(2, 2 * size)}
    await store.end([mine[2].id], State.DROPPED, "asked", now=NOW)
    assert await store.loads() == {"team-a": Load(1, size)}


async def test_sheddable_rows_in_order(store: Store) -> None:
    """Past their age first, then by kind, each oldest first; whole but for the payload; nothing
    that was tried or stands for others, and nobody else's."""
    kinds = ["failure", "news", "other", "paused", "progress", "progress"]
    rows = [
        replace(examples.delivery(str(number), recipient=f"#{number}"), kind=kind)
        for number, kind in enumerate(kinds)
    ]
    old = replace(examples.delivery("old", recipient="#old"), expires_at=NOW + 1)
    tried = examples.delivery("tried", recipient="#tried")
    digest = replace(examples.delivery("all", recipient="#all"), template=lanes.DIGEST)
    other = examples.delivery(ref=examples.rollout("cart", "team-b"))
    await examples.put(store, tried)
    claimed = await examples.take_one(store)
    await store.settle([examples.outcome(claimed, State.RETRY, due_at=NOW)], now=NOW)
    await examples.put(store, *rows, old, digest, other)
    wanted = [old, rows[4], rows[5], rows[3], rows[1], rows[0], rows[2]]
    size = len(old.payload)
    expected = [Sheddable(replace(row, payload=b""), size) for row in wanted]
    assert await store.sheddable("team-a", now=NOW + 1, limit=99) == expected
    assert await store.sheddable("team-a", now=NOW + 1, limit=2) == expected[:2]
    assert await store.sheddable("team-c", now=NOW + 1, limit=9) == []


async def test_a_shortened_payload_is_smaller(store: Store) -> None:
    """The size is that of what will be sent, also after a restart."""
    row = examples.delivery()
    await examples.put(store, row)
    claimed = await examples.take_one(store)
    outcome = examples.outcome(claimed, State.RETRY, due_at=NOW, payload=b"short")
    await store.settle([outcome], now=NOW)
    assert await store.loads() == {"team-a": Load(1, 5)}
    await store.close()
    await store.open()
    assert await store.loads() == {"team-a": Load(1, 5)}
