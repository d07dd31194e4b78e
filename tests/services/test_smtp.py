"""E-mail on the wire, against a real relay: TLS, login, pooling, every reply (6.3, F20)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import aiosmtplib
import pytest

from notifier.core.errors import (
    DeliveryError,
    Misconfigured,
    Permanent,
    Reason,
    Retryable,
)
from notifier.core.service import Delivered, Outgoing
from notifier.ports import Service
from notifier.services import relays, smtp, smtp_answers
from notifier.services.addresses import Guard
from notifier.services.email import TYPE
from tests.receivers import certificates
from tests.receivers.certificates import Certificate
from tests.receivers.relay import MailRelay
from tests.services import samples

Acting = Mapping[str, Service]

PASSWORD = "canary-password"


@pytest.fixture
async def relay() -> AsyncIterator[MailRelay]:
    """A relay without TLS or login."""
    async with MailRelay() as running:
        yield running


@pytest.fixture
def certificate(tmp_path: Path) -> Certificate:
    """A certificate for the relay."""
    return certificates.make(tmp_path)


def prepared(
    relay: MailRelay, recipient: str = "a@x.example", **raw: Any
) -> tuple[list[Outgoing], Any]:
    """Return the attempts of one message and the options."""
    given = {"host": "127.0.0.1", "port": relay.port, "from": "bot@example.com", **raw}
    options, _ = TYPE.options(given)
    rows = samples.compose(TYPE, options, "hello", {"subject": "s"}, recipient)
    return [samples.outgoing(TYPE, row) for row in rows], options


def service_with(session: aiohttp.ClientSession, guard: Guard) -> smtp.EmailService:
    """Return the acting half with a guard of the test's own."""
    return smtp.EmailService(
        session=session, guard=guard, clock=samples.StillClock(), hostname="notifier.test"
    )


async def send(acting: Acting, relay: MailRelay, **raw: Any) -> Delivered:
    """Send one mail to one address."""
    [attempt], options = prepared(relay, **raw)
    return await acting["email"].send(attempt, options)


async def fault(acting: Acting, relay: MailRelay, **raw: Any) -> DeliveryError:
    """Send one mail and return what went wrong."""
    with pytest.raises(DeliveryError) as caught:
        await send(acting, relay, **raw)
    assert PASSWORD not in f"{caught.value!r} {caught.value}"
    assert "foreign words" not in str(caught.value)
    return caught.value


def login(**more: Any) -> dict[str, Any]:
    """Return options with credentials."""
    return {"username": "user", "password": PASSWORD, **more}


async def test_a_mail_arrives(acting: Acting, relay: MailRelay) -> None:
    """Envelope, id and greeting are what was meant; the reference is the Message-ID."""
    delivered = await send(acting, relay)
    [entry] = relay.ledger.entries
    assert entry.id == samples.DELIVERY_ID
    assert entry.facts["rcpt"] == ["a@x.example"]
    assert entry.facts["sender"] == "bot@example.com"
    assert entry.facts["hostname"] == "notifier.test"
    assert delivered.reference == f"<{samples.DELIVERY_ID}@example.com>"


async def test_the_same_bytes_twice(acting: Acting, relay: MailRelay) -> None:
    """Two attempts are the same mail, byte for byte, dots at line starts included."""
    options, _ = TYPE.options({"host": "127.0.0.1", "port": relay.port, "from": "b@example.com"})
    [row] = samples.compose(TYPE, options, ".\n..\nFrom x\n\u00e9", None, "a@x.example")
    for _ in range(2):
        await acting["email"].send(samples.outgoing(TYPE, row), options)
    first, second = (entry.body for entry in relay.ledger.entries)
    assert first == second
    assert b"\r\n.\r\n..\r\nFrom x\r\n=C3=A9" in first


