"""What a process takes, looked at from outside: memory, descriptors, and how they drift."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.report import Figure

DRIFT = 5.0
LONG_S = 880.0
"""Seconds of samples (the second half of half an hour) from which on a drift has a bar; before it
says more of its noise than of the daemon."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Resident bytes with and of the children, the peak of the process alone, and its open
    descriptors, at a time (monotonic)."""

    at: float
    resident: int
    peak: int
    descriptors: int


def sample(pid: int) -> Sample:
    """Look at a process."""
    found = _memory(pid)
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    resident = found["VmRSS"] + sum(_memory(int(child)).get("VmRSS", 0) for child in children)
    descriptors = len(list(Path(f"/proc/{pid}/fd").iterdir()))
    return Sample(time.monotonic(), resident, found["VmHWM"], descriptors)


def _memory(pid: int) -> dict[str, int]:
    """Return its resident bytes and their peak; nothing of a process that has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return {}
    found = re.findall(r"^(VmRSS|VmHWM):\s+(\d+) kB", status, re.MULTILINE)
    return {name: int(kilobytes) * 1024 for name, kilobytes in found}


def drift(samples: Sequence[Sample]) -> Figure:
    """Return the growth of resident memory in percent per hour: a line through all samples."""
    line = statistics.linear_regression(
        [each.at for each in samples], [each.resident for each in samples]
    )
    growth = line.slope * 3600 / statistics.fmean(each.resident for each in samples) * 100
    bar = DRIFT if samples[-1].at - samples[0].at >= LONG_S else None
    return Figure(name="drift of memory", value=growth, unit="%/h", bar=bar, most=True)


def more_descriptors(samples: Sequence[Sample]) -> float:
    """Return how many more are open in the last quarter than in the first, by their medians."""
    quarter = max(1, len(samples) // 4)
    first, last = (
        statistics.median(each.descriptors for each in part)
        for part in (samples[:quarter], samples[-quarter:])
    )
    return last - first
