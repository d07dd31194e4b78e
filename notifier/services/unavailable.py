"""The types upstream has and we do not yet (spec/services.md 7): a configuration that uses one
loads, its templates compile, and its deliveries say that the type is not available. One table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from typing_extensions import override

from notifier.core.errors import Misconfigured, Reason
from notifier.core.service import (
    Block,
    BlockField,
    Composed,
    Composition,
    Delivered,
    Message,
    Outgoing,
    ServiceType,
)
from notifier.ports import Service
from notifier.services import texts


@dataclass(frozen=True, slots=True)
class Row:
    """A type: its options that are credentials or addresses, and its template fields."""

    secrets: str
    fields: str = ""
    merge: Literal["fields", "block"] = "block"


TYPES: Final[Mapping[str, Row]] = {
    "alertmanager": Row("targets basicAuth bearerToken", "labels annotations generatorURL"),
    "awssqs": Row("key secret endpointUrl", "messageAttributes messageGroupId"),
    "gcppubsub": Row("keyFile", "attributes"),
    "github": Row(
        "privateKey enterpriseBaseURL",
        "repoURLPath revisionPath status deployment pullRequestComment checkRun repositoryDispatch",
    ),
    "googlechat": Row("webhooks", "cards cardsV2 threadKey", "fields"),
    "grafana": Row("apiUrl apiKey"),
    "mattermost": Row("apiURL token", "attachments"),
    "nats": Row("url nkey username password"),
    "newrelic": Row("apiKey apiURL", "revision changelog description user"),
    "opsgenie": Row(
        "apiUrl apiKeys",
        "description priority alias note actions tags details entity visibleTo user",
    ),
    "pagerduty": Row("token", "title body urgency priorityId"),
    "pagerdutyv2": Row("serviceKeys", "summary severity source component group class url dedupKey"),
    "pushover": Row("token"),
    "rocketchat": Row("serverUrl email password", "attachments"),
    "teams": Row(
        "recipientUrls",
        "template title summary text themeColor facts sections potentialAction",
        "fields",
    ),
    "teams-workflows": Row(
        "recipientUrls",
        "template title summary text themeColor facts sections potentialAction adaptiveCard",
        "fields",
    ),
    "telegram": Row("token"),
    "webex": Row("token apiURL"),
}


class Unavailable(ServiceType):
    """The pure half of any of them."""

    def __init__(self, name: str, row: Row) -> None:
        self.name = name
        self.secret_fields = frozenset(row.secrets.split())
        fields = tuple(BlockField(name=each, form="structure") for each in row.fields.split())
        self.block = Block(name=name, fields=fields, merge=row.merge)

    @override
    def options(self, raw: Mapping[str, Any]) -> tuple[str, Sequence[str]]:
        return self.name, (f"{missing(self.name)}; messages to it are not sent",)

    @override
    def compose(
        self, message: Message, options: str, composition: Composition
    ) -> Sequence[Composed]:
        text = texts.encodable(message.text)
        return [Composed(payload=text.encode(), recipient=composition.destination.recipient)]

    @override
    def shorten(self, payload: bytes) -> bytes | None:
        return None


class UnavailableService(Service):
    """The acting half: says so."""

    @override
    async def send(self, outgoing: Outgoing, options: str) -> Delivered:
        raise Misconfigured(Reason.CONFIGURATION, missing(options))

    @override
    async def close(self) -> None:
        """There is nothing to release."""


def missing(name: str) -> str:
    """Say that a type is not available."""
    return f"service type {name} not available"


def build(**_: Any) -> UnavailableService:
    """Build the acting half."""
    return UnavailableService()
