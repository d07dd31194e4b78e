"""`core/overload.py`: how much each namespace gives up, and what of it goes first."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from notifier.core import lanes, overload
from notifier.core.model import Delivery, State
from notifier.core.overload import Caps, Load, Sheddable
from tests.core.test_lanes import ABORTED, SCALING, STEP, UPDATED, waiting

PAUSED = "on-rollout-paused"
NOW = 100.0
CAPS = Caps(namespace=10, rows=30, size=1_000)


def rows(*deliveries: Delivery, size: int = 1) -> Sequence[Sheddable]:
    """Return those that may go, of one size, in their order."""
    found = [each for each in deliveries if overload.sheddable(each, now=NOW)]
    found.sort(key=lambda each: overload.weight(each, now=NOW))
    return [Sheddable(each, size) for each in found]


def own(name: str, trigger: str, at: float = 50.0, **fields: object) -> Delivery:
    """Return a waiting delivery in a lane of its own."""
    return replace(waiting(name, trigger, at), **{"lane": name, **fields})


def ids(deliveries: Sequence[Delivery]) -> str:
    """Return the names of deliveries."""
    return "".join(each.id for each in deliveries)


@pytest.mark.parametrize(
    ("loads", "given_up"),
    [
        ({}, {}),
        ({"a": Load(10, 100)}, {}),
        ({"a": Load(12, 100)}, {"a": Load(2, 0)}),
        # 3 x 10 fit, a fourth does not: all come down to the same level, the small one keeps all.
        (
            {"a": Load(14, 0), "b": Load(10, 0), "c": Load(10, 0), "d": Load(3, 0)},
            {"a": Load(5, 0), "b": Load(1, 0), "c": Load(1, 0)},
        ),
        # Few rows of many bytes: the largest gives.
        ({"a": Load(2, 900), "b": Load(2, 200)}, {"a": Load(0, 100)}),
    ],
)
def test_who_gives_up_how_much(loads: dict[str, Load], given_up: dict[str, Load]) -> None:
    """A namespace keeps its quota at most; of what is too much in all the largest give."""
    assert overload.excess(loads, CAPS) == given_up


@given(st.dictionaries(st.text(max_size=3), st.tuples(st.integers(0, 40), st.integers(0, 900))))
def test_what_is_kept_fits(loads: dict[str, tuple[int, int]]) -> None:
    """Property: what is kept is within every cap, and nobody gives while somebody larger gives
    less of what is over the common level."""
    all_loads = {name: Load(*load) for name, load in loads.items()}
    given_up = overload.excess(all_loads, CAPS)
    kept = {
        name: Load(load.rows - give.rows, load.size - give.size)
        for name, load in all_loads.items()
        for give in [given_up.get(name, Load(0, 0))]
    }
    assert sum(load.rows for load in kept.values()) <= CAPS.rows
    assert sum(load.size for load in kept.values()) <= CAPS.size
    assert all(0 <= load.rows <= CAPS.namespace and load.size >= 0 for load in kept.values())
    for name, give in given_up.items():
        if give.rows and kept[name].rows < CAPS.namespace:
            assert kept[name].rows == max(load.rows for load in kept.values())
        if give.size:
            assert kept[name].size == max(load.size for load in kept.values())


def test_order_of_what_goes() -> None:
    """First what is past its age and what a newer one made pointless, then progress, a pause, news,
    failures; each oldest first."""
    given_rows = rows(
        own("f", ABORTED),
        own("n", UPDATED),
        own("p", PAUSED),
        own("o", STEP, 51, lane="steps"),
        own("s", STEP, 52, lane="steps"),
        own("c", SCALING, 53),
        own("x", ABORTED, expires_at=NOW),
    )
    gone = [
        overload.choose(given_rows, Load(number, 0), beyond_quota=True, now=NOW)
        for number in range(8)
    ]
    assert {ids(each.expired) for each in gone} == {"x"}
    assert {ids(each.superseded) for each in gone} == {"o"}
    expected = ["", "", "", "s", "sc", "scp", "scpn", "scpnf"]
    assert [ids(each.shed) for each in gone] == expected


def test_failures_within_the_quota_stay() -> None:
    """However much all namespaces have to give: never a failure of one that is within its quota."""
    given_rows = rows(own("f", ABORTED), own("n", UPDATED))
    choice = overload.choose(given_rows, Load(2, 0), beyond_quota=False, now=NOW)
    assert ids(choice.shed) == "n"


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.RETRY, "attempt": 1},
        {"state": State.PARKED},
        {"attempt": 1},
        {"template": lanes.DIGEST},
    ],
)
def test_what_was_tried_or_stands_for_others_stays(fields: dict[str, object]) -> None:
    """A row that was tried may have arrived, and a digest is all that is left of many."""
    tried = own("t", STEP, **fields)
    choice = overload.choose(rows(tried), Load(1, 0), beyond_quota=True, now=NOW)
    assert not choice.shed


def test_bytes_are_given_up_too() -> None:
    """As many rows go as have the bytes; what is pointless counts."""
    given_rows = rows(own("a", STEP), own("b", STEP), own("x", STEP, expires_at=NOW), size=10)
    choice = overload.choose(given_rows, Load(0, 15), beyond_quota=False, now=NOW)
    assert (ids(choice.expired), ids(choice.shed)) == ("x", "a")


def test_summary_names_what_is_lost() -> None:
    """The namespace, the limits, and how many of what."""
    text = overload.summary_text([own("1", STEP), own("2", UPDATED), own("3", STEP)], CAPS)
    assert text == (
        "shop: too many messages wait (limit: 10 of one namespace, 30 in all). The least important "
        "are not sent, 3 to here so far: 2 x on-rollout-step-completed, 1 x on-rollout-updated. "
        "More may follow."
    )


def test_summary_is_short() -> None:
    """Of many triggers the most frequent are named."""
    many = [own(str(number), f"on-{number}") for number in range(30)]
    text = overload.summary_text(many, CAPS)
    assert text.count(" x ") == 10
    assert "…" in text
