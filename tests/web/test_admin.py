"""The admin API over a real socket and the memory store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
import pytest

from notifier.core.configuration import Configuration
from notifier.core.errors import Problem
from notifier.core.model import Decision, State
from notifier.ports import Intake
from notifier.web.admin import COMMAND_HEADER
from tests.engine import fakes
from tests.web import ledger
from tests.web.ledger import Admin

COMMAND = {COMMAND_HEADER: "test"}


@pytest.fixture
async def port() -> AsyncIterator[Admin]:
    """An admin port over an empty ledger."""
    async with ledger.admin_port() as here:
        yield here


async def ask(
    port: Admin, path: str, method: str = "GET", headers: Mapping[str, str] | None = None
) -> tuple[int, Any]:
    """Return status and JSON."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, port.url + path, headers=headers) as answer,
    ):
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Host": "evil.example"}, id="rebound-name"),
        pytest.param({"Host": "evil.example:8081"}, id="rebound-name-with-port"),
        pytest.param({"Host": "127.0.0.1.evil.example"}, id="prefix"),
        pytest.param({"Host": "[::1"}, id="malformed"),
        pytest.param({"Origin": "https://evil.example"}, id="other-origin"),
        pytest.param({"Origin": "null"}, id="opaque-origin"),
    ],
)
async def test_browsers_of_other_origins_are_refused(port: Admin, headers: dict[str, str]) -> None:
    """Neither a rebound name nor a foreign page gets an answer."""
    status, body = await ask(port, "/api/v1/deliveries", headers=headers)
    assert status == 403
    assert "error" in body


@pytest.mark.parametrize("host", ["localhost:8081", "127.0.0.1", "[::1]:8081"])
async def test_loopback_names_are_served(port: Admin, host: str) -> None:
    """A port-forward shows one of these names."""
    headers = {"Host": host, "Origin": f"http://{host}"}
    assert (await ask(port, "/api/v1/deliveries", headers=headers))[0] == 200


async def test_a_change_needs_the_header(port: Admin) -> None:
    """A form of any page can POST, but not with a custom header."""
    await port.commit(1)
    status, body = await ask(port, "/api/v1/deliveries/dlv_1/drop", "POST")
    assert (status, COMMAND_HEADER in body["error"]) == (403, True)
    found = await port.store.delivery("dlv_1")
    assert found is not None
    assert found[0].state is State.PENDING


async def test_deliveries_are_paged_newest_first(port: Admin) -> None:
    """`next` continues where the page ended, until it is null."""
    await port.commit(*range(5))
    seen: list[str] = []
    path = "/api/v1/deliveries?limit=2"
    following: str | None = ""
    while following is not None:
        status, body = await ask(port, path + (f"&before={following}" if following else ""))
        assert (status, body["apiVersion"]) == (200, "notifier/v1")
        seen += [row["id"] for row in body["items"]]
        following = body["next"]
    assert seen == ["dlv_4", "dlv_3", "dlv_2", "dlv_1", "dlv_0"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("rollout=shop/checkout", 1),
        ("rollout=shop/other", 0),
        ("service=slack&recipient=%23ops", 1),
        ("trigger=on-rollout-paused", 0),
        ("state=pending&state=retry", 1),
        ("state=dead", 0),
        (f"since={ledger.NOW}", 0),
    ],
)
async def test_deliveries_are_filtered(port: Admin, query: str, found: int) -> None:
    """Each filter of the command line."""
    await port.commit(1)
    _, body = await ask(port, f"/api/v1/deliveries?{query}")
    assert len(body["items"]) == found


@pytest.mark.parametrize("query", ["state=happy", "limit=0", "limit=x", "since=y", "before=z~1"])
async def test_bad_filters_are_refused(port: Admin, query: str) -> None:
    """400 with the reason as JSON."""
    status, body = await ask(port, f"/api/v1/deliveries?{query}")
    assert (status, bool(body["error"])) == (400, True)


async def test_a_delivery_is_shown_redacted(port: Admin) -> None:
    """Attempts and payload without the secret; the event and its verdict beside them."""
    await port.commit(1)
    await port.settle(State.RETRY, "server", f"503 for {ledger.SECRET}")
    status, body = await ask(port, "/api/v1/deliveries/dlv_1")
    assert status == 200
    assert body["payload"] == {"text": "aborted ***"}
    assert [(one["number"], one["detail"]) for one in body["attemptLog"]] == [(1, "503 for ***")]
    assert body["eventDetail"]["verdicts"][0]["decision"] == "sent"
    assert body["state"] == "retry"


async def test_an_unknown_delivery_is_not_found(port: Admin) -> None:
    """404 for reading and for both commands."""
    assert (await ask(port, "/api/v1/deliveries/dlv_9"))[0] == 404
    for action in ("redeliver", "drop"):
        path = f"/api/v1/deliveries/dlv_9/{action}"
        assert (await ask(port, path, "POST", COMMAND))[0] == 404


