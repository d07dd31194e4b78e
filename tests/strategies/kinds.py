"""Service types as configuration sees them: options, secret fields and blocks, no sending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.core.service import Block, BlockField, Composed, Composition, Message, ServiceType


@dataclass(frozen=True)
class Kind:
    """A service type whose options are its raw mapping, once the known fields are checked."""

    name: str
    block: Block
    secret_fields: frozenset[str] = frozenset()
    known: tuple[str, ...] = ()
    numbers: tuple[str, ...] = field(default=())

    def options(self, raw: Mapping[str, Any]) -> tuple[Any, Sequence[str]]:
        """Return the options; a number written as text is an error, an unknown name a warning."""
        for name in self.numbers:
            if isinstance(raw.get(name), str):
                raise ValueError(  # noqa: TRY004 - the contract of options
                    f"{name}: {raw[name]!s} is no number, remove the quotes"
                )
        return dict(raw), [f"{name}: unknown option" for name in raw if name not in self.known]

    def compose(
        self,
        message: Message,
        options: Any,  # noqa: ARG002 - a contract
        composition: Composition,  # noqa: ARG002
    ) -> Sequence[Composed]:
        """Return the text as the payload."""
        return [Composed(payload=message.text.encode(), recipient="")]

    def shorten(self, payload: bytes) -> bytes | None:  # noqa: ARG002 - a contract
        """Return nothing."""
        return None


SLACK = Kind(
    name="slack",
    block=Block(
        name="slack",
        fields=(
            BlockField(name="username"),
            BlockField(name="icon"),
            BlockField(name="attachments", form="structure", escape="slack"),
            BlockField(name="blocks", form="structure", escape="slack"),
            BlockField(name="groupingKey"),
            BlockField(name="notifyBroadcast", form="literal"),
            BlockField(name="deliveryPolicy", form="literal"),
        ),
        merge="block",
        message_escape="slack",
    ),
    secret_fields=frozenset({"token", "apiURL"}),
    known=("token", "apiURL", "username", "icon"),
)
EMAIL = Kind(
    name="email",
    block=Block(
        name="email",
        fields=(
            BlockField(name="subject"),
            BlockField(name="body", escape="html"),
            BlockField(name="replyTo"),
            BlockField(name="headers", form="map"),
        ),
        merge="fields",
    ),
    secret_fields=frozenset({"host", "username", "password"}),
    known=("host", "port", "from", "username", "password"),
    numbers=("port",),
)
WEBHOOK = Kind(
    name="webhook",
    block=Block(
        name="webhook",
        fields=(
            BlockField(name="method", form="literal"),
            BlockField(name="path"),
            BlockField(name="body", form="structure"),
            BlockField(name="headers", form="map"),
        ),
        merge="by_service",
    ),
    secret_fields=frozenset({"url", "basicAuth"}),
    known=("url", "headers", "basicAuth"),
)
CONSOLE = Kind(name="console", block=Block(name=""))

KINDS: dict[str, ServiceType] = {kind.name: kind for kind in (SLACK, EMAIL, WEBHOOK, CONSOLE)}
