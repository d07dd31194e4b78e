"""`core/lanes.py`: kinds, and which waiting messages a newer one makes pointless, and
which are folded into one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from notifier.core import lanes
from notifier.core.model import Delivery, Destination, ObjectRef

STEP = "on-rollout-step-completed"
SCALING = "on-scaling-replica-set"
ABORTED = "on-rollout-aborted"
UPDATED = "on-rollout-updated"


def waiting(name: str, trigger: str, at: float, event: str = "") -> Delivery:
    """Return a waiting delivery of one lane."""
    to = Destination(scope="central", service="slack", service_type="slack", recipient="#a")
    return Delivery(
        id=name,
        event_id=event or name,
        rollout=ObjectRef(kind="Rollout", namespace="shop", name="checkout", uid="u"),
        trigger=trigger,
        destination=to,
        template="t",
        payload=b"",
        lane="l",
        kind=lanes.kind(trigger),
        created_at=at,
        expires_at=at + 600,
        due_at=at,
    )


def test_a_newer_step_makes_the_older_pointless() -> None:
    """Of three steps only the newest is still worth sending."""
    rows = [waiting("3", STEP, 3), waiting("1", STEP, 1), waiting("2", STEP, 2)]
    assert lanes.superseded(rows) == ["1", "2"]


def test_another_trigger_supersedes_nothing() -> None:
    """A scaling says nothing about a step, and news and failures are never superseded."""
    rows = [
        waiting("1", STEP, 1),
        waiting("2", SCALING, 2),
        waiting("3", ABORTED, 3),
        waiting("4", ABORTED, 4),
    ]
    assert lanes.superseded(rows) == []


def test_two_messages_of_one_event_stand_beside_each_other() -> None:
    """Two conditions of a trigger give two messages; neither supersedes the other."""
    rows = [waiting("1", STEP, 1, "event"), waiting("2", STEP, 1, "event")]
    assert lanes.superseded(rows) == []


def test_all_messages_of_an_older_event_go_together() -> None:
    """Both messages of the older step are pointless once a newer step waits."""
    rows = [waiting("1", STEP, 1, "a"), waiting("2", STEP, 1, "a"), waiting("3", STEP, 2, "b")]
    assert lanes.superseded(rows) == ["1", "2"]


@given(
    st.lists(st.tuples(st.sampled_from([STEP, SCALING, ABORTED]), st.integers(0, 9)), max_size=12)
)
def test_the_newest_of_each_trigger_always_stays(rows: list[tuple[str, int]]) -> None:
    """Supersession never leaves a lane without the newest word on a trigger, and repeating it
    changes nothing."""
    all_rows = [waiting(str(n), trigger, at) for n, (trigger, at) in enumerate(rows)]
    gone = set(lanes.superseded(all_rows))
    left = [each for each in all_rows if each.id not in gone]
    assert {each.trigger for each in left} == {each.trigger for each in all_rows}
    assert lanes.superseded(left) == []
    for each in all_rows:
        if each.id in gone:
            assert any(o.trigger == each.trigger and o.created_at >= each.created_at for o in left)


# --- folding ------------------------------------------------------------------------------------


def several(count: int) -> list[Delivery]:
    """Return so many waiting messages of a lane, oldest first."""
    return [waiting(str(n), ABORTED, n) for n in range(1, count + 1)]


def ids(rows: Sequence[Delivery]) -> list[str]:
    """Return the ids."""
    return [each.id for each in rows]


@pytest.mark.parametrize(
    ("count", "folded"),
    [(0, []), (1, []), (5, []), (6, ["2", "3", "4", "5"]), (7, ["2", "3", "4", "5", "6"])],
)
def test_of_more_than_five_the_middle_ones_are_folded(count: int, folded: list[str]) -> None:
    """The oldest and the newest are sent as they are; up to five nothing is folded."""
    assert ids(lanes.foldable(reversed(several(count)))) == folded


def test_what_was_tried_may_have_arrived_and_is_not_folded() -> None:
    """A message that an operator put back keeps its own life."""
    rows = several(7)
    rows[2] = replace(rows[2], attempt=1)
    assert ids(lanes.foldable(rows)) == ["2", "4", "5", "6"]
    tried = [replace(each, attempt=1) for each in rows[:5]]
    assert lanes.foldable([*tried, *rows[5:]]) == ()  # a digest of one would gain nothing


def test_a_digest_is_never_folded_and_does_not_count() -> None:
    """It stands for messages that are nowhere else any more."""
    rows = several(6)
    of_two = lanes.digest(rows[1:3], b"", now=2.5)
    assert lanes.foldable([*rows[:5], of_two]) == ()
    assert ids(lanes.foldable([*rows, of_two])) == ["2", "3", "4", "5"]


def test_a_digest_is_worth_sending_as_long_as_any_of_what_it_holds() -> None:
    """It goes the same way, lives as long as the longest, and its id depends on its content."""
    rows = [waiting("1", STEP, 1), waiting("2", ABORTED, 2), waiting("3", UPDATED, 3)]
    rows[1] = replace(rows[1], expires_at=9000.0)
    digest = lanes.digest(rows, b"text", now=50.0)
    assert (digest.lane, digest.destination) == ("l", rows[0].destination)
    assert (digest.event_id, digest.trigger, digest.template) == ("3", UPDATED, "(digest)")
    assert (digest.kind, digest.created_at, digest.due_at) == ("failure", 50.0, 50.0)
    assert (digest.expires_at, digest.payload) == (9000.0, b"text")
    assert lanes.digest(rows, b"other", now=60.0).id == digest.id
    assert lanes.digest(rows[:2], b"text", now=50.0).id != digest.id
    assert lanes.digest([rows[0], rows[2]], b"", now=1.0).kind == "news"


def test_a_digest_names_what_it_stands_for() -> None:
    """One line: rollout, how many, which triggers in order, and from when to when."""
    rows = [
        waiting("1", UPDATED, 3600),
        waiting("2", STEP, 3660),
        waiting("3", STEP, 3720),
        waiting("4", ABORTED, 7320),
    ]
    assert lanes.digest_text(rows) == (
        "checkout (shop): 4 more messages waited and were folded into this one: "
        "on-rollout-updated, 2 x on-rollout-step-completed, on-rollout-aborted (01:00 to 02:02)"
    )


def test_a_long_digest_stays_readable() -> None:
    """Names beyond twenty are left out, visibly."""
    rows = [waiting(str(n), (ABORTED, STEP)[n % 2], n) for n in range(100)]
    text = lanes.digest_text(rows)
    assert text.count("on-") == 20
    assert ", … (00:00 to 00:01)" in text
