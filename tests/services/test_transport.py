"""The common transport options, on real peers: TLS, proxy, tokens, limits (services.md 1)."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from notifier.core.errors import DeliveryError, Misconfigured, Reason, Retryable
from notifier.core.secrets import Secret
from notifier.ports import Service
from notifier.services import TYPES, oauth, slots, transport
from notifier.services.addresses import Guard
from tests.receivers import certificates
from tests.receivers.behaviour import Behaviour, Script
from tests.receivers.proxy import EgressProxy
from tests.receivers.relay import MailRelay
from tests.receivers.webhooks import WebhookReceiver
from tests.services import samples

Acting = Mapping[str, Service]

SLACK_OK = Behaviour(
    body=b'{"ok":true,"channel":"C0000000001","ts":"1.2"}',
    headers={"Content-Type": "application/json"},
)


def raw(kind: str, url: str, **more: Any) -> dict[str, Any]:
    """Return options that lead to a receiver."""
    own = {"webhook": {"url": url}, "slack": {"apiURL": url, "token": "t"}}
    return {**own[kind], **more}


async def send(acting: Acting, kind: str, url: str, **more: Any) -> DeliveryError | None:
    """Send once; return the error, None if it was delivered."""
    options, _ = TYPES[kind].options(raw(kind, url, **more))
    [composed] = samples.compose(TYPES[kind], options)
    try:
        await acting[kind].send(samples.outgoing(TYPES[kind], composed), options)
    except DeliveryError as error:
        return error
    return None


def receiver(**more: Any) -> WebhookReceiver:
    """Return a receiver that both kinds are content with."""
    return WebhookReceiver(script=Script(SLACK_OK), **more)


kinds = pytest.mark.parametrize("kind", ["webhook", "slack"])

# --- TLS ----------------------------------------------------------------------------------------


@kinds
async def test_a_custom_ca_is_trusted(acting: Acting, kind: str, tmp_path: Path) -> None:
    """With `tls.caRef` the private certificate is good, without it is not."""
    made = certificates.make(tmp_path)
    async with receiver(tls=made.server) as peer:
        error = await send(acting, kind, peer.url)
        assert isinstance(error, Misconfigured)
        assert error.reason is Reason.CERTIFICATE
        assert await send(acting, kind, peer.url, tls={"caRef": made.file.read_text()}) is None
        assert len(peer.requests) == 1


@kinds
async def test_the_server_name_is_what_is_expected(
    acting: Acting, kind: str, tmp_path: Path
) -> None:
    """`tls.serverName` is checked in place of the host, and nothing else is."""
    made = certificates.make(tmp_path)
    ca = made.file.read_text()
    async with receiver(tls=made.server) as peer:
        good = {"caRef": ca, "serverName": "localhost"}
        assert await send(acting, kind, peer.url, tls=good) is None
        error = await send(acting, kind, peer.url, tls={"caRef": ca, "serverName": "other.test"})
        assert error is not None
        assert error.reason is Reason.CERTIFICATE


@kinds
async def test_a_client_certificate_is_shown(acting: Acting, kind: str, tmp_path: Path) -> None:
    """A receiver that asks who we are sees `tls.certRef`; without one it hangs up."""
    (tmp_path / "ours").mkdir()
    made, ours = certificates.make(tmp_path), certificates.make(tmp_path / "ours")
    made.server.verify_mode = ssl.CERT_REQUIRED
    made.server.load_verify_locations(ours.file)
    ca = made.file.read_text()
    async with receiver(tls=made.server) as peer:
        assert isinstance(await send(acting, kind, peer.url, tls={"caRef": ca}), Retryable)
        both = {"caRef": ca, "certRef": ours.file.read_text()}
        assert await send(acting, kind, peer.url, tls=both) is None


@kinds
@pytest.mark.parametrize("option", ["caRef", "certRef"])
async def test_certificates_that_are_none_are_named(
    acting: Acting, kind: str, option: str, tmp_path: Path
) -> None:
    """What looks like PEM and is no certificate is a configuration error at sending."""
    made = certificates.make(tmp_path)
    lines = made.file.read_text().splitlines()
    broken = "\n".join([lines[0], "AAAA" + lines[1][4:], *lines[2:]])
    async with receiver(tls=made.server) as peer:
        error = await send(acting, kind, peer.url, tls={option: broken})
    assert isinstance(error, Misconfigured)
    assert error.reason is Reason.CERTIFICATE
    assert error.detail.endswith(f"tls.{option} cannot be used")


async def test_a_relay_with_a_private_certificate(acting: Acting, tmp_path: Path) -> None:
    """Mail honours the same options, in the mapping form of `tls`."""
    made = certificates.make(tmp_path)
    async with MailRelay(tls=made.server) as relay:
        given = {"host": "127.0.0.1", "port": relay.port, "from": "a@b.example"}
        for tls, reason in (
            ({"mode": "starttls"}, Reason.CERTIFICATE),
            ({"caRef": made.file.read_text(), "serverName": "wrong.test"}, Reason.CERTIFICATE),
            ({"caRef": made.file.read_text(), "serverName": "localhost"}, None),
        ):
            options, _ = TYPES["email"].options({**given, "tls": tls})
            [composed] = samples.compose(TYPES["email"], options, recipient="x@y.example")
            attempt = samples.outgoing(TYPES["email"], composed)
            if reason is None:
                await acting["email"].send(attempt, options)
                continue
            with pytest.raises(Misconfigured) as caught:
                await acting["email"].send(attempt, options)
            assert caught.value.reason is reason
        assert len(relay.ledger.ids) == 1


# --- proxy --------------------------------------------------------------------------------------


@kinds
@pytest.mark.parametrize("secure", [True, False])
async def test_a_proxy_is_used(acting: Acting, kind: str, secure: bool, tmp_path: Path) -> None:
    """The service's own proxy, with its credentials, carries http and https."""
    made = certificates.make(tmp_path)
    login = ("user", "p@ss")
    async with (
        receiver(tls=made.server if secure else None) as peer,
        EgressProxy(login=login) as on,
    ):
        proxy = on.url.replace("//", "//user:p%40ss@")
        more = {"proxy": proxy, "tls": {"caRef": made.file.read_text()}}
        assert await send(acting, kind, peer.url, **more) is None
        assert len(on.asked) == 1
        wanted = f"CONNECT 127.0.0.1:{peer.port}" if secure else f"POST {peer.url}/"
        assert on.asked[0].startswith(wanted)
        names = {name.casefold() for name, _ in peer.requests[0]["headers"]}
        assert secure is ("proxy-authorization" not in names)


