"""A Slack-like API: posts, edits, threads, history, rate limits and scripted errors."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Self

from aiohttp import web

from tests.receivers.ledger import Ledger


class SlackReceiver:
    """An async context manager. `url` is the API base.

    `errors` maps a method to codes that are answered, one each, before it works again; `replies`
    maps a method to whole answers (status, headers, bytes). `rate` is messages per second and
    channel, with `burst`.
    """

    def __init__(
        self,
        ledger: Ledger | None = None,
        *,
        port: int = 0,
        token: str = "",
        rate: float | None = None,
        burst: int = 3,
    ) -> None:
        self.ledger = ledger or Ledger()
        self.errors: dict[str, list[str]] = {}
        self.replies: dict[str, list[tuple[int, dict[str, str], bytes]]] = {}
        self.messages: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.accept_then_drop = 0
        self.violations = 0
        self._token = token
        self._port = port
        self._rate = rate
        self._burst = burst
        self._buckets: dict[str, tuple[float, float]] = {}
        self._parked: dict[str, float] = {}
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def url(self) -> str:
        """Base of the API."""
        return f"http://127.0.0.1:{self._port}/api"

    async def start(self) -> None:
        """Begin to listen."""
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._handle)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        body = await request.read()
        arguments = json.loads(body) if body else dict(request.query)
        self.calls.append((method, arguments))
        if planned := self.replies.get(method):
            status, headers, raw = planned.pop(0)
            return web.Response(status=status, headers=headers, body=raw)
        if self._token and request.headers.get("Authorization") != f"Bearer {self._token}":
            return _refused("invalid_auth")
        if planned_errors := self.errors.get(method):
            return _refused(planned_errors.pop(0))
        return self._answer(request, method, arguments, body)

    def _answer(
        self, request: web.Request, method: str, arguments: dict[str, Any], body: bytes
    ) -> web.StreamResponse:
        match method:
            case "chat.postMessage":
                return self._post(request, arguments, body)
            case "chat.update":
                return self._update(arguments, body)
            case "conversations.history" | "conversations.replies":
                found = [m for m in self.messages if m["channel"] == arguments.get("channel")]
                return web.json_response({"ok": True, "messages": found[::-1]})
            case _:
                return _refused("unknown_method")

    def _post(
        self, request: web.Request, arguments: dict[str, Any], body: bytes
    ) -> web.StreamResponse:
        channel = str(arguments.get("channel", ""))
        if (wait := self._wait(channel)) > 0:
            headers = {"Retry-After": f"{wait:.3f}"}
            answer = {"ok": False, "error": "ratelimited"}
            return web.json_response(answer, status=429, headers=headers)
        timestamp = f"{1_700_000_000 + len(self.messages)}.000100"
        named = channel if channel[:1] in "CDG" and channel.isupper() else _channel_id(channel)
        self.messages.append({**arguments, "channel": named, "ts": timestamp})
        self._record(arguments, body, method="chat.postMessage")
        if self.accept_then_drop:
            self.accept_then_drop -= 1
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        return web.json_response({"ok": True, "channel": named, "ts": timestamp})

    def _update(self, arguments: dict[str, Any], body: bytes) -> web.StreamResponse:
        for message in self.messages:
            same = message["ts"] == arguments.get("ts")
            if same and message["channel"] == arguments.get("channel"):
                message.update(arguments)
                self._record(arguments, body, method="chat.update")
                return web.json_response(
                    {"ok": True, "channel": message["channel"], "ts": message["ts"]}
                )
        return _refused("message_not_found")

    def _record(self, arguments: dict[str, Any], body: bytes, *, method: str) -> None:
        payload = (arguments.get("metadata") or {}).get("event_payload") or {}
        channel = arguments.get("channel")
        self.ledger.append(
            payload.get("delivery_id", ""), body, kind="slack", method=method, channel=channel
        )

    def _wait(self, channel: str) -> float:
        """Return how long a channel has to wait; sending before that counts as a violation."""
        if self._rate is None:
            return 0.0
        now = asyncio.get_running_loop().time()
        if now < self._parked.get(channel, 0.0) - 0.005:
            self.violations += 1
        level, at = self._buckets.get(channel, (float(self._burst), now))
        level = min(self._burst, level + (now - at) * self._rate)
        if level < 1:
            self._buckets[channel] = (level, now)
            self._parked[channel] = now + (1 - level) / self._rate
            return (1 - level) / self._rate
        self._buckets[channel] = (level - 1, now)
        return 0.0


def _refused(code: str) -> web.Response:
    return web.json_response({"ok": False, "error": code})


def _channel_id(name: str) -> str:
    """Return the id that stands for a channel's name."""
    return "C" + name.encode().hex().upper()[:20].ljust(10, "0")
