"""Why a rollout did or did not notify: what was seen, who listens, what was decided, what was sent.

Pure: ledger rows and configurations in, one JSON object out, in the order of spec/operations.md 5.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from notifier.core import decoding, lifecycle, subscriptions
from notifier.core.annotations import parse as parse_annotations
from notifier.core.configuration import Configuration
from notifier.core.errors import Reason
from notifier.core.model import Decision, Delivery, Event, JsonObject, State, Verdict
from notifier.core.triggers import Trigger
from notifier.web import shapes

_HINTS: Final[Mapping[Decision, str]] = {
    Decision.SENT: "",
    Decision.NO_SUBSCRIPTION: "annotate the Rollout with"
    " notifications.argoproj.io/subscribe.{trigger}.<service>: <recipient>",
    Decision.UNKNOWN_SERVICE: "no scope configures a service of this name",
    Decision.UNKNOWN_TRIGGER: "no scope knows a trigger of this name;"
    " a trigger of another namespace is not visible here",
    Decision.CONDITION_FALSE: "the trigger's `when` did not hold",
    Decision.CONDITION_ERROR: "the trigger's `when` could not be evaluated;"
    " try it with `notifier render --trigger {trigger}`",
    Decision.OPEN_OCCURRENCE: "the trigger's `when` does not hold yet: sent as soon as it does",
    Decision.ONCE_PER: "already sent for this `oncePer` value",
    Decision.DUPLICATE: "the same message already goes to the same place",
    Decision.BASELINE: "what already holds at the first look is not announced; it is sent when"
    " `when` turns true the next time",
    Decision.MUTED: "the annotation notifications.argoproj.io/mute-until is in force",
    Decision.QUOTA: "the namespace sent too many messages in a short time",
    Decision.RECIPIENT_NOT_ALLOWED: "the service does not allow this recipient for this namespace",
    Decision.CONFIG_ERROR: "a configuration key is broken; see `notifier check` or /api/v1/config",
    Decision.NEVER_FIRES: "this trigger needs a `when`; without one it never fires",
    Decision.NOT_OBSERVED: "the watch this trigger needs is missing; see /readyz?verbose",
    Decision.SUPERSEDED: "a newer state made the message pointless",
    Decision.EXPIRED: "it waited longer than its maximum age",
}

_DELIVERY_HINTS: Final[Mapping[Reason, str]] = {
    Reason.RECIPIENT: "the receiver refuses this recipient: invite the bot to the channel,"
    " or correct the name",
    Reason.CREDENTIAL: "the credential is refused: renew it in the Secret; it is tried again then",
    Reason.NOT_FOUND: "the receiver does not know this address; given up after 15 minutes",
    Reason.CERTIFICATE: "the receiver's certificate is not trusted",
    Reason.BLOCKED: "the address is not allowed; see delivery.allow_addresses",
    Reason.REDIRECT: "the receiver redirects: configure the final address",
    Reason.PAYLOAD: "the receiver refuses the message itself:"
    " look at it with `notifier deliveries show`",
    Reason.CONFIGURATION: "the service's configuration is wrong; see `notifier check`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the store knows of one rollout, newest first."""

    events: Sequence[tuple[Event, Sequence[Verdict]]]
    deliveries: Sequence[Delivery]


def explain(
    namespace: str,
    name: str,
    ledger: Ledger,
    rollout: JsonObject | None,
    configurations: Sequence[Configuration],
) -> JsonObject:
    """Return the explanation of one rollout. `rollout` is the object now, None if it is gone."""
    return {
        "apiVersion": shapes.API_VERSION,
        "rollout": f"{namespace}/{name}",
        "exists": rollout is not None,
        "observed": [shapes.event(event, []) for event, _ in ledger.events],
        "listeners": _listeners(rollout, configurations) if rollout is not None else [],
        "decisions": [
            _decision(event, verdict, configurations)
            for event, verdicts in ledger.events
            for verdict in verdicts
        ],
        "deliveries": [_delivery(row) for row in ledger.deliveries],
        "problems": [
            *(
                {"scope": configuration.scope, **shapes.problem(problem)}
                for configuration in configurations
                for problem in configuration.problems
            ),
            *_annotation_problems(rollout, configurations),
        ],
        "hint": _overall(ledger, rollout),
    }


