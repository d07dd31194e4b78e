"""Tokens for client credentials (RFC 6749, 4.4): cached, and renewed before they expire."""

from __future__ import annotations

import asyncio
import base64
import json
import urllib.parse
from collections.abc import Mapping
from typing import Any, Final

import aiohttp

from notifier.core.errors import DeliveryError, Misconfigured, Reason, Retryable
from notifier.ports import Clock
from notifier.services import answers, http
from notifier.services.addresses import Guard
from notifier.services.transport import OAuth2, Transport

EARLY_S: Final = 60.0
"""A token is renewed this long before it expires; one that lives shorter, after half its life."""

USUAL_LIFE_S: Final = 300.0
"""Life of a token whose answer does not say."""

REMEMBERED: Final = 256

_TRANSIENT: Final = frozenset({404, 408, 425, 429})


class Tokens:
    """Buys tokens over the shared session, one at a time for each client."""

    def __init__(self, session: aiohttp.ClientSession, guard: Guard, clock: Clock) -> None:
        self._session = session
        self._guard = guard
        self._clock = clock
        self._known: dict[OAuth2, tuple[str, float]] = {}
        self._buying: dict[OAuth2, asyncio.Lock] = {}

    async def token(self, client: OAuth2, options: Transport) -> str:
        """Return a token that is good for a while. Raises `DeliveryError`, never an ambiguous one:
        nothing was sent to the receiver."""
        if (good := self._good(client)) is not None:
            return good
        async with self._buying.setdefault(client, asyncio.Lock()):
            if (good := self._good(client)) is not None:
                return good
            token, life_s = await self._bought(client, options)
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            until = self._clock.monotonic() + max(life_s - EARLY_S, life_s / 2)
            self._known[client] = (token, until)
            return token

    def forget(self, client: OAuth2, token: str) -> None:
        """Drop a token that the receiver refused, unless it was renewed meanwhile."""
        if self._known.get(client, ("", 0.0))[0] == token:
            del self._known[client]

    def _good(self, client: OAuth2) -> str | None:
        token, until = self._known.get(client, ("", 0.0))
        return token if token and self._clock.monotonic() < until else None

    async def _bought(self, client: OAuth2, options: Transport) -> tuple[str, float]:
        """Return a new token and its life in seconds."""
        form = {"grant_type": "client_credentials"}
        if client.scopes:
            form["scope"] = " ".join(client.scopes)
        url = client.token_url.reveal()
        arguments = await http.arguments(options, url, self._guard, named=False)
        try:
            async with self._session.post(
                url,
                data=urllib.parse.urlencode(form).encode(),
                headers=_headers(client),
                **arguments,
            ) as answer:
                body = await answer.read() if answer.status == 200 else b""
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise _unsent(http.failure(error, client.place)) from error
        if answer.status != 200:
            raise self._refusal(answer.status, answer.headers, client)
        return _read(body, client)

    def _refusal(self, status: int, headers: Mapping[str, str], client: OAuth2) -> DeliveryError:
        if 400 <= status <= 499 and status not in _TRANSIENT:
            detail = f"{client.place} refused the client credentials with {status}"
            return Misconfigured(Reason.CREDENTIAL, detail, status=status)
        found = answers.refusal(status, headers, client.place, now=self._clock.now())
        return found or _unreadable(client)


def _headers(client: OAuth2) -> dict[str, str]:
    pair = (client.client_id.reveal(), client.client_secret.reveal())
    login = ":".join(urllib.parse.quote_plus(each) for each in pair)
    return {
        "Authorization": f"Basic {base64.b64encode(login.encode()).decode()}",
        "Content-Type": "application/x-www-form-urlencoded",
        "Accept": "application/json",
    }


def _read(body: bytes, client: OAuth2) -> tuple[str, float]:
    try:
        found: Any = json.loads(body)
        token = found["access_token"]
        life_s = float(found.get("expires_in") or USUAL_LIFE_S)
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise _unreadable(client) from None
    if not isinstance(token, str) or not token or not (token.isascii() and token.isprintable()):
        raise _unreadable(client)
    return token, max(life_s, 1.0)


def _unreadable(client: OAuth2) -> DeliveryError:
    return Retryable(Reason.UNKNOWN_ANSWER, f"{client.place}: the answer holds no token")


def _unsent(error: DeliveryError) -> DeliveryError:
    """Return the error without its doubt: the message itself was not sent."""
    if isinstance(error, Retryable) and error.ambiguous:
        return Retryable(error.reason, error.detail)
    return error
