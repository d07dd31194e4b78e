"""`core/planning.py`: who is told what about one event, and a verdict for every "no"."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from notifier.core import model, planning
from notifier.core.configuration import Configuration
from notifier.core.context import Evidence
from notifier.core.model import Decision, State
from notifier.core.planning import Plan, Policy
from notifier.languages import LanguageError
from notifier.services import webhook
from tests.engine import fakes
from tests.engine.fakes import (
    ABORTED,
    EPOCH,
    STEP,
    When,
    condition,
    configuration,
    service,
    template,
    transition,
    trigger,
)


def plan(
    *configurations: Configuration, kind: str = ABORTED, policy: Policy | None = None, **rest: Any
) -> Plan:
    """Plan one event of the small rollout; `rest` are annotations."""
    return planning.plan(
        fakes.event(transition(kind)),
        Evidence(rollout=fakes.rollout(**rest)),
        configurations,
        now=EPOCH,
        policy=policy,
    )


def decisions(of: Plan) -> list[tuple[str, str, str]]:
    """Return (decision, service, recipient) of each verdict."""
    return [(str(each.decision), each.service, each.recipient) for each in of.verdicts]


def test_a_subscription_gets_a_delivery_and_a_verdict() -> None:
    """The row holds everything that sending needs, and the verdict points at it."""
    planned = plan(configuration(triggers=[trigger(ABORTED)], recipients=[("post", "ops")]))
    (row,) = planned.deliveries
    assert row.payload == b"on-rollout-aborted to ops"
    assert (row.kind, row.expires_at - row.created_at) == ("failure", 86_400)
    assert (row.created_at, row.due_at, row.state) == (EPOCH, EPOCH, State.PENDING)
    assert row.lane == model.lane("uid-checkout", row.destination)
    (verdict,) = planned.verdicts
    assert (verdict.decision, verdict.delivery_id) == (Decision.SENT, row.id)
    assert (verdict.source, verdict.template) == ("subscriptions[0]", "t")


def test_a_service_may_limit_the_age_of_its_messages() -> None:
    """`maxAge` of the service wins over the age of the kind, the default one and the set one."""
    brief = configuration(
        services=[service(max_age_s=60.0)],
        triggers=[trigger(ABORTED)],
        recipients=[("post", "ops")],
    )
    (row,) = plan(brief, policy=Policy(max_age_s={"failure": 7200.0})).deliveries
    assert row.expires_at - row.created_at == 60.0


def test_nobody_listens() -> None:
    """Without subscriptions there is exactly one verdict that says so."""
    planned = plan(configuration(triggers=[trigger(ABORTED)]))
    assert decisions(planned) == [("no_subscription", "", "")]
    assert planned.deliveries == ()


def test_an_unknown_trigger_is_a_verdict_with_a_hint() -> None:
    """Who subscribed to a trigger that is not configured is told the nearest name."""
    known = configuration(triggers=[trigger("on-rollout-abort")])
    planned = plan(known, **{"subscribe__on-rollout-aborted__post": "ops"})
    assert decisions(planned) == [("unknown_trigger", "post", "ops")]
    assert "'on-rollout-abort'" in planned.verdicts[0].detail


@pytest.mark.parametrize(
    ("named", "hint"),
    [
        ("email", "the configuration calls it 'email-gmail'"),
        ("email-gmial", "did you mean 'email-gmail'?"),
        ("pager", "no service of this name is configured"),
    ],
)
def test_an_unknown_service_is_a_verdict_with_a_hint(named: str, hint: str) -> None:
    """An annotation that names a service the configuration calls otherwise is answered."""
    known = configuration(triggers=[trigger(ABORTED)], services=[service("email-gmail")])
    planned = plan(known, **{f"subscribe__{ABORTED}__{named}": "ops"})
    assert decisions(planned) == [("unknown_service", named, "ops")]
    assert planned.verdicts[0].detail.endswith(hint)


def test_faults_of_configuration_are_named() -> None:
    """A service or trigger that a fault disabled is a configuration error with its reason."""
    broken = configuration(
        triggers=[trigger(ABORTED)], broken_services={"slack": "token is missing"}
    )
    planned = plan(broken, **{f"subscribe__{ABORTED}__slack": "#a"})
    assert decisions(planned) == [("config_error", "slack", "#a")]
    assert planned.verdicts[0].detail == "token is missing"
    planned = plan(
        configuration(broken_triggers={ABORTED: "line 3"}), **{f"subscribe__{ABORTED}__post": "a"}
    )
    assert planned.verdicts[0].detail == "line 3"


def failing(_: object) -> bool:
    """Fail as a condition does."""
    raise LanguageError("no such thing")


def test_every_condition_is_evaluated_and_answered() -> None:
    """True ones send, false ones and failing ones are two different verdicts."""
    planned = plan(
        configuration(
            triggers=[
                trigger(
                    ABORTED,
                    condition(0, when=When(lambda _: True), text="yes"),
                    condition(1, when=When(lambda _: False), text="no"),
                    condition(2, when=When(failing), text="what"),
                    condition(3),
                )
            ],
            recipients=[("post", "ops")],
        )
    )
    assert [(str(v.decision), v.condition) for v in planned.verdicts] == [
        ("sent", "yes"),
        ("condition_false", "no"),
        ("condition_error", "what"),
        ("sent", ""),
    ]
    assert len({row.id for row in planned.deliveries}) == 2


def test_conditions_are_evaluated_once_whoever_listens() -> None:
    """A condition never sees the recipient, and is not repeated for each."""
    seen = []

    def judge(variables: Any) -> bool:
        seen.append("recipient" in variables)
        return True

    many = [("post", str(number)) for number in range(5)]
    planned = plan(
        configuration(triggers=[trigger(ABORTED, condition(when=When(judge)))], recipients=many)
    )
    assert len(planned.deliveries) == 5
    assert seen == [False]


def test_a_template_that_fails_is_replaced_by_plain_text() -> None:
    """People are told all the same, with the facts and the error; it is counted."""
    planned = planning.plan(
        fakes.event(transition(ABORTED, facts={"revision": "7"})),
        Evidence(rollout=fakes.rollout()),
        [
            configuration(
                triggers=[trigger(ABORTED)],
                templates=[template("t", "{nonsense}")],
                recipients=[("post", "ops")],
            )
        ],
        now=EPOCH,
    )
    (row,) = planned.deliveries
    text = row.payload.decode()
    assert text.startswith("checkout: on-rollout-aborted\nnamespace: shop\nrevision: 7\n")
    assert "nonsense" in text
    assert [(each.engine, each.scope) for each in planned.failed] == [("fake", "central")]
    assert planned.verdicts[0].decision is Decision.SENT
    assert "template failed" in planned.verdicts[0].detail


def test_a_template_that_does_not_exist_is_replaced_too() -> None:
    """A name that nothing defines does not silence the message."""
    planned = plan(
        configuration(
            triggers=[trigger(ABORTED, condition(send=("gone",)))], recipients=[("post", "ops")]
        )
    )
    assert b"gone: no such template is configured" in planned.deliveries[0].payload


def test_a_payload_that_cannot_be_composed_is_a_configuration_error() -> None:
    """What the service refuses to compose has a verdict with its words."""
    planned = plan(configuration(triggers=[trigger(ABORTED)], recipients=[("post", "nobody")]))
    assert decisions(planned) == [("config_error", "post", "nobody")]
    assert planned.verdicts[0].detail == "this recipient cannot be"


def test_several_payloads_of_one_recipient_have_rows_of_their_own() -> None:
    """Each address gets its row, lane and verdict."""
    planned = plan(configuration(triggers=[trigger(ABORTED)], recipients=[("post", "a,b")]))
    assert [row.destination.recipient for row in planned.deliveries] == ["a", "b"]
    assert len({row.lane for row in planned.deliveries}) == 2
    assert decisions(planned) == [("sent", "post", "a"), ("sent", "post", "b")]


def test_a_rendered_text_that_no_payload_can_be_made_of_is_sent_plain() -> None:
    """What a service refuses in a rendered template counts as a template that failed: the plain
    text with the reason goes out, the verdict says so, and it is counted."""
    planned = plan(
        configuration(
            triggers=[trigger(ABORTED)],
            templates=[template("t", "{{ not a payload")],
            recipients=[("post", "ops")],
        )
    )
    (row,) = planned.deliveries
    assert b"checkout: on-rollout-aborted" in row.payload
    assert b"this text is no payload" in row.payload
    assert decisions(planned) == [("sent", "post", "ops")]
    assert "plain text sent instead: t: this text is no payload" in planned.verdicts[0].detail
    assert [(each.engine, each.scope) for each in planned.failed] == [("fake", "central")]


def test_a_recipient_that_names_nobody_is_a_configuration_error() -> None:
    """Nothing composed is not silence."""
    planned = plan(configuration(triggers=[trigger(ABORTED)], recipients=[("post", "nothing")]))
    assert decisions(planned) == [("config_error", "post", "nothing")]


def test_a_recipient_that_is_not_allowed_is_a_verdict_of_its_own() -> None:
    """`allowedRecipients` of the service decides; the others of the send are served."""
    options, _ = webhook.TYPE.options({"url": "http://h/", "allowedRecipients": ["ops-*"]})
    spec = dataclasses.replace(service(), type=webhook.TYPE, options=options)
    planned = plan(
        configuration(
            services=[spec],
            triggers=[trigger(ABORTED)],
            recipients=[("post", "exec"), ("post", "ops-a")],
        )
    )
    assert decisions(planned) == [
        ("recipient_not_allowed", "post", "exec"),
        ("sent", "post", "ops-a"),
    ]
    assert [row.destination.recipient for row in planned.deliveries] == ["ops-a"]
    assert "allowedRecipients" in planned.verdicts[0].detail


def test_one_address_named_twice_gets_one_message() -> None:
    """The second is a duplicate with a verdict."""
    planned = plan(configuration(triggers=[trigger(ABORTED)], recipients=[("post", "a,a")]))
    assert len(planned.deliveries) == 1
    assert decisions(planned) == [("sent", "post", "a"), ("duplicate", "post", "a,a")]


def test_an_annotation_that_cannot_be_read_is_a_verdict() -> None:
    """Whoever misspelt it finds the reason beside the event; other subscriptions are served."""
    planned = plan(
        configuration(triggers=[trigger(ABORTED)], recipients=[("post", "ops")]),
        subscriptions="- [",
    )
    assert len(planned.deliveries) == 1
    assert planned.verdicts[0].decision is Decision.CONFIG_ERROR
    assert planned.verdicts[0].detail


def test_the_same_in_two_scopes_is_sent_once() -> None:
    """Equal type, endpoint, recipient and text: the namespace's own goes, the other is named."""
    team = configuration(
        scope="shop",
        services=[service(scope="shop", endpoint="e")],
        triggers=[trigger(ABORTED)],
        recipients=[("post", "ops")],
    )
    central = configuration(
        services=[service(endpoint="e")], triggers=[trigger(ABORTED)], recipients=[("post", "ops")]
    )
    planned = plan(team, central)
    assert [(str(v.decision), v.scope) for v in planned.verdicts] == [
        ("sent", "shop"),
        ("duplicate", "central"),
    ]
    assert "shop" in planned.verdicts[1].detail


