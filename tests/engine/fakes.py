"""Small fakes for the engine's tests: time, a cluster, a receiver, a recorder, configurations.

They hold no rules of their own: what they do is what a test told them to.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from typing_extensions import override

from notifier.core.configuration import Configuration, ServiceSpec
from notifier.core.errors import ClusterError, EvaluationError, Problem
from notifier.core.model import (
    CENTRAL,
    Decision,
    Delivery,
    Destination,
    Event,
    JsonObject,
    ObjectRef,
    Observation,
    Resource,
    State,
    StoredSnapshot,
    Transition,
)
from notifier.core.observer import Change, Observer
from notifier.core.service import (
    Block,
    Composed,
    Composition,
    Delivered,
    Message,
    Outgoing,
    Terms,
)
from notifier.core.subscriptions import GlobalSubscription
from notifier.core.templates import Leaf, Template
from notifier.core.triggers import Condition, Trigger
from notifier.languages import LanguageError
from notifier.ports import Clock, Cluster, DeliveryQuery, Recorder, Service

EPOCH = 1_700_000_000.0

ABORTED = "on-rollout-aborted"
COMPLETED = "on-rollout-completed"
PAUSED = "on-rollout-paused"
STEP = "on-rollout-step-completed"
UPDATED = "on-rollout-updated"


class LoopClock(Clock):
    """The loop's own time, which the tests fake; `jump` moves the wall clock alone."""

    def __init__(self) -> None:
        self.jump = 0.0

    @override
    def now(self) -> float:
        return EPOCH + self.monotonic() + self.jump

    @override
    def monotonic(self) -> float:
        return asyncio.get_running_loop().time()

    @override
    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Counting(Recorder):
    """Counts what the engine reports."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, ...]] = Counter()
        self.ends: list[tuple[str, State, str]] = []
        self.groups: list[int] = []
        self.first_attempts: list[float] = []
        self.circuits: list[tuple[str, str, int]] = []

    @override
    def transition(
        self, trigger: str, *, recovered: bool, missed: int, waited: float = 0.0
    ) -> None:
        self.counts["transition", trigger] += 1

    @override
    def decided(self, trigger: str, scope: str, decision: Decision) -> None:
        self.counts["decided", trigger, str(decision)] += 1

    @override
    def render_failed(self, engine: str, scope: str) -> None:
        self.counts["render_failed", engine, scope] += 1

    @override
    def render_killed(self, scope: str) -> None:
        self.counts["render_killed", scope] += 1

    @override
    def duplicates(self, where: str, count: int) -> None:
        self.counts["duplicates", where] += count

    @override
    def committed(self, rows: int, seconds: float) -> None:
        self.groups.append(rows)

    @override
    def first_attempt(self, trigger: str, service: str, seconds: float) -> None:
        self.counts["first_attempt", service] += 1
        self.first_attempts.append(seconds)

    @override
    def attempt(
        self, service: str, result: str, reason: str, *, ambiguous: bool, seconds: float
    ) -> None:
        self.counts["attempt", result, str(reason)] += 1

    @override
    def ended(self, delivery: Delivery, state: State, reason: str, seconds: float) -> None:
        self.ends.append((delivery.id, state, str(reason)))

    @override
    def rate_limited(self, service: str) -> None:
        self.counts["rate_limited", service] += 1

    @override
    def circuit(self, scope: str, service: str, state: int) -> None:
        self.circuits.append((scope, service, state))

    @override
    def configured(self, scope: str, problems: Sequence[Problem], at: float) -> None:
        self.counts["configured", scope] += 1

    @override
    def unconfigured(self, scope: str) -> None:
        self.counts["unconfigured", scope] += 1

    @override
    def observed(self, resource: Resource, at: float) -> None:
        self.counts["observed", resource] += 1

    @override
    def store_failed(self) -> None:
        self.counts["store_failed",] += 1

    @override
    def loop_lag(self, seconds: float) -> None:
        self.counts["loop_lag",] += 1

    @override
    def leading(self, *, leader: bool, epoch: int) -> None:
        self.counts["leading", leader, epoch] += 1

    @override
    def task_ended(self, task: str) -> None:
        self.counts["task_ended", task] += 1


# --- templates, services, configurations ------------------------------------------------------


class Text:
    """A program that fills `{name}` places; an unknown name is a language error."""

    def __init__(self, text: str) -> None:
        self.text = text

    def render(self, variables: Mapping[str, Any], escape: str = "none") -> str:  # noqa: ARG002
        """Return the filled text."""
        try:
            return self.text.format_map(variables)
        except KeyError as error:
            raise LanguageError(f"unknown name {error}") from error


class When:
    """A condition that is a function of the variables; unless told otherwise it reads more than
    the plain ones."""

    def __init__(self, judge: Callable[[Mapping[str, Any]], Any], *names: str) -> None:
        self.judge = judge
        self.names = frozenset(names or ("event",))

    def evaluate(self, variables: Mapping[str, Any]) -> Any:
        """Return what the function says."""
        return self.judge(variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(Terms):
    """Options of the fake service."""

    token: str = "t"


class PostType:
    """A service type whose payload is the text; a recipient `a,b` makes two payloads."""

    block = Block(name="post")
    secret_fields: frozenset[str] = frozenset()

    def __init__(self, name: str = "post") -> None:
        self.name = name

    def options(self, raw: Mapping[str, Any]) -> tuple[Options, Sequence[str]]:  # noqa: ARG002
        """Decode nothing."""
        return Options(), ()

    def compose(
        self,
        message: Message,
        options: Any,  # noqa: ARG002
        composition: Composition,
    ) -> Sequence[Composed]:
        """Return one payload per address; refuse `nobody`, compose none for `nothing`."""
        if composition.destination.recipient == "nobody":
            raise ValueError("this recipient cannot be")
        if "{" in message.text and message.templates:
            raise EvaluationError("t", "this text is no payload")
        if composition.destination.recipient == "nothing":
            return []
        recipients = composition.destination.recipient.split(",")
        several = len(recipients) > 1
        return [
            Composed(payload=message.text.encode(), recipient=each, slot=each if several else "")
            for each in recipients
        ]

    def shorten(self, payload: bytes) -> bytes | None:
        """Return the first characters, None if there is nothing to shorten."""
        return payload[:5] if len(payload) > 5 else None


def service(
    name: str = "post",
    *,
    scope: str = CENTRAL,
    endpoint: str = "",
    token: str = "t",  # noqa: S107
    **terms: Any,
) -> ServiceSpec:
    """Return a configured fake service; `terms` are how its messages are tried."""
    type_name = name.partition("-")[0]
    return ServiceSpec(
        name=name,
        type=PostType(type_name),
        scope=scope,
        options=Options(token=token, **terms),
        endpoint=endpoint or f"{scope}/{name}",
    )


def template(name: str, text: str) -> Template:
    """Return a template of a message alone."""
    return Template(name=name, engine="fake", message=Leaf(Text(text), field="message"))


def condition(index: int = 0, *, send: Sequence[str] = ("t",), **rest: Any) -> Condition:
    """Return a condition with a key of its own."""
    return Condition(index=index, send=send, key=f"[{index}]", **rest)


def trigger(name: str, *conditions: Condition) -> Trigger:
    """Return a trigger; without conditions one that always sends the template `t`."""
    return Trigger(name=name, conditions=conditions or (condition(),))


def configuration(
    *,
    services: Sequence[ServiceSpec] = (),
    triggers: Sequence[Trigger] = (),
    templates: Sequence[Template] = (),
    recipients: Sequence[tuple[str, str]] = (),
    scope: str = CENTRAL,
    **rest: Any,
) -> Configuration:
    """Return a configuration; `recipients` subscribe to all its triggers."""
    found = templates or (template("t", "{trigger} to {recipient}"),)
    names = [each.name for each in triggers]
    wishes = (
        [GlobalSubscription(index=0, recipients=recipients, triggers=names)] if recipients else []
    )
    return Configuration(
        scope=scope,
        services={each.name: each for each in services or (service(scope=scope),)},
        triggers={each.name: each for each in triggers},
        templates={each.name: each for each in found},
        subscriptions=wishes,
        **rest,
    )


EVERYTHING = tuple(trigger(name) for name in (ABORTED, COMPLETED, PAUSED, STEP, UPDATED))


# --- rollouts, transitions, deliveries ----------------------------------------------------------


def reference(name: str = "checkout", namespace: str = "shop") -> ObjectRef:
    """Return a rollout's reference; its uid is made of its name."""
    return ObjectRef(kind="Rollout", namespace=namespace, name=name, uid=f"uid-{name}")


