"""Steps that are experiments: their analyses belong to the Experiment, and are told too."""

from __future__ import annotations

from typing import Any

from tests.cluster import manifests
from tests.cluster.manifests import NAME, pause, weight
from tests.cluster.scenarios.registry import scenario
from tests.cluster.stage import Stage


def _experiment(duration: str | None = "2s", **analyses: Any) -> dict[str, Any]:
    """Return a step with one template and these analyses (name: template)."""
    step: dict[str, Any] = {"templates": [{"name": "candidate", "specRef": "canary"}]}
    if duration:
        step["duration"] = duration
    if analyses:
        step["analyses"] = [
            {"name": name, "templateName": template, "requiredForCompletion": True}
            for name, template in analyses.items()
        ]
    return {"experiment": step}


async def _updated(stage: Stage, *steps: dict[str, Any]) -> None:
    await stage.apply(manifests.canary([*steps, weight(50), pause(1)]))
    await stage.completed()
    await stage.update()


@scenario()
async def experiment_passes(stage: Stage) -> None:
    """An experiment that runs for a time."""
    await _updated(stage, _experiment())
    await stage.completed(2)


@scenario()
async def experiment_analysis_passes(stage: Stage) -> None:
    """An experiment whose analysis succeeds."""
    await stage.apply(manifests.job("check"))
    await _updated(stage, _experiment(None, good="check"))
    await stage.completed(2)


@scenario()
async def experiment_analysis_fails(stage: Stage) -> None:
    """An experiment whose analysis fails."""
    await stage.apply(manifests.job("check", exit_code=1))
    await _updated(stage, _experiment(None, bad="check"))
    await stage.aborted()


@scenario(
    repeats={"on-analysis-run-error": 1},
    why="spec/transitions.md 1.10: the Experiment controller reads a stale cache",
    certain=False,
)
async def experiment_analysis_missing(stage: Stage) -> None:
    """An experiment whose analysis template does not exist: an error without a run."""
    await stage.apply(manifests.job("check"))
    await _updated(stage, weight(20), pause(1), _experiment(None, gone="check"))
    await stage.delete("AnalysisTemplate", "check")
    await stage.aborted()


@scenario()
async def experiment_analysis_fails_then_retry(stage: Stage) -> None:
    """An experiment fails, and passes when it is tried again."""
    await stage.apply(manifests.job("check", exit_code=1))
    await _updated(stage, _experiment(None, maybe="check"))
    await stage.aborted()
    await stage.apply(manifests.job("check"))
    await stage.plugin("retry", "rollout", NAME)
    await stage.completed(2)