@pytest.mark.parametrize("difference", ["endpoint", "text"])
def test_what_differs_between_scopes_is_sent_twice(difference: str) -> None:
    """Another receiver or another text is no duplicate."""
    team = configuration(
        scope="shop",
        services=[service(scope="shop", endpoint="other" if difference == "endpoint" else "e")],
        triggers=[trigger(ABORTED)],
        templates=[template("t", "ours" if difference == "text" else "same")],
        recipients=[("post", "ops")],
    )
    central = configuration(
        services=[service(endpoint="e")],
        triggers=[trigger(ABORTED)],
        templates=[template("t", "same")],
        recipients=[("post", "ops")],
    )
    assert len(plan(team, central).deliveries) == 2


def test_two_services_of_one_scope_with_one_receiver_both_send() -> None:
    """Within a scope only equal names are duplicates, as upstream."""
    both = configuration(
        services=[service("post-a", endpoint="e"), service("post-b", endpoint="e")],
        triggers=[trigger(ABORTED)],
        templates=[template("t", "same")],
        recipients=[("post-a", "ops"), ("post-b", "ops")],
    )
    assert len(plan(both).deliveries) == 2


def test_what_only_one_scope_knows_is_no_fault() -> None:
    """A service or trigger that the other scope serves leaves no "unknown" behind."""
    wish = {f"subscribe__{ABORTED}__post": "ops"}
    without = configuration(scope="shop", services=[service("other", scope="shop")])
    central = configuration(triggers=[trigger(ABORTED)])
    assert decisions(plan(without, central, **wish)) == [("sent", "post", "ops")]
    neither = configuration(services=[service("other")], triggers=[trigger(ABORTED)])
    assert {name for name, *_ in decisions(plan(without, neither, **wish))} == {
        "unknown_trigger",
        "unknown_service",
    }


