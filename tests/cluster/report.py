"""The table of a run: for people, and as JSON for machines (`.cache/cluster/report.json`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cluster import binaries, events
from tests.cluster.playing import Result

FILE = binaries.CACHE / "report.json"


def write(results: Mapping[str, Result], seconds: float, file: Path = FILE) -> str:
    """Write the JSON and return the table."""
    rows = [_row(result) for _, result in sorted(results.items())]
    theirs = sum(len(result.theirs) for result in results.values())
    repeats = sum(sum(result.scenario.repeats.values()) for result in results.values())
    ours = sum(len(result.ours) for result in results.values())
    missing = sum(len(result.differences.missing) for result in results.values())
    invented = sum(len(result.differences.invented) for result in results.values())
    summary = {
        "versions": {
            "kubernetes": binaries.KUBERNETES,
            "etcd": binaries.ETCD,
            "argoRollouts": binaries.ROLLOUTS,
        },
        "seconds": round(seconds, 1),
        "scenarios": len(rows),
        "controllerEvents": theirs,
        "repeatedByController": repeats,
        "ourEvents": ours,
        "messages": sum(len(result.messages) for result in results.values()),
        "recall": _share(theirs - repeats - missing, theirs - repeats),
        "precision": _share(ours - invented, ours),
    }
    file.write_text(json.dumps({**summary, "results": rows}, indent=1))
    return "\n".join([*_table(rows), "", json.dumps(summary)])


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
        "repeatedByController": dict(result.scenario.repeats),
        "why": result.scenario.why,
    }


def _table(rows: list[dict[str, Any]]) -> list[str]:
    """Return a line per scenario; ours is shown where it differs in text."""
    wide = max(len(row["scenario"]) for row in rows)
    lines = [f"{'scenario':{wide}}  sent  events"]
    for row in rows:
        lines.append(f"{row['scenario']:{wide}}  {row['messages']:4}  {row['controller']}")
        if row["ours"] != row["controller"]:
            lines.append(f"{'':{wide}}  ours  {row['ours']}")
        faults = [kind for kind in ("missing", "invented", "failure") if row[kind]]
        lines += [f"{'':{wide}}        {kind}: {row[kind]}" for kind in faults]
    return lines


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 1.0
