"""Which Rollouts are looked at in every version: those of whom a level trigger may be asked.

Asked for every version of every Rollout, so the answer is quick and errs on the side of yes;
`core/review.py` looks closely.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from notifier.core import levels
from notifier.core.annotations import PREFIX, SUBSCRIBE, SUBSCRIPTIONS
from notifier.core.configuration import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """Level triggers that can fire: `everywhere` those that the configuration itself makes
    somebody listen to, `named` those that annotations may name."""

    everywhere: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()

    def concerns(self, annotations: Mapping[str, Any]) -> bool:
        """Say whether a Rollout with these annotations (texts, or undecoded) may be asked about
        one."""
        return bool(self.everywhere) or any(True for _ in self._annotated(annotations))

    def triggers(self, annotations: Mapping[str, Any]) -> Sequence[str]:
        """Return the level triggers that a Rollout may be asked about, in order."""
        return sorted(self.everywhere.union(self._annotated(annotations)))

    def _annotated(self, annotations: Mapping[str, Any]) -> Iterator[str]:
        if not self.named:
            return
        for key, value in annotations.items():
            if not key.startswith(PREFIX):
                continue
            if key.startswith(SUBSCRIBE):
                trigger = key.removeprefix(SUBSCRIBE).partition(".")[0]
                if trigger in self.named:
                    yield trigger
            elif key.startswith(SUBSCRIPTIONS):
                text = value if isinstance(value, str) else bytes(value).decode(errors="replace")
                yield from (trigger for trigger in self.named if trigger in text)


NOBODY: Final = Following()


def of(configurations: Sequence[Configuration]) -> Following:
    """Return what the configurations of a namespace ask for."""
    named = levels.named(configurations)
    if not named:
        return NOBODY
    return Following(everywhere=named.intersection(_offered(configurations)), named=named)


def _offered(configurations: Iterable[Configuration]) -> Iterator[str]:
    """Yield the triggers that global subscriptions name or that stand for "no trigger named"."""
    for configuration in configurations:
        yield from configuration.default_triggers
        for names in configuration.default_triggers_by_service.values():
            yield from names
        for item in configuration.subscriptions:
            yield from item.triggers or ()
