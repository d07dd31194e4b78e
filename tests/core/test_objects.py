"""`core/objects.py`, `core/owned_objects.py`, `core/managers.py`: typed reading of objects."""

from __future__ import annotations

import time
from typing import Any

import msgspec
import pytest
from msgspec import Raw

from notifier.core import managers, objects, owned_objects, snapshots
from notifier.core.model import Observation
from notifier.core.observer import Observer
from tests.strategies import recordings
from tests.strategies.recordings import NAMES
from tests.strategies.story import encode

META: dict[str, Any] = {"name": "demo", "uid": "u", "namespace": "shop"}


def rollout(**parts: Any) -> objects.RolloutVersion:
    """Decode a Rollout made of parts."""
    return objects.decode_rollout(encode({"metadata": META, **parts}))


def test_absent_fields() -> None:
    """Zero integers and false booleans are omitted; an absent index is not 0."""
    status = rollout().rollout.status
    assert (status.abort, status.current_step_index, status.pause_conditions) == (False, None, None)
    assert rollout(status={"currentStepIndex": 0}).rollout.status.current_step_index == 0


def test_observed_generation_is_text() -> None:
    """`observedGeneration` is a string on the wire."""
    assert rollout(status={"observedGeneration": "3"}).rollout.status.observed_generation == "3"


def test_empty_strategies_and_nulls() -> None:
    """Empty `canary: {}` and null may or may not be there."""
    for canary in ({}, None, {"steps": None}):
        version = rollout(spec={"strategy": {"canary": canary}}, status={"canary": {}})
        assert version.steps == 0


def test_conditions_in_any_order_are_equal() -> None:
    """Conditions that are not tracked may move: two versions stay equal bytes."""
    tracked = {"type": "Progressing", "status": "True", "reason": "X", "lastUpdateTime": "t"}
    other = {"type": "Available", "status": "True", "reason": "Y", "lastUpdateTime": "t"}
    first, second = (
        snapshots.encode_rollout(rollout(status={"conditions": order}).rollout)
        for order in ([tracked, other], [{**other, "reason": "Z"}, tracked])
    )
    assert first == second


def test_tracked_form_reads_back() -> None:
    """What is remembered of any recorded version reads back as the same Rollout."""
    for name in NAMES[::10]:
        for version in recordings.stream(name):
            if version.object["kind"] == "Rollout":
                tracked = objects.decode_rollout(encode(version.object)).rollout
                assert snapshots.decode_rollout(snapshots.encode_rollout(tracked)) == tracked


def test_not_a_rollout() -> None:
    """What is none raises one error type."""
    for raw in (b"", b"[]", b"{}", encode({"metadata": {"name": 3, "uid": "u"}})):
        with pytest.raises(msgspec.DecodeError):
            objects.decode_rollout(raw)


@pytest.mark.parametrize(
    ("strategy", "uses"),
    [
        (None, False),
        ({}, False),
        ({"canary": {}}, False),
        ({"canary": {"steps": [{"setWeight": 1}]}}, False),
        ({"canary": {"analysis": {}}}, True),
        ({"canary": {"steps": [{"analysis": {}}]}}, True),
        ({"blueGreen": {}}, False),
        ({"blueGreen": {"prePromotionAnalysis": {}}}, True),
        ({"blueGreen": {"postPromotionAnalysis": {}}}, True),
    ],
)
def test_uses_analysis(strategy: Any, uses: bool) -> None:
    """Analysis in any place of the strategy."""
    obj = {"spec": {"strategy": strategy} if strategy is not None else {}}
    assert objects.uses_analysis(encode(obj)) is uses
    assert not objects.uses_analysis(b"{}")


# --- owned objects ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reference", "ours"),
    [
        ({"kind": "Rollout", "apiVersion": "argoproj.io/v1alpha1", "controller": True}, True),
        ({"kind": "Rollout", "apiVersion": "argoproj.io/v1alpha1"}, False),
        ({"kind": "Rollout", "apiVersion": "example.org/v1", "controller": True}, False),
        ({"kind": "Deployment", "apiVersion": "apps/v1", "controller": True}, False),
    ],
    ids=["ours", "not controller", "other group", "other kind"],
)
def test_controller_reference(reference: dict[str, Any], ours: bool) -> None:
    """Only the controlling reference of a Rollout of argoproj.io counts."""
    obj = {"metadata": {**META, "ownerReferences": [{"uid": "r", **reference}]}}
    controller = owned_objects.decode_replica_set(encode(obj)).metadata.controller("Rollout")
    assert (controller is not None) is ours


