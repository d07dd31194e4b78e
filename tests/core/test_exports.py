"""Who may use a central service, under which name, for which recipients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from msgspec.structs import replace

from notifier.core import exports
from notifier.core.annotations import SUBSCRIBE
from notifier.core.compiling.services import ServiceSpec
from notifier.core.model import Subscription
from notifier.core.service import Export
from notifier.services import TYPES
from tests.engine.fakes import PostType, service

TEAM = Export(namespaces=("team-*",), recipients=("team-*",))
SHOP = Export(namespaces=("shop",), recipients=("#shop", "#sales"), name="chat")

WISH = Subscription(
    scope="central", source=f"{SUBSCRIBE}x.post", trigger="x", service="post", recipient="ops"
)
"""What an annotation wishes."""


def slack(*exported: Mapping[str, Sequence[str] | str]) -> ServiceSpec:
    """Return a central Slack service with these exports."""
    options, warnings = TYPES["slack"].options({"token": "t", "exportTo": list(exported)})
    assert warnings == []
    return ServiceSpec(
        name="slack", type=TYPES["slack"], scope="central", options=options, endpoint="e"
    )


@pytest.mark.parametrize(
    ("exported", "namespace", "expected"),
    [
        ((), "shop", None),
        ((TEAM,), "team-a", ("team-*",)),
        ((TEAM, SHOP), "shop", ("#shop", "#sales")),
        ((TEAM, Export(namespaces=("*",), recipients=("all",))), "team-a", ("team-*", "all")),
    ],
    ids=["no exports: everybody", "one", "the one that names the namespace", "several add up"],
)
def test_annotations_may_use(
    exported: tuple[Export, ...], namespace: str, expected: tuple[str, ...] | None
) -> None:
    """A service without exports is everybody's; with exports only theirs, for their recipients."""
    granted = exports.granted(service(exports=exported), WISH, namespace)
    assert granted is not None
    assert granted.options.granted == expected


def test_annotations_elsewhere_may_not() -> None:
    """A namespace that no export names gets nothing."""
    assert exports.granted(service(exports=(TEAM,)), WISH, "shop") is None


def test_the_operators_own_subscriptions_are_not_bound() -> None:
    """A global subscription may use every service."""
    own = replace(WISH, source="subscriptions[0]")
    spec = service(exports=(TEAM,))
    assert exports.granted(spec, own, "shop") is spec


def test_teams_get_what_is_exported_under_its_name() -> None:
    """Only services with an export for the namespace, by the name it gives; nothing shows that they
    are lent but the mark, and the receiver is the same for de-duplication."""
    types = {"post": PostType()}
    central = [service("post", exports=(TEAM, SHOP)), service("post-private")]
    found = exports.lent(central, "shop", types)
    assert list(found) == ["chat"]
    assert found["chat"].scope == "shop"
    assert found["chat"].exported
    assert found["chat"].endpoint == central[0].endpoint
    assert found["chat"].type is types["post"]
    assert found["chat"].options.granted == ("#shop", "#sales")
    assert found["chat"].options.exports == ()


def test_a_type_that_teams_do_not_have_is_not_lent() -> None:
    """The console writes into the daemon's own output."""
    assert exports.lent([service("post", exports=(TEAM,))], "team-a", {}) == {}


def test_recipients_have_to_match_both_lists() -> None:
    """`allowedRecipients` and the export both limit; the reason names which of them refuses."""
    spec = slack({"namespaces": ["shop"], "recipients": ["#shop-*"]})
    granted = exports.granted(spec, WISH, "shop")
    assert granted is not None
    assert granted.options.forbids("shop-alerts") == ""
    assert "exportTo" in granted.options.forbids("#exec")
    assert spec.options.forbids("#exec") == ""


@pytest.mark.parametrize(
    ("exported", "said"),
    [
        ([{"namespaces": ["shop"]}], "needs namespaces and recipients"),
        ([{"recipients": ["x"]}], "needs namespaces and recipients"),
        (["shop"], "a list of mappings is expected"),
        ([{"namespaces": "shop", "recipients": ["x"]}], r"\[0\].namespaces: a list of texts"),
    ],
)
def test_an_export_says_who_and_to_whom(exported: object, said: str) -> None:
    """Nothing is exported by leaving something out."""
    with pytest.raises(ValueError, match=said):
        TYPES["slack"].options({"token": "t", "exportTo": exported})