async def test_each_row_is_one_recipient(acting: Acting, relay: MailRelay) -> None:
    """F20: a refused address does not resend to the others, and none gets two."""
    relay.rcpt["bad@x.example"] = "550 5.1.1 foreign words"
    attempts, options = prepared(relay, "a@x.example, bad@x.example, c@x.example")
    outcomes: list[Any] = []
    for attempt in attempts:
        try:
            outcomes.append(await acting["email"].send(attempt, options))
        except Permanent as error:
            outcomes.append(error.reason)
    assert [type(outcomes[0]), outcomes[1], type(outcomes[2])] == [
        Delivered,
        Reason.RECIPIENT,
        Delivered,
    ]
    sent = [entry.facts["rcpt"] for entry in relay.ledger.entries]
    assert sent == [["a@x.example"], ["c@x.example"]]
    assert {entry.body for entry in relay.ledger.entries} == {relay.ledger.entries[0].body}


async def test_a_row_without_an_address_never_connects(acting: Acting, relay: MailRelay) -> None:
    """What is no address is refused before anything is said."""
    [attempt], options = prepared(relay, "nonsense")
    with pytest.raises(Permanent) as caught:
        await acting["email"].send(attempt, options)
    assert caught.value.reason is Reason.RECIPIENT
    assert relay.connections == 0


# --- TLS and login ----------------------------------------------------------------------------


@pytest.mark.parametrize("mode", ["auto", "starttls"])
async def test_starttls(acting: Acting, certificate: Certificate, mode: str) -> None:
    """If offered it is used; the certificate is checked."""
    async with MailRelay(tls=certificate.server) as relay:
        await send(acting, relay, tls=mode, insecureSkipVerify=True)
        assert relay.ledger.entries[0].facts["encrypted"]
        error = await fault(acting, relay, tls=mode)
    assert type(error) is Misconfigured
    assert error.reason is Reason.CERTIFICATE


async def test_implicit_tls(acting: Acting, certificate: Certificate) -> None:
    """TLS from the first byte, the certificate checked, with a login inside."""
    async with MailRelay(tls=certificate.server, implicit=True, login=("user", PASSWORD)) as relay:
        raw = login(tls="implicit", insecure_skip_verify=True)
        await send(acting, relay, **raw)
        assert relay.ledger.entries[0].facts["encrypted"]
        error = await fault(acting, relay, tls="implicit")
    assert (type(error), error.reason) == (Misconfigured, Reason.CERTIFICATE)


def test_port_465_means_tls_from_the_start() -> None:
    """With or without credentials, unless said otherwise."""
    for raw in ({}, login()):
        given = {"host": "h", "port": 465, "from": "a@b.example", **raw}
        assert TYPE.options(given)[0].implicit
        assert not TYPE.options({**given, "tls": "starttls"})[0].implicit
        assert not TYPE.options({**given, "port": 587})[0].implicit


async def test_tls_none_does_not_ask(acting: Acting, certificate: Certificate) -> None:
    """Plain text if the operator says so, without credentials."""
    async with MailRelay(tls=certificate.server) as relay:
        await send(acting, relay, tls="none")
        assert not relay.ledger.entries[0].facts["encrypted"]


async def test_starttls_required_and_missing(acting: Acting, relay: MailRelay) -> None:
    """Never plain text instead; three tries, then a configuration error (core/retry)."""
    error = await fault(acting, relay, tls="starttls")
    assert (type(error), error.reason) == (Retryable, Reason.TLS_REQUIRED)
    assert not relay.ledger.entries


@pytest.mark.parametrize("auth", ["auto", "plain", "login"])
async def test_login(acting: Acting, auth: str) -> None:
    """The method as configured, else the best that is offered; this machine needs no TLS."""
    async with MailRelay(login=("user", PASSWORD)) as relay:
        await send(acting, relay, **login(auth=auth))
        assert relay.logins == ["PLAIN" if auth == "auto" else auth.upper()]