@pytest.mark.parametrize(
    ("until", "state"),
    [
        ("2023-11-15T00:00:00Z", State.MUTED),
        ("2023-11-14T00:00:00Z", State.PENDING),
        ("2023-11-14T23:30:00+01:00", State.MUTED),
        ("tomorrow", State.PENDING),
        ("2099-01-01T00:00:00", State.PENDING),
    ],
    ids=["future", "past", "zone", "no time", "no zone"],
)
def test_muted_messages_are_recorded_not_sent(until: str, state: State) -> None:
    """`mute-until` in the future makes ended rows; anything else does not mute."""
    planned = plan(
        configuration(triggers=[trigger(ABORTED)], recipients=[("post", "ops")]),
        **{"mute-until": until},
    )
    (row,) = planned.deliveries
    assert row.state is state
    sent = [each for each in planned.verdicts if each.service]
    assert sent[0].decision is (Decision.MUTED if state is State.MUTED else Decision.SENT)
    assert (row.ended_at is None) is (state is State.PENDING)


def test_shadow_rows_end_as_shadow() -> None:
    """With `shadow` everything is done but sending."""
    known = configuration(triggers=[trigger(ABORTED)], recipients=[("post", "ops")])
    (row,) = plan(known, policy=Policy(shadow=True)).deliveries
    assert row.state is State.SHADOW
    assert row.payload


