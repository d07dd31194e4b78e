"""The gate before YAML is built: parser events counted against limits, aliases as expanded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

CORE_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "map", "seq")
) | {"!"}
"""Explicit tags that are understood; every other is refused."""


_LOADER: Final = yaml.CSafeLoader
"""Named when imported: an installation without the C loader fails at the start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much YAML is read: bytes, nesting, and nodes counted as expanded."""

    size: int = 64 * 1024
    depth: int = 20
    nodes: int = 2_000


class Refused(Exception):
    """The text goes past a limit or uses what is not understood, at `mark`."""

    def __init__(self, message: str, mark: Any, fix: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mark = mark
        self.fix = fix


@dataclass(slots=True)
class _Open:
    """A collection that has begun: its anchor, nodes and height so far."""

    anchor: str | None
    nodes: int = 1
    height: int = 1


@dataclass(slots=True)
class _Count:
    """What one document holds, as expanded."""

    limits: Limits
    open: list[_Open] = field(default_factory=list)
    anchors: dict[str, tuple[int, int]] = field(default_factory=dict)
    nodes: int = 0

    def take(self, event: Any) -> None:
        """Count one event. Raises `Refused`."""
        if isinstance(event, yaml.CollectionStartEvent):
            self.begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self.end()
        elif isinstance(event, yaml.AliasEvent):
            size, height = self.alias(event)
            self.add(size, height, event.start_mark)
        else:
            self.tag(event)
            self.add(1, 1, event.start_mark)
            if event.anchor:
                self.anchors[event.anchor] = (1, 1)

    def begin(self, event: yaml.CollectionStartEvent) -> None:
        self.tag(event)
        self.add(1, 1, event.start_mark)
        self.open.append(_Open(event.anchor))

    def end(self) -> None:
        closed = self.open.pop()
        if closed.anchor:
            self.anchors[closed.anchor] = (closed.nodes, closed.height)
        if self.open:
            parent = self.open[-1]
            parent.nodes += closed.nodes - 1
            parent.height = max(parent.height, closed.height + 1)

    def alias(self, event: yaml.AliasEvent) -> tuple[int, int]:
        """Return nodes and height of what an alias stands for."""
        if event.anchor not in self.anchors:
            within = any(each.anchor == event.anchor for each in self.open)
            what = "refers to itself" if within else "is not defined above"
            fix = "quote it: a value that starts with an asterisk is YAML syntax"
            raise Refused(f"alias *{event.anchor} {what}", event.start_mark, fix)
        return self.anchors[event.anchor]

    def add(self, nodes: int, height: int, mark: Any) -> None:
        """Count nodes below the innermost open collection."""
        self.nodes += nodes
        if self.nodes > self.limits.nodes:
            raise Refused(f"more than {self.limits.nodes} nodes, aliases expanded", mark)
        if len(self.open) + height > self.limits.depth:
            raise Refused(f"nested deeper than {self.limits.depth}", mark)
        if self.open:
            self.open[-1].nodes += nodes
            self.open[-1].height = max(self.open[-1].height, height + 1)

    def tag(self, event: Any) -> None:
        if event.tag is not None and event.tag not in CORE_TAGS:
            name = event.tag.replace("tag:yaml.org,2002:", "!!")
            raise Refused(f"the tag {name} is not accepted", event.start_mark, "leave the tag out")


def documents(text: str, limits: Limits) -> Iterator[list[yaml.Event]]:
    """Yield the node events of each document once all of them are within the limits.

    Raises `Refused`, or `yaml.YAMLError` for what is no YAML.
    """
    events: list[yaml.Event] = []
    count = _Count(limits)
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.DocumentEndEvent):
            yield events
            events, count = [], _Count(limits)
        elif isinstance(event, yaml.NodeEvent | yaml.CollectionEndEvent):
            count.take(event)
            events.append(event)
