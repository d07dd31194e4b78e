"""E-mail: one message, one row per address (spec/services.md 4)."""

from __future__ import annotations

import html as html_text
import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from typing_extensions import override

from notifier.core.secrets import Secret
from notifier.core.service import (
    Block,
    BlockField,
    Composed,
    Composition,
    Message,
    ServiceType,
)
from notifier.services import mail_addresses, markup, mime, texts, transport
from notifier.services import options as reading
from notifier.services.mail_addresses import Mailbox

TLS: Final = ("auto", "starttls", "implicit", "none")
AUTH: Final = ("auto", "plain", "login", "cram-md5", "xoauth2", "none")

BLOCK: Final = Block(
    name="email",
    fields=(
        BlockField(name="subject"),
        BlockField(name="body"),
        BlockField(name="html", escape="html"),
        BlockField(name="replyTo"),
        BlockField(name="cc"),
        BlockField(name="headers", form="map"),
    ),
    merge="fields",
)

_HEADER: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,63}")
_ID: Final = re.compile(r"[^A-Za-z0-9._-]+")
_RELAY: Final = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]+")


class Payload(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is stored of one row: the envelope and the finished mail.

    An empty `mail` is a row that cannot be sent: `recipient` is no address.
    """

    sender: str
    recipient: str
    message_id: str = ""
    mail: str = ""


DECODER: Final = msgspec.json.Decoder(Payload)
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailOptions(transport.Transport):
    """A relay and how to speak to it."""

    host: str
    port: int
    sender: Mailbox
    username: Secret = transport.NONE
    password: Secret = transport.NONE
    html: bool = False
    tls: str = "auto"
    auth: str = "auto"

    @property
    def implicit(self) -> bool:
        """Whether TLS begins with the connection: always on port 465 unless said otherwise."""
        return self.tls == "implicit" or (self.tls == "auto" and self.port == 465)

    @property
    def authenticates(self) -> bool:
        """Whether there is a login: a username is needed for one, and a password or `oauth2`."""
        proof = self.oauth2 is not None or bool(self.password)
        return self.auth != "none" and bool(self.username) and proof


class Email(ServiceType):
    """The pure half."""

    name = "email"
    block = BLOCK
    secret_fields = transport.SECRET_FIELDS | {"host", "username", "password", "from"}

    @override
    def options(self, raw: Mapping[str, Any]) -> tuple[EmailOptions, Sequence[str]]:
        insecure_names = ("insecure_skip_verify", "insecureSkipVerify")
        known = ("host", "port", "username", "password", "from", "html", "tls", "auth")
        given = reading.transport(raw, (*known, *insecure_names), later=("proxy",))
        host = given.required("host", "write the relay's host name").strip().strip("[]")
        if not _RELAY.fullmatch(host):
            raise given.wrong("host", "is no host name")
        sender = mail_addresses.parse(given.required("from", "write the sender's address"))
        if sender is None:
            raise given.wrong("from", "is no address: write name@example.com")
        if "port" not in given:
            raise given.wrong("port", _PORTS)
        options = EmailOptions(
            host=host,
            port=given.number("port", 0, low=1, high=65535),
            sender=sender,
            username=given.secret("username"),
            password=given.secret("password"),
            html=given.flag("html"),
            tls=_tls_mode(given),
            auth=given.choice("auth", AUTH, "auto"),
            **transport.common(given, mail=True),
        )
        _check_login(given, options)
        return options, given.warnings

    @override
    def compose(
        self, message: Message, options: EmailOptions, composition: Composition
    ) -> Sequence[Composed]:
        block = message.block or {}
        named = mail_addresses.split(texts.encodable(composition.destination.recipient))
        copied = mail_addresses.split(texts.encodable(str(block.get("cc") or "")))
        to, bad_to = _addresses(named)
        cc, bad_cc = _addresses(copied)
        cc = {spec: each for spec, each in cc.items() if spec not in to}
        forbidden = {spec: why for spec in (*to, *cc) if (why := options.forbids(spec))}
        to, cc = (
            {spec: each for spec, each in some.items() if spec not in forbidden}
            for some in (to, cc)
        )
        rows = []
        if to or cc:
            mail = _mail(message, block, options, composition, list(to.values()), list(cc.values()))
            built = mime.build(mail)
            rows = [
                _row(
                    Payload(
                        sender=options.sender.spec,
                        recipient=spec,
                        message_id=mail.message_id,
                        mail=built,
                    )
                )
                for spec in (*to, *cc)
            ]
        refused = [texts.one_line(each, 100) for each in (*bad_to, *bad_cc)]
        rows += [_row(Payload(sender=options.sender.spec, recipient=bad)) for bad in refused]
        return rows + [
            Composed(payload=b"", recipient=spec, slot=spec, refused=why)
            for spec, why in forbidden.items()
        ]

    @override
    def shorten(self, payload: bytes) -> bytes | None:
        return None


TYPE: Final = Email()

_PORTS: Final = "is missing: 587 (STARTTLS), 465 (TLS from the start) or 25 (a relay of your own)"


def build(**resources: Any) -> Any:
    """Build the acting half from `session`, `guard`, `clock` and `hostname`."""
    from notifier.services import smtp

    names = ("session", "guard", "clock", "hostname")
    return smtp.EmailService(**{name: resources[name] for name in names})


# --- options ----------------------------------------------------------------------------------


def is_local(host: str) -> bool:
    """Say whether a host is this machine, by name or address."""
    if host.casefold().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _tls_mode(given: reading.Options) -> str:
    """Return when TLS begins: the word `tls`, or `mode` among its other fields."""
    if "tls" not in given or given.is_text("tls"):
        return given.choice("tls", TLS, "auto")
    return given.section("tls", (*transport.TLS, "mode")).choice("mode", TLS, "auto")


def _check_login(given: reading.Options, options: EmailOptions) -> None:
    """Refuse credentials in plain text; warn of half a login."""
    if options.auth == "xoauth2" and options.oauth2 is None:
        raise given.wrong("auth", "xoauth2 needs oauth2: write clientId, clientSecretRef, tokenUrl")
    if options.oauth2 is not None and options.auth not in ("auto", "xoauth2"):
        raise given.wrong("auth", "does not go with oauth2: write xoauth2")
    if options.oauth2 is not None and not options.username:
        raise given.wrong("username", "is missing: oauth2 needs the mailbox's name")
    if options.oauth2 is None and bool(options.username) != bool(options.password):
        given.warn("username", "needs a password beside it: no login is made")
    if options.authenticates and options.tls == "none" and not is_local(options.host):
        raise given.wrong("tls", "none would send the password unencrypted: write starttls")
    for name in ("username", "password"):
        if "\n" in given.text(name) or "\r" in given.text(name):
            given.warn(name, "holds a line break, the usual cause of a refused login")


# --- the mail ---------------------------------------------------------------------------------


def _row(payload: Payload) -> Composed:
    return Composed(
        payload=_ENCODER.encode(payload), recipient=payload.recipient, slot=payload.recipient
    )


def _addresses(pieces: Sequence[str]) -> tuple[dict[str, Mailbox], list[str]]:
    """Return the addresses by their spelling, first one wins, and the pieces that are none."""
    good: dict[str, Mailbox] = {}
    bad: list[str] = []
    for piece in pieces:
        mailbox = mail_addresses.parse(piece)
        if mailbox is None:
            bad.append(piece)
        else:
            good.setdefault(mailbox.spec, mailbox)
    return good, bad


def _mail(
    message: Message,
    block: Mapping[str, Any],
    options: EmailOptions,
    composition: Composition,
    to: Sequence[Mailbox],
    cc: Sequence[Mailbox],
) -> mime.Mail:
    """Return the mail; a body falls back to the message, a missing subject is empty."""
    text, html = _bodies(message, block, as_html=options.html)
    domain = options.sender.domain
    rollout = composition.event.transition.rollout
    thread = _ID.sub("-", f"{rollout.uid or rollout.path}.{composition.revision}")
    reply_to = _addresses(mail_addresses.split(str(block.get("replyTo") or "")))[0]
    return mime.Mail(
        sender=options.sender,
        to=to,
        cc=cc,
        reply_to=list(reply_to.values()),
        subject=str(block.get("subject") or ""),
        text=text,
        html=html,
        date=composition.event.observed_at,
        message_id=f"<{_ID.sub('-', composition.delivery_id)}@{domain}>",
        thread_id=f"<{thread}@{domain}>",
        headers=_headers(block.get("headers") or {}),
    )


def _bodies(message: Message, block: Mapping[str, Any], *, as_html: bool) -> tuple[str, str]:
    """Return text and HTML. With `html: true` the body is HTML; a field `html` goes beside it."""
    body = str(block.get("body") or "") or message.text
    html = str(block.get("html") or "")
    if as_html and not html:
        html = body if block.get("body") else f"<pre>{html_text.escape(message.text)}</pre>"
        body = ""
    clean = markup.sanitised(mime.lines(html)) if html else ""
    text = body or (markup.text(clean) if clean else "")
    return text, clean


def _headers(given: Mapping[str, Any]) -> dict[str, str]:
    """Return the additional headers; those that are ours or no headers are left out."""
    return {
        str(name): str(value)
        for name, value in given.items()
        if _HEADER.fullmatch(str(name)) and str(name).casefold() not in mime.FIXED
    }
