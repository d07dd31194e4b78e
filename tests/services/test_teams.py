"""Services in configurations of teams: what the operator may, they may not (security.md S6, S8)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from notifier.core.compiling.services import ServiceSpec
from notifier.core.configuration import Configuration, compile_configuration
from notifier.core.errors import EvaluationError
from notifier.core.model import Destination
from notifier.core.secrets import Substituted
from notifier.core.service import Composition, Message
from notifier.services import TYPES, teams
from notifier.services.teams import Rules
from tests.engine import fakes

TEAMS = teams.for_teams(TYPES, Rules())

WEBHOOK = {"url": "https://receiver.example/"}
EMAIL = {"host": "relay.example", "port": 587, "from": "us@mail.example"}

REFUSED: Mapping[str, tuple[str, Mapping[str, Any], str]] = {
    "plain http": ("webhook", {"url": "http://receiver.example/"}, "url: must begin with https"),
    "another port": ("webhook", {"url": "https://receiver.example:8443/"}, "port other than 443"),
    "a login in the URL": ("webhook", {"url": "https://u:p@receiver.example/"}, "holds a login"),
    "redirects": ("webhook", {**WEBHOOK, "followRedirects": 3}, "followRedirects: not in"),
    "a proxy": ("webhook", {**WEBHOOK, "Proxy": "http://proxy.example:3128"}, "proxy: not in"),
    "an export": (
        "webhook",
        {**WEBHOOK, "exportTo": [{"namespaces": ["*"], "recipients": ["*"]}]},
        "exportTo: not in",
    ),
    "a foreign header": (
        "webhook",
        {**WEBHOOK, "headers": [{"name": "Forwarded", "value": "for=1"}]},
        r"headers\[0\].name: a team may set",
    ),
    "a credential in the text": (
        "webhook",
        {**WEBHOOK, "headers": [{"Name": "authorization", "value": "Bearer x"}]},
        "Authorization must come from the Secret",
    ),
    "a password in the text": (
        "webhook",
        {**WEBHOOK, "basicAuth": {"username": "u", "password": "p"}},
        "basicAuth.password: must come from the Secret",
    ),
    "tokens over http": (
        "webhook",
        {
            **WEBHOOK,
            "oauth2": {
                "clientId": "i",
                "clientSecretRef": "s",
                "tokenUrl": "http://metadata.internal/token",
            },
        },
        "oauth2.tokenUrl: must begin with https",
    ),
    "Slack elsewhere": (
        "slack",
        {"token": "t", "apiURL": "http://10.0.0.1/api/"},
        "apiURL: must begin with https",
    ),
    "a relay on another port": ("email", {**EMAIL, "port": 25}, "port: .* write one of 465, 587"),
    "mail without TLS": ("email", {**EMAIL, "tls": "none"}, "tls: none is not in"),
}


@pytest.mark.parametrize(("kind", "raw", "said"), REFUSED.values(), ids=REFUSED)
def test_refused(kind: str, raw: Mapping[str, Any], said: str) -> None:
    """Each has a sentence that says what to write; the operator may write it all the same."""
    with pytest.raises(ValueError, match=said):
        TEAMS[kind].options(raw)
    TYPES[kind].options(raw)


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("webhook", WEBHOOK),
        ("webhook", {"url": "https://receiver.example:443/path?query"}),
        (
            "webhook",
            {
                **WEBHOOK,
                "headers": [
                    {"name": "X-Team", "value": "shop"},
                    {"name": "content-type", "value": "text/plain"},
                    {"name": "Authorization", "value": Substituted("Bearer x")},
                ],
            },
        ),
        ("webhook", {**WEBHOOK, "basicAuth": {"username": "u", "password": Substituted("p")}}),
        ("slack", {"token": "t"}),
        ("email", EMAIL),
        ("email", {**EMAIL, "port": 465}),
    ],
)
def test_allowed(kind: str, raw: Mapping[str, Any]) -> None:
    """What a team needs works."""
    TEAMS[kind].options(raw)


def test_the_console_is_the_daemons_own() -> None:
    """A team cannot write into the daemon's output; every other type is there."""
    assert set(TYPES) - set(TEAMS) == {"console"}


