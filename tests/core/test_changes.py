"""What a rollout changes: images old and new, first deploy, rollback."""

from __future__ import annotations

from typing import Any

import pytest

from notifier.core import changes


def workload(**images: str) -> dict[str, Any]:
    """Return a spec with these containers."""
    containers = [{"name": name, "image": image} for name, image in images.items()]
    return {"template": {"spec": {"containers": containers}}}


def rollout(stable: str = "s", current: str = "", **images: str) -> dict[str, Any]:
    """Return a Rollout with these images and hashes."""
    return {"spec": workload(**images), "status": {"stableRS": stable, "currentPodHash": current}}


def replica_set(pod_hash: str, revision: str, history: str = "", **images: str) -> dict[str, Any]:
    """Return a ReplicaSet of a revision."""
    annotations = {"rollout.argoproj.io/revision": revision}
    if history:
        annotations["rollout.argoproj.io/revision-history"] = history
    labels = {"rollouts-pod-template-hash": pod_hash}
    return {
        "metadata": {"labels": labels, "annotations": annotations},
        "spec": workload(**images),
    }


BEFORE = {"status": {"stableRS": "s"}}
STABLE = replica_set("s", "41", app="shop:v1.8.2")


def test_an_update() -> None:
    """Old images are those of the stable ReplicaSet, new ones those of the spec."""
    found = changes.change(rollout(app="shop:v1.9.0"), BEFORE, [STABLE], "42")
    assert found == {
        "kind": "update",
        "images": [{"name": "app", "old": "shop:v1.8.2", "new": "shop:v1.9.0"}],
        "known": True,
        "configurationOnly": False,
        "revision": "42",
        "previousRevision": "41",
        "toRevision": "",
        "version": "v1.9.0",
        "previousVersion": "v1.8.2",
        "lines": ["app shop:v1.8.2 → shop:v1.9.0"],
    }


def test_only_what_differs_is_named() -> None:
    """Containers that stay are not listed; added and removed ones say so."""
    old = replica_set("s", "1", app="shop:v1", proxy="proxy:7", gone="gone:1")
    found = changes.change(rollout(app="shop:v2", proxy="proxy:7", new="new:1"), BEFORE, [old], "2")
    assert found["lines"] == ["app shop:v1 → shop:v2", "new new:1 (added)", "gone gone:1 (removed)"]
    assert found["version"] == "v2"


def test_configuration_only() -> None:
    """Without another image the revision is the version's name."""
    found = changes.change(rollout(app="shop:v1.8.2"), BEFORE, [STABLE], "42")
    assert found["configurationOnly"]
    assert (found["lines"], found["version"], found["previousVersion"]) == (
        [], "revision 42", "revision 41",
    )  # fmt: skip


def test_first_deploy() -> None:
    """Nothing was stable before."""
    found = changes.change(rollout(stable="", app="shop:v1"), {"status": {}}, [], "1")
    assert (found["kind"], found["version"], found["previousVersion"]) == ("first", "v1", "")
    assert found["lines"] == ["app shop:v1"]


def test_first_deploy_of_several_images_is_named_by_its_revision() -> None:
    """With several images nothing says which is the version."""
    found = changes.change(rollout(stable="", app="a:1", proxy="b:2"), None, [], "1")
    assert (found["kind"], found["version"]) == ("first", "revision 1")


def test_rollback_to_an_older_revision() -> None:
    """A ReplicaSet that was another revision before is a rollback to that one."""
    target = replica_set("t", "42", "38,40", app="shop:v1.8.0")
    found = changes.change(rollout(app="shop:v1.8.0"), BEFORE, [STABLE, target], "42")
    assert (found["kind"], found["toRevision"]) == ("rollback", "40")
    assert (found["version"], found["previousVersion"]) == ("v1.8.0", "v1.8.2")


def test_rollback_to_the_stable_version_in_the_middle_of_an_update() -> None:
    """What is replaced then is the version that was on its way, not the stable one."""
    stable = replica_set("s", "43", "41", app="shop:v1")
    on_its_way = replica_set("n", "42", app="shop:v2")
    found = changes.change(rollout(current="n", app="shop:v1"), BEFORE, [stable, on_its_way], "43")
    assert found["kind"] == "rollback"
    assert found["lines"] == ["app shop:v2 → shop:v1"]


def test_the_hash_that_is_replaced_may_be_known() -> None:
    """A transition that names it needs no guess."""
    stable = replica_set("s", "43", "41", app="shop:v1")
    left = replica_set("n", "42", app="shop:v2")
    found = changes.change(
        rollout(current="s", app="shop:v1"), BEFORE, [stable, left], "43", replaced="n"
    )
    assert found["lines"] == ["app shop:v2 → shop:v1"]


