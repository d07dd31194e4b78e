"""Recorded streams through the real pipeline, up to the message: nothing is sent or kept."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import orjson
from typing_extensions import override

from notifier.app.daemon import Daemon, Edges
from notifier.core.model import Delivery, Event, Observation, Resource, Verdict
from notifier.core.settings import (
    ConfigurationSettings,
    DeliverySettings,
    Settings,
    StoreSettings,
    TemplateSettings,
)
from notifier.kube.recording import Recording
from notifier.kube.streams import Entry
from notifier.observability.logs import Redactor
from notifier.ports import Intake
from notifier.stores.memory import MemoryStore

NAMESPACE: Final = "notifier"
"""Where the configuration of a replay is said to be."""

EVERYTHING: Final[frozenset[Resource]] = frozenset(
    {"rollouts", "analysisruns", "experiments", "replicasets"}
)

_ROUNDS: Final = 50
"""Rounds of the loop that evidence may take; reads of a recording never wait, so it is plenty."""

_REFERENCE: Final = re.compile(r"\$([A-Za-z0-9_-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """One event, in the order of detection, and what came of it."""

    event: Event
    verdicts: Sequence[Verdict]
    deliveries: Sequence[Delivery]


@dataclass(slots=True)
class TapeClock:
    """The time of the recording for whoever asks (both clocks), real time for whoever waits.

    `began_at` is when the recording began, Unix seconds; `played_s` how far it is.
    """

    began_at: float
    played_s: float = 0.0
    on_step: Callable[[], None] = lambda: None

    def now(self) -> float:
        """When the version that is being looked at was recorded."""
        return self.began_at + self.played_s

    def monotonic(self) -> float:
        """Seconds played."""
        return self.played_s

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


@dataclass(slots=True)
class _Winder:
    """What the recording waits on between two versions: it only moves the tape."""

    tape: TapeClock

    def now(self) -> float:
        """The time of the tape."""
        return self.tape.now()

    def monotonic(self) -> float:
        """Seconds played."""
        return self.tape.played_s

    async def sleep(self, seconds: float) -> None:
        """Move the tape; never waits."""
        self.tape.played_s += seconds
        self.tape.on_step()


class _Unhurried(Recording):
    """A recording that goes on only when what the last version led to is done: a message shows the
    objects as they were then, whatever the engine does in between."""

    @override
    async def observe(self, resource: Resource) -> AsyncGenerator[Sequence[Observation]]:
        """Yield as the recording does; the timeline stands still meanwhile."""
        async with aclosing(super().observe(resource)) as batches:
            async for batch in batches:
                yield batch
                for _ in range(_ROUNDS):
                    await asyncio.sleep(0)


class _Notebook(MemoryStore):
    """A store that also writes down what was new, in the order it was committed."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[Replayed] = []

    @override
    async def commit(
        self, intakes: Sequence[Intake], *, epoch: int | None = None
    ) -> frozenset[str]:
        known = {
            row.id for intake in intakes for row in intake.deliveries if await self.delivery(row.id)
        }
        new = await super().commit(intakes, epoch=epoch)
        for intake in intakes:
            for event in intake.events:
                if event.id in new:
                    self.lines.append(_line(event, intake, known))
            self._complete(intake, known)
        return new

    def _complete(self, intake: Intake, known: Collection[str]) -> None:
        """Add to an earlier line what a later version led to: a condition that took its time."""
        own = {event.id for event in intake.events}
        for number, line in enumerate(self.lines):
            later = [one for one in intake.amendments if one.event_id == line.event.id]
            if later and line.event.id not in own:
                late = _line(line.event, intake, known)
                self.lines[number] = replace(
                    line,
                    verdicts=[*line.verdicts, *later],
                    deliveries=[*line.deliveries, *late.deliveries],
                )


def _line(event: Event, intake: Intake, known: Collection[str]) -> Replayed:
    rows = [row for row in intake.deliveries if row.event_id == event.id and row.id not in known]
    verdicts = [one for one in intake.verdicts if one.event_id == event.id]
    return Replayed(event=event, verdicts=verdicts, deliveries=rows)


NO_MORE: Final = TemplateSettings()
"""Templates may do the usual."""


async def replay(
    timeline: Sequence[Entry],
    config_map: Mapping[str, str],
    secret: Mapping[str, bytes] | None,
    *,
    objects: Sequence[Entry] = (),
    cluster: str = "",
    strict: bool = False,
    templates: TemplateSettings = NO_MORE,
    on_step: Callable[[], None] = lambda: None,
) -> Sequence[Replayed]:
    """Return every event of a recording with its verdicts and the messages as they would be sent.

    Without a Secret, references stay as written. Deterministic: the time is the recording's.
    With `strict`, a template that prints a missing value fails; `templates` is what templates may
    do.
    """
    settings = replace(
        Settings(),
        configuration=ConfigurationSettings(namespace=NAMESPACE),
        store=StoreSettings(type="memory"),
        delivery=DeliverySettings(shadow=True),
        cluster=replace(Settings().cluster, name=cluster),
        templates=templates,
    )
    tape = TapeClock(began_at(timeline), on_step=on_step)
    store = _Notebook()
    recording = _Unhurried(
        timeline,
        objects=[*objects, *configuration_objects(settings, config_map, secret)],
        expected=EVERYTHING,
        speed=1.0,
        clock=_Winder(tape),
    )
    edges = Edges(cluster=recording, store=store, clock=tape, resources=EVERYTHING, strict=strict)
    one = Daemon(settings, edges, {}, Redactor())
    try:
        await one.unless_failed(_played(one))
    finally:
        await one.engine.close()
    return store.lines


async def _played(one: Daemon) -> None:
    await one.engine.open()
    await one.engine.observe(may_end=True)
    await one.engine.observed()


def began_at(timeline: Sequence[Entry]) -> float:
    """Return when a recording began, Unix seconds: its first object was created about then."""
    for entry in timeline:
        created = orjson.loads(entry.raw).get("metadata", {}).get("creationTimestamp")
        if created and entry.type == "ADDED":
            return datetime.fromisoformat(created).timestamp() - entry.at_s
    return 0.0


def configuration_objects(
    settings: Settings, config_map: Mapping[str, str], secret: Mapping[str, bytes] | None
) -> Sequence[Entry]:
    """Return ConfigMap and Secret as objects of the cluster that is played."""
    if secret is None:
        names = {name for text in config_map.values() for name in _REFERENCE.findall(text)}
        secret = {name: f"${name}".encode() for name in names}
    encoded = {name: base64.b64encode(value).decode() for name, value in secret.items()}
    place = settings.configuration
    return [
        entry("ConfigMap", place.namespace, place.config_map, {"data": dict(config_map)}),
        entry("Secret", place.namespace, place.secret, {"data": encoded}),
    ]


def entry(kind: str, namespace: str, name: str, body: Mapping[str, object]) -> Entry:
    """Return an object that exists from the start."""
    whole = {"kind": kind, "metadata": {"namespace": namespace, "name": name}} | dict(body)
    return Entry(0.0, "ADDED", kind, namespace, name, {}, orjson.dumps(whole))