async def test_credentials_do_not_leave_in_the_clear(session: aiohttp.ClientSession) -> None:
    """Without TLS they are kept back from any host but this machine, offered AUTH or not."""

    class Anywhere(Guard):
        """Connects to the relay under a name that is not this machine's."""

        async def connect(self, host: str, port: int) -> Any:  # noqa: ARG002 - another place
            return await super().connect("127.0.0.1", port)

    async with MailRelay(login=("user", PASSWORD)) as relay:
        service = service_with(session, Anywhere(["127.0.0.1"]))
        [attempt], options = prepared(relay, host="relay.example", **login())
        with pytest.raises(Retryable) as caught:
            await service.send(attempt, options)
        assert caught.value.reason is Reason.TLS_REQUIRED
        assert not relay.logins
        await service.close()


async def test_no_login_offered(acting: Acting, relay: MailRelay) -> None:
    """Credentials and no AUTH: a configuration error, not an unauthenticated mail."""
    error = await fault(acting, relay, **login(auth="cram-md5"))
    assert (type(error), error.reason) == (Misconfigured, Reason.CONFIGURATION)
    assert not relay.ledger.entries


async def test_half_a_login_is_none(acting: Acting) -> None:
    """Both are needed, else no authentication (upstream's rule), with a warning."""
    async with MailRelay(login=("user", PASSWORD)) as relay:
        await send(acting, relay, username="user")
        assert not relay.logins
    raw = {"host": "h", "port": 25, "from": "a@b.example", "username": "u"}
    assert TYPE.options(raw)[1] == ["username: needs a password beside it: no login is made"]


async def test_a_wrong_password_parks(acting: Acting) -> None:
    """535 is a credential failure."""
    async with MailRelay(login=("user", "other")) as relay:
        error = await fault(acting, relay, **login())
    assert (type(error), error.reason) == (Misconfigured, Reason.CREDENTIAL)


# --- replies (F20) ----------------------------------------------------------------------------

F20 = [
    ("EHLO", "421 foreign words", Retryable, Reason.SERVER),
    ("EHLO", "554 foreign words", Retryable, Reason.SERVER),
    ("MAIL", "421 foreign words", Retryable, Reason.SERVER),
    ("MAIL", "451 foreign words", Retryable, Reason.SERVER),
    ("MAIL", "530 foreign words", Misconfigured, Reason.CREDENTIAL),
    ("MAIL", "550 foreign words", Misconfigured, Reason.CONFIGURATION),
    ("MAIL", "553 foreign words", Misconfigured, Reason.CONFIGURATION),
    ("RCPT", "421 foreign words", Retryable, Reason.SERVER),
    ("RCPT", "450 4.2.0 foreign words", Retryable, Reason.GREYLISTED),
    ("RCPT", "451 4.7.1 foreign words", Retryable, Reason.GREYLISTED),
    ("RCPT", "452 foreign words", Retryable, Reason.GREYLISTED),
    ("RCPT", "455 foreign words", Retryable, Reason.SERVER),
    ("RCPT", "454 foreign words", Retryable, Reason.TLS_REQUIRED),
    ("RCPT", "530 foreign words", Misconfigured, Reason.CREDENTIAL),
    ("RCPT", "550 foreign words", Permanent, Reason.RECIPIENT),
    ("RCPT", "551 foreign words", Permanent, Reason.RECIPIENT),
    ("RCPT", "553 5.1.3 foreign words", Permanent, Reason.RECIPIENT),
    ("RCPT", "554 5.1.1 foreign words", Permanent, Reason.RECIPIENT),
    ("RCPT", "521 foreign words", Permanent, Reason.RECIPIENT),
    ("RCPT", "556 foreign words", Permanent, Reason.RECIPIENT),
    ("RCPT", "550 4.7.0 foreign words", Retryable, Reason.SERVER),
    ("DATA", "421 foreign words", Retryable, Reason.SERVER),
    ("DATA", "451 foreign words", Retryable, Reason.GREYLISTED),
    ("DATA", "471 foreign words", Retryable, Reason.SERVER),
    ("DATA", "535 foreign words", Misconfigured, Reason.CREDENTIAL),
    ("DATA", "538 foreign words", Misconfigured, Reason.CREDENTIAL),
    ("DATA", "550 foreign words", Permanent, Reason.PAYLOAD),
    ("DATA", "552 5.3.4 foreign words", Permanent, Reason.PAYLOAD),
    ("DATA", "554 5.7.1 foreign words", Permanent, Reason.PAYLOAD),
    ("DATA", "521 foreign words", Permanent, Reason.RECIPIENT),
]


