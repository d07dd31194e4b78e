"""A compiled template: render the needed block and merge several into one message.

Compiling is in `core/compiling/`. Merging follows spec/configuration.md 7.2; what is overwritten is
not rendered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.core import sealing
from notifier.core.errors import EvaluationError
from notifier.core.service import Block, BlockField, Message
from notifier.core.yamltext import NOWHERE, Place
from notifier.languages import Escape, LanguageError, Program

ANY_SERVICE = "*"
"""The entry of a map by service name that serves all others."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One compiled text, and where it stands (lines count within its document)."""

    program: Program
    field: str = ""
    place: Place = NOWHERE


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A compiled template: `message` and the blocks as trees whose texts are `Leaf`s.

    A block by service name is a mapping of such trees. `source` is the document it came from.
    """

    name: str
    engine: str
    source: str = "catalogue"
    message: Leaf | None = None
    blocks: Mapping[str, Any] = field(default_factory=dict)


def render(
    templates: Sequence[Template], block: Block, service: str, variables: Mapping[str, Any]
) -> Message:
    """Render the templates of one `send` in order into one message (spec/configuration.md 7.2).

    Only `message` and the block of the destination's service type are rendered; data is defused as
    the block's fields say. Raises `EvaluationError` with template, field and line.
    """
    return Message(
        text=_message(templates, block.message_escape, variables),
        block=_block(templates, block, service, variables),
        templates=tuple(template.name for template in templates),
    )


def _message(templates: Sequence[Template], escape: Escape, variables: Mapping[str, Any]) -> str:
    """Return the last text that is not empty; white space counts."""
    for template in reversed(templates):
        if template.message is not None:
            text = _leaf(template.message, template, escape, variables)
            if text:
                return text
    return ""


def _block(
    templates: Sequence[Template], block: Block, service: str, variables: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """Return the merged block; None if no template of the send has one for this service."""
    having = [
        (template, entry)
        for template in templates
        if (entry := _entry(template, block, service)) is not None
    ]
    if not having:
        return None
    fields = {item.name: item for item in block.fields}
    if block.merge != "fields":
        template, entry = having[-1]
        return {
            name: _tree(node, template, fields[name], variables) for name, node in entry.items()
        }
    return {
        name: _last_non_empty(name, having, fields[name], variables)
        for name in fields
        if any(name in entry for _, entry in having)
    }


def _entry(template: Template, block: Block, service: str) -> Mapping[str, Any] | None:
    """Return what a template says in this block, for this service."""
    entry: Mapping[str, Any] | None = template.blocks.get(block.name)
    if entry is None or block.merge != "by_service":
        return entry
    found: Mapping[str, Any] | None = entry.get(service, entry.get(ANY_SERVICE))
    return found


def _last_non_empty(
    name: str,
    having: Sequence[tuple[Template, Mapping[str, Any]]],
    item: BlockField,
    variables: Mapping[str, Any],
) -> Any:
    """Return the last value of a field that is not empty; an empty one if none is."""
    value: Any = ""
    for template, entry in reversed(having):
        if name in entry:
            value = _tree(entry[name], template, item, variables)
            if value or value == 0:
                break
    return value


def _tree(node: Any, template: Template, item: BlockField, variables: Mapping[str, Any]) -> Any:
    """Render a field: a text, a structure of them, or what stands as it is."""
    if isinstance(node, Leaf):
        return _leaf(node, template, item.escape, variables)
    if isinstance(node, dict):
        return {key: _tree(value, template, item, variables) for key, value in node.items()}
    if isinstance(node, list):
        return [_tree(value, template, item, variables) for value in node]
    return node


def _leaf(leaf: Leaf, template: Template, escape: Escape, variables: Mapping[str, Any]) -> str:
    """Render one text. Raises `EvaluationError`."""
    try:
        text = leaf.program.render(variables, escape)
        return sealing.checked(text, variables.get("secrets") or {})
    except sealing.Broken as error:
        raise EvaluationError(template.name, str(error), field=leaf.field) from error
    except LanguageError as error:
        raise EvaluationError(
            template.name,
            error.message,
            line=leaf.place.line_of(error.line),
            field=leaf.field,
        ) from error
