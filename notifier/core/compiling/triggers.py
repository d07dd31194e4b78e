"""`trigger.<name>`: a list of conditions (spec/configuration.md 6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from notifier.core import decoding, lifecycle, triggers
from notifier.core.compiling import names
from notifier.core.compiling.reporting import Report
from notifier.core.compiling.templates import ARGO_CD
from notifier.core.triggers import Condition, Trigger
from notifier.core.yamltext import Path
from notifier.languages import Condition as Program
from notifier.languages import ConditionLanguage, LanguageError, Languages

FIELDS: Final = ("when", "send", "oncePer", "description")
LANGUAGE: Final = "expr"


def compile_trigger(
    name: str, report: Report, *, templates: Mapping[str, bool], languages: Languages
) -> Trigger | None:
    """Compile the trigger in `report.yaml`; None, and the reasons reported, if it cannot be used.

    `templates` says of each template that exists whether it can be used.
    """
    raw = report.yaml.value
    if not isinstance(raw, list):
        report.error(
            f"a trigger is a list of conditions, this is {decoding.kind(raw)}",
            fix="begin the condition with a dash: `- send: [template]`",
        )
        return None
    language = languages.conditions.get(LANGUAGE)
    conditions = [
        condition
        for index, item in enumerate(raw)
        if (condition := _condition(index, item, report, templates, language)) is not None
    ]
    if report.errors:
        return None
    _never_fires(name, conditions, report)
    return Trigger(name=name, conditions=tuple(conditions), source=report.document)


def sent(raw: Any) -> set[str]:
    """Return the template names that a trigger's value sends, whether it compiles or not."""
    names: set[str] = set()
    for item in raw if isinstance(raw, list) else ():
        found = decoding.fields(item, FIELDS).values.get("send") if isinstance(item, dict) else ()
        names.update(name for name in found or () if isinstance(name, str))
    return names


def _condition(
    index: int,
    item: Any,
    report: Report,
    templates: Mapping[str, bool],
    language: ConditionLanguage | None,
) -> Condition | None:
    """Compile one item of the list."""
    path: Path = (index,)
    if not isinstance(item, dict):
        report.error(f"a condition is a mapping, this is {decoding.kind(item)}", path)
        return None
    found = decoding.fields(item, FIELDS)
    report.unknown(found.unknown, path, FIELDS)
    places: dict[str, Path] = {name: (index, word) for name, word in found.written.items()}
    texts = {}
    for name in ("when", "oncePer", "description"):
        try:
            texts[name] = decoding.text(found.values.get(name))
        except decoding.Unfit as error:
            report.error(str(error), places[name])
            return None
    return Condition(
        index=index,
        send=_send(found.values.get("send"), report, places.get("send", path), templates),
        when=_program(texts["when"], report, places.get("when", path), language),
        once_per=_program(texts["oncePer"], report, places.get("oncePer", path), language),
        text=texts["when"],
        key=triggers.condition_key(index, texts["when"]),
        description=texts["description"],
    )


def _send(value: Any, report: Report, path: Path, templates: Mapping[str, bool]) -> tuple[str, ...]:
    """Return the templates to send; each must exist and be usable."""
    try:
        names = decoding.text_list(value)
    except decoding.Unfit as error:
        report.error(str(error), path)
        return ()
    if not names:
        report.warning("sends no template", path, fix="add `send: [template]`")
    for at, name in enumerate(names):
        if name not in templates:
            report.error(
                f"sends template {name}, which does not exist",
                (*path, at),
                fix=decoding.did_you_mean(name, templates),
            )
        elif not templates[name]:
            report.error(
                f"sends template {name}, which cannot be used",
                (*path, at),
                fix=f"see template.{name}",
            )
    return tuple(names)


def _program(
    text: str, report: Report, path: Path, language: ConditionLanguage | None
) -> Program | None:
    """Compile one expression; an empty one is none."""
    if not text:
        return None
    if found := ARGO_CD.search(text):
        report.warning(f"{found[1]} exists in Argo CD only; here it is nothing", path)
    if language is None:
        report.error(f"needs the {LANGUAGE} interpreter, not available yet", path)
        return None
    place = report.yaml.place(*path)
    try:
        program = language.compile(text)
    except LanguageError as error:
        report.error(error.message, path, fix=error.hint, at=place.within(error.line, error.column))
        return None
    for message, fix, line, column in names.suspicious(program, condition=True):
        report.warning(message, path, fix=fix, at=place.within(line, column))
    return program


def _never_fires(name: str, conditions: list[Condition], report: Report) -> None:
    """Warn of conditions without `when` under a name that no lifecycle change has."""
    if name in lifecycle.ALL:
        return
    nearest = lifecycle.UNOBSERVABLE.get(name) or decoding.nearest(name, lifecycle.ALL)
    other = f"; the nearest trigger is {nearest}" if nearest else ""
    for condition in conditions:
        if not condition.text:
            report.warning(
                "never fires: no change of a rollout has this name, and there is no `when`",
                (condition.index,),
                fix=f"add a `when`{other}",
            )
