"""`core/evidence.py` and `core/fallback.py`: what a transition needs, and the plain text."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from notifier.core import evidence, fallback
from notifier.core.model import JsonObject, ObjectRef
from notifier.core.subscriptions import GlobalSubscription, resolve
from tests.engine import fakes
from tests.engine.fakes import ABORTED, COMPLETED, PAUSED, STEP, UPDATED, configuration, transition

SCALING = "on-scaling-replica-set"
FAILED = "on-analysis-run-failed"
HASH = "rollouts-pod-template-hash"
RUN = ObjectRef(kind="AnalysisRun", namespace="shop", name="run-1", uid="r")


def with_strategy(strategy: JsonObject, **spec: Any) -> JsonObject:
    """Return the small rollout with a strategy."""
    made = fakes.rollout()
    made["spec"] = {"strategy": strategy, **spec}
    return made


@pytest.mark.parametrize(
    ("kind", "strategy", "runs"),
    [
        pytest.param(STEP, {"canary": {"steps": []}}, "", id="no analysis"),
        pytest.param(STEP, {"canary": {"analysis": {"templates": []}}}, HASH, id="background"),
        pytest.param(STEP, {"canary": {"steps": [{"analysis": {}}]}}, HASH, id="step"),
        pytest.param(STEP, {"canary": {"steps": [{"pause": {}}, "odd"]}}, "", id="other steps"),
        pytest.param(ABORTED, {"blueGreen": {"prePromotionAnalysis": {"a": 1}}}, HASH, id="pre"),
        pytest.param(PAUSED, {"blueGreen": {"postPromotionAnalysis": {"a": 1}}}, HASH, id="post"),
        pytest.param(UPDATED, {"canary": {"analysis": {"a": 1}}}, "", id="trigger without runs"),
        pytest.param(FAILED, {"canary": {}}, HASH, id="about analysis"),
        pytest.param(COMPLETED, None, "", id="no strategy"),
    ],
)
def test_runs_are_listed_where_a_message_shows_them(
    kind: str, strategy: JsonObject | None, runs: str
) -> None:
    """Only triggers that tell of analysis, of rollouts that can have some, cost a list."""
    needs = evidence.needs(transition(kind), with_strategy(strategy or {}))
    assert needs.runs == (f"{HASH}=abc" if runs else "")


def test_without_a_hash_there_are_no_runs() -> None:
    """A rollout that has no pod hash yet has no runs to list."""
    made = fakes.rollout()
    made["status"] = {}
    assert evidence.needs(transition(FAILED), made).runs == ""


def test_replica_sets_by_the_labels_of_the_rollout() -> None:
    """Messages that say what changes need the ReplicaSets of other versions; steps do not."""
    made = with_strategy({}, selector={"matchLabels": {"b": "2", "a": "1"}})
    assert evidence.needs(transition(UPDATED), made).replica_sets == f"{HASH},a=1,b=2"
    assert evidence.needs(transition(UPDATED), fakes.rollout()).replica_sets == HASH
    assert evidence.needs(transition(STEP), made).replica_sets == ""


@pytest.mark.parametrize(
    ("reference", "kind"),
    [
        ({"kind": "Deployment", "name": "web"}, "Deployment"),
        ({"kind": "StatefulSet", "name": "web"}, "StatefulSet"),
        ({"kind": "Secret", "name": "web"}, None),
        ({"kind": "Deployment"}, None),
        ("Deployment", None),
        (None, None),
    ],
    ids=["deployment", "statefulset", "foreign kind", "no name", "text", "none"],
)
def test_the_workload_behind_a_reference(reference: object, kind: str | None) -> None:
    """Only workloads are read, whatever a tenant writes there."""
    needs = evidence.needs(transition(STEP), with_strategy({}, workloadRef=reference))
    expected = ObjectRef(kind=kind, namespace="shop", name="web") if kind else None
    assert needs.workload == expected
    assert bool(needs) is (kind is not None)


def test_the_run_of_the_event_is_needed() -> None:
    """A transition that names a run needs it."""
    assert evidence.needs(transition(FAILED, run=RUN), fakes.rollout()).run == RUN


def owned(
    name: str, created: str, *, pod_hash: str = "abc", revision: str = "2", uid: str = ""
) -> JsonObject:
    """Return a run with what makes it belong to a revision of a rollout."""
    return {
        "metadata": {
            "name": name,
            "creationTimestamp": created,
            "labels": {HASH: pod_hash},
            "annotations": {"rollout.argoproj.io/revision": revision},
            "ownerReferences": [{"uid": uid or "uid-checkout"}],
        }
    }


def revised() -> JsonObject:
    """Return the small rollout at revision 2."""
    made = fakes.rollout()
    made["metadata"]["annotations"]["rollout.argoproj.io/revision"] = "2"
    return made


def test_current_runs_are_those_of_hash_revision_and_owner_newest_first() -> None:
    """Neither another revision nor another rollout with the same template gets in."""
    runs = [
        owned("old", "2026-01-01T00:00:00Z"),
        owned("new", "2026-01-02T00:00:00Z"),
        owned("other revision", "2026-01-03T00:00:00Z", revision="1"),
        owned("other rollout", "2026-01-04T00:00:00Z", uid="another"),
        owned("other hash", "2026-01-05T00:00:00Z", pod_hash="def"),
        {"metadata": {}},
    ]
    found = evidence.assemble(revised(), runs=runs).runs
    assert found is not None
    assert [each["metadata"]["name"] for each in found] == ["new", "old"]


def test_no_run_of_the_hash_is_none_another_revision_is_empty() -> None:
    """Templates tell the two apart, as upstream gives them."""
    assert evidence.assemble(revised(), runs=[]).runs is None
    assert evidence.assemble(revised()).runs is None
    another = owned("r", "2026-01-01T00:00:00Z", revision="1")
    assert evidence.assemble(revised(), runs=[another]).runs == []


@pytest.mark.parametrize(
    "workload",
    [
        {"spec": {"template": {"spec": 1}, "selector": {"matchLabels": {}}}},
        {"template": {"spec": 1}},
    ],
    ids=["deployment", "pod template"],
)
def test_the_workload_fills_template_and_selector(workload: JsonObject) -> None:
    """What a Deployment has under spec a PodTemplate has at the top; the rollout is not changed."""
    made = fakes.rollout()
    filled = evidence.assemble(made, workload=workload).rollout
    assert filled["spec"]["template"] == {"spec": 1}
    assert filled["spec"]["strategy"] == made["spec"]["strategy"]
    assert "template" not in made["spec"]


def test_foreign_replica_sets_are_left_out() -> None:
    """Only those the rollout owns are shown."""
    mine, foreign = owned("mine", ""), owned("foreign", "", uid="another")
    assert evidence.assemble(fakes.rollout(), replica_sets=[mine, foreign]).replica_sets == [mine]


def test_a_gone_rollout_has_a_stub() -> None:
    """Names and uid are known, and it needs nothing."""
    stub = evidence.stub(fakes.reference())
    assert stub["metadata"]["name"] == "checkout"
    assert not evidence.needs(transition(STEP), stub)


@pytest.mark.parametrize(
    ("fields", "asked"),
    [
        ({}, False),
        ({"default_triggers": [STEP]}, False),
        ({"default_triggers": [STEP, SCALING]}, True),
        ({"default_triggers_by_service": {"post": [SCALING]}}, True),
    ],
    ids=["nothing", "others", "default", "default of a service"],
)
def test_whether_the_configuration_asks_for_scaling(fields: dict[str, Any], asked: bool) -> None:
    """ReplicaSets are watched only if somebody can be told."""
    assert evidence.wants_scaling(configuration(**fields)) is asked


def test_a_global_subscription_asks_for_scaling() -> None:
    """The list counts by the triggers it names."""
    for triggers, asked in ((None, False), ([STEP], False), ([SCALING], True)):
        item = GlobalSubscription(index=0, recipients=[("post", "a")], triggers=triggers)
        known = configuration()
        known = type(known)(subscriptions=[item])
        assert evidence.wants_scaling(known) is asked


@pytest.mark.parametrize(
    ("escape", "shown"),
    [
        ("none", '<!channel> & "co"'),
        ("slack", '&lt;!channel&gt; &amp; "co"'),
        ("html", "&lt;!channel&gt; &amp; &quot;co&quot;"),
    ],
)
def test_the_fallback_defuses_data(escape: Any, shown: str) -> None:
    """Facts of an object cannot mention a channel or write HTML."""
    facts = {"note": '<!channel> & "co"', "steps": 3, "empty": "", "deep": {"a": 1}}
    of = fakes.event(transition(ABORTED, facts=facts, time="2026-01-01T00:00:00Z"))
    text = fallback.message(of, "line 3", escape).text
    assert text.split("\n") == [
        "checkout: on-rollout-aborted",
        "namespace: shop",
        f"note: {shown}",
        "steps: 3",
        "time: 2026-01-01T00:00:00Z",
        "(the template of this message failed: line 3)",
    ]


def test_the_outline_holds_what_decides() -> None:
    """From the outline alone the same needs and the same listeners follow as from the object."""
    made = with_strategy(
        {"canary": {"analysis": {"templates": []}}},
        selector={"matchLabels": {"a": "1"}},
        workloadRef={"kind": "Deployment", "name": "web"},
        template={"spec": {"containers": [{"image": "demo:v1"}]}},
    )
    made["metadata"]["annotations"][f"notifications.argoproj.io/subscribe.{ABORTED}.post"] = "ops"
    made["metadata"]["labels"] = {"team": "a"}
    seen = evidence.outline(orjson.dumps(made))
    assert "template" not in seen["spec"]
    for kind in (ABORTED, UPDATED, STEP, FAILED):
        assert evidence.needs(transition(kind), seen) == evidence.needs(transition(kind), made)
    known = configuration(triggers=fakes.EVERYTHING)
    assert resolve(ABORTED, seen, known) == resolve(ABORTED, made, known)
    assert resolve(ABORTED, seen, known).subscriptions


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"spec": []}'])
def test_what_cannot_be_read_needs_nothing(raw: bytes) -> None:
    """Bytes that are no Rollout have an empty outline."""
    assert evidence.outline(raw) == {}
