"""The table of a run: for people, and as JSON for machines (`.cache/cluster/report.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.cluster import binaries, events
from tests.cluster.playing import Result

FILE = binaries.CACHE / "report.json"


class Report:
    """Grows as the tests go; each addition is written at once."""

    def __init__(self, file: Path = FILE) -> None:
        self._file = file
        self._summary: dict[str, Any] = {}
        self._rows: list[dict[str, Any]] = []
        self._modes: list[dict[str, Any]] = []
        file.unlink(missing_ok=True)

    def add_scenarios(self, results: Mapping[str, Result], seconds: float) -> None:
        """Add what an undisturbed daemon told of every scenario."""
        self._rows = [_row(result) for _, result in sorted(results.items())]
        self._summary = {
            "versions": {
                "kubernetes": binaries.KUBERNETES,
                "etcd": binaries.ETCD,
                "argoRollouts": binaries.ROLLOUTS,
            },
            "seconds": round(seconds, 1),
            **_figures(list(results.values())),
        }
        self._write()

    def add_mode(self, line: Mapping[str, Any]) -> None:
        """Add the figures of a daemon that was disturbed."""
        self._modes.append(dict(line))
        self._write()

    def text(self) -> str:
        """Return it for people; empty if there is nothing."""
        parts = [_table(self._rows), _modes(self._modes)]
        if self._summary:
            parts.append([json.dumps(self._summary)])
        return "\n\n".join("\n".join(lines) for lines in parts if lines)

    def _write(self) -> None:
        whole = {**self._summary, "modes": self._modes, "results": self._rows}
        self._file.write_text(json.dumps(whole, indent=1))


def _figures(results: Sequence[Result]) -> dict[str, Any]:
    theirs = sum(len(result.theirs) for result in results)
    repeats = sum(len(result.repeated) for result in results)
    ours = sum(len(result.ours) for result in results)
    missing = sum(len(result.differences.missing) for result in results)
    invented = sum(len(result.differences.invented) for result in results)
    return {
        "scenarios": len(results),
        "controllerEvents": theirs,
        "repeatedByController": repeats,
        "ourEvents": ours,
        "messages": sum(len(result.messages) for result in results),
        "recall": _share(theirs - repeats - missing, theirs - repeats),
        "precision": _share(ours - invented, ours),
    }


def _row(result: Result) -> dict[str, Any]:
    differences = result.differences
    return {
        "scenario": result.scenario.name,
        "description": result.scenario.description,
        "failure": result.failure,
        "controller": events.short(result.theirs),
        "ours": events.short(result.ours),
        "controllerEvents": [f"{one}" for one in result.theirs],
        "ourEvents": [f"{one}" for one in result.ours],
        "messages": len(result.messages),
        "missing": [f"{one}" for one in differences.missing],
        "invented": [f"{one}" for one in differences.invented],
        "repeatedByController": [f"{one}" for one in result.repeated],
        "why": result.scenario.why,
    }


def _table(rows: list[dict[str, Any]]) -> list[str]:
    """Return a line per scenario; ours is shown where it differs in text."""
    if not rows:
        return []
    wide = max(len(row["scenario"]) for row in rows)
    lines = [f"{'scenario':{wide}}  sent  events"]
    for row in rows:
        lines.append(f"{row['scenario']:{wide}}  {row['messages']:4}  {row['controller']}")
        if row["ours"] != row["controller"]:
            lines.append(f"{'':{wide}}  ours  {row['ours']}")
        faults = [kind for kind in ("missing", "invented", "failure") if row[kind]]
        lines += [f"{'':{wide}}        {kind}: {row[kind]}" for kind in faults]
    return lines


def _modes(modes: list[dict[str, Any]]) -> list[str]:
    """Return a line per way of disturbing."""
    if not modes:
        return []
    columns = [key for key in modes[0] if key not in {"mode", "faults"}]
    lines = [f"{'disturbed':12}" + "".join(f"  {name}" for name in columns) + "  faults"]
    for mode in modes:
        figures = "".join(f"  {mode[name]:>{len(name)}}" for name in columns)
        faults = ", ".join(f"{kind} {count}" for kind, count in mode["faults"].items())
        lines.append(f"{mode['mode']:12}{figures}  {faults}")
    return lines


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0
