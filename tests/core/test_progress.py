"""How far a rollout is, and what its steps do."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core import progress
from notifier.core.progress import Position

STEPS: list[dict[str, Any]] = [
    {"setWeight": 10},
    {"pause": {"duration": "10m"}},
    {"setWeight": 50},
    {"pause": {}},
]


def rollout(steps: list[dict[str, Any]] | None = None, **status: Any) -> dict[str, Any]:
    """Return a canary Rollout."""
    canary = {} if steps is None else {"steps": steps}
    return {"spec": {"replicas": 3, "strategy": {"canary": canary}}, "status": status}


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"setWeight": 30}, ("weight", "set weight 30 %")),
        ({"pause": {"duration": 600}}, ("wait", "wait 10 min")),
        ({"pause": {}}, ("manual", "manual gate")),
        ({"pause": None}, ("manual", "manual gate")),
        (
            {"analysis": {"templates": [{"templateName": "a"}, {"templateName": "b"}]}},
            ("analysis", "analysis a, b"),
        ),
        ({"analysis": {}}, ("analysis", "analysis")),
        ({"experiment": {"templates": [{"name": "base"}]}}, ("experiment", "experiment base")),
        ({"setCanaryScale": {"replicas": 1}}, ("scale", "scale canary to 1 pod")),
        ({"setCanaryScale": {"replicas": 3}}, ("scale", "scale canary to 3 pods")),
        ({"setCanaryScale": {"weight": 25}}, ("scale", "scale canary to 25 %")),
        ({"setCanaryScale": {}}, ("scale", "scale canary with its weight")),
        ({"setHeaderRoute": {"name": "h", "match": [{}]}}, ("route", "set header route h")),
        ({"setHeaderRoute": {"name": "h"}}, ("route", "remove header route h")),
        ({"setMirrorRoute": {"name": "m", "match": [{}]}}, ("route", "set mirror route m")),
        ({"plugin": {"name": "org/step"}}, ("plugin", "plugin org/step")),
        ({"somethingNew": {}}, ("step", "somethingNew")),
        ({}, ("step", "an empty step")),
    ],
)  # fmt: skip
def test_describe(step: dict[str, Any], expected: tuple[str, str]) -> None:
    """Every kind of step is said in words, an unknown one by its name."""
    assert progress.describe(step) == expected


@pytest.mark.parametrize(
    ("index", "expected"), [(0, 10), (1, 10), (2, 50), (3, 50), (4, 100), (9, 100)]
)
def test_weight_after(index: int, expected: int) -> None:
    """The desired weight is that of the last weight step so far; all of it after the last."""
    assert progress.weight_after(STEPS, index) == expected


def test_weight_before_any_weight_step_is_zero() -> None:
    """A rollout that begins with a pause has no canary traffic."""
    assert progress.weight_after([{"pause": {}}, {"setWeight": 5}], 0) == 0


@pytest.mark.parametrize(
    ("done", "steps", "expected"),
    [
        (0, 0, ""), (0, 3, "▱▱▱"), (3, 6, "▰▰▰▱▱▱"), (6, 6, "▰▰▰▰▰▰"), (9, 6, "▰▰▰▰▰▰"),
        (5, 20, "▰▰▱▱▱▱▱▱▱▱"),
    ],
)  # fmt: skip
def test_bar(done: int, steps: int, expected: str) -> None:
    """The bar has a cell per step, ten at most."""
    assert progress.bar(done, steps) == expected


@given(st.integers(0, 200), st.integers(1, 200))
def test_bar_is_full_only_at_the_end(done: int, steps: int) -> None:
    """No bar looks finished while a step is missing."""
    drawn = progress.bar(done, steps)
    assert len(drawn) == min(steps, 10)
    assert ("▱" not in drawn) == (done >= steps)


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        ({"canary": {"steps": STEPS}}, "canary, 4 steps"),
        ({"canary": {"steps": STEPS[:1]}}, "canary, 1 step"),
        ({"canary": {}}, "canary without steps"),
        ({"blueGreen": {"autoPromotionEnabled": False}}, "blue-green, manual promotion"),
        ({"blueGreen": {}}, "blue-green, auto-promotion"),
        ({"blueGreen": {"autoPromotionSeconds": 300}}, "blue-green, auto-promotion after 5 min"),
    ],
)
def test_plan(strategy: dict[str, Any], expected: str) -> None:
    """The way a rollout goes about it fits in a few words."""
    assert progress.plan({"spec": {"strategy": strategy}}) == expected


def test_progress_at_a_step() -> None:
    """Step, weight, bar and elapsed time of a canary in the middle."""
    found = progress.progress(
        rollout(STEPS, availableReplicas=2), Position(2, 1, 1), 1000.0, 1600.0
    )
    assert found == {
        "strategy": "canary", "plan": "canary, 4 steps", "steps": 4, "step": 2, "done": 1,
        "what": "wait 10 min", "bar": "▰▱▱▱", "weight": 10, "desiredWeight": 10,
        "available": 2, "replicas": 3, "elapsed": "10 min", "startedAt": "1970-01-01T00:16:40Z",
    }  # fmt: skip


def test_the_router_knows_the_weight_better_than_the_steps() -> None:
    """With traffic routing the weight is what the router reports, the desired one stands beside."""
    found = progress.progress(rollout(STEPS), Position(3, 2, 2, actual=20), None, 0.0)
    assert (found["weight"], found["desiredWeight"]) == (20, 50)


def test_progress_without_steps_or_position() -> None:
    """Without steps, or where a message is about none, nothing is claimed."""
    for found in (
        progress.progress(rollout(), Position(1, 1, 1), None, 0.0),
        progress.progress(rollout(STEPS), None, None, 0.0),
    ):
        assert (found["step"], found["bar"], found["weight"], found["elapsed"]) == (0, "", 0, "")


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ({}, None),
        ({"canary": {}}, None),
        ({"canary": {"weights": {"canary": {"weight": 25}}}}, 25),
        ({"canary": {"weights": {"stable": {"weight": 100}}}}, 0),
    ],
)
def test_routed_weight(status: dict[str, Any], expected: int | None) -> None:
    """A zero weight is omitted by the API server; no router at all is something else."""
    assert progress.routed_weight(status) == expected
