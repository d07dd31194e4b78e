"""Who listens to a trigger: the global list, annotations, defaults; hostile text harms nobody."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.core import annotations, selectors, subscriptions
from notifier.core.configuration import Configuration
from notifier.core.subscriptions import GlobalSubscription

P = annotations.PREFIX


def rollout(annotated: Any = None, labels: Any = None) -> dict[str, Any]:
    """Return a rollout with these annotations."""
    metadata = {"name": "checkout", "namespace": "shop", "annotations": annotated, "labels": labels}
    return {"metadata": metadata}


def found(
    annotated: dict[str, str], trigger: str = "on-x", **configuration: Any
) -> list[tuple[str, str]]:
    """Return (service, recipient) of what is resolved."""
    result = subscriptions.resolve(trigger, rollout(annotated), Configuration(**configuration))
    return [(item.service, item.recipient) for item in result.subscriptions]


DEFAULTS: dict[str, Any] = {
    "default_triggers": ("on-x",),
    "default_triggers_by_service": {"quiet": (), "other": ("on-y",)},
}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("subscribe.on-x.slack", "a", [("slack", "a")]),
        ("subscribe.on-x.slack", " a ; b;;a ", [("slack", "a"), ("slack", "b")]),
        ("subscribe.on-x.hook", "", [("hook", "")]),
        ("subscribe.on-x.slack", "  ", []),
        ("subscribe.on-x.slack", ";;", []),
        ("subscribe.on-x.slack.more.words", "a", [("slack", "a")]),
        ("subscribe.on-y.slack", "a", []),
        ("subscribe..slack", "a", [("slack", "a")]),
        ("subscribe.slack", "a", [("slack", "a")]),
        ("subscribe.quiet", "a", []),
        ("subscribe.other", "a", []),
        ("subscribe.on-x.slack", "https://h/x:y", [("slack", "https://h/x:y")]),
        (
            "subscriptions",
            "- trigger: [on-x]\n  destinations: [{service: s, recipients: [a, ' b;c']}]",
            [("s", "a"), ("s", " b;c")],
        ),
        ("subscriptions.more", "- destinations: [{service: s, recipients: [a]}]", [("s", "a")]),
        (
            "subscriptions",
            "- triggers: [on-y]\n  destinations: [{service: s, recipients: [a]}]",
            [("s", "a")],
        ),
        (
            "subscriptions",
            "- trigger: on-y\n  destinations: [{service: s, recipients: [a]}]",
            [("s", "a")],
        ),
        (
            "subscriptions",
            "- trigger: []\n  destinations: [{service: s, recipients: [a]}]",
            [("s", "a")],
        ),
        (
            "subscriptions",
            "- trigger: [[on-y]]\n  destinations: [{service: s, recipients: [a]}]",
            [("s", "a")],
        ),
        (
            "subscriptions",
            "- Trigger: [on-x]\n  Destinations: [{Service: s, Recipients: ['']}]",
            [("s", "")],
        ),
        ("subscriptions", "- trigger: [on-x]\n  destinations: [{service: s}]", []),
        (
            "subscriptions",
            "- trigger: [on-x]\n  destinations: [{service: 1, recipients: [a]}, x]",
            [],
        ),
        ("subscriptions", "- trigger: [on-x]", []),
        (
            "subscriptions",
            "- x\n- trigger: [on-x]\n  destinations: [{service: s, recipients: [a]}]",
            [("s", "a")],
        ),
        ("subscriptions", "a: b", []),
        ("subscriptions", "[", []),
        ("subscriptions", "", []),
        ("mute-until", "2026-01-01T00:00:00Z", []),
        ("owner", "me", []),
    ],
)
def test_annotations(key: str, value: str, expected: list[tuple[str, str]]) -> None:
    """Each form of annotation means what upstream makes of it (configuration.md 5.2)."""
    assert found({P + key: value}, **DEFAULTS) == expected


@pytest.mark.parametrize(
    ("key", "value", "severity", "message", "fix"),
    [
        (
            "subscriptions",
            "- triggers: [on-y]\n  destinations: []",
            "warning",
            "[0].triggers is unknown",
            "did you mean trigger",
        ),
        (
            "subscriptions",
            "- destinations: []",
            "warning",
            "[0].trigger is missing",
            "trigger: [on-…]",
        ),
        (
            "subscriptions",
            "- trigger: on-x\n  destinations: []",
            "warning",
            "is a text, not a list",
            "trigger: [on-…]",
        ),
        (
            "subscriptions",
            "- trigger: [on-x]\n  destinations: [{service: s}]",
            "warning",
            "names no recipients of s",
            'recipients: [""]',
        ),
        (
            "subscriptions",
            "- trigger: [on-x]\n  destinations: [{service: s, recipients: a}]",
            "error",
            "not understood",
            "{service",
        ),
        ("subscriptions", "a: b", "error", "is a mapping, but a list is expected", "dash"),
        ("subscriptions", "- a", "error", "[0] is a text", ""),
        ("subscriptions", "\n[", "error", "not valid YAML", ""),
        ("mute-until", "tomorrow", "warning", "no RFC 3339 time", "2026"),
        ("mute-until", "2026-01-01T00:00:00", "warning", "no RFC 3339 time", "2026"),
        ("mut-until", "x", "warning", "unknown annotation", "did you mean mute-until"),
        ("subscribe", "x", "warning", "unknown annotation", "did you mean subscribe."),
    ],
)
def test_problems(key: str, value: str, severity: str, message: str, fix: str) -> None:
    """What was probably meant otherwise is said, naming object and annotation."""
    problems = subscriptions.resolve("on-x", rollout({P + key: value}), Configuration()).problems
    assert any(
        message in problem.message
        and fix in problem.fix
        and problem.severity == severity
        and (problem.document, problem.key) == ("shop/checkout", P + key)
        for problem in problems
    )


def test_mute_until_is_passed_on() -> None:
    """A good time is given as it is written."""
    annotated = {P + "mute-until": " 2026-01-01T00:00:00+02:00 "}
    resolved = subscriptions.resolve("on-x", rollout(annotated), Configuration())
    assert resolved.muted_until == "2026-01-01T00:00:00+02:00"
    assert not resolved.problems


def test_order_duplicates_and_counts() -> None:
    """Global items come first, then annotations by key; the first of equals stays."""
    configuration = Configuration(
        default_triggers=("on-x",),
        subscriptions=(
            GlobalSubscription(index=0, recipients=(("s", "g"), ("s", "a")), triggers=None),
            GlobalSubscription(index=1, recipients=(("s", "h"),), triggers=("on-x",)),
            GlobalSubscription(index=2, recipients=(("s", "no"),), triggers=("on-y",)),
            GlobalSubscription(
                index=3,
                recipients=(("s", "web"), ("s", "h")),
                triggers=None,
                compiled=selectors.parse("tier=web"),
            ),
            GlobalSubscription(
                index=4, recipients=(("s", "no"),), triggers=None, compiled=selectors.parse("none")
            ),
        ),
    )
    annotated = {
        P + "subscribe.on-x.z": "a",
        P + "subscribe.on-x.s": "a;b",
        P + "subscribe.on-y.s": "c",
        "other/annotation": "x",
    }
    resolved = subscriptions.resolve("on-x", rollout(annotated, {"tier": "web"}), configuration)
    assert [(item.source, item.service, item.recipient) for item in resolved.subscriptions] == [
        ("subscriptions[0]", "s", "g"),
        ("subscriptions[0]", "s", "a"),
        ("subscriptions[1]", "s", "h"),
        ("subscriptions[3]", "s", "web"),
        (P + "subscribe.on-x.s", "s", "b"),
        (P + "subscribe.on-x.z", "z", "a"),
    ]
    assert resolved.dropped == 2
    assert resolved.total == 4
    assert {item.scope for item in resolved.subscriptions} == {"central"}
    assert {item.trigger for item in resolved.subscriptions} == {"on-x"}


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"metadata": None},
        {"metadata": []},
        {"metadata": {"annotations": "x", "labels": 1}},
        {"metadata": {"annotations": {P + "subscribe.on-x.s": 1, P + "subscriptions": None}}},
    ],
    ids=repr,
)
def test_odd_objects_subscribe_nobody(value: dict[str, Any]) -> None:
    """An object without readable metadata has no subscriptions."""
    assert subscriptions.resolve("on-x", value, Configuration()).subscriptions == ()


KEYS = st.sampled_from(
    ["subscribe.", "subscribe..", "subscriptions", "mute-until", "subscribe.on-x."]
)


@given(
    st.dictionaries(
        st.builds(lambda head, tail: P + head + tail, KEYS, st.text(max_size=10)),
        st.text(max_size=60)
        | st.sampled_from(
            ["- trigger: [on-x]\n  destinations: [{service: ", "{{", "- [", "&a [*a]"]
        ),
        max_size=5,
    )
)
def test_hostile_annotations_never_raise(annotated: dict[str, str]) -> None:
    """Whatever a tenant writes, resolving gives an answer, and the same one again."""
    configuration = Configuration(**DEFAULTS)
    first = subscriptions.resolve("on-x", rollout(annotated), configuration)
    again = subscriptions.resolve("on-x", rollout(dict(reversed(annotated.items()))), configuration)
    assert first == again
    pairs = [(item.service, item.recipient) for item in first.subscriptions]
    assert len(pairs) == len(set(pairs))


def test_one_annotation_never_influences_another() -> None:
    """The wishes of two annotations are those of each alone (configuration.md 5.2)."""
    one = {P + "subscriptions": "- destinations: [{service: s, recipients: [a]}]"}
    two = {P + "subscribe.on-x.t": "b", P + "subscriptions.bad": "["}
    alone = found(one, **DEFAULTS) + found(two, **DEFAULTS)
    assert sorted(found({**one, **two}, **DEFAULTS)) == sorted(alone)
