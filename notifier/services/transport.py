"""What every service that speaks over the network can be told about it (spec/services.md 1). Pure.

Credentials arrive as texts: `$key` was replaced by the Secret's entry before options are read.
"""

from __future__ import annotations

import fnmatch
import re
import urllib.parse
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from notifier.core.circuits import Rate
from notifier.core.secrets import Secret
from notifier.core.service import Export, Terms
from notifier.services import options as reading

NONE: Final = Secret("")

SECRET_FIELDS: Final = frozenset(
    {"caRef", "certRef", "proxy", "clientId", "clientSecretRef", "tokenUrl"}
)
"""Common options that are credentials or addresses."""

TLS: Final = ("caRef", "certRef", "serverName")
"""Fields of `tls`; e-mail has `mode` beside them."""

MOST_AT_ONCE: Final = 1000

_CERTIFICATE: Final = re.compile(
    r"-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----"
)
_KEY: Final = re.compile(r"-----BEGIN (?:RSA |EC )?PRIVATE KEY-----(?!\s*Proc-Type: 4,ENCRYPTED)")
_NAME: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?")
_RATE: Final = re.compile(r"(\d{1,6})\s*/\s*(s|m|h)")
_PERIOD_S: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How a peer is recognised over TLS, and how we show who we are.

    `ca` holds certificates trusted beside those of the system, `certificate` ours with its key
    (both PEM); `server_name` is expected in place of the host.
    """

    verify: bool = True
    ca: Secret = field(default=NONE, hash=False)
    certificate: Secret = field(default=NONE, hash=False)
    server_name: str = ""

    @property
    def usual(self) -> bool:
        """Whether nothing but the check itself is configured."""
        return not (self.ca or self.certificate or self.server_name)


USUAL: Final = Trust()


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuth2:
    """Client credentials and where they buy a token."""

    client_id: Secret
    client_secret: Secret
    token_url: Secret
    place: str
    """Scheme and host of the token URL, the part that errors may show."""
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transport(Terms):
    """The common options; those of each service extend it."""

    trust: Trust = USUAL
    proxy: Secret = NONE
    """URL of a proxy for this service alone; the environment's are never used."""
    oauth2: OAuth2 | None = None
    at_once: int | None = None
    """Attempts under way at the same time, at most."""
    allowed: tuple[str, ...] | None = None
    """Patterns of recipients that may be sent to; None: all."""

    @property
    def verify(self) -> bool:
        """Whether the peer's certificate is checked."""
        return self.trust.verify

    def forbids(self, recipient: str) -> str:
        """Say why a recipient may not be sent to, "" if it may. Case does not matter, nor does the
        # of a channel."""
        if not _among(recipient, self.allowed):
            return "allowedRecipients of the service does not name this recipient"
        if not _among(recipient, self.granted):
            return "exportTo of the service does not grant this recipient to this namespace"
        return ""


def common(given: reading.Options, *, mail: bool = False) -> dict[str, Any]:
    """Return the common options as arguments of a service's own; `mail` has another spelling more.
    Raises `ValueError` with field and fix."""
    names = ("insecure_skip_verify", "insecureSkipVerify") if mail else ("insecureSkipVerify",)
    insecure = [name for name in names if given.flag(name)]
    if insecure:
        given.warn(insecure[0], "the receiver's certificate is not checked")
    return {
        "timeout_s": given.timeout_s(),
        "max_age_s": given.max_age_s(),
        "trust": _trust(given, verify=not insecure, mail=mail),
        "proxy": _proxy(given),
        "oauth2": _oauth2(given),
        "rate": _rate(given),
        "at_once": _at_once(given),
        "allowed": tuple(given.texts("allowedRecipients"))
        if "allowedRecipients" in given
        else None,
        "exports": _exports(given),
    }


def place(url: str) -> str:
    """Return scheme and host of a URL, "" if it is none of http or https."""
    try:
        parts = urllib.parse.urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    if parts.scheme.lower() not in ("http", "https") or not host or not url.isascii():
        return ""
    return f"{parts.scheme.lower()}://{f'[{host}]' if ':' in host else host}"


