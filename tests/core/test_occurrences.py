"""Lifecycle triggers whose condition takes its time: open occurrences, and how they end."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core import standing
from notifier.core.model import Decision, Transition
from notifier.core.planning import Policy
from tests.core.versions import History, condition, subscribed
from tests.engine import fakes
from tests.engine.fakes import ABORTED, COMPLETED, STEP, UPDATED, transition

HEALTHY = condition("status.phase == Healthy", send=("t",))


def completed(number: int = 1, **rest: Any) -> Transition:
    """Return the numbered completion."""
    return transition(COMPLETED, number=number, **rest)


def opened(trigger: str = COMPLETED, **rest: Any) -> History:
    """Return a history with one open occurrence."""
    history = History([subscribed(trigger, HEALTHY, **rest)])
    history.see(transition(trigger), phase="Progressing")
    return history


def test_a_condition_that_holds_is_told_at_the_transition() -> None:
    """Nothing stays open, and nothing is remembered."""
    history = History([subscribed(COMPLETED, HEALTHY)])
    history.see(completed(), phase="Healthy")
    assert (history.decisions, history.payloads) == (["sent"], [b"on-rollout-completed to ops"])
    assert history.memory == b""


def test_a_false_condition_stays_open_and_is_told_once() -> None:
    """The version in which it turns true is shown, with the id of the event itself."""
    history = History(
        [
            subscribed(
                COMPLETED, HEALTHY, templates=[fakes.template("t", "{rollout[status][phase]}")]
            )
        ]
    )
    history.see(completed(), phase="Progressing")
    (event,) = history.events
    assert history.decisions == ["open_occurrence"]
    assert "until 2023-11-15T00:13:20Z at the latest" in history.verdicts[0].detail
    history.see(phase="Progressing")
    history.see(phase="Healthy")
    history.see(phase="Progressing")
    history.see(phase="Healthy")
    assert history.payloads == [b"Healthy"]
    assert history.sent[0].event_id == event.id
    assert [(each.event_id, each.decision) for each in history.amendments] == [
        (event.id, Decision.SENT)
    ]
    assert (history.events, history.memory) == ([event], b"")


def test_the_facts_of_the_event_are_those_of_its_time() -> None:
    """What changed is told as it was when it changed; the object before it too."""
    history = History(
        [subscribed(COMPLETED, HEALTHY, templates=[fakes.template("t", "{event[reason]}")])]
    )
    history.see(completed(facts={"revision": "7"}), phase="Progressing")
    assert history.standing.open[0].event.transition.facts == {"revision": "7"}
    history.see(phase="Healthy")
    assert history.payloads == [b"Because"]


def test_an_open_step_keeps_its_index() -> None:
    """`currentStepIndex` is the 0-based index of the completed step while it is open."""
    at_first = condition("status.ready == yes")
    show = fakes.template("t", "{rollout[status][currentStepIndex]}")
    history = History([subscribed(STEP, at_first, templates=[show])])
    history.see(transition(STEP, facts={"step": 3}), currentStepIndex=3, ready="no")
    history.see(currentStepIndex=4, ready="yes")
    assert history.payloads == [b"2"]


def test_a_condition_on_the_index_of_an_open_step() -> None:
    """The condition sees the completed step's index as the message does."""
    history = History([subscribed(STEP, fakes.condition(when=fakes.When(_second_and_ready)))])
    history.see(transition(STEP, facts={"step": 2}), currentStepIndex=2)
    history.see(currentStepIndex=3, ready=True)
    assert len(history.sent) == 1


def _second_and_ready(variables: Any) -> bool:
    status = variables["rollout"]["status"]
    return status["currentStepIndex"] == 1 and status.get("ready", False)


@pytest.mark.parametrize(
    ("transitions", "options", "decision", "why"),
    [
        ([completed(2)], {}, "superseded", "the next on-rollout-completed came"),
        ([transition(UPDATED)], {}, "superseded", "a new revision began"),
        ([], {"gone": True}, "superseded", "the Rollout was deleted"),
    ],
    ids=["next occurrence", "new revision", "deletion"],
)
def test_it_closes(
    transitions: list[Transition], options: dict[str, bool], decision: str, why: str
) -> None:
    """Closing without a message is a verdict about the event that says why nothing came."""
    history = opened()
    (event,) = history.events
    history.see(*transitions, looked=not options, phase="Progressing", **options)
    (closed,) = history.amendments
    assert (closed.event_id, closed.decision) == (event.id, decision)
    assert closed.detail == f"{why} before the condition held"
    assert (closed.service, closed.recipient) == ("post", "ops")
    assert (closed.condition, closed.template) == ("status.phase == Healthy", "t")
    assert (closed.source, closed.trigger) == ("subscriptions[0]", COMPLETED)
    assert event.id not in [each.event.id for each in history.standing.open]


