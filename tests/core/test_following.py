"""Which Rollouts are looked at in every version."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec import Raw

from notifier.core import following
from tests.core.versions import PURPLE, condition
from tests.engine import fakes
from tests.engine.fakes import COMPLETED

ON = condition("status.purple == yes")
TRIGGERS = [fakes.trigger(PURPLE, ON), fakes.trigger(COMPLETED, ON)]
PREFIX = "notifications.argoproj.io"
YAML = f"- trigger: [{PURPLE}]\n  destinations: [{{service: post, recipients: [a]}}]"


@pytest.mark.parametrize(
    ("annotations", "asked"),
    [
        ({}, []),
        ({f"{PREFIX}/subscribe.{PURPLE}.post": "a"}, [PURPLE]),
        ({f"{PREFIX}/subscribe.{COMPLETED}.post": "a"}, []),
        ({f"{PREFIX}/subscribe..post": "a"}, []),
        ({f"{PREFIX}/subscriptions": YAML}, [PURPLE]),
        ({f"{PREFIX}/subscriptions": Raw(YAML.encode())}, [PURPLE]),
        ({f"{PREFIX}/subscriptions.more": "- trigger: [on-red]"}, []),
        ({f"{PREFIX}/mute-until": PURPLE, f"elsewhere/subscribe.{PURPLE}.post": "a"}, []),
    ],
    ids=["none", "named", "another", "defaults", "yaml", "undecoded", "other yaml", "elsewhere"],
)
def test_annotations_that_name_a_level_trigger(
    annotations: Mapping[str, Any], asked: list[str]
) -> None:
    """Only those of a name of one's own that is configured with a `when`."""
    followed = following.of([fakes.configuration(triggers=TRIGGERS)])
    assert followed.triggers(annotations) == asked
    assert followed.concerns(annotations) == bool(asked)


@pytest.mark.parametrize(
    "rest",
    [
        {"default_triggers": [PURPLE]},
        {"default_triggers_by_service": {"post": [PURPLE]}},
        {"recipients": [("post", "a")]},
    ],
    ids=["default", "default of a service", "subscriptions"],
)
def test_what_the_configuration_itself_names_concerns_everybody(rest: dict[str, Any]) -> None:
    """Who exactly is decided when the Rollout is looked at."""
    followed = following.of([fakes.configuration(triggers=TRIGGERS, **rest)])
    assert followed.concerns({})
    assert followed.triggers({}) == [PURPLE]


def test_without_level_triggers_nobody_is_followed() -> None:
    """Whatever annotations and subscriptions say."""
    everybody = fakes.configuration(triggers=TRIGGERS[1:], default_triggers=[PURPLE])
    followed = following.of([everybody])
    assert followed == following.NOBODY
    assert not followed.concerns({f"{PREFIX}/subscribe.{PURPLE}.post": "a"})


def test_any_configuration_of_the_namespace_counts() -> None:
    """A trigger of one scope may be named by the subscriptions of another."""
    own = fakes.configuration(triggers=TRIGGERS, scope="team")
    central = fakes.configuration(default_triggers=[PURPLE])
    assert following.of([own, central]).triggers({}) == [PURPLE]
