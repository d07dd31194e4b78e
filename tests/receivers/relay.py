"""A mail relay (aiosmtpd): STARTTLS, implicit TLS, login, scripted replies, cuts after the dot."""

# ruff: noqa: ARG002, N802 - the names and arguments of aiosmtpd's handlers

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import Collection
from typing import Any, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from tests.receivers.ledger import Ledger


class _Session(SMTP):
    """aiosmtpd's dialogue, with the script of the relay in front of each command."""

    def __init__(self, relay: MailRelay, **arguments: Any) -> None:
        super().__init__(relay, **arguments)
        self._relay = relay

    def connection_made(self, transport: Any) -> None:
        self._relay.connections += 1
        super().connection_made(transport)

    async def push(self, status: str | bytes) -> None:
        text = status.decode() if isinstance(status, bytes) else status
        if text.startswith("220 ") and self._relay.greeting:
            text = self._relay.greeting
        await super().push(text)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if reply := self._relay.scripted("STARTTLS"):
            await self.push(reply)
            return
        await super().smtp_STARTTLS(arg)

    async def smtp_AUTH(self, arg: str) -> None:
        self._relay.logins.append(arg.split(maxsplit=1)[0])
        if reply := self._relay.scripted("AUTH"):
            await self.push(reply)
            return
        await super().smtp_AUTH(arg)


class MailRelay:
    """An async context manager. `replies` maps MAIL, RCPT, DATA, EHLO, AUTH or STARTTLS to replies
    that are given, one each, before the command works again; RCPT may also be scripted by address
    (`rcpt`). `tokens` are what XOAUTH2 takes from bot@example.com. `after_dot`: `stall` or `cut`
    once the mail is in the ledger.
    """

    def __init__(
        self,
        ledger: Ledger | None = None,
        *,
        port: int = 0,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        implicit: bool = False,
        login: tuple[str, str] | None = None,
        tokens: Collection[str] = (),
    ) -> None:
        self.ledger = ledger or Ledger()
        self.replies: dict[str, list[str]] = {}
        self.rcpt: dict[str, str] = {}
        self.after_dot = ""
        self.greeting = ""
        self.connections = 0
        self.logins: list[str] = []
        self._host = host
        self._port = port
        self._tls = tls
        self._implicit = implicit
        self._login = login
        self.tokens = tokens
        self._server: asyncio.Server | None = None
        self._sessions: set[_Session] = set()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return self._port

    async def start(self) -> None:
        """Begin to listen."""
        loop = asyncio.get_running_loop()
        starttls = None if self._implicit else self._tls
        self._server = await loop.create_server(
            lambda: self._session(starttls, loop),
            self._host,
            self._port,
            ssl=self._tls if self._implicit else None,
        )
        self._port = self._server.sockets[0].getsockname()[1]

    def _session(
        self, starttls: ssl.SSLContext | None, loop: asyncio.AbstractEventLoop
    ) -> _Session:
        session = _Session(
            self,
            hostname="relay.test",
            ident="test relay",
            tls_context=starttls,
            auth_require_tls=False,
            authenticator=self._authenticate if self._login or self.tokens else None,
            auth_exclude_mechanism=() if self.tokens else ("XOAUTH2",),
            loop=loop,
            timeout=60,
        )
        self._sessions.add(session)
        return session

    async def stop(self) -> None:
        """Stop listening and drop what is open."""
        if self._server is None:
            return
        self._server.close()
        for session in self._sessions:
            if session.transport is not None:
                session.transport.abort()
        await asyncio.sleep(0)
        self._server = None

    def drop_all(self) -> None:
        """Close every connection, as a relay does with idle ones."""
        for session in self._sessions:
            if session.transport is not None:
                session.transport.close()

    def scripted(self, command: str) -> str:
        """Return the next scripted reply to a command, "" if it is to work."""
        planned = self.replies.get(command)
        return planned.pop(0) if planned else ""

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        given = (data.login.decode(), data.password.decode())
        return AuthResult(success=given == self._login, handled=False)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        """Let in whoever shows one of the tokens."""
        user, _, rest = base64.b64decode(args[1]).decode().partition("\x01")
        token = rest.removeprefix("auth=Bearer ").rstrip("\x01")
        known = user == "user=bot@example.com" and token in self.tokens
        return AuthResult(success=known, handled=False)

    async def handle_EHLO(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        """Greet, or answer as scripted."""
        session.host_name = hostname
        reply = self.scripted("EHLO")
        return [reply] if reply else responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender, or answer as scripted."""
        if reply := self.scripted("MAIL"):
            return reply
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take a recipient, or answer as scripted."""
        if reply := self.rcpt.get(address) or self.scripted("RCPT"):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Write the mail down, then answer or misbehave."""
        if reply := self.scripted("DATA"):
            return reply
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.ledger.append(
            _message_id(content),
            content,
            kind="email",
            rcpt=list(envelope.rcpt_tos),
            sender=envelope.mail_from,
            hostname=session.host_name,
            encrypted=session.ssl is not None or self._implicit,
        )
        if self.after_dot == "stall":
            await asyncio.sleep(3600)
        if self.after_dot == "cut":
            assert server.transport is not None
            server.transport.abort()
        return "250 queued"


def _message_id(content: bytes) -> str:
    """Return the delivery id in a mail's Message-ID."""
    for line in content.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        if line.lower().startswith(b"message-id:"):
            return line.split(b":", 1)[1].strip().strip(b"<>").split(b"@")[0].decode()
    return ""