def test_closing_wins_over_the_condition() -> None:
    """A version that begins a new revision tells nothing of the old one, even if it is Healthy."""
    history = opened()
    history.see(transition(UPDATED), phase="Healthy")
    assert (history.payloads, history.later) == ([], ["superseded"])


@pytest.mark.parametrize(
    ("trigger", "set_s", "age_s"),
    [
        (COMPLETED, {}, 7200.0),
        (STEP, {}, 600.0),
        (ABORTED, {}, 86_400.0),
        (ABORTED, {"failure": 60.0}, 60.0),
    ],
)
def test_it_closes_by_its_age(trigger: str, set_s: dict[str, float], age_s: float) -> None:
    """The age of the kind of the trigger, the operator's over the default one."""
    history = History([subscribed(trigger, HEALTHY)], policy=Policy(max_age_s=set_s))
    history.see(transition(trigger), phase="Progressing")
    history.now += age_s - 1
    history.see(phase="Progressing")
    assert history.later == []
    history.now += 1
    history.see(phase="Healthy")
    assert (history.later, history.payloads) == (["expired"], [])
    assert history.amendments[0].detail == "its maximum age passed before the condition held"


def test_other_transitions_leave_it_open() -> None:
    """Only the same trigger and a new revision close it; changes of other objects do not look."""
    history = opened()
    history.see(transition("on-rollout-paused"), phase="Progressing")
    history.see(looked=False, phase="Healthy")
    assert (history.later, len(history.standing.open)) == ([], 1)


def test_occurrences_of_one_version_stay_open_side_by_side() -> None:
    """Two of one trigger in one version do not close each other; each is told."""
    history = History([subscribed(COMPLETED, HEALTHY)])
    history.see(completed(1), completed(2), phase="Progressing")
    history.see(phase="Healthy")
    assert len(history.payloads) == 2
    assert history.memory == b""


def test_each_condition_and_destination_waits_for_itself() -> None:
    """What was told at once is not told again; the rest is told when it holds."""
    conditions = [
        condition(),
        condition("status.a == y", index=1),
        condition("status.b == y", index=2),
    ]
    history = History([subscribed(COMPLETED, *conditions, recipients=["x", "y"])])
    history.see(completed(), a="y", b="n")
    assert len(history.sent) == 4
    history.see(a="n", b="n")
    assert len(history.standing.open[0].waiting) == 2
    history.see(a="y", b="y")
    assert len(history.sent) == 6
    assert len({each.id for each in history.sent}) == 6


def test_who_unsubscribes_is_not_told() -> None:
    """Only who listened at the transition and still does is told."""
    history = History([fakes.configuration(triggers=[fakes.trigger(COMPLETED, HEALTHY)])])
    key = f"subscribe__{COMPLETED}__post"
    history.see(completed(), annotations={key: "a;b"}, phase="Progressing")
    history.see(annotations={key: "b;c"}, phase="Healthy")
    assert [each.destination.recipient for each in history.sent] == ["b"]
    history.see(completed(2), phase="Progressing")
    assert [each.recipient for each in history.amendments] == ["b", "a"]


def test_a_failed_condition_stays_open_and_is_reported_once() -> None:
    """An error is never a no, and one text is reported once, not per version."""
    history = History([subscribed(COMPLETED, HEALTHY, recipients=["x", "y"])])
    history.see(completed())
    assert history.decisions == ["condition_error", "condition_error"]
    history.see()
    history.see()
    assert history.later == []
    history.see(phase="Progressing")
    history.see()
    history.see(phase="Healthy")
    assert len(history.sent) == 2


def test_a_new_error_is_reported_as_a_later_verdict() -> None:
    """To every destination that waits, once per text."""
    history = opened(recipients=["x", "y"])
    for _ in range(3):
        history.see()
    assert history.later == ["condition_error", "condition_error"]
    assert "cannot fetch phase" in history.amendments[0].detail
    assert len(history.standing.open[0].waiting) == 2