def test_rollback_in_the_middle_without_the_replica_set_that_was_on_its_way() -> None:
    """What is not known is not named."""
    stable = replica_set("s", "43", "41", app="shop:v1")
    found = changes.change(rollout(current="n", app="shop:v1"), BEFORE, [stable], "43")
    assert (found["kind"], found["lines"]) == ("rollback", [])


def test_after_the_completion_the_version_before_is_still_the_old_one() -> None:
    """The version that shows a completion has the new stable hash already."""
    new = replica_set("n", "42", app="shop:v1.9.0")
    found = changes.change(
        rollout(stable="n", current="n", app="shop:v1.9.0"), BEFORE, [STABLE, new], "42"
    )
    assert found["lines"] == ["app shop:v1.8.2 → shop:v1.9.0"]


def test_a_rollout_at_rest_changes_nothing() -> None:
    """The stable revision is not its own predecessor."""
    found = changes.change(rollout(current="s", app="shop:v1.8.2"), BEFORE, [STABLE], "41")
    assert (found["lines"], found["known"], found["configurationOnly"]) == ([], False, False)
    assert found["version"] == "v1.8.2"


@pytest.mark.parametrize(
    ("images", "version"),
    [
        pytest.param({"app": "shop:v2"}, "v2", id="one image"),
        pytest.param({"app": "a:1", "proxy": "b:2"}, "revision 7", id="several: unknown which"),
        pytest.param({}, "revision 7", id="no template"),
    ],
)
def test_without_replica_sets(images: dict[str, str], version: str) -> None:
    """Nothing is known of the old version: its lines are left out."""
    found = changes.change(rollout(**images), BEFORE, [], "7")
    assert (found["lines"], found["known"], found["version"]) == ([], False, version)
    assert found["previousVersion"] == ""


def test_without_replica_sets_the_version_before_may_tell() -> None:
    """If the version before has other images, those are the old ones."""
    before = {"spec": workload(app="shop:v1"), "status": {"stableRS": "s"}}
    found = changes.change(rollout(app="shop:v2"), before, [], "7")
    assert found["lines"] == ["app shop:v1 → shop:v2"]


def test_the_template_of_another_workload_comes_from_its_replica_set() -> None:
    """A Rollout that only refers to a workload has no images of its own."""
    new = replica_set("n", "42", app="shop:v1.9.0")
    found = changes.change(rollout(), BEFORE, [STABLE, new], "42")
    assert found["lines"] == ["app shop:v1.8.2 → shop:v1.9.0"]


def test_no_revision_and_no_image() -> None:
    """A version always has a name."""
    assert changes.change({}, None, [], "")["version"] == "the new version"


def test_many_images_are_cut() -> None:
    """Five images are named, the rest is counted."""
    old = replica_set("s", "1", **{f"c{at}": "i:1" for at in range(8)})
    found = changes.change(rollout(**{f"c{at}": "i:2" for at in range(8)}), BEFORE, [old], "2")
    assert found["lines"][4:] == ["c4 i:1 → i:2", "… 3 more images"]
    six = changes.change(
        rollout(**{f"c{at}": "i:2" for at in range(6)}),
        BEFORE,
        [replica_set("s", "1", **{f"c{at}": "i:1" for at in range(6)})],
        "2",
    )
    assert six["lines"][5] == "… 1 more image"


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("shop:v1.9.0", "v1.9.0"),
        ("registry.example.com:5000/team/shop:v1", "v1"),
        ("registry.example.com:5000/team/shop", ""),
        ("shop", ""),
        ("shop@sha256:0123456789abcdef0123", "sha256:0123456789ab"),
        ("shop:v1@sha256:0123456789abcdef", "v1"),
    ],
)
def test_label(image: str, expected: str) -> None:
    """A version is the tag, else the beginning of the digest; a port is no tag."""
    assert changes.label(image) == expected


def test_equal_tags_of_other_images_name_no_version() -> None:
    """`a:v1` to `b:v1` is not "v1 replaces v1"."""
    found = changes.change(rollout(app="b:v1"), BEFORE, [replica_set("s", "41", app="a:v1")], "42")
    assert (found["version"], found["previousVersion"]) == ("revision 42", "revision 41")


def test_init_containers_count() -> None:
    """A migration that runs before the pod is part of the version."""
    item = {"spec": {"template": {"spec": {"initContainers": [{"name": "m", "image": "m:1"}]}}}}
    assert changes.images(item) == {"m": "m:1"}
