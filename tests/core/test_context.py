"""The variables as a whole: what the object says, when it says it, and what is left out."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from notifier.core import context
from notifier.core.context import Evidence
from notifier.core.model import Event, ObjectRef, Transition

NOW = 1_767_355_200.0  # 2026-01-02T12:00:00Z
STEPS: list[dict[str, Any]] = [
    {"setWeight": 10}, {"pause": {"duration": "10m"}}, {"setWeight": 50}, {"pause": {}},
]  # fmt: skip


def rollout(**status: Any) -> dict[str, Any]:
    """Return a canary Rollout of revision 42 with four steps."""
    return {
        "metadata": {
            "namespace": "shop", "name": "checkout", "uid": "u",
            "annotations": {"rollout.argoproj.io/revision": "42"},
            "labels": {"team": "a"},
        },
        "spec": {
            "replicas": 2,
            "strategy": {"canary": {"steps": copy.deepcopy(STEPS)}},
            "template": {"spec": {"containers": [{"name": "app", "image": "shop:v1.9.0"}]}},
        },
        "status": {"stableRS": "s", "currentPodHash": "n"} | status,
    }  # fmt: skip


def variables(
    trigger: str,
    item: dict[str, Any],
    *,
    facts: dict[str, Any] | None = None,
    previous: dict[str, Any] | None = None,
    central: dict[str, Any] | None = None,
    time: str | None = "2026-01-02T12:00:00Z",
    **transition: Any,
) -> dict[str, Any]:
    """Return the variables of one event."""
    evidence_fields = {
        name: transition.pop(name) for name in ("run", "runs", "replica_sets") if name in transition
    }
    event = Event(
        id="evt_" + "0" * 32,
        transition=Transition(
            trigger=trigger,
            reason="Reason",
            rollout=ObjectRef(kind="Rollout", namespace="shop", name="checkout", uid="u"),
            key="k",
            resource_version="1",
            time=time,
            facts=facts or {},
            **transition,
        ),
        observed_at=NOW + 5,
    )
    evidence = Evidence(rollout=item, previous=previous, **evidence_fields)
    return context.variables(event, evidence, central or {}, now=NOW + 5)


def test_step_completed_shows_the_index_of_the_completed_step() -> None:
    """Templates that add 1 print the right number; the object itself is not changed."""
    item = rollout(currentStepIndex=3)
    found = variables("on-rollout-step-completed", item, facts={"step": 3, "step_index": 2})
    assert found["rollout"]["status"]["currentStepIndex"] == 2
    assert item["status"]["currentStepIndex"] == 3
    assert (found["progress"]["step"], found["progress"]["weight"]) == (3, 50)
    assert found["next"]["kind"] == "manual"


def test_step_completed_stays_that_step_when_it_is_evaluated_later() -> None:
    """An open occurrence is looked at again when the rollout is further (configuration.md 6.2)."""
    found = variables("on-rollout-step-completed", rollout(currentStepIndex=4), facts={"step": 1})
    assert found["rollout"]["status"]["currentStepIndex"] == 0
    assert found["event"]["summary"] == "checkout: step 1 of 4 done, 10 % canary"
    assert found["next"]["text"] == "wait 10 min, until 12:10 UTC"


def test_an_abort_is_where_the_version_before_was() -> None:
    """The version that shows an abort has its index reset."""
    before = {"status": {"currentPodHash": "n", "currentStepIndex": 3, "stableRS": "s"}}
    found = variables(
        "on-rollout-aborted", rollout(abort=True, currentStepIndex=0), previous=before
    )
    assert (found["progress"]["step"], found["progress"]["done"]) == (4, 3)


@pytest.mark.parametrize(
    ("before", "recovered"),
    [
        pytest.param({"currentPodHash": "n", "currentStepIndex": 3}, True, id="after a gap"),
        pytest.param({"currentPodHash": "x", "currentStepIndex": 3}, False, id="another revision"),
        pytest.param({"currentPodHash": "n"}, False, id="no index"),
        pytest.param({"currentPodHash": "n", "currentStepIndex": 4}, False, id="after the last"),
    ],
)
def test_an_abort_whose_step_is_not_known(before: dict[str, Any], recovered: bool) -> None:
    """What may be wrong is not said."""
    found = variables(
        "on-rollout-aborted",
        rollout(abort=True, currentStepIndex=0),
        previous={"status": before},
        recovered=recovered,
    )
    assert found["progress"]["step"] == 0


def test_an_update_says_nothing_of_the_revision_before() -> None:
    """In its version the status is still that of the old revision."""
    stale = rollout(
        currentStepIndex=3,
        abort=True,
        pauseConditions=[{"reason": "CanaryPauseStep", "startTime": "2026-01-02T11:00:00Z"}],
        duration={"rolloutStartedAt": "2026-01-02T10:00:00Z"},
    )
    found = variables("on-rollout-updated", stale, facts={"revision": "42"})
    assert (found["pause"], found["abort"], found["took"]) == (None, None, None)
    assert (found["progress"]["step"], found["progress"]["elapsed"]) == (0, "")


def test_took() -> None:
    """How long a revision took, and how much of it a person was waited for."""
    duration = {
        "rolloutStartedAt": "2026-01-02T11:36:00Z", "finishedAt": "2026-01-02T12:00:00Z",
        "totalManualPauseDurationSeconds": 600,
    }  # fmt: skip
    found = variables("on-rollout-completed", rollout(duration=duration, currentStepIndex=4))
    assert found["took"] == {
        "seconds": 1440, "text": "24 min", "waitingSeconds": 600, "waitingText": "10 min",
    }  # fmt: skip
    assert found["progress"]["ran"] == "canary, 4 steps"


@pytest.mark.parametrize(
    ("duration", "time"),
    [
        pytest.param({}, "2026-01-02T12:00:00Z", id="an older controller"),
        pytest.param({"rolloutStartedAt": "2026-01-02T12:00:00Z"}, None, id="no end"),
        pytest.param(
            {"rolloutStartedAt": "2026-01-02T12:00:00Z"}, "2026-01-02T12:00:00Z", id="at once"
        ),
    ],
)
def test_took_is_left_out(duration: dict[str, Any], time: str | None) -> None:
    """A duration that is not known is not invented."""
    assert variables("on-rollout-completed", rollout(duration=duration), time=time)["took"] is None


def test_promoted_in_full() -> None:
    """A completion says when the steps were skipped."""
    before = {"status": {"stableRS": "s", "promoteFull": True}}
    found = variables("on-rollout-completed", rollout(stableRS="n"), previous=before)
    assert found["progress"]["ran"] == "promoted in full"


def run(phase: str, name: str = "r") -> dict[str, Any]:
    """Return an AnalysisRun with one metric in that phase."""
    return {
        "metadata": {"name": name, "namespace": "shop", "labels": {"rollout-type": "Step"}},
        "spec": {"metrics": [{"name": "errors", "provider": {"job": {}}}]},
        "status": {
            "phase": phase,
            "metricResults": [
                {
                    "name": "errors", "phase": phase,
                    "measurements": [{"phase": phase, "metadata": {"job-name": "j"}}],
                }
            ],
        },
    }  # fmt: skip


def test_the_run_of_the_event() -> None:
    """`analysisRun` is the run the event is about, with commands to look at it and at its job."""
    found = variables("on-analysis-run-failed", rollout(), run=run("Failed"), runs=[])
    assert found["analysisRun"]["metadata"]["name"] == "r"
    assert found["analysisRuns"] == []
    assert found["commands"]["run"] == "kubectl describe analysisrun r -n shop"
    assert found["commands"]["logs"] == "kubectl logs job/j -n shop"
    assert found["next"]["kind"] == "abort"


def test_the_run_that_explains_an_abort() -> None:
    """The newest failed run, if the abort came from an analysis."""
    message = "Rollout aborted update to revision 42: Step-based analysis phase error/failed: x"
    aborted = rollout(abort=True, message=message)
    runs = [run("Running", "later"), run("Error", "culprit")]
    found = variables("on-rollout-aborted", aborted, runs=runs)
    assert found["analysis"]["run"] == "culprit"
    assert found["abort"]["text"] == "step analysis could not measure"
    by_hand = rollout(abort=True, message="Rollout aborted update to revision 42")
    assert variables("on-rollout-aborted", by_hand, runs=runs)["analysis"]["run"] == ""


def test_the_run_that_explains_a_pause() -> None:
    """An inconclusive pause shows the inconclusive run, a gate the newest one."""
    runs = [run("Running", "newest"), run("Inconclusive", "unclear")]
    for reason, name in (("InconclusiveAnalysisRun", "unclear"), ("CanaryPauseStep", "newest")):
        conditions = [{"reason": reason, "startTime": "2026-01-02T12:00:00Z"}]
        paused = rollout(pauseConditions=conditions, currentStepIndex=3)
        assert variables("on-rollout-paused", paused, runs=runs)["analysis"]["run"] == name


def test_a_timed_pause_says_when_it_goes_on() -> None:
    """What comes next has its time as text and as data."""
    conditions = [{"reason": "CanaryPauseStep", "startTime": "2026-01-02T12:00:00Z"}]
    found = variables("on-rollout-paused", rollout(pauseConditions=conditions, currentStepIndex=1))
    assert found["next"] == {
        "kind": "wait", "text": "goes on by itself at 12:10 UTC", "at": "2026-01-02T12:10:00Z",
    }  # fmt: skip


def test_the_earliest_end_of_an_analysis() -> None:
    """It is said while it lies ahead."""
    running = run("Running")
    running["spec"]["metrics"][0] |= {"count": 5, "interval": "1m"}
    for started, said in (
        ("2026-01-02T12:00:00Z", "12:04 UTC, in 4 min"),
        ("2026-01-02T11:00:00Z", ""),
    ):
        running["status"]["startedAt"] = started
        found = variables("on-analysis-run-running", rollout(), run=running)
        assert found["analysis"]["earliest"] == said


def test_event() -> None:
    """Id, reason, time and what was missed."""
    found = variables(
        "on-rollout-step-completed", rollout(currentStepIndex=3), recovered=True, missed=2
    )["event"]
    assert found["id"] == "evt_" + "0" * 32
    assert (found["reason"], found["time"]) == ("Reason", "2026-01-02T12:00:00Z")
    assert (found["recovered"], found["missed"]) == (True, 2)
    assert found["note"] == "seen after a gap; 2 earlier steps not announced"


def test_event_time_without_one_of_the_object() -> None:
    """Then it is when the event was observed."""
    found = variables("on-scaling-replica-set", rollout(), time=None)["event"]
    assert (found["time"], found["timeText"]) == ("2026-01-02T12:00:05Z", "12:00:05 UTC")


@pytest.mark.parametrize(
    ("trigger", "recovered", "missed", "expected"),
    [
        ("on-rollout-paused", False, 0, ""),
        ("on-rollout-paused", True, 0, "seen after a gap"),
        ("on-rollout-updated", True, 1, "seen after a gap; 1 earlier revision not announced"),
        ("on-rollout-paused", True, 2, "seen after a gap; 2 earlier events not announced"),
    ],
)
def test_note(trigger: str, recovered: bool, missed: int, expected: str) -> None:
    """A recovered event says so and what was not announced."""
    assert context.note(trigger, recovered=recovered, missed=missed) == expected


@pytest.mark.parametrize(
    ("central", "place"),
    [({"cluster": "prod-eu"}, "prod-eu/shop"), ({"cluster": ""}, "shop"), ({}, "shop")],
    ids=["named", "unnamed", "nothing"],
)
def test_place(central: dict[str, Any], place: str) -> None:
    """Where: the cluster only if it has a name."""
    found = variables("on-rollout-updated", rollout(), central=central)
    assert found["place"] == place
    assert found["document"]["cluster"] == central.get("cluster", "")


def test_links() -> None:
    """Each `…Url` of the central context is a link, named after its key."""
    central = {"runbookUrl": "https://r", "dashboardUrl": "https://d", "Url": "https://u", "a": "b"}
    found = variables("on-rollout-updated", rollout(), central=central | {"emptyUrl": ""})
    assert found["links"] == [
        {"name": "link", "url": "https://u"},
        {"name": "dashboard", "url": "https://d"},
        {"name": "runbook", "url": "https://r"},
    ]


def test_commands_are_complete() -> None:
    """A command can be pasted as it is."""
    stable = {
        "metadata": {
            "labels": {"rollouts-pod-template-hash": "s"},
            "annotations": {"rollout.argoproj.io/revision": "41"},
        },
        "spec": {"template": {"spec": {"containers": [{"name": "app", "image": "shop:v1"}]}}},
    }
    found = variables("on-rollout-aborted", rollout(abort=True), replica_sets=[stable])["commands"]
    assert found == {
        "get": "kubectl argo rollouts get rollout checkout -n shop",
        "promote": "kubectl argo rollouts promote checkout -n shop",
        "promoteFull": "kubectl argo rollouts promote checkout -n shop --full",
        "abort": "kubectl argo rollouts abort checkout -n shop",
        "retry": "kubectl argo rollouts retry rollout checkout -n shop",
        "undo": "kubectl argo rollouts undo checkout -n shop --to-revision=41",
        "run": "",
        "logs": "",
    }
    without = variables("on-rollout-aborted", rollout(abort=True))["commands"]
    assert without["undo"] == "kubectl argo rollouts undo checkout -n shop"


SCALED = {"replica_set": "checkout-n", "hash": "n", "revision": "41"}


def test_scaling() -> None:
    """Old and new count, and what the ReplicaSet is to the rollout; the thread stays the
    rollout's own revision."""
    facts = SCALED | {"old_replicas": 1, "new_replicas": 3}
    found = variables("on-scaling-replica-set", rollout(), facts=facts)
    assert found["scaling"] == {
        "replicaSet": "checkout-n", "revision": "41", "from": 1, "to": 3,
        "direction": "up", "role": "canary",
    }  # fmt: skip
    assert found["change"]["revision"] == "42"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        pytest.param({"stableRS": "h"}, "stable", id="stable"),
        pytest.param({"stableRS": "s", "currentPodHash": "h"}, "canary", id="canary"),
        pytest.param({"stableRS": "s", "currentPodHash": "c"}, "old", id="old"),
        pytest.param({"currentPodHash": "h"}, "new", id="first deploy"),
        pytest.param(
            {"stableRS": "s", "blueGreen": {"activeSelector": "h"}}, "active", id="active"
        ),
        pytest.param(
            {"stableRS": "s", "currentPodHash": "h", "blueGreen": {"activeSelector": "s"}},
            "preview", id="preview",
        ),
        pytest.param(
            {"stableRS": "s", "currentPodHash": "c", "blueGreen": {"activeSelector": "s"}},
            "old", id="old of blue-green",
        ),
    ],
)  # fmt: skip
def test_role(status: dict[str, Any], expected: str) -> None:
    """What a ReplicaSet is to the rollout."""
    assert context.role(status, "h") == expected
    assert context.role(status, "") == ""


def test_a_rollout_that_is_gone() -> None:
    """Of a stub there is little to say, but it is said without an error."""
    stub = {"kind": "Rollout", "metadata": {}, "spec": {}, "status": {}}
    found = variables("on-rollout-deleted", stub)
    assert found["event"]["summary"] == "checkout: reason"
    assert found["document"]["rollout"]["revision"] is None


def test_only_plain_data() -> None:
    """Templates of every language get dicts, lists and scalars, nothing else."""

    def walk(value: Any) -> None:
        assert type(value) in (dict, list, str, int, float, bool, type(None)), type(value)
        for item in (
            value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        ):
            walk(item)

    walk(variables("on-analysis-run-failed", rollout(), run=run("Failed"), runs=[run("Failed")]))
