"""Why a rollout stands still or went back, and what happens next."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.core import halts

NOW = 1_767_355_200.0  # 2026-01-02T12:00:00Z
START = "2026-01-02T12:00:00Z"


def paused(reason: str, strategy: dict[str, Any], index: int | None = None) -> dict[str, Any]:
    """Return a Rollout that pauses since NOW."""
    status: dict[str, Any] = {"pauseConditions": [{"reason": reason, "startTime": START}]}
    if index is not None:
        status["currentStepIndex"] = index
    return {"spec": {"strategy": strategy}, "status": status}


def canary(*steps: dict[str, Any]) -> dict[str, Any]:
    """Return a canary strategy."""
    return {"canary": {"steps": list(steps)}}


@pytest.mark.parametrize(
    ("rollout", "kind", "waits", "until"),
    [
        pytest.param(
            paused("CanaryPauseStep", canary({"pause": {}}), 0), "manual", True, "", id="gate"
        ),
        pytest.param(
            paused("CanaryPauseStep", canary({"pause": {"duration": "10m"}}), 0),
            "timed", False, "12:10 UTC", id="timed",
        ),
        pytest.param(
            paused("CanaryPauseStep", canary(), 5), "manual", True, "", id="index beyond the steps"
        ),
        pytest.param(
            paused("CanaryPauseStep", canary({"pause": {}})), "manual", True, "", id="no index"
        ),
        pytest.param(
            paused("InconclusiveAnalysisRun", canary({"pause": {"duration": "1h"}}), 0),
            "inconclusive", True, "", id="inconclusive analysis",
        ),
        pytest.param(
            paused("InconclusiveExperiment", canary(), 0), "inconclusive", True, "",
            id="inconclusive experiment",
        ),
        pytest.param(
            paused("BlueGreenPause", {"blueGreen": {"autoPromotionEnabled": False}}),
            "bluegreen", True, "", id="blue-green by hand",
        ),
        pytest.param(
            paused("BlueGreenPause", {"blueGreen": {"autoPromotionSeconds": 300}}),
            "bluegreen", False, "12:05 UTC", id="blue-green by itself",
        ),
    ],
)  # fmt: skip
def test_pause(rollout: dict[str, Any], kind: str, waits: bool, until: str) -> None:
    """The kind of a pause says whether a person must act, and when it ends by itself."""
    found = halts.pause(rollout, NOW)
    assert found is not None
    assert (found["kind"], found["waits"], found["untilText"]) == (kind, waits, until)
    assert found["since"] == START


def test_no_pause() -> None:
    """A rollout that does not pause has none."""
    assert halts.pause({"status": {"pauseConditions": []}}, NOW) is None


def test_a_pause_whose_end_has_passed_is_not_announced_as_coming() -> None:
    """A relative time in the past would be wrong."""
    rollout = paused("CanaryPauseStep", canary({"pause": {"duration": "10s"}}), 0)
    found = halts.pause(rollout, NOW + 60)
    assert found is not None
    assert found["inText"] == ""
    assert found["untilText"] == "12:00:10 UTC"


@pytest.mark.parametrize(
    ("blue_green", "services"),
    [
        ({"previewService": "p", "activeService": "a"}, "preview service p, active service a"),
        ({"activeService": "a"}, "active service a"),
        ({}, ""),
    ],
)
def test_services(blue_green: dict[str, Any], services: str) -> None:
    """The services where the new version can be looked at are named."""
    found = halts.pause(paused("BlueGreenPause", {"blueGreen": blue_green}), NOW)
    assert found is not None
    assert found["services"] == services


def aborted(reason: str = "", **spec: Any) -> dict[str, Any]:
    """Return an aborted Rollout whose condition says this."""
    message = "Rollout aborted update to revision 42" + (f": {reason}" if reason else "")
    condition = {"type": "Progressing", "reason": "RolloutAborted", "message": message}
    return {"spec": spec, "status": {"abort": True, "abortedAt": START, "conditions": [condition]}}


@pytest.mark.parametrize(
    ("reason", "kind", "slot", "text"),
    [
        ("", "manual", "", "by hand"),
        (
            'Background analysis phase error/failed: Metric "web" assessed Failed',
            "analysis", "background", "background analysis failed",
        ),
        ("Step-based analysis phase error/failed: x", "analysis", "step", "step analysis failed"),
        (
            "Blue/green post-promotion analysis phase error/failed: x",
            "analysis", "post-promotion", "post-promotion analysis failed",
        ),
        (
            "Experiment analysis phase is error/failed: x",
            "analysis", "experiment", "experiment analysis failed",
        ),
        (
            'ReplicaSet "shop-1" has timed out progressing.',
            "deadline", "", "ReplicaSet shop-1 did not become ready in time",
        ),
        ("step plugin said no", "other", "", "step plugin said no"),
    ],
)  # fmt: skip
def test_abort(reason: str, kind: str, slot: str, text: str) -> None:
    """What the controller says is told apart; without a reason a person did it."""
    found = halts.abort(aborted(reason))
    assert found is not None
    assert (found["kind"], found["slot"], found["text"]) == (kind, slot, text)


def test_the_detail_of_a_failed_analysis_is_kept() -> None:
    """The run's own message is there for when the run itself is gone."""
    found = halts.abort(aborted("Step-based analysis phase error/failed: spec: is invalid"))
    assert found is not None
    assert found["detail"] == "spec: is invalid"


