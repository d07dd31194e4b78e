"""`plan()`: one event and its evidence to deliveries, and a verdict for every "no". Pure.

Everything a person can ask later ("why was I not told?") is answered by a verdict written here.
An error is never a "no": a template that fails is replaced by plain text, a condition that fails
is a verdict of its own.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from msgspec.structs import replace

from notifier.core import across, durations, exports, former, subscriptions
from notifier.core.across import Received
from notifier.core.configuration import Configuration
from notifier.core.context import Evidence
from notifier.core.errors import DETAIL_LIMIT, NotifierError
from notifier.core.model import Decision, Delivery, Event, State, Subscription, Verdict
from notifier.core.outside import NOTHING, Pending, Rendered, Task
from notifier.core.rulings import AtOnce, Judge, Listener, Refused, Ruling
from notifier.core.scopes import Scope
from notifier.core.service import Composed, Composition
from notifier.core.subscriptions import Resolved
from notifier.core.triggers import Condition, Fired
from notifier.core.wishes import Wish

QUOTA: Final = 50
"""Destinations that one event of a rollout may have (spec/configuration.md 5.2)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the operator's settings say about planning: the cluster's name, maximum ages per kind
    over the defaults, whether everything but sending is done, and the namespace of the central
    configuration."""

    cluster: str = ""
    namespace: str = ""
    max_age_s: Mapping[str, float] = field(default_factory=dict)
    shadow: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTemplate:
    """Templates of one `send` that failed and were replaced by plain text."""

    engine: str
    scope: str
    template: str
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one event leads to.

    `dropped` counts duplicates of subscriptions; `failed` are the templates that were replaced by
    plain text. A plan with `pending` is only a draft: these texts have to be rendered outside, then
    the event is planned once more.
    """

    verdicts: Sequence[Verdict]
    deliveries: Sequence[Delivery]
    dropped: int = 0
    failed: Sequence[FailedTemplate] = ()
    pending: Sequence[Task] = ()


def plan(
    event: Event,
    evidence: Evidence,
    configurations: Sequence[Configuration],
    *,
    now: float,
    policy: Policy | None = None,
    judge: Judge | None = None,
    told: tuple[str, ...] = (),
    rendered: Rendered = NOTHING,
    full: str = "",
) -> Plan:
    """Decide who is told what about one event. Idempotent: equal arguments, equal ids and bytes.

    `configurations` are those of the rollout's namespace and the central one, in this order; `now`
    is Unix seconds. `judge` rules on conditions (None: they hold now or never), `told` is what the
    former sender has sent (`core/former.py`), `rendered` holds the texts that an earlier draft of
    this plan wanted rendered outside (`Plan.pending`). `full` says why the namespace may have no
    more messages waiting, if so: then nothing is rendered and every destination is refused.
    """
    planner = _Planner(
        event=event,
        evidence=evidence,
        now=now,
        rendered=rendered,
        policy=policy or Policy(),
        judge=judge or AtOnce(),
        told=told,
        scopes=len(configurations),
        full=full,
    )
    for configuration in configurations:
        planner.consider(configuration)
    return planner.finished()


