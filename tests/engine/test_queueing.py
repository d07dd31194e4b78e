"""What waits to be committed: turns of namespaces, order within each, and what is behind all."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from notifier.engine.queueing import (
    GROUP_DELIVERIES,
    GROUP_EVENTS,
    GROUP_INTAKES,
    PlannedQueue,
    Seen,
)
from notifier.ports import Intake
from tests.engine import fakes

AT = Seen(0.0, 0.0)


def intake(name: str, events: int = 0, deliveries: int = 0) -> Intake:
    """Return an intake that is known by a name."""
    return Intake(
        forget=name,
        events=[fakes.event()] * events,
        deliveries=[fakes.delivery(number) for number in range(deliveries)],
    )


def emptied(queue: PlannedQueue) -> list[list[str]]:
    """Return the names in the groups until nothing is left."""
    groups = []
    while group := queue.group():
        groups.append([each.intake.forget for each in group])
    assert not len(queue)
    return groups


def test_namespaces_take_turns() -> None:
    """One intake of each; whoever has many waits behind their own."""
    queue = PlannedQueue()
    for number in range(100):
        queue.put(intake(f"a{number}", events=1), AT, "a")
    for number in range(2):
        queue.put(intake(f"b{number}", events=1), AT, "b")
    groups = emptied(queue)
    assert groups[0][:5] == ["a0", "b0", "a1", "b1", "a2"]
    assert [len(group) for group in groups] == [GROUP_EVENTS, GROUP_EVENTS, 2]


def test_a_group_is_bounded_by_what_is_in_it() -> None:
    """By events, deliveries and intakes; one that is larger by itself goes alone."""
    queue = PlannedQueue()
    for number in range(3):
        queue.put(intake(str(number), events=1, deliveries=GROUP_DELIVERIES - 1), AT, "a")
    queue.put(intake("all", events=GROUP_EVENTS + 5), AT, "a")
    for _ in range(GROUP_INTAKES + 1):
        queue.put(intake("s"), AT, "a")
    groups = emptied(queue)
    assert groups[:3] == [["0"], ["1"], ["2"]]
    assert groups[3] == ["all"]
    assert [len(group) for group in groups[4:]] == [GROUP_INTAKES, 1]


puts = st.lists(st.sampled_from(["a", "b", "c", "behind all", "group"]), max_size=60)


@given(puts, st.integers(1, 30))
def test_order_is_kept_where_it_matters(chosen: Sequence[str], events: int) -> None:
    """Property: of one namespace first in, first out; what is put behind all comes after whatever
    was there, in the same group at the earliest, and nothing is lost."""
    queue = PlannedQueue()
    groups: list[list[str]] = []
    expected = []
    for number, what in enumerate(chosen):
        name = f"{what}:{number}"
        if what == "group":
            groups.append([each.intake.forget for each in queue.group()])
            continue
        expected.append(name)
        if what == "behind all":
            queue.put_behind_all(intake(name), AT)
        else:
            queue.put(intake(name, events=events), AT, what)
    groups += emptied(queue)
    at = {name: place for place, group in enumerate(groups) for name in group}
    assert sorted(at) == sorted(expected)
    flat = [name for group in groups for name in group]
    for what in ("a", "b", "c", "behind all"):
        mine = [name for name in expected if name.startswith(f"{what}:")]
        assert [name for name in flat if name.startswith(f"{what}:")] == mine
    for place, name in enumerate(expected):
        if name.startswith("behind all"):
            assert all(at[before] <= at[name] for before in expected[:place])
