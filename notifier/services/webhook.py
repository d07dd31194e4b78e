"""Webhook: any HTTP endpoint, with the body and headers the configuration gives (services.md 3)."""

from __future__ import annotations

import base64
import functools
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from typing_extensions import override

from notifier.core import retry
from notifier.core.errors import EvaluationError, Reason
from notifier.core.secrets import Secret
from notifier.core.service import (
    Block,
    BlockField,
    Composed,
    Composition,
    Message,
    ServiceType,
)
from notifier.services import cloud_events, signing, texts, transport
from notifier.services import headers as header_rules
from notifier.services import options as reading

MOST_REDIRECTS: Final = 10

METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")

BLOCK: Final = Block(
    secrets=True,
    name="webhook",
    fields=(
        BlockField(name="method", form="literal"),
        BlockField(name="path"),
        BlockField(name="query", form="map"),
        BlockField(name="headers", form="map"),
        BlockField(name="body", form="structure"),
    ),
    merge="by_service",
    for_programs=True,
)

_HOST: Final = re.compile(r"[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]+\]")
_LEGAL: Final = "!$%&'()*+,/:;=?@[]~"
"""Characters of a URL that stand as they are; everything else is percent-encoded."""
_LONE_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")


class Payload(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is stored of one request: everything but address and credentials."""

    method: str
    body: str = ""
    path: str = ""
    query: str = ""
    headers: dict[str, str] = {}
    json: bool = False
    """The body was a structure."""
    plain: bool = False
    """The body is the message itself: the mark of a late message may be added."""


DECODER: Final = msgspec.json.Decoder(Payload)
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookOptions(transport.Transport):
    """Where to send and how; `url` is hidden since paths and queries carry tokens."""

    url: Secret
    place: str
    """Scheme and host, the part that errors may show."""
    headers: tuple[tuple[str, Secret], ...] = ()
    signing: tuple[Secret, ...] = ()
    redirects: int = 0
    """Redirects that one attempt follows."""
    cloud_events: str = "none"


class Webhook(ServiceType):
    """The pure half."""

    name = "webhook"
    block = BLOCK
    secret_fields = transport.SECRET_FIELDS | {
        "url", "authorization", "username", "password", "secretRef", "previousSecretRef",
    }  # fmt: skip

    @override
    def options(self, raw: Mapping[str, Any]) -> tuple[WebhookOptions, Sequence[str]]:
        given = reading.transport(
            raw,
            (
                "url",
                "headers",
                "basicAuth",
                "insecureSkipVerify",
                "signing",
                "followRedirects",
                "cloudEvents",
                *_WAITS,
            ),
        )
        url, place, userinfo = _address(given)
        options = WebhookOptions(
            url=Secret(url),
            place=place,
            headers=_headers(given, userinfo),
            signing=_signing(given),
            redirects=given.number("followRedirects", 0, low=0, high=MOST_REDIRECTS),
            cloud_events=given.choice("cloudEvents", cloud_events.MODES, "none"),
            **transport.common(given),
            policy=_policy(given),
        )
        return options, given.warnings

    @override
    def compose(
        self, message: Message, options: WebhookOptions, composition: Composition
    ) -> Sequence[Composed]:
        recipient = composition.destination.recipient
        if refused := options.forbids(recipient):
            return [Composed(payload=b"", recipient=recipient, refused=refused)]
        payload = _payload(message)
        if options.cloud_events != "none":
            payload = _as_cloud_event(payload, message, options.cloud_events, composition)
        return [Composed(payload=_ENCODER.encode(payload), recipient=recipient)]

    @override
    def shorten(self, payload: bytes) -> bytes | None:
        return None


TYPE: Final = Webhook()


def build(**resources: Any) -> Any:
    """Build the acting half from `session`, `guard` and `clock`."""
    from notifier.services import webhook_calls

    return webhook_calls.WebhookService(
        session=resources["session"], guard=resources["guard"], clock=resources["clock"]
    )


@functools.lru_cache(maxsize=1024)
def address(base: str, path: str, query: str) -> str:
    """Return the URL of a request: a path is joined with exactly one slash, before the query
    (spec/services.md 3)."""
    front, _, own_query = base.partition("?")
    extra, _, path_query = path.partition("?")
    if extra:
        front = front.rstrip("/") + "/" + extra.lstrip("/")
    queries = "&".join(part for part in (own_query, path_query, query) if part)
    return encoded(front + (f"?{queries}" if queries else ""))


def encoded(url: str) -> str:
    """Return the URL with everything percent-encoded that may not stand in one."""
    return urllib.parse.quote(_LONE_PERCENT.sub("%25", url), safe=_LEGAL)


# --- options ----------------------------------------------------------------------------------

_WAITS: Final = ("retryMax", "retryWaitMin", "retryWaitMax")


def _address(given: reading.Options) -> tuple[str, str, str]:
    """Return URL without userinfo and fragment, scheme and host, and the userinfo. The URL itself
    is never shown: it may hold a token."""
    url = given.required("url", "write the receiver's URL").strip()
    try:
        parts = urllib.parse.urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise given.wrong("url", "is no URL: write https://host/path") from None
    if parts.scheme.lower() not in ("http", "https"):
        raise given.wrong("url", "is no URL: write https://host/path")
    shown = f"[{host}]" if ":" in host else host
    try:
        shown = shown if shown.isascii() else shown.encode("idna").decode()
    except UnicodeError:
        shown = ""
    if not _HOST.fullmatch(shown):
        raise given.wrong("url", "has no usable host: write https://host/path")
    place = f"{parts.scheme.lower()}://{shown}"
    netloc = shown if port is None else f"{shown}:{port}"
    rest = urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))
    userinfo = parts.netloc.rpartition("@")[0]
    return f"{parts.scheme.lower()}://{netloc}{rest}", place, userinfo


def _headers(given: reading.Options, userinfo: str) -> tuple[tuple[str, Secret], ...]:
    """Return the headers in order, same name replaces; basic authentication comes last and
    replaces `Authorization` (upstream's rule), userinfo of the URL comes first."""
    merged: dict[str, tuple[str, Secret]] = {}
    if userinfo:
        user, _, password = map(urllib.parse.unquote, userinfo.partition(":"))
        merged["authorization"] = _basic(user, password)
    for at, item in enumerate(given.items("headers")):
        entry = reading.Options(item, ("name", "value"))
        given.warnings += [f"headers[{at}].{warning}" for warning in entry.warnings]
        try:
            name, value = entry.required("name", "name the header"), entry.text("value")
        except ValueError as error:
            raise given.wrong("headers", f"[{at}].{error}") from None
        if problem := header_rules.fault(name, value, rendered=False):
            raise given.wrong("headers", f"[{at}]: {problem}")
        merged[name.casefold()] = (name, Secret(value))
    if "basicAuth" in given:
        pair = given.section("basicAuth", ("username", "password"))
        merged["authorization"] = _basic(pair.text("username"), pair.text("password"))
    return tuple(merged.values())


def _basic(user: str, password: str) -> tuple[str, Secret]:
    both = base64.b64encode(f"{user}:{password}".encode()).decode()
    return "Authorization", Secret(f"Basic {both}")


def _signing(given: reading.Options) -> tuple[Secret, ...]:
    """Return the signing keys, the present one first."""
    if "signing" not in given:
        return ()
    names = ("secretRef", "previousSecretRef")
    entry = given.section("signing", names)
    entry.required("secretRef", "write signing.secretRef: $name-of-the-key")
    keys = tuple(entry.secret(name) for name in names if name in entry)
    for each in keys:
        try:
            signing.key(each.reveal())
        except ValueError as error:
            raise given.wrong("signing", str(error)) from None
    return keys


def _policy(given: reading.Options) -> retry.Policy:
    """Return the waits (spec/services.md 3): a negative `retryMax` means one attempt, else the
    first retries use the waits given and the usual schedule follows."""
    if not any(name in given for name in _WAITS):
        return retry.DEFAULT
    count = given.number("retryMax", 0, low=-(10**6), high=100)
    if count < 0:
        return retry.Policy(tries=dict.fromkeys(Reason, 1))
    wait_s = given.duration_s("retryWaitMin", 1.0)
    longest_s = max(wait_s, given.duration_s("retryWaitMax", 5.0))
    own = tuple(min(wait_s * 2**at, longest_s) for at in range(count or 3))
    usual = tuple(each for each in retry.DEFAULT.waits_s if each > own[-1])
    return retry.Policy(waits_s=(*own, *(usual or retry.DEFAULT.waits_s[-1:])))


# --- the request ------------------------------------------------------------------------------


def _payload(message: Message) -> Payload:
    """Return the request a message leads to. Raises `EvaluationError` for what no request holds."""
    if message.block is None:
        text = texts.encodable(message.text)
        return Payload(method="POST" if text else "GET", body=text, plain=True)
    block = texts.encodable(dict(message.block))
    body = block.get("body") or ""
    structured = not isinstance(body, str)
    text = body if isinstance(body, str) else _ENCODER.encode(body).decode()
    method = str(block.get("method") or ("POST" if text else "GET")).upper()
    if method not in METHODS:
        raise _fault(message, f"method: write one of {', '.join(METHODS)}")
    rendered = {str(name): str(value) for name, value in (block.get("headers") or {}).items()}
    for name, value in rendered.items():
        if problem := header_rules.fault(name, value, rendered=True):
            raise _fault(message, problem)
    query = {str(name): str(value) for name, value in (block.get("query") or {}).items()}
    return Payload(
        method=method,
        body=text,
        path=str(block.get("path") or ""),
        query=urllib.parse.urlencode(sorted(query.items())),
        headers=rendered,
        json=structured,
    )


def _as_cloud_event(
    payload: Payload, message: Message, mode: str, composition: Composition
) -> Payload:
    """Return the request as a CloudEvent: attributes as headers, or all of it one JSON body."""
    if mode == "binary":
        headers = {**payload.headers, **cloud_events.headers(composition)}
        return msgspec.structs.replace(payload, headers=headers)
    headers = {name.casefold(): value for name, value in payload.headers.items()}
    kind = headers.pop("content-type", "application/json" if payload.json else "")
    headers["Content-Type"] = cloud_events.STRUCTURED_TYPE
    literal = str((message.block or {}).get("method") or "")
    return msgspec.structs.replace(
        payload,
        method=payload.method if literal else "POST",
        body=cloud_events.envelope(composition, payload.body, kind),
        headers=headers,
        json=False,
        plain=False,
    )


def _fault(message: Message, what: str) -> EvaluationError:
    return EvaluationError(", ".join(message.templates) or "webhook", what, field="webhook")
