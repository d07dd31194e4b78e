"""The names that templates and conditions read, against those that exist (configuration.md 7.3).

An unknown name is nothing, not an error, so a misspelt one is found only by looking.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from notifier.core import decoding
from notifier.languages import Revealing

SHARED: Final = frozenset(
    {
        "abort", "analyses", "analysis", "analysisRun", "analysisRuns", "change", "commands",
        "context", "document", "event", "links", "next", "pause", "place", "previous", "progress",
        "rollout", "scaling", "time", "took", "trigger",
    }
)  # fmt: skip
"""Variables of templates and conditions (`core/context.py`)."""
OF_TEMPLATES: Final = SHARED | {"recipient", "secrets", "serviceType"}

_TIME: Final = frozenset({"Now", "Parse"})
_ARGO_CD: Final = frozenset({"app", "repo"})
_MISTAKEN: Final = {
    "strings": "texts have operators and builtins instead, such as contains, hasPrefix, upper",
    "obj": "write rollout",
}

Suspicions = Iterator[tuple[str, str, int, int]]


def suspicious(program: Any, *, condition: bool) -> Suspicions:
    """Yield (message, fix, line, column) of what is probably wrong with a compiled text; line and
    column count from 1 in it, 0 where unknown."""
    if not isinstance(program, Revealing):
        return
    for each in program.suspicions:
        yield each.message, each.hint, each.line, each.column
    known = SHARED if condition else OF_TEMPLATES
    for chain in sorted(program.chains):
        if message := _unknown(chain, known):
            yield *message, 0, 0


def _unknown(chain: tuple[str, ...], known: frozenset[str]) -> tuple[str, str] | None:
    """Return message and fix for a name that does not exist; names of Argo CD are told already."""
    name, *rest = chain
    if name == "time" and rest and rest[0] not in _TIME:
        return (
            f"time.{rest[0]} is nothing: time has Now and Parse",
            'a duration of an hour is duration("1h"), or "1h" where a template takes one',
        )
    if name in known or name in _ARGO_CD:
        return None
    if name in OF_TEMPLATES:
        return f"{name} is nothing in a condition: it exists in templates only", ""
    fix = _MISTAKEN.get(name) or decoding.did_you_mean(name, known)
    return f"there is no variable {name}: it is nothing", fix