@pytest.mark.parametrize(("command", "reply", "kind", "reason"), F20, ids=lambda v: str(v)[:24])
async def test_each_reply_has_its_class(
    acting: Acting,
    relay: MailRelay,
    command: str,
    reply: str,
    kind: type[DeliveryError],
    reason: Reason,
) -> None:
    """F20: every reply at every stage gives the class of the specification; the next mail goes."""
    relay.replies[command] = [reply]
    error = await fault(acting, relay)
    assert type(error) is kind
    assert error.reason is reason
    assert error.status == int(reply[:3])
    assert not error.ambiguous
    await send(acting, relay)
    assert len(relay.ledger.entries) == 1


@pytest.mark.parametrize(
    ("reply", "kind", "reason"),
    [
        ("535 5.7.8 foreign words", Misconfigured, Reason.CREDENTIAL),
        ("534 foreign words", Misconfigured, Reason.CREDENTIAL),
        ("554 foreign words", Misconfigured, Reason.CREDENTIAL),
        ("454 4.7.0 foreign words", Retryable, Reason.TLS_REQUIRED),
        ("421 foreign words", Retryable, Reason.SERVER),
    ],
)
async def test_replies_to_a_login(
    acting: Acting, reply: str, kind: type[DeliveryError], reason: Reason
) -> None:
    """Refused credentials park; a busy relay is tried again."""
    async with MailRelay(login=("user", PASSWORD)) as relay:
        relay.replies["AUTH"] = [reply]
        error = await fault(acting, relay, **login())
    assert (type(error), error.reason) == (kind, reason)


async def test_a_refused_starttls(acting: Acting, certificate: Certificate) -> None:
    """454 to STARTTLS: three tries, then a configuration error; never plain text."""
    async with MailRelay(tls=certificate.server) as relay:
        relay.replies["STARTTLS"] = ["454 foreign words"]
        error = await fault(acting, relay)
        assert not relay.ledger.entries
    assert (type(error), error.reason) == (Retryable, Reason.TLS_REQUIRED)


@pytest.mark.parametrize("greeting", ["421 foreign words", "554 foreign words"])
async def test_a_refusing_greeting(acting: Acting, relay: MailRelay, greeting: str) -> None:
    """Transient, and the relay as a whole wants a rest."""
    relay.greeting = greeting
    error = await fault(acting, relay)
    assert (type(error), error.reason) == (Retryable, Reason.SERVER)
    assert error.throttles_host


@pytest.mark.parametrize("after_dot", ["cut", "stall"])
async def test_silence_after_the_dot_is_ambiguous(
    acting: Acting, relay: MailRelay, after_dot: str
) -> None:
    """The relay may have the mail: it has, here."""
    relay.after_dot = after_dot
    error = await fault(acting, relay, timeout="300ms")
    assert isinstance(error, Retryable)
    assert error.ambiguous
    assert len(relay.ledger.entries) == 1


async def test_refused_connections(acting: Acting, relay: MailRelay) -> None:
    """Nobody listens: transient, not ambiguous, the relay wants a rest."""
    await relay.stop()
    error = await fault(acting, relay)
    assert isinstance(error, Retryable)
    assert (error.reason, error.ambiguous, error.throttles_host) == (Reason.NETWORK, False, True)


async def test_a_blocked_relay(relay: MailRelay, session: aiohttp.ClientSession) -> None:
    """The guard holds for relays too."""
    service = service_with(session, Guard())
    [attempt], options = prepared(relay)
    with pytest.raises(Misconfigured) as caught:
        await service.send(attempt, options)
    assert caught.value.reason is Reason.BLOCKED
    assert relay.connections == 0


