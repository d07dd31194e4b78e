"""Two versions of one Rollout side by side, and what a rule finds between them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.core import keys
from notifier.core.managers import Writers
from notifier.core.objects import Condition, RolloutStatus, RolloutVersion
from notifier.core.remembered import Past
from notifier.core.surroundings import Surroundings


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """The version before and the one after, as the rules of the table see them.

    `before` and `after` are their statuses, `new_revision` is the revision if it is another one
    than was last known. `contiguous`: no version between them was missed. `revision` and `attempt`
    are those that the status of the later one belongs to; `next_attempt` is what later versions
    count from.
    """

    past: Past
    version: RolloutVersion
    before: RolloutStatus
    after: RolloutStatus
    new_revision: str
    contiguous: bool
    writers: Writers
    around: Surroundings
    revision: str
    attempt: int
    next_attempt: int

    @property
    def facts(self) -> Mapping[str, Any]:
        """What every occurrence tells."""
        steps = self.version.steps
        return {"revision": self.revision, "hash": self.after.current_pod_hash, "steps": steps}

    @property
    def uid(self) -> str:
        """Uid of the Rollout."""
        return self.version.rollout.metadata.uid

    def turned(self, kind: str, *reasons: str) -> Condition | None:
        """Return the condition if it now has one of the reasons since another update than before.

        `lastTransitionTime` does not move when only the reason changes, `lastUpdateTime` does.
        """
        then, now = self.before.condition(kind), self.after.condition(kind)
        if now is None or now.reason not in reasons:
            return None
        if then is not None and (then.reason, then.last_update_time) == (
            now.reason,
            now.last_update_time,
        ):
            return None
        return now

    @property
    def written_at(self) -> str | None:
        """Time of the write that made the later version, if nothing else can have been written."""
        return (self.writers.written_at or None) if self.contiguous else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """What a rule found. `key` is the discriminator; `name` replaces the star of the rule's
    names."""

    key: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    time: str | None = None
    missed: int = 0
    name: str = ""
    run: str = ""
    run_uid: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of the table: trigger, upstream's event reason, and how to see it.

    A star in both stands for each of `names` (phases, statuses).
    """

    trigger: str
    reason: str
    find: Callable[[Versions], Iterator[Occurrence]]
    names: Sequence[str] = ("",)

    @property
    def triggers(self) -> Sequence[str]:
        """Every trigger this line gives."""
        return [self.trigger.replace("*", name.lower()) for name in self.names]


def compare(
    past: Past,
    version: RolloutVersion,
    *,
    contiguous: bool,
    writers: Writers,
    around: Surroundings,
) -> Versions:
    """Put two versions side by side.

    A gap may end where the controller has written a new revision and not yet the status of it: then
    the status, and what is found in it, still belong to the revision and attempt before. Not so if
    more than one revision passed: then the same template is back, with a revision of its own.
    """
    known, then, now = past.known, past.rollout.status, version.rollout.status
    annotated = version.rollout.metadata.annotations.revision
    new_revision = annotated not in {"", known.revision}
    same_template = now.current_pod_hash == then.current_pod_hash != ""
    ahead = new_revision and not contiguous and same_template and _next(known.revision, annotated)
    attempt = keys.advance(known.attempt, then, now)
    return Versions(
        past=past,
        version=version,
        before=then,
        after=now,
        new_revision=annotated if new_revision else "",
        contiguous=contiguous,
        writers=writers,
        around=around,
        revision=known.revision if ahead or not annotated else annotated,
        attempt=attempt + (new_revision and not ahead),
        next_attempt=attempt + new_revision,
    )


def _next(revision: str, later: str) -> bool:
    """Say whether nothing was between two revisions."""
    numbers = revision.isdecimal() and later.isdecimal()
    return not numbers or int(later) - int(revision) == 1
