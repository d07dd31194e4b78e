"""Every transition of a recording with its evidence, through the real Observer.

The recordings stand for the cluster: what the engine would fetch is what the stream showed last.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from notifier.core import durations, evidence, model
from notifier.core.context import Evidence
from notifier.core.model import Event, Observation, Resource, Transition
from notifier.core.observer import Change, Observer, Wanted

RECORDINGS = Path(__file__).parents[1] / "recordings"
NAMES = sorted(path.parent.name for path in RECORDINGS.glob("*/stream.jsonl.gz"))
CLUSTER = "prod-eu"

_RESOURCES: Mapping[str, Resource] = {
    "Rollout": "rollouts",
    "AnalysisRun": "analysisruns",
    "Experiment": "experiments",
    "ReplicaSet": "replicasets",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """One event as planning gets it; `now` is when that is, Unix seconds."""

    event: Event
    evidence: Evidence
    now: float

    @property
    def trigger(self) -> str:
        """Name of the trigger."""
        return self.event.transition.trigger


@dataclass(slots=True)
class Stage:
    """The objects as the stream showed them last, and the Observer that watched."""

    observer: Observer = field(default_factory=Observer)
    objects: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    start: float = 0.0

    def show(self, line: Mapping[str, Any], *, listed: bool = False) -> Iterator[Occasion]:
        """Observe one line; with `listed` it comes from a list after a gap."""
        item, kind = line["object"], line["object"].get("kind", "")
        if line["type"] == "BOOKMARK" or kind not in _RESOURCES:
            return
        self.objects[kind, item["metadata"]["name"]] = item
        if not self.start:
            created = durations.moment(item["metadata"]["creationTimestamp"]) or 0.0
            self.start = created - line["t"]
        observation = Observation(
            _RESOURCES[kind],
            "LISTED" if listed else line["type"],
            json.dumps(item).encode(),
            contiguous=not listed,
        )
        for change in self.observer.observe(observation):
            found = {wanted: self.fetch(wanted) for wanted in change.wanted}
            resolved = self.observer.resolve(change, found)
            for transition in resolved.transitions:
                yield self.occasion(resolved, transition, self.start + line["t"] + 0.2)

    def fetch(self, wanted: Wanted) -> Sequence[bytes]:
        """Return what the engine would find."""
        if wanted.name:
            item = self.objects.get((wanted.kind, wanted.name))
            return [json.dumps(item).encode()] if item else []
        return [
            json.dumps(item).encode()
            for (kind, _), item in self.objects.items()
            if kind == wanted.kind
        ]

    def occasion(self, change: Change, transition: Transition, now: float) -> Occasion:
        """Put the evidence of one transition together."""
        name = transition.rollout.name
        rollout = json.loads(change.raw) if change.raw else self.objects["Rollout", name]
        run = self.objects.get(("AnalysisRun", transition.run.name)) if transition.run else None
        whole = evidence.assemble(
            rollout,
            previous=change.previous,
            run=run,
            runs=self.of_kind("AnalysisRun"),
            replica_sets=self.of_kind("ReplicaSet"),
        )
        return Occasion(
            event=Event(
                id=model.event_id(CLUSTER, transition.key), transition=transition, observed_at=now
            ),
            evidence=whole,
            now=now,
        )

    def of_kind(self, kind: str) -> list[dict[str, Any]]:
        """Return all objects of a kind."""
        return [item for (known, _), item in self.objects.items() if known == kind]


@cache
def lines(name: str) -> Sequence[Mapping[str, Any]]:
    """Return the lines of a recording."""
    with gzip.open(RECORDINGS / name / "stream.jsonl.gz", "rt") as stream:
        return [json.loads(line) for line in stream]


def occasions(name: str) -> Iterator[Occasion]:
    """Yield every transition of a recording."""
    stage = Stage()
    for line in lines(name):
        yield from stage.show(line)


def after_gap(name: str, gap: Callable[[Mapping[str, Any]], bool]) -> Iterator[Occasion]:
    """Yield the transitions that a list shows after the lines that `gap` says were missed; the
    recording ends there."""
    stage = Stage()
    missed: dict[tuple[str, str], Mapping[str, Any]] = {}
    for line in lines(name):
        if gap(line):
            item = line["object"]
            if item.get("kind") in _RESOURCES:
                missed[item["kind"], item["metadata"]["name"]] = line
        elif not missed:
            for _ in stage.show(line):
                pass
    for line in sorted(missed.values(), key=lambda line: line["object"]["kind"]):
        yield from stage.show(line, listed=True)
