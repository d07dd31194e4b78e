"""What the shipped catalogue sends: compiled, rendered and composed as the daemon does it."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from functools import cache
from importlib import resources
from typing import Any, cast

from notifier.core import catalogue, configuration, context, templates
from notifier.core.configuration import Configuration
from notifier.core.model import Destination
from notifier.core.service import Block, Composition, Message, ServiceType
from notifier.services import email as email_service
from notifier.services import slack, webhook
from tests.catalogue import recorded
from tests.catalogue.recorded import Occasion

TYPES: Mapping[str, ServiceType] = {
    "slack": slack.TYPE,
    "email": email_service.TYPE,
    "webhook": webhook.TYPE,
}
OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "slack": {"token": "xoxb-1"},
    "email": {"host": "mail.example.com", "port": 587, "from": "rollouts@example.com"},
    "webhook": {"url": "https://hooks.example.com/rollouts"},
}
RECIPIENTS = {"slack": "deploys", "email": "team@example.com", "webhook": ""}
CONTEXT = {
    "dashboardUrl": "https://dash.example.com/rollouts?a=1&b=2",
    "runbookUrl": "https://docs.example.com/runbook",
}
NO_BLOCK = Block(name="")
"""The block of a service that shows the message alone."""


def files() -> dict[str, str]:
    """Return the shipped items as they are in the package."""
    return {
        f"{folder}{item.name}": item.read_text(encoding="utf-8")
        for folder in (catalogue.TRIGGERS, catalogue.TEMPLATES)
        for item in resources.files("notifier._catalogue").joinpath(folder.rstrip("/")).iterdir()
        if item.name.endswith(catalogue.SUFFIX)
    }


@cache
def shipped() -> Configuration:
    """Return the compiled catalogue; a fault in it is ours."""
    loaded = catalogue.load(files(), TYPES)
    assert not loaded.problems, [str(problem) for problem in loaded.problems]
    return loaded


@cache
def configured() -> Configuration:
    """Return the catalogue under a ConfigMap that adds two links."""
    compiled = configuration.compile_configuration(
        {"context": json.dumps(CONTEXT)},
        {},
        shipped(),
        TYPES,
        document="test",
        cluster=recorded.CLUSTER,
    )
    assert not compiled.problems, [str(problem) for problem in compiled.problems]
    return compiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What every receiver gets of one occasion."""

    message: str
    slack: dict[str, Any]
    email: EmailMessage
    webhook: dict[str, Any]

    @property
    def document(self) -> dict[str, Any]:
        """The webhook's body as a value."""
        return cast("dict[str, Any]", json.loads(self.webhook["body"]))


def variables(occasion: Occasion) -> dict[str, Any]:
    """Return the variables of an occasion."""
    return context.variables(
        occasion.event, occasion.evidence, configured().context, now=occasion.now
    )


def send(occasion: Occasion) -> Sent:
    """Render and compose for every service."""
    found = variables(occasion)
    mail = json.loads(_payload(occasion, found, "email"))["mail"]
    return Sent(
        message=_rendered(occasion, found, NO_BLOCK, "console").text,
        slack=json.loads(_payload(occasion, found, "slack")),
        email=cast("EmailMessage", email.message_from_string(mail, policy=email.policy.default)),
        webhook=json.loads(_payload(occasion, found, "webhook")),
    )


def _rendered(occasion: Occasion, found: dict[str, Any], block: Block, service: str) -> Message:
    """Render the templates that the occasion's trigger sends."""
    known = configured()
    (condition,) = known.triggers[occasion.trigger].conditions
    chosen = [known.templates[name] for name in condition.send]
    return templates.render(
        chosen, block, service, found | {"recipient": "", "serviceType": service}
    )


def _payload(occasion: Occasion, found: dict[str, Any], kind: str) -> bytes:
    """Compose for one service."""
    service = TYPES[kind]
    message = _rendered(occasion, found, service.block, kind)
    options, _ = service.options(dict(OPTIONS[kind]))
    to = Destination(scope="central", service=kind, service_type=kind, recipient=RECIPIENTS[kind])
    composition = Composition(
        event=occasion.event,
        destination=to,
        delivery_id="dlv_1",
        cluster=recorded.CLUSTER,
        revision=str(found["change"]["revision"]),
    )
    (composed,) = service.compose(message, options, composition)
    return composed.payload