# --- connections ------------------------------------------------------------------------------


async def test_connections_are_used_again(acting: Acting, relay: MailRelay) -> None:
    """Twenty mails one after the other: one connection."""
    for _ in range(20):
        await send(acting, relay)
    assert (relay.connections, len(relay.ledger.entries)) == (1, 20)


async def test_connections_are_bounded(acting: Acting, relay: MailRelay) -> None:
    """A hundred mails at once: no more than the bound, all delivered."""
    await asyncio.gather(*(send(acting, relay) for _ in range(100)))
    assert relay.connections <= relays.PER_RELAY
    assert len(relay.ledger.entries) == 100


async def test_a_connection_the_relay_closed_is_replaced(acting: Acting, relay: MailRelay) -> None:
    """Idle connections die; the next mail does not fail for that."""
    await send(acting, relay)
    relay.drop_all()
    await asyncio.sleep(0.05)
    await send(acting, relay)
    assert (relay.connections, len(relay.ledger.entries)) == (2, 2)


async def test_a_421_on_a_kept_connection_closes_it(acting: Acting, relay: MailRelay) -> None:
    """It is reported, the connection is not used again."""
    await send(acting, relay)
    relay.replies["MAIL"] = ["421 foreign words"]
    assert (await fault(acting, relay)).reason is Reason.SERVER
    await send(acting, relay)
    assert relay.connections == 2


async def test_cancellation_leaves_nothing(acting: Acting, relay: MailRelay) -> None:
    """A cancelled attempt closes its connection and gives its place back."""
    relay.after_dot = "stall"
    for _ in range(relays.PER_RELAY + 2):
        task = asyncio.create_task(send(acting, relay))
        count = len(relay.ledger.entries)
        async with asyncio.timeout(5):
            while len(relay.ledger.entries) == count:  # noqa: ASYNC110 - the relay has no event
                await asyncio.sleep(0.001)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    relay.after_dot = ""
    await send(acting, relay)


async def test_idle_connections_are_closed(
    relay: MailRelay,
    guard: Guard,
    session: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a while without mail nothing is left open or remembered."""
    monkeypatch.setattr(relays, "IDLE_S", 0.01)
    service = service_with(session, guard)
    [attempt], options = prepared(relay)
    await service.send(attempt, options)
    await asyncio.sleep(0.05)
    assert not service._relays._relays


def _exceptions() -> list[Exception]:
    """Return one of each exception that the library can raise in a dialogue."""
    response = [
        kind(450, "4.2.0 foreign words")
        for kind in (
            aiosmtplib.SMTPResponseException,
            aiosmtplib.SMTPConnectResponseError,
            aiosmtplib.SMTPHeloError,
            aiosmtplib.SMTPDataError,
            aiosmtplib.SMTPAuthenticationError,
        )
    ]
    named = [
        kind(450, "foreign words", "a@b.example")
        for kind in (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPRecipientRefused)
    ]
    plain = [
        kind("foreign words")
        for kind in (
            aiosmtplib.SMTPException,
            aiosmtplib.SMTPConnectError,
            aiosmtplib.SMTPConnectTimeoutError,
            aiosmtplib.SMTPServerDisconnected,
            aiosmtplib.SMTPReadTimeoutError,
            aiosmtplib.SMTPTimeoutError,
        )
    ]
    return [*response, *named, *plain, OSError(5, "foreign words"), ssl.SSLError("foreign words")]


@pytest.mark.parametrize("error", _exceptions(), ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("stage", smtp_answers._PERMANENT)
def test_every_exception_is_mapped(error: Exception, stage: smtp_answers.Stage) -> None:
    """At every stage, to something transient, without the relay's words."""
    mapped = smtp.failure(error, stage, "smtp://h")
    assert isinstance(mapped, Retryable)
    assert "foreign words" not in str(mapped)
