"""Two configurations for one Rollout: order, de-duplication, quotas, what is lent."""

from __future__ import annotations

from typing import Any

from notifier.core import exports, planning
from notifier.core.configuration import Configuration
from notifier.core.context import Evidence
from notifier.core.planning import Plan
from notifier.core.service import Export
from tests.engine import fakes
from tests.engine.fakes import ABORTED, EPOCH, configuration, service, template, trigger

WISH = {"subscribe__on-rollout-aborted__post": "ops"}


def plan(*configurations: Configuration, **annotations: str) -> Plan:
    """Plan an abort of `shop/checkout`."""
    return planning.plan(
        fakes.event(),
        Evidence(rollout=fakes.rollout(**annotations)),
        configurations,
        now=EPOCH,
    )


def team(*, text: str = "t", **rest: Any) -> Configuration:
    """Return the configuration of the namespace `shop`."""
    return configuration(
        scope="shop", triggers=[trigger(ABORTED)], templates=[template("t", text)], **rest
    )


def central(*, text: str = "t", **rest: Any) -> Configuration:
    """Return the central configuration."""
    return configuration(triggers=[trigger(ABORTED)], templates=[template("t", text)], **rest)


def sent(of: Plan) -> list[tuple[str, str, bytes]]:
    """Return scope, service and text of each delivery."""
    return [
        (each.destination.scope, each.destination.service, each.payload) for each in of.deliveries
    ]


def decisions(of: Plan) -> list[tuple[str, str]]:
    """Return decision and scope of each verdict."""
    return [(str(each.decision), each.scope) for each in of.verdicts]


def test_the_namespace_comes_first_and_both_are_served() -> None:
    """Two receivers of one name are two messages, the team's own first; nothing is overridden."""
    planned = plan(team(text="own"), central(text="theirs"), **WISH)
    assert sent(planned) == [("shop", "post", b"own"), ("central", "post", b"theirs")]
    assert len({each.id for each in planned.deliveries}) == 2
    assert len({each.lane for each in planned.deliveries}) == 2


def test_the_same_message_to_the_same_receiver_is_sent_once() -> None:
    """Equal endpoint, recipient and text: the central one is a duplicate."""
    same = {"endpoint": "e"}
    planned = plan(
        team(services=[service(scope="shop", **same)]), central(services=[service(**same)]), **WISH
    )
    assert sent(planned) == [("shop", "post", b"t")]
    assert decisions(planned) == [("sent", "shop"), ("duplicate", "central")]


def test_another_text_to_the_same_receiver_is_another_message() -> None:
    """What differs in the text is not the same message."""
    planned = plan(
        team(text="own", services=[service(scope="shop", endpoint="e")]),
        central(services=[service(endpoint="e")]),
        **WISH,
    )
    assert len(planned.deliveries) == 2


def test_what_one_scope_does_not_know_the_other_serves() -> None:
    """No verdict complains of a service or trigger that one scope alone has."""
    planned = plan(
        configuration(scope="shop", services=[service("other", scope="shop")]), central(), **WISH
    )
    assert sent(planned) == [("central", "post", b"t")]
    assert decisions(planned) == [("sent", "central")]


def test_known_to_neither_is_a_no_in_each() -> None:
    """Then both scopes say so."""
    planned = plan(team(), central(), **{"subscribe__on-rollout-aborted__mail": "ops"})
    assert decisions(planned) == [("unknown_service", "shop"), ("unknown_service", "central")]


def test_a_team_cannot_crowd_out_the_operator() -> None:
    """The quota of destinations counts per scope: the operator's own subscription still goes."""
    many = [("post", f"r{number}") for number in range(planning.QUOTA + 5)]
    planned = plan(team(recipients=many), central(recipients=[("post", "audit")]))
    scopes = [each.destination.scope for each in planned.deliveries]
    assert scopes.count("shop") == planning.QUOTA
    assert scopes.count("central") == 1
    assert ("quota", "shop") in decisions(planned)


def test_a_lent_service_sends_what_the_team_writes_with_the_operators_options() -> None:
    """The row belongs to the team's scope; the credential stays in the options."""
    lent = exports.lent(
        [service(token="secret", exports=(Export(namespaces=("shop",), recipients=("*",)),))],
        "shop",
        {"post": fakes.PostType()},
    )
    planned = plan(team(text="own", services=list(lent.values()), recipients=[("post", "ops")]))
    assert sent(planned) == [("shop", "post", b"own")]
    assert b"secret" not in planned.deliveries[0].payload


def test_exports_bind_annotations_but_not_the_operator() -> None:
    """A namespace that is not named may not use the service by annotation; the operator's own
    subscription goes all the same (S13)."""
    closed = service(exports=(Export(namespaces=("pay",), recipients=("*",)),))
    refused = plan(central(services=[closed]), **WISH)
    assert decisions(refused) == [("recipient_not_allowed", "central")]
    assert "exportTo" in refused.verdicts[0].detail
    listed = plan(central(services=[closed], recipients=[("post", "ops")]))
    assert sent(listed) == [("central", "post", b"t")]