def rollout(name: str = "checkout", namespace: str = "shop", **annotations: str) -> JsonObject:
    """Return a small rollout; annotation names get the prefix and `_` stands for `.`."""
    return {
        "kind": "Rollout",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"uid-{name}",
            "annotations": {
                f"notifications.argoproj.io/{key.replace('__', '.')}": value
                for key, value in annotations.items()
            },
        },
        "spec": {"strategy": {"canary": {"steps": []}}},
        "status": {"currentPodHash": "abc"},
    }


def transition(
    kind: str = ABORTED, *, name: str = "checkout", number: int = 1, **rest: Any
) -> Transition:
    """Return the numbered transition of a rollout."""
    of = reference(name)
    return Transition(
        trigger=kind,
        reason="Because",
        rollout=of,
        key=f"v1:{kind}:{of.uid}:{number}",
        resource_version=str(number),
        **rest,
    )


def event(of: Transition | None = None) -> Event:
    """Return the event of a transition."""
    of = of or transition()
    return Event(id=f"evt_{of.key}", transition=of, observed_at=EPOCH)


def delivery(
    number: int = 1,
    *,
    kind: str = "news",
    service_name: str = "post",
    recipient: str = "ops",
    name: str = "checkout",
    at: float = EPOCH,
    age: float = 7200.0,
    **rest: Any,
) -> Delivery:
    """Return the numbered delivery of a rollout to one recipient."""
    to = Destination(
        scope=rest.pop("scope", CENTRAL),
        service=service_name,
        service_type=service_name.partition("-")[0],
        recipient=recipient,
    )
    of = reference(name)
    return Delivery(
        id=f"dlv_{name}_{recipient}_{number}",
        event_id=f"evt_{name}_{number}",
        rollout=of,
        trigger=rest.pop("trigger", UPDATED),
        destination=to,
        template="t",
        payload=rest.pop("payload", f"message {number}".encode()),
        lane=f"{of.uid}/{service_name}/{recipient}",
        kind=kind,
        created_at=at,
        expires_at=at + age,
        due_at=rest.pop("due_at", at),
        **rest,
    )


