"""What planning computes once per scope and event: variables, conditions, messages. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from notifier.core import context, fallback, sealing, templates, triggers
from notifier.core.configuration import Configuration, ServiceSpec
from notifier.core.context import Evidence
from notifier.core.errors import DETAIL_LIMIT, EvaluationError
from notifier.core.model import Event
from notifier.core.service import Composed, Composition, Message
from notifier.core.templates import Template
from notifier.core.triggers import Condition
from notifier.languages import Variables
from notifier.languages.golang import times


class Scope:
    """One configuration, looked at for one event; everything is computed when first needed."""

    def __init__(
        self, event: Event, evidence: Evidence, configuration: Configuration, now: float
    ) -> None:
        self.configuration = configuration
        self._event = event
        self._evidence = evidence
        self._now = now
        self._variables: Variables | None = None
        self._seen: dict[bool, Variables] = {}
        self._outcomes: dict[int, triggers.Outcome] = {}

    @property
    def variables(self) -> Variables:
        """Return the variables of templates, which get two more by recipient; conditions see no
        secret."""
        if self._variables is None:
            facts = context.variables(
                self._event, self._evidence, self.configuration.context, now=self._now
            )
            sealed = self.configuration.sealed
            given = sealing.stripped(facts) if sealed else facts
            secrets = sealing.seal(sealed)
            self._variables = Variables({**given, "time": _time(self._now), "secrets": secrets})
        return self._variables

    def evaluate(self, condition: Condition) -> triggers.Outcome:
        """Return the outcome of a condition: one event has one trigger, so the index names it, and
        it does not depend on who listens."""
        outcome = self._outcomes.get(condition.index)
        if outcome is None:
            outcome = triggers.evaluate(condition, self._of_conditions(condition))
            self._outcomes[condition.index] = outcome
        return outcome

    def _of_conditions(self, condition: Condition) -> Variables:
        """Return what a condition sees; those that read plain variables only cost next to nothing.
        Deciding never sees credentials (spec/configuration.md 6.1)."""
        plain = triggers.reads([condition]) <= context.PLAIN
        seen = self._seen.get(plain)
        if seen is None:
            given = self.configuration.context
            own = context.plain(self._event, self._evidence, given) if plain else {}
            own |= {"time": _time(self._now), "secrets": {}}
            seen = Variables(own, None if plain else self.variables)
            self._seen[plain] = seen
        return seen

    def render(
        self, condition: Condition, spec: ServiceSpec, recipient: str
    ) -> tuple[Message, str]:
        """Return the message of a condition to a recipient, and the error that made it plain text,
        if one did (spec/configuration.md 7.1)."""
        block = spec.type.block
        more = {"recipient": recipient, "serviceType": spec.name}
        variables = Variables(more, self.variables)
        try:
            found = self._templates(condition)
            return templates.render(found, block, spec.name, variables), ""
        except EvaluationError as error:
            return self._plain(spec, error)

    def compose(
        self, spec: ServiceSpec, message: Message, composition: Composition
    ) -> tuple[Sequence[Composed], str]:
        """Return what is sent, and the error for which it is plain text: a rendered message that
        the service cannot carry is a template that failed. Raises `NotifierError`, `ValueError`."""
        try:
            return self._composed(spec, message, composition), ""
        except EvaluationError as error:
            plain, detail = self._plain(spec, error)
            return self._composed(spec, plain, composition), detail

    def _composed(
        self, spec: ServiceSpec, message: Message, composition: Composition
    ) -> Sequence[Composed]:
        """Compose, and see to it that marks of secrets come from templates only (`sealing.py`)."""
        composed = spec.type.compose(message, spec.options, composition)
        if not any(sealing.sealed(item.payload) for item in composed):
            return composed
        if not (self.configuration.sealed and sealing.marked(message.text, message.block)):
            return [replace(item, payload=sealing.neutral(item.payload)) for item in composed]
        if not spec.type.block.secrets:
            raise EvaluationError(
                ", ".join(message.templates), f"prints a secret, which {spec.type.name} never sends"
            )
        return composed

    def _plain(self, spec: ServiceSpec, error: EvaluationError) -> tuple[Message, str]:
        """Return the plain text that stands in for a template that failed, and the error."""
        detail = str(error)[:DETAIL_LIMIT]
        return fallback.message(self._event, detail, spec.type.block.message_escape), detail

    def engines(self, condition: Condition) -> str:
        """Name the languages of a condition's templates, for the count of failures."""
        known = self.configuration.templates
        return "/".join(sorted({known[name].engine for name in condition.send if name in known}))

    def _templates(self, condition: Condition) -> Sequence[Template]:
        """Return the templates of a condition. Raises `EvaluationError` if one does not exist."""
        known = self.configuration.templates
        missing = [name for name in condition.send if name not in known]
        if missing or not condition.send:
            raise EvaluationError(", ".join(missing) or "send", "no such template is configured")
        return [known[name] for name in condition.send]


def _time(now: float) -> Mapping[str, Any]:
    """Return the `time` of conditions; its clock stands still at the time of planning."""
    seconds, rest = divmod(now, 1)
    return times.library(times.from_unix(int(seconds), int(rest * 1e9)))
