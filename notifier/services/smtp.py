"""E-mail, the acting half: one row is one RCPT in one transaction (spec/services.md 4).

aiosmtplib is mapped here and nowhere else. Credentials go over TLS or to this machine, never else.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp
import aiosmtplib
from typing_extensions import override

from notifier.core.errors import (
    DeliveryError,
    Misconfigured,
    Permanent,
    Reason,
    Retryable,
)
from notifier.core.service import Delivered, Outgoing
from notifier.ports import Clock, Service
from notifier.services import (
    contexts,
    email,
    http,
    mail_addresses,
    mime,
    oauth,
    smtp_answers,
    texts,
)
from notifier.services.addresses import Blocked, Guard
from notifier.services.email import EmailOptions
from notifier.services.relays import Relays
from notifier.services.smtp_answers import Stage
from notifier.services.transport import OAuth2

CONNECT_S: Final = 5.0
"""Seconds for a free connection, or a new one up to its login."""

COMMAND_S: Final = 15.0

_METHODS: Final = ("cram-md5", "plain", "login")
"""Ways to log in, the preferred one first."""


class EmailService(Service):
    """Sends over pooled connections."""

    def __init__(
        self, *, session: aiohttp.ClientSession, guard: Guard, clock: Clock, hostname: str
    ) -> None:
        self._guard = guard
        self._hostname = hostname
        self._tokens = oauth.Tokens(session, guard, clock)
        self._relays = Relays(self._connect)

    @override
    async def send(self, outgoing: Outgoing, options: EmailOptions) -> Delivered:
        payload = email.DECODER.decode(outgoing.delivery.payload)
        if not payload.mail or mail_addresses.parse(payload.recipient) is None:
            raise Permanent(Reason.RECIPIENT, "the recipient is no e-mail address")
        mail = payload.mail
        if outgoing.late_s:
            mail = mime.marked_late(mail, texts.late(outgoing.late_s))
        place = f"smtp://{options.host}"
        async with _connecting(place):
            client, used = await self._relays.borrow(options)
        accepted = False
        try:
            client = await self._begin(client, options, payload.sender, used=used)
            await _transfer(client, payload.recipient, mail.encode("ascii"), options)
            accepted = True
        finally:
            if accepted:
                self._relays.give_back(options, client)
            else:  # also when cancelled: nothing of the dialogue is left
                self._relays.discard(options, client)
        return Delivered(reference=payload.message_id, status=250)

    @override
    async def close(self) -> None:
        """Close the connections."""
        self._relays.close()

    async def _begin(
        self, client: aiosmtplib.SMTP, options: EmailOptions, sender: str, *, used: bool
    ) -> aiosmtplib.SMTP:
        """Name the sender; a kept connection that the relay has closed meanwhile is replaced, since
        nothing of this message was said over it."""
        try:
            async with _stage("sender", options):
                await client.mail(sender, timeout=_command_s(options))
        except _ClosedMeanwhile:
            if not used:
                raise
            client = await self._relays.replace(options, client)
            async with _stage("sender", options):
                await client.mail(sender, timeout=_command_s(options))
        return client

    async def _connect(self, options: EmailOptions) -> aiosmtplib.SMTP:
        """Return a connection that greeted, is encrypted as configured, and is logged in."""
        async with _stage("connect", options):
            tls = await contexts.context(options.trust)
            opened = await self._guard.connect(options.host, options.port)
            client = aiosmtplib.SMTP(
                hostname=options.trust.server_name or options.host,
                sock=opened,
                local_hostname=self._hostname,
                use_tls=options.implicit,
                start_tls=False,
                tls_context=tls,
                timeout=CONNECT_S,
            )
            try:
                await client.connect()
            except BaseException:
                opened.close()
                raise
        try:
            await self._prepare(client, options)
        except BaseException:
            client.close()
            raise
        return client

    async def _prepare(self, client: aiosmtplib.SMTP, options: EmailOptions) -> None:
        """Greet, encrypt, log in."""
        place = f"smtp://{options.host}"
        async with _stage("connect", options):
            await client.ehlo()
        encrypted = options.implicit
        if not encrypted and options.tls != "none":
            if client.supports_extension("starttls"):
                async with _stage("starttls", options):
                    await client.starttls()
                    await client.ehlo()
                encrypted = True
            elif options.tls == "starttls":
                raise Retryable(Reason.TLS_REQUIRED, f"{place} does not offer STARTTLS")
        if options.authenticates:
            if not encrypted and not email.is_local(options.host):
                detail = f"{place} offers no TLS: the password is not sent in the clear"
                raise Retryable(Reason.TLS_REQUIRED, detail)
            method = _method(client, options, place)
            async with _stage("auth", options):
                if options.oauth2 is not None:
                    await self._show_token(client, options, options.oauth2)
                else:
                    await _log_in(client, options, method)

    async def _show_token(
        self, client: aiosmtplib.SMTP, options: EmailOptions, bearer: OAuth2
    ) -> None:
        """Log in with a token (XOAUTH2); one that is refused is renewed once."""
        username = options.username.reveal()
        token = await self._tokens.token(bearer, options)
        try:
            await client.auth_xoauth2(username, token)
        except aiosmtplib.SMTPAuthenticationError:
            self._tokens.forget(bearer, token)
            await client.auth_xoauth2(username, await self._tokens.token(bearer, options))


def _method(client: aiosmtplib.SMTP, options: EmailOptions, place: str) -> str:
    """Return the first way to log in that both sides know. Raises `Misconfigured`."""
    offered = {method.casefold() for method in client.server_auth_methods}
    wanted = _METHODS if options.auth == "auto" else (options.auth,)
    if options.oauth2 is not None:
        wanted = ("xoauth2",)
    method = next((each for each in wanted if each in offered), None)
    if method is None:
        detail = f"{place} offers none of the login methods {', '.join(wanted)}"
        raise Misconfigured(Reason.CONFIGURATION, detail)
    return method


async def _log_in(client: aiosmtplib.SMTP, options: EmailOptions, method: str) -> None:
    """Log in with the password."""
    username, password = options.username.reveal(), options.password.reveal()
    match method:
        case "cram-md5":
            await client.auth_crammd5(username, password)
        case "plain":
            await client.auth_plain(username, password)
        case _:
            await client.auth_login(username, password)


async def _transfer(
    client: aiosmtplib.SMTP, recipient: str, mail: bytes, options: EmailOptions
) -> None:
    """Name the recipient and hand over the mail. From here on a silence is ambiguous."""
    async with _stage("recipient", options):
        await client.rcpt(recipient, timeout=_command_s(options))
    async with _stage("data", options):
        await client.data(mail, timeout=_command_s(options))


def _command_s(options: EmailOptions) -> float:
    return options.timeout_s or COMMAND_S


class _ClosedMeanwhile(Retryable):
    """The relay hung up before it heard of this message."""


@asynccontextmanager
async def _connecting(place: str) -> AsyncIterator[None]:
    """Bound the wait for a connection; nothing was said by then, so nothing is ambiguous."""
    try:
        async with asyncio.timeout(CONNECT_S):
            yield
    except TimeoutError:
        raise Retryable(Reason.TIMEOUT, f"{place}: no connection in time") from None


@asynccontextmanager
async def _stage(stage: Stage, options: EmailOptions) -> AsyncIterator[None]:
    """Turn what goes wrong at a stage of the dialogue into a `DeliveryError`."""
    try:
        yield
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        raise failure(error, stage, f"smtp://{options.host}") from error


def failure(error: Exception, stage: Stage, place: str) -> DeliveryError:
    """Return what an exception of the client means (spec/services.md 6.3); nothing of its text is
    kept."""
    code, text = _reply(error)
    if code is not None:
        return smtp_answers.refusal(stage, code, text, place)
    cause: Any = error.__cause__ if isinstance(error, aiosmtplib.SMTPConnectError) else error
    ambiguous = stage == "data"
    match cause:
        case contexts.Unusable():
            return http.unusable(cause, place)
        case Blocked():
            return Misconfigured(Reason.BLOCKED, f"{place}: the address is not allowed")
        case ssl.SSLCertVerificationError():
            why = cause.verify_message
            return Misconfigured(Reason.CERTIFICATE, f"{place}: certificate refused: {why}")
        case ssl.SSLError():
            return Retryable(Reason.NETWORK, f"{place}: TLS handshake failed")
        case TimeoutError():
            detail = f"{place}: no answer in time at {stage}"
            return Retryable(Reason.TIMEOUT, detail, ambiguous=ambiguous)
        case ValueError() | aiosmtplib.SMTPNotSupported():
            return Permanent(Reason.DEFECT, f"{place}: the dialogue broke at {stage}")
        case _ if stage == "sender":
            return _ClosedMeanwhile(Reason.NETWORK, f"{place}: connection lost at {stage}")
        case _:
            detail = f"{place}: connection lost at {stage}"
            throttles = stage == "connect"
            return Retryable(Reason.NETWORK, detail, ambiguous=ambiguous, throttles_host=throttles)


def _reply(error: Exception) -> tuple[int | None, str]:
    """Return code and text of the reply that an exception carries."""
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return error.code, str(error.message)
    return None, ""
