"""Slack: messages, threads and edits through the Web API (spec/services.md 2)."""

from __future__ import annotations

import hashlib
import re
import urllib.parse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from typing_extensions import override

from notifier.core.errors import EvaluationError
from notifier.core.secrets import Secret
from notifier.core.service import (
    Block,
    BlockField,
    Composed,
    Composition,
    Message,
    ServiceType,
)
from notifier.services import options as reading
from notifier.services import slack_blocks, slack_limits, texts, transport

API: Final = "https://slack.com/api/"

POLICIES: Final = ("Post", "PostAndUpdate", "Update")

BLOCK: Final = Block(
    secrets=True,
    name="slack",
    fields=(
        BlockField(name="username"),
        BlockField(name="icon"),
        BlockField(name="attachments", form="structure", escape="slack"),
        BlockField(name="blocks", form="structure", escape="slack"),
        BlockField(name="groupingKey"),
        BlockField(name="notifyBroadcast"),
        BlockField(name="deliveryPolicy", form="literal"),
        BlockField(name="thread", form="literal"),
    ),
    merge="block",
    message_escape="slack",
)

_EMOJI: Final = re.compile(r":[^:\s]{1,100}:")


class Payload(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is stored of one message: the arguments of `chat.postMessage` without the token, and
    where it belongs.

    `key` names the thread, "" for none; its first message is known under it.
    """

    arguments: dict[str, Any]
    key: str = ""
    policy: str = "Post"
    broadcast: bool = False


DECODER: Final = msgspec.json.Decoder(Payload)
_ENCODER: Final = msgspec.json.Encoder(order="deterministic")


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackOptions(transport.Transport):
    """A workspace as this service speaks to it."""

    token: Secret
    api_url: str = API
    """Base of the API, with its final slash."""
    username: str = ""
    icon: str = ""
    unfurl: bool = True


class Slack(ServiceType):
    """The pure half."""

    name = "slack"
    block = BLOCK
    secret_fields = transport.SECRET_FIELDS | {"token", "apiURL", "signingSecret"}

    @override
    def options(self, raw: Mapping[str, Any]) -> tuple[SlackOptions, Sequence[str]]:
        known = ("token", "apiURL", "username", "icon", "disableUnfurl", "insecureSkipVerify")
        given = reading.transport(raw, known, idle=("channels", "signingSecret", "oauth2"))
        token = given.required("token", "write token: $name-of-the-key")
        if not (token.isascii() and token.strip().isprintable() and token.strip()):
            raise given.wrong("token", "holds characters that no token has")
        icon = given.text("icon")
        if icon and not _icon(icon):
            given.warn("icon", "is neither :emoji: nor an http(s) URL: no icon is shown")
        options = SlackOptions(
            token=Secret(token.strip()),
            api_url=_api_url(given),
            username=given.text("username"),
            icon=icon,
            unfurl=not given.flag("disableUnfurl"),
            **transport.common(given),
        )
        return options, given.warnings

    @override
    def compose(
        self, message: Message, options: SlackOptions, composition: Composition
    ) -> Sequence[Composed]:
        recipient = composition.destination.recipient
        if not recipient.strip():
            return []
        if refused := options.forbids(recipient):
            return [Composed(payload=b"", recipient=recipient, refused=refused)]
        block: dict[str, Any] | None = None
        if message.block is not None:
            block = texts.encodable(dict(message.block))
        payload = Payload(
            arguments=_arguments(message, block, options, composition),
            key=_key(block or {}, composition),
            policy=_policy(block or {}),
            broadcast=is_true((block or {}).get("notifyBroadcast")),
        )
        return [Composed(payload=_ENCODER.encode(payload), recipient=recipient)]

    @override
    def shorten(self, payload: bytes) -> bytes | None:
        """Return the message as plain text without metadata; None if it is that already."""
        whole = DECODER.decode(payload)
        given = whole.arguments
        dressed = [given.get("blocks"), given.get("attachments")]
        text = given["text"] or slack_limits.first_text(dressed) or "(a message without text)"
        short = {name: value for name, value in given.items() if name not in _DRESS}
        short["text"] = texts.cut(text, slack_limits.SHORT_TEXT)
        if short == given:
            return None
        return _ENCODER.encode(msgspec.structs.replace(whole, arguments=short))


TYPE: Final = Slack()

_DRESS: Final = frozenset({"blocks", "attachments", "metadata"})


def build(**resources: Any) -> Any:
    """Build the acting half from `session`, `guard` and `clock`."""
    from notifier.services import slack_calls

    return slack_calls.SlackService(
        session=resources["session"], guard=resources["guard"], clock=resources["clock"]
    )


def encode(arguments: Any) -> bytes:
    """Return the bytes of a request."""
    return _ENCODER.encode(arguments)


def rate_key(channel: str) -> str:
    """Return what shares one rate limit: a channel, however it is written."""
    return channel.strip().lstrip("#").casefold()


# --- options ----------------------------------------------------------------------------------


def _api_url(given: reading.Options) -> str:
    """Return the base with exactly one final slash, whether it was written or not."""
    url = given.text("apiURL", API).strip() or API
    try:
        parts = urllib.parse.urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:
        usable = False
    if not usable or not url.isascii() or not url.isprintable() or "?" in url or "#" in url:
        raise given.wrong("apiURL", f"is no URL: write {API}")
    return url.rstrip("/") + "/"


def _icon(icon: str) -> dict[str, str]:
    """Return the argument for an icon; empty for one that is neither emoji nor URL."""
    if _EMOJI.fullmatch(icon):
        return {"icon_emoji": icon}
    if icon.startswith(("https://", "http://")) and icon.isprintable() and " " not in icon:
        return {"icon_url": icon}
    return {}


# --- the message ------------------------------------------------------------------------------


def _arguments(
    message: Message,
    block: Mapping[str, Any] | None,
    options: SlackOptions,
    composition: Composition,
) -> dict[str, Any]:
    """Return the arguments of `chat.postMessage`. With a block, blocks and attachments are always
    there, if only as empty arrays (upstream's rule)."""
    arguments: dict[str, Any] = {
        "channel": texts.encodable(composition.destination.recipient),
        "text": texts.cut(texts.encodable(message.text), slack_limits.TEXT),
        "metadata": {
            "event_type": "rollout_notification",
            "event_payload": {
                "delivery_id": composition.delivery_id,
                "trigger": composition.event.transition.trigger,
            },
        },
    }
    given = block or {}
    if block is not None:
        found = _array(message, "attachments", given.get("attachments"))
        filled = slack_blocks.filled_attachments(found)
        arguments["attachments"] = slack_limits.attachments(filled)
        found = _array(message, "blocks", given.get("blocks"))
        arguments["blocks"] = slack_limits.blocks(slack_blocks.filled(found))
    if username := given.get("username") or options.username:
        arguments["username"] = texts.one_line(username, 80)
    arguments |= _icon(str(given.get("icon") or options.icon))
    if not options.unfurl:
        arguments |= {"unfurl_links": False, "unfurl_media": False}
    return arguments


def _array(message: Message, name: str, value: Any) -> list[Any]:
    """Return a list as it is, a text read as JSON; empty text is none. Raises
    `EvaluationError`."""
    if isinstance(value, list):
        return value
    if not isinstance(value, str):
        found = [value] if value else []
    elif not value.strip():
        found = []
    else:
        try:
            decoded = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError) as error:
            raise _fault(message, name, f"is not valid JSON: {error}") from None
        found = texts.encodable(decoded) if isinstance(decoded, list) else []
        if not isinstance(decoded, list) and decoded is not None:
            raise _fault(message, name, "must be a JSON array: put it into [ ]")
    return found


def _fault(message: Message, name: str, what: str) -> EvaluationError:
    templates = ", ".join(message.templates) or "slack"
    return EvaluationError(templates, f"{name} {what}", field=f"slack.{name}")


def _policy(block: Mapping[str, Any]) -> str:
    """Return the delivery policy; anything but the three words is Post (upstream's rule)."""
    policy = block.get("deliveryPolicy")
    return policy if isinstance(policy, str) and policy in POLICIES else POLICIES[0]


def is_true(value: Any) -> bool:
    """Say whether `notifyBroadcast` is true, written or rendered."""
    return value is True or str(value).strip().lower() == "true"


def _key(block: Mapping[str, Any], composition: Composition) -> str:
    """Return the name of the thread a message belongs to, "" for none.

    Made of scope, service, channel and grouping key, so threads of tenants never meet.
    """
    group = str(block.get("groupingKey") or "")
    if not group and block.get("thread") == "rollout":
        group = f"{composition.event.transition.rollout.uid}\0{composition.revision}"
    if not group:
        return ""
    to = composition.destination
    parts = (to.scope, to.service, rate_key(to.recipient), group)
    data = "\0\0".join(parts).encode(errors="replace")
    return "slack/" + hashlib.blake2b(data, digest_size=16).hexdigest()