def test_a_deadline_has_its_limit() -> None:
    """A number has its limit beside it."""
    found = halts.abort(
        aborted('ReplicaSet "shop-1" has timed out progressing.', progressDeadlineSeconds=600)
    )
    assert found is not None
    assert found["text"] == "ReplicaSet shop-1 did not become ready in time (limit 10 min)"
    assert found["replicaSet"] == "shop-1"


def test_the_message_of_the_status_serves_where_the_condition_is_missing() -> None:
    """Without conditions the status still says why."""
    status = {
        "abort": True,
        "message": "RolloutAborted: Rollout aborted update to revision 2: by a robot",
    }
    found = halts.abort({"status": status})
    assert found is not None
    assert found["text"] == "by a robot"


def test_no_abort() -> None:
    """A rollout that is not aborted has none."""
    assert halts.abort({"status": {"phase": "Healthy"}}) is None


STEPS = [{"setWeight": 5}, {"pause": {"duration": "10m"}}, {"pause": {}}, {"setWeight": 50}]


@pytest.mark.parametrize(
    ("index", "expected"),
    [
        (0, {"kind": "weight", "text": "set weight 5 %", "at": ""}),
        (1, {"kind": "wait", "text": "wait 10 min, until 12:10 UTC", "at": "2026-01-02T12:10:00Z"}),
        (2, {"kind": "manual", "text": "manual gate", "at": ""}),
        (4, {"kind": "finish", "text": "v2 becomes the stable version", "at": ""}),
    ],
)  # fmt: skip
def test_after_step(index: int, expected: dict[str, str]) -> None:
    """What comes next has its end where it has one."""
    assert halts.after_step(STEPS, index, NOW, NOW, "v2") == expected


def test_after_step_at_an_unknown_time() -> None:
    """Without the time of the step the end of a wait is not invented."""
    assert halts.after_step(STEPS, 1, None, NOW, "v2")["text"] == "wait 10 min"


@pytest.mark.parametrize(
    ("phase", "kind", "before", "text"),
    [
        ("Failed", "step", "v1", "the rollout is aborted, traffic goes back to v1"),
        ("Error", "x", "", "the rollout is aborted, traffic goes back to the version before"),
        ("Failed", "pre-promotion", "v1", "the rollout is aborted, traffic stays on v1"),
        ("Failed", "post-promotion", "v1", "the rollout is aborted and switches back to v1"),
        ("Inconclusive", "step", "v1", "the rollout pauses until a person decides"),
    ],
)  # fmt: skip
def test_after_analysis(phase: str, kind: str, before: str, text: str) -> None:
    """What a run leads to depends on its role."""
    assert halts.after_analysis(phase, kind, before)["text"] == text
