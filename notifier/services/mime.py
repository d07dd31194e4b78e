"""A mail as bytes: only `EmailMessage` builds it (spec/services.md 4, security.md S9). Pure.

The same arguments give the same bytes: date, id and boundary come from the event and the delivery.
"""

from __future__ import annotations

import email
import email.policy
import email.utils
import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.headerregistry import BaseHeader, HeaderRegistry
from email.message import EmailMessage, MIMEPart
from typing import Any, Final, cast

from typing_extensions import override

from notifier.services import texts
from notifier.services.mail_addresses import Mailbox

SUBJECT: Final = 200


class _Headers(HeaderRegistry):
    """The standard one, which makes a class for every header of every mail and parses its text
    anew; this remembers both, since most headers of our mails are the same ones (half the time)."""

    def __init__(self) -> None:
        super().__init__()
        self._kinds: dict[str, type[BaseHeader]] = {}
        self._texts = functools.lru_cache(maxsize=256)(super().__call__)

    @override
    def __getitem__(self, name: str) -> type[BaseHeader]:
        kind = name.lower()
        if kind not in self.registry:
            kind = ""  # all others are plain text, and names without number
        if kind not in self._kinds:
            self._kinds[kind] = super().__getitem__(name)
        return self._kinds[kind]

    @override
    def __call__(self, name: str, value: Any) -> BaseHeader:
        return self._texts(name, value) if type(value) is str else super().__call__(name, value)


_FIXED_WORDS: Final = (
    "from to cc bcc sender reply-to subject date message-id references in-reply-to auto-submitted "
    "mime-version content-type content-transfer-encoding received return-path"
)
FIXED: Final = frozenset(_FIXED_WORDS.split())
"""Headers that a template cannot set."""

POLICY: Final = email.policy.SMTP.clone(header_factory=_Headers())


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """What a mail says; `html` empty: text only. `date` is Unix seconds; ids with their angle
    brackets."""

    sender: Mailbox
    to: Sequence[Mailbox]
    cc: Sequence[Mailbox] = ()
    reply_to: Sequence[Mailbox] = ()
    subject: str
    text: str
    html: str = ""
    date: float
    message_id: str
    thread_id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def build(mail: Mail) -> str:
    """Return the mail; it is ASCII throughout, whatever it says."""
    message = EmailMessage(policy=POLICY)
    message["From"] = mail.sender.header()
    message["To"] = [each.header() for each in mail.to]
    if mail.cc:
        message["Cc"] = [each.header() for each in mail.cc]
    if mail.reply_to:
        message["Reply-To"] = [each.header() for each in mail.reply_to]
    message["Subject"] = texts.one_line(mail.subject, SUBJECT)
    message["Date"] = email.utils.formatdate(mail.date)
    message["Message-ID"] = mail.message_id
    if mail.thread_id:
        message["References"] = mail.thread_id
        message["In-Reply-To"] = mail.thread_id
    message["Auto-Submitted"] = "auto-generated"
    for name, value in mail.headers.items():
        message[name] = texts.one_line(value, 900)
    _set_text(message, mail.text)
    if mail.html:
        message.add_alternative(lines(mail.html), subtype="html", cte="quoted-printable")
        # "=" is always written as =3D in the parts, so this occurs in none of them
        digest = hashlib.blake2b(mail.message_id.encode(), digest_size=12).hexdigest()
        message.set_boundary(f"=_{digest}")
    return message.as_bytes(policy=POLICY).decode("ascii")


def marked_late(mail: str, note: str) -> str:
    """Return the mail with the mark of a late message as the first line of its parts."""
    message = email.message_from_string(mail, policy=POLICY)
    plain = message.get_body(("plain",))
    if plain is not None:
        text = cast("str", plain.get_content())
        _set_text(plain, f"({note})\n\n{text}")
    html = message.get_body(("html",))
    if html is not None:
        content = f"<p><i>{note}</i></p>\n{html.get_content()}"
        html.set_content(content, subtype="html", cte="quoted-printable")
    return message.as_bytes(policy=POLICY).decode("ascii")


def lines(text: str) -> str:
    """Return the text with plain line ends and without control characters but tab."""
    unified = texts.encodable(text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each for each in unified if each >= " " or each in "\n\t")


def _set_text(part: MIMEPart | EmailMessage, text: str) -> None:
    part.set_content(lines(text), cte="quoted-printable")
