"""`core/lanes.py`: kinds, and which waiting messages a newer one makes pointless."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from notifier.core import lanes
from notifier.core.model import Delivery, Destination, ObjectRef

STEP = "on-rollout-step-completed"
SCALING = "on-scaling-replica-set"
ABORTED = "on-rollout-aborted"


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