# --- the edges --------------------------------------------------------------------------------


@dataclass
class Receiver(Service):
    """A receiver with a ledger: what arrived, when, and how; answers as `answer` says."""

    answer: Callable[[Outgoing], Any] = lambda _: None
    latency_s: float = 0.0
    arrived: list[tuple[float, str]] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)
    options: list[Any] = field(default_factory=list)
    in_flight: int = 0
    most: int = 0

    @override
    async def send(self, outgoing: Outgoing, options: Any) -> Delivered:
        """Take the time, then the answer: an exception is raised, anything else is delivered."""
        self.in_flight += 1
        self.most = max(self.most, self.in_flight)
        self.outgoing.append(outgoing)
        self.options.append(options)
        try:
            if self.latency_s:
                await asyncio.sleep(self.latency_s)
            answer = self.answer(outgoing)
            if asyncio.iscoroutine(answer):
                answer = await answer
            if isinstance(answer, BaseException):
                raise answer
            now = asyncio.get_running_loop().time()
            self.arrived.append((round(now, 3), outgoing.delivery.id))
            return answer if isinstance(answer, Delivered) else Delivered()
        finally:
            self.in_flight -= 1

    @override
    async def close(self) -> None:
        """Nothing to release."""

    @property
    def ids(self) -> list[str]:
        """The ids that arrived, in order."""
        return [each for _, each in self.arrived]


