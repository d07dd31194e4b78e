"""The first line: someone woken at night knows from it whether to get up (messages.md 2)."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.core import lifecycle, summaries

CHANGE = {
    "kind": "update", "version": "v1.9.0", "previousVersion": "v1.8.2", "configurationOnly": False,
    "toRevision": "",
}  # fmt: skip
PROGRESS = {"strategy": "canary", "step": 4, "steps": 6, "weight": 30}
PAUSE = {
    "kind": "manual", "waits": True, "untilText": "", "duration": "", "previewService": "preview",
}  # fmt: skip
TIMED = PAUSE | {"kind": "timed", "waits": False, "untilText": "14:12 UTC", "duration": "10 min"}
ANALYSIS: dict[str, Any] = {
    "kind": "step", "step": 2, "run": "r", "names": "", "failed": [], "errors": [],
    "inconclusive": [], "passed": [],
}  # fmt: skip
SCALING = {"replicaSet": "checkout-5", "revision": "41", "role": "canary", "from": 1, "to": 3}


def facts(**changed: Any) -> dict[str, Any]:
    """Return the variables that first lines are made of."""
    return {
        "change": CHANGE, "progress": PROGRESS, "pause": None, "abort": None,
        "analysis": ANALYSIS, "scaling": None, "event": {"detail": ""}, **changed,
    }  # fmt: skip


def metrics(*names: str) -> list[dict[str, str]]:
    """Return metrics of these names."""
    return [{"metric": name} for name in names]


@pytest.mark.parametrize(
    ("trigger", "given", "expected"),
    [
        ("on-rollout-updated", facts(), "🚀 checkout: v1.9.0 is rolling out"),
        (
            "on-rollout-updated",
            facts(change=CHANGE | {"kind": "first"}),
            "🚀 checkout: first deploy, v1.9.0",
        ),
        (
            "on-rollout-updated",
            facts(change=CHANGE | {"kind": "rollback", "toRevision": "40", "version": "v1.8.2"}),
            "🚀 checkout: going back to revision 40, v1.8.2",
        ),
        (
            "on-rollout-updated",
            facts(
                change=CHANGE | {"kind": "rollback", "toRevision": "40", "version": "revision 42"}
            ),
            "🚀 checkout: going back to revision 40",
        ),
        (
            "on-rollout-updated",
            facts(change=CHANGE | {"version": "revision 42", "configurationOnly": True}),
            "🚀 checkout: revision 42 is rolling out, configuration only",
        ),
        (
            "on-rollout-step-completed",
            facts(progress=PROGRESS | {"step": 3}),
            "🔵 checkout: step 3 of 6 done, 30 % canary",
        ),
        (
            "on-rollout-paused",
            facts(pause=PAUSE),
            "⏸ checkout waits for you at step 4 of 6 (30 % canary)",
        ),
        (
            "on-rollout-paused",
            facts(pause=PAUSE, progress=PROGRESS | {"step": 0, "steps": 0}),
            "⏸ checkout waits for you at its pause",
        ),
        (
            "on-rollout-paused",
            facts(pause=TIMED),
            "⏳ checkout holds at 30 % until 14:12 UTC (10 min)",
        ),
        (
            "on-rollout-paused",
            facts(pause=TIMED | {"untilText": ""}, progress=PROGRESS | {"weight": 0}),
            "⏳ checkout holds at step 4 of 6 (10 min)",
        ),
        (
            "on-rollout-paused",
            facts(pause=PAUSE | {"kind": "inconclusive"}),
            "❔ checkout: analysis is inconclusive, a person must decide",
        ),
        (
            "on-rollout-paused",
            facts(pause=PAUSE | {"kind": "bluegreen"}),
            "⏸ checkout: v1.9.0 is on preview, waiting for promotion",
        ),
        (
            "on-rollout-paused",
            facts(pause=PAUSE | {"kind": "bluegreen", "previewService": ""}),
            "⏸ checkout: v1.9.0 is ready, waiting for promotion",
        ),
        (
            "on-rollout-paused",
            facts(pause=TIMED | {"kind": "bluegreen"}),
            "⏳ checkout: v1.9.0 is on preview, switches at 14:12 UTC",
        ),
        (
            "on-rollout-paused",
            facts(pause=TIMED | {"kind": "bluegreen", "untilText": ""}),
            "⏳ checkout: v1.9.0 is on preview, switches after 10 min",
        ),
        ("on-rollout-paused", facts(), "⏸ checkout was paused"),
        (
            "on-rollout-aborted",
            facts(),
            "🔴 checkout: v1.9.0 aborted at step 4 of 6, traffic is back on v1.8.2",
        ),
        (
            "on-rollout-aborted",
            facts(change=CHANGE | {"previousVersion": ""}, progress=PROGRESS | {"step": 0}),
            "🔴 checkout: v1.9.0 aborted",
        ),
        (
            "on-rollout-aborted",
            facts(progress=PROGRESS | {"strategy": "blue-green", "step": 0}),
            "🔴 checkout: v1.9.0 aborted, traffic stays on v1.8.2",
        ),
        (
            "on-rollout-aborted",
            facts(
                progress=PROGRESS | {"strategy": "blue-green", "step": 0},
                abort={"slot": "post-promotion"},
            ),
            "🔴 checkout: v1.9.0 aborted, traffic is back on v1.8.2",
        ),
        ("on-rollout-completed", facts(), "✅ checkout: v1.9.0 is live"),
        (
            "on-rollout-completed",
            facts(change=CHANGE | {"kind": "first"}),
            "✅ checkout: v1.9.0 is live, first deploy",
        ),
        (
            "on-rollout-completed",
            facts(change=CHANGE | {"kind": "rollback", "toRevision": "40"}),
            "✅ checkout: v1.9.0 is live, back to revision 40",
        ),
        ("on-scaling-replica-set", facts(scaling=SCALING), "↕ checkout: canary scaled 1 → 3"),
        (
            "on-scaling-replica-set",
            facts(scaling=SCALING | {"role": "old"}),
            "↕ checkout: old revision 41 scaled 1 → 3",
        ),
        (
            "on-scaling-replica-set",
            facts(scaling=SCALING | {"role": ""}),
            "↕ checkout: checkout-5 scaled 1 → 3",
        ),
        ("on-scaling-replica-set", facts(), "↕ checkout: a ReplicaSet was scaled"),
        ("on-analysis-run-running", facts(), "🔬 checkout: analysis started (step 2)"),
        (
            "on-analysis-run-running",
            facts(analysis=ANALYSIS | {"kind": "background"}),
            "🔬 checkout: background analysis started",
        ),
        (
            "on-analysis-run-running",
            facts(analysis=ANALYSIS | {"kind": "", "step": 0}),
            "🔬 checkout: analysis started",
        ),
        (
            "on-analysis-run-failed",
            facts(analysis=ANALYSIS | {"failed": metrics("success-rate")}),
            "🔴 checkout: analysis failed: success-rate",
        ),
        (
            "on-analysis-run-failed",
            facts(analysis=ANALYSIS | {"failed": metrics("a", "b", "c", "d", "e")}),
            "🔴 checkout: analysis failed: a, b, c and 2 more",
        ),
        ("on-analysis-run-failed", facts(), "🔴 checkout: analysis failed: r"),
        (
            "on-analysis-run-error",
            facts(analysis=ANALYSIS | {"errors": metrics("success-rate")}),
            "⚠ checkout: analysis could not measure: success-rate",
        ),
        (
            "on-analysis-run-error",
            facts(analysis=ANALYSIS | {"run": ""}),
            "⚠ checkout: analysis could not measure",
        ),
        (
            "on-analysis-run-inconclusive",
            facts(analysis=ANALYSIS | {"inconclusive": metrics("success-rate")}),
            "❔ checkout: analysis is inconclusive: success-rate",
        ),
        (
            "on-analysis-run-successful",
            facts(analysis=ANALYSIS | {"passed": metrics("success-rate")}),
            "✅ checkout: analysis passed: success-rate",
        ),
        (
            "on-rollout-rollback",
            facts(change=CHANGE | {"toRevision": "40", "version": "v1.8.2"}),
            "⏪ checkout: rollback to revision 40, v1.8.2",
        ),
        (
            "on-rollout-rollback",
            facts(change=CHANGE | {"toRevision": "40", "version": "revision 42"}),
            "⏪ checkout: rollback to revision 40",
        ),
        ("on-rollout-rollback", facts(), "⏪ checkout: rollback"),
        ("on-rollout-resumed", facts(), "▶ checkout goes on after its pause"),
        (
            "on-rollout-degraded",
            facts(event={"detail": "InvalidSpec"}),
            "🔴 checkout is degraded: its spec is invalid",
        ),
        (
            "on-rollout-degraded",
            facts(event={"detail": "SomethingElse"}),
            "🔴 checkout is degraded: something else",
        ),
        ("on-rollout-degraded", facts(), "🔴 checkout is degraded"),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value),
)
def test_first_line(trigger: str, given: dict[str, Any], expected: str) -> None:
    """Each variant of the table of messages.md 2 says what it should."""
    found = summaries.summary(trigger, "", "checkout", given).fields()
    assert f"{found['symbol']} {found['summary']}" == expected


@pytest.mark.parametrize(
    ("trigger", "given", "state", "urgent"),
    [
        ("on-rollout-updated", facts(), "progress", False),
        ("on-rollout-step-completed", facts(), "progress", False),
        ("on-rollout-paused", facts(pause=PAUSE), "waiting", True),
        ("on-rollout-paused", facts(pause=TIMED), "progress", False),
        ("on-rollout-aborted", facts(), "failed", True),
        ("on-rollout-completed", facts(), "done", False),
        ("on-scaling-replica-set", facts(scaling=SCALING), "info", False),
        ("on-analysis-run-running", facts(), "progress", False),
        ("on-analysis-run-failed", facts(), "failed", True),
        ("on-analysis-run-error", facts(), "waiting", True),
    ],
    ids=lambda value: "" if isinstance(value, dict) else str(value),
)
def test_state(trigger: str, given: dict[str, Any], state: str, urgent: bool) -> None:
    """Colour means state, the same everywhere; what needs a person stands out."""
    found = summaries.summary(trigger, "", "checkout", given).fields()
    assert (found["state"], found["urgent"]) == (state, urgent)
    assert found["color"] == summaries.COLOURS[state]


def test_the_subject_is_shorter() -> None:
    """A subject leaves out what the first line adds."""
    found = summaries.summary("on-rollout-aborted", "", "checkout", facts()).fields()
    assert found["title"] == "checkout: v1.9.0 aborted at step 4 of 6"


@pytest.mark.parametrize("trigger", sorted(lifecycle.ALL))
def test_any_other_trigger_is_said_in_words(trigger: str) -> None:
    """A new trigger needs no code to have a first line."""
    found = summaries.summary(trigger, "", "checkout", facts())
    assert found.title.startswith("checkout")
    assert found.symbol


def test_a_reason_in_words() -> None:
    """Upstream's reason is split at its capitals."""
    found = summaries.summary("on-rollout-deleted", "RolloutDeleted", "checkout", facts())
    assert found.title == "checkout: deleted"
