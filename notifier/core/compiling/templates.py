"""`template.<name>`: message and blocks, every text compiled (spec/configuration.md 7)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from notifier.core import decoding
from notifier.core.compiling import names
from notifier.core.compiling.reporting import Report, dotted
from notifier.core.service import Block, BlockField
from notifier.core.templates import Leaf, Template
from notifier.core.yamltext import Path
from notifier.languages import Languages, Program, choosing

ARGO_CD: Final = re.compile(
    r"(?<![\w.-])\.?(app\.(?:metadata|spec|status)|context\.argocdUrl|repo\.[A-Z]\w+)"
)
"""Names that only exist in Argo CD's own notifications."""


@dataclass(slots=True)
class _Texts:
    """The texts of one template on their way to being compiled together."""

    report: Report
    texts: list[str] = field(default_factory=list)
    paths: list[Path] = field(default_factory=list)

    def add(self, value: Any, path: Path) -> _Slot | None:
        """Take one text field; report and return None if it is no text."""
        try:
            text = decoding.text(value)
        except decoding.Unfit as error:
            self.report.error(str(error), path)
            return None
        self.texts.append(text)
        self.paths.append(path)
        return _Slot(len(self.texts) - 1)


@dataclass(frozen=True, slots=True)
class _Slot:
    """The place of a text in a tree until its program is known."""

    index: int


def compile_template(
    name: str,
    report: Report,
    *,
    blocks: Mapping[str, Block],
    languages: Languages,
    partials: Mapping[str, str],
) -> Template | None:
    """Compile the template in `report.yaml`; None, and the reasons reported, if it cannot be
    used."""
    raw = report.yaml.value
    if not isinstance(raw, dict):
        report.error(
            f"a template is a mapping, this is {decoding.kind(raw)}",
            fix="write the fields under it: `message: …`",
        )
        return None
    top = decoding.fields(raw, ("message", "engine", *blocks))
    report.unknown(top.unknown, (), ("message", "engine", *blocks))
    texts = _Texts(report)
    trees: dict[str, Any] = {}
    message = None
    for field_name, value in top.values.items():
        path = (top.written[field_name],)
        if value is None or field_name == "engine":
            continue
        if field_name == "message":
            message = texts.add(value, path)
        elif (tree := _block(value, blocks[field_name], texts, path)) is not None:
            trees[field_name] = tree
    engine = top.values.get("engine")
    choice = choosing.choose(texts.texts, str(engine or "").lower(), languages.templates, partials)
    _report(choice.faults, texts)
    if report.errors:
        return None
    _suspect(choice.programs, texts)
    leaves = [
        Leaf(program, dotted(path), report.yaml.place(*path))
        for program, path in zip(choice.programs, texts.paths, strict=True)
    ]
    return Template(
        name=name,
        engine=choice.engine,
        source=report.document,
        message=leaves[message.index] if message else None,
        blocks={block: _filled(tree, leaves) for block, tree in trees.items()},
    )


def _block(value: Any, block: Block, texts: _Texts, path: Path) -> dict[str, Any] | None:
    """Compile one block: its fields, or its fields by service name."""
    if not isinstance(value, dict):
        texts.report.error(f"is {decoding.kind(value)}, but a mapping is expected", path)
        return None
    if block.merge != "by_service":
        return _entry(value, block, texts, path)
    entries = {}
    for service, entry in value.items():
        below = (*path, service)
        if isinstance(entry, dict):
            entries[service] = _entry(entry, block, texts, below)
        elif entry is not None:
            texts.report.error(
                f"is {decoding.kind(entry)}, but a mapping is expected",
                below,
                fix=f"write the service's name under {block.name}: and the fields under that",
            )
    return entries


def _entry(value: dict[str, Any], block: Block, texts: _Texts, path: Path) -> dict[str, Any]:
    """Compile the fields of one block."""
    fields = {item.name: item for item in block.fields}
    found = decoding.fields(value, fields)
    texts.report.unknown(found.unknown, path, fields)
    result = {}
    for name, given in found.values.items():
        below = (*path, found.written[name])
        if given is not None and (tree := _field(given, fields[name], texts, below)) is not None:
            result[name] = tree
    return result


def _field(value: Any, item: BlockField, texts: _Texts, path: Path) -> Any:
    """Compile one field by its form."""
    if item.form == "literal":
        return value
    if item.form == "structure" and isinstance(value, (dict, list)):
        return _structure(value, texts, path)
    if item.form == "map" and isinstance(value, dict):
        return {key: texts.add(text, (*path, key)) for key, text in value.items()}
    if item.form == "map":
        texts.report.error(f"is {decoding.kind(value)}, but a mapping is expected", path)
        return None
    return texts.add(value, path)


def _structure(value: Any, texts: _Texts, path: Path) -> Any:
    """Compile the texts of a structure; numbers, booleans and null stay as they are."""
    match value:
        case dict():
            return {key: _structure(item, texts, (*path, key)) for key, item in value.items()}
        case list():
            return [_structure(item, texts, (*path, at)) for at, item in enumerate(value)]
        case str():
            return texts.add(value, path)
        case _:
            return value


def _filled(tree: Any, leaves: Sequence[Leaf]) -> Any:
    """Put the programs in the place of their slots."""
    match tree:
        case _Slot(index):
            return leaves[index]
        case dict():
            return {key: _filled(item, leaves) for key, item in tree.items()}
        case list():
            return [_filled(item, leaves) for item in tree]
        case _:
            return tree


def _suspect(programs: Sequence[Program], texts: _Texts) -> None:
    """Warn of what compiles and is probably wrong all the same."""
    for program, path in zip(programs, texts.paths, strict=True):
        place = texts.report.yaml.place(*path)
        for message, fix, line, column in names.suspicious(program, condition=False):
            texts.report.warning(message, path, fix=fix, at=place.within(line, column))


def _report(faults: Sequence[choosing.Fault], texts: _Texts) -> None:
    """Report the texts that do not compile, and names that do not exist here."""
    for fault in faults:
        path = texts.paths[fault.index] if texts.paths else ()
        place = texts.report.yaml.place(*path).within(fault.error.line, fault.error.column)
        texts.report.error(fault.error.message, path, fix=fault.error.hint, at=place)
    for text, path in zip(texts.texts, texts.paths, strict=True):
        if found := ARGO_CD.search(text):
            texts.report.warning(f"{found[1]} exists in Argo CD only; here it is nothing", path)
