"""Slack, the acting half: one attempt is one message, with its thread and edits (services.md 2.3,
2.4).

The SDK builds and reads the calls; it is given no way to retry, follow redirects, use a proxy from
the environment or read without bound. Its exceptions are mapped here and nowhere else.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from typing_extensions import override

from notifier.core.errors import (
    DeliveryError,
    Permanent,
    Reason,
    Retryable,
)
from notifier.core.service import Delivered, Outgoing
from notifier.ports import Clock, Service
from notifier.services import answers, http, slack, slack_answers, slack_limits, slots, texts
from notifier.services.addresses import Guard

REMEMBERED_CLIENTS: Final = 64

LOOK_BACK_S: Final = 60.0
LOOK_BACK_MESSAGES: Final = 15

_CHANNEL_ID: Final = re.compile(r"[CDG][A-Z0-9]{7,}")

_silent = logging.getLogger("notifier.slack_sdk")
_silent.setLevel(logging.CRITICAL)  # at debug the SDK logs whole requests
_silent.propagate = False


class Lost(Permanent):
    """The message to edit is gone or cannot be edited any more."""


class SlackService(Service):
    """Sends over the shared session; one SDK client per workspace and token."""

    def __init__(self, *, session: aiohttp.ClientSession, guard: Guard, clock: Clock) -> None:
        self._session = session
        self._guard = guard
        self._slots = slots.Slots()
        self._clock = clock
        self._workspaces: dict[slack.SlackOptions, _Workspace] = {}

    def references(self, payload: bytes) -> Sequence[str]:
        """Return the key of the thread a payload belongs to."""
        key = slack.DECODER.decode(payload).key
        return (key,) if key else ()

    @override
    async def send(self, outgoing: Outgoing, options: slack.SlackOptions) -> Delivered:
        payload = slack.DECODER.decode(outgoing.delivery.payload)
        workspace = await self._workspace(options)
        async with self._slots.taken(options, workspace.place):
            return await self._sent(outgoing, payload, workspace)

    async def _sent(
        self, outgoing: Outgoing, payload: slack.Payload, workspace: _Workspace
    ) -> Delivered:
        """Post or edit, as the payload's thread wants it."""
        first = outgoing.references.get(payload.key, "") if payload.key else ""
        if outgoing.repeat_of_ambiguous:
            found = await workspace.find(outgoing, payload.arguments["channel"], first)
            if found:
                return _delivered(found, payload, anew=not first)
        arguments = payload.arguments
        if outgoing.late_s:
            arguments = _marked_late(arguments, texts.late(outgoing.late_s))
        if first and payload.policy != "Post":
            try:
                await workspace.edit(first, arguments)
            except Lost:
                first = ""
            else:
                if payload.policy == "Update":
                    return Delivered(reference=first, status=200)
        posted = await workspace.post(arguments, first, broadcast=payload.broadcast)
        return _delivered(posted, payload, anew=not first)

    @override
    async def close(self) -> None:
        """Forget the clients; the session is shared, its owner closes it."""
        self._workspaces.clear()

    async def _workspace(self, options: slack.SlackOptions) -> _Workspace:
        found = self._workspaces.get(options)
        if found is None:
            arguments = await http.arguments(options, options.api_url, self._guard)
            if len(self._workspaces) >= REMEMBERED_CLIENTS:
                self._workspaces.clear()
            found = _Workspace(_Transport(self._session, arguments), options, self._clock)
            self._workspaces[options] = found
        return found


def _delivered(reference: str, payload: slack.Payload, *, anew: bool) -> Delivered:
    """Return the outcome; the first message of a key is remembered under it."""
    remember = {payload.key: reference} if payload.key and anew and reference else {}
    return Delivered(reference=reference, status=200, remember=remember)


class _Transport:
    """What the SDK sees of the shared session: no redirects; deadline, proxy, certificates as
    configured."""

    def __init__(self, session: aiohttp.ClientSession, arguments: Mapping[str, Any]) -> None:
        self._session = session
        self._more = arguments

    closed = False
    """Never: on a closed session the SDK would open its own, past the address guard."""

    def request(self, verb: str, url: str, **arguments: Any) -> Any:
        """Make a request as the SDK asks for it."""
        if (body := arguments.pop("json", None)) is not None:
            arguments["data"] = slack.encode(body)
            arguments["headers"]["Content-Type"] = "application/json;charset=utf-8"
        return self._session.request(verb, url, **{**arguments, **self._more})