@kinds
@pytest.mark.parametrize(
    ("status", "kind_of_error", "reason"),
    [
        (407, Misconfigured, Reason.CREDENTIAL),
        (403, Misconfigured, Reason.BLOCKED),
        (502, Retryable, Reason.NETWORK),
    ],
)
async def test_a_proxy_that_refuses(
    acting: Acting, kind: str, status: int, kind_of_error: type, reason: Reason, tmp_path: Path
) -> None:
    """Its answer is not the receiver's; nothing was sent; its credentials stay hidden."""
    made = certificates.make(tmp_path)
    async with receiver(tls=made.server) as peer, EgressProxy(status=status) as on:
        proxy = on.url.replace("//", "//user:canary@")
        error = await send(acting, kind, peer.url, proxy=proxy)
        assert error is not None
        assert (type(error), error.reason, error.ambiguous) == (kind_of_error, reason, False)
        assert "canary" not in f"{error!r} {error}"
        assert not peer.requests


@kinds
async def test_the_environment_names_no_proxy(
    acting: Acting, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the configuration does."""
    async with receiver() as peer, EgressProxy() as on:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy"):
            monkeypatch.setenv(name, on.url)
        assert await send(acting, kind, peer.url) is None
        assert not on.asked


@kinds
@pytest.mark.parametrize(
    "host",
    ["169.254.169.254", "2852039166", "0xa9.254.43518", "[fe80::1]", "0", "[::ffff:0.0.0.0]"],
)
async def test_literals_behind_a_proxy_are_checked(acting: Acting, kind: str, host: str) -> None:
    """A proxy opens no way to what the guard denies, however it is spelled."""
    async with EgressProxy() as on:
        error = await send(acting, kind, f"http://{host}/", proxy=on.url)
        assert isinstance(error, Misconfigured)
        assert error.reason is Reason.BLOCKED
        assert not on.asked


# --- tokens -------------------------------------------------------------------------------------

GRANT = {"clientId": "me", "clientSecretRef": "s+cret", "scopes": ["a", "b"]}


def grant(token: str, **more: Any) -> Behaviour:
    """Return the answer that gives a token."""
    body = json.dumps({"access_token": token, "token_type": "Bearer", **more}).encode()
    return Behaviour(body=body, headers={"Content-Type": "application/json"})


def shown(peer: WebhookReceiver) -> list[str]:
    """Return the credentials that requests came with."""
    return [dict(request["headers"]).get("Authorization", "") for request in peer.requests]


async def test_a_token_is_bought_once_and_shown(acting: Acting) -> None:
    """Client credentials are exchanged for a token that several messages use."""
    async with (
        WebhookReceiver(script=Script(grant("T1", expires_in=3600))) as shop,
        receiver() as peer,
    ):
        client = {**GRANT, "tokenUrl": f"{shop.url}/token"}
        sends = [send(acting, "webhook", peer.url, oauth2=client) for _ in range(5)]
        assert await asyncio.gather(*sends) == [None] * 5
        assert shown(peer) == ["Bearer T1"] * 5
        [bought] = shop.requests
    assert bought["body"] == b"grant_type=client_credentials&scope=a+b"
    assert shown(shop) == ["Basic bWU6cyUyQmNyZXQ="]


async def test_a_refused_token_is_renewed_once(acting: Acting) -> None:
    """A 401 costs one more try with a new token; the second 401 stands."""
    async with WebhookReceiver(script=Script(grant("T1"), grant("T2"))) as shop, receiver() as peer:
        client = {**GRANT, "tokenUrl": shop.url}
        peer.script.then(Behaviour(status=401), SLACK_OK)
        assert await send(acting, "webhook", peer.url, oauth2=client) is None
        assert shown(peer) == ["Bearer T1", "Bearer T2"]
        peer.script.then(Behaviour(status=401))
        error = await send(acting, "webhook", peer.url, oauth2=client)
        assert error is not None
        assert error.reason is Reason.CREDENTIAL
        assert len(peer.requests) == 4


async def test_a_token_is_renewed_before_it_expires(session: Any, guard: Guard) -> None:
    """A minute early, or half-way through a short life."""

    class Hands(samples.StillClock):
        at = 0.0

        def monotonic(self) -> float:
            return self.at

    clock = Hands()
    answers = [grant(f"T{number}", expires_in=100) for number in range(3)]
    async with WebhookReceiver(script=Script(*answers)) as shop:
        read, _ = TYPES["webhook"].options(
            {"url": "http://h/", "oauth2": {**GRANT, "tokenUrl": shop.url}}
        )
        tokens = oauth.Tokens(session, guard, clock)
        found = []
        for clock.at in (0.0, 49.0, 51.0, 100.0, 102.0):
            found.append(await tokens.token(read.oauth2, read))
    assert found == ["T0", "T0", "T1", "T1", "T2"]


@pytest.mark.parametrize(
    ("answer", "kind_of_error", "reason"),
    [
        (Behaviour(status=400, body=b"canary"), Misconfigured, Reason.CREDENTIAL),
        (Behaviour(status=401), Misconfigured, Reason.CREDENTIAL),
        (Behaviour(status=503), Retryable, Reason.SERVER),
        (Behaviour(body=b"canary"), Retryable, Reason.UNKNOWN_ANSWER),
        (Behaviour(body=b'{"access_token":"a\\nb"}'), Retryable, Reason.UNKNOWN_ANSWER),
        (Behaviour(body=b"[]"), Retryable, Reason.UNKNOWN_ANSWER),
        (Behaviour(act="reset"), Retryable, Reason.NETWORK),
    ],
)
async def test_no_token_is_no_doubt(
    acting: Acting, answer: Behaviour, kind_of_error: type, reason: Reason
) -> None:
    """Whatever goes wrong there, the message was not sent and its receiver heard nothing."""
    async with WebhookReceiver(script=Script(answer)) as shop, receiver() as peer:
        client = {**GRANT, "tokenUrl": f"{shop.url}/canary"}
        error = await send(acting, "webhook", peer.url, oauth2=client)
        assert error is not None
        assert (type(error), error.reason, error.ambiguous) == (kind_of_error, reason, False)
        assert "canary" not in f"{error!r} {error}"
        assert not peer.requests


@pytest.mark.parametrize(("tokens", "good"), [({"T2"}, True), ({"T3"}, False)])
async def test_a_relay_takes_a_token(
    acting: Acting, tokens: set[str], good: bool, tmp_path: Path
) -> None:
    """XOAUTH2 with client credentials; a refused token is renewed once, then it is a credential
    fault."""
    made = certificates.make(tmp_path)
    shops = WebhookReceiver(script=Script(grant("T1"), grant("T2")))
    async with MailRelay(tls=made.server, tokens=tokens) as relay, shops as shop:
        options, _ = TYPES["email"].options(
            {
                "host": "127.0.0.1", "port": relay.port, "from": "a@b.example",
                "username": "bot@example.com", "auth": "xoauth2", "insecureSkipVerify": True,
                "oauth2": {**GRANT, "tokenUrl": shop.url},
            }
        )  # fmt: skip
        [composed] = samples.compose(TYPES["email"], options, recipient="x@y.example")
        attempt = samples.outgoing(TYPES["email"], composed)
        if good:
            await acting["email"].send(attempt, options)
            assert relay.logins == ["XOAUTH2"] * 2
            assert len(relay.ledger.ids) == 1
            return
        with pytest.raises(Misconfigured) as caught:
            await acting["email"].send(attempt, options)
        assert caught.value.reason is Reason.CREDENTIAL
        assert not relay.ledger.ids


# --- limits and recipients ------------------------------------------------------------------------


@kinds
async def test_no_more_at_once_than_allowed(acting: Acting, kind: str) -> None:
    """`maxConcurrency` holds over concurrent attempts; all are delivered in the end."""
    async with receiver() as peer:
        sends = [send(acting, kind, peer.url, maxConcurrency=2) for _ in range(12)]
        assert await asyncio.gather(*sends) == [None] * 12
        assert len(peer.requests) == 12
        assert peer.peers <= 2


@pytest.mark.looptime
async def test_an_attempt_makes_room_rather_than_wait_for_long() -> None:
    """Nothing was sent, so nothing is ambiguous, and the place is free again afterwards."""
    options, _ = TYPES["webhook"].options({"url": "http://h/", "maxConnsPerHost": 1})
    places = slots.Slots()
    async with places.taken(options, "http://h"):
        with pytest.raises(Retryable) as caught:
            async with places.taken(options, "http://h"):
                raise AssertionError("two at once")
        assert (caught.value.reason, caught.value.ambiguous) == (Reason.RATE_LIMITED, False)
    async with places.taken(options, "http://h"):
        assert asyncio.get_running_loop().time() == slots.WAIT_S
    assert not places._slots


@pytest.mark.parametrize(
    ("patterns", "recipient", "allowed"),
    [
        (None, "#anything", True),
        ([], "#anything", False),
        (["#team-*"], "#team-a", True),
        (["#team-*"], "Team-A", True),
        (["#team-*"], "#exec", False),
        (["#team-*"], "C0123456789", False),
        (["*@example.com"], "a@example.com", True),
        (["*@example.com"], "a@example.com.evil.test", False),
    ],
)
def test_allowed_recipients(patterns: list[str] | None, recipient: str, allowed: bool) -> None:
    """Deny by default as soon as there is a list; `*` and `?` stand for other characters."""
    options, _ = TYPES["slack"].options({"token": "t", "allowedRecipients": patterns})
    [composed] = samples.compose(TYPES["slack"], options, recipient=recipient)
    assert (composed.refused == "") is allowed
    assert bool(composed.payload) is allowed


def test_one_address_that_is_not_allowed_harms_no_other() -> None:
    """Each address of a recipient is checked; the mail does not name those it is not sent to."""
    given = {"host": "h", "port": 25, "from": "a@b.example", "allowedRecipients": ["*@b.example"]}
    options, _ = TYPES["email"].options(given)
    rows = samples.compose(TYPES["email"], options, recipient="x@b.example, y@evil.test")
    assert [(row.recipient, bool(row.refused)) for row in rows] == [
        ("x@b.example", False),
        ("y@evil.test", True),
    ]
    assert b"evil" not in rows[0].payload


@pytest.mark.parametrize(
    ("given", "per_s", "burst"), [("5/s", 5.0, 5), ("30/m", 0.5, 1), ("36 / h", 0.01, 1)]
)
def test_rates(given: str, per_s: float, burst: int) -> None:
    """Messages per second, minute or hour."""
    rate = TYPES["webhook"].options({"url": "http://h/", "rateLimit": given})[0].rate
    assert (rate.per_s, rate.burst) == (pytest.approx(per_s), burst)


def test_without_common_options_nothing_is_set() -> None:
    """The defaults leave everything to the daemon."""
    options, _ = TYPES["webhook"].options({"url": "http://h/"})
    assert (options.trust, options.proxy, options.oauth2) == (transport.USUAL, Secret(""), None)
    assert (options.rate, options.at_once, options.allowed, options.max_age_s) == (None,) * 4


def test_no_common_option_shows_a_secret() -> None:
    """Printed options hold no part of a proxy's login, a token's price, or a key."""
    canary = "canary7d1e"
    pem = "-----BEGIN CERTIFICATE-----\ncanary7d1e\n-----END CERTIFICATE-----\n"
    given = {
        "url": "http://h/",
        "proxy": f"http://{canary}:{canary}@proxy:3128",
        "oauth2": {"clientId": canary, "clientSecretRef": canary, "tokenUrl": f"http://h/{canary}"},
        "tls": {"caRef": pem, "certRef": f"{pem}-----BEGIN PRIVATE KEY-----{canary}"},
    }
    options, warnings = TYPES["webhook"].options(given)
    assert canary not in f"{options!r} {options} {warnings}"
    assert hash(options) == hash(TYPES["webhook"].options(given)[0])
    assert options.oauth2.client_id.reveal() == options.trust.ca.reveal().split("\n")[1] == canary


@pytest.mark.parametrize("kind", ["webhook", "slack", "email"])
def test_an_unresolved_reference_in_a_common_option_disables(kind: str) -> None:
    """A `$key` that the Secret does not have is never sent as it stands."""
    assert TYPES[kind].secret_fields >= transport.SECRET_FIELDS
