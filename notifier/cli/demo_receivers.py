"""The other end of the demo: a Slack-like API and a webhook, on loopback, inside the process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from aiohttp import web

REFUSED_AT_FIRST: Final = 1
"""Webhook requests that are answered 503, so that a retry is seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One request as a receiver saw it. `thread` is the first message of the thread it joins."""

    service: Literal["slack", "webhook"]
    place: str
    accepted: bool
    delivery_id: str
    text: str
    body: Any
    thread: str = ""
    broadcast: bool = False


@dataclass(slots=True)
class Receivers:
    """Starts both receivers; everything they get is put into `received`."""

    received: asyncio.Queue[Received] = field(default_factory=asyncio.Queue)
    slack_url: str = ""
    webhook_url: str = ""
    _runner: web.AppRunner | None = None
    _messages: dict[str, str] = field(default_factory=dict)
    _channels: dict[str, str] = field(default_factory=dict)
    _requests: int = 0

    async def start(self) -> None:
        """Listen on a free port of the loopback address."""
        app = web.Application(client_max_size=1024 * 1024)
        app.router.add_post("/api/{method}", self._slack)
        app.router.add_post("/hook", self._webhook)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        port = self._runner.addresses[0][1]
        self.slack_url = f"http://127.0.0.1:{port}/api/"
        self.webhook_url = f"http://127.0.0.1:{port}/hook"

    async def stop(self) -> None:
        """Close the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _slack(self, request: web.Request) -> web.Response:
        """Answer as Slack does: a timestamp names the message, `thread_ts` joins one."""
        body = await _fields(request)
        timestamp = str(body.get("ts") or f"1700000000.{len(self._messages) + 1:06}")
        text = str(body.get("text") or "")
        channel = str(body.get("channel") or "")
        identifier = channel if channel in self._channels else f"C{len(self._channels):010}"
        name = self._channels.setdefault(identifier, channel)
        self._messages.setdefault(timestamp, text)
        metadata = body.get("metadata")
        payload = metadata.get("event_payload", {}) if isinstance(metadata, dict) else {}
        received = Received(
            service="slack",
            place=name,
            accepted=True,
            delivery_id=str(payload.get("delivery_id") or payload.get("id") or ""),
            text=text,
            body=body,
            thread=self._messages.get(str(body.get("thread_ts") or ""), ""),
            broadcast=bool(body.get("reply_broadcast")),
        )
        self.received.put_nowait(received)
        return web.json_response({"ok": True, "channel": identifier, "ts": timestamp})

    async def _webhook(self, request: web.Request) -> web.Response:
        """Refuse the first requests as a receiver that is being rolled out does."""
        self._requests += 1
        accepted = self._requests > REFUSED_AT_FIRST
        body = await _fields(request)
        received = Received(
            service="webhook",
            place="/hook",
            accepted=accepted,
            delivery_id=request.headers.get("webhook-id", ""),
            text=str(body.get("text") or body.get("message") or ""),
            body=body,
        )
        self.received.put_nowait(received)
        return web.Response(status=200 if accepted else 503)


async def _fields(request: web.Request) -> dict[str, Any]:
    """Return a JSON object, a form, or a plain text as fields."""
    if request.content_type == "application/x-www-form-urlencoded":
        return {key: str(value) for key, value in (await request.post()).items()}
    text = await request.text()
    try:
        body = await request.json()
    except ValueError:
        return {"text": text}
    return body if isinstance(body, dict) else {"text": text}
