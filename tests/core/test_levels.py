"""Triggers of a name of one's own: told at the edges of their condition, per destination."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core import former, levels, standing, triggers
from notifier.core.errors import DETAIL_LIMIT
from notifier.core.model import Decision
from notifier.core.standing import Standing
from tests.core.versions import PURPLE, History, condition, subscribed
from tests.engine import fakes
from tests.engine.fakes import COMPLETED

ON = condition("status.purple == yes")
NOTIFIED = "notified.notifications.argoproj.io"


def history(*conditions: Any, **rest: Any) -> History:
    """Return a history with one level trigger that `ops` listens to."""
    return History([subscribed(PURPLE, *(conditions or (ON,)), **rest)])


def test_it_is_told_when_it_turns_true() -> None:
    """Once per edge, with an event and an id of its own each time."""
    seen = history()
    for purple in ("no", "no", "yes", "yes", "no", "yes"):
        seen.see(purple=purple)
    assert seen.payloads == [b"on-purple to ops"] * 2
    assert [each.transition.key for each in seen.events] == [
        "v1:on-purple:uid-checkout:level:1",
        "v1:on-purple:uid-checkout:level:2",
    ]
    (first, second) = seen.events
    assert (first.transition.reason, first.transition.resource_version) == ("Purple", "3")
    assert first.id != second.id
    assert [each.event_id for each in seen.sent] == [first.id, second.id]
    assert seen.decisions == ["sent", "sent"]


def test_what_holds_at_the_first_sight_is_a_baseline() -> None:
    """It is remembered and recorded, not sent; the next edge is."""
    seen = history()
    for purple in ("yes", "yes", "no", "yes"):
        seen.see(purple=purple)
    assert seen.decisions == ["baseline", "sent"]
    assert [each.transition.reason for each in seen.events] == ["ConditionHeldBefore", "Purple"]
    assert len(seen.sent) == 1


def test_a_new_condition_and_a_new_listener_are_baselines() -> None:
    """Who comes later is told from the next edge on; who was there is not disturbed."""
    seen = History([fakes.configuration(triggers=[fakes.trigger(PURPLE, ON)])])
    key = f"subscribe__{PURPLE}__post"
    seen.see(annotations={key: "a"}, purple="no")
    seen.see(annotations={key: "a"}, purple="yes")
    seen.see(annotations={key: "a;b"}, purple="yes")
    assert [(str(each.decision), each.recipient) for each in seen.verdicts] == [
        ("sent", "a"),
        ("baseline", "b"),
    ]
    other = condition("status.purple != no")
    seen.configurations = [fakes.configuration(triggers=[fakes.trigger(PURPLE, ON, other)])]
    assert len(seen.sent) == 1


def test_two_conditions_of_one_trigger_are_looked_at_apart() -> None:
    """Those that turn true in one version share an event; an old one keeps its level."""
    both = [condition("status.a == y"), condition("status.b == y", index=1)]
    seen = history(*both)
    seen.see(a="n", b="n")
    seen.see(a="y", b="y")
    assert (len(seen.events), len(seen.sent)) == (1, 2)
    seen.see(a="n", b="y")
    seen.see(a="y", b="y")
    assert (len(seen.events), len(seen.sent)) == (2, 3)


def test_a_condition_without_when_never_fires() -> None:
    """There is nothing that could turn true."""
    seen = history(condition(), ON)
    seen.see(purple="no")
    seen.see(purple="yes")
    assert len(seen.sent) == 1
    silent = history(condition())
    silent.see(purple="yes")
    assert (silent.events, silent.memory) == ([], b"")


def test_who_leaves_is_forgotten() -> None:
    """Unsubscribed and back while it holds: a baseline. The count of events goes on."""
    seen = History([fakes.configuration(triggers=[fakes.trigger(PURPLE, ON)])])
    mine = {f"subscribe__{PURPLE}__post": "a"}
    seen.see(annotations=mine, purple="no")
    seen.see(annotations=mine, purple="yes")
    seen.see(purple="yes")
    assert seen.standing == Standing(edges={PURPLE: 1})
    assert not seen.standing.asks
    seen.see(annotations=mine, purple="yes")
    seen.see(annotations=mine, purple="no")
    seen.see(annotations=mine, purple="yes")
    assert seen.decisions == ["sent", "baseline", "sent"]
    assert len(seen.sent) == 2


# --- errors ---------------------------------------------------------------------------------------


def test_an_error_neither_sets_nor_clears() -> None:
    """After it, what held still holds: no second message; and one text is reported once."""
    seen = history()
    seen.see(purple="no")
    seen.see(purple="yes")
    for _ in range(3):
        seen.see()
    seen.see(purple="yes")
    assert seen.decisions == ["sent", "condition_error"]
    assert seen.events[-1].transition.reason == "ConditionFailed"
    seen.see(purple="no")
    seen.see()
    seen.see(purple="yes")
    assert seen.decisions == ["sent", "condition_error", "sent"]


def test_an_error_at_the_first_sight_ends_the_baseline() -> None:
    """A new Rollout has no status yet; what turns true afterwards is news."""
    seen = history()
    seen.see()
    seen.see(purple="yes")
    assert seen.decisions == ["condition_error", "sent"]


def test_errors_that_are_always_new_do_not_flood() -> None:
    """Of one condition a few texts are reported."""
    seen = history(condition("status.a.b"))
    for number in range(3 * standing.ERRORS):
        seen.see(a=number)
    assert seen.decisions == ["condition_error"] * standing.ERRORS
    assert len(seen.verdicts[0].detail) <= DETAIL_LIMIT


def test_a_trigger_that_breaks_keeps_its_levels() -> None:
    """While a fault disables the trigger nothing is forgotten; once it is gone all is."""
    seen = history()
    seen.see(purple="no")
    seen.see(purple="yes")
    (working,) = seen.configurations
    other = fakes.trigger("on-red", condition("status.red == yes"))
    seen.configurations = [
        fakes.configuration(
            triggers=[other], broken_triggers={PURPLE: "line 3"}, recipients=[("post", "ops")]
        )
    ]
    seen.see(purple="yes", red="no")
    seen.configurations = [working]
    seen.see(purple="yes")
    assert seen.decisions == ["sent"]
    seen.configurations = [fakes.configuration()]
    seen.see(purple="yes")
    assert seen.standing.levels == {}


def test_a_service_that_nobody_knows_is_told_at_the_edge() -> None:
    """Not in every version."""
    seen = History([fakes.configuration(triggers=[fakes.trigger(PURPLE, ON)])])
    mine = {f"subscribe__{PURPLE}__pager": "a"}
    for purple in ("no", "no", "yes", "yes"):
        seen.see(annotations=mine, purple=purple)
    assert seen.decisions == ["unknown_service"]


def test_more_destinations_than_allowed_are_told_at_the_edge() -> None:
    """The quota is a verdict when there is something to tell."""
    seen = history(recipients=[str(number) for number in range(60)])
    seen.see(purple="no")
    seen.see(purple="yes")
    assert (len(seen.sent), seen.decisions[-1]) == (50, "quota")
    assert len(seen.events) == 1


# --- oncePer --------------------------------------------------------------------------------------


def test_a_new_once_text_is_an_edge() -> None:
    """While it holds, each new text is told once; an old one is never told again."""
    seen = history(condition("status.purple == yes", once="status.hash"))
    seen.see(purple="no", hash="v1")
    for purple, hash_ in (("yes", "v1"), ("yes", "v2"), ("no", "v2"), ("yes", "v2"), ("yes", "v1")):
        seen.see(purple=purple, hash=hash_)
    assert len(seen.sent) == 2
    assert seen.decisions == ["sent"] * 4


def test_once_per_that_comes_or_goes_is_no_edge() -> None:
    """A configuration change tells nobody anything."""
    seen = history()
    seen.see(purple="no", hash="v1")
    seen.see(purple="yes", hash="v1")
    plain = seen.configurations
    seen.configurations = [subscribed(PURPLE, condition(ON.text, once="status.hash"))]
    seen.see(purple="yes", hash="v1")
    seen.configurations = plain
    seen.see(purple="yes", hash="v1")
    assert len(seen.events) == 1


# --- what the former sender left behind -----------------------------------------------------------


def imported(*keys: str) -> bytes:
    """Return what is remembered of an annotation with these keys."""
    annotation = json.dumps(dict.fromkeys(keys, 1_700_000_000))
    return standing.encode(Standing(former=former.read({NOTIFIED: annotation})))


@pytest.mark.parametrize(
    "key", ["on-purple:[0]:post:ops", "argo:on-purple:[0]:post:ops"], ids=["plain", "namespace"]
)
def test_a_level_that_the_former_sender_told(key: str) -> None:
    """It was told while it held, so an error at the first sight does not make it news."""
    seen = history()
    seen.memory = imported(key)
    seen.see()
    seen.see(purple="yes")
    assert (seen.decisions, seen.sent) == (["condition_error"], [])
    seen.see(purple="no")
    seen.see(purple="yes")
    assert len(seen.sent) == 1


@pytest.mark.parametrize("name", [PURPLE, COMPLETED])
def test_a_once_text_that_the_former_sender_told(name: str) -> None:
    """It is a duplicate for good, whatever colons it holds; other texts are not."""
    once = condition("status.purple == yes", once="status.hash")
    seen = History([subscribed(name, once)])
    seen.memory = imported(f"a:b:{name}:[0]:post:ops")
    found = fakes.transition
    seen.see(purple="no", hash="c")
    for number, text in enumerate(["a:b", "c"]):
        seen.see(
            *([found(name, number=number)] if name == COMPLETED else []), purple="yes", hash=text
        )
    assert seen.decisions == ["once_per", "sent"]
    assert "a:b" in seen.verdicts[0].detail
    assert seen.standing.former


@pytest.mark.parametrize("text", ["{", "[]", '"x"', "[" * 5000], ids=lambda text: text[:4])
def test_an_annotation_that_cannot_be_read(text: str) -> None:
    """It is an error for whoever reads it, who counts it as empty."""
    with pytest.raises(former.Unreadable, match="is ignored"):
        former.read({NOTIFIED: text})


@pytest.mark.parametrize("annotations", [{}, {NOTIFIED: ""}, {NOTIFIED: 3}], ids=repr)
def test_no_annotation(annotations: dict[str, Any]) -> None:
    """Nothing was sent."""
    assert former.read(annotations) == ()


def test_only_a_hundred_entries_are_read() -> None:
    """As many as upstream writes: a tenant can write the annotation."""
    text = json.dumps({f"on-purple:[0]:post:{number}": 1 for number in range(500)})
    assert len(former.read({NOTIFIED: text})) == 100


def test_the_scope_of_a_namespace_is_part_of_its_key() -> None:
    """With self-service the former sender's keys begin with the configuration's namespace."""
    seen = History([subscribed(PURPLE, ON, scope="team")])
    seen.memory = imported("team:on-purple:[0]:post:ops")
    seen.see()
    seen.see(purple="yes")
    assert seen.sent == []


# --- defects, names, properties -------------------------------------------------------------------


def test_a_defect_leaves_the_levels_alone() -> None:
    """What cannot be looked at for a fault of ours stays as it was."""
    seen = history()
    seen.see(purple="no")
    seen.see(purple="yes")
    made = seen.review(looked=False)
    (question,) = made.questions(_version())
    made.fail(question, "boom")
    assert made.standing(looked=True) == seen.standing


def _version() -> Any:
    from notifier.core.review import Version

    return Version(reference=fakes.reference(), rollout=fakes.rollout(), triggers=[PURPLE])


def test_only_names_of_ones_own_with_a_when_are_levels() -> None:
    """Lifecycle names are told at their changes, and a name without `when` never."""
    known = fakes.configuration(
        triggers=[
            fakes.trigger(COMPLETED, ON),
            fakes.trigger(PURPLE, condition(), ON),
            fakes.trigger("on-nothing", condition()),
            fakes.trigger("on-reconciliation-error", ON),
        ]
    )
    assert levels.named([known]) == {PURPLE, "on-reconciliation-error"}


def test_a_level_is_remembered_by_all_that_makes_it() -> None:
    """Scope, trigger, condition, service and recipient, whatever colons the last holds."""
    seen = history(recipients=["a:b:c"])
    seen.see(purple="no")
    assert list(seen.standing.levels) == ["central:on-purple:[0]:post:a:b:c"]
    assert levels.condition("central:on-purple:[0]:post:a:b:c") == "central:on-purple:[0]"


def test_the_key_of_a_condition_is_that_of_the_annotation() -> None:
    """A compiled condition is found in an annotation that upstream wrote."""
    text = "rollout.status.phase == 'Healthy'"
    assert triggers.condition_key(1, text).startswith("[1].")


VALUES = st.lists(st.sampled_from(["yes", "no", None]), max_size=30)


@given(VALUES)
def test_a_message_at_exactly_each_rising_edge(values: list[str | None]) -> None:
    """The plain rule, said once more: after the first look, from no (or nothing yet) to yes."""
    seen, expected, level = history(), 0, "unseen"
    for value in values:
        seen.see(**({"purple": value} if value else {}))
        if value == "yes":
            expected += level in {"no", "looked"}
            level = "yes"
        elif value == "no":
            level = "no"
        elif level == "unseen":
            level = "looked"
    assert len(seen.sent) == len(seen.ids) == expected
    assert len({each.id for each in seen.events}) == len(seen.events)


@given(VALUES, st.sets(st.integers(0, 29)))
def test_a_crash_at_any_version_changes_nothing(
    values: list[str | None], crashes: set[int]
) -> None:
    """A version that was reviewed and not committed is reviewed again, with the same ids."""
    steady, shaken = history(), history()
    for number, value in enumerate(values):
        status = {"purple": value} if value else {}
        steady.see(**status)
        if number in crashes:
            lost = shaken.review(**status)
            shaken.number -= 1
            again = shaken.review(**status)
            shaken.number -= 1
            assert [each.id for each in lost.events] == [each.id for each in again.events]
            assert lost.deliveries == again.deliveries
        shaken.see(**status)
    assert shaken.memory == steady.memory
    assert [each.id for each in shaken.sent] == [each.id for each in steady.sent]


def test_decisions_of_a_mixed_event_are_about_what_turned_true() -> None:
    """Where one condition is told and another fails, the event is the one that is told."""
    seen = history(ON, condition("status.gone", index=1))
    seen.see(purple="no")
    seen.see(purple="yes", gone=False)
    seen.see(purple="no", gone=False)
    seen.configurations = [subscribed(PURPLE, ON, condition("status.other", index=2))]
    seen.see(purple="yes")
    assert [each.decision for each in seen.verdicts[-2:]] == [
        Decision.SENT,
        Decision.CONDITION_ERROR,
    ]
    assert seen.events[-1].transition.reason == "Purple"
