"""Made-up lives of a Rollout: what a controller and users may do, in any possible order.

Everything may happen within one second, which is the hardest case for keys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.strategies.story import Story, Version, at

STEPS = 3


@dataclass
class Life:
    """A canary Rollout with three steps, as the controller and its users move it."""

    story: Story
    second: int = 1
    revision: int = 0
    runs: int = 0

    @property
    def status(self) -> dict[str, Any]:
        """The status as it stands."""
        status: dict[str, Any] = self.story.rollout.setdefault("status", {})
        return status

    def tick(self) -> None:
        """Time passes."""
        self.second += 1

    def new_template(self) -> None:
        """A new revision begins; the controller writes it in three versions."""
        self.revision += 1
        pod_hash = f"h{self.revision}"
        story = self.story
        story.replica_set(pod_hash, 0, revision=self.revision, created=self.second)
        story.controller(revision=self.revision)
        story.controller(progressing=("NewReplicaSetCreated", self.second))
        story.controller(
            hash=pod_hash,
            step_hash="s",
            index=0,
            abort=None,
            aborted_at=None,
            pauses=None,
            run_step=None,
            completed=("RolloutCompleted", self.second, "False"),
            progressing=("ReplicaSetUpdated", self.second),
        )
        if "stableRS" not in self.status:
            story.controller(stable=pod_hash, index=STEPS)

    def step(self) -> None:
        """The controller completes the current step."""
        if self.moving and self.status["currentStepIndex"] < STEPS:
            index = self.status["currentStepIndex"] + 1
            self.story.controller(index=index, pauses=None, run_step=None)

    def pause(self) -> None:
        """The controller pauses."""
        if self.moving and "pauseConditions" not in self.status:
            self.story.controller(pauses=[("CanaryPauseStep", at(self.second))])

    def promote(self) -> None:
        """The user ends the pause, or moves the index."""
        if not self.moving:
            return
        if "pauseConditions" in self.status:
            self.story.user(pauses=None)
        elif self.status["currentStepIndex"] < STEPS:
            self.story.user(index=self.status["currentStepIndex"] + 1)

    def rewind(self) -> None:
        """The user moves the index back."""
        if self.moving and self.status["currentStepIndex"] > 0:
            self.story.user(index=self.status["currentStepIndex"] - 1, pauses=None)

    def complete(self) -> None:
        """The revision becomes stable."""
        if self.moving and self.status["currentStepIndex"] == STEPS:
            self.story.controller(
                stable=self.status["currentPodHash"],
                pauses=None,
                completed=("RolloutCompleted", self.second),
            )

    def abort(self) -> None:
        """The user asks for an abort and the controller does it."""
        if self.moving:
            self.story.user(abort=True)
            self.story.controller(
                aborted_at=at(self.second),
                index=0,
                pauses=None,
                run_step=None,
                progressing=("RolloutAborted", self.second, "False"),
            )

    def retry(self) -> None:
        """The user retries."""
        if self.status.get("abort"):
            self.story.user(abort=None)
            self.story.controller(aborted_at=None, progressing=("RolloutRetry", self.second))

    def analyse(self) -> None:
        """A run of the step starts, or ends badly and aborts."""
        if not self.moving:
            return
        slot = self.status.get("canary", {}).get("currentStepAnalysisRunStatus")
        if slot is None:
            self.runs += 1
            name = f"run-{self.runs}"
            self.story.run(name, "Running")
            self.story.controller(run_step=(name, "Running"))
        else:
            self.story.run(slot["name"], "Failed")
            self.story.controller(
                run_step=(slot["name"], "Failed"),
                abort=True,
                aborted_at=at(self.second),
                index=0,
                pauses=None,
                progressing=("RolloutAborted", self.second, "False"),
            )

    def scale(self) -> None:
        """The current ReplicaSet is scaled."""
        if self.revision:
            name = f"h{self.revision}"
            known = self.story.cluster["ReplicaSet", f"demo-{name}"]
            self.story.replica_set(
                name, known["spec"]["replicas"] + 1, revision=self.revision, created=self.second
            )

    def label(self) -> None:
        """The user edits a label."""
        self.story.user(labels={"edit": str(self.second)})

    @property
    def moving(self) -> bool:
        """An update is on its way."""
        status = self.status
        updating = status.get("currentPodHash") != status.get("stableRS")
        return updating and not status.get("abort")


ACTS: Sequence[Callable[[Life], None]] = (
    Life.tick,
    Life.new_template,
    Life.step,
    Life.step,
    Life.pause,
    Life.promote,
    Life.rewind,
    Life.complete,
    Life.abort,
    Life.retry,
    Life.analyse,
    Life.scale,
    Life.label,
)


@st.composite
def lives(draw: st.DrawFn) -> Sequence[Version]:
    """Return the versions of a made-up life, those of its ReplicaSets and runs among them."""
    story = Story(steps=STEPS)
    life = Life(story)
    story.create()
    life.new_template()
    for act in draw(st.lists(st.sampled_from(ACTS), min_size=1, max_size=25)):
        act(life)
    return story.log
