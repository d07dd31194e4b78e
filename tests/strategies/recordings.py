"""The recordings of the real controller, as observations; with gaps and restarts where wanted."""

from __future__ import annotations

import functools
import gzip
import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from notifier.core.model import Transition
from notifier.core.observer import Observer
from tests.strategies.story import Story, Version

ROOT = Path(__file__).parent.parent / "recordings"
NAMES = sorted(path.parent.name for path in ROOT.glob("*/scenario.yaml"))


@functools.cache
def stream(name: str) -> tuple[Version, ...]:
    """Return the versions of a recording, in the order of receipt, without bookmarks."""
    with gzip.open(ROOT / name / "stream.jsonl.gz", "rt") as lines:
        events = [json.loads(line) for line in lines]
    return tuple(
        Version(event["type"], event["object"]) for event in events if event["type"] != "BOOKMARK"
    )


def scenario(name: str) -> dict[str, Any]:
    """Return what the recording says of itself."""
    loaded: dict[str, Any] = yaml.safe_load((ROOT / name / "scenario.yaml").read_text())
    return loaded


def emitted(name: str) -> list[dict[str, Any]]:
    """Return the events that the controller emitted on Rollouts, in its order."""
    lines = (ROOT / name / "controller-events.jsonl").read_text().splitlines()
    return [event for event in map(json.loads, lines) if event["kind"] == "Rollout"]


class Replay(Story):
    """A recording shown to an observer."""

    def __init__(self, versions: Sequence[Version], observer: Observer | None = None) -> None:
        super().__init__(observer=observer)
        self._future = iter(versions)

    def go(self, count: int | None = None) -> Replay:
        """Show the next versions, or all that are left."""
        for version in itertools.islice(self._future, count):
            self.show(version)
        return self

    def once(self) -> list[Transition]:
        """Return the first transition of each key, in order."""
        return list({found.key: found for found in reversed(self.transitions)}.values())[::-1]


def replay(name: str) -> Replay:
    """Show a whole recording to a fresh observer."""
    return Replay(stream(name)).go()
