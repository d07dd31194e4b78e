"""What a rollout changes: images old and new, first deploy, rollback (messages.md 1.2, 2).

The old images stand in the ReplicaSet of the stable hash: the version before the transition has
the new template already (the user writes it before the controller writes the revision).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from notifier.core.model import JsonObject
from notifier.core.objects import REVISION
from notifier.core.owned_objects import POD_HASH, REVISION_HISTORY

_DIGEST_CHARACTERS: Final = 12
_FEW: Final = 5
"""Images that a message names."""


def change(
    rollout: JsonObject,
    previous: JsonObject | None,
    replica_sets: Sequence[JsonObject],
    revision: str,
    *,
    replaced: str = "",
) -> JsonObject:
    """Return the `change` variable. `replaced` is the hash that is replaced, where that is known.

    `images` are those that differ, as {name, old, new}; `kind` is update, first or rollback;
    `version` names what comes, `previousVersion` what it replaces ("" if unknown).
    """
    target = next((one for one in replica_sets if _annotation(one, REVISION) == revision), None)
    new = images(rollout) or images(target or {})
    by_hash = {_hash(one): one for one in replica_sets}
    old_set = by_hash.get(replaced) or _replaced(rollout, previous, by_hash, new)
    if old_set is target:
        old_set = None
    old = images(old_set) if old_set else _images_before(previous, new)
    first = _is_first(rollout, previous)
    differing = _differing({} if first else old, new) if first or old else []
    history = _annotation(target, REVISION_HISTORY) if target and revision else ""
    returned = history.rpartition(",")[2]
    kind = "first" if first else "rollback" if returned else "update"
    old_revision = _annotation(old_set, REVISION) if old_set else ""
    version, before = _versions(new, old, differing, first=first)
    return {
        "kind": kind,
        "images": differing,
        "known": first or bool(old),
        "configurationOnly": bool(old) and not first and not differing,
        "revision": revision,
        "previousRevision": "" if first else old_revision,
        "toRevision": returned,
        "version": version or (f"revision {revision}" if revision else "the new version"),
        "previousVersion": before or (f"revision {old_revision}" if old_revision else ""),
        "lines": _lines(differing, first=first),
    }


def images(item: Mapping[str, Any]) -> dict[str, str]:
    """Return container name → image of a Rollout's or ReplicaSet's pod template, in order."""
    spec = ((item.get("spec") or {}).get("template") or {}).get("spec") or {}
    containers = [*(spec.get("containers") or ()), *(spec.get("initContainers") or ())]
    return {str(one.get("name", "")): str(one.get("image", "")) for one in containers}


def label(image: str) -> str:
    """Return the short name of an image's version: its tag, else its digest, else ""."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    if tag or not digest:
        return tag
    algorithm, _, value = digest.partition(":")
    return f"{algorithm}:{value[:_DIGEST_CHARACTERS]}"


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the containers whose image is not the same, new ones and removed ones included."""
    return [
        {"name": name, "old": old.get(name, ""), "new": new.get(name, "")}
        for name in dict.fromkeys([*new, *old])
        if old.get(name, "") != new.get(name, "")
    ]


def _replaced(
    rollout: JsonObject,
    previous: JsonObject | None,
    by_hash: Mapping[str, JsonObject],
    new: Mapping[str, str],
) -> JsonObject | None:
    """Return the ReplicaSet that the new version replaces.

    That is the stable one before the transition. Going back to it in the middle of an update
    replaces the version that was on its way.
    """
    status = rollout.get("status") or {}
    before = ((previous or {}).get("status") or {}).get("stableRS") or ""
    current = status.get("currentPodHash") or ""
    stable = status.get("stableRS") or ""
    if before and before != stable:
        stable = before
    chosen = by_hash.get(stable)
    if chosen is not None and current and current != stable and images(chosen) == new:
        on_its_way = by_hash.get(current)
        if on_its_way is not None and images(on_its_way) != new:
            return on_its_way
    return chosen


def _images_before(previous: JsonObject | None, new: Mapping[str, str]) -> dict[str, str]:
    """Return the images of the version before if they tell anything (no ReplicaSet is known)."""
    before = images(previous) if previous else {}
    return before if before != new else {}


def _is_first(rollout: JsonObject, previous: JsonObject | None) -> bool:
    """Say whether nothing was stable before: the first deploy."""
    before = (previous or {}).get("status") or {}
    if previous is not None:
        return not before.get("stableRS")
    return not (rollout.get("status") or {}).get("stableRS")


def _versions(
    new: Mapping[str, str],
    old: Mapping[str, str],
    differing: Sequence[Mapping[str, str]],
    *,
    first: bool,
) -> tuple[str, str]:
    """Return the labels of the new and the old version, "" where images do not tell them apart."""
    if old and not first and not differing:
        return "", ""
    main = next((one for one in differing if one["new"]), None)
    if main is None:
        return _only_label(new), ""
    came, went = label(main["new"]), label(main["old"])
    if first and len(differing) > 1:
        return "", ""
    return ("", "") if came == went else (came, went)


def _only_label(new: Mapping[str, str]) -> str:
    """Return the label of a single image: with several, nothing says which one changed."""
    return label(next(iter(new.values()))) if len(new) == 1 else ""


def _lines(differing: Sequence[Mapping[str, str]], *, first: bool) -> list[str]:
    """Write each image in a line: `app demo:v1 → demo:v2`; at most a few, then how many more."""
    lines = []
    for one in differing[:_FEW]:
        if first or not one["old"]:
            lines.append(f"{one['name']} {one['new']}" + ("" if first else " (added)"))
        elif not one["new"]:
            lines.append(f"{one['name']} {one['old']} (removed)")
        else:
            lines.append(f"{one['name']} {one['old']} → {one['new']}")
    more = len(differing) - _FEW
    return lines + ([f"… {more} more {'image' if more == 1 else 'images'}"] if more > 0 else [])


def _hash(replica_set: JsonObject) -> str:
    """Return the pod hash of a ReplicaSet."""
    labels = (replica_set.get("metadata") or {}).get("labels") or {}
    return str(labels.get(POD_HASH, ""))


def _annotation(item: JsonObject | None, name: str) -> str:
    """Return an annotation, "" without it."""
    annotations = ((item or {}).get("metadata") or {}).get("annotations") or {}
    return str(annotations.get(name, ""))