def test_maximum_ages_can_be_set() -> None:
    """The operator's ages per kind win over the defaults, kind by kind."""
    known = configuration(triggers=[trigger(ABORTED), trigger(STEP)], recipients=[("post", "ops")])
    policy = Policy(max_age_s={"failure": 60.0})
    (row,) = plan(known, policy=policy).deliveries
    assert row.expires_at == EPOCH + 60
    (row,) = plan(known, kind=STEP, policy=policy).deliveries
    assert row.expires_at == EPOCH + 600


def test_at_most_fifty_destinations() -> None:
    """The rest is refused with one verdict that counts it."""
    many = [("post", str(number)) for number in range(60)]
    planned = plan(configuration(triggers=[trigger(ABORTED)], recipients=many))
    assert len(planned.deliveries) == 50
    assert planned.verdicts[-1].decision is Decision.QUOTA
    assert "10 were left out" in planned.verdicts[-1].detail


def test_duplicates_of_subscriptions_are_counted() -> None:
    """The annotation repeats the global list: one message, one counted duplicate."""
    known = configuration(triggers=[trigger(ABORTED)], recipients=[("post", "ops")])
    planned = plan(known, **{f"subscribe__{ABORTED}__post": "ops"})
    assert len(planned.deliveries) == 1
    assert planned.dropped == 1


def test_once_per_makes_the_id_of_the_rollout_not_of_the_event() -> None:
    """Two events with the same `oncePer` text share their ids, so the second changes nothing in
    the store; another text is another message."""
    known = configuration(
        triggers=[
            trigger(ABORTED, condition(once_per=When(lambda v: v["rollout"]["status"]["hash"])))
        ],
        recipients=[("post", "ops")],
    )

    def ids(number: int, text: str) -> list[str]:
        seen = fakes.rollout()
        seen["status"]["hash"] = text
        of = fakes.event(transition(ABORTED, number=number))
        planned = planning.plan(of, Evidence(rollout=seen), [known], now=EPOCH)
        return [row.id for row in planned.deliveries]

    assert ids(1, "a") == ids(2, "a")
    assert ids(2, "a") != ids(2, "b")


@given(
    recipients=st.lists(
        st.tuples(st.sampled_from(["post", "post-b", "gone"]), st.text(max_size=5)), max_size=8
    ),
    holds=st.booleans(),
    shadow=st.booleans(),
)
def test_planning_is_idempotent_and_answers_everybody(
    recipients: list[tuple[str, str]], holds: bool, shadow: bool
) -> None:
    """Equal arguments give equal plans; ids are unique; every delivery has its verdict."""
    known = configuration(
        services=[service("post"), service("post-b")],
        triggers=[trigger(ABORTED, condition(0), condition(1, when=When(lambda _: holds)))],
        recipients=recipients,
    )
    policy = Policy(shadow=shadow)
    first, second = plan(known, policy=policy), plan(known, policy=policy)
    assert first == second
    ids = [row.id for row in first.deliveries]
    assert len(ids) == len(set(ids))
    assert sorted(ids) == sorted(each.delivery_id for each in first.verdicts if each.delivery_id)
    answered = {(each.service, each.recipient) for each in first.verdicts}
    for name, recipient in recipients:
        assert any(s == name and r in [*recipient.split(","), recipient] for s, r in answered)


def test_the_event_time_does_not_reach_the_ids() -> None:
    """A replay later makes the same ids."""
    known = configuration(triggers=[trigger(ABORTED)], recipients=[("post", "ops")])
    of = fakes.event()
    evidence = Evidence(rollout=fakes.rollout())
    (first,) = planning.plan(of, evidence, [known], now=EPOCH).deliveries
    later = replace(of, observed_at=EPOCH + 999)
    (second,) = planning.plan(later, evidence, [known], now=EPOCH + 999).deliveries
    assert first.id == second.id
    assert first.lane == second.lane
