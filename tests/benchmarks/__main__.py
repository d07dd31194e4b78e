"""All benchmarks: `python -m tests.benchmarks [--quick] [--only NAME ...] [--output FILE]`.

Figures stand beside their baseline of the same run; absolute ones belong to one machine and hour.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tests.benchmarks import (
    delivering,
    rendering,
    replicating,
    residing,
    scaling,
    sharing,
    soaking,
    watching,
)
from tests.benchmarks.report import Figure, Report
from tests.receivers import certificates

PARTS = (
    "watching",
    "rendering",
    "delivering",
    "replicating",
    "residing",
    "scaling",
    "sharing",
    "soaking",
)
ON_DEMAND = ("lasting",)
"""What takes an hour."""


def main() -> int:
    """Measure and print; 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the work")
    parser.add_argument("--only", nargs="+", choices=PARTS + ON_DEMAND, help="these parts")
    parser.add_argument("--output", type=Path, default=Path("bench.json"), help="figures as JSON")
    parser.add_argument("--soak", type=float, default=soaking.SECONDS, help="seconds of long parts")
    given = parser.parse_args()
    parts = given.only or PARTS
    rounds, scale = (3, 0.2) if given.quick else (3, 1.0)
    report = Report()
    with tempfile.TemporaryDirectory(prefix="bench") as place:
        certificate = certificates.make(Path(place)).file
        measures: Mapping[str, tuple[str, Callable[[], Iterable[Figure]]]] = {
            "watching": (
                "watch to decision",
                lambda: watching.measure(Path(place), rounds=rounds, scale=scale),
            ),
            "rendering": (
                "foreign templates and conditions",
                lambda: rendering.measure(rounds=rounds, scale=scale),
            ),
            "delivering": (
                "delivery",
                lambda: delivering.measure(certificate, rounds=rounds, scale=scale),
            ),
            "replicating": ("several processes", lambda: replicating.measure(scale=scale)),
            "residing": ("memory and loop", lambda: residing.measure(scale=scale)),
            "scaling": ("full size", lambda: scaling.measure(scale=scale)),
            "sharing": ("a noisy tenant", lambda: sharing.measure(scale=scale)),
            "lasting": (
                "full size for long",
                lambda: scaling.measure_long(seconds=given.soak * scale),
            ),
            "soaking": ("soak", lambda: soaking.measure(seconds=given.soak * scale)),
        }
        for part in parts:
            title, measure = measures[part]
            print(title)
            for figure in measure():
                report.add(figure)
    report.write(given.output)
    missed = [figure.name.strip() for figure in report.figures if not figure.held]
    print(f"figures in {given.output}; missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
