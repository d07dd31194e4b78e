"""A Rollout's versions, and conditions over them, for the tests of conditions over time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.core import evidence, following, standing
from notifier.core.configuration import Configuration
from notifier.core.model import Delivery, Event, JsonObject, Transition, Verdict, event_id
from notifier.core.planning import Policy
from notifier.core.review import Review, Version
from notifier.core.standing import Standing
from notifier.core.triggers import Condition
from notifier.languages import LanguageError
from tests.engine import fakes
from tests.engine.fakes import EPOCH

PURPLE = "on-purple"


def _said(text: str) -> Callable[[Mapping[str, Any]], Any]:
    """Read `status.<name> == <word>`, or `status.<name>` alone; a missing field is an error."""
    path, _, literal = text.partition(" == ")

    def judge(variables: Mapping[str, Any]) -> Any:
        found: Any = variables["rollout"]
        for name in path.split("."):
            if not isinstance(found, dict) or name not in found:
                raise LanguageError(f"cannot fetch {name} from {found}")
            found = found[name]
        return found == literal if literal else found

    return judge


def when(text: str) -> fakes.When:
    """Return a condition on a field of the rollout."""
    return fakes.When(_said(text), "rollout")


def condition(text: str = "", *, once: str = "", index: int = 0, **rest: Any) -> Condition:
    """Return a condition of a trigger; no text, no `when`."""
    return fakes.condition(
        index,
        text=text,
        when=when(text) if text else None,
        once_per=when(once) if once else None,
        **rest,
    )


def subscribed(
    trigger: str, *conditions: Condition, recipients: Sequence[str] = ("ops",), **rest: Any
) -> Configuration:
    """Return a configuration with one trigger that everybody listens to."""
    return fakes.configuration(
        triggers=[fakes.trigger(trigger, *conditions)],
        recipients=[("post", each) for each in recipients],
        **rest,
    )


@dataclass
class History:
    """One Rollout, version by version; what is remembered is stored and read back each time."""

    configurations: Sequence[Configuration]
    memory: bytes = b""
    now: float = EPOCH
    policy: Policy = field(default_factory=lambda: Policy(cluster="prod", namespace="argo"))
    ids: set[str] = field(default_factory=set)
    sent: list[Delivery] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    amendments: list[Verdict] = field(default_factory=list)
    number: int = 0

    @property
    def standing(self) -> Standing:
        """What is remembered now."""
        return standing.decode(self.memory)

    def see(
        self,
        *transitions: Transition,
        annotations: Mapping[str, str] | None = None,
        looked: bool = True,
        gone: bool = False,
        **status: Any,
    ) -> Review:
        """Review one version, and commit it as a store would: known ids change nothing."""
        made = self.review(
            *transitions, annotations=annotations, looked=looked, gone=gone, **status
        )
        self.memory = standing.encode(made.standing(looked=looked))
        self.events += made.events
        self.verdicts += made.verdicts
        self.amendments += made.amendments
        self.sent += [each for each in made.deliveries if each.id not in self.ids]
        self.ids |= {each.id for each in made.deliveries}
        return made

    def review(
        self,
        *transitions: Transition,
        annotations: Mapping[str, str] | None = None,
        looked: bool = True,
        gone: bool = False,
        **status: Any,
    ) -> Review:
        """Review one version; nothing comes of it."""
        self.number += 1
        rollout = fakes.rollout(**annotations or {})
        rollout["metadata"]["resourceVersion"] = str(self.number)
        rollout["status"] |= status
        made = Review(
            past=self.standing,
            configurations=self.configurations,
            now=self.now,
            policy=self.policy,
        )
        made.close(transitions, gone=gone)
        for each in transitions:
            event = Event(id=event_id("prod", each.key), transition=each, observed_at=self.now)
            made.first_look(event, evidence.assemble(rollout), gone=gone)
        if looked:
            self._look(made, rollout)
        return made

    def _look(self, made: Review, rollout: JsonObject) -> None:
        followed = following.of(self.configurations)
        version = Version(
            reference=fakes.reference(),
            rollout=rollout,
            triggers=followed.triggers(rollout["metadata"]["annotations"]),
        )
        for question in made.questions(version):
            made.look(question, evidence.assemble(rollout, previous=question.previous(None)))

    @property
    def payloads(self) -> list[bytes]:
        """What was sent, in order."""
        return [each.payload for each in self.sent]

    @property
    def decisions(self) -> list[str]:
        """Every decision about new events, in order."""
        return [str(each.decision) for each in self.verdicts]

    @property
    def later(self) -> list[str]:
        """Every later decision about an earlier event, in order."""
        return [str(each.decision) for each in self.amendments]
