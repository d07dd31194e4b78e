"""Webhook, the acting half: one request per attempt over kept connections (services.md 3)."""

from __future__ import annotations

import functools
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Final

import aiohttp
from typing_extensions import override

from notifier.core.errors import Permanent, Reason
from notifier.core.secrets import Secret
from notifier.core.service import Delivered, Outgoing
from notifier.ports import Clock, Service
from notifier.services import headers as header_rules
from notifier.services import http, oauth, proxies, signing, slots, texts, transport, webhook, wire
from notifier.services.addresses import Guard
from notifier.services.webhook import Payload, WebhookOptions

REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})

_TO_GET: Final = frozenset({301, 302, 303})
"""Redirects after which a POST is a GET without a body."""

_OF_A_BODY: Final = frozenset({"content-type", "webhook-signature", "webhook-timestamp"})

Headers = dict[str, tuple[str, str]]
"""By folded name: the name as it is written, and the value."""


@dataclass(frozen=True, slots=True)
class _Call:
    """One request of an attempt; it may be followed by others (redirects, a renewed token)."""

    method: str
    url: str
    headers: Headers
    body: bytes | None


class WebhookService(Service):
    """Sends over kept connections."""

    def __init__(self, *, session: aiohttp.ClientSession, guard: Guard, clock: Clock) -> None:
        self._kept = wire.Wire(guard)
        self._tokens = oauth.Tokens(session, guard, clock)
        self._slots = slots.Slots()
        self._clock = clock

    @override
    async def send(self, outgoing: Outgoing, options: WebhookOptions) -> Delivered:
        payload = webhook.DECODER.decode(outgoing.delivery.payload)
        text = payload.body
        if outgoing.late_s and payload.plain:
            text = f"{text}\n({texts.late(outgoing.late_s)})"
        body = text.encode() if text else None
        url = webhook.address(options.url.reveal(), payload.path, payload.query)
        headers = self._headers(payload, options, outgoing.delivery.id, body or b"")
        call = _Call(payload.method, url, headers, body)
        if options.at_once is None:
            answer = await self._answer(call, options)
        else:
            async with self._slots.taken(options, options.place):
                answer = await self._answer(call, options)
        refused = http.refusal(answer.status, answer.headers, options.place, self._clock)
        if refused is not None:
            raise refused
        return Delivered(status=answer.status)

    @override
    async def close(self) -> None:
        await self._kept.close()

    async def _answer(self, call: _Call, options: WebhookOptions) -> wire.Answer:
        """Return the last answer of an attempt. Raises `DeliveryError` if there was none."""
        client, token = options.oauth2, ""
        if client is not None:
            token = await self._tokens.token(client, options)
            call = _bearing(call, token)
        answer = await self._exchange(call, options)
        if client is not None and answer.status == HTTPStatus.UNAUTHORIZED:
            self._tokens.forget(client, token)  # refused: once more with a new one
            call = _bearing(call, await self._tokens.token(client, options))
            answer = await self._exchange(call, options)
        for _ in range(options.redirects):
            following = _redirected(call, answer, options) if answer.status in REDIRECTS else None
            if following is None:
                break
            call = following
            answer = await self._exchange(call, options)
        return answer

    async def _exchange(self, call: _Call, options: WebhookOptions) -> wire.Answer:
        return await http.exchange(
            self._kept,
            target(call.url, options.trust, options.proxy),
            method=call.method,
            headers=call.headers.values(),
            body=call.body,
            place=options.place,
            timeout_s=options.timeout_s,
        )

    def _headers(
        self, payload: Payload, options: WebhookOptions, delivery_id: str, body: bytes
    ) -> Headers:
        """Return the headers of one attempt; the template's replace the service's of that name."""
        merged = {"content-type": ("Content-Type", "application/json")} if payload.json else {}
        for name, secret in options.headers:
            merged[name.casefold()] = (name, secret.reveal())
        for name, value in payload.headers.items():
            if problem := header_rules.fault(name, value, rendered=True):
                raise Permanent(Reason.DEFECT, problem)
            merged[name.casefold()] = (name, value)
        merged["webhook-id"] = ("webhook-id", delivery_id)
        if options.signing:
            now = int(self._clock.now())
            signed = signing.headers(options.signing, delivery_id, now, body)
            merged |= {name: (name, value) for name, value in signed}
        return merged


@functools.lru_cache(maxsize=1024)
def target(url: str, trust: transport.Trust, proxy: Secret) -> wire.Target:
    """Return where a request goes, and over what. Raises `ValueError`."""
    return wire.target(url, trust, proxies.read(proxy) if proxy else None)


def _bearing(call: _Call, token: str) -> _Call:
    headers = {**call.headers, "authorization": ("Authorization", f"Bearer {token}")}
    return replace(call, headers=headers)


def _redirected(call: _Call, answer: wire.Answer, options: WebhookOptions) -> _Call | None:
    """Return the request that a redirect asks for, None if it is not followed: it names no place,
    or would give up TLS.

    What the service's options add to a request stays with the host they were written for.
    """
    url = _location(call.url, answer.headers)
    if url is None:
        return None
    before, after = urllib.parse.urlsplit(call.url), urllib.parse.urlsplit(url)
    headers = call.headers
    if (before.scheme, before.netloc) != (after.scheme, after.netloc):
        own = {name.casefold() for name, _ in options.headers} | {"authorization"}
        headers = {name: pair for name, pair in headers.items() if name not in own}
    if answer.status in _TO_GET and call.method not in ("GET", "HEAD"):
        headers = {name: pair for name, pair in headers.items() if name not in _OF_A_BODY}
        return _Call("GET", url, headers, None)
    return replace(call, url=url, headers=headers)


def _location(base: str, headers: Mapping[str, str]) -> str | None:
    """Return the address that an answer points to, without userinfo and fragment."""
    given = headers.get("Location", "")
    try:
        url = urllib.parse.urljoin(base, given.strip())
        parts = urllib.parse.urlsplit(url)
        netloc = parts.netloc.rpartition("@")[2]
    except ValueError:
        return None
    downgrade = base.startswith("https:") and parts.scheme != "https"
    if not given or downgrade or not transport.place(url):
        return None
    return webhook.encoded(
        urllib.parse.urlunsplit((parts.scheme, netloc, parts.path, parts.query, ""))
    )