def test_replicas_default() -> None:
    """`spec.replicas` absent means 1."""
    assert (
        owned_objects.decode_replica_set(encode({"metadata": META, "spec": {}})).spec.replicas == 1
    )


# --- managedFields ------------------------------------------------------------------------------


def entry(manager: str, *fields: str, subresource: str = "status") -> dict[str, Any]:
    """Return a managedFields entry that owns status fields."""
    owned = {"f:status": {f"f:{name}": {} for name in fields}}
    return {"manager": manager, "subresource": subresource, "time": "t", "fieldsV1": owned}


@pytest.mark.parametrize(
    ("entries", "by_controller", "controllers"),
    [
        ([], None, ()),
        ([entry("c", "phase", "currentStepIndex")], True, ("c",)),
        ([entry("c", "phase"), entry("cli", "currentStepIndex", "abort")], False, ("c",)),
        ([entry("c", "conditions"), entry("c", "currentStepIndex")], True, ("c",)),
        (
            [entry("c", "observedGeneration"), entry("x", "currentStepIndex", subresource="")],
            False,
            ("c",),
        ),
        ([entry("cli", "currentStepIndex", "promoteFull", "controllerPause")], False, ()),
    ],
    ids=["none", "controller", "user", "two entries", "not status", "no controller"],
)
def test_index_owner(entries: Any, by_controller: bool | None, controllers: Any) -> None:
    """The controller is whoever owns a field that only it writes; no name is known."""
    writers = managers.rollout_writers(Raw(encode(entries)))
    assert (writers.index_by_controller, writers.controllers) == (by_controller, controllers)


@pytest.mark.parametrize("raw", [b"", b"null", b'{"a":1}', b'[{"manager":3}]'])
def test_malformed_managed_fields_are_absent(raw: bytes) -> None:
    """Malformed entries leave the fallback."""
    assert managers.rollout_writers(Raw(raw)) == managers.Writers()
    assert not managers.replicas_writers(Raw(raw))


# --- the hot path -------------------------------------------------------------------------------


def padded(size: int) -> dict[str, Any]:
    """Return a recorded Rollout, with environment and managedFields until it has that size."""
    obj: dict[str, Any] = next(
        version.object
        for version in reversed(recordings.stream("traffic-update"))
        if version.object["kind"] == "Rollout"
    )
    obj = msgspec.json.decode(encode(obj))
    container = obj["spec"]["template"]["spec"]["containers"][0]
    owned = obj["metadata"]["managedFields"][0]["fieldsV1"]
    number = 0
    while len(encode(obj)) < size:
        number += 1
        reference = {"configMapKeyRef": {"name": "settings", "key": f"key-{number}"}}
        container.setdefault("env", []).append({"name": f"V{number}", "valueFrom": reference})
        owned[f"f:field{number}"] = {".": {}, "f:name": {}}
    return obj


def test_unchanged_events_are_cheap() -> None:
    """An unchanged version of 13 KB costs a small part of what decoding it whole would."""
    obj = padded(13_000)
    observer = Observer()
    observer.observe(Observation("rollouts", "ADDED", encode(obj)))
    versions = []
    for number in range(300):
        obj["metadata"]["resourceVersion"] = str(number)
        versions.append(Observation("rollouts", "MODIFIED", encode(obj)))

    def best(work: Any) -> float:
        times = []
        for _ in range(5):
            started = time.perf_counter()
            for version in versions:
                work(version)
            times.append(time.perf_counter() - started)
        return min(times)

    observed = best(observer.observe)
    whole = best(lambda version: msgspec.json.decode(version.raw))
    assert observed < 0.7 * whole


def test_remembered_rollout_is_small() -> None:
    """What is remembered of a 13 KB Rollout is well under 3 KB."""
    version = objects.decode_rollout(encode(padded(13_000)))
    assert len(snapshots.encode_rollout(version.rollout)) < 1_500