def _among(recipient: str, patterns: Sequence[str] | None) -> bool:
    name = _plain(recipient)
    return patterns is None or any(fnmatch.fnmatchcase(name, _plain(each)) for each in patterns)


def _plain(recipient: str) -> str:
    return recipient.strip().lstrip("#").casefold()


def _trust(given: reading.Options, *, verify: bool, mail: bool) -> Trust:
    if mail and given.is_text("tls"):  # only the word for when TLS begins
        return Trust(verify=verify)
    entry = given.section("tls", (*TLS, "mode") if mail else TLS)
    ca, certificate, name = (entry.text(each) for each in ("caRef", "certRef", "serverName"))
    if ca and not _CERTIFICATE.search(ca):
        raise entry.wrong("caRef", "holds no PEM certificate: write $name-of-the-key")
    if certificate and not (_CERTIFICATE.search(certificate) and _KEY.search(certificate)):
        what = "needs a PEM certificate and its key, unencrypted: write $name-of-the-key"
        raise entry.wrong("certRef", what)
    if name and not _NAME.fullmatch(name):
        raise entry.wrong("serverName", "is no host name")
    return Trust(verify=verify, ca=Secret(ca), certificate=Secret(certificate), server_name=name)


def _proxy(given: reading.Options) -> Secret:
    url = given.text("proxy").strip()
    if url and not place(url).startswith("http:"):
        raise given.wrong("proxy", "is no URL of a proxy: write http://host:port")
    return Secret(url)


def _oauth2(given: reading.Options) -> OAuth2 | None:
    if "oauth2" not in given:
        return None
    entry = given.section("oauth2", ("clientId", "clientSecretRef", "tokenUrl", "scopes"))
    url = entry.required("tokenUrl", "write the URL that gives tokens").strip()
    if not place(url):
        raise entry.wrong("tokenUrl", "is no URL: write https://host/path")
    return OAuth2(
        client_id=Secret(entry.required("clientId", "write the client's id")),
        client_secret=Secret(entry.required("clientSecretRef", "write $name-of-the-key")),
        token_url=Secret(url),
        place=place(url),
        scopes=tuple(entry.texts("scopes")),
    )


def _rate(given: reading.Options) -> Rate | None:
    if "rateLimit" not in given:
        return None
    match = _RATE.fullmatch(given.text("rateLimit").strip())
    if match is None or not int(match[1]):
        raise given.wrong("rateLimit", "is no rate: write 5/s, 30/m or 100/h")
    per_s = int(match[1]) / _PERIOD_S[match[2]]
    return Rate(per_s=per_s, burst=max(1, int(per_s)))


def _exports(given: reading.Options) -> tuple[Export, ...]:
    found = []
    for at, item in enumerate(given.items("exportTo")):
        entry = reading.Options(item, ("name", "namespaces", "recipients"))
        given.warnings += [f"exportTo[{at}].{warning}" for warning in entry.warnings]
        try:
            export = Export(
                name=entry.text("name"),
                namespaces=tuple(entry.texts("namespaces")),
                recipients=tuple(entry.texts("recipients")),
            )
        except ValueError as error:
            raise given.wrong("exportTo", f"[{at}].{error}") from None
        if not (export.namespaces and export.recipients):
            what = f"[{at}] needs namespaces and recipients: lists of patterns such as team-*"
            raise given.wrong("exportTo", what)
        found.append(export)
    return tuple(found)


def _at_once(given: reading.Options) -> int | None:
    """Return the lesser of `maxConcurrency` and `maxConnsPerHost`: an attempt is a connection."""
    names = ("maxConcurrency", "maxConnsPerHost")  # 0 means no limit, as upstream
    limits = [given.number(each, 0, low=0, high=MOST_AT_ONCE) for each in names]
    return min((each for each in limits if each), default=None)
