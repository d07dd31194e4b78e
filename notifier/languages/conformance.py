"""The languages as the conformance suites see them: a text, its data, the class of the outcome."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, TypedDict

from notifier.languages import expr, gotemplate, jinja
from notifier.languages.golang import decoded, runs, times
from notifier.languages.golang.values import BytesMap
from notifier.languages.seam import LanguageError

TAG: Final = "$go"
NOW: Final = runs.Surroundings(now=1_800_000_000_000_000_000)
"""A moment after all dates in the data; no case may depend on it otherwise."""


class Answer(TypedDict, total=False):
    """What became of a text: `out` of class `ok` only."""

    out: str


def revive(data: Any) -> Any:
    """Return data in the form the languages know: tagged objects made, every number a float."""
    if isinstance(data, list):
        return [revive(item) for item in data]
    if not isinstance(data, dict):
        return decoded.decoded(data)
    match data.get(TAG):
        case "time":
            return times.library(times.from_unix(0, NOW.now))
        case "secrets":
            return BytesMap({name: text.encode() for name, text in data["values"].items()})
        case _:
            return {name: revive(value) for name, value in data.items()}


def answer(kind: Literal["ok", "parse", "exec"], out: str = "") -> Answer:
    """Put together one answer."""
    made: dict[str, Any] = {"class": kind}
    if kind == "ok":
        made["out"] = out
    return made  # type: ignore[return-value]


def run_gotemplate(text: str, data: Any) -> Answer:
    """Run a Go template."""
    try:
        template = gotemplate.parse(text)
    except gotemplate.TemplateError:
        return answer("parse")
    try:
        return answer("ok", template.execute(data, runs.Run(surroundings=NOW)))
    except gotemplate.TemplateError:
        return answer("exec")


def run_expr(text: str, data: Mapping[str, Any]) -> Answer:
    """Run an expression."""
    try:
        program = expr.compile(text)
    except expr.ExprError:
        return answer("parse")
    try:
        return answer("ok", expr.show(program.run(data, runs.Run(surroundings=NOW))))
    except expr.ExprError:
        return answer("exec")


def run_jinja(text: str, data: Mapping[str, Any]) -> Answer:
    """Run a Jinja template."""
    try:
        program = jinja.Jinja().compile(text)
    except LanguageError:
        return answer("parse")
    try:
        return answer("ok", program.render(data))
    except LanguageError:
        return answer("exec")