class _Workspace:
    """The calls of one token."""

    def __init__(self, transport: _Transport, options: slack.SlackOptions, clock: Clock) -> None:
        self._clock = clock
        self.place = "/".join(options.api_url.split("/", 3)[:3])
        self._client = AsyncWebClient(
            token=options.token.reveal(),
            base_url=options.api_url,
            session=cast("aiohttp.ClientSession", transport),
            logger=_silent,
            retry_handlers=[],
        )
        self._client.proxy = None  # the SDK takes one from the environment

    async def post(self, arguments: Mapping[str, Any], first: str, *, broadcast: bool) -> str:
        """Post, into the thread of `first` if there is one; return `channel:timestamp`, ""
        if the answer does not say."""
        call = dict(arguments)
        if first:
            call["channel"], _, call["thread_ts"] = first.partition(":")
            if broadcast:
                call["reply_broadcast"] = True
        answer = await self._call("chat.postMessage", json=call)
        channel, timestamp = _word(answer.get("channel")), _word(answer.get("ts"))
        return f"{channel}:{timestamp}" if channel and timestamp else ""

    async def edit(self, first: str, arguments: Mapping[str, Any]) -> None:
        """Edit a message. Raises `Lost` if it is gone."""
        channel, _, timestamp = first.partition(":")
        named = ("text", "blocks", "attachments", "metadata")
        call: dict[str, Any] = {
            "blocks": [],
            "attachments": [],
        }  # absent ones would stay as they were
        call |= {name: arguments[name] for name in named if name in arguments}
        await self._call("chat.update", json={**call, "channel": channel, "ts": timestamp})

    async def find(self, outgoing: Outgoing, channel: str, first: str) -> str:
        """Return the message that an earlier attempt left, "" if there is none or we may not
        look."""
        place, _, thread = first.partition(":")
        place = place or channel
        if not _CHANNEL_ID.fullmatch(place):
            return ""
        query = {
            "channel": place,
            "oldest": f"{outgoing.delivery.created_at - LOOK_BACK_S:.6f}",
            "limit": LOOK_BACK_MESSAGES,
            "include_all_metadata": True,
        }
        method = "conversations.history"
        if thread:
            method, query["ts"] = "conversations.replies", thread
        try:
            answer = await self._call(method, http_verb="GET", params=query)
        except DeliveryError:  # also when the scope is missing: then it is sent again
            return ""
        messages = answer.get("messages")
        for message in messages if isinstance(messages, list) else ():
            if _delivery_id(message) == outgoing.delivery.id and (at := _word(message.get("ts"))):
                return f"{place}:{at}"
        return ""

    async def _call(self, method: str, **arguments: Any) -> Mapping[str, Any]:
        """Make one call and return its answer. Raises `DeliveryError`."""
        try:
            response = await self._client.api_call(method, **arguments)
        except SlackClientError as error:
            raise self._refusal(getattr(error, "response", None)) from None
        except (aiohttp.ClientError, OSError) as error:
            raise http.failure(error, self.place) from error
        except (ValueError, LookupError, AttributeError, TypeError, RecursionError) as error:
            # the SDK reads what it did not expect: no JSON object, another encoding, too deep
            raise self._unreadable() from error
        if not isinstance(response.data, dict):
            raise self._unreadable()
        return response.data

    def _refusal(self, response: Any) -> DeliveryError:
        """Return the error that a refused call means: its code if it has one, else its status."""
        found: Any = getattr(response, "status_code", None) or getattr(response, "status", 0)
        status = int(found)
        headers = getattr(response, "headers", None) or {}
        data = getattr(response, "data", None)
        code = data.get("error") if isinstance(data, Mapping) else None
        code = code if isinstance(code, str) else ""
        if code in slack_answers.LOST:
            return Lost(Reason.RECIPIENT, f"Slack answered {code}", status=status)
        by_code = bool(code) and (status == 200 or slack_answers.known(code) is not None)
        now = self._clock.now()
        if by_code:
            asked = headers.get("Retry-After")
            after_s = answers.retry_after_s(asked, headers.get("Date"), now=now) if asked else None
            return slack_answers.refusal(code, status=status, after_s=after_s)
        return answers.refusal(status, headers, self.place, now=now) or self._unreadable()

    def _unreadable(self) -> Retryable:
        """Return the error for an answer without meaning: the message may have been accepted."""
        detail = f"{self.place}: the answer cannot be read"
        return Retryable(Reason.UNKNOWN_ANSWER, detail, ambiguous=True)


def _word(value: Any) -> str:
    """Return an id or timestamp of an answer; "" for anything that is none."""
    return value if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9.]{1,64}", value) else ""


def _delivery_id(message: Any) -> str:
    """Return our id in a message's metadata."""
    try:
        return str(message["metadata"]["event_payload"]["delivery_id"])
    except (TypeError, KeyError):
        return ""


def _marked_late(arguments: Mapping[str, Any], note: str) -> dict[str, Any]:
    """Return the arguments with the mark of a late message, where people see it."""
    text = arguments["text"]
    marked = {**arguments, "text": f"{text}\n_{note}_" if text else note}
    if arguments.get("blocks"):
        kept = arguments["blocks"][: slack_limits.BLOCKS - 1]
        marked["blocks"] = [*kept, slack_limits.context(note)]
    elif arguments.get("attachments"):
        kept = arguments["attachments"][: slack_limits.ATTACHMENTS - 1]
        marked["attachments"] = [*kept, {"text": note}]
    return marked
