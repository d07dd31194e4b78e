"""Templates that are not rendered in this process: their texts go to a child that can be killed.

Planning stays pure: the first plan of an event collects what has to be rendered (`Pending`), the
engine has it done, and the event is planned once more with the results (spec/security.md 4.2).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import msgspec

from notifier.core.service import Block, BlockField
from notifier.core.templates import Leaf, Template, block_entry
from notifier.languages import Escape, LanguageError

SOURCE: Final = 32 * 1024
"""Characters of one text, and of all partials it includes."""


@dataclass(frozen=True, slots=True)
class Text:
    """A template's text with the partials it may include."""

    text: str
    partials: tuple[tuple[str, str], ...] = ()

    def render(self, variables: Mapping[str, Any], escape: Escape = "none") -> str:  # noqa: ARG002
        """Refuse: whoever renders must know that it happens elsewhere."""
        raise LanguageError("is rendered in another process only")


@dataclass(frozen=True, slots=True)
class Task:
    """Texts of one message to render with the same variables, as JSON; `scope` is whose they
    are."""

    scope: str
    texts: tuple[tuple[Text, Escape], ...]
    data: bytes


Outcome: TypeAlias = "str | LanguageError"


class Pending(Exception):
    """A message cannot be planned yet: its texts are to be rendered first."""

    def __init__(self, task: Task) -> None:
        super().__init__("texts are to be rendered outside")
        self.task = task


@dataclass(frozen=True, slots=True)
class Settled:
    """A text that was rendered already."""

    outcome: Outcome

    def render(self, variables: Mapping[str, Any], escape: Escape = "none") -> str:  # noqa: ARG002
        """Return the text, or raise the error that came instead."""
        if isinstance(self.outcome, LanguageError):
            raise self.outcome
        return self.outcome


@dataclass(frozen=True, slots=True)
class Rendered:
    """What came back: one outcome per text of a task."""

    done: Mapping[Task, Sequence[Outcome]] = field(default_factory=dict)

    def settled(
        self,
        scope: str,
        templates: Sequence[Template],
        block: Block,
        service: str,
        variables: Mapping[str, Any],
    ) -> Sequence[Template]:
        """Return the templates with their outside texts replaced by what came back.

        Raises `Pending` if they were not rendered yet with these variables.
        """
        wanted: dict[tuple[Text, Escape], None] = {}
        for template in templates:
            for leaf, escape in _leaves(template, block, service):
                if isinstance(leaf.program, Text):
                    wanted[leaf.program, escape] = None
        if not wanted:
            return templates
        task = Task(scope, tuple(wanted), _encode(dict(variables)))
        if task not in self.done:
            raise Pending(task)
        found = dict(zip(wanted, self.done[task], strict=True))

        def settle(leaf: Leaf, escape: Escape) -> Leaf:
            if not isinstance(leaf.program, Text):
                return leaf
            return dataclasses.replace(leaf, program=Settled(found[leaf.program, escape]))

        return [_with(template, block, service, settle) for template in templates]


NOTHING: Final = Rendered()

_encode: Final = msgspec.json.Encoder(enc_hook=lambda _: None).encode
"""What is no data (functions for other languages) does not come along."""


@dataclass(slots=True)
class Verdicts:
    """What is known of texts whose compilation happens outside, too: None is a good one.

    `unknown` collects those that a compilation met and took for good.
    """

    known: Mapping[Text, LanguageError | None] = field(default_factory=dict)
    unknown: list[Text] = field(default_factory=list)
    met: set[Text] = field(default_factory=set)


class Outside:
    """A template language whose programs are rendered outside; `name` is the language's own."""

    def __init__(self, name: str, verdicts: Verdicts) -> None:
        self._name = name
        self._verdicts = verdicts

    @property
    def name(self) -> str:
        """The word that `engine:` names it by."""
        return self._name

    def compile(self, text: str, partials: Mapping[str, str] = MappingProxyType({})) -> Text:
        """Return the text as a program. Raises `LanguageError` for one that is known to be bad."""
        used = tuple(sorted(partials.items())) if "include" in text else ()
        if max(len(text), sum(len(each) for _, each in used)) > SOURCE:
            raise LanguageError(f"is longer than {SOURCE} characters: split the template")
        made = Text(text, used)
        self._verdicts.met.add(made)
        if made not in self._verdicts.known:
            self._verdicts.unknown.append(made)
        elif (error := self._verdicts.known[made]) is not None:
            raise error
        return made


def _leaves(template: Template, block: Block, service: str) -> Iterator[tuple[Leaf, Escape]]:
    """Yield the texts that a message for this service is made of, and how their data is defused."""
    if template.message is not None:
        yield template.message, block.message_escape
    fields = {item.name: item for item in block.fields}
    for name, node in (block_entry(template, block, service) or {}).items():
        yield from _below(node, fields[name])


def _below(node: Any, item: BlockField) -> Iterator[tuple[Leaf, Escape]]:
    if isinstance(node, Leaf):
        yield node, item.escape
    elif isinstance(node, (dict, list)):
        for each in node.values() if isinstance(node, dict) else node:
            yield from _below(each, item)


def _with(
    template: Template, block: Block, service: str, settle: Callable[[Leaf, Escape], Leaf]
) -> Template:
    """Return a template with other leaves where this service needs them."""
    if not template.outside:
        return template
    message = template.message and settle(template.message, block.message_escape)
    blocks = dict(template.blocks)
    entry = block_entry(template, block, service)
    if entry is not None:
        fields = {item.name: item for item in block.fields}
        made = {name: _tree(node, fields[name], settle) for name, node in entry.items()}
        blocks[block.name] = {service: made} if block.merge == "by_service" else made
    return dataclasses.replace(template, message=message, blocks=blocks)


def _tree(node: Any, item: BlockField, settle: Callable[[Leaf, Escape], Leaf]) -> Any:
    if isinstance(node, Leaf):
        return settle(node, item.escape)
    if isinstance(node, dict):
        return {name: _tree(each, item, settle) for name, each in node.items()}
    if isinstance(node, list):
        return [_tree(each, item, settle) for each in node]
    return node
