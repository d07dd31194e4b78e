"""What a benchmark measured: figures, each beside its baseline of the same run and its bar."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value. `bar` is the goal (`at least` unless `most`), None if only shown."""

    name: str
    value: float
    unit: str
    bar: float | None = None
    most: bool = False

    @property
    def held(self) -> bool:
        """Say whether the bar was reached."""
        if self.bar is None:
            return True
        return self.value <= self.bar if self.most else self.value >= self.bar

    def __str__(self) -> str:
        """Render as one line for people."""
        goal = "" if self.bar is None else f"   goal {'<=' if self.most else '>='} {self.bar:g}"
        mark = "" if self.bar is None else ("   ok" if self.held else "   MISSED")
        return f"  {self.name:<58} {self.value:>12,.2f} {self.unit}{goal}{mark}"


@dataclass(slots=True)
class Report:
    """All figures of a run."""

    figures: list[Figure] = field(default_factory=list)

    def add(self, *figures: Figure) -> None:
        """Take figures over and show them at once."""
        for figure in figures:
            self.figures.append(figure)
            print(figure, flush=True)

    def write(self, path: Path) -> None:
        """Write everything as JSON."""
        rows = [asdict(figure) | {"held": figure.held} for figure in self.figures]
        path.write_text(json.dumps({"schema": 1, "figures": rows}, indent=1) + "\n")
