"""Bounded YAML: what people write in a ConfigMap key, with the place of every node.

Follows YAML 1.1 as the upstream decoder reads it (spec/configuration.md 3), with a resolver table
of its own. Parser events are checked before anything is built, aliases counted as expanded
(spec/security.md S5).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml

from notifier.core import yamlscan, yamlvalues
from notifier.core.errors import ConfigError, Problem
from notifier.core.yamlscan import Limits

Path: TypeAlias = tuple[str | int, ...]

VALUE: Final = Limits()
"""What one key of a ConfigMap, or one annotation, may hold."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node starts, counted from 1. `block` marks a block scalar: its text starts one line
    below."""

    line: int = 0
    column: int = 0
    block: bool = False

    def line_of(self, line: int) -> int:
        """Return the document's line of a line of this node's text (counted from 1; 0: its
        start)."""
        if not line or not self.line:
            return self.line
        return self.line + line - (0 if self.block else 1)

    def within(self, line: int, column: int) -> Place:
        """Return the place of a line and column of this node's text; its start where they are
        0."""
        return Place(self.line_of(line), column if line else self.column)


NOWHERE: Final = Place()


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A key written twice in one mapping; the last one counts."""

    path: Path
    first: Place
    last: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One parsed document: plain values, and the places of values and keys by path."""

    value: Any = None
    values: Mapping[Path, Place] = field(default_factory=dict)
    keys: Mapping[Path, Place] = field(default_factory=dict)
    duplicates: Sequence[Duplicate] = ()

    def place(self, *path: str | int) -> Place:
        """Return where the value at a path starts; of the nearest known parent if it has none."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Place())

    def key_place(self, *path: str | int) -> Place:
        """Return where the key at a path stands; the place of its value if it has none."""
        return self.keys.get(path) or self.place(*path)


def read(text: str, limits: Limits = VALUE) -> Document:
    """Parse the first document of a text; an empty text is null.

    Raises `ConfigError` whose problem has line, column and fix but no document and key yet
    (`Problem.within` gives them).
    """
    return next(_documents(text, limits), Document())


def read_all(text: str, limits: Limits = VALUE) -> list[Document]:
    """Parse every document of a text, as manifests have them. Raises as `read`."""
    return list(_documents(text, limits))


def _documents(text: str, limits: Limits) -> Iterator[Document]:
    if len(text) > limits.size or len(text.encode(errors="replace")) > limits.size:
        raise refusal(f"longer than {limits.size // 1024} KiB", fix="split it into several keys")
    try:
        for events in yamlscan.documents(text, limits):
            yield _Builder(text, iter(events)).document()
    except yamlscan.Refused as error:
        raise refusal(error.message, mark=error.mark, fix=error.fix) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        fix = _advice(text, error.context_mark, mark)
        raise refusal(f"not valid YAML: {error.problem}", mark=mark, fix=fix) from error
    except (yaml.YAMLError, UnicodeError, RecursionError, MemoryError) as error:
        reason = str(error).partition("\n")[0]
        raise refusal(f"not valid YAML: {reason}") from error


def refusal(message: str, *, mark: Any = None, fix: str = "") -> ConfigError:
    """Return the error for a place of a text whose document and key are not known here."""
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    problem = Problem(document="", key="", message=message, line=line, column=column, fix=fix)
    return ConfigError(problem)


def _advice(text: str, context: Any, mark: Any) -> str:
    """Say what the usual cause of a syntax error is, if the lines show it."""
    lines = text.splitlines()
    first = context.line if context is not None else mark.line
    for line in lines[first : mark.line + 1]:
        if line.lstrip(" ").startswith("\t"):
            return "indent with spaces, not with tabs"
        if yamlvalues.STARTS_WITH_BRACE.search(line):
            return "quote it: a value that starts with a brace is YAML syntax"
    return ""


@dataclass(slots=True)
class _Builder:
    """Builds one document from checked events."""

    text: str
    events: Iterator[yaml.Event]
    values: dict[Path, Place] = field(default_factory=dict)
    keys: dict[Path, Place] = field(default_factory=dict)
    duplicates: list[Duplicate] = field(default_factory=list)
    anchors: dict[str, Any] = field(default_factory=dict)

    def document(self) -> Document:
        value = self.node(next(self.events), ())
        return Document(
            value=value, values=self.values, keys=self.keys, duplicates=tuple(self.duplicates)
        )

    def node(self, event: Any, path: Path) -> Any:
        """Build one node and what is below it."""
        self.values[path] = _place(event)
        if isinstance(event, yaml.AliasEvent):
            return self.anchors[event.anchor or ""]
        value: Any
        if isinstance(event, yaml.ScalarEvent):
            value = self.scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = []
            while not isinstance(item := next(self.events), yaml.SequenceEndEvent):
                value.append(self.node(item, (*path, len(value))))
        else:
            value = self.mapping(path)
        if event.anchor:
            self.anchors[event.anchor] = value
        return value

    def scalar(self, event: yaml.ScalarEvent) -> Any:
        try:
            return yamlvalues.scalar(event)
        except ValueError as error:
            raise yamlscan.Refused(str(error), event.start_mark) from error

    def mapping(self, path: Path) -> dict[str, Any]:
        """Build a mapping; merged keys come first, so the written ones win."""
        own: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if yamlvalues.merges(event):
                inherited = yamlvalues.merged(self.node(next(self.events), (*path, "<<")))
                if inherited is None:
                    raise yamlscan.Refused("a merge key takes mappings only", event.start_mark)
                merged = {**inherited, **merged}
                continue
            key = self.key(event)
            below = (*path, key)
            if key in own:
                self.duplicates.append(Duplicate(below, self.keys[below], _place(event)))
            self.keys[below] = _place(event)
            own[key] = self.node(next(self.events), below)
        return {**merged, **own}

    def key(self, event: Any) -> str:
        """Return a mapping key as text, as JSON has it."""
        value: Any = None
        if isinstance(event, yaml.AliasEvent):
            value = self.anchors[event.anchor or ""]
        elif isinstance(event, yaml.ScalarEvent):
            value = self.scalar(event)
            if event.anchor:
                self.anchors[event.anchor] = value
        if value is None or isinstance(value, (dict, list)):
            fix = _advice(self.text, None, event.start_mark) or "a key is a text"
            raise yamlscan.Refused("this key of a mapping is no text", event.start_mark, fix)
        return yamlvalues.key_text(value)


def _place(event: Any) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1, getattr(event, "style", None) in ("|", ">"))
