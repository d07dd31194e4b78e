"""All benchmarks: `python -m tests.benchmarks [--quick] [--only NAME] [--output FILE]`.

Figures stand beside their baseline of the same run; absolute ones belong to one machine and hour.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from tests.benchmarks import delivering, rendering, replicating, residing, scaling, watching
from tests.benchmarks.report import Report
from tests.receivers import certificates

PARTS = ("watching", "rendering", "delivering", "replicating", "residing", "scaling")


def main() -> int:
    """Measure and print; 1 if a goal was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the work")
    parser.add_argument("--only", choices=PARTS, help="one part")
    parser.add_argument("--output", type=Path, default=Path("bench.json"), help="figures as JSON")
    given = parser.parse_args()
    parts = (given.only,) if given.only else PARTS
    rounds, scale = (3, 0.2) if given.quick else (3, 1.0)
    report = Report()
    with tempfile.TemporaryDirectory(prefix="bench") as place:
        if "watching" in parts:
            print("watch to decision")
            report.add(*watching.measure(Path(place), rounds=rounds, scale=scale))
        if "rendering" in parts:
            print("foreign templates and conditions")
            report.add(*rendering.measure(rounds=rounds, scale=scale))
        if "delivering" in parts:
            print("delivery")
            certificate = certificates.make(Path(place)).file
            for figure in delivering.measure(certificate, rounds=rounds, scale=scale):
                report.add(figure)
        if "replicating" in parts:
            print("several processes")
            for figure in replicating.measure(scale=scale):
                report.add(figure)
        if "residing" in parts:
            print("memory and loop")
            report.add(*residing.measure(scale=scale))
        if "scaling" in parts:
            print("full size")
            for figure in scaling.measure(scale=scale):
                report.add(figure)
    report.write(given.output)
    missed = [figure.name.strip() for figure in report.figures if not figure.held]
    print(f"figures in {given.output}; missed: {', '.join(missed) or 'none'}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