def test_who_cannot_be_served_does_not_wait() -> None:
    """A service that does not exist is a verdict at once; nothing stays open for it."""
    history = History([fakes.configuration(triggers=[fakes.trigger(COMPLETED, HEALTHY)])])
    history.see(completed(), annotations={f"subscribe__{COMPLETED}__pager": "x"}, phase="No")
    assert (history.decisions, history.memory) == (["unknown_service"], b"")


def test_a_service_that_is_gone_when_it_holds() -> None:
    """It is the later verdict, and the wait is over."""
    history = opened()
    (known,) = history.configurations
    history.configurations = [
        fakes.configuration(
            triggers=list(known.triggers.values()),
            services=[fakes.service("email")],
            recipients=[("post", "ops")],
        )
    ]
    history.see(phase="Healthy")
    assert (history.later, history.memory) == (["unknown_service"], b"")


def test_a_trigger_that_is_gone_waits_until_it_closes() -> None:
    """Without the trigger there is nothing to evaluate; a cause of closing ends it."""
    history = opened()
    history.configurations = [fakes.configuration()]
    history.see(phase="Healthy")
    assert (history.later, len(history.standing.open)) == ([], 1)
    history.see(transition(UPDATED))
    assert history.later == ["superseded"]


def test_nothing_stays_open_of_a_rollout_that_is_gone() -> None:
    """The last event of a Rollout is decided at once."""
    history = History([subscribed("on-rollout-deleted", HEALTHY)])
    history.see(transition("on-rollout-deleted"), gone=True, looked=False, phase="No")
    assert (history.decisions, history.memory) == (["condition_false"], b"")


def test_once_per_of_a_late_message() -> None:
    """It joins the identity whenever it is sent: the next event with the same text is a replay."""
    once = condition("status.phase == Healthy", once="status.hash")
    history = History([subscribed(COMPLETED, once)])
    history.see(completed(1), phase="Progressing", hash="v1")
    history.see(phase="Healthy", hash="v1")
    history.see(completed(2), phase="Healthy", hash="v1")
    history.see(completed(3), phase="Healthy", hash="v2")
    assert len(history.sent) == 2


def test_a_defect_ends_the_wait_with_a_verdict() -> None:
    """What cannot be looked at for a fault of ours is given up, and says so."""
    history = opened()
    made = history.review(phase="Progressing")
    (again,) = made.still_open
    question = made.questions(_version())[0]
    assert question.occurrence is again
    made.fail(question, "boom")
    assert [(each.decision, each.detail) for each in made.amendments] == [
        (Decision.CONFIG_ERROR, "boom")
    ]
    assert made.standing(looked=True) == standing.NOTHING


def _version() -> Any:
    from notifier.core.review import Version

    return Version(reference=fakes.reference(), rollout=fakes.rollout(), triggers=[])


PHASES = st.sampled_from(["Progressing", "Healthy", None])
STEPS = st.lists(st.tuples(PHASES, st.sampled_from(["", "", COMPLETED, UPDATED, ABORTED])))


@given(STEPS, st.integers(1, 3))
def test_at_most_once_whatever_happens(versions: list[tuple[Any, str]], recipients: int) -> None:
    """Of every occurrence each destination is told once or gets one verdict why not, or waits."""
    to = [str(number) for number in range(recipients)]
    triggers = [fakes.trigger(COMPLETED, HEALTHY), fakes.trigger(ABORTED, HEALTHY)]
    both = fakes.configuration(triggers=triggers, recipients=[("post", each) for each in to])
    history = History([both])
    for number, (phase, kind) in enumerate(versions):
        found = [transition(kind, number=number)] if kind else []
        history.see(*found, **({"phase": phase} if phase else {}))
    ends = {"sent", "superseded", "expired"}
    for event in history.events:
        if event.transition.trigger == UPDATED:
            continue
        said = [
            each for each in [*history.verdicts, *history.amendments] if each.event_id == event.id
        ]
        waits = [each for each in history.standing.open if each.event.id == event.id]
        for one in to:
            over = [each for each in said if each.recipient == one and each.decision in ends]
            left = [each for open_ in waits for each in open_.waiting if each.recipient == one]
            assert len(over) + len(left) == 1
    assert len(history.sent) == len(history.ids)
