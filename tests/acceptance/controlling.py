"""Rollouts as the controller and their users write them, without end, and what each write tells.

A writer of canaries that knows nothing of the code under test: what a version tells is written
beside it by hand (spec/transitions.md 1).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.emulator import Emulator
from tests.strategies.story import Story, Version, at

UPDATED = "on-rollout-updated"
STEP = "on-rollout-step-completed"
PAUSED = "on-rollout-paused"
COMPLETED = "on-rollout-completed"
ABORTED = "on-rollout-aborted"
RUNNING = "on-analysis-run-running"
FAILED = "on-analysis-run-failed"

ORDER = (UPDATED, RUNNING, FAILED, STEP, COMPLETED, ABORTED, PAUSED)
"""The order in which several transitions of one version are told."""

STEPS = 3
RUNS = 10
"""AnalysisRuns of a Rollout that the controller keeps: five that succeeded and five that failed."""


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a Rollout is: the fields that its transitions are made of."""

    revision: int = 0
    pod_hash: str = ""
    stable: str = ""
    index: int = 0
    pause: str = ""
    abort: bool = False
    aborted: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """One version: its number, when it was written (monotonic), and what it tells."""

    version: int
    at: float
    stage: Stage
    told: frozenset[str]


class Canary(Story):
    """A canary of three steps in the emulator."""

    def __init__(
        self,
        emulator: Emulator,
        namespace: str,
        name: str,
        dice: random.Random,
        annotations: Mapping[str, str],
    ) -> None:
        self.history: list[Written] = []
        self._emulator = emulator
        self._dice = dice
        self._told: frozenset[str] = frozenset()
        self._second = 0
        self._revision = 0
        self._runs = 0
        super().__init__(steps=STEPS, name=name, namespace=namespace, uid=f"{namespace}.{name}")
        self.create(annotations=dict(annotations))

    def show(self, version: Version) -> None:
        """Write a version into the cluster."""
        obj = version.object
        self.cluster[obj["kind"], obj["metadata"]["name"]] = obj
        number = self._emulator.apply(obj)
        if obj["kind"] == "Rollout":
            self.history.append(Written(number, time.monotonic(), _stage(obj), self._told))

    def write(self, *told: str, **fields: Any) -> None:
        """The controller writes a version that tells these."""
        self._told = frozenset(told)
        self.controller(**fields)
        self._told = frozenset()

    def live(self) -> Iterator[None]:
        """Go through revision after revision; every `yield` is a moment for others."""
        while True:
            yield from self._updating()

    def new_revision(self) -> None:
        """The controller numbers a new template."""
        self._revision += 1
        self.write(UPDATED, revision=self._revision)

    # --- one revision -------------------------------------------------------------------------

    def _updating(self) -> Iterator[None]:
        self.new_revision()
        yield
        pod_hash = f"h{self._revision}"
        self.write(
            hash=pod_hash,
            step_hash="s",
            index=0,
            pauses=None,
            run_step=None,
            abort=None,
            aborted_at=None,
            completed=("RolloutCompleted", self._tick(), "False"),
            progressing=("ReplicaSetUpdated", self._second),
        )
        yield
        if self._revision > 1 and not (yield from self._stepping()):
            return
        condition = ("RolloutCompleted", self._tick())
        self.write(COMPLETED, stable=pod_hash, index=STEPS, pauses=None, completed=condition)
        yield

    def _stepping(self) -> Iterator[None]:
        """Go through the steps; return whether they were all done."""
        self._step(1)
        yield
        self.write(PAUSED, pauses=[("CanaryPauseStep", at(self._tick()))])
        yield
        chance = self._dice.random()
        if chance < 0.15:
            return False  # a new template while it is paused
        if chance < 0.4:
            return (yield from self._aborting())
        self.user(pauses=None)
        yield
        if self._dice.random() < 0.5 and not (yield from self._analysing()):
            return False
        self._step(2, run_step=None)
        yield
        self._step(3)
        yield
        return True

    def _step(self, reached: int, **fields: Any) -> None:
        progressing = ("ReplicaSetUpdated", self._tick())
        self.write(STEP, index=reached, progressing=progressing, **fields)

    def _aborting(self) -> Iterator[None]:
        """A user aborts; perhaps it is tried again."""
        self.user(abort=True)
        yield
        self.write(ABORTED, **self._aborted())
        yield
        if self._dice.random() < 0.5:
            return False
        self.user(abort=None)
        yield
        self.write(aborted_at=None, progressing=("RolloutRetry", self._tick()))
        yield
        return (yield from self._stepping())

    def _analysing(self) -> Iterator[None]:
        """A run of the step begins; if it fails, the Rollout is aborted."""
        self._runs += 1
        name = f"{self.name}-run-{self._runs}"
        self._forget_run(self._runs - RUNS)
        self.run(name, "Running", pod_hash=f"h{self._revision}")
        self.write(RUNNING, run_step=(name, "Running"))
        yield
        if self._dice.random() < 0.6:
            return True
        self.run(name, "Failed", pod_hash=f"h{self._revision}")
        self.write(FAILED, ABORTED, run_step=(name, "Failed"), abort=True, **self._aborted())
        yield
        return False

    def _forget_run(self, number: int) -> None:
        """The controller deletes a run that is older than those it keeps."""
        name = f"{self.name}-run-{number}"
        if self.cluster.pop(("AnalysisRun", name), None):
            self._emulator.delete("analysisruns", self.namespace, name)

    def _aborted(self) -> dict[str, Any]:
        second = self._tick()
        condition = ("RolloutAborted", second, "False")
        return {"aborted_at": at(second), "index": 0, "pauses": None, "progressing": condition}

    def _tick(self) -> int:
        self._second += 1
        return self._second