async def test_redeliver_puts_an_ended_row_back(port: Admin) -> None:
    """Same id, due at once, and the dispatcher is woken."""
    await port.commit(1)
    await port.settle(State.DEAD, "recipient")
    status, body = await ask(port, "/api/v1/deliveries/dlv_1/redeliver", "POST", COMMAND)
    assert (status, body["state"], port.woken) == (200, "pending", 1)
    (row,) = await port.store.claim(now=ledger.NOW, limit=9, lease_s=60)
    assert (row.id, row.attempt) == ("dlv_1", 2)


async def test_redeliver_past_the_maximum_age_needs_force(port: Admin) -> None:
    """An old message may no longer be true; forced, it lives as long as it did at first."""
    await port.commit(1)
    await port.settle(State.DEAD, "recipient")
    port.clock.at = ledger.NOW + 5000
    path = "/api/v1/deliveries/dlv_1/redeliver"
    status, body = await ask(port, path, "POST", COMMAND)
    assert (status, "--force" in body["error"]) == (409, True)
    status, _ = await ask(port, f"{path}?force=true", "POST", COMMAND)
    found = await port.store.delivery("dlv_1")
    assert status == 200
    assert found is not None
    assert found[0].expires_at == port.clock.at + 1099


async def test_commands_on_rows_in_another_state_are_refused(port: Admin) -> None:
    """A waiting row is not redelivered, an ended one not dropped."""
    await port.commit(1)
    path = "/api/v1/deliveries/dlv_1"
    assert (await ask(port, f"{path}/redeliver", "POST", COMMAND))[0] == 409
    assert (await ask(port, f"{path}/drop", "POST", COMMAND))[0] == 200
    assert (await ask(port, f"{path}/drop", "POST", COMMAND))[0] == 409
    found = await port.store.delivery("dlv_1")
    assert found is not None
    assert (found[0].state, found[0].reason) == (State.DROPPED, "operator")


async def test_transitions_and_destinations(port: Admin) -> None:
    """Recent transitions newest first; destinations as the daemon gives them."""
    await port.commit(1, 2)
    _, transitions = await ask(port, "/api/v1/transitions?namespace=shop")
    _, destinations = await ask(port, "/api/v1/destinations")
    assert [one["id"] for one in transitions["items"]] == ["evt_2", "evt_1"]
    assert destinations["items"] == [{"service": "slack", "state": "closed"}]


async def test_config_shows_faults_per_scope(port: Admin) -> None:
    """Names and faults, never options."""
    problem = Problem(document="cm", key="trigger.x", message="no", line=3)
    port.configurations.append(
        Configuration(problems=[problem], broken_services={"mail": "no host"})
    )
    _, body = await ask(port, "/api/v1/config")
    (scope,) = body["items"]
    assert scope["scope"] == "central"
    assert scope["brokenServices"] == {"mail": "no host"}
    assert [(one["key"], one["line"]) for one in scope["problems"]] == [("trigger.x", 3)]


async def test_explanation_gives_observed_decided_and_sent(port: Admin) -> None:
    """In this order, each decision with its reason and a hint."""
    await port.commit(1)
    no = ledger.verdict(2, Decision.CONDITION_FALSE, condition="false")
    await port.store.commit([Intake(events=[ledger.event(2)], verdicts=[no])])
    await port.settle(State.DEAD, "recipient", "not_in_channel")
    status, body = await ask(port, "/api/v1/rollouts/shop/checkout/explanation")
    assert status == 200
    assert [one["id"] for one in body["observed"]] == ["evt_2", "evt_1"]
    decisions = {one["event"]: (one["decision"], one["hint"]) for one in body["decisions"]}
    assert decisions["evt_1"] == ("sent", "")
    assert decisions["evt_2"] == ("condition_false", "the trigger's `when` did not hold")
    (sent,) = body["deliveries"]
    assert (sent["state"], "invite the bot" in sent["hint"]) == ("dead", True)
    assert body["exists"] is False


async def test_explanation_of_nothing_says_why(port: Admin) -> None:
    """An unknown name and a quiet rollout are told apart."""
    _, unknown = await ask(port, "/api/v1/rollouts/shop/none/explanation")
    port.rollouts["shop", "quiet"] = {"metadata": {"name": "quiet"}}
    _, quiet = await ask(port, "/api/v1/rollouts/shop/quiet/explanation")
    assert "no such Rollout" in unknown["hint"]
    assert "baseline" in quiet["hint"]


async def test_a_subscription_that_never_fires_says_so(port: Admin) -> None:
    """A name that no change has, without a `when`; with one it is a trigger like any other."""
    port.rollouts["shop", "checkout"] = {"metadata": {"name": "checkout"}}
    purple = fakes.trigger("on-purple")
    red = fakes.trigger("on-red", fakes.condition(when=fakes.When(lambda _: True)))
    port.configurations = [
        fakes.configuration(triggers=[purple, red], recipients=[("post", "ops")])
    ]
    _, body = await ask(port, "/api/v1/rollouts/shop/checkout/explanation")
    hints = {one["trigger"]: one["hint"] for one in body["listeners"]}
    assert "never fires" in hints["on-purple"]
    assert hints["on-red"] == ""


async def test_every_decision_has_its_hint() -> None:
    """A new named reason without a hint would leave people alone."""
    from notifier.web import explanation

    assert set(explanation._HINTS) == set(Decision)
