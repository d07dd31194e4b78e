"""The histograms of a daemon's `/metrics`: what was counted between two looks, and quantiles."""

from __future__ import annotations

import re
import urllib.request
from collections import defaultdict
from collections.abc import Mapping

Buckets = Mapping[str, Mapping[float, float]]
"""Cumulative counts by histogram and upper bound, over all labels."""

_BUCKET = re.compile(r'^notifier_(\w+)_bucket\{.*?\ble="([^"]+)"[^}]*\} ([\d.e+]+)$', re.MULTILINE)


def fetch(url: str) -> str:
    """GET a page of the daemon."""
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own daemon
        return str(answer.read().decode())


def histograms(text: str) -> Buckets:
    """Read the histograms out of `/metrics`, labels added up."""
    found: defaultdict[str, defaultdict[float, float]] = defaultdict(lambda: defaultdict(float))
    for name, bound, count in _BUCKET.findall(text):
        found[name][float(bound)] += float(count)
    return found


def between(before: Buckets, after: Buckets) -> Buckets:
    """Return what was counted in between; a histogram without a sample is not there before."""
    return {
        name: {
            bound: count - before.get(name, {}).get(bound, 0) for bound, count in buckets.items()
        }
        for name, buckets in after.items()
    }


def quantile(buckets: Mapping[float, float], share: float) -> float:
    """Return a quantile as Prometheus estimates it: linear within a bucket. Needs one sample."""
    bounds = sorted(buckets)
    rank = share * buckets[bounds[-1]]
    below, count = 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= rank:
            if bound == float("inf"):
                return below
            return below + (bound - below) * (rank - count) / (buckets[bound] - count)
        below, count = bound, buckets[bound]
    return below