class FakeCluster(Cluster):
    """Streams fed by tests, objects in a dictionary, faults and delays per read."""

    def __init__(self) -> None:
        self.streams: dict[str, asyncio.Queue[Sequence[Observation] | Exception | None]] = (
            defaultdict(asyncio.Queue)
        )
        self.objects: dict[tuple[str, str, str], bytes] = {}
        self.lists: dict[tuple[str, str], Sequence[bytes]] = {}
        self.config_maps: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.selected: dict[str, asyncio.Queue[Any]] = defaultdict(asyncio.Queue)
        self.fault: Callable[[str, str], ClusterError | None] = lambda _kind, _name: None
        self.delay_s: Callable[[str, str], float] = lambda _kind, _name: 0.0
        self.reads: list[tuple[str, str]] = []
        self.taken = 0

    @override
    async def observe(self, resource: Resource) -> AsyncIterator[Sequence[Observation]]:
        """Yield what the test put; None ends the stream, an exception is raised."""
        while True:
            item = await self.streams[resource].get()
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            self.taken += 1
            yield item

    @override
    async def fetch(self, kind: str, namespace: str, name: str) -> bytes | None:
        await self._read(kind, name)
        return self.objects.get((kind, namespace, name))

    @override
    async def list_owned(self, kind: str, namespace: str, selector: str) -> Sequence[bytes]:
        await self._read(kind, selector)
        return self.lists.get((kind, namespace), ())

    async def _read(self, kind: str, name: str) -> None:
        self.reads.append((kind, name))
        if (delay_s := self.delay_s(kind, name)) > 0:
            await asyncio.sleep(delay_s)
        if (fault := self.fault(kind, name)) is not None:
            raise fault

    @override
    async def watch_object(
        self, kind: str, namespace: str, name: str
    ) -> AsyncIterator[bytes | None]:
        """Yield the ConfigMaps the test put."""
        while True:
            yield await self.config_maps.get()

    @override
    async def watch_objects(
        self, kind: str, selector: str
    ) -> AsyncIterator[tuple[bool, Mapping[tuple[str, str], bytes | None]]]:
        """Yield the changes that the test put, by kind; an exception is raised."""
        while True:
            item = await self.selected[kind].get()
            if isinstance(item, Exception):
                raise item
            yield item

    def put(self, kind: str, item: JsonObject) -> None:
        """Make an object exist."""
        metadata = item["metadata"]
        self.objects[kind, metadata["namespace"], metadata["name"]] = orjson.dumps(item)

    def end(self) -> None:
        """End every stream."""
        for resource in ("rollouts", "analysisruns", "experiments", "replicasets"):
            self.streams[resource].put_nowait(None)


class Scripted(Observer):
    """An Observer whose changes the test wrote: an observation's bytes name one."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: dict[bytes, Sequence[Change]] = {}
        self.paused: set[str] = set()
        self.wanted_resources: frozenset[Resource] = frozenset()
        self.restored: Sequence[StoredSnapshot] = ()
        self.resolved: list[Change] = []

    @override
    def restore(self, snapshots: Any) -> None:
        self.restored = list(snapshots)

    @override
    def observe(self, observation: Observation) -> Sequence[Change]:
        return self.changes.get(observation.raw, ())

    @override
    def resolve(self, change: Change, found: Any) -> Change:
        self.resolved.append(change)
        return Change(
            rollout=change.rollout,
            transitions=change.transitions,
            snapshot=change.snapshot,
            raw=change.raw,
        )

    @override
    def still_paused(self, rollout_uid: str, pause_key: str) -> bool:
        return pause_key in self.paused

    @property
    @override
    def wants(self) -> frozenset[Resource]:
        return self.wanted_resources


def snapshot(name: str = "checkout", token: bytes = b"") -> StoredSnapshot:
    """Return a snapshot row of the version that the token names."""
    data = orjson.dumps({"resource_version": token.decode(), "rollout": {}})
    return StoredSnapshot(kind="Rollout", uid=f"uid-{name}", namespace="shop", name=name, data=data)


ALL = DeliveryQuery(limit=10_000)
"""Every delivery."""