def test_the_operator_may_open_ports() -> None:
    """For receivers and relays alike."""
    opened = teams.for_teams(TYPES, Rules(ports=teams.ports(["8443", "2525"])))
    opened["webhook"].options({"url": "https://receiver.example:8443/"})
    opened["email"].options({**EMAIL, "port": 2525})


@pytest.mark.parametrize("text", ["0", "65536", "https", "-1", ""])
def test_a_port_is_a_number(text: str) -> None:
    """Anything else is a fault of the setting."""
    with pytest.raises(ValueError, match="is no port"):
        teams.ports([text])


# --- composing --------------------------------------------------------------------------------


def compose(
    kind: str, raw: Mapping[str, Any], message: Message, rules: Rules | None = None
) -> dict[str, Any]:
    """Return the payload of a message of a team."""
    type_ = teams.for_teams(TYPES, rules or Rules())[kind]
    options, _ = type_.options(raw)
    to = Destination(scope="shop", service=kind, service_type=kind, recipient="ops")
    composition = Composition(event=fakes.event(), destination=to, delivery_id="dlv_1")
    (composed,) = type_.compose(message, options, composition)
    payload: dict[str, Any] = json.loads(composed.payload)
    return payload


MENTIONS = ["<!channel>", "<!here|x>", "<@U123>", "<!subteam^S1>"]


@pytest.mark.parametrize("mention", MENTIONS)
def test_nobody_is_mentioned_whatever_the_template_builds(mention: str) -> None:
    """Wherever the text came from, Slack sees no control sequence that mentions (S14)."""
    message = Message(
        text=f"a {mention}",
        block={"blocks": [{"text": {"text": mention}}], "attachments": f'[{{"text":"{mention}"}}]'},
    )
    shown = json.dumps(compose("slack", {"token": "t"}, message))
    assert "<!" not in shown
    assert "<@" not in shown
    assert "&lt;" in shown


def test_the_operator_may_allow_mentions() -> None:
    """Then they go as they are."""
    shown = compose("slack", {"token": "t"}, Message(text="<!here>"), Rules(mentions=True))
    assert shown["arguments"]["text"] == "<!here>"


def test_links_are_not_unfolded() -> None:
    """A team's message makes Slack fetch nothing."""
    assert compose("slack", {"token": "t"}, Message(text="x"))["arguments"]["unfurl_links"] is False


@pytest.mark.parametrize(
    ("headers", "fault"), [({"X-A": "1", "Accept": "a/b"}, False), ({"Forwarded": "x"}, True)]
)
def test_headers_of_a_template_are_a_teams_too(headers: Mapping[str, str], fault: bool) -> None:
    """Rendered headers follow the same list."""
    message = Message(text="", block={"body": "x", "headers": headers}, templates=("t",))
    if fault:
        with pytest.raises(EvaluationError, match="a team may set"):
            compose("webhook", WEBHOOK, message)
    else:
        assert compose("webhook", WEBHOOK, message)["headers"] == headers


# --- compiled ---------------------------------------------------------------------------------


def compiled(config_map: Mapping[str, str], **rest: Any) -> Configuration:
    """Compile the configuration of a team."""
    return compile_configuration(
        config_map, {"key": b"hunter2"}, Configuration(), TEAMS, document="shop/cm", scope="shop",
        mentions=False, **rest,
    )  # fmt: skip


@pytest.mark.parametrize("field", ["message: '<!channel> hi'", "slack: {attachments: '<@U1>'}"])
def test_a_written_mention_is_a_fault_of_the_template(field: str) -> None:
    """The owner learns it when writing, not from a message that says something else."""
    (problem,) = [
        each for each in compiled({"template.t": field}).problems if each.severity == "error"
    ]
    assert problem.key == "template.t"
    assert "mentions somebody" in problem.message


def test_a_broken_service_of_a_team_does_not_fall_back_to_a_lent_one() -> None:
    """A team that writes its own service means its own: a fault disables it."""
    lent = ServiceSpec(
        name="hook", type=TEAMS["webhook"], scope="shop", options=None, endpoint="", exported=True
    )
    assert compiled({}, lent={"hook": lent}).services == {"hook": lent}
    made = compiled({"service.webhook.hook": "url: http://x/"}, lent={"hook": lent})
    assert made.services == {}
    assert "https" in made.broken_services["hook"]
