"""Collecting the problems of one key, each with field, line and column."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from notifier.core import decoding, yamltext
from notifier.core.errors import ConfigError, Problem
from notifier.core.yamltext import Path


@dataclass(slots=True, kw_only=True)
class Report:
    """What is wrong with one key of one document."""

    document: str
    key: str
    yaml: yamltext.Document = field(default_factory=yamltext.Document)
    problems: list[Problem] = field(default_factory=list)

    @property
    def errors(self) -> list[Problem]:
        """The problems that make the key unusable."""
        return [problem for problem in self.problems if problem.severity == "error"]

    def read(self, text: str) -> bool:
        """Parse the key's text; report and return False if that fails."""
        try:
            self.yaml = yamltext.read(text)
        except ConfigError as error:
            self.problems.append(error.problem.within(document=self.document, key=self.key))
            return False
        for duplicate in self.yaml.duplicates:
            self.warning(
                f"written twice, first in line {duplicate.first.line}; the last one counts",
                duplicate.path,
                fix="remove one",
                at=duplicate.last,
            )
        return True

    def error(
        self, message: str, path: Path = (), *, fix: str = "", at: yamltext.Place | None = None
    ) -> None:
        """Report what makes the key unusable."""
        self._add("error", message, path, fix, at)

    def warning(
        self, message: str, path: Path = (), *, fix: str = "", at: yamltext.Place | None = None
    ) -> None:
        """Report what has no effect, or another one than probably meant."""
        self._add("warning", message, path, fix, at)

    def unknown(self, names: Sequence[str], path: Path, known: Iterable[str]) -> None:
        """Warn of fields that do not exist."""
        known = list(known)
        for name in names:
            below = (*path, name)
            self.warning(
                "unknown field, ignored",
                below,
                fix=decoding.did_you_mean(name, known),
                at=self.yaml.key_place(*below),
            )

    def _add(
        self,
        severity: Literal["error", "warning"],
        message: str,
        path: Path,
        fix: str,
        at: yamltext.Place | None,
    ) -> None:
        place = at or self.yaml.place(*path)
        self.problems.append(
            Problem(
                document=self.document,
                key=self.key,
                message=message,
                field=dotted(path),
                line=place.line,
                column=place.column,
                fix=fix,
                severity=severity,
            )
        )


def dotted(path: Path) -> str:
    """Write a path as people do: `[0].when`, `slack.attachments`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text
