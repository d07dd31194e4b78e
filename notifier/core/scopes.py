"""What planning computes once per scope and event: variables, conditions, messages. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from notifier.core import context, fallback, templates, triggers
from notifier.core.configuration import Configuration, ServiceSpec
from notifier.core.context import Evidence
from notifier.core.errors import DETAIL_LIMIT, EvaluationError
from notifier.core.model import Event
from notifier.core.outside import NOTHING, Rendered
from notifier.core.service import Composed, Composition, Message
from notifier.core.templates import Template
from notifier.core.triggers import Condition
from notifier.languages import Variables
from notifier.languages.golang import times


class Scope:
    """One configuration, looked at for one event; everything is computed when first needed."""

    def __init__(
        self,
        event: Event,
        evidence: Evidence,
        configuration: Configuration,
        now: float,
        rendered: Rendered = NOTHING,
    ) -> None:
        self.configuration = configuration
        self._event = event
        self._evidence = evidence
        self._now = now
        self._rendered = rendered
        self._variables: Variables | None = None
        self._seen: dict[bool, Variables] = {}
        self._outcomes: dict[int, triggers.Outcome] = {}

    @property
    def variables(self) -> Variables:
        """Return the variables of conditions; templates get two more."""
        if self._variables is None:
            self._variables = Variables(
                context.variables(
                    self._event, self._evidence, self.configuration.context, now=self._now
                )
            )
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
        if one did (spec/configuration.md 7.1). Raises `Pending` if texts of it are not rendered
        here and not among those that were."""
        block = spec.type.block
        more = {"recipient": recipient, "serviceType": spec.name}
        variables = Variables(more, self.variables)
        try:
            found = self._templates(condition)
            if any(each.outside for each in found):
                found = self._rendered.settled(
                    self.configuration.scope, found, block, spec.name, variables
                )
            return templates.render(found, block, spec.name, variables), ""
        except EvaluationError as error:
            return self._plain(spec, error)

    def compose(
        self, spec: ServiceSpec, message: Message, composition: Composition
    ) -> tuple[Sequence[Composed], str]:
        """Return what is sent, and the error for which it is plain text: a rendered message that
        the service cannot carry is a template that failed. Raises `NotifierError`, `ValueError`."""
        try:
            return spec.type.compose(message, spec.options, composition), ""
        except EvaluationError as error:
            plain, detail = self._plain(spec, error)
            return spec.type.compose(plain, spec.options, composition), detail

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