def _stage(rollout: dict[str, Any]) -> Stage:
    status = rollout.get("status", {})
    pause = (status.get("pauseConditions") or [{}])[0]
    progressing = {
        item["type"]: item for item in status.get("conditions", []) if item["type"] == "Progressing"
    }.get("Progressing", {})
    run = status.get("canary", {}).get("currentStepAnalysisRunStatus") or {}
    annotations = rollout["metadata"]["annotations"]
    return Stage(
        revision=int(annotations.get("rollout.argoproj.io/revision", 0)),
        pod_hash=status.get("currentPodHash", ""),
        stable=status.get("stableRS", ""),
        index=status.get("currentStepIndex", 0),
        pause=pause.get("startTime", ""),
        abort=status.get("abort", False),
        aborted=progressing.get("lastUpdateTime", "")
        if progressing.get("reason") == "RolloutAborted"
        else "",
        run=f"{run.get('name', '')}:{run.get('status', '')}",
    )


class Load:
    """Many canaries at once, in several namespaces. In the values of `annotations`, `{name}` is the
    Rollout's."""

    def __init__(
        self,
        emulator: Emulator,
        *,
        rollouts: int = 1,
        namespaces: int = 1,
        seed: int = 1,
        name: str = "app",
        annotations: Mapping[str, str] | None = None,
    ) -> None:
        self._dice = random.Random(seed)  # noqa: S311 - reproducible, guards nothing
        self.canaries = []
        for number in range(rollouts):
            whole = f"{name}-{number}"
            own = {key: text.replace("{name}", whole) for key, text in (annotations or {}).items()}
            team = f"team-{number % namespaces}"
            self.canaries.append(Canary(emulator, team, whole, self._dice, own))

    @contextlib.asynccontextmanager
    async def running(self, per_second: float) -> AsyncIterator[None]:
        """Write so many versions a second meanwhile."""
        writing = asyncio.create_task(self._write(per_second))
        try:
            yield
        finally:
            writing.cancel()
            await asyncio.wait({writing})
            if not writing.cancelled():
                writing.result()

    @property
    def versions(self) -> int:
        """How many versions of Rollouts were written."""
        return sum(len(canary.history) for canary in self.canaries)

    async def _write(self, per_second: float) -> None:
        lives = [canary.live() for canary in self.canaries]
        started, written = time.monotonic(), 0
        while True:
            while written < (time.monotonic() - started) * per_second:
                next(self._dice.choice(lives))
                written += 1
            await asyncio.sleep(0.01)
