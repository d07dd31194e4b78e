"""What an analysis run measured: value, condition, counts beside their limits."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.core import analysis, measurements


def run(
    metrics: list[dict[str, Any]],
    results: list[dict[str, Any]] | None = None,
    kind: str = "Step",
    **status: Any,
) -> dict[str, Any]:
    """Return an AnalysisRun."""
    return {
        "metadata": {
            "name": "shop-1",
            "namespace": "shop",
            "labels": {"rollout-type": kind, "step-index": "2"},
            "creationTimestamp": "2026-01-02T12:00:00Z",
        },
        "spec": {"metrics": metrics},
        "status": {"metricResults": results or []} | status,
    }


def web(**fields: Any) -> dict[str, Any]:
    """Return a metric."""
    return {"name": "errors", "provider": {"prometheus": {}}, **fields}


def measured(phase: str, value: str = "0.87", **fields: Any) -> dict[str, Any]:
    """Return the result of that metric."""
    return {
        "name": "errors", "phase": phase, "count": 3,
        "measurements": [
            {"phase": "Successful", "value": "0.99"}, {"phase": phase, "value": value},
        ],
        **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("spec", "result", "text"),
    [
        pytest.param(
            {"successCondition": "result >= 0.95", "failureLimit": 2},
            measured("Failed", failed=3),
            "last value 0.87 · passes if result >= 0.95 · failed 3 (limit 2)",
            id="failed: the success condition does not hold",
        ),
        pytest.param(
            {"successCondition": "result >= 0.95", "failureCondition": "result < 0.9"},
            measured("Failed", failed=1),
            "last value 0.87 · fails if result < 0.9 · failed 1 (limit 0)",
            id="failed: the failure condition holds",
        ),
        pytest.param(
            {"successCondition": "result >= 0.95", "failureCondition": "result < 0.8"},
            measured("Inconclusive", inconclusive=1),
            "last value 0.87 · passes if result >= 0.95, fails if result < 0.8: neither holds"
            " · inconclusive 1 (limit 0)",
            id="inconclusive: neither holds",
        ),
        pytest.param(
            {"failureCondition": "result < 0.8"},
            measured("Successful", successful=3),
            "last value 0.87 · fails if result < 0.8 · passed 3 of 3",
            id="successful",
        ),
        pytest.param(
            {},
            measured("Running", successful=2, failed=1),
            "last value 0.87 · passed 2 of 3 · failed 1",
            id="running, one failed so far",
        ),
        pytest.param({}, {"name": "errors", "phase": "Running"}, "running", id="not measured yet"),
        pytest.param(
            {"consecutiveErrorLimit": 0},
            {"name": "errors", "phase": "Error", "consecutiveError": 1, "message": "no\n such"},
            "errors in a row 1 (limit 0) · no such",
            id="error: an explicit limit of zero counts",
        ),
        pytest.param(
            {},
            measured("Error", value="", consecutiveError=5),
            "errors in a row 5 (limit 4)",
            id="error: the default limit",
        ),
        pytest.param(
            {},
            {
                "name": "errors", "phase": "Failed", "failed": 1, "measurements":
                [{"phase": "Failed", "metadata": {"job-name": "j.1"}}],
            },
            "failed 1 (limit 0) · job j.1",
            id="a job is named",
        ),
        pytest.param({}, {"name": "other"}, "", id="not begun"),
    ],
)  # fmt: skip
def test_a_metric_in_one_line(spec: dict[str, Any], result: dict[str, Any], text: str) -> None:
    """Each number stands beside its limit, each value beside the condition that decided."""
    found = analysis.analysis(run([web(**spec)], [result]), {})
    assert found["metrics"][0]["text"] == text
    head = "errors (prometheus)"
    assert found["metrics"][0]["line"] == (f"{head}: {text}" if text else head)


def test_metrics_are_sorted_by_how_they_ended() -> None:
    """Dry-run metrics decide nothing and are not among the failed."""
    metrics = [{"name": name, "provider": {"job": {}}} for name in ("f", "e", "i", "s", "d")]
    phases = {"f": "Failed", "e": "Error", "i": "Inconclusive", "s": "Successful", "d": "Failed"}
    results = [
        {"name": name, "phase": phase, "dryRun": name == "d"} for name, phase in phases.items()
    ]
    found = analysis.analysis(run(metrics, results), {})
    for kind, name in (("failed", "f"), ("errors", "e"), ("inconclusive", "i"), ("passed", "s")):
        assert [one["metric"] for one in found[kind]] == [name]
    assert found["names"] == "f, e, i, s, d"


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("Step", "step"), ("Background", "background"), ("PrePromotion", "pre-promotion"),
        ("PostPromotion", "post-promotion"), ("", "experiment"),
    ],
)  # fmt: skip
def test_the_role_of_a_run(label: str, kind: str) -> None:
    """A run without a role belongs to an experiment; a step counts from 1."""
    found = analysis.analysis(run([], kind=label), {})
    assert (found["kind"], found["step"]) == (kind, 3)


def test_a_run_that_is_gone() -> None:
    """What the transition says stands in for the object."""
    facts = {
        "run": "", "analysis": "gone", "slot": "experiment", "phase": "Error", "message": "no such",
    }  # fmt: skip
    found = analysis.analysis(None, facts)
    assert (found["names"], found["kind"], found["phase"], found["message"]) == (
        "gone", "experiment", "Error", "no such",
    )  # fmt: skip
    assert found["metrics"] == []


def test_the_message_of_another_event_is_not_that_of_a_run() -> None:
    """An abort has a message of its own."""
    assert analysis.analysis(None, {"message": "RolloutAborted: …"})["message"] == ""


@pytest.mark.parametrize(
    ("spec", "plan"),
    [
        pytest.param({}, "errors (prometheus): once", id="once"),
        pytest.param({"count": 1, "interval": "1m"}, "errors (prometheus): once", id="count 1"),
        pytest.param({"count": 3}, "errors (prometheus): 3 times", id="no interval"),
        pytest.param({"interval": "30s"}, "errors (prometheus): every 30 s", id="endless"),
        pytest.param(
            {"count": "5", "interval": "1m", "successCondition": "result > 1"},
            "errors (prometheus): 5 times, every 1 min · passes if result > 1",
            id="count and interval as text",
        ),
    ],
)
def test_the_plan_of_a_metric(spec: dict[str, Any], plan: str) -> None:
    """A started analysis says how often it measures and what decides."""
    assert analysis.analysis(run([web(**spec)]), {})["metrics"][0]["plan"] == plan


@pytest.mark.parametrize(
    ("metrics", "minutes"),
    [
        pytest.param([web(count=5, interval="1m")], 4, id="four intervals"),
        pytest.param([web(count=5, interval="1m", initialDelay="2m")], 6, id="after a delay"),
        pytest.param([web(count=2, interval="1m"), web(count=4, interval="1m")], 3, id="slowest"),
        pytest.param([web(interval="1m")], None, id="endless"),
        pytest.param([web()], None, id="a single measurement"),
        pytest.param([web(count="{{args.n}}", interval="1m")], None, id="unresolved"),
    ],
)
def test_the_earliest_end(metrics: list[dict[str, Any]], minutes: int | None) -> None:
    """A run can pass no earlier than its slowest metric."""
    found = analysis.earliest(run(metrics, startedAt="2026-01-02T12:00:00Z"))
    start = 1_767_355_200.0
    assert found == (None if minutes is None else start + 60 * minutes)


def test_the_earliest_end_before_the_start() -> None:
    """Without a start time the creation counts; without a run there is none."""
    assert analysis.earliest(run([web(count=2, interval="1m")])) == 1_767_355_260.0
    assert analysis.earliest(None) is None


def test_tally() -> None:
    """Runs of the revision are counted by how they ended."""
    runs = [{"status": {"phase": phase}} for phase in ("Successful", "Error", "Failed", "Running")]
    assert analysis.tally(runs) == {"total": 4, "passed": 1, "failed": 2}
    assert analysis.tally(None)["total"] == 0


def test_telling_run() -> None:
    """The newest run in one of the phases explains a pause or an abort."""
    runs = [{"status": {"phase": "Running"}}, {"status": {"phase": "Failed"}}]
    assert analysis.telling(runs, ("Failed",)) is runs[1]
    assert analysis.telling(runs, ("Error",)) is None
    assert analysis.telling(None, ("Error",)) is None


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({"provider": {"web": {}}}, "web"),
        ({"provider": {"plugin": {"org/metric": {}}}}, "org/metric"),
        ({"provider": {"plugin": {}}}, "plugin"),
        ({}, ""),
    ],
)
def test_provider(spec: dict[str, Any], expected: str) -> None:
    """A plugin is called by its own name."""
    assert measurements.provider(spec) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, 3), (4.0, 4), ("5", 5), (True, None), (None, None), ("x", None), ("", None)],
)
def test_number(value: Any, expected: int | None) -> None:
    """Counts and limits may be written as text."""
    assert measurements.number(value) == expected


def test_shorten() -> None:
    """Foreign text becomes one line and ends with a mark where it is cut."""
    assert measurements.shorten("a\n b\t c") == "a b c"
    assert measurements.shorten("x" * 400) == "x" * 299 + "…"
