"""Annotations that lead nowhere are told before anything happens."""

from __future__ import annotations

import pytest

from notifier.core import annotation_checks
from notifier.core.configuration import Configuration, compile_configuration
from tests.strategies.kinds import KINDS
from tests.strategies.tongues import BOTH

KIND = next(iter(KINDS))
P = "notifications.argoproj.io/"


def configuration(**more: str) -> Configuration:
    """Compile one good service, one of another name, one broken, and two triggers."""
    keys = {
        f"service.{KIND}": "{}",
        f"service.{KIND}.gmail": "{}",
        "service.nothing.broken": "{}",
        "template.t": "message: x",
        "trigger.on-rollout-aborted": "- send: [t]",
        "trigger.on-bad": "- send: [missing]",
        **{key.replace("_", "."): value for key, value in more.items()},
    }
    return compile_configuration(
        keys, {}, types=KINDS, document="cm", catalogue=Configuration(), languages=BOTH
    )


@pytest.mark.parametrize(
    ("key", "value", "message", "fix"),
    [
        ("subscribe.on-rollout-aborted.gmial", "x", "no service gmial is configured", "gmail"),
        ("subscribe.on-rollout-aborted.pager", "x", "no service pager", "add service.pager"),
        ("subscribe.on-rollout-aborted.broken", "x", "service broken cannot be used: there is", ""),
        (f"subscribe.on-rollout-abortd.{KIND}", "x", "no trigger on-rollout-abortd", "aborted?"),
        (f"subscribe.on-bad.{KIND}", "x", "trigger on-bad cannot be used: sends template", ""),
        (f"subscribe.on-reconciliation-error.{KIND}", "x", "no trigger on-rec", "on-rollout-deg"),
        (f"subscribe.{KIND}", "x", "names no trigger, and there are no defaultTriggers", "write "),
        (f"subscribe.on-rollout-aborted.{KIND}", " ; ", "names no recipients", "write a"),
        ("subscribe", "x", "unknown annotation", "subscribe."),
    ],
)
def test_each_dead_end_is_told(key: str, value: str, message: str, fix: str) -> None:
    """With the annotation's key and what was probably meant."""
    (problem,) = annotation_checks.check({P + key: value}, [configuration()], document="ns/app")
    assert problem.key == P + key
    assert (problem.document, problem.severity) == ("ns/app", "warning")
    assert message in problem.message
    assert fix in problem.fix


def test_a_type_where_a_name_is_needed() -> None:
    """The most usual mistake: the service is configured under a name of its own."""
    keys = {f"service.{KIND}.gmail": "{}"}
    only_named = compile_configuration(
        keys, {}, types=KINDS, document="cm", catalogue=Configuration()
    )
    assert annotation_checks.service_hint(KIND, only_named) == "the configuration calls it gmail"


def test_what_leads_somewhere_is_silent() -> None:
    """Also with default triggers, which may be of the service alone."""
    good = {
        f"{P}subscribe.on-rollout-aborted.{KIND}": "a;b",
        f"{P}subscribe.gmail": "c",
        "other/annotation": "d",
    }
    by_service = configuration(defaultTriggers_gmail="[on-rollout-aborted]")
    assert annotation_checks.check(good, [by_service], document="ns/app") == []


def test_what_one_of_several_serves_is_silent() -> None:
    """Trigger and service must be known to one scope together; what none serves is told once, as
    the first one sees it."""
    own = configuration(service_nothing="{}")
    other = compile_configuration(
        {f"service.{KIND}.pager": "{}", "template.t": "message: x", "trigger.on-x": "- send: [t]"},
        {}, types=KINDS, document="cm", catalogue=Configuration(), languages=BOTH,
    )  # fmt: skip
    served = {
        f"{P}subscribe.on-rollout-aborted.gmail": "a",
        f"{P}subscribe.on-x.pager": "a",
        f"{P}subscriptions": "[{trigger: [on-x], destinations: [{service: pager, recipients: [a]}]}"
        ", {trigger: [on-rollout-aborted], destinations: [{service: gmail, recipients: [a]}]}]",
    }
    assert annotation_checks.check(served, [own, other], document="ns/app") == []
    apart = {f"{P}subscribe.on-rollout-aborted.pager": "a"}
    (problem,) = annotation_checks.check(apart, [own, other], document="ns/app")
    assert "no service pager is configured" in problem.message
    both = "[{trigger: [on-x, on-y], destinations: [{service: gmial, recipients: [a]}]}]"
    told = annotation_checks.check({f"{P}subscriptions": both}, [own, other], document="ns/app")
    services = [each for each in told if "no service gmial" in each.message]
    assert len(services) == 1
