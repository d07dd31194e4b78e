"""Rollouts of a realistic size, made from a recorded one.

A production Rollout is about 13 KB as served: 40 % managed fields, many environment variables, the
applied manifest in an annotation. The recorded ones are a third of that, so they are padded where
real ones are large.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

RECORDING = Path(__file__).parents[1] / "recordings" / "canary-manual-promote" / "stream.jsonl.gz"
SIZE_BYTES = 13_000


def recorded_rollout() -> dict[str, Any]:
    """Return the last recorded version of a canary Rollout that completed."""
    with gzip.open(RECORDING, "rt") as lines:
        versions = [json.loads(line)["object"] for line in lines]
    rollouts = [o for o in versions if o["kind"] == "Rollout" and "status" in o]
    found: dict[str, Any] = rollouts[-1]
    return found


def rollouts(
    count: int, *, namespaces: int = 50, size: int = SIZE_BYTES
) -> Iterator[dict[str, Any]]:
    """Yield `count` different Rollouts of about `size` bytes each, spread over the namespaces."""
    base = recorded_rollout()
    container = base["spec"]["template"]["spec"]["containers"][0]
    container["env"] = []
    missing = size - len(json.dumps(base, separators=(",", ":")))
    for index in range(max(0, missing // 118)):
        container["env"].append({"name": f"SETTING_{index:03}", "value": f"value-{index:03}-" * 4})
        owned = base["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]
        owned.setdefault("f:env", {})[f'k:{{"name":"SETTING_{index:03}"}}'] = {
            ".": {},
            "f:value": {},
        }
    encoded = json.dumps(base)
    for index in range(count):
        one = json.loads(encoded)
        metadata = one["metadata"]
        metadata["name"] = f"rollout-{index:05}"
        metadata["namespace"] = f"team-{index % namespaces:03}"
        metadata["uid"] = f"00000000-0000-4000-8000-{index:012}"
        metadata["resourceVersion"] = str(1000 + index)
        yield one