def _listeners(
    rollout: JsonObject, configurations: Sequence[Configuration]
) -> Sequence[JsonObject]:
    """Return every subscription in force now, per scope, and what is wrong with the rest."""
    listeners: list[JsonObject] = []
    for configuration in configurations:
        for trigger in sorted(configuration.triggers):
            resolved = subscriptions.resolve(trigger, rollout, configuration)
            listeners += [
                {
                    "scope": one.scope,
                    "source": one.source,
                    "trigger": one.trigger,
                    "service": one.service,
                    "recipient": one.recipient,
                    "known": one.service in configuration.services,
                    "hint": _trigger_hint(configuration.triggers[trigger])
                    or _service_hint(one.service, configurations),
                }
                for one in resolved.subscriptions
            ]
    return listeners


def _annotation_problems(
    rollout: JsonObject | None, configurations: Sequence[Configuration]
) -> Sequence[JsonObject]:
    """Return what is wrong with the Rollout's annotations, triggers that nobody knows included."""
    metadata = (rollout or {}).get("metadata") or {}
    read = parse_annotations(metadata.get("annotations") or {}, document="annotations")
    known = lifecycle.ALL.union(
        *({*each.triggers, *each.broken_triggers} for each in configurations)
    )
    for wish in read.wishes:
        for trigger in set(wish.triggers or ()) - known:
            fix = decoding.did_you_mean(trigger, known)
            read.warn(wish.source, f"no trigger {trigger} exists, so this never sends", fix)
    return [{"scope": "this Rollout", **shapes.problem(problem)} for problem in read.problems]


def _decision(
    event: Event, verdict: Verdict, configurations: Sequence[Configuration]
) -> JsonObject:
    trigger = verdict.trigger or event.transition.trigger
    hint = _HINTS[verdict.decision].format(trigger=trigger)
    if verdict.decision is Decision.UNKNOWN_SERVICE:
        hint = _service_hint(verdict.service, configurations) or hint
    return {
        "event": event.id,
        "observed": shapes.moment(event.observed_at),
        **shapes.verdict(verdict),
        "trigger": trigger,
        "hint": hint,
    }


def _trigger_hint(trigger: Trigger) -> str:
    """Say that a trigger cannot fire: no change has its name, and no condition looks for one."""
    if trigger.name in lifecycle.ALL or any(each.when for each in trigger.conditions):
        return ""
    return _HINTS[Decision.NEVER_FIRES]


def _service_hint(service: str, configurations: Sequence[Configuration]) -> str:
    """Say what a service is really called, or why it is disabled; empty if it is fine."""
    names = {name for configuration in configurations for name in configuration.services}
    if service in names:
        return ""
    for configuration in configurations:
        if reason := configuration.broken_services.get(service):
            return f"the service is disabled: {reason}"
        same_type = [s.name for s in configuration.services.values() if s.type.name == service]
        if same_type:
            return f"the configuration calls it {', '.join(sorted(same_type))}"
    near = difflib.get_close_matches(service, names, n=1)
    return f"did you mean {near[0]}?" if near else "no service of this name is configured"


def _delivery(row: Delivery) -> JsonObject:
    hint = ""
    if row.state is not State.DELIVERED and row.reason in set(Reason):
        hint = _DELIVERY_HINTS.get(Reason(row.reason), "")
    return {**shapes.delivery(row), "hint": hint}


def _overall(ledger: Ledger, rollout: JsonObject | None) -> str:
    """Say in one sentence why there is nothing to see, if there is nothing."""
    if ledger.events:
        return ""
    if rollout is None:
        return "no such Rollout, and nothing is recorded of one: check namespace and name"
    return (
        "no transition was seen since this Rollout was first observed: the first sight is a"
        " baseline and announces nothing; the next update will"
    )
