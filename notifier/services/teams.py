"""Service types under the rules for configurations of teams (spec/security.md S6, S8, S12, 4.4,
4.5). Pure.

Each wraps a type of the registry: what the type itself allows is narrowed when options are read,
and once more when a message is composed, since templates decide what is in it. Sockets are the
guard's affair (`addresses.TeamGuard`).
"""

from __future__ import annotations

import dataclasses
import urllib.parse
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from typing_extensions import override

from notifier.core import decoding
from notifier.core.errors import EvaluationError
from notifier.core.secrets import Substituted
from notifier.core.service import Composed, Composition, Message, ServiceType
from notifier.services import webhook
from notifier.services.email import EmailOptions
from notifier.services.slack import SlackOptions
from notifier.services.webhook import WebhookOptions

HTTPS_PORT: Final = 443
MAIL_PORTS: Final = frozenset({465, 587})

REFUSED: Final = frozenset({"console"})
"""Types that teams do not have: it writes into the daemon's own output."""

HEADERS: Final = frozenset({"content-type", "accept", "user-agent"})
"""Headers that teams may set, beside `X-…` and an `Authorization` out of their Secret."""

_MENTIONS: Final = (("<!", "&lt;!"), ("<@", "&lt;@"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the operator opens beyond the defaults."""

    ports: frozenset[int] = field(default_factory=frozenset)
    mentions: bool = False

    def url_fault(self, url: str) -> str:
        """Say what is wrong with an address that a team wrote, "" if nothing; never shows it."""
        parts = urllib.parse.urlsplit(url)
        if parts.scheme.lower() != "https":
            return "must begin with https:// in the configuration of a team"
        if (parts.port or HTTPS_PORT) not in {HTTPS_PORT, *self.ports}:
            return f"has a port other than {HTTPS_PORT}: ask the operator for it"
        return ""


def ports(given: Iterable[str]) -> frozenset[int]:
    """Read the ports of the operator's setting. Raises `ValueError`."""
    found = set()
    for text in given:
        if not text.isdecimal() or not 0 < int(text) < 2**16:
            raise ValueError(f"{text!r} is no port")
        found.add(int(text))
    return frozenset(found)


class ForTeams(ServiceType):
    """A service type as configurations of teams have it."""

    def __init__(self, inner: ServiceType, rules: Rules) -> None:
        self._inner = inner
        self._rules = rules
        self.name = inner.name
        self.block = inner.block
        self.secret_fields = inner.secret_fields

    @override
    def options(self, raw: Mapping[str, Any]) -> tuple[Any, Sequence[str]]:
        for name in ("proxy", "followRedirects", "exportTo"):
            if decoding.fields(dict(raw), (name,)).values.get(name):
                raise ValueError(f"{name}: not in the configuration of a team")
        options, warnings = self._inner.options(raw)
        match options:
            case WebhookOptions():
                self._check_url("url", options.url.reveal())
                _check_headers(raw)
            case SlackOptions():
                self._check_url("apiURL", options.api_url)
                options = dataclasses.replace(options, unfurl=False)
            case EmailOptions():
                self._check_relay(options)
            case _:
                pass
        if (client := getattr(options, "oauth2", None)) is not None:
            self._check_url("oauth2.tokenUrl", client.token_url.reveal())
        return options, warnings

    @override
    def compose(
        self, message: Message, options: Any, composition: Composition
    ) -> Sequence[Composed]:
        if isinstance(options, WebhookOptions):
            _check_rendered(message)
        if isinstance(options, SlackOptions):
            options = dataclasses.replace(options, unfurl=False)
            if not self._rules.mentions:
                message = _defused(message)
        return self._inner.compose(message, options, composition)

    @override
    def shorten(self, payload: bytes) -> bytes | None:
        return self._inner.shorten(payload)

    def _check_url(self, name: str, url: str) -> None:
        if fault := self._rules.url_fault(url):
            raise ValueError(f"{name}: {fault}")

    def _check_relay(self, options: EmailOptions) -> None:
        allowed = MAIL_PORTS | self._rules.ports
        if options.port not in allowed:
            known = ", ".join(map(str, sorted(allowed)))
            raise ValueError(f"port: not in the configuration of a team: write one of {known}")
        if options.tls == "none":
            raise ValueError("tls: none is not in the configuration of a team: write starttls")


def for_teams(types: Mapping[str, ServiceType], rules: Rules) -> Mapping[str, ServiceType]:
    """Return the types that teams have, by name."""
    return {name: ForTeams(kind, rules) for name, kind in types.items() if name not in REFUSED}


def _check_headers(raw: Mapping[str, Any]) -> None:
    """Refuse headers that are not a team's to set. Raises `ValueError`."""
    given = decoding.fields(dict(raw), ("url", "headers", "basicAuth")).values
    if urllib.parse.urlsplit(str(given.get("url"))).username is not None:
        raise ValueError("url: holds a login: write basicAuth with $names of the Secret's keys")
    login = given.get("basicAuth")
    password = decoding.fields(login, ("password",)).values if isinstance(login, dict) else {}
    if not _is_secret(password.get("password", Substituted())):
        raise ValueError("basicAuth.password: must come from the Secret: write $name-of-a-key")
    for at, item in enumerate(given.get("headers") or ()):
        entry = decoding.fields(item, ("name", "value")).values
        name = str(entry.get("name", "")).casefold()
        if name == "authorization" and not _is_secret(entry.get("value")):
            what = "Authorization must come from the Secret: write $name-of-a-key"
            raise ValueError(f"headers[{at}].value: {what}")
        if name != "authorization" and not _may_set(name):
            raise ValueError(f"headers[{at}].name: {_ONLY}")


_ONLY: Final = "a team may set X-…, Content-Type, Accept and User-Agent only"


def _check_rendered(message: Message) -> None:
    """Refuse headers of a template that are not a team's to set. Raises `EvaluationError`."""
    for name in (message.block or {}).get("headers") or {}:
        if not _may_set(str(name).casefold()):
            where = ", ".join(message.templates) or webhook.BLOCK.name
            raise EvaluationError(where, _ONLY, field="webhook.headers")


def _may_set(name: str) -> bool:
    return name in HEADERS or name.startswith("x-")


def _is_secret(value: Any) -> bool:
    return isinstance(value, Substituted)


def _defused(message: Message) -> Message:
    """Return a message that mentions nobody, wherever its text came from."""
    return dataclasses.replace(
        message,
        text=_without_mentions(message.text),
        block=None if message.block is None else _mapped(message.block, _without_mentions),
    )


def _without_mentions(text: str) -> str:
    for mention, shown in _MENTIONS:
        text = text.replace(mention, shown)
    return text


def _mapped(node: Any, function: Callable[[str], str]) -> Any:
    if isinstance(node, str):
        return function(node)
    if isinstance(node, Mapping):
        return {name: _mapped(each, function) for name, each in node.items()}
    if isinstance(node, list):
        return [_mapped(each, function) for each in node]
    return node