@dataclass(slots=True, kw_only=True)
class _Planner:
    """The plan of one event while it is made."""

    event: Event
    evidence: Evidence
    now: float
    policy: Policy
    judge: Judge
    told: tuple[str, ...]
    scopes: int
    rendered: Rendered
    full: str
    pending: list[Task] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    failed: list[FailedTemplate] = field(default_factory=list)
    dropped: int = 0
    considered: int = 0
    ids: set[str] = field(default_factory=set)
    received: Received = field(default_factory=Received)

    def consider(self, configuration: Configuration) -> None:
        """Serve the subscriptions of one scope."""
        name = self.event.transition.trigger
        resolved = subscriptions.resolve(name, self.evidence.rollout, configuration)
        if not self.judge.looks_back:
            self._report(resolved, configuration)
        if not resolved.subscriptions:
            return
        muted = (durations.moment(resolved.muted_until) or 0.0) > self.now
        scope = Scope(self.event, self.evidence, configuration, self.now, self.rendered)
        served = resolved.subscriptions[:QUOTA]
        self.considered += len(served)
        before = len(self.verdicts)
        for subscription in served:
            for wish in self._wishes(scope, subscription, muted=muted):
                self._serve(scope, wish)
        refused = len(resolved.subscriptions) - len(served)
        if refused and (len(self.verdicts) > before or not self.judge.looks_back):
            detail = f"more than {QUOTA} destinations: {refused} were left out"
            self._no(Decision.QUOTA, configuration, detail=detail)

    def _report(self, resolved: Resolved, configuration: Configuration) -> None:
        """Take over what was found out about the subscriptions themselves."""
        self.dropped += resolved.dropped
        for problem in resolved.problems:
            if problem.severity == "error":
                self._no(Decision.CONFIG_ERROR, configuration, source=problem.key, detail=problem)

    def finished(self) -> Plan:
        """Return the plan, with what can only be said at the end."""
        if not self.considered and not self.judge.looks_back:
            self.verdicts.append(
                Verdict(
                    event_id=self.event.id,
                    decision=Decision.NO_SUBSCRIPTION,
                    trigger=self.event.transition.trigger,
                    detail="neither annotations nor the global subscriptions name this trigger",
                )
            )
        return Plan(
            verdicts=tuple(across.without_served_elsewhere(self.verdicts)),
            deliveries=tuple(self.deliveries),
            dropped=self.dropped,
            failed=tuple(self.failed),
            pending=tuple(self.pending),
        )

    def _wishes(self, scope: Scope, subscription: Subscription, *, muted: bool) -> Iterator[Wish]:
        """Yield the conditions that hold for a subscription; a verdict for each that does not."""
        configuration = scope.configuration
        spec = configuration.services.get(subscription.service)
        for condition in self._conditions(configuration, subscription):
            listener = Listener(subscription, condition)
            ruling = self.judge.rule(listener, partial(scope.evaluate, condition))
            ruling = self._untold(listener, ruling)
            if ruling is None:
                continue
            if isinstance(ruling, Refused):
                self._no(ruling.decision, configuration, subscription, condition, ruling.detail)
                continue
            if spec is None:
                self._no_service(configuration, subscription)
                continue
            granted = exports.granted(spec, subscription, self.event.transition.rollout.namespace)
            if granted is None:
                refused = Decision.RECIPIENT_NOT_ALLOWED
                self._no(refused, configuration, subscription, condition, exports.REFUSED)
                continue
            yield Wish(
                configuration=configuration,
                subscription=subscription,
                spec=granted,
                condition=condition,
                once=ruling.once,
                muted=muted,
            )

    def _conditions(
        self, configuration: Configuration, subscription: Subscription
    ) -> Sequence[Condition]:
        """Return the conditions that a subscription may be served by; none, and a verdict if the
        event is new, where trigger or service cannot be used."""
        trigger = configuration.triggers.get(subscription.trigger)
        if self.judge.looks_back:
            return trigger.conditions if trigger else ()
        if trigger is None:
            self._no_trigger(configuration, subscription)
            return ()
        if subscription.service not in configuration.services:
            self._no_service(configuration, subscription)
            return ()
        return trigger.conditions

    def _untold(self, listener: Listener, ruling: Ruling) -> Ruling:
        """Refuse what the former sender has sent for good (spec/configuration.md 8)."""
        if not isinstance(ruling, Fired) or not ruling.once:
            return ruling
        namespace = self.policy.namespace
        if not former.sent(self.told, listener, ruling.once, namespace=namespace):
            return ruling
        detail = f"the former sender has sent it for {ruling.once}"
        return Refused(Decision.ONCE_PER, detail)

    def _serve(self, scope: Scope, wish: Wish) -> None:
        """Render and compose for one destination; add its rows or the reason why there are
        none."""
        if self.full:
            self._refuse(wish, Decision.QUOTA, self.full)
            return
        try:
            message, error = scope.render(wish.condition, wish.spec, wish.subscription.recipient)
        except Pending as pending:
            self.pending.append(pending.task)
            return
        base = wish.identity(self.event, wish.destination, "")
        if self.scopes > 1 and (
            first := self.received.elsewhere(wish.spec, wish.subscription.recipient, message)
        ):
            detail = f"the {first} configuration sends the same to the same receiver"
            self._refuse(wish, Decision.DUPLICATE, detail)
            return
        if error:
            self._failed(scope, wish, error)
        composition = Composition(
            event=self.event,
            destination=wish.destination,
            delivery_id=base,
            cluster=self.policy.cluster,
            revision=str(self.event.transition.facts.get("revision", "")),
        )
        try:
            composed, fault = scope.compose(wish.spec, message, composition)
        except (NotifierError, ValueError) as problem:
            self._refuse(wish, Decision.CONFIG_ERROR, str(problem))
            return
        if fault:
            self._failed(scope, wish, fault)
        if not composed:
            self._refuse(wish, Decision.CONFIG_ERROR, "the recipient names nobody")
        for item in composed:
            self._add(wish, item, base, fault or error)

    def _failed(self, scope: Scope, wish: Wish, error: str) -> None:
        self.failed.append(
            FailedTemplate(
                engine=scope.engines(wish.condition),
                scope=wish.spec.scope,
                template=",".join(wish.condition.send),
                error=error,
            )
        )

    def _add(self, wish: Wish, item: Composed, base: str, error: str) -> None:
        """Add one row and its verdict; `base` is the id that all rows of a destination share."""
        if item.refused:
            reason = Decision.RECIPIENT_NOT_ALLOWED
            self._refuse(wish, reason, item.refused, recipient=item.recipient)
            return
        destination, identity = wish.destination, base
        if item.slot or item.recipient != destination.recipient:
            destination = replace(destination, recipient=item.recipient)
            identity = wish.identity(self.event, destination, item.slot)
        if identity in self.ids:
            self._refuse(wish, Decision.DUPLICATE, "already sent there for this event")
            return
        self.ids.add(identity)
        state = State.SHADOW if self.policy.shadow else State.PENDING
        state = State.MUTED if wish.muted else state
        self.deliveries.append(
            wish.delivery(
                self.event,
                identity,
                destination,
                item.payload,
                state=state,
                now=self.now,
                max_age_s=self.policy.max_age_s,
            )
        )
        detail = f"template failed, plain text sent instead: {error}" if error else ""
        if wish.once:
            detail = detail or f"once per {wish.once}: an earlier message of this id stands"
        decision = Decision.MUTED if wish.muted else Decision.SENT
        self._refuse(wish, decision, detail, delivery_id=identity, recipient=destination.recipient)

    def _no_trigger(self, configuration: Configuration, subscription: Subscription) -> None:
        fault = configuration.broken_triggers.get(subscription.trigger)
        if fault is not None:
            self._no(Decision.CONFIG_ERROR, configuration, subscription, detail=fault)
            return
        hint = _near(subscription.trigger, configuration.triggers)
        detail = f"no trigger of this name is configured{hint}"
        self._no(Decision.UNKNOWN_TRIGGER, configuration, subscription, detail=detail)

    def _no_service(self, configuration: Configuration, subscription: Subscription) -> None:
        name = subscription.service
        if (fault := configuration.broken_services.get(name)) is not None:
            self._no(Decision.CONFIG_ERROR, configuration, subscription, detail=fault)
            return
        named = [each for each, spec in configuration.services.items() if spec.type.name == name]
        hint = f": the configuration calls it {named[0]!r}" if named else ""
        hint = hint or _near(name, configuration.services)
        detail = f"no service of this name is configured{hint}"
        self._no(Decision.UNKNOWN_SERVICE, configuration, subscription, detail=detail)

    def _refuse(
        self,
        wish: Wish,
        decision: Decision,
        detail: str,
        *,
        delivery_id: str = "",
        recipient: str = "",
    ) -> None:
        """Write the verdict about a wish; the decision may also be that it was sent."""
        subscription = wish.subscription
        if recipient and recipient != subscription.recipient:
            subscription = replace(subscription, recipient=recipient)
        self._no(
            decision,
            wish.configuration,
            subscription,
            wish.condition,
            detail,
            delivery_id=delivery_id,
        )

    def _no(
        self,
        decision: Decision,
        configuration: Configuration,
        subscription: Subscription | None = None,
        condition: Condition | None = None,
        detail: object = "",
        *,
        source: str = "",
        delivery_id: str = "",
    ) -> None:
        self.verdicts.append(
            Verdict(
                event_id=self.event.id,
                decision=decision,
                scope=configuration.scope,
                source=subscription.source if subscription else source,
                trigger=self.event.transition.trigger,
                service=subscription.service if subscription else "",
                recipient=subscription.recipient if subscription else "",
                condition=condition.text if condition else "",
                template=_sends(condition) if condition else "",
                detail=str(detail)[:DETAIL_LIMIT],
                delivery_id=delivery_id,
            )
        )


def _sends(condition: Condition) -> str:
    return ",".join(condition.send)


def _near(name: str, known: Mapping[str, object]) -> str:
    """Return a hint that names the most similar known name, if there is one."""
    found = difflib.get_close_matches(name, known, n=1)
    return f": did you mean {found[0]!r}?" if found else ""
