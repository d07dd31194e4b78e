"""What the core knows of a delivery service: its options, its template block, how it composes.

The service modules implement `ServiceType`; planning calls it. Nothing here does I/O.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from notifier.core import circuits, retry
from notifier.core.model import Delivery, Destination, Event


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockField:
    """One field of a template's block.

    `text` is a template; `structure` is a text template or a YAML structure whose string leaves are
    templates; `literal` is taken as it stands; `map` is a mapping of names to text templates.
    `escape` names how data is defused there: nothing, Slack control characters, or HTML.
    """

    name: str
    form: Literal["text", "structure", "literal", "map"] = "text"
    escape: Literal["none", "slack", "html"] = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The template block of a service type and how several templates of one `send` merge in it.

    `merge`: `fields` = field by field, last non-empty wins; `block` = a later template that has the
    block overwrites all of it; `by_service` = a map by service name, whole entries
    (spec/configuration.md 7.2). `message_escape` is how data in `message` is defused.
    `for_programs`: programs read what is sent; they need every message and no digest. `secrets`:
    a template may print listed secrets into it; they are joined in when sending.
    """

    name: str
    fields: Sequence[BlockField] = ()
    merge: Literal["fields", "block", "by_service"] = "fields"
    message_escape: Literal["none", "slack", "html"] = "none"
    for_programs: bool = False
    secrets: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A rendered message: the text, and the block of the destination's service type.

    `block` is None if no template of the send has one; its leaves are rendered strings, its
    literals as in the configuration. `late`/recovered marks are the templates' own affair.
    """

    text: str
    block: Mapping[str, Any] | None = None
    templates: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What a service needs to know beside the message to compose its payload."""

    event: Event
    destination: Destination
    delivery_id: str
    cluster: str = ""
    revision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """One payload for one recipient. Most services compose one; e-mail one per address.

    `slot` tells the payloads of one destination apart in the delivery id (empty if only one).
    `refused` says why nothing may be sent to the recipient: there is no payload then.
    """

    payload: bytes
    recipient: str
    slot: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """How the messages of one service are tried; options that have a say in it extend this.

    `timeout_s` is the deadline of one attempt, `max_age_s` how long a message is worth sending;
    None leaves either to the daemon (spec/services.md 1, 6.4). `policy` are the waits between
    attempts.
    """

    timeout_s: float | None = None
    max_age_s: float | None = None
    policy: retry.Policy = field(default=retry.DEFAULT, hash=False)
    rate: circuits.Rate | None = None
    """Messages that one recipient takes; None for what its service type is known to take."""


DAEMON_TERMS: Final = Terms()
"""Those of a service whose options say nothing."""


class ServiceType(Protocol):
    """A kind of receiver, known to the registry by `name`: pure half of a service module."""

    name: str
    block: Block
    secret_fields: frozenset[str]
    """Option names that are credentials or addresses: an unresolved `$reference` there disables
    the service."""

    def options(self, raw: Mapping[str, Any]) -> tuple[Any, Sequence[str]]:
        """Decode the options (field names as upstream, case-insensitive); return them with
        warnings.

        Raises `ValueError` with the field and the fix in its text.
        """
        ...

    def compose(
        self, message: Message, options: Any, composition: Composition
    ) -> Sequence[Composed]:
        """Return the bytes of each attempt; pure, deterministic, without credentials."""
        ...

    def shorten(self, payload: bytes) -> bytes | None:
        """Return a plain-text version of a refused payload, or None if there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One attempt at a delivery, as `Service.send` gets it.

    `references` are the stored values (threads, messages to edit) of the keys the payload named;
    `late_s` is how late the first attempt starts, 0 below the mark; `repeat_of_ambiguous` says
    that an
    earlier attempt may have arrived.
    """

    delivery: Delivery
    references: Mapping[str, str] = field(default_factory=dict)
    late_s: float = 0.0
    repeat_of_ambiguous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The receiver accepted. `reference` is its name for the message; `remember` goes to the
    store."""

    reference: str = ""
    status: int | None = None
    remember: Mapping[str, str] = field(default_factory=dict)
