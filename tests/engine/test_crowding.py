"""How full the outbox is, as far as a process knows between two looks."""

from __future__ import annotations

from collections.abc import Sequence

from notifier.core.model import Delivery
from notifier.core.overload import Caps, Load
from notifier.engine.crowding import Crowding
from tests.engine import fakes


def rows(count: int) -> Sequence[Delivery]:
    """Return deliveries of one namespace."""
    return [fakes.delivery(number) for number in range(count)]


def test_what_is_on_its_way_counts() -> None:
    """Planned, stored and seen by a look: each row once, whenever the look is."""
    crowding = Crowding(Caps(namespace=5))
    crowding.planned(rows(4))
    crowding.looked({})
    assert not crowding.full("shop", "news")
    crowding.planned(rows(1))
    assert crowding.full("shop", "news")
    crowding.stored(rows(5))
    assert crowding.full("shop", "news")
    crowding.looked({"shop": Load(5, 50)})
    assert crowding.full("shop", "news") == (
        "too many messages of this namespace wait: 5 (limit: 5)"
    )
    assert not crowding.full("pay", "news")


def test_what_has_ended_makes_room() -> None:
    """Also before the next look: a namespace whose messages arrive is not full of them."""
    crowding = Crowding(Caps(namespace=5))
    for _ in range(9):
        crowding.planned(rows(4))
        crowding.stored(rows(4))
        for row in rows(4):
            crowding.ended(row)
    assert not crowding.full("shop", "news")


def test_failures_have_more_room() -> None:
    """They come in until a fifth more waits: what matters less goes for them."""
    crowding = Crowding(Caps(namespace=5))
    crowding.planned(rows(5))
    assert not crowding.full("shop", "failure")
    crowding.planned(rows(1))
    assert crowding.full("shop", "failure")
