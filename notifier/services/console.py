"""Console: the merged message on standard output, for the command line and for demos
(spec/services.md 5)."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final, TextIO

import yaml
from typing_extensions import override

from notifier.core.model import Destination
from notifier.core.service import (
    Composed,
    Composition,
    Delivered,
    Message,
    Outgoing,
    ServiceType,
)
from notifier.ports import Service
from notifier.services import options as reading
from notifier.services import slack, slack_blocks, texts

_ALWAYS_SHOWN: Final[Mapping[str, Any]] = {
    "deliveryPolicy": "Post",
    "groupingKey": "",
    "notifyBroadcast": False,
}
"""Fields that a Slack block shows even if they are not set (upstream's rule)."""


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleOptions:
    """There is nothing to configure."""


class Console(ServiceType):
    """The pure half. It shows the Slack block, the richest that most templates have."""

    name = "console"
    block = dataclasses.replace(slack.BLOCK, message_escape="none")
    secret_fields: frozenset[str] = frozenset()

    @override
    def options(self, raw: Mapping[str, Any]) -> tuple[ConsoleOptions, Sequence[str]]:
        return ConsoleOptions(), reading.Options(raw, ()).warnings

    @override
    def compose(
        self, message: Message, options: ConsoleOptions, composition: Composition
    ) -> Sequence[Composed]:
        text = as_yaml(message, self.block.name)
        return [Composed(payload=text.encode(), recipient=composition.destination.recipient)]

    @override
    def shorten(self, payload: bytes) -> bytes | None:
        return None


TYPE: Final = Console()


class ConsoleService(Service):
    """Writes to a stream; for people (a terminal) with a heading, else as YAML documents."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    @override
    async def send(self, outgoing: Outgoing, options: ConsoleOptions) -> Delivered:
        delivery = outgoing.delivery
        text = delivery.payload.decode()
        if self._out.isatty():
            text = readable(
                text, f"{delivery.trigger} {delivery.rollout.path}", delivery.destination
            )
        if outgoing.late_s:
            text += f"# {texts.late(outgoing.late_s)}\n"
        self._out.write(text if self._out.isatty() else f"---\n{text}")
        self._out.flush()
        return Delivered()

    @override
    async def close(self) -> None:
        """The stream is not ours to close."""


def build(**resources: Any) -> ConsoleService:
    """Build the acting half; `out` is the stream, standard output if absent."""
    return ConsoleService(resources.get("out") or sys.stdout)


def as_yaml(message: Message, block: str) -> str:
    """Return a message as YAML with sorted keys, its block under the block's name; control
    characters come out escaped."""
    shown: dict[str, Any] = {"message": message.text}
    if message.block is not None:
        given = dict(message.block)
        shown[block] = _as_slack(given) if block == slack.BLOCK.name else given
    return yaml.dump(
        texts.encodable(shown),
        Dumper=_Dumper,
        sort_keys=True,
        allow_unicode=True,
        default_flow_style=False,
        width=100,
    )


def readable(text: str, heading: str, to: Destination) -> str:
    """Return a message for a terminal: where it goes, its first line, then the details."""
    shown = yaml.safe_load(text)  # our own output
    first, _, rest = str(shown.get("message", "")).partition("\n")
    where = ":".join(part for part in (to.service, to.recipient) if part)
    lines = [texts.escaped(first), *map(texts.escaped, rest.splitlines())]
    return f"[{texts.escaped(heading)} → {texts.escaped(where)}]\n" + "\n".join(lines) + "\n\n"


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks, as people would."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    clean = texts.escaped(text) if any(each in text for each in _DIRECTIONS) else text
    style = "|" if "\n" in clean else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", clean, style=style)


_DIRECTIONS: Final = "\x85\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
"""Printable to YAML, but they end a line of a terminal or turn it round."""

_Dumper.add_representer(str, _text)


def _as_slack(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a Slack block as Slack gets it: what came out empty does not appear."""
    shown = {**_ALWAYS_SHOWN, **given}
    shown["notifyBroadcast"] = slack.is_true(shown["notifyBroadcast"])
    if isinstance(shown.get("blocks"), list):
        shown["blocks"] = slack_blocks.filled(shown["blocks"])
    if isinstance(shown.get("attachments"), list):
        shown["attachments"] = slack_blocks.filled_attachments(shown["attachments"])
    return shown
