"""Many made-up Rollouts of a realistic size, and updates to them, for benchmarks."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson

from tests.emulator.storage import Storage

REVISION = "rollout.argoproj.io/revision"


def rollout(
    name: str, namespace: str = "default", *, size: int = 0, **status: Any
) -> dict[str, Any]:
    """Return a Rollout of at least `size` bytes; `status` are the fields of its status."""
    made: dict[str, Any] = {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Rollout",
        "metadata": {"name": name, "namespace": namespace, "generation": 1},
        "spec": {
            "replicas": 3,
            "strategy": {"canary": {"steps": [{"setWeight": 20}, {"pause": {}}]}},
            "template": {"spec": {"containers": [{"name": "app", "image": "demo:v1"}]}},
        },
        "status": status or {"phase": "Healthy"},
    }
    environment = made["spec"]["template"]["spec"]["containers"][0]["env"] = []
    while size and len(orjson.dumps(made)) < size:
        start = len(environment)
        environment += [
            {"name": f"SETTING_{start + n}", "value": f"value of setting {start + n}"}
            for n in range(10)
        ]
    return made


def rollouts(count: int, namespaces: int, size: int) -> list[dict[str, Any]]:
    """Return Rollouts spread over namespaces; they share what is not their metadata."""
    if not count:
        return []
    first = rollout("app", size=size)
    return [
        {
            **first,
            "metadata": {
                **first["metadata"],
                "name": f"app-{number:05}",
                "namespace": f"team-{number % namespaces:03}",
                "annotations": {REVISION: "1"},
            },
        }
        for number in range(count)
    ]


def fill(storage: Storage, made: list[dict[str, Any]]) -> None:
    """Write them."""
    for given in made:
        storage.apply(given)


async def update(
    emulator: Any, made: list[dict[str, Any]], per_second: float, *, telling: int = 0
) -> None:
    """Change one after the other, for ever: a status field that no trigger looks at.

    Every `telling`-th change, if given, is a new revision instead.
    """
    number = 0
    loop = asyncio.get_running_loop()
    start = loop.time()
    while made:
        while number < (loop.time() - start) * per_second:
            given = made[number % len(made)]
            status = {**given["status"], "availableReplicas": number % 7}
            if telling and number % telling == 0:
                revision = {REVISION: str(2 + number)}
                given = {**given, "metadata": {**given["metadata"], "annotations": revision}}
                made[number % len(made)] = given
            emulator.apply({**given, "status": status})
            number += 1
        await asyncio.sleep(0.01)
