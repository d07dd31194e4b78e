"""Compile a template's blocks, render and merge them, whatever their language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from notifier.core.service import Block, Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A compiled template: `message` and the blocks as trees whose string leaves are programs."""

    name: str
    engine: str
    source: str = "catalogue"
    message: Any = None
    blocks: Mapping[str, Any] = field(default_factory=dict)


def render(
    templates: Sequence[Template], block: Block, service: str, variables: Mapping[str, Any]
) -> Message:
    """Render the templates of one `send` in order into one message (spec/configuration.md 7.2).

    Only `message` and the block of the destination's service type are rendered; data is defused as
    the block's fields say. Raises `EvaluationError` with template, field and line.
    """
    raise NotImplementedError
